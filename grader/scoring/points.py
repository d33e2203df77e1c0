"""Points, to the cent: what is shown adds up to what is earned."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENTS = 100


def cents(points: float) -> int:
    """Points as whole cents, halves rounded up: ``2.675`` is 268."""
    return int((Decimal(str(points)) * CENTS).to_integral_value(ROUND_HALF_UP))


def share(points: float, weights: Sequence[float]) -> list[int]:
    """Points in cents, divided by weight so that the parts add up to the whole.

    Each part is rounded down, and the cents that are left go to the largest remainders.
    """
    whole = cents(points)
    exact = [Fraction(str(weight)) for weight in weights]
    parts = [whole * weight / sum(exact) for weight in exact]
    rounded = [int(part) for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda i: rounded[i] - parts[i])
    for index in by_remainder[: whole - sum(rounded)]:
        rounded[index] += 1
    return rounded


def earn(possible: int, score: float) -> int:
    """A share of the possible cents, halves rounded up."""
    exact = possible * Decimal(str(score))
    return int(exact.to_integral_value(ROUND_HALF_UP))


def keep(whole_cents: int, percent_off: float) -> int:
    """Cents that are left when a share is taken off, halves rounded up."""
    exact = whole_cents * (100 - Decimal(str(percent_off))) / 100
    return int(exact.to_integral_value(ROUND_HALF_UP))


def points(whole_cents: int) -> float:
    """Cents as points."""
    return whole_cents / CENTS
