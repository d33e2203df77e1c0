from typing import Any

# ruff: noqa: E501 - one case a line
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.domain.progress import MAX_LINES, MAX_POINTS, Step, curves, latest

COURSE = "".join(
    "".join(
        f"\rEp {ep}/5, it {it}/469: loss train: {2 / (ep + it / 469):.2f}, accuracy train: 0.91"
        for it in range(1, 470)
    )
    + f", accuracy test: 0.9{ep}\n"
    for ep in range(1, 6)
)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        (
            "Ep 1/5, it 469/469: loss train: 0.35, accuracy train: 0.91, accuracy test: 0.93",
            Step(epoch=1, epochs=5, iteration=469, iterations=469, loss=0.35, accuracy=0.91, test_accuracy=0.93),
        ),
        ("Epoch 3", Step(epoch=3)),
        ("Epoch [2/10], Step [100/600], Loss: 0.4321", Step(epoch=2, epochs=10, iteration=100, iterations=600, loss=0.4321)),
        ("epoch: 4 loss: 1e-2 acc: 97.5%", Step(epoch=4, loss=0.01, accuracy=0.975)),
        ("Epoch 1\nTest accuracy = 93.2", Step(epoch=1, test_accuracy=0.932)),
        ("epoch 2 of 5: val acc 0.5", Step(epoch=2, epochs=5, test_accuracy=0.5)),
        ("Ep 1/2: loss train: nan", Step(epoch=1, epochs=2)),
    ],
)  # fmt: skip
def test_the_usual_forms_are_read(text: Any, step: Any) -> None:
    assert latest(text) == step


@pytest.mark.parametrize("text", ["", "hello", "x = 3", "\r\n\r", "(784 + 1) * 512 = 401920"])
def test_other_prints_say_nothing(text: Any) -> None:
    assert latest(text) is None
    assert curves(text).loss == ()


def test_the_last_line_counts() -> None:
    assert latest(COURSE).epoch == 5
    assert latest(COURSE[: len(COURSE) // 2]).epoch == 3


def test_curves_are_thinned_and_over_epochs() -> None:
    told = curves(COURSE)
    (loss,) = told.loss
    assert MAX_POINTS // 2 < len(loss.x) <= MAX_POINTS
    assert (round(loss.x[0], 2), loss.x[-1] <= 5) == (0.0, True)
    assert told.accuracy[1].x == (1, 2, 3, 4, 5)
    assert told.accuracy[1].y == (0.91, 0.92, 0.93, 0.94, 0.95)


def test_only_the_last_training_of_a_cell_is_shown() -> None:
    twice = COURSE + COURSE
    assert curves(twice) == curves(COURSE)


def test_hostile_text_is_read_in_no_time() -> None:
    for text in (
        "a" * 10**6,
        "ep " * 10**5,
        "1/" * 10**5,
        "loss " + "9" * 10**5,
        "acc: 1e999 " * 10**4,
    ):
        curves(text)


WORDS = ("epoch ", "Ep ", "iter ", "loss ", "acc ", "test acc ", " of ", "%", "\n", "\r", " ")
NUMBERS = ("1e308", "nan", "\u0131nf", "-3", "1/1", "/0", "/1", "9" * 12, "e999", "\u0663", "0.5")
PARTS = st.sampled_from(WORDS + NUMBERS)


@given(st.lists(PARTS | st.text(max_size=5), max_size=40).map("".join))
def test_no_text_breaks_the_curves(text: Any) -> None:
    curves(text * 2)
    curves((text + "\n") * 2)


@pytest.mark.parametrize(
    "line", ["epoch 1e308 iter 1e308/1 loss 0.5", "epoch 1e10: loss 1", "epoch 3 loss \u0131nf"]
)
def test_numbers_that_count_nothing_are_no_positions(line: Any) -> None:
    assert curves(f"{line}\n{line}\n").loss == ()


def test_a_long_training_keeps_its_tests_and_epochs() -> None:
    lines = [f"Ep {n // 1000 + 1}/9 it {n % 1000 + 1}/1000 loss {1 / (n + 1)}" for n in range(9000)]
    for n in range(999, 9000, 1000):
        lines[n] += f" test acc 0.{n}"
    told = curves("\n".join(lines))
    assert len(lines) > MAX_LINES
    assert told.accuracy[0].x == tuple(range(1, 10))
    assert told.accuracy[0].y[-1] == 0.8999
    (loss,) = told.loss
    assert loss.x[0] == 0.001
    assert loss.x[-1] > 8.9
    assert MAX_POINTS // 2 <= len(loss.x) <= MAX_POINTS
