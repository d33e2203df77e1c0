"""Notebooks made from ours by changes of their text."""

import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import nbformat

from reference.cnn.assignment import assignment

FEW = 5 * 128
"""Images that a short training is left with: five batches."""


class NotOneCellError(ValueError):
    """The text to be changed stands in no cell, or in several."""


def solution() -> nbformat.NotebookNode:
    """The notebook that earns all points."""
    return copy.deepcopy(_read(assignment.solution))


def release() -> nbformat.NotebookNode:
    """The notebook that students are given."""
    return copy.deepcopy(_read(assignment.release))


@cache
def _read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def cell_of(notebook: nbformat.NotebookNode, text: str) -> nbformat.NotebookNode:
    """The one cell that holds the text, once.

    Raises:
        NotOneCellError: it stands nowhere, or more than once.
    """
    holding = [cell for cell in notebook.cells for _ in range(cell.source.count(text))]
    if len(holding) != 1:
        raise NotOneCellError(f"{text!r}: found {len(holding)} times, expected once")
    return holding[0]


def edited(notebook: nbformat.NotebookNode, changes: Mapping[str, str]) -> nbformat.NotebookNode:
    """A copy in which each text that stands in one cell is replaced; all else is left alone.

    All texts are looked for in the notebook as it was given, not in what was replaced already.

    Raises:
        NotOneCellError: a text stands in no cell, or more than once, or two of them overlap.
    """
    spans: dict[str, list[tuple[int, str, str]]] = {}
    for old, new in changes.items():
        cell = cell_of(notebook, old)
        spans.setdefault(cell.id, []).append((cell.source.index(old), old, new))
    made = copy.deepcopy(notebook)
    for id_, replaced in spans.items():
        cell = _cell(made, id_)
        limit = len(cell.source)
        for begin, old, new in sorted(replaced, reverse=True):
            if begin + len(old) > limit:
                raise NotOneCellError(f"{old!r}: found it overlapping another change")
            cell.source = cell.source[:begin] + new + cell.source[begin + len(old) :]
            limit = begin
    return made


def append(notebook: nbformat.NotebookNode, *sources: str) -> nbformat.NotebookNode:
    """A copy with code cells at the end."""
    made = copy.deepcopy(notebook)
    made.cells += [nbformat.v4.new_code_cell(source) for source in sources]
    return made


def insert(notebook: nbformat.NotebookNode, below: Mapping[str, str]) -> nbformat.NotebookNode:
    """A copy with markdown cells below those of the given ids."""
    made = copy.deepcopy(notebook)
    for id_, source in below.items():
        place = made.cells.index(_cell(made, id_)) + 1
        made.cells.insert(place, nbformat.v4.new_markdown_cell(source))
    return made


def short_training(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy of our solution that trains for one epoch of five batches, all else as it is."""
    made = copy.deepcopy(notebook)
    data = _cell(made, "data")
    for name in ("ds_fc_tr", "ds_fc_te", "ds_cnn_tr", "ds_cnn_te"):
        begin = data.source.index(f"{name} = ") + len(f"{name} = ")
        end = data.source.index("\n", begin)
        few = f"torch.utils.data.Subset({data.source[begin:end]}, range({FEW}))"
        data.source = data.source[:begin] + few + data.source[end:]
    for name in ("fc-train", "lenet-train"):
        cell = _cell(made, name)
        cell.source = cell.source.replace("epochs = 5", "epochs = 1")
    return made


def without_training(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy of our solution, or of an edited one, in which no model is trained."""
    made = copy.deepcopy(notebook)
    for name in ("fc-train", "lenet-train", "cnn-train"):
        cell = _cell(made, name)
        lines = cell.source.splitlines()
        cell.source = "\n".join(line for line in lines if not line.startswith("train_model("))
    return made


def to_bytes(notebook: nbformat.NotebookNode) -> bytes:
    """As a file that a student hands in."""
    return str(nbformat.writes(notebook)).encode("utf-8")


def _cell(notebook: nbformat.NotebookNode, id_: str) -> nbformat.NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == id_)
