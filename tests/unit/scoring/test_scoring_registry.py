from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from grader.domain.assignment import Assignment
from grader.domain.check import Check, Questions
from grader.domain.hidden import Hidden
from grader.domain.outcome import Outcome, Passed
from grader.domain.probe import ReadVariables
from grader.domain.question import Question
from grader.errors import AssignmentError
from grader.scoring import load, probes_of, questions, written

HEAD = """
from typing import Any
from pathlib import Path
from grader.domain.assignment import Assignment, Problem
from grader.domain.check import Check, Questions
from grader.domain.outcome import Passed

class Good(Check):
    '''Always right.'''
    name: str = "good"
    size: int = 1

    @property
    def id(self) -> str:
        return self.name

    def judge(self, case: Any) -> Any:
        return Passed(message="Right.")

    def mistakes(self) -> tuple[str, ...]:
        return ("size: found 0, expected more",) if self.size == 0 else ()
"""


def write(folder: Path, text: str) -> str:
    path = folder / "assignment.py"
    path.write_text(HEAD + dedent(text))
    return str(path)


def test_an_assignment_is_found_by_path(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        assignment = Assignment(id="demo", title="Demo", problems=(
            Problem(id="one", title="One", points=2, checks=(Good(),)),))
        """,
    )
    assert load(path).points == 2


def test_an_assignment_is_found_by_name() -> None:
    assignment = load("cnn")
    assert (assignment.id, len(assignment.problems), assignment.points) == ("cnn", 18, 100)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        assignment = Assignment(id="demo", title="Demo", files=Path("/nowhere"), problems=(
            Problem(id="one", title="One", points=2.005, checks=(Good(), Good())),
            Problem(id="one", title="Two", points=2, checks=(Good(size=0),)),))
        """,
    )
    with pytest.raises(AssignmentError) as error:
        load(path)
    lines = str(error.value).splitlines()
    assert [line.strip(" -") for line in lines[1:]] == [
        "problem id 'one': found 2 times, expected once",
        "problem 'one': check id 'good': found 2 times, expected once",
        "problem 'one': points are 2.005, expected at most two decimals",
        "problem 'one', check 'good': size: found 0, expected more",
        "files: there is no /nowhere",
    ]


def test_every_invalid_field_is_named_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        assignment = Problem(id="Not valid", title="", points=-1, checks=())
        """,
    )
    with pytest.raises(AssignmentError) as error:
        load(path)
    for field in ("Problem.id", "Problem.title", "Problem.points", "Problem.checks"):
        assert field in str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("", "found NoneType, expected an Assignment"),
        ("assignment = 3", "found int, expected an Assignment"),
        ("def broken(:", "SyntaxError"),
    ],
)
def test_a_file_without_an_assignment_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(AssignmentError, match=expected):
        load(write(tmp_path, text))


@pytest.mark.parametrize("spec", ["no-such-assignment", "/nowhere/assignment.py"])
def test_an_unknown_assignment_is_refused(spec: str) -> None:
    with pytest.raises(AssignmentError, match=spec):
        load(spec)


class Asks(Check):
    """Asks one probe and one question."""

    name: str
    probe: str = "x"
    names: tuple[str, ...] = ("x",)
    fill: int = 0
    title: str = "Why?"

    @property
    def id(self) -> str:
        return self.name

    def questions(self, hidden: Hidden) -> Questions:
        probe = ReadVariables(id=self.probe, names=self.names)
        return Questions((probe,), {"k": np.full(3, self.fill)})

    def written(self) -> tuple[Question, ...]:
        return (Question(id="why", title=self.title, anchors=("why",)),)

    def judge(self, case: object) -> Outcome:
        return Passed(message="Right.")


def demo(*checks: Check) -> Assignment:
    problem = {"id": "one", "title": "One", "points": 2, "checks": checks}
    return Assignment.model_validate({"id": "demo", "title": "Demo", "problems": [problem]})


HIDDEN = Hidden(seed="00")


def test_equal_questions_are_asked_once() -> None:
    assignment = demo(Asks(name="a"), Asks(name="b"))
    asked = questions(assignment, HIDDEN)
    assert [probe.id for probe in asked.probes] == ["x"]
    assert list(asked.arrays) == ["k"]
    assert len(written(assignment)) == 1
    assert probes_of(assignment.problems[0], HIDDEN) == {"x"}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"names": ("y",)}, "probe 'x'"),
        ({"fill": 1}, "array 'k'"),
    ],
)
def test_one_id_for_different_questions_is_refused(other: dict[str, object], expected: str) -> None:
    assignment = demo(Asks(name="a"), Asks(name="b", **other))
    with pytest.raises(AssignmentError, match=expected):
        questions(assignment, HIDDEN)


def test_one_id_for_different_texts_is_refused() -> None:
    with pytest.raises(AssignmentError, match="question 'why'"):
        written(demo(Asks(name="a"), Asks(name="b", title="Why not?")))


VARIANT = """
    from grader.domain.assignment import Rehearsal
    from grader.domain.variant import Variant
    def variant(name, problem):
        return Variant(name=name, concerns={problem: None}, changes={"a": "b"})
    def rehearsal(assignment):
        return Rehearsal(data={"x/y": 1}, assignment=assignment)
    def made(points=2, rests_on=(), **more):
        one = Problem(id="one", title="One", points=points, checks=(Good(),), rests_on=rests_on)
        return Assignment(id="demo", title="Demo", problems=(one,), **more)
"""


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("variants=(variant('a', 'one'), variant('a', 'one'))", "variant id 'a': found 2 times"),
        ("variants=(variant('solution', 'one'),)", "variant id 'solution': found 2 times"),
        ("variants=(variant('a', 'tow'),)", "variant 'a' concerns tow: found no such problem"),
        ("rests_on=('tow',)", "problem 'one' rests on tow: found no such problem"),
        ("rehearsal=rehearsal(made(points=3))", "rehearsal: found other"),
        (
            "variants=(variant('a', 'one'),), rehearsal=rehearsal(made())",
            "rehearsal: found other",
        ),
    ],
)
def test_what_the_matrix_rests_on_is_checked_when_an_assignment_is_read(
    tmp_path: Path, made: str, told: str
) -> None:
    with pytest.raises(AssignmentError, match=told):
        load(write(tmp_path, f"{dedent(VARIANT)}\nassignment = made({made})\n"))
