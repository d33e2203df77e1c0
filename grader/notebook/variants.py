"""Notebooks made from the solution: one variant or several that do not touch each other."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.domain.variant import Variant
from grader.errors import AssignmentError

Notebook = dict[str, Any]
"""A notebook of format 4 as JSON, each source one string."""
Pack = tuple[Variant, ...]


@dataclass(frozen=True)
class Solution:
    """The staff's notebook, whose texts variants replace."""

    notebook: Notebook

    @classmethod
    def read(cls, data: bytes) -> "Solution":
        """The notebook in a file that our build wrote."""
        notebook: Notebook = json.loads(data)
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
        return cls(notebook)

    @property
    def sources(self) -> dict[str, str]:
        """Cell id to source."""
        return {cell["id"]: cell["source"] for cell in self.notebook["cells"]}

    def with_variants(self, pack: Sequence[Variant]) -> Notebook:
        """The solution with all changes of the variants.

        Raises:
            AssignmentError: a text stands in no cell, or more than once, or two of them overlap.
        """
        changes = {old: new for variant in pack for old, new in variant.changes.items()}
        made = _edited(self.notebook, changes)
        for variant in pack:
            _insert(made, variant.below)
            made["cells"] += [
                code(f"{variant.name}-{n}", source) for n, source in enumerate(variant.added)
            ]
        return made

    def packed(
        self, variants: Sequence[Variant], apart: Callable[[Variant, Variant], bool]
    ) -> tuple[Pack, ...]:
        """The variants in as few notebooks as first fit finds, no two in one line of a cell.

        Args:
            variants: in any order; the same order gives the same packs.
            apart: whether two variants must not share a notebook, whatever lines they change.

        Raises:
            AssignmentError: a text stands in no cell, or more than once.
        """
        packs: list[list[Variant]] = []
        taken: list[set[str]] = []
        for variant in variants:
            needs = set(self._lines(variant))
            fitting = (
                n
                for n, (used, pack) in enumerate(zip(taken, packs, strict=True))
                if not used & needs and not any(apart(variant, other) for other in pack)
            )
            number = next(fitting, len(packs))
            if number == len(packs):
                packs.append([])
                taken.append(set())
            packs[number].append(variant)
            taken[number] |= needs
        return tuple(map(tuple, packs))

    def _lines(self, variant: Variant) -> Iterator[str]:
        """The lines that the variant takes for itself, as cell and number."""
        yield from variant.below
        for text in variant.changes:
            cell = _cell_of(self.notebook, text)
            first = cell["source"][: cell["source"].index(text)].count("\n")
            count = text.removesuffix("\n").count("\n") + 1
            yield from (f"{cell['id']}:{number}" for number in range(first, first + count))


def code(id_: str, source: str) -> dict[str, Any]:
    """A code cell that has not run."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": id_,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def to_bytes(notebook: Notebook) -> bytes:
    """As a file that a student hands in."""
    return json.dumps(notebook, ensure_ascii=False).encode()


def _cell_of(notebook: Notebook, text: str) -> dict[str, Any]:
    cells: list[dict[str, Any]] = notebook["cells"]
    holding = [cell for cell in cells for _ in range(cell["source"].count(text))]
    if len(holding) != 1:
        raise AssignmentError(f"{text!r}: found {len(holding)} times in the solution, not once")
    return holding[0]


def _edited(notebook: Notebook, changes: Mapping[str, str]) -> Notebook:
    """A copy with texts replaced; all are looked for in the notebook as it was given."""
    spans: dict[str, list[tuple[int, str, str]]] = {}
    for old, new in changes.items():
        cell = _cell_of(notebook, old)
        spans.setdefault(cell["id"], []).append((cell["source"].index(old), old, new))
    made = copy.deepcopy(notebook)
    for cell in made["cells"]:
        source, limit = cell["source"], len(cell["source"])
        for begin, old, new in sorted(spans.get(cell["id"], ()), reverse=True):
            if begin + len(old) > limit:
                raise AssignmentError(f"{old!r}: overlaps another change of the solution")
            source = source[:begin] + new + source[begin + len(old) :]
            limit = begin
        cell["source"] = source
    return made


def _insert(made: Notebook, below: Mapping[str, str]) -> None:
    for id_, source in below.items():
        ids = [cell["id"] for cell in made["cells"]]
        if id_ not in ids:
            raise AssignmentError(f"the solution has no cell {id_!r}")
        cell = {"cell_type": "markdown", "id": f"{id_}-more", "metadata": {}, "source": source}
        made["cells"].insert(ids.index(id_) + 1, cell)
