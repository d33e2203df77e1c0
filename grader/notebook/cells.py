"""Raw cells -> the domain's cells, with what was repaired on the way."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from grader.domain.submission import Cell, Flag
from grader.notebook.raw import RawCell

LARGE_OUTPUT_BYTES = 10 * 1024 * 1024
"""Saved outputs are always dropped; from this size on a flag says so."""

Kind = Literal["code", "markdown", "raw"]
_KINDS: dict[Any, Kind] = {
    "code": "code",
    "markdown": "markdown",
    "raw": "raw",
    "heading": "markdown",
    "html": "markdown",
}
_LINE_END = re.compile(r"\r\n?")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read_cells(
    raw: Sequence[RawCell], *, ids_required: bool
) -> tuple[tuple[Cell, ...], tuple[Flag, ...]]:
    """Type the cells; what cannot be read becomes an empty text, never an error.

    Args:
        raw: as the file has them.
        ids_required: nbformat 4.5 and later, where each cell has an id of its own.
    """
    cells = tuple(_cell(index, cell.fields) for index, cell in enumerate(raw))
    flags = [
        _listed("unknown_cell", "has no known type and is not run", _unknown(raw)),
        _listed("odd_source", "has a source that is no text", _odd(raw)),
        _listed("surrogates_replaced", "holds half a character, replaced by �", _halves(raw)),
        _outputs(raw),
        _ids(raw, ids_required=ids_required),
    ]
    return cells, tuple(flag for flag in flags if flag is not None)


def _cell(index: int, fields: dict[str, Any]) -> Cell:
    kind_name = fields.get("cell_type")
    kind = _KINDS.get(kind_name, "raw") if isinstance(kind_name, str) else "raw"
    source = _joined(fields)
    level = fields.get("level")
    if kind_name == "heading":
        source = f"{'#' * (level if isinstance(level, int) and 1 <= level <= 6 else 1)} {source}"
    return Cell(index=index, kind=kind, source=_clean(source))


def _raw_source(fields: dict[str, Any]) -> Any:
    return fields["source"] if "source" in fields else fields.get("input")


def _joined(fields: dict[str, Any]) -> str:
    source = _raw_source(fields)
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def _clean(source: str) -> str:
    r"""Lines end with ``\n``; surrogates become characters where both halves are there, else �."""
    if _SURROGATE.search(source):
        source = source.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _LINE_END.sub("\n", source)


def _unknown(raw: Sequence[RawCell]) -> list[int]:
    types = [cell.fields.get("cell_type") for cell in raw]
    return [i for i, kind in enumerate(types) if not isinstance(kind, str) or kind not in _KINDS]


def _odd(raw: Sequence[RawCell]) -> list[int]:
    def is_text(source: Any) -> bool:
        if isinstance(source, list):
            return all(isinstance(part, str) for part in source)
        return isinstance(source, str)

    return [i for i, cell in enumerate(raw) if not is_text(_raw_source(cell.fields))]


def _halves(raw: Sequence[RawCell]) -> list[int]:
    found = []
    for index, cell in enumerate(raw):
        source = _joined(cell.fields)
        if _SURROGATE.search(source) and "\ufffd" in _clean(source.replace("\ufffd", "")):
            found.append(index)
    return found


def _outputs(raw: Sequence[RawCell]) -> Flag | None:
    size = sum(cell.output_bytes for cell in raw)
    if size < LARGE_OUTPUT_BYTES:
        return None
    return Flag(
        code="outputs_dropped",
        message=f"{size / 1024**2:.0f} MiB of saved outputs and attachments were dropped.",
    )


def _ids(raw: Sequence[RawCell], *, ids_required: bool) -> Flag | None:
    ids = [cell.fields.get("id") for cell in raw]
    counts = Counter(i for i in ids if isinstance(i, str))
    twice = sum(1 for count in counts.values() if count > 1)
    missing = sum(1 for i in ids if not isinstance(i, str)) if ids_required else 0
    if not twice and not missing:
        return None
    return Flag(
        code="cell_ids",
        message=f"{twice} cell ids stand more than once, {missing} cells have none.",
    )


def _listed(code: str, what: str, cells: list[int]) -> Flag | None:
    if not cells:
        return None
    more = f" and {len(cells) - 5} more" if len(cells) > 5 else ""
    return Flag(code=code, message=f"Cell {', '.join(str(i) for i in cells[:5])}{more} {what}.")
