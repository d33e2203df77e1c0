"""What a second run could still change: decided outside, on the evidence of the first."""

import logging
from collections.abc import Iterator

from grader.domain.assignment import Assignment
from grader.domain.check import Case, Check
from grader.domain.job import Retraining
from grader.domain.outcome import Passed

_log = logging.getLogger(__name__)


def retrainings(assignment: Assignment, case: Case) -> tuple[Retraining, ...]:
    """The trainings to repeat, each model once; none where that cannot change the score.

    A training is repeated only where every check of the function that trains has passed: wrong
    code is not given another chance.
    """
    checks = [check for problem in assignment.problems for check in problem.checks]
    wanted: dict[str, Retraining] = {}
    for check in checks:
        found = _wanted(check, case)
        if found is not None:
            wanted.setdefault(found.probe, found)
    return tuple(item for item in wanted.values() if _trains(checks, item.training, case))


def _wanted(check: Check, case: Case) -> Retraining | None:
    try:
        return check.again(case)
    except Exception:  # noqa: BLE001 - ours; judging breaks in the same way, and the report says it
        _log.exception("check %s cannot say whether a second run helps", check.id)
        return None


def _trains(checks: list[Check], training: str, case: Case) -> bool:
    outcomes = [check.judge(case) for check in _asking(checks, training, case)]
    return bool(outcomes) and all(isinstance(outcome, Passed) for outcome in outcomes)


def _asking(checks: list[Check], training: str, case: Case) -> Iterator[Check]:
    for check in checks:
        probes = check.questions(case.hidden).probes
        if any(probe.kind == "training" and probe.id == training for probe in probes):
            yield check
