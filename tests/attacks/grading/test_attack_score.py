"""Whatever valid evidence says, the whole judgement is a report: no check of ours breaks on it."""

import random
import warnings

import pytest
import scored
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader import reports
from grader.checks.modules import ModelMatches
from grader.domain.check import Case
from grader.domain.evidence import Answered
from grader.domain.outcome import Outcome
from grader.domain.report import ScoreReport
from grader.domain.run import Stopped
from grader.evidence.collect import MAX_ANSWERS_TO_A_PROBE

RIGHT = scored.right()
ENDS = (
    Stopped(reason="finished"),
    Stopped(reason="wall_time", cell=2**63 - 1, message="\0"),
    Stopped(reason="evidence_broken", message="\x1b[2J\u202e"),
    Stopped(reason="memory", cell=-(2**63)),
)
WRITTEN = ("9" * 4000, "1e999", "-inf", "\0", "٣" * 500, "567434 \U0001d7d8", "= " * 9999, "")


def assert_judged(report: ScoreReport) -> None:
    broken = [
        f"{problem.id}: {check.message}"
        for problem in report.problems
        for check in problem.checks
        if check.status == "check_broke"
    ]
    assert broken == []
    assert report.status == "graded"
    assert 0 <= report.earned <= report.earned + report.pending <= report.possible == 100
    for form in reports.FORMS:
        reports.render(report, form)


def test_right_evidence_earns_the_points_that_it_can() -> None:
    report = scored.scored(RIGHT)
    assert_judged(report)
    assert report.earned > 60  # the test set is noise, and nothing was written


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False), stopped=st.sampled_from(ENDS))
def test_no_valid_evidence_breaks_the_judgement(rng: random.Random, stopped: Stopped) -> None:
    answers = [
        scored.hostile(answer, rng) for answer in RIGHT for _ in range(rng.choice([0, 1, 1, 2]))
    ]
    rng.shuffle(answers)
    written = {
        question: rng.choice(WRITTEN) for question in ("fc_count", "lenet_count", "conv1d_by_hand")
    }
    report = scored.scored(
        tuple(answers), cells=scored.cells(rng), stopped=stopped, written=written
    )
    assert_judged(report)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(number=st.integers(0, len(RIGHT) - 1), rng=st.randoms(use_true_random=False))
@example(number=0, rng=random.Random(1))
def test_one_hostile_answer_costs_the_other_problems_nothing(
    number: int, rng: random.Random
) -> None:
    answers = (*RIGHT[:number], scored.hostile(RIGHT[number], rng), *RIGHT[number + 1 :])
    report = scored.scored(answers)
    assert_judged(report)
    probe = RIGHT[number].answer.probe
    others = {problem.id: problem for problem in scored.scored(RIGHT).problems}
    for problem, made in zip(report.problems, scored.assignment.problems, strict=True):
        asked = {p.id for check in made.checks for p in check.questions(scored.made.HIDDEN).probes}
        if probe not in asked:
            assert problem == others[problem.id]


def test_a_judgement_that_raises_is_seen_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(_: ModelMatches, __: Case) -> Outcome:
        raise OverflowError("int too large to convert to float")

    monkeypatch.setattr(ModelMatches, "judge", raises)
    with pytest.raises(AssertionError, match="OverflowError"):
        assert_judged(scored.scored(RIGHT))


def test_as_many_hostile_answers_as_are_taken_are_judged() -> None:
    rng = random.Random(3)
    conv1d = next(a for a in RIGHT if a.answer.probe == "convolution_one_dimensional")
    answers: list[Answered] = [scored.hostile(conv1d, rng) for _ in range(MAX_ANSWERS_TO_A_PROBE)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_judged(scored.scored((*answers, conv1d)))
