"""Our convolution and our threshold with one mistake each."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import convolution, flaw
from reference.cnn.variants.solution_text import THRESHOLD


def _line(problem: str, name: str, misconception: str | None, old: str, new: str) -> Variant:
    return flaw(problem, name, misconception, {old: new})


def _convolution(name: str, misconception: str | None, body: str) -> Variant:
    return flaw("conv1d", name, misconception, convolution(body))


_FLIPPED = "    flipped = h[::-1]\n"
_PADDED = "    padded = add_padding_1d(x, filter_size)\n"

CONVOLUTIONS = (
    _line("conv1d", "no_flip", "kernel_not_flipped", _FLIPPED, "    flipped = h\n"),
    _convolution("full", "full_length", "    return np.convolve(x, h)"),
    _convolution("valid", "valid_length", '    return np.convolve(x, h, "valid")'),
    _convolution(
        "shifted",
        "shifted",
        """
    p = np.pad(x, len(h))
    return np.array([p[i + 1:i + 1 + len(h)] @ h[::-1] for i in range(len(x))])
""",
    ),
    _line(
        "conv1d",
        "edge_padding",
        "edge_padding",
        _PADDED,
        '    padded = np.pad(x, filter_size // 2, mode="edge")\n',
    ),
    _line(
        "conv1d",
        "wrap_padding",
        "wrap_padding",
        _PADDED,
        '    padded = np.pad(x, filter_size // 2, mode="wrap")\n',
    ),
    _line(
        "conv1d",
        "cuts_to_integers",
        None,
        "    y = np.zeros(len(x))\n",
        "    y = np.zeros(len(x), dtype=int)\n",
    ),
    _convolution(
        "answers_the_sheet",
        None,
        """
    return np.array([-2] + [0] * 5 + [-8, -8, 0, 0, 0, 9, 9] + [0] * 6 + [-4, -4, 0, 0, 0, 5])
""",
    ),
    _line("conv1d", "three_only", None, "    filter_size = len(h)\n", "    filter_size = 3\n"),
    _line("conv1d", "misses_the_last", None, "range(len(x)):\n", "range(len(x) - 1):\n"),
)

THRESHOLDS = (
    _line(
        "threshold",
        "inverted",
        "inverted",
        "result > np.mean(result), 1.0, 0.0",
        "result > np.mean(result), 0.0, 1.0",
    ),
    _line(
        "threshold",
        "half_of_maximum",
        "half_of_maximum",
        "result > np.mean(result)",
        "result > result.max() / 2",
    ),
    _line(
        "threshold",
        "absolute_value",
        "absolute_value",
        THRESHOLD,
        THRESHOLD.replace("result > np.mean(result)", "abs(result) > abs(result).mean()"),
    ),
    _line("threshold", "scaled", "scaled", "np.mean(result), 1.0, 0.0", "np.mean(result), 255, 0"),
    _line(
        "threshold",
        "first_filter",
        None,
        THRESHOLD,
        THRESHOLD.replace("    thresholded", '    if name == "filter_4":\n        thresholded'),
    ),
    _line("threshold", "keeps_the_value", None, "np.mean(result), 1.0", "np.mean(result), result"),
    _line(
        "threshold",
        "of_the_image",
        None,
        "result > np.mean(result)",
        "true_logo > np.mean(true_logo)",
    ),
)
