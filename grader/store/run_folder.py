"""Stored runs: everything that a regrade needs, in one folder.

::

    run.json               what was run, under which limits and seed, and all records
    notebook.ipynb         the submission's bytes as they came
    answers/0003.safetensors   arrays of the fourth answer
    memo.json              measurements of the weights, by content
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any, Literal

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from grader.domain.arrays import objection
from grader.domain.base import Frozen
from grader.domain.evidence import Answer, Answered, Evidence
from grader.domain.hidden import Hidden
from grader.domain.limits import Limits
from grader.domain.run import CellRun, Environment, SandboxFacts, SecondRun, Stopped
from grader.domain.untrusted import fault, read_json
from grader.errors import StoreError
from grader.store.asked import AskedDigests
from grader.store.files import read_file

RUN = "run.json"
NOTEBOOK = "notebook.ipynb"
MEMO = "memo.json"
ANSWERS = "answers"
MAX_RECORD = 64 * 1024**2
"""Bytes of ``run.json``: what the records of a run may hold, and more."""
MAX_VALUES = 2_000_000
"""Values in it: those of a run's records, and the fields that these left to their defaults."""
MAX_NOTEBOOK = 128 * 1024**2
MAX_ARRAYS = 1024**3
"""Bytes of the arrays of all answers together; a run gives 128 MiB, unless its limits say more."""


class StoredAnswer(Frozen):
    """An answer and the file with its arrays."""

    answer: Answer
    arrays: Annotated[str, Field(pattern=r"^[0-9]{4,5}\.safetensors$")] | None
    """Never a path."""


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
    (folder / ANSWERS).mkdir()
    stored = []
    for number, item in enumerate(run.evidence.answers):
        name = f"{number:04d}.safetensors" if item.tensors else None
        if name is not None:
            arrays = {key: np.asarray(array, order="C") for key, array in item.tensors.items()}
            safetensors.numpy.save_file(arrays, folder / ANSWERS / name)
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
    (folder / RUN).write_text(record.model_dump_json())


def load(folder: Path) -> StoredRun:
    """Read a stored run.

    Raises:
        StoreError: there is none, or it was altered beyond reading.
    """
    try:
        record = _record(read_file(folder / RUN, MAX_RECORD))
        notebook = read_file(folder / NOTEBOOK, MAX_NOTEBOOK)
        answers = tuple(_answers(folder, record))
    except ValidationError as error:
        raise StoreError(f"{folder / RUN} is no stored run, wrong {fault(error)}") from None
    except ValueError as error:
        raise StoreError(f"{folder / RUN} is no stored run: {str(error)[:200]}") from None
    except OSError as error:
        raise StoreError(f"{folder} holds no complete stored run: {error}") from None
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


def _record(data: bytes) -> RunRecord:
    content, _ = read_json(data, MAX_VALUES)
    return RunRecord.model_validate(content)


def _answers(folder: Path, record: RunRecord) -> Iterator[Answered]:
    if (folder / ANSWERS).is_symlink():
        raise StoreError(f"{folder / ANSWERS} is a symbolic link, expected a folder")
    left = MAX_ARRAYS
    for stored in record.answers:
        data = b""
        if stored.arrays is not None:
            data = read_file(folder / ANSWERS / stored.arrays, left)
            left -= len(data)
        yield Answered(stored.answer, _arrays(folder, stored.arrays, data))


def _arrays(folder: Path, name: str | None, data: bytes) -> Mapping[str, NDArray[np.generic]]:
    if name is None:
        return {}
    where = folder / ANSWERS / name
    try:
        found: dict[str, Any] = safetensors.numpy.load(data)
    except Exception as error:  # noqa: BLE001 - the decoder raises six types for hostile bytes
        raise StoreError(f"{where} is not safetensors: {type(error).__name__}") from None
    if (wrong := objection(found)) is not None:
        raise StoreError(f"{where} holds no evidence: {wrong}")
    return found
