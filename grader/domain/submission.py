"""What a student sent, validated and not yet run."""

from typing import Literal

from grader.domain.base import Frozen


class Cell(Frozen):
    """One cell of the notebook, without its saved outputs."""

    index: int
    """Position among all cells, from 0: the number that reports name."""
    kind: Literal["code", "markdown", "raw"]
    source: str


class Flag(Frozen):
    """Something that a TA should look at; never costs points by itself."""

    code: str
    """Stable code, such as ``shortcut_call`` or ``outputs_dropped``."""
    message: str


class Submission(Frozen):
    """A notebook that can be run."""

    name: str
    """File name without its folder, control characters removed."""
    sha256: str
    """Hex digest of the bytes as they came."""
    cells: tuple[Cell, ...]
    language: str = "python"
    answers: dict[str, str] = {}
    """Question id to what the student wrote below it; empty text where nothing was written."""
    flags: tuple[Flag, ...] = ()
    """What parsing noticed: upgraded format, dropped outputs, repaired ids, shortcut calls, code
    that reaches for the grader."""
