"""Everything that the grader's guest could call is replaced: no flaw becomes invisible by that."""

import pytest
from points_grading import Arena, broken, flagged, gained, points
from points_honest import FLAWED, IMPORTS, LIGHT, NUMPY, WORK
from points_libraries import (
    BUILTINS_OF_PYTHON_ITSELF,
    HARMFUL,
    HARMLESS,
    JSON,
    LATE_BUILTINS,
    LYING_NUMPY,
    MODULES,
    NO_LIBRARY,
)
from points_objects import ONCE
from points_weak_guest import LATE_JSON, LATE_NUMPY, LEFT_BUILTINS, THEIR_METHODS, Edit, guest_with

from grader.domain.report import ScoreReport


def test_replaced_libraries_move_no_point(arena: Arena, honest: ScoreReport) -> None:
    report = arena.grade((IMPORTS, *HARMLESS.values(), *WORK)).report
    assert broken(report) == []
    assert {flag.code for flag in report.flags} == {"library_replaced"}
    assert points(report) == points(honest)


@pytest.mark.parametrize("name", HARMFUL)
def test_what_the_notebook_breaks_for_itself_earns_nothing(
    arena: Arena, honest: ScoreReport, name: str
) -> None:
    report = arena.grade((IMPORTS, HARMFUL[name], *WORK)).report
    assert broken(report) == []
    assert "library_replaced" in flagged(report)
    assert gained(report, honest) == {}


def test_everything_replaced_at_the_end_moves_no_point(arena: Arena, honest: ScoreReport) -> None:
    """The probes at the end ask once more, now in the patched kernel."""
    report = arena.grade((*FLAWED, *HARMLESS.values(), LATE_BUILTINS)).report
    assert broken(report) == []
    assert points(report) == points(honest)


@pytest.mark.parametrize(
    ("attack", "weakness"),
    [
        pytest.param(LYING_NUMPY, LATE_NUMPY, id="numpy"),
        pytest.param(NO_LIBRARY, LATE_NUMPY, id="module table"),
        pytest.param(JSON, LATE_JSON, id="json"),
        pytest.param(LATE_BUILTINS, LEFT_BUILTINS, id="builtins"),
    ],
)
def test_a_guest_that_calls_what_was_replaced_takes_wrong_answers_for_right(
    arena: Arena, attack: str, weakness: Edit
) -> None:
    """What it would call says that the second call of a function gave what the first one did."""
    notebook = (NUMPY, attack, ONCE)
    report = arena.grade(notebook).report
    assert broken(report) == []
    assert report.earned == 0
    with guest_with(weakness):
        weak = arena.grade_anew(notebook).report
    assert points(weak)["conv1d"] == 10


def test_a_guest_that_asks_a_model_by_replaced_methods_counts_layers_that_are_not_there(
    arena: Arena, honest: ScoreReport
) -> None:
    with guest_with(THEIR_METHODS):
        report = arena.grade_anew((IMPORTS, MODULES, *WORK)).report
    assert gained(report, honest) == {"cnn": 2}


def test_a_kernel_that_cannot_go_on_keeps_what_it_earned(arena: Arena) -> None:
    """The kernel's own loops stumble over these: it hangs, is interrupted, and then killed."""
    honest = arena.grade(LIGHT).report
    report = arena.grade_hanging((*LIGHT, BUILTINS_OF_PYTHON_ITSELF)).report
    assert broken(report) == []
    assert report.run.stopped == "kernel_died"
    assert points(report) == points(honest)
