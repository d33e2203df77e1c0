"""Stored runs: everything that a regrade needs, in one folder.

::

    run.json               what was run, under which limits and seed, and all records
    notebook.ipynb         the submission's bytes as they came
    answers/0003.safetensors   arrays of the fourth answer
    memo.json              measurements of the weights, by content
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any, Literal

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, ValidationError

from grader.domain.base import Frozen
from grader.domain.evidence import Answer, Answered, Evidence
from grader.domain.hidden import Hidden
from grader.domain.limits import Limits
from grader.domain.run import CellRun, Environment, SandboxFacts, SecondRun, Stopped
from grader.errors import StoreError
from grader.store.asked import AskedDigests

RUN = "run.json"
NOTEBOOK = "notebook.ipynb"
MEMO = "memo.json"


class StoredAnswer(Frozen):
    """An answer and the file with its arrays."""

    answer: Answer
    arrays: str | None


class RunRecord(Frozen):
    """The content of ``run.json``."""

    schema_version: Literal[1] = 1
    assignment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    """Its id, and never a path: a regrade loads what stands here."""
    assignment_version: str
    name: str
    sha256: str
    hidden: Hidden
    limits: Limits
    environment: Environment
    cells: tuple[CellRun, ...]
    stopped: Stopped
    facts: SandboxFacts
    asked: dict[str, str] = {}
    """See `StoredRun.asked`."""
    answers: Annotated[tuple[StoredAnswer, ...], Field(max_length=10_000)]
    second: SecondRun | None = None


class StoredRun(Frozen):
    """A run as it is kept: what was sent, and what it yielded."""

    notebook: bytes
    name: str
    assignment: str
    assignment_version: str
    sha256: str
    hidden: Hidden
    limits: Limits
    asked: AskedDigests
    """Digest of each probe; a probe that is missing here counts as changed."""
    evidence: Evidence


def save(folder: Path, run: StoredRun) -> None:
    """Write the run; the folder appears complete or not at all, and replaces an older one.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        require_usable(folder)
        draft = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _write(draft, run)
            if folder.exists():
                shutil.rmtree(folder)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise StoreError(f"the run cannot be stored in {folder}: {error}") from error


def require_usable(folder: Path) -> None:
    """Nothing, where a run can be stored there; to be asked before a long run.

    Raises:
        StoreError: it holds other things, is no folder, or cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent)).rmdir()
        other = folder.exists() and not (folder / RUN).is_file()
        if other and (not folder.is_dir() or any(folder.iterdir())):
            raise StoreError(f"{folder} exists and holds no stored run: choose another")
    except OSError as error:
        raise StoreError(f"no run can be stored in {folder}: {error}") from error


def _write(folder: Path, run: StoredRun) -> None:
    folder.chmod(0o755)
    (folder / NOTEBOOK).write_bytes(run.notebook)
    (folder / "answers").mkdir()
    stored = []
    for number, item in enumerate(run.evidence.answers):
        name = f"{number:04d}.safetensors" if item.tensors else None
        if name is not None:
            arrays = {key: np.asarray(array, order="C") for key, array in item.tensors.items()}
            safetensors.numpy.save_file(arrays, folder / "answers" / name)
        stored.append(StoredAnswer(answer=item.answer, arrays=name))
    record = RunRecord(
        assignment=run.assignment,
        assignment_version=run.assignment_version,
        name=run.name,
        sha256=run.sha256,
        hidden=run.hidden,
        limits=run.limits,
        environment=run.evidence.environment,
        cells=run.evidence.cells,
        stopped=run.evidence.stopped,
        facts=run.evidence.facts,
        asked=dict(run.asked),
        answers=tuple(stored),
        second=run.evidence.second,
    )
    (folder / RUN).write_text(record.model_dump_json(indent=1))


def load(folder: Path) -> StoredRun:
    """Read a stored run.

    Raises:
        StoreError: there is none, or it was altered beyond reading.
    """
    try:
        record = TypeAdapter(RunRecord).validate_json((folder / RUN).read_bytes())
        notebook = (folder / NOTEBOOK).read_bytes()
        answers = tuple(
            Answered(stored.answer, _arrays(folder, stored.arrays)) for stored in record.answers
        )
    except ValidationError as error:
        raise StoreError(f"{folder / RUN} is not a stored run: {error}") from error
    except (OSError, safetensors.SafetensorError) as error:
        raise StoreError(f"{folder} holds no complete stored run: {error}") from error
    return StoredRun(
        notebook=notebook,
        name=record.name,
        assignment=record.assignment,
        assignment_version=record.assignment_version,
        sha256=record.sha256,
        hidden=record.hidden,
        limits=record.limits,
        asked=record.asked,
        evidence=Evidence(
            environment=record.environment,
            cells=record.cells,
            answers=answers,
            stopped=record.stopped,
            facts=record.facts,
            second=record.second,
        ),
    )


def _arrays(folder: Path, name: str | None) -> Mapping[str, NDArray[np.generic]]:
    if name is None:
        return {}
    found: dict[str, Any] = safetensors.numpy.load_file(folder / "answers" / Path(name).name)
    return found
