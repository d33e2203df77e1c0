"""The matrix: for each variant and each problem, whether grading made of it what it must."""

from collections import Counter
from typing import Literal

from grader.domain.base import Frozen

Kind = Literal["solution", "release", "right", "flaw"]
Verdict = Literal["kept", "found", "follows", "taken", "lost", "not_noticed", "misnamed", "broke"]
"""kept: full points, as it must; found: points were lost and the mistake is named as stated;
follows: points were lost since the problem rests on one that the flaw concerns; taken: they were
lost by another variant of the same notebook, which says nothing about this one; the others are off.
The release has found everywhere: only its sum counts."""
OFF: frozenset[Verdict] = frozenset({"lost", "not_noticed", "misnamed", "broke"})


class Mark(Frozen):
    """What grading made of one variant in one problem."""

    verdict: Verdict
    earned: float
    possible: float
    expected: str | None = None
    """Misconception that must be named."""
    named: tuple[str, ...] = ()
    """Misconceptions that are."""
    message: str = ""
    """What the student reads; empty where this variant costs no points."""

    @property
    def off(self) -> bool:
        """Whether the rubric does not do here what staff state."""
        return self.verdict in OFF


class Row(Frozen):
    """One variant, the solution or the release."""

    name: str
    kind: Kind
    marks: dict[str, Mark] = {}
    """By problem, in the assignment's order; empty where nothing could be graded."""
    wrong: str = ""
    """What is off with the row as a whole; empty where nothing is."""
    seconds: float = 0
    """Of the run, which several variants may have shared."""

    @property
    def off(self) -> bool:
        """Whether anything is."""
        return bool(self.wrong) or any(mark.off for mark in self.marks.values())

    def complaints(self) -> list[str]:
        """A line for everything that is off; one alone where the row as a whole explains it."""
        if self.wrong:
            return [f"{self.name}: {self.wrong}"]
        lines = []
        for problem, mark in self.marks.items():
            if mark.off:
                points = f"{mark.earned:g} of {mark.possible:g}"
                lines.append(
                    f"{self.name}, {problem}: {_SAID[mark.verdict]} ({points}"
                    f"{_names(mark)}). The report says: {mark.message}"
                )
        return lines


class Matrix(Frozen):
    """All rows, and the assignment that they were graded under."""

    schema_version: Literal[1] = 1
    assignment: str
    assignment_version: str
    problems: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def off(self) -> tuple[Row, ...]:
        """Rows with something off."""
        return tuple(row for row in self.rows if row.off)

    def counts(self) -> dict[str, int]:
        """Rows by kind."""
        return dict(Counter(row.kind for row in self.rows))


_SAID: dict[Verdict, str] = {
    "lost": "lost points that it must keep",
    "not_noticed": "not noticed",
    "misnamed": "named otherwise than stated",
    "broke": "grading broke",
}


def _names(mark: Mark) -> str:
    if mark.verdict != "misnamed":
        return ""
    return f"; named {', '.join(mark.named) or 'nothing'}, expected {mark.expected or 'nothing'}"
