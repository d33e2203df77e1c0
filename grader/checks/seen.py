"""Reads a probe's answers out of the evidence, and says why there are none."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from grader.checks import describe
from grader.domain.check import Case
from grader.domain.detail import Comparison, Detail, Note
from grader.domain.evidence import (
    Evidence,
    Found,
    FunctionAnswer,
    ModuleAnswer,
    OptimizerAnswer,
    Tensors,
    TrainingAnswer,
    Unanswered,
    VariablesAnswer,
)
from grader.domain.outcome import Failed, NotGraded, Partial, Passed, Scored, best

A = TypeVar(
    "A", ModuleAnswer, FunctionAnswer, OptimizerAnswer, TrainingAnswer, VariablesAnswer, Unanswered
)

NEWEST = 24
"""Newest answers of one kind that are looked at, besides the first: as many as the guest gives, and
few enough that forged ones cost little."""

_STOPPED = {
    "wall_time": "the notebook ran out of time",
    "memory": "the notebook used more memory than it may",
    "kernel_died": "the notebook's Python process ended",
    "output": "the notebook printed more than it may",
    "processes": "the notebook started more processes than it may",
}
_REASONS = {
    "missing": "Nothing named `{name}` was found when the notebook had run, and nothing else fits.",
    "ambiguous": "`{name}` was not found, and several other objects could be meant.",
    "wrong_type": "`{name}` is not the kind of object that the exercise asks for.",
    "raised": "`{name}` could not be examined, because it raised an error.",
    "timed_out": "`{name}` did not answer within the time limit.",
    "too_large": "`{name}` is too large to be examined.",
    "asked_differently": "`{name}`: the question was changed after this run: "
    "run the notebook again.",
}


@dataclass(frozen=True)
class Seen(Generic[A]):
    """One answer of the right kind with its arrays."""

    answer: A
    tensors: Tensors


def answers(case: Case, probe: str, kind: type[A]) -> tuple[Seen[A], ...]:
    """The probe's first and newest answers of that kind, oldest first; others are left out."""
    found = tuple(
        Seen(item.answer, item.tensors)
        for item in case.evidence.to(probe)
        if isinstance(item.answer, kind)
    )
    return found[:1] + found[1:][-NEWEST:]


def absent(case: Case, name: str) -> NotGraded:
    """Why the probe of that name got no answer; where the run ended early, that is the reason."""
    given = answers(case, name, Unanswered)
    last = given[-1].answer if given else None
    if last is not None and last.reason not in {"missing", "ambiguous"}:
        return _unanswered(last, name)
    stopped = case.evidence.stopped
    if stopped.reason != "finished":
        why = _STOPPED.get(stopped.reason, "the run was ended")
        where = "" if stopped.cell is None else f" in cell {stopped.cell}"
        return NotGraded(
            reason=stopped.reason,
            message=f"`{name}` was not reached: {why}{where}, so the rest could not be graded.",
            details=_notes(stopped.message),
        )
    if last is not None:
        return _unanswered(last, name, _failed_cell(case.evidence))
    return NotGraded(
        reason="missing",
        message=_REASONS["missing"].format(name=name) + _failed_cell(case.evidence),
    )


def favourable(newest_first: Iterable[Scored]) -> Scored | None:
    """The best outcome, the newest of equal ones; None of none.

    A name may be bound several times (an experiment before, a reuse after): the student gets the
    definition that is right. The outcomes are made one by one, and none after full points.
    """
    tried: list[Scored] = []
    for outcome in newest_first:
        if isinstance(outcome, Passed):
            return outcome
        tried.append(outcome)
    return best(reversed(tried)) if tried else None


def graded(
    score: float,
    message: str,
    details: Iterable[Detail] = (),
    misconception: str | None = None,
    code: str | None = None,
) -> Passed | Partial | Failed:
    """The outcome for a share of the points, 0 to 1; see `Outcome` for the codes."""
    blocks = tuple(details)
    if score >= 1:
        return Passed(message=message, details=blocks)
    if score <= 0:
        return Failed(message=message, details=blocks, misconception=misconception, code=code)
    return Partial(
        score=score, message=message, details=blocks, misconception=misconception, code=code
    )


def found_notes(found: Found) -> tuple[Note, ...]:
    """A note where another object than the one of that name was judged."""
    asked, used = describe.clip(found.asked, 60), describe.clip(found.used, 60)
    if found.how == "fallback":
        text = f"There is no `{asked}`; the only object that fits, `{used}`, was judged instead."
    elif found.how == "constructed":
        text = f"There is no `{asked}`; `{used}()` was called to make one."
    else:
        return ()
    return (Note(text=text),)


def comparison(label: str, expected: str, found: str) -> Comparison:
    """Expected beside found, each within the length budget."""
    return Comparison(label=label, expected=describe.clip(expected), found=describe.clip(found))


def _unanswered(answer: Unanswered, name: str, more: str = "") -> NotGraded:
    details: tuple[Detail, ...] = _notes(answer.message)
    if answer.found is not None:
        details += found_notes(answer.found)
    message = _REASONS[answer.reason].format(name=name) + more
    return NotGraded(reason=answer.reason, message=message, details=details)


def _failed_cell(evidence: Evidence) -> str:
    failed = next((cell for cell in evidence.cells if cell.status in {"error", "timed_out"}), None)
    if failed is None:
        return ""
    if failed.error is None:
        return f" Cell {failed.index} ran out of time; look there first."
    error = describe.clip(f"{failed.error.name}: {failed.error.message}", 120)
    return f" Cell {failed.index} failed ({error}); look there first."


def _notes(text: str) -> tuple[Note, ...]:
    return (Note(text=describe.clip(text)),) if text.strip() else ()
