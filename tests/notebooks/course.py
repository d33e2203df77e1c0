"""The course's own solution notebook, which we have as printed text, as a notebook again."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

MARK = "In [None]:\n"
"""The line before each code cell. Cells are apart by one blank line."""
GAP = "\n\n"
_MAGIC = re.compile(r"^%.*$", re.MULTILINE)
_HEADING = re.compile(r"##+ ")


def from_text(path: Path) -> nbformat.NotebookNode:
    """A notebook with every character of the printed one.

    A code cell reaches as far as the text is Python; a heading of two or more ``#`` is none, though
    it would compile as a comment. Neighbouring markdown cells come out as one: the text does not
    tell where one ends.
    """
    made = nbformat.v4.new_notebook()
    for number, (kind, source) in enumerate(_cells(path.read_text(encoding="utf-8"))):
        new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        made.cells.append(new(source, id=f"course-{number}"))
    return made


def to_text(notebook: nbformat.NotebookNode) -> str:
    """The text that `from_text` was given."""
    marks = {"code": MARK, "markdown": ""}
    return GAP.join(marks[cell.cell_type] + cell.source for cell in notebook.cells)


def compiles(source: str) -> bool:
    """Whether the source of a cell is Python, apart from lines of magics.

    IPython's own test would take a question for a call of its help: "How many parameters?".
    """
    try:
        compile(_MAGIC.sub("", source), "cell", "exec")
    except SyntaxError:
        return False
    return True


def _cells(text: str) -> Iterator[tuple[str, str]]:
    first, *others = text.split(MARK)
    yield "markdown", first.removesuffix(GAP)
    for number, part in enumerate(others, start=1):
        # After the last code cell the file ends, with no gap to a next one.
        whole = part if number == len(others) else part.removesuffix(GAP)
        code, prose = _split(whole)
        yield "code", code
        if prose is not None:
            yield "markdown", prose


def _split(text: str) -> tuple[str, str | None]:
    """The longest beginning that is code, and the markdown after it."""
    paragraphs = text.split(GAP)
    headings = (n for n, paragraph in enumerate(paragraphs) if _HEADING.match(paragraph))
    for end in range(next(headings, len(paragraphs)), 0, -1):
        code = GAP.join(paragraphs[:end])
        if compiles(code):
            rest = paragraphs[end:]
            return code, GAP.join(rest) if rest else None
    raise ValueError(f"a code cell begins with what is no Python: {text[:60]!r}")
