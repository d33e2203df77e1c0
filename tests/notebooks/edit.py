"""One named change to our solution, and how several are packed into one notebook."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import nbformat

from notebooks import edits


@dataclass(frozen=True)
class Edit:
    """A change to our solution.

    Attributes:
        name: unique; says what is other than in the solution.
        concerns: problems whose judgement depends on it, with the misconception that must be named
            in each (None: none need be).
        changes: texts to be replaced, each standing in one cell of the solution.
        added: code cells put at the end.
        below: markdown cells put below others, by the id of these.
    """

    name: str
    concerns: Mapping[str, str | None]
    changes: Mapping[str, str]
    added: tuple[str, ...] = ()
    below: Mapping[str, str] = field(default_factory=dict)


Pack = tuple[Edit, ...]


def packed(made: Sequence[Edit], *, one_per_problem: bool) -> tuple[Pack, ...]:
    """The edits in as few notebooks as first fit finds, no two of them in one line of a cell.

    Args:
        made: in any order; the same order gives the same packs.
        one_per_problem: also no two that concern one problem, so that each shows alone there.
    """
    solution = edits.solution()
    packs: list[list[Edit]] = []
    taken: list[set[str]] = []
    for edit in made:
        needs = set(_lines(solution, edit)) | (set(edit.concerns) if one_per_problem else set())
        fitting = (n for n, used in enumerate(taken) if not used & needs)
        number = next(fitting, len(packs))
        if number == len(packs):
            packs.append([])
            taken.append(set())
        packs[number].append(edit)
        taken[number] |= needs
    return tuple(map(tuple, packs))


def together(pack: Pack) -> nbformat.NotebookNode:
    """Our solution with all changes of the pack."""
    changes = {old: new for edit in pack for old, new in edit.changes.items()}
    made = edits.edited(edits.solution(), changes)
    for edit in pack:
        made = edits.insert(made, edit.below)
    return edits.append(made, *(source for edit in pack for source in edit.added))


def _lines(solution: nbformat.NotebookNode, edit: Edit) -> Iterator[str]:
    """The lines that the edit takes for itself, as cell and number."""
    yield from edit.below
    for text in edit.changes:
        cell = edits.cell_of(solution, text)
        first = cell.source[: cell.source.index(text)].count("\n")
        count = text.removesuffix("\n").count("\n") + 1
        yield from (f"{cell.id}:{number}" for number in range(first, first + count))
