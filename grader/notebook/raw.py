"""JSON -> the few fields of a notebook that count, still untyped. Outputs are never read."""

from dataclasses import dataclass, field
from typing import Any

from grader.errors import SubmissionError
from grader.notebook.scan import Cursor

MAX_CELLS = 2000
MAX_SOURCE_BYTES = 32 * 1024 * 1024
"""All sources together, as they stand in the file."""

_SMALL = 1024


@dataclass
class RawCell:
    """One cell, as the file has it.

    Attributes:
        fields: ``cell_type``, ``source``, ``input``, ``level``, ``id``, ``language``; those it has.
        output_bytes: length of its saved outputs in the file.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    output_bytes: int = 0


@dataclass
class RawNotebook:
    """A notebook, as the file has it.

    Attributes:
        version: ``nbformat`` and ``nbformat_minor``, where they stand in the file.
        metadata: ``kernelspec``, ``language_info`` and ``language``.
        cells: those of nbformat 4.
        sheets: those of nbformat 3, of all its worksheets.
        has_cells: whether there is a list of cells at all, maybe an empty one.
    """

    version: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    cells: list[RawCell] = field(default_factory=list)
    sheets: list[RawCell] = field(default_factory=list)
    has_cells: bool = False


def read_raw(utf8: bytes) -> RawNotebook:
    """Read the notebook's skeleton.

    Where a key stands twice the last one counts, as in Jupyter.

    Raises:
        SubmissionError: ``truncated``, ``not_json``, ``too_deep``, ``not_a_notebook``,
            ``too_many_cells`` or ``too_large``.
    """
    cursor = Cursor(utf8)
    if not cursor.at(b"{"):
        cursor.skip()
        cursor.end()
        raise SubmissionError(
            "not_a_notebook", "The file is JSON but no object, expected a notebook."
        )
    notebook = RawNotebook()
    for key in cursor.members():
        _read_member(cursor, key, notebook)
    cursor.end()
    return notebook


def _read_member(cursor: Cursor, key: str, notebook: RawNotebook) -> None:
    if key in ("nbformat", "nbformat_minor"):
        notebook.version[key] = cursor.take(_SMALL)
    elif key == "metadata" and cursor.at(b"{"):
        notebook.metadata = _read_fields(cursor, ("kernelspec", "language_info", "language"))
    elif key == "cells" and cursor.at(b"["):
        notebook.cells = _read_cells(cursor, [])
        notebook.has_cells = True
    elif key == "worksheets" and cursor.at(b"["):
        notebook.sheets = _read_sheets(cursor)
        notebook.has_cells = True
    else:
        cursor.skip()


def _read_fields(cursor: Cursor, names: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in cursor.members():
        if key in names:
            found[key] = cursor.take(_SMALL * 16)
        else:
            cursor.skip()
    return found


def _read_sheets(cursor: Cursor) -> list[RawCell]:
    cells: list[RawCell] = []
    for _ in cursor.elements():
        if not cursor.at(b"{"):
            cursor.skip()
            continue
        for key in cursor.members():
            if key == "cells" and cursor.at(b"["):
                _read_cells(cursor, cells)
            else:
                cursor.skip()
    return cells


def _read_cells(cursor: Cursor, cells: list[RawCell]) -> list[RawCell]:
    surplus = 0
    left = MAX_SOURCE_BYTES
    for _ in cursor.elements():
        if len(cells) == MAX_CELLS:
            cursor.skip()
            surplus += 1
        elif cursor.at(b"{"):
            before = cursor.position
            cells.append(_read_cell(cursor, left))
            left -= cursor.position - before - cells[-1].output_bytes
        else:
            cursor.skip()
            cells.append(RawCell())
    if surplus:
        raise SubmissionError(
            "too_many_cells",
            f"The notebook has {MAX_CELLS + surplus} cells, expected at most {MAX_CELLS}.",
        )
    return cells


def _read_cell(cursor: Cursor, max_source: int) -> RawCell:
    cell = RawCell()
    for key in cursor.members():
        if key in ("source", "input"):
            cell.fields[key] = _take_source(cursor, max_source)
        elif key in ("cell_type", "id", "level", "language"):
            cell.fields[key] = cursor.take(_SMALL)
        else:
            length = cursor.skip()
            if key in ("outputs", "attachments", "metadata"):
                cell.output_bytes += length
    return cell


def _take_source(cursor: Cursor, max_bytes: int) -> Any:
    start = cursor.position
    source = cursor.take(max(max_bytes, 0))
    if source is None and cursor.position - start > max(max_bytes, _SMALL):
        raise SubmissionError(
            "too_large",
            f"The sources of the cells have more than {MAX_SOURCE_BYTES // 1024**2} MiB together.",
        )
    return source
