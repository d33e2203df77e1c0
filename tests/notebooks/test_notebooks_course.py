"""The course's printed solution as a notebook: every character of it, every cell of its kind."""

import re
from pathlib import Path

import pytest

from notebooks import course

TEXT = Path(__file__).parents[3] / "shared" / "exercise09.txt"
PRINTED = """\
# Title

Some words.

In [None]:
%matplotlib inline
x = 1

# a comment, still code
y = 2

#####
# another

## 1.1 Next

Prose.

In [None]:
def f():
    '''Two

    paragraphs.'''

    return 1

**Q:** How many?

**A:** 2 + 3 = 5

In [None]:
f()

Fill in the next cell.

In [None]:
f()"""


def _made(tmp_path: Path) -> list[tuple[str, str]]:
    path = tmp_path / "printed.txt"
    path.write_text(PRINTED, encoding="utf-8")
    notebook = course.from_text(path)
    assert course.to_text(notebook) == PRINTED
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def test_code_ends_where_the_text_is_no_python_or_a_heading(tmp_path: Path) -> None:
    kinds = [(kind, source.splitlines()[-1]) for kind, source in _made(tmp_path)]
    assert kinds == [
        ("markdown", "Some words."),
        ("code", "# another"),
        ("markdown", "Prose."),
        ("code", "    return 1"),
        ("markdown", "**A:** 2 + 3 = 5"),
        ("code", "f()"),
        ("markdown", "Fill in the next cell."),
        ("code", "f()"),
    ]


def test_a_cell_that_is_no_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "printed.txt"
    path.write_text("In [None]:\nNo code at all.", encoding="utf-8")
    with pytest.raises(ValueError, match="no Python: 'No code at all"):
        course.from_text(path)


@pytest.mark.skipif(not TEXT.is_file(), reason=f"{TEXT}, the course's solution, is not here")
def test_the_courses_text_becomes_a_notebook_without_losing_a_character() -> None:
    notebook = course.from_text(TEXT)
    text = TEXT.read_text(encoding="utf-8")
    assert course.to_text(notebook) == text
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert len(code) == text.count(course.MARK)
    assert all(course.compiles(source) for source in code)
    assert not [source for source in code if re.search(r"^(#{2,} |\*\*)", source, re.MULTILINE)]
    assert not [
        source
        for source in prose
        if course.compiles(source.partition("\n")[0] + "\n0") and not source.startswith("#")
    ]
