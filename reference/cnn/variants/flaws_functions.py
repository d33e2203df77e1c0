"""Our convolution and our threshold with one mistake each."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import convolution, flaw
from reference.cnn.variants.solution_text import FUNCTION, THRESHOLD


def _line(problem: str, name: str, misconception: str | None, old: str, new: str) -> Variant:
    return flaw(problem, name, misconception, {old: new})


def _convolution(name: str, misconception: str | None, body: str) -> Variant:
    return flaw("conv1d", name, misconception, convolution(body))


_FLIPPED = "    flipped = h[::-1]\n"
_ZEROS = "    y = np.zeros(len(x))\n"
_LOOP = "    for i in range(len(x)):\n"
_SLIDING = """
    k = len(h)
    p = {}
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = np.dot(p[i:i + k], h[::-1])
    return y
"""
_ENDING = FUNCTION.removesuffix("return y") + "{}"
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
    _convolution(
        "reflect_padding", "reflect_padding", _SLIDING.format("np.pad(x, k // 2, mode='reflect')")
    ),
    _convolution(
        "mirrored_ends", "reflect_padding", _SLIDING.format("np.pad(x, k // 2, mode='symmetric')")
    ),
    _line(
        "conv1d",
        "cuts_to_integers",
        "cut_to_integers",
        _ZEROS,
        "    y = np.zeros(len(x), dtype=int)\n",
    ),
    _line("conv1d", "like_the_signal", "cut_to_integers", _ZEROS, "    y = np.zeros_like(x)\n"),
    _convolution(
        "answers_the_sheet",
        "answer_of_the_sheet",
        """
    return np.array([-2] + [0] * 5 + [-8, -8, 0, 0, 0, 9, 9] + [0] * 6 + [-4, -4, 0, 0, 0, 5])
""",
    ),
    _convolution(
        "differences",
        "right_for_the_sheet_only",
        """
    p = np.pad(x, 1)
    return p[:-2] - p[2:]
""",
    ),
    _line(
        "conv1d",
        "three_only",
        "three_numbers_only",
        "    filter_size = len(h)\n",
        "    filter_size = 3\n",
    ),
    _line(
        "conv1d",
        "misses_the_last",
        "last_element_missed",
        _LOOP,
        "    for i in range(len(x) - 1):\n",
    ),
    _convolution(
        "one_short",
        "last_element_missed",
        "    return np.convolve(x, h, 'same')[:-1]",
    ),
    _line(
        "conv1d",
        "ends_early",
        "loop_ends_early",
        _LOOP,
        "    for i in range(len(x) - filter_size + 1):\n",
    ),
    _line("conv1d", "column", "extra_axis", FUNCTION, _ENDING.format("return y.reshape(-1, 1)")),
    _line("conv1d", "row", "extra_axis", FUNCTION, _ENDING.format("return np.array([y])")),
    _convolution(
        "even_raises",
        "even_filters",
        _SLIDING.format("np.pad(x, (k - 1) // 2)"),
    ),
    _convolution(
        "even_shifted",
        "even_filters",
        _SLIDING.format("np.pad(x, ((k - 1) // 2, k // 2))"),
    ),
    _convolution(
        "one_number",
        "one_number_filter",
        """
    c = len(h) // 2
    p = np.concatenate([np.zeros(c), x, np.zeros(c)])[:-c or 0]
    return np.array([np.append(p, [0] * c)[i:i + len(h)] @ h[::-1] for i in range(len(x))])[:len(x)]
""",
    ),
    _line(
        "conv1d",
        "in_place",
        "changes_its_input",
        FUNCTION,
        _ENDING.format("x[:] = y\n    return y"),
    ),
    _convolution(
        "flips_the_callers_filter",
        "changes_its_input",
        """
    p = add_padding_1d(x, len(h))
    h[:] = h[::-1].copy()
    return np.array([p[i:i + len(h)] @ h for i in range(len(x))])
""",
    ),
    _convolution(
        "no_flip_valid",
        "kernel_not_flipped+valid_length",
        "    return np.array([x[i:i + len(h)] @ h for i in range(len(x) - len(h) + 1)])",
    ),
    _convolution(
        "no_flip_edge_padding",
        "edge_padding+kernel_not_flipped",
        """
    p = np.pad(x, len(h) // 2, mode="edge")
    return np.array([p[i:i + len(h)] @ h for i in range(len(x))])
""",
    ),
    _convolution("scaled", None, "    return 2 * np.convolve(x, h, 'same')"),
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
        "threshold_first_filter",
        THRESHOLD,
        THRESHOLD.replace("    thresholded", '    if name == "filter_4":\n        thresholded'),
    ),
    _line(
        "threshold",
        "keeps_the_value",
        "threshold_keeps_the_value",
        "np.mean(result), 1.0",
        "np.mean(result), result",
    ),
    _line("threshold", "at_zero", "threshold_at_zero", "result > np.mean(result)", "result > 0"),
    _line(
        "threshold",
        "at_median",
        "threshold_at_zero",
        "result > np.mean(result)",
        "result > np.median(result)",
    ),
    _line(
        "threshold",
        "inverted_of_the_image",
        "inverted+threshold_of_the_image",
        "result > np.mean(result)",
        "true_logo < true_logo.mean()",
    ),
    _line("threshold", "above_one", None, "result > np.mean(result)", "result > 1"),
    _line(
        "threshold",
        "of_the_image",
        "threshold_of_the_image",
        "result > np.mean(result)",
        "true_logo > np.mean(true_logo)",
    ),
)
