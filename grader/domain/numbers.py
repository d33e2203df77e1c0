"""Numbers that a text states as results: ``567,434`` of ``(784 + 1) * 512 + ... = 567,434``.

Factors and terms of a formula are not stated, nor are intermediate sums once a total is given, nor
numbers that describe something else (*5 epochs*, *20 %*, *layer 2*). What is left is stated, and
where that is several different numbers, the text contradicts itself as far as can be seen here.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from grader.domain.number_tokens import Token, tokens
from grader.domain.plain import plain

MAX_TEXT = 20_000
"""Characters of a text that are read."""

MAX_STATED = 50
"""Different numbers that are told of one text; two already contradict each other."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TOTAL = _words(
    "total totals sum summe insgesamt gesamt gesamtzahl gesamtsumme altogether "
    "overall somme totale zusammen"
)
_ABOUT = _words("about approx approximately roughly around circa ca ungefähr etwa rund environ")
_LABELS = _words(
    "layer layers schicht conv linear fc cell part step question exercise figure "
    "table epoch epoche size batch seed lr kernel stride padding version python "
    "equation section than als compared versus vs instead only nur"
)
"""Words before a number that say it is a name, a setting or the other side of a comparison."""

_NOUNS = _words(
    "layer layers hidden schicht schichten epoch epochs epochen class classes klassen "
    "neuron neurons neuronen unit units filter filters kernel kernels channel "
    "channels kanal kanäle image images bild bilder sample samples pixel pixels "
    "digits input inputs output outputs bit bits s sec second seconds sekunden min "
    "minutes minuten ms times mal fully convolutional convolution convolutions "
    "features of"
)
"""Words after a number that say it counts something else, or a part: *940 of them*."""

_UNITS = _words("b kb mb gb kib mib gib byte bytes")


@dataclass(frozen=True)
class StatedNumber:
    """A number that a text states.

    Attributes:
        readings: exact values that its writing allows, the likelier first: ``567.434`` is 567434
            or, with a decimal point, 567.434.
        written: as it stands in the text, without markup.
        approximate: given with *about* or ``≈``, or in thousands or millions.
    """

    readings: tuple[Fraction, ...]
    written: str
    approximate: bool = False

    @property
    def value(self) -> Fraction:
        """The likeliest reading."""
        return self.readings[0]

    def could_be(self, value: float) -> bool:
        """Whether one of its readings is this number; for a float, as Python prints it."""
        return math.isfinite(value) and Fraction(str(value)) in self.readings


@dataclass(frozen=True)
class _Found:
    """A number in its surroundings."""

    token: Token
    rank: int
    """2: a total; 1: the result of an equation; 0: just there."""
    weak: bool
    approximate: bool
    terms: frozenset[Fraction] = frozenset()
    """What the equation adds up or multiplies to get it."""


def stated_numbers(text: str) -> tuple[StatedNumber, ...]:
    """The different numbers that a text states as its result, in order.

    Args:
        text: markdown with LaTeX, in any of the usual notations for thousands and decimals.

    Returns:
        None for a formula without its result; one for a clear answer; several where the text
        states several and does not say which of them is meant.
    """
    read = _joined(tokens(plain(text[:MAX_TEXT])))
    found = [number for clause in _split(read, "stop") for number in _clause(clause)]
    if not found:
        numbers = [token for token in read if token.kind == "number"]
        only = numbers if len(numbers) == 1 else []
        return tuple(_stated(token, approximate=token.scaled) for token in only)
    return _distinct(_exact(_chosen([f for f in found if not f.weak] or found)))


def _joined(read: Iterable[Token]) -> list[Token]:
    """An equation goes on in the next line where a line ends or begins with its operator."""
    joined: list[Token] = []
    glue = ("equals", "approx", "operator")
    for token in read:
        if token.kind in glue:
            while joined and joined[-1].text == "\n":
                joined.pop()
        if token.text == "\n" and joined and joined[-1].kind in glue:
            continue
        joined.append(token)
    return joined


def _split(read: Sequence[Token], *kinds: str) -> Iterator[list[Token]]:
    part: list[Token] = []
    for token in read:
        if token.kind in kinds:
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _clause(clause: Sequence[Token]) -> Iterator[_Found]:
    """The numbers that one clause states; those of a formula are left out."""
    names = {token.text.lower() for token in clause if token.kind == "word"}
    total = not names.isdisjoint(_TOTAL)
    unit = not names.isdisjoint(_UNITS)
    for statement in _split(clause, "pause"):
        for found in _statement(statement):
            yield replace(found, rank=2 if total else found.rank, weak=found.weak or unit)


