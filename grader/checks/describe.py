"""Expected and found, in few words: one small function per kind of value."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grader.domain.raised import Raised

BUDGET = 200


def clip(text: str, budget: int = BUDGET) -> str:
    """The text on one line, cut with an ellipsis where it is longer than the budget."""
    line = " ".join(text[: budget * 4].split())
    return line if len(line) <= budget else line[: budget - 1] + "…"


def count(number: int) -> str:
    """``567,434``."""
    return f"{number:,}"


def number(value: float) -> str:
    """Six significant digits; ``NaN`` and ``infinity`` by name."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    return f"{value:.6g}"


def percent(share: float) -> str:
    """``97.68 %``."""
    return f"{share * 100:.2f} %"


def shape(sizes: Sequence[int]) -> str:
    """``(64, 10)``."""
    return str(tuple(sizes))


def index(position: Sequence[int]) -> str:
    """``[3, 0]``."""
    return f"[{', '.join(str(int(i)) for i in position)}]"


def array(values: NDArray[np.float64], show: int = 6) -> str:
    """The first few numbers, and how many there are."""
    shown = ", ".join(number(float(value)) for value in values.ravel()[:show])
    if values.size <= show:
        return f"[{shown}]"
    return f"[{shown}, …] ({count(values.size)} numbers)"


def raised(error: Raised) -> str:
    """An exception and, where known, the student's line that raised it."""
    text = f"{error.name}: {error.message}" if error.message else error.name
    where = f" (in the line `{clip(error.line, 80)}`)" if error.line else ""
    return clip(text) + where
