from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.domain.numbers import MAX_STATED, stated_numbers

FORMULA = "(784 + 1) * 512 + (512 + 1) * 256 + (256 + 1) * 128 + (128 + 1) * 10"
LATEX = FORMULA.replace("*", r"\cdot")


def values(text: str) -> list[Fraction]:
    return [number.value for number in stated_numbers(text)]


@pytest.mark.parametrize(
    "text",
    [
        "567434",
        "567,434",
        "567 434",
        "567.434",
        "567'434",
        "567’434",
        "567_434",
        "567\u202f434",
        "567\u00a0434",
        "567\u2009434",
        "\uff15\uff16\uff17\uff14\uff13\uff14",
        "٥٦٧٤٣٤",
        "$567434$",
        "$567{,}434$",
        r"$567\,434$",
        r"$\boxed{567434}$",
        "**567434**",
        "*567434*",
        "`567,434`",
        "(567434)",
        "567434.",
        "= 567434",
        "- 567434",
        "1. 567434",
        "### 567434",
        "> 567434",
        "≈ 0.57M (567434)",
        "567434 (~0.57M)",
        "567434 ≈ 0.57M",
        "about 0.57 million, exactly 567,434",
        "It has 567434 parameters, that is about 0.57M.",
        f"{FORMULA} = 567434",
        FORMULA.replace("*", "×") + " = 567434",
        FORMULA.replace("*", "·") + " = 567,434",
        FORMULA.replace("*", "x") + " = 567434",
        FORMULA.replace("*", r"\*") + " = 567434",
        FORMULA.replace(" ", "") + "=567434",
        f"${LATEX} = 567434$",
        rf"$${FORMULA.replace('*', chr(92) + 'times')} = 567\,434$$",
        f"{FORMULA}\n= 567434",
        f"{FORMULA} =\n567434",
        f"{FORMULA}\n\n567434",
        f"{FORMULA} gives 567434",
        f"{FORMULA} → 567434",
        f"567434 = {FORMULA}",
        r"$$\underbrace{(784+1)\cdot 512}_{401920} + \dots = 567434$$",
        r"$\sum_{i=1}^{4} (n_{i-1}+1) n_i = 567434$",
        "566528 weights + 906 biases = 567434",
        "566528 weights and 906 biases, so 567434 in total",
        "567434 (566528 weights + 906 biases)",
        "567434 = 401920 + 131328 + 32896 + 1290",
        "Layer 1: 401,920\nLayer 2: 131,328\nLayer 3: 32,896\nLayer 4: 1,290\nTotal: 567,434",
        "- fc1: 401920\n- fc2: 131328\n- fc3: 32896\n- fc4: 1290\n\n567434",
        "| layer | n |\n| --- | --- |\n| a | 401,920 |\n| b | 165,000 |\n| **Total** | 567,434 |",
        "785*512 = 401920\n513*256 = 131328\n257*128 = 32896\n129*10 = 1290\nso we have 567434",
        "785*512 = 401920\n513*256 = 131328\n401920 + 131328 + 34186 = 567434",
        r"\begin{align} 785\cdot512 &= 401920 \\ \text{total} &= 567434 \end{align}",
        "Total params: 567,434\nNon-trainable params: 0\nEstimated Total Size (MB): 2.18",
        "The model has 4 layers and 567434 parameters.",
        "Es sind insgesamt 567.434 Parameter.",
        "567434 params; that is 20% of the other.",
        "It is 567434, fewer than 600000 of the old one.",
        "567434. The last layer needs only 1290 of them.",
        "Our FC model needs 567434 for 28x28 images.",
        "Is 567434 < 10^6? Yes.",
    ],
)
def test_the_stated_number_is_found(text: str) -> None:
    (number,) = stated_numbers(text)
    assert number.could_be(567434)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("I do not know.", []),
        (FORMULA, []),
        (f"${LATEX}$", []),
        ("3²", []),
        ("LeNet-5 and fc1 with y[0]", []),
        ("567434 or 106154", [567434, 106154]),
        ("567434\n\nNo: 568000", [567434, 568000]),
        ("y[0] = -2, y[1] = 0", [-2, 0]),
        ("y[0] is \u22122", [-2]),
        ("= \u2212 2", [-2]),
        ("Total - 567434", [567434]),
        ("0.57M", [570000]),
        ("567 thousand", [567000]),
        (r"5.67434 \times 10^5", [567434]),
        ("$5.67434 \\cdot 10^{5}$", [567434]),
        ("1.234.567", [1234567]),
        ("12,5", [Fraction(25, 2)]),
        ("1,234.5", [Fraction(2469, 2)]),
        ("1.234,5", [Fraction(2469, 2)]),
        ("0,967", [Fraction(967, 1000)]),
        ("784, 512, 256", [784, 512, 256]),
        ("5 epochs", [5]),
        ("The answer is 42 + nothing", [42]),
        ("9" * 5000, []),
        ("<!-- --> <b>7</b>&nbsp;", [7]),
    ],
)
def test_other_texts_state_what_they_state(text: str, expected: list[Fraction]) -> None:
    assert values(text) == expected


