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
from points_honest import FLAWED, IMPORTS, LIGHT, RIGHT_FC, WORK
from points_libraries import JSON, LYING_NUMPY
from points_objects import AGREEABLE, LIARS, ONCE
from points_weak import believing_shapes, taking_every_answer
from points_weak_guest import ONLY_AT_THE_END, guest_with

from grader.domain.report import ScoreReport
from grader.pipeline import Graded
from grader.sandbox.bubblewrap import command

FORGED = (IMPORTS, FIND + EVERY_ANSWER, *WORK)
DECLARED = (*FLAWED, DECLARED_CNN)
FORGED_WINS = {"fc": 10, "criterion": 3, "train_model": 12, "lenet": 8, "cnn": 8, "conv1d": 10}
"""What is believed where an array of the right shape will do."""


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
    with believing_shapes():
        assert FORGED_WINS.items() <= points(arena.judged(forged)).items()


def test_hooks_of_the_interpreter_reach_the_agent_and_earn_nothing(
    arena: Arena, declared: ScoreReport
) -> None:
    hooked = arena.grade((IMPORTS, HOOKS, FIND_BY_HOOKS + EVERY_ANSWER, *WORK))
    assert broken(hooked.report) == []
    assert "reaches_for_grader" in flagged(hooked.report)
    assert gained(hooked.report, declared) == {}
    assert points(hooked.report)["cnn"] == 2, "the agent was reached: it claims the right shapes"


def test_letters_from_a_thread_and_at_exit_earn_nothing(arena: Arena, honest: ScoreReport) -> None:
    report = arena.grade((*FLAWED, LETTERS)).report
    assert broken(report) == []
    assert points(report) == points(honest)


def test_letters_win_where_a_judge_believes_shapes(arena: Arena) -> None:
    graded = arena.grade((LETTERS,))
    assert graded.report.earned == 0
    with believing_shapes():
        assert points(arena.judged(graded))["conv1d"] == 10


def test_an_answer_to_a_question_never_asked_ends_the_run(
    arena: Arena, honest: ScoreReport
) -> None:
    report = arena.grade((*FLAWED, NEVER_ASKED)).report
    assert broken(report) == []
    assert report.run.stopped == "evidence_broken"
    assert points(report) == points(honest)


def test_a_collector_that_takes_every_answer_hears_the_run_to_its_end(arena: Arena) -> None:
    """There is nothing to win by it: no check reads what was never asked."""
    with taking_every_answer():
        report = arena.grade_anew((*LIGHT, NEVER_ASKED)).report
    assert report.run.stopped == "finished"
    assert points(report) == points(arena.grade(LIGHT).report)


def test_an_agent_that_was_made_deaf_keeps_what_it_heard(arena: Arena, honest: ScoreReport) -> None:
    report = arena.grade((*FLAWED, DEAF)).report
    assert broken(report) == []
    assert gained(report, honest) == {}


def test_killing_the_guest_after_forging_is_the_notebooks_own_end(
    arena: Arena, declared: ScoreReport
) -> None:
    graded = arena.grade((*FORGED, KILL_THE_GUEST))
    assert broken(graded.report) == []
    assert graded.report.run.stopped == "killed"
    assert gained(graded.report, declared) == {}
    with believing_shapes():
        assert FORGED_WINS.items() <= points(arena.judged(graded)).items()


def test_a_kernel_restarted_by_the_notebook_answers_nothing(arena: Arena) -> None:
    honest = arena.grade(LIGHT).report
    notebook = (*LIGHT, RESTART, *LIGHT)
    report = arena.grade_hanging(notebook).report
    assert broken(report) == []
    assert points(report) == points(honest)
    with guest_with(ONLY_AT_THE_END):
        assert arena.grade_hanging(notebook).report.earned == 0


@pytest.mark.parametrize("attack", [DEAF, KILL_THE_GUEST], ids=["deaf", "killed"])
def test_a_guest_that_asks_only_at_the_end_loses_what_was_earned(arena: Arena, attack: str) -> None:
    notebook = (*LIGHT, attack)
    assert points(arena.grade(notebook).report)["conv1d"] == 4
    with guest_with(ONLY_AT_THE_END):
        assert points(arena.grade_anew(notebook).report)["conv1d"] == 0


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


def test_many_attacks_at_once_earn_nothing_in_other_backends(elsewhere: Arena) -> None:
    """Guest and judge are the same everywhere: one notebook stands for most of the attacks."""
    notebook = (IMPORTS, RIGHT_FC, LYING_NUMPY, JSON, LIARS, ONCE + AGREEABLE, LETTERS)
    graded = elsewhere.grade(notebook)
    assert broken(graded.report) == []
    assert {name: earned for name, earned in points(graded.report).items() if earned} == {"fc": 10}
    with believing_shapes():
        weak = points(elsewhere.judged(graded))
    assert weak["conv1d"] == 10, "the letters came"


def test_where_the_first_process_is_in_sight_its_pipe_is_reached(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "FIRST", "/opt")
    assert "1: memory" in said(arena.grade((CLOSING_RECORD, "'the first process is in sight'")))
