"""Plain text -> tokens: numbers with their readings, operators, words, borders of clauses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Kind = Literal["number", "operator", "equals", "approx", "open", "close", "word", "pause", "stop"]

_SCALES = {
    **dict.fromkeys(("k", "thousand", "tausend", "tsd"), 10**3),
    **dict.fromkeys(("m", "mio", "mn", "million", "millions", "millionen"), 10**6),
}
_GROUPED = (
    r"\d{1,3}(?P<group>[ ,.'’_])\d{3}(?:(?P=group)\d{3})*"
    r"(?:(?!(?P=group))[.,]\d+)?(?!\d|(?P=group)\d)"
)
_TOKEN = re.compile(
    rf"""
      (?P<word>[^\W\d_]\w*(?:[-'’]\w+)*(?:\[[^\[\]\n]{{0,40}}\])*   # also LeNet-5, fc_1, y[0]
        | (?!\d{{1,3}}(?:\.\d{{3}})+(?!\.?\d))\d+(?:\.\d+){{2,}}              # a version
        | \d+(?:st|nd|rd|th|d|x)\b | \d+-(?=[a-z])[\w-]+)
    | (?P<number>(?:{_GROUPED} | \d+[.,]\d+(?![.,]?\d) | \d+ | \.\d+)
        (?:e[-+]?\d{{1,3}}(?!\w))?)
      (?P<power>\s?×\s?10\s?\^\s?-?\d{{1,3}}(?!\d))?
      (?:\s?(?P<scale>k|thousand|tausend|tsd|m|mio|mn|millions?|millionen)(?![\w/]))?
      (?P<percent>\s?(?:%|‰|percent\b|prozent\b))?
    | (?P<equals>=) | (?P<approx>≈) | (?P<operator>[-+×/^])
    | (?P<open>[(\[]) | (?P<close>[)\]])
    | (?P<pause>[:|]) | (?P<stop>[,.;!?\n])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MAX_DIGITS = 40


@dataclass(frozen=True)
class Token:
    """One token.

    Attributes:
        kind: pause is a border inside of a clause, such as a colon; stop is one between clauses.
        text: as it stands in the plain text.
        readings: what a number may mean, the likelier first; ``567.434`` has two.
        step: the smallest step that the number's writing can express, such as 10,000 for 0.57M.
        scaled: written with a scale or a power of ten, so that it was probably rounded.
        percent: a share, not a count.
    """

    kind: Kind
    text: str
    readings: tuple[Fraction, ...] = ()
    step: Fraction = Fraction(0)
    scaled: bool = False
    percent: bool = False


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a plain text; signs are part of their number."""
    previous: Token | None = None
    negative = False
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup if match.lastgroup in _KINDS else "number"
        if kind == "operator" and match[0] in "+-" and not _is_operand(previous):
            attached = text[match.end() : match.end() + 1].isdigit()
            after_border = previous is None or previous.kind in ("stop", "pause", "word")
            negative = match[0] == "-" and (attached or not after_border)
            continue
        token = _number(match, negative=negative) if kind == "number" else None
        if token is None:
            token = Token(_KINDS.get(kind, "word"), match[0])
        negative = False
        previous = token
        yield token


_KINDS: dict[str, Kind] = {
    kind: kind
    for kind in ("word", "operator", "equals", "approx", "open", "close", "pause", "stop")
}


def _is_operand(token: Token | None) -> bool:
    """Whether a sign after this token is an operator."""
    return token is not None and token.kind in ("number", "close")


def _number(match: re.Match[str], *, negative: bool) -> Token | None:
    """A number token; None where it is too long to be one."""
    digits, group = match["number"], match["group"]
    if len(digits) > _MAX_DIGITS:
        return None
    factor = Fraction(_SCALES.get((match["scale"] or "").lower(), 1))
    if match["power"]:
        factor *= Fraction(10) ** int(match["power"].rpartition("^")[2])
    sign = -1 if negative else 1
    bodies = _bodies(digits, group)
    readings = tuple(sign * factor * Fraction(body) for body in bodies)
    return Token(
        "number",
        ("-" if negative else "") + match[0].strip(),
        readings,
        factor * _step(bodies[0]),
        scaled=factor != 1,
        percent=match["percent"] is not None,
    )


def _bodies(digits: str, group: str | None) -> tuple[str, ...]:
    """The number in Python's notation, in each way that it can be read."""
    if group is None:
        return (digits.replace(",", "."),)
    whole = digits.replace(group, "").replace(",", ".")
    if (
        group not in ",."
        or digits.count(group) > 1
        or re.search(r"[,.]", digits.replace(group, ""))
    ):
        return (whole,)
    decimal = digits.replace(",", ".")
    return (decimal,) if digits.startswith("0") else (whole, decimal)


def _step(body: str) -> Fraction:
    """0.01 for ``0.57``, 1000 for ``567000``."""
    mantissa, _, exponent = body.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    places = -len(decimals) if decimals else len(whole) - len(whole.rstrip("0"))
    return Fraction(10) ** (places + int(exponent or 0))
