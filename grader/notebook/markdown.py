"""Markdown -> blocks: just enough structure to say what stands below a question."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]+|$)")
_QUOTE = re.compile(r" {0,3}> ?")
_RULE = re.compile(r"\s*(?:-[ \t]*){3,}$|\s*(?:\*[ \t]*){3,}$|\s*(?:_[ \t]*){3,}$|\s*={3,}[ \t]*$")
_DATA_ADDRESS = re.compile(r"data:[\w/+.-]{1,100};base64,[A-Za-z0-9+/=]+")
_AFTER_WORD = r"\s{0,3}\d{0,3}\s{0,3}(?:[*_]+\s{0,3}[:.)]|:[*_]*|[.)][*_]+)[ \t]*"
_QUESTION = re.compile(rf"[\s*_+-]*(?:Q|Question|Frage){_AFTER_WORD}", re.IGNORECASE)
_ANSWER = re.compile(
    rf"[\s*_+-]*(?:(?:My |Your )?Answer|A|Ans|Antwort|Lösung|Solution|Réponse){_AFTER_WORD}",
    re.IGNORECASE,
)

Kind = Literal["text", "heading", "quote"]


@dataclass(frozen=True)
class Block:
    """A paragraph, list, table or fenced code (all ``text``), a heading, or a quotation.

    Attributes:
        text: as written, line by line, without the marks of headings and quotations.
        cell: index of its cell.
    """

    kind: Kind
    text: str
    cell: int


def is_question(text: str) -> bool:
    """Whether it begins with a mark such as ``**Q:**``."""
    return _QUESTION.match(text) is not None


def is_answer(text: str) -> bool:
    """Whether it begins with a mark such as ``**A:**``."""
    return _ANSWER.match(text) is not None


def unmarked(text: str) -> str:
    """The text without the mark of a question or an answer at its beginning."""
    found = _ANSWER.match(text) or _QUESTION.match(text)
    return text[found.end() :] if found else text


def fold(text: str) -> str:
    """White space folded to single spaces."""
    return " ".join(text.split())


def visible(source: str) -> str:
    """A markdown cell without its HTML comments and embedded images."""
    return _DATA_ADDRESS.sub("data:", _without_comments(source))


def blocks(text: str, cell: int) -> tuple[Block, ...]:
    """The blocks of the visible text of one markdown cell, in order."""
    return tuple(
        Block(kind, text, cell)
        for kind, lines in _grouped(text.split("\n"))
        if (text := "\n".join(lines)).strip()
    )


def _grouped(lines: list[str]) -> Iterator[tuple[Kind, list[str]]]:
    kind: Kind = "text"
    group: list[str] = []
    fence = ""
    for line in lines:
        if fence:
            group.append(line)
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if found := _FENCE.match(line):
            fence = found[1]
        heading = _HEADING.match(line)
        line_kind: Kind = "heading" if heading else "quote" if _QUOTE.match(line) else "text"
        breaks = not line.strip() or _RULE.fullmatch(line) is not None
        if breaks or heading or line_kind != kind or is_question(line) or is_answer(line):
            yield kind, group
            kind, group = line_kind, []
        if heading:
            yield "heading", [line[heading.end() :]]
            kind = "text"
        elif not breaks:
            group.append(_QUOTE.sub("", line, count=1) if line_kind == "quote" else line)
    yield kind, group


def _without_comments(source: str) -> str:
    """Nobody sees a comment: it is no answer. One that is never closed hides all that follows."""
    parts = []
    position = 0
    while (start := source.find("<!--", position)) >= 0:
        parts.append(source[position:start])
        end = source.find("-->", start + 4)
        position = len(source) if end < 0 else end + 3
    return "".join(parts) + source[position:]
