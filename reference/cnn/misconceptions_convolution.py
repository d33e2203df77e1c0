"""Named mistakes in the one-dimensional convolution.

Each is our convolution with one mistake; where only some inputs go wrong, in whatever way, `build`
gives None for these. Those that can be made together with others say so in `onto`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.checks.calls import Mistaken
from grader.checks.functions import SideEffect
from grader.checks.misconception import Misconception
from reference.cnn.convolution import convolve_1d
from reference.cnn.inputs import SHEET_H, SHEET_X

Numbers = NDArray[np.float64]
Applies = Callable[[Numbers, Numbers], bool]


def _at(x: Numbers, h: Numbers, offset: int) -> Numbers:
    """The convolution's numbers from `offset` on, as many as `x` has; 0 outside."""
    return np.pad(np.convolve(x, h), x.size)[x.size + offset :][: x.size]


def _padded(x: Numbers, h: Numbers, mode: Any) -> Numbers:
    padded = np.pad(x, h.size // 2, mode=mode)
    return np.array([padded[i : i + h.size] @ h[::-1] for i in range(x.size)])


def _without(y: Numbers, part: slice) -> Numbers:
    kept = y.copy()
    kept[part] = 0
    return kept


def _unflipped(function: Mistaken) -> Mistaken:
    return lambda x, h: function(x, h[::-1])


def _cut(function: Mistaken, only: Applies = lambda _x, _h: True) -> Mistaken:
    """The function with its result cut to integers."""

    def cut(x: Numbers, h: Numbers) -> Numbers | None:
        y = function(x, h)
        return np.trunc(y) if y is not None and only(x, h) else y  # type: ignore[return-value]  # floats

    return cut


def _like_the_signal(function: Mistaken) -> Mistaken:
    return _cut(function, lambda x, _h: x.dtype.kind in "iu")


def _wrong_where(applies: Applies) -> Callable[[Mistaken], Mistaken]:
    """Makes a function that goes wrong for some inputs."""
    return lambda function: lambda x, h: None if applies(x, h) else function(x, h)


def _is_sheet(x: Numbers, h: Numbers) -> bool:
    return np.array_equal(x, SHEET_X) and np.array_equal(h, SHEET_H)


_NOT_FLIPPED = (
    Misconception(
        id="kernel_not_flipped",
        sentence="The filter is not flipped: this is the correlation. Compare h[m] with h[i - m].",
        brief="forgot to flip the kernel",
        share=0.4,
        build=_unflipped(convolve_1d),
        onto=_unflipped,
    ),
)

_LENGTHS = (
    Misconception(
        id="full_length",
        sentence="The result is longer than the signal: it holds every overlap, however small.",
        brief="gave the full convolution, which is longer than the signal",
        share=0.4,
        build=lambda x, h: np.convolve(x, h, "full"),
    ),
    Misconception(
        id="valid_length",
        sentence="The result is shorter than the signal: is the signal padded?",
        brief="did not pad the signal, so that the result is shorter",
        share=0.4,
        build=lambda x, h: np.convolve(x, h, "valid"),
    ),
    Misconception(
        id="last_element_missed",
        sentence="The last position is left out. How far does the loop count?",
        brief="left out the last position",
        share=0.6,
        build=lambda x, h: _without(convolve_1d(x, h), slice(-1, None)),
    ),
    Misconception(
        id="last_element_missed",
        sentence="The result is one number short: the last position is left out.",
        brief="left out the last position",
        share=0.6,
        build=lambda x, h: convolve_1d(x, h)[:-1],
    ),
    Misconception(
        id="loop_ends_early",
        sentence="The last positions stay 0: the signal was padded, but the loop ends where it "
        "would without padding.",
        brief="ended the loop as if the signal were not padded",
        share=0.5,
        build=lambda x, h: _without(convolve_1d(x, h), slice(x.size - h.size + 1, None)),
    ),
    Misconception(
        id="extra_axis",
        sentence="The numbers are right, but the result is a column and not an array of one axis.",
        brief="gave a column or a row instead of an array of one axis",
        share=0.6,
        build=lambda x, h: convolve_1d(x, h)[:, None],
    ),
    Misconception(
        id="extra_axis",
        sentence="The numbers are right, but the result is a table with one row and not an array "
        "of one axis.",
        brief="gave a column or a row instead of an array of one axis",
        share=0.6,
        build=lambda x, h: convolve_1d(x, h)[None],
    ),
)

_SHIFTED = (
    Misconception(
        id="shifted",
        sentence="The result is shifted: the filter is centred on the position that is computed.",
        brief="shifted the result",
        share=0.4,
        build=lambda x, h: _at(x, h, 0),
    ),
    Misconception(
        id="shifted",
        sentence="The result is shifted by one position to the left.",
        brief="shifted the result",
        share=0.4,
        build=lambda x, h: _at(x, h, (h.size - 1) // 2 + 1),
    ),
    Misconception(
        id="shifted",
        sentence="The result is shifted by one position to the right.",
        brief="shifted the result",
        share=0.4,
        build=lambda x, h: _at(x, h, (h.size - 1) // 2 - 1),
    ),
)

_PADDINGS = (
    Misconception(
        id="edge_padding",
        sentence="The signal is continued with its first and last number; zeros were asked for.",
        brief="padded with the signal's first and last number",
        share=0.5,
        build=lambda x, h: _padded(x, h, "edge"),
    ),
    Misconception(
        id="wrap_padding",
        sentence="The signal is continued with its other end; zeros were asked for.",
        brief="padded with the signal's other end",
        share=0.5,
        build=lambda x, h: _padded(x, h, "wrap"),
    ),
    Misconception(
        id="reflect_padding",
        sentence="The signal is mirrored at its ends; zeros were asked for.",
        brief="padded with the signal's mirror image",
        share=0.5,
        build=lambda x, h: _padded(x, h, "reflect"),
    ),
    Misconception(
        id="reflect_padding",
        sentence="The signal is mirrored at its ends, which are repeated; zeros were asked for.",
        brief="padded with the signal's mirror image",
        share=0.5,
        build=lambda x, h: _padded(x, h, "symmetric"),
    ),
)

_INTEGERS = (
    Misconception(
        id="cut_to_integers",
        sentence="The result is cut to whole numbers. Of which type is the array that it is "
        "written into?",
        brief="cut the result to whole numbers",
        share=0.5,
        build=_cut(convolve_1d),
        onto=_cut,
    ),
    Misconception(
        id="cut_to_integers",
        sentence="For a signal of whole numbers the result is cut to whole numbers: its type is "
        "the signal's. What if the filter holds fractions?",
        brief="cut the result to whole numbers",
        share=0.5,
        build=_like_the_signal(convolve_1d),
        onto=_like_the_signal,
    ),
)

_EVEN = _wrong_where(lambda _x, h: h.size % 2 == 0)
_ONE = _wrong_where(lambda _x, h: h.size == 1)

_SOME_FILTERS = (
    Misconception(
        id="even_filters",
        sentence="For filters of even length the result is shifted by one position; for odd ones "
        "it is right. Compare with np.convolve for a filter of two numbers.",
        brief="failed for filters of even length",
        share=0.7,
        build=lambda x, h: _at(x, h, h.size // 2),
    ),
    Misconception(
        id="even_filters",
        sentence="Filters of even length go wrong, odd ones do not. Try one of two numbers: how "
        "much padding does it need on each side?",
        brief="failed for filters of even length",
        share=0,
        build=_EVEN(convolve_1d),
        onto=_EVEN,
    ),
    Misconception(
        id="one_number_filter",
        sentence="A filter of one number goes wrong: it needs no padding, and multiplies the "
        "signal.",
        brief="failed for a filter of one number",
        share=0,
        build=_ONE(convolve_1d),
        onto=_ONE,
    ),
    Misconception(
        id="three_numbers_only",
        sentence="Only filters of three numbers, as in the exercise sheet, come out right. Where "
        "does the code take the length of the filter from?",
        brief="wrote it for filters of three numbers only",
        share=0.3,
        build=_wrong_where(lambda _x, h: h.size != SHEET_H.size)(convolve_1d),
    ),
    Misconception(
        id="answer_of_the_sheet",
        sentence="It gives the answer of the exercise sheet for every input: that is no function.",
        brief="wrote the sheet's answer down",
        share=0,
        build=lambda _x, _h: convolve_1d(SHEET_X, SHEET_H),
    ),
    Misconception(
        id="right_for_the_sheet_only",
        sentence="Only the x and h of the exercise sheet come out right. Try other ones, of other "
        "lengths.",
        brief="wrote what is right for the sheet's x and h only",
        share=0,
        build=_wrong_where(lambda x, h: not _is_sheet(x, h))(convolve_1d),
    ),
)

IN_CONVOLUTION = (
    *_NOT_FLIPPED,
    *_LENGTHS,
    *_SHIFTED,
    *_PADDINGS,
    *_INTEGERS,
    *_SOME_FILTERS,
)

CHANGES_INPUT = SideEffect(
    id="changes_its_input",
    sentence="But it writes into an array that it was given: whoever calls it finds x or h "
    "changed afterwards. Work on a copy.",
    brief="changed the function's input in place",
    share=0.9,
)
