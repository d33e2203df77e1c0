"""Parsers that see what a text would do, rather than what it looks like."""

import csv
import io
import re
from html.parser import HTMLParser
from unicodedata import category

from markdown_it import MarkdownIt

JOINERS = "\u200c\u200d\u2060"
STYLES = re.compile(r"\x1b\[[\d;]*m")
"""Colours."""
LIVE = re.compile(r"\r(?=\x1b\[(?:2K|1A))|\x1b\[(?:[\d;]*m|1A|2K|\?25[lh])")
"""Colours, up, to the line's start, erase it, hide the cursor: how a picture is drawn again."""
COMMANDS = re.compile(r"^\s*::|##\[|##vso\[|##teamcity\[", re.MULTILINE)
"""What systems of CI take for an order when it stands in a log."""
FORMULA = re.compile(r"[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def acting(text: str) -> set[str]:
    """The characters of a text that act on a reader, as Python writes them."""
    return {
        ascii(c)
        for c in text
        if c != "\n"
        and (category(c) in {"Cc", "Cs", "Co"} or (category(c) == "Cf" and c not in JOINERS))
    }


def terminal_acts(text: str, allowed: re.Pattern[str]) -> set[str]:
    """What would act on a terminal or on the reader of a log, beside the allowed sequences."""
    rest = allowed.sub("", text).replace("\r\n", "\n")
    return acting(rest) | set(COMMANDS.findall(rest))


class Skeleton(HTMLParser):
    """A page without its texts.

    Attributes:
        parts: tags with the attributes that hold no text, and ends, in order.
        labels: values of the attributes that hold text.
        shown: the texts.
    """

    _TEXTS = ("aria-label",)

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[object] = []
        self.labels: list[str] = []
        self.shown: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.labels += [value or "" for name, value in attrs if name in self._TEXTS]
        kept = [(n, "" if n in self._TEXTS else v) for n, v in attrs]
        self.parts.append((tag, tuple(kept)))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.shown.append(data)

    def handle_comment(self, data: str) -> None:
        self.parts.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.parts.append(("declaration", decl))

    def handle_pi(self, data: str) -> None:
        self.parts.append(("instruction", data))

    def unknown_decl(self, data: str) -> None:
        self.parts.append(("unknown", data))


def markdown_parts(text: str) -> list[tuple[str, str]]:
    """Kinds of tokens with their tags, and of fences what follows the mark; texts left out."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parts = []
    for token in parser.parse(text):
        parts.append((token.type, token.info))
        parts += [(child.type, child.tag) for child in token.children or () if child.type != "text"]
    return parts


def formulas(text: str) -> list[str]:
    """Cells that a spreadsheet computes, whichever character separates them there."""
    return [
        cell
        for separator in ",;|\t"
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for cell in row
        if FORMULA.match(cell)
    ]
