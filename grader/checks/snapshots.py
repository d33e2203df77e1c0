"""The snapshots of a model that are worth measuring."""

from dataclasses import dataclass

from grader.checks.fit import Fit, fit
from grader.checks.model import Model
from grader.checks.seen import Seen
from grader.checks.weights import Loaded
from grader.domain.evidence import ModuleAnswer
from grader.domain.hidden import Hidden

MAX_FITTED = 24
"""Newest snapshots that are compared with the reference."""
MAX_MEASURED = 6
MAX_ELEMENTS = 4_000_000
"""Parameters of all measured snapshots together: of a large model fewer are measured."""


@dataclass(frozen=True)
class Snapshot:
    """A model as it stood once, and what it computes."""

    seen: Seen[ModuleAnswer]
    fit: Fit


def fits(
    model: Model, seen: tuple[Seen[ModuleAnswer], ...], hidden: Hidden
) -> tuple[Snapshot, ...]:
    """The newest snapshots, oldest first, each compared with the reference."""
    images = model.inputs(hidden)
    return tuple(Snapshot(item, fit(model, item, images)) for item in seen[-MAX_FITTED:])


def measurable(snapshots: tuple[Snapshot, ...]) -> tuple[tuple[Snapshot, Loaded], ...]:
    """Those whose architecture is known, newest first, equal weights once.

    Of equal ones the oldest is kept: its cell is the one that trained the weights.
    """
    kept: dict[str, tuple[Snapshot, Loaded]] = {}
    for snapshot in snapshots:
        if snapshot.fit.loaded is not None:
            digest = snapshot.fit.loaded.weights.digest
            kept[digest] = kept.pop(digest, (snapshot, snapshot.fit.loaded))
    newest_first = tuple(reversed(kept.values()))
    affordable = MAX_ELEMENTS // max((x.weights.elements for _, x in newest_first), default=1)
    return newest_first[: max(1, min(MAX_MEASURED, affordable))]