def test_a_dot_between_groups_of_three_has_two_readings() -> None:
    (number,) = stated_numbers("567.434")
    assert number.readings == (567434, Fraction(567434, 1000))
    assert number.could_be(567434)
    assert number.could_be(567.434)
    assert not number.could_be(567)
    assert not number.could_be(float("nan"))


@pytest.mark.parametrize("text", ["≈ 567434", "about 567434", "~567434", "0.567434M", "ca. 567434"])
def test_an_approximation_is_marked(text: str) -> None:
    (number,) = stated_numbers(text)
    assert number.approximate == (text != "ca. 567434")
    assert number.could_be(567434)


COUNTS = st.integers(1000, 10**9)
STYLES = st.sampled_from(
    [str, "{:,}".format]
    + [
        lambda n, sep=sep: f"{n:,}".replace(",", sep)
        for sep in (" ", "'", "\u202f", "\u00a0", "{,}", r"\,", "_", ".")
    ]
)
WRAPPERS = st.sampled_from(
    ["{}", "{}.", "**{}**", "`{}`", "${}$", "$$\n{}\n$$", "I count {} parameters.", "A: {}", "({})"]
)


def test_a_full_stop_behind_groups_makes_them_no_version() -> None:
    assert values("It has 1.000.000.") == [1_000_000]


@given(COUNTS, STYLES, WRAPPERS)
def test_a_number_is_found_in_any_notation(n: int, style, wrapper: str) -> None:  # noqa: ANN001 - a formatter
    (number,) = stated_numbers(wrapper.format(style(n)))
    assert number.could_be(n)


TIMES = st.sampled_from(["*", " * ", "×", " × ", " x ", r" \cdot ", r"\times ", " · ", r" \* "])
PAIRS = st.lists(st.tuples(st.integers(1, 999), st.integers(1, 999)), min_size=1, max_size=6)


@given(
    PAIRS, TIMES, STYLES, st.sampled_from([" = ", "=", "\n= ", " =\n", r" \Rightarrow ", " -> "])
)
def test_of_a_formula_only_the_result_is_stated(
    pairs: list[tuple[int, int]],
    times: str,
    style,  # noqa: ANN001 - a formatter
    equals: str,
) -> None:
    total = sum((a + 1) * b for a, b in pairs)
    formula = " + ".join(f"({a} + 1){times}{b}" for a, b in pairs)
    (number,) = stated_numbers(f"{formula}{equals}{style(total)}")
    assert number.could_be(total)


@given(st.lists(st.integers(1000, 10**6), min_size=2, max_size=6), STYLES)
def test_a_sum_replaces_its_terms(terms: list[int], style) -> None:  # noqa: ANN001 - a formatter
    lines = [f"- fc{i}: {style(term)}" for i, term in enumerate(terms)]
    (number,) = stated_numbers("\n".join([*lines, f"- all: {style(sum(terms))}"]))
    assert number.could_be(sum(terms))


PIECES = st.sampled_from(
    ["567434", "1,5", "=", "≈", "+", "-", "*", "**", "(", ")", "\n", "$", "\\frac{", "}", "^", " ",
     "|", "10^", "e9", "%", "k", "layer", "total", "[", "]", ".", ",", "_", "²", "\\\\", "~"]
)  # fmt: skip


@given(st.text(max_size=200) | st.lists(PIECES, max_size=40).map("".join))
def test_any_text_states_some_numbers_or_none(text: str) -> None:
    for number in stated_numbers(text):
        assert number.readings
        assert number.written


@pytest.mark.parametrize("mark", ["", "about "])
def test_of_very_many_numbers_only_some_are_told(mark: str) -> None:
    text = "\n\n".join(f"{mark}{number}" for number in range(10_000, 12_500))
    assert len(stated_numbers(text)) == MAX_STATED


def test_an_approximation_of_an_exact_number_is_not_told() -> None:
    text = "It has 567,434, so about 567 thousand, and not 106,154."
    assert [number.value for number in stated_numbers(text)] == [567434, 106154]