def _statement(statement: Sequence[Token]) -> Iterator[_Found]:
    """A chain ``a = b = c`` states its last lone number; text without one states all of its own."""
    borders = [i for i, t in enumerate(statement) if t.kind in ("equals", "approx")]
    starts = [0, *(i + 1 for i in borders)]
    ends = [*borders, len(statement)]
    parts = [_lone(statement, start, end) for start, end in zip(starts, ends, strict=True)]
    if not borders:
        yield from (_found(statement, i, 0) for i in parts[0][0])
        return
    exact = [
        n
        for n, start in enumerate(starts)
        if parts[n][0] and (n == 0 or statement[start - 1].kind == "equals")
    ]
    clean = [n for n in exact if not parts[n][1]]
    if exact:
        chosen = (clean or exact)[-1]
        first, *rest = parts[chosen][0] if chosen else reversed(parts[chosen][0])
        terms = {t.readings[0] for t in statement if t.kind == "number"}
        terms.discard(statement[first].readings[0])
        yield replace(_found(statement, first, 1), terms=frozenset(terms))
        yield from (_found(statement, i, 0) for i in sorted(rest))
    for n, start in enumerate(starts):
        if n and statement[start - 1].kind == "approx" and parts[n][0] and not parts[n][1]:
            first, *rest = parts[n][0]
            yield _found(statement, first, 0 if exact or rest else 1, approximate=True)
            yield from (_found(statement, i, 0) for i in rest)


def _lone(statement: Sequence[Token], start: int, end: int) -> tuple[list[int], bool]:
    """Positions of a part's numbers that stand alone, and whether it has some in a formula."""
    numbers = [i for i in range(start, end) if statement[i].kind == "number"]
    lone = [i for i in numbers if not _is_term(statement, i, start, end)]
    return lone, len(lone) < len(numbers)


def _is_term(statement: Sequence[Token], at: int, start: int, end: int) -> bool:
    before = at - 1
    while before >= start and statement[before].kind == "open":
        before -= 1
    if before >= start and statement[before].kind == "operator":
        return True
    after = at + 1
    while after < end and statement[after].kind in ("close", "open", "word"):
        after += 1
    return after < end and statement[after].kind == "operator"


def _found(statement: Sequence[Token], at: int, rank: int, *, approximate: bool = False) -> _Found:
    token = statement[at]
    before = [t.text.lower() for t in statement[max(at - 3, 0) : at] if t.kind == "word"]
    after: list[str] = []
    for follower in statement[at + 1 : at + 3]:
        if follower.kind != "word":
            break
        after.append(follower.text.lower())
    return _Found(
        token,
        rank,
        weak=token.percent
        or bool(before and before[-1] in _LABELS)
        or not _NOUNS.isdisjoint(after),
        approximate=approximate or token.scaled or not _ABOUT.isdisjoint(before[-2:]),
    )


def _chosen(found: Sequence[_Found]) -> list[_Found]:
    """The total, where one is named or adds up; else the result, where there is just one."""
    terms_of_others = frozenset(term for f in found for term in f.terms)
    found = [f for f in found if f.token.readings[0] not in terms_of_others] or found
    values = [f.token.readings[0] for f in found]
    whole = sum(values)
    sums = [f for f, value in zip(found, values, strict=True) if value and 2 * value == whole]
    results = [f for f in found if f.rank == 1]
    terms = sum(f.token.readings[0] for f in results)
    later = [f for f in found if f.rank == 0 and f.token.readings[0] == terms]
    if len(found) > 2 and sums:
        return sums
    if len(results) > 1 and later:
        return later
    if totals := [f for f in found if f.rank == 2]:
        return totals
    return results if len({f.token.readings for f in results}) == 1 else list(found)


def _exact(found: Sequence[_Found]) -> Iterator[StatedNumber]:
    """Without the approximations of numbers that are given exactly as well."""
    exact = sorted(f.token.readings[0] for f in found if not f.approximate)
    for f in found:
        value, step = f.token.readings[0], f.token.step
        at = bisect_left(exact, value - step)
        near = at < len(exact) and exact[at] <= value + step
        if not (f.approximate and near):
            yield _stated(f.token, approximate=f.approximate)


def _stated(token: Token, *, approximate: bool) -> StatedNumber:
    return StatedNumber(token.readings, token.text, approximate=approximate)


def _distinct(numbers: Iterable[StatedNumber]) -> tuple[StatedNumber, ...]:
    """One of each; two ways to write the same number have a reading in common."""
    kept: list[StatedNumber] = []
    known: set[Fraction] = set()
    for number in numbers:
        if known.isdisjoint(number.readings):
            kept.append(number)
            known.update(number.readings)
        if len(kept) == MAX_STATED:
            break
    return tuple(kept)
