"""Text that left student code, made fit for a record: short, plain, and valid UTF-8 JSON.

Used on both sides of the kernel's sockets, so it stands on the standard library alone.
"""

import json
import re
from collections.abc import Mapping

SHORT = 500
TEXT = 20_000

_ANSI = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile("[\x00-\x07\x0b\x0c\x0e-\x1f\x7f]")
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def plain(text: str) -> str:
    """The text without terminal codes, control characters and lone surrogates."""
    text = str.__str__(text).encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub("", _ANSI.sub("", text))


def cut(text: str, limit: int) -> str:
    """The plain text in at most `limit` characters; a cut is visible, both ends are kept."""
    text = str.__str__(text)
    if str.__len__(text) > 4 * limit:  # cleaning a gigabyte to keep 500 characters is waste
        text = text[: 2 * limit] + text[-2 * limit :]
        return _ends(plain(text), limit, forced=True)
    return _ends(plain(text), limit, forced=False)


def _ends(text: str, limit: int, *, forced: bool) -> str:
    if len(text) <= limit and not forced:
        return text
    mark = " [...] "
    head = (limit - len(mark)) * 2 // 3
    tail = limit - len(mark) - head
    return text[:head] + mark + text[-tail:]


def short(text: str) -> str:
    """Fit for a `Short`: 500 characters."""
    return cut(text, SHORT)


def long(text: str) -> str:
    """Fit for a `Text`: 20,000 characters."""
    return cut(text, TEXT)


def encode(record: Mapping[str, object]) -> bytes:
    """A record as UTF-8 JSON.

    Raises:
        ValueError: it holds NaN or infinity.
    """
    return _encode(record).encode("utf-8", "replace")
