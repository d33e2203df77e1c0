"""Builds solution.ipynb and release.ipynb from exercise.md: ``python -m reference.cnn.build``.

The source is Markdown that reads well as it is. ``<!-- cell: NAME -->`` begins a markdown cell,
a line of three backquotes with ``python NAME`` a code cell, which ends with its fence. NAME becomes
the cell's id. Inside a cell, lines between ``[solution]`` and ``[release]`` belong to the solution
only, those between ``[release]`` and ``[end]`` to the students' version only; the marks stand in
comments of the cell's language.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

HERE = Path(__file__).parent
SOURCE = HERE / "exercise.md"
Variant = Literal["solution", "release"]

_MARKDOWN = re.compile(r"<!-- cell: ([a-z0-9-]{1,64}) -->")
_CODE = re.compile(r"```python ([a-z0-9-]{1,64})")
_MARK = re.compile(r"\s*(?:#|<!--) \[(solution|release|end)\](?: -->)?")


class SourceError(ValueError):
    """The source breaks its format; the message names the line."""


@dataclass(frozen=True)
class CellSource:
    """One cell as it stands in the source, marks included.

    Attributes:
        name: unique in the source; the cell's id.
        kind: as nbformat calls it.
        line: number of the first of `lines`, from 1.
        lines: without line ends.
    """

    name: str
    kind: Literal["markdown", "code"]
    line: int
    lines: tuple[str, ...]


def read(text: str) -> tuple[CellSource, ...]:
    """The cells of a source.

    Raises:
        SourceError: text before the first cell, a fence left open, or a name used twice.
    """
    cells = tuple(_cells(text.splitlines()))
    names: set[str] = set()
    for cell in cells:
        if cell.name in names:
            raise SourceError(f"line {cell.line}: found a second cell {cell.name!r}, expected one")
        names.add(cell.name)
    return cells


def _cells(lines: list[str]) -> Iterator[CellSource]:
    start = 0
    while start < len(lines):
        end = start + 1
        if code := _CODE.fullmatch(lines[start]):
            end = next((i for i in range(end, len(lines)) if lines[i] == "```"), 0)
            if not end:
                raise SourceError(f"line {start + 1}: found an open fence, expected its end")
            yield CellSource(code[1], "code", start + 2, tuple(lines[start + 1 : end]))
            end += 1
        elif markdown := _MARKDOWN.fullmatch(lines[start]):
            while end < len(lines) and not (_CODE.match(lines[end]) or _MARKDOWN.match(lines[end])):
                end += 1
            yield CellSource(markdown[1], "markdown", start + 2, tuple(lines[start + 1 : end]))
        elif lines[start].strip():
            raise SourceError(f"line {start + 1}: found {lines[start]!r}, expected a cell")
        start = end


def variant_of(cell: CellSource, variant: Variant) -> str:
    """The cell's text in that variant, without blank lines around it.

    Raises:
        SourceError: the marks do not come as solution, release, end.
    """
    kept, region = [], "end"
    follows = {"end": "solution", "solution": "release", "release": "end"}
    for number, line in enumerate(cell.lines, start=cell.line):
        if mark := _MARK.fullmatch(line):
            if mark[1] != follows[region]:
                raise SourceError(f"line {number}: found [{mark[1]}], expected [{follows[region]}]")
            region = mark[1]
        elif region in {"end", variant}:
            kept.append(line)
    if region != "end":
        raise SourceError(f"cell {cell.name!r}: found its end, expected [{follows[region]}]")
    return "\n".join(kept).strip("\n")


def notebook(text: str, variant: Variant) -> dict[str, Any]:
    """A source as a notebook of nbformat 4.5 without outputs.

    Raises:
        SourceError: see `read` and `variant_of`.
    """
    return {
        "cells": [_cell(cell, variant_of(cell, variant)) for cell in read(text)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(cell: CellSource, source: str) -> dict[str, Any]:
    body: dict[str, Any] = {"cell_type": cell.kind, "id": cell.name, "metadata": {}}
    body["source"] = source.splitlines(keepends=True)
    if cell.kind == "code":
        body |= {"execution_count": None, "outputs": []}
    return dict(sorted(body.items()))


def as_bytes(built: dict[str, Any]) -> bytes:
    """A notebook as the bytes of its file, the same for the same notebook."""
    return (json.dumps(built, ensure_ascii=False, indent=1) + "\n").encode()


def main(folder: Path = HERE) -> None:
    """Write both notebooks into the folder."""
    text = SOURCE.read_text(encoding="utf-8")
    for variant in get_args(Variant):
        path = folder / f"{variant}.ipynb"
        path.write_bytes(as_bytes(notebook(text, variant)))
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
