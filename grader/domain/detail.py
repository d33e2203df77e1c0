"""Blocks of evidence under an outcome; every renderer knows how to show each kind."""

from typing import Annotated, Literal

from pydantic import Field

from grader.domain.base import Frozen


class Comparison(Frozen):
    """What was expected beside what was found."""

    kind: Literal["comparison"] = "comparison"
    label: str
    expected: str
    found: str


class LayerRow(Frozen):
    """A student's layer beside the reference's; None where one side has none."""

    student: str | None
    """Such as ``Linear(784, 512)``."""
    student_parameters: int | None
    reference: str | None
    reference_parameters: int | None
    matches: bool


class LayerTable(Frozen):
    """The student's layers beside the reference's, with parameter counts."""

    kind: Literal["layers"] = "layers"
    rows: tuple[LayerRow, ...]
    student_total: int
    reference_total: int


class Series(Frozen):
    """One curve; None is a gap (NaN or infinity)."""

    label: str
    style: Literal["line", "stem", "points"] = "line"
    x: tuple[float, ...]
    y: tuple[float | None, ...]


class Plot(Frozen):
    """Curves over one axis."""

    kind: Literal["plot"] = "plot"
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]


class Confusion(Frozen):
    """Confusion matrix: row = true class, column = predicted class."""

    kind: Literal["confusion"] = "confusion"
    title: str
    counts: tuple[tuple[int, ...], ...]


class StudentText(Frozen):
    """Something that the student wrote, as it stands."""

    kind: Literal["text"] = "text"
    label: str
    text: str


class Note(Frozen):
    """A remark that costs nothing."""

    kind: Literal["note"] = "note"
    text: str


Detail = Annotated[
    Comparison | LayerTable | Plot | Confusion | StudentText | Note, Field(discriminator="kind")
]
