"""A cursor over JSON that skips what nobody wants without building it.

A notebook is mostly saved output, and a hostile one mostly brackets: ``json.loads`` makes
gigabytes of 100 MB of ``[]``. So the cursor walks the structure, skips values by regular
expressions of linear time, counts depth instead of recursing, and hands only small pieces to
``json``.

Skipped values are checked for balanced brackets and closed strings, not for every comma: they are
dropped anyway.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from grader.errors import SubmissionError

MAX_DEPTH = 100
"""Nested lists and objects. Jupyter's own files have about ten levels."""
MAX_DIGITS = 4000
"""Python refuses to read integers of more than 4,300 digits."""

MAX_STEPS = 5_000_000
"""Brackets and keys that are walked one by one: a few seconds. Real notebooks need thousands."""

_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb"true|false|null|NaN|-?Infinity|-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_PLAIN = rb"[ \t\r\n,:0-9A-Za-z+.\-]"
_FLAT = re.compile(
    rb'(?:%b+|"(?:[^"\\]++|\\.)*+"|\[%b*\]|\{\}){1,1000}' % (_PLAIN, _PLAIN), re.DOTALL
)
"""Texts, numbers and flat lists of numbers: no step of ours for each of them.

Bounded instead of possessive: until Python 3.11.4 a possessive group that fails half-way loses its
place (gh-106052), and an unbounded one keeps every repetition in memory.
"""
_WORDS = (b"true", b"false", b"null", b"NaN", b"Infinity", b"-Infinity")
_CLOSING = {ord("["): ord("]"), ord("{"): ord("}")}
_MAX_KEY_BYTES = 100


class Cursor:
    """A position in JSON text.

    Args:
        data: valid UTF-8.

    Attributes:
        position: byte where the next value begins, after white space.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0
        self._steps = 0
        self._blank()

    def at(self, opening: bytes) -> bool:
        """Whether the next value begins with that byte: ``{``, ``[`` or ``"``."""
        return self._data.startswith(opening, self.position)

    def members(self) -> Iterator[str]:
        """Keys of the object here. The caller takes or skips the value before the next key."""
        for _ in self._items(b"{", b"}"):
            key = self._key()
            self._expect(b":")
            yield key

    def elements(self) -> Iterator[None]:
        """Elements of the list here. The caller takes or skips each before the next."""
        yield from self._items(b"[", b"]")

    def skip(self) -> int:
        """Pass the value here; returns its length in bytes.

        Raises:
            SubmissionError: ``truncated``, ``not_json`` or ``too_deep``.
        """
        start = self.position
        if self.at(b"[") or self.at(b"{"):
            self._skip_nested()
        else:
            found = _STRING.match(self._data, start) or _SCALAR.match(self._data, start)
            if found is None:
                raise self._unexpected()
            self.position = found.end()
        length = self.position - start
        self._blank()
        return length

    def take(self, max_bytes: int) -> Any:
        """The value here, built; None where it is longer than that.

        Lone surrogates stay, and integers of thousands of digits become infinity.
        """
        start = self.position
        length = self.skip()
        if length > max_bytes:
            return None
        text = self._data[start : start + length].decode()
        try:
            return json.loads(text, strict=False, parse_int=_integer)
        except ValueError as error:
            self.position = start
            raise self._unexpected() from error

    def end(self) -> None:
        """Check that nothing follows.

        Raises:
            SubmissionError: ``not_json``.
        """
        if self._data[self.position :].strip(b"\0 \t\r\n"):
            raise self._unexpected()

    def _items(self, opening: bytes, closing: bytes) -> Iterator[None]:
        self._expect(opening)
        if not self._accept(closing):
            while True:
                self._step(4)
                yield None
                if self._accept(closing):
                    break
                self._expect(b",")

    def _key(self) -> str:
        if not self.at(b'"'):
            raise self._unexpected()
        key = self.take(_MAX_KEY_BYTES)
        return key if isinstance(key, str) else ""

    def _skip_nested(self) -> None:
        data, position = self._data, self.position
        open_brackets = bytearray()
        while True:
            self._step(1)
            char = data[position] if position < len(data) else None
            if char in _CLOSING:
                open_brackets.append(_CLOSING[char])
                if len(open_brackets) > MAX_DEPTH:
                    raise SubmissionError(
                        "too_deep",
                        f"The file is nested more than {MAX_DEPTH} levels deep "
                        f"at byte {position}; a notebook has about ten.",
                    )
            elif char is not None and open_brackets[-1] == char:
                open_brackets.pop()
            else:
                self.position = position
                raise self._unexpected()
            position += 1
            if not open_brackets:
                break
            while found := _FLAT.match(data, position):
                position = found.end()
        self.position = position

    def _step(self, cost: int) -> None:
        self._steps += cost
        if self._steps > MAX_STEPS:
            raise SubmissionError(
                "too_large", f"The file holds more values than {MAX_STEPS:,} steps can pass."
            )

    def _accept(self, byte: bytes) -> bool:
        if not self.at(byte):
            return False
        self.position += 1
        self._blank()
        return True

    def _expect(self, byte: bytes) -> None:
        if not self._accept(byte):
            raise self._unexpected()

    def _blank(self) -> None:
        self.position = _end(_SPACE, self._data, self.position)

    def _unexpected(self) -> SubmissionError:
        rest = self._data[self.position : self.position + 30]
        open_string = self.at(b'"') and not _STRING.match(self._data, self.position)
        cut_word = self.position > 0 and any(word.startswith(rest) for word in _WORDS)
        if not rest.strip(b"\0") or open_string or cut_word:
            return SubmissionError(
                "truncated",
                f"The file ends in the middle, after {len(self._data)} bytes: it was cut off "
                "while it was saved or uploaded.",
            )
        line = self._data.count(b"\n", 0, self.position) + 1
        return SubmissionError(
            "not_json",
            f"The file is not JSON, which a notebook is: found "
            f"{rest.decode(errors='replace')!r} in line {line}.",
        )


def _end(pattern: re.Pattern[bytes], data: bytes, position: int) -> int:
    """Where a pattern that also matches nothing ends."""
    found = pattern.match(data, position)
    return found.end() if found else position


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_DIGITS else float("inf")
