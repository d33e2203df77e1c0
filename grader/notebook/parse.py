"""Bytes -> Submission."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from grader.domain.assignment import Shortcut
from grader.domain.question import Question
from grader.domain.submission import Cell, Flag, Submission
from grader.errors import AssignmentError, SubmissionError
from grader.notebook.answers import read_answers
from grader.notebook.cells import read_cells
from grader.notebook.encoding import read_text
from grader.notebook.raw import RawCell, RawNotebook, read_raw
from grader.notebook.reaching import find_reaching
from grader.notebook.shortcuts import find_shortcuts

MAX_NAME = 200

_OTHER_KERNELS = re.compile(r"(ir\d*|julia.*|octave|matlab.*|bash|sagemath.*)", re.IGNORECASE)
_PYTHON = re.compile(r"i?python\s*\d*(\.\d+)*", re.IGNORECASE)


def parse(
    data: bytes,
    name: str,
    *,
    questions: Sequence[Question] = (),
    release: bytes | None = None,
    shortcuts: Sequence[Shortcut] = (),
) -> Submission:
    """Read and validate a notebook. Nothing is run, and saved outputs are never looked at.

    Code that does not compile stays in: it fails when it runs, and costs only what needs it.

    Args:
        data: the file, as it came.
        name: its name, maybe with folders.
        questions: whose answers to look for in the markdown.
        release: the notebook as handed out; its texts are nobody's answer.
        shortcuts: calls that raise a flag.

    Raises:
        SubmissionError: the file cannot be read; its code is one of ``empty``, ``too_large``,
            ``zip``, ``not_utf8``, ``truncated``, ``not_json``, ``too_deep``, ``not_a_notebook``,
            ``too_new``, ``unsupported_format``, ``not_python``, ``no_cells``, ``too_many_cells``.
        AssignmentError: the release notebook cannot be read.
    """
    cells, flags = read_notebook(data)
    return Submission(
        name=clean_name(name),
        sha256=hashlib.sha256(data).hexdigest(),
        cells=cells,
        answers=read_answers(cells, questions, _released(release)),
        flags=(*flags, *find_shortcuts(cells, shortcuts), *find_reaching(cells)),
    )


def read_notebook(data: bytes) -> tuple[tuple[Cell, ...], tuple[Flag, ...]]:
    """The cells of a notebook, and what was tolerated in it.

    Raises:
        SubmissionError: see `parse`.
    """
    text = read_text(data)
    raw = read_raw(text.utf8)
    raw_cells, minor, upgraded = _versioned(raw)
    _check_language(raw)
    if not raw_cells:
        raise SubmissionError("no_cells", "The notebook has no cells.")
    cells, flags = read_cells(raw_cells, ids_required=not upgraded and minor >= 5)
    return cells, (*text.flags, *upgraded, *flags)


def clean_name(name: str) -> str:
    """The file's own name: no folder, no control or formatting characters, not too long."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(char for char in last if not unicodedata.category(char).startswith("C"))
    return shown.strip()[-MAX_NAME:] or "notebook.ipynb"


@lru_cache(maxsize=4)
def _released(release: bytes | None) -> tuple[Cell, ...]:
    if release is None:
        return ()
    try:
        return read_notebook(release)[0]
    except SubmissionError as error:
        raise AssignmentError(f"The release notebook cannot be read: {error}") from error


def _versioned(raw: RawNotebook) -> tuple[list[RawCell], int, tuple[Flag, ...]]:
    """The cells, the minor version, and a flag where the format is an old one."""
    if "nbformat" not in raw.version or not raw.has_cells:
        raise SubmissionError(
            "not_a_notebook",
            "The file is JSON but no notebook: it lacks "
            f"{'`nbformat`' if 'nbformat' not in raw.version else 'a list of cells'}.",
        )
    major = _whole(raw.version["nbformat"])
    if major is not None and major >= 5:
        raise SubmissionError(
            "too_new",
            f"The notebook has the format {_shown(raw.version['nbformat'])}, expected 4. "
            "Save it as version 4.",
        )
    if major == 4:
        return raw.cells, _whole(raw.version.get("nbformat_minor")) or 0, ()
    if major == 3:
        flag = Flag(code="format_upgraded", message="The notebook has the old format 3.")
        return raw.sheets, 0, (flag,)
    raise SubmissionError(
        "unsupported_format",
        f"The notebook has the format {_shown(raw.version['nbformat'])}, expected 4. "
        "Open it in Jupyter and save it again.",
    )


def _check_language(raw: RawNotebook) -> None:
    """Refuse another language than Python; where nothing is said, it is Python."""
    kernel = _object(raw.metadata.get("kernelspec"))
    declared = [
        kernel.get("language"),
        _object(raw.metadata.get("language_info")).get("name"),
        raw.metadata.get("language"),
        *(cell.fields.get("language") for cell in raw.sheets[:1]),
    ]
    language = next((d for d in declared if isinstance(d, str) and d.strip()), None)
    kernel_name = kernel.get("name")
    if language is None and isinstance(kernel_name, str) and _OTHER_KERNELS.fullmatch(kernel_name):
        language = kernel_name
    if language is not None and not _PYTHON.fullmatch(language.strip()):
        raise SubmissionError(
            "not_python", f"The notebook is written in {_shown(language)}, expected Python."
        )


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():
        return 5 if value == float("inf") else None
    return int(value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, str | float) else repr(value)
    return text.encode("unicode_escape").decode()[:40]
