"""The notebook takes the guest's part: it writes answers itself, and ends the run as it likes."""

import pytest
from points_forgers import (
    CLOSING_RECORD,
    DEAF,
    DECLARED_CNN,
    EVERY_ANSWER,
    FIND,
    FIND_BY_HOOKS,
    HOOKS,
    KILL_THE_GUEST,
    LETTERS,
    NEVER_ASKED,
    RESTART,
)
from points_grading import Arena, broken, flagged, gained, points, said
from points_honest import FLAWED, IMPORTS, LIGHT, WORK
from points_weak import believing_shapes

from grader.domain.report import ScoreReport
from grader.pipeline import Graded
from grader.sandbox.bubblewrap import command

FORGED = (IMPORTS, FIND + EVERY_ANSWER, *WORK)
DECLARED = (*FLAWED, DECLARED_CNN)


@pytest.fixture(scope="module")
def forged(arena: Arena) -> Graded:
    return arena.grade(FORGED)


@pytest.fixture(scope="module")
def declared(arena: Arena) -> ScoreReport:
    return arena.grade(DECLARED).report


def test_answers_of_the_right_shape_earn_what_declaring_the_layers_earns(
    forged: Graded, declared: ScoreReport
) -> None:
    assert broken(forged.report) == []
    assert forged.report.run.stopped == "finished"
    assert "reaches_for_grader" in flagged(forged.report)
    assert gained(forged.report, declared) == {}


def test_against_a_judge_that_believes_shapes_they_win(arena: Arena, forged: Graded) -> None:
    wins = {"fc": 10, "criterion": 3, "train_model": 12, "lenet": 8, "cnn": 8, "conv1d": 10}
    with believing_shapes():
        weak = points(arena.judged(forged))
    assert {name: weak[name] for name in wins} == wins


def test_hooks_of_the_interpreter_reach_the_agent_and_earn_nothing(
    arena: Arena, declared: ScoreReport
) -> None:
    hooked = arena.grade((IMPORTS, HOOKS, FIND_BY_HOOKS + EVERY_ANSWER, *WORK))
    assert broken(hooked.report) == []
    assert "reaches_for_grader" in flagged(hooked.report)
    assert gained(hooked.report, declared) == {}
    assert points(hooked.report)["cnn"] == 2, "the agent was reached: it claims the right shapes"


def test_letters_from_a_thread_and_at_exit_earn_nothing(arena: Arena, honest: ScoreReport) -> None:
    report = arena.grade((IMPORTS, LETTERS, *WORK)).report
    assert broken(report) == []
    assert gained(report, honest) == {}


def test_an_answer_to_a_question_never_asked_ends_the_run(
    arena: Arena, honest: ScoreReport
) -> None:
    report = arena.grade((*FLAWED, NEVER_ASKED)).report
    assert broken(report) == []
    assert report.run.stopped == "evidence_broken"
    assert points(report) == points(honest)


def test_an_agent_that_was_made_deaf_keeps_what_it_heard(arena: Arena, honest: ScoreReport) -> None:
    report = arena.grade((*FLAWED, DEAF)).report
    assert broken(report) == []
    assert gained(report, honest) == {}


def test_killing_the_guest_after_forging_is_the_notebooks_own_end(
    arena: Arena, declared: ScoreReport
) -> None:
    report = arena.grade((*FORGED, KILL_THE_GUEST)).report
    assert broken(report) == []
    assert report.run.stopped == "killed"
    assert gained(report, declared) == {}


def test_a_kernel_restarted_by_the_notebook_answers_nothing(arena: Arena) -> None:
    honest = arena.grade(LIGHT).report
    report = arena.grade_hanging((*LIGHT, RESTART, *LIGHT)).report
    assert broken(report) == []
    assert points(report) == points(honest)


def test_no_closing_record_can_be_written_into_the_guests_pipe(
    arena: Arena, honest: ScoreReport
) -> None:
    graded = arena.grade((*FLAWED, CLOSING_RECORD, KILL_THE_GUEST))
    assert "reached []" in said(graded)
    assert graded.report.run.stopped == "killed", "a forged closing record would say: finished"
    assert points(graded.report) == points(honest)


def test_no_closing_record_can_be_written_in_other_backends(elsewhere: Arena) -> None:
    """Whatever else is reached there, the run says how it really ended."""
    report = elsewhere.grade((*LIGHT, CLOSING_RECORD, KILL_THE_GUEST)).report
    assert broken(report) == []
    assert report.run.stopped == "killed"
    assert points(report)["conv1d"] == 4


def test_where_the_first_process_is_in_sight_its_pipe_is_reached(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "FIRST", "/opt")
    assert "1: memory" in said(arena.grade((CLOSING_RECORD, "'the first process is in sight'")))
