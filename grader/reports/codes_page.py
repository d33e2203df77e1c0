"""The page of all codes: for TAs, and for those who write programs that read reports."""

from collections.abc import Iterable, Sequence

from grader.domain.codes import Catalogue, Code
from grader.reports.text import line

_ABOUT = """\
What a check's field `codes` can hold in a report, and the column `code` in `mistakes.csv`. A check
that shows several mistakes at once has the code of each. A code keeps its meaning for good, while
sentences may change: programs read codes only.
"""
SHOWN = 3
"""Sentences of one code; further ones say the same of other places."""
_TOLD = ("what a student reads", "in a class report: 31 of 120 ...")


def to_codes_page(catalogue: Catalogue, title: str) -> str:
    """Markdown: the mistakes by code, with problems and sentences; then the codes of any check."""
    named = sorted((code for code in catalogue.codes if code.problems), key=lambda code: code.id)
    general = [code for code in catalogue.codes if not code.problems]
    parts = (
        f"# Codes: {line(title)}\n",
        _ABOUT,
        "## Mistakes that are recognised\n",
        *_table(("code", "problems", *_TOLD), ((*_head(c), *_told(c)) for c in named)),
        "\n## Codes of any check\n",
        *_table(("code", *_TOLD), ((_head(c)[0], *_told(c)) for c in general)),
    )
    return "\n".join(parts) + "\n"


def _head(code: Code) -> tuple[str, str]:
    return f"`{code.id}`", ", ".join(f"`{problem}`" for problem in code.problems)


def _told(code: Code) -> tuple[str, str]:
    shown = " *or* ".join(map(_cell, code.sentences[:SHOWN]))
    more = len(code.sentences) - SHOWN
    return shown + (f" (and {more} more)" if more > 0 else ""), _cell(code.brief)


def _cell(text: str) -> str:
    return line(text).replace("|", r"\|")


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (headings, ["---"] * len(headings), *rows)]
