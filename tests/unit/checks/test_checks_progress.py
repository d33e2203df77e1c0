from typing import Any

# ruff: noqa: E501 - one case a line
import pytest

from grader.domain.progress import MAX_POINTS, Step, curves, latest

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
