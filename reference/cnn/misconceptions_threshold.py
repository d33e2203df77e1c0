"""Named mistakes in the threshold: made from `result`, our convolution of an image.

Mistakes in what is thresholded come first, since the ones in how can be made in them.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from grader.checks.misconception import Misconception
from grader.checks.variables import Mistaken
from reference.cnn.convolution import SOBEL
from reference.cnn.inputs import UNDECIDED, above, filtered, logo_behind, threshold

Numbers = NDArray[np.float64]
Changed = Callable[[Numbers], Numbers | None]


def _before(change: Changed) -> Callable[[Mistaken], Mistaken]:
    """Makes a function work on something else than `result`; None where that is not known."""

    def changed(function: Mistaken) -> Mistaken:
        def of_the_other(result: Numbers) -> NDArray[np.generic] | None:
            other = change(result)
            return None if other is None else function(other)

        return of_the_other

    return changed


def _after(change: Changed) -> Callable[[Mistaken], Mistaken]:
    """Makes a function's result another."""

    def changed(function: Mistaken) -> Mistaken:
        def another(result: Numbers) -> Numbers | None:
            made = function(result)
            return None if made is None else change(made.astype(np.float64))

        return another

    return changed


def _first_filtered(result: Numbers) -> Numbers | None:
    logo = logo_behind(result)
    return None if logo is None else filtered(logo, SOBEL[0])


def _median_is_zero(result: Numbers) -> bool:
    """Then nobody can tell which of the two was meant."""
    return bool(abs(np.median(result)) <= UNDECIDED * np.abs(result).max(initial=0))


def _at_median(result: Numbers) -> Numbers | None:
    return None if _median_is_zero(result) else above(result, float(np.median(result)))


def _at_zero(result: Numbers) -> Numbers | None:
    return None if _median_is_zero(result) else above(result, 0.0)


def _at_both(result: Numbers) -> Numbers | None:
    return above(result, 0.0) if _median_is_zero(result) else None


_OF_THE_FIRST = _before(_first_filtered)
_OF_THE_IMAGE = _before(logo_behind)
_TIMES_255 = _after(lambda made: 255.0 * made)
_OF_THE_MAGNITUDE = _before(np.abs)
_INVERTED = _after(lambda made: 1.0 - made)

IN_THRESHOLD = (
    Misconception(
        id="threshold_first_filter",
        sentence="This is the first filter's result, thresholded; the last one's was asked for. "
        "Does every turn of the loop set it?",
        brief="thresholded the result of the first filter",
        share=0.5,
        build=_OF_THE_FIRST(threshold),
        onto=_OF_THE_FIRST,
    ),
    Misconception(
        id="threshold_of_the_image",
        sentence="The image itself is thresholded, and not the filter's result.",
        brief="thresholded the image instead of the filter's result",
        share=0.25,
        build=_OF_THE_IMAGE(threshold),
        onto=_OF_THE_IMAGE,
    ),
    Misconception(
        id="scaled",
        sentence="It holds 255 where 1 was asked for.",
        brief="wrote 255 instead of 1",
        share=0.5,
        build=_TIMES_255(threshold),
        onto=_TIMES_255,
    ),
    Misconception(
        id="absolute_value",
        sentence="The threshold is applied to the result's magnitude, not to the result.",
        brief="thresholded the result's magnitude",
        share=0.5,
        build=_OF_THE_MAGNITUDE(threshold),
        onto=_OF_THE_MAGNITUDE,
    ),
    Misconception(
        id="inverted",
        sentence="It is inverted: 1 belongs where the result is above its mean.",
        brief="inverted the threshold",
        share=0.5,
        build=_INVERTED(threshold),
        onto=_INVERTED,
    ),
    Misconception(
        id="half_of_maximum",
        sentence="The threshold is half of the maximum; the mean was asked for.",
        brief="took half of the maximum as threshold",
        share=0.5,
        build=lambda result: above(result, float(result.max()) / 2),
    ),
    Misconception(
        id="threshold_keeps_the_value",
        sentence="Numbers above the mean keep their value; 1 was asked for.",
        brief="kept the values above the mean instead of writing 1",
        share=0.5,
        build=lambda result: result * threshold(result),
    ),
    Misconception(
        id="threshold_at_median",
        sentence="The threshold is the median; the mean was asked for.",
        brief="took the median as threshold",
        share=0.5,
        build=_at_median,
    ),
    Misconception(
        id="threshold_at_zero",
        sentence="The threshold is 0; the mean was asked for.",
        brief="took 0 (or the median, where that is 0) as threshold",
        share=0.5,
        build=_at_zero,
    ),
    Misconception(
        id="threshold_at_zero",
        sentence="The threshold is 0, which here is the median as well; the mean was asked for.",
        brief="took 0 (or the median, where that is 0) as threshold",
        share=0.5,
        build=_at_both,
    ),
)
