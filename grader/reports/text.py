"""Text from students, made harmless for any reader; every renderer shows strings through here.

What can hurt whoever reads a report: terminal escape sequences, control characters, marks that
reorder what is read (bidi), invisible characters, lone surrogates (no encoder takes them), stacks
of combining marks that draw over the neighbours, and length.
"""

import re
from unicodedata import category

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BLOCK_LIMIT = 20_000
"""Characters of a block of text, such as a traceback."""
LINE_LIMIT = 400
"""Characters of a text that stands in one line."""
_COMBINING_LIMIT = 4
_JOINERS = "\u200c\u200d"  # Persian spelling and emoji need them
_INVISIBLE = "\u00ad\u200b\u2060\ufeff"  # pasted along with text from web pages; no one means them
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC: titles, links, clipboard
    r"|\x1b[PX^_][^\x1b\x9c]*(?:\x1b\\|\x9c)"  # DCS, SOS, PM, APC
    r"|\x1b[@-Z\\-~]"
)

_ORDER = re.compile(r"(:(?=:\w)|#(?=#(?:\[|vso\[|teamcity\[)))")


def clean(text: str) -> str:
    r"""Text without anything that acts on a terminal, a log, a browser's layout or an encoder.

    Escape sequences vanish; other control characters, bidi marks and lone surrogates become a
    visible replacement character, so that a reader sees that something was there. Line ends
    become ``\n``; tabs become four spaces. Orders to a CI system are parted invisibly.
    """
    return _parted(_cleaned(text))


def _parted(text: str) -> str:
    """Systems of CI obey lines of a log such as ``::error::`` and ``##vso[...]``."""
    return _ORDER.sub("\\1\N{WORD JOINER}", text)


def _cleaned(text: str) -> str:
    text = _ESCAPE_SEQUENCE.sub("", text)
    text = re.sub("\r\n?|[\u2028\u2029\u0085\x0b\x0c]", "\n", text).replace("\t", "    ")
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(_harmless(text))


def _harmless(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for character in text:
        kind = category(character)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if marks > _COMBINING_LIMIT or character in _INVISIBLE:
            continue
        if character == "\n" or character in _JOINERS:
            kept.append(character)
        elif kind in {"Cc", "Cs", "Cf", "Co"} or _is_noncharacter(ord(character)):
            kept.append(REPLACEMENT)
        else:
            kept.append(character)
    return kept


def _is_noncharacter(code: int) -> bool:
    """Code points that are no text by definition; XML forbids two of them."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def cut(text: str, limit: int) -> str:
    """The text, or its first two thirds and its end where it is longer than `limit` characters.

    The end stays because a traceback says there what happened.
    """
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    return f"{text[:head]} … ({len(text) - limit:,} characters left out) … {text[-tail:]}"


def block(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Several lines: clean, cut, without empty lines around."""
    return cut(clean(text).strip("\n").rstrip(), limit)


def line(text: str, limit: int = LINE_LIMIT) -> str:
    """One line: clean, white space folded, cut."""
    return cut(" ".join(clean(text).split()), limit)


def words(code: str) -> str:
    """A code such as ``kernel_not_flipped`` as words."""
    return line(code).replace("_", " ")
