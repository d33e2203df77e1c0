"""Points are taken off what was handed in late, and what a person gives later loses the same."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from grader.domain.late import Lateness, LatePolicy
from grader.domain.limits import Limits
from grader.domain.report import RunReport, ScoreReport, SubmissionLine
from grader.scoring.late import apply

DUE = datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TENTH = LatePolicy(percent=10, most=50, grace_seconds=600)


def report(earned: float, pending: float = 0) -> ScoreReport:
    return ScoreReport(
        assignment="demo",
        assignment_version="1",
        title="Demo",
        submission=SubmissionLine(name="n.ipynb", sha256="0" * 64),
        status="graded",
        earned=earned,
        possible=100,
        pending=pending,
        problems=(),
        run=RunReport(
            sandbox="fake",
            seconds=1,
            peak_memory_bytes=None,
            limits=Limits(),
            stopped="finished",
            cells=(),
        ),
    )


def late(percent: float) -> Lateness:
    return Lateness(due_at=DUE, received_at=DUE + DAY, seconds=86_400, percent=percent)


@pytest.mark.parametrize("after", [-DAY, timedelta(), timedelta(seconds=600)])
def test_until_the_end_of_the_time_of_grace_a_submission_is_on_time(after: timedelta) -> None:
    assert TENTH.lateness(DUE, DUE + after) is None


@pytest.mark.parametrize(
    ("after", "percent"),
    [
        (timedelta(seconds=600, microseconds=1), 10),
        (timedelta(seconds=600) + DAY, 10),
        (timedelta(seconds=601) + DAY, 20),
        (timedelta(seconds=600) + 5 * DAY, 50),
        (400 * DAY, 50),
    ],
)
def test_each_day_that_has_begun_costs_the_same_up_to_the_most(
    after: timedelta, percent: float
) -> None:
    found = TENTH.lateness(DUE, DUE + after)
    assert found is not None
    assert found.percent == percent


def test_lateness_counts_seconds_after_the_time_of_grace_and_begun_ones_whole() -> None:
    found = TENTH.lateness(DUE, DUE + timedelta(seconds=600, milliseconds=1))
    assert found is not None
    assert found.seconds == 1


def test_hours_may_count_instead_of_days() -> None:
    found = LatePolicy(per="hour", percent=1.5).lateness(DUE, DUE + 2 * HOUR + HOUR / 2)
    assert found is not None
    assert found.percent == 4.5


def test_a_moment_of_another_time_zone_is_the_same_moment() -> None:
    zurich = timezone(HOUR)
    assert TENTH.lateness(DUE, (DUE + timedelta(seconds=600)).astimezone(zurich)) is None


def test_nothing_is_accepted_after_the_last_day() -> None:
    policy = LatePolicy(percent=10, days=3, grace_seconds=60)
    assert policy.closes_at(DUE) == DUE + 3 * DAY + timedelta(seconds=60)
    assert TENTH.closes_at(DUE) is None


@pytest.mark.parametrize(
    "wrong", [{"percent": 101}, {"percent": -1}, {"percent": 1, "grace_seconds": -1}]
)
def test_a_rule_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        LatePolicy.model_validate(wrong)


def test_a_rule_survives_its_row_in_the_database() -> None:
    assert LatePolicy.model_validate(TENTH.model_dump(mode="json")) == TENTH


def test_what_is_on_time_keeps_its_report() -> None:
    assert apply(report(80), None) == report(80)


def test_the_share_is_taken_off_what_is_earned_and_off_what_a_person_may_give() -> None:
    found = apply(report(80, pending=11), late(20))
    assert (found.earned, found.pending, found.possible) == (64, 8.8, 100)
    assert found.late is not None
    assert (found.late.points, found.late.pending, found.late.percent) == (16, 2.2, 20)


@pytest.mark.parametrize(
    ("earned", "percent", "left"),
    [(0.05, 10, 0.05), (0.15, 50, 0.08), (2.67, 70, 0.8), (5, 100, 0)],
)
def test_half_a_cent_is_left_to_the_student(earned: float, percent: float, left: float) -> None:
    assert apply(report(earned), late(percent)).earned == left


def test_points_are_taken_off_once() -> None:
    once = apply(report(80), late(20))
    with pytest.raises(ValueError, match="expected them once"):
        apply(once, late(20))


@given(
    st.integers(0, 10_000).map(lambda cents: cents / 100),
    st.floats(0, 100, allow_subnormal=False),
)
def test_what_is_left_and_what_is_taken_off_add_up_to_the_cent(
    earned: float, percent: float
) -> None:
    found = apply(report(earned), late(percent))
    assert found.late is not None
    assert round(100 * found.earned) + round(100 * found.late.points) == round(100 * earned)
    assert 0 <= found.earned <= earned
