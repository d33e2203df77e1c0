"""Judges with one defence taken out: what must not win against ours wins against these."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

from grader.checks import fit, tolerance
from grader.domain.evidence import Evidence, FunctionAnswer
from grader.pipeline import Graded


@contextmanager
def believing_shapes() -> Iterator[None]:
    """Numbers are not compared with the reference's: an array of the right shape will do."""

    def difference(
        found: tolerance.Numbers | None, expected: tolerance.Numbers, *_: object
    ) -> str | None:
        same = found is not None and found.shape == expected.shape
        return None if same else "another shape"

    with (
        patch.object(tolerance, "difference", difference),
        patch.object(fit, "_difference", difference),
    ):
        yield


@contextmanager
def believing_own_weights() -> Iterator[None]:
    """A model is judged with the weights that the student chose, and with no others."""
    with patch.object(fit, "_hidden_gap", lambda *_, **__: None):
        yield


def called_once(graded: Graded) -> Graded:
    """The evidence as if each function had been called once."""

    def once(evidence: Evidence) -> Iterator[object]:
        for item in evidence.answers:
            answer = item.answer
            if isinstance(answer, FunctionAnswer):
                calls = tuple(c.model_copy(update={"repeatable": True}) for c in answer.calls)
                yield replace(item, answer=answer.model_copy(update={"calls": calls}))
            else:
                yield item

    return replace(graded, evidence=replace(graded.evidence, answers=tuple(once(graded.evidence))))
