"""A second run: what is trained once more, from where, and what is asked."""

from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from guest_runs import Stream, run_guest

from grader.domain.evidence import ModuleAnswer
from grader.domain.job import Retraining
from grader.domain.probe import DescribeModule, Probe

NAMES = ("model_a", "model_b", "model_odd", "model_twice")
PROBES: tuple[Probe, ...] = tuple(
    DescribeModule(id=name, name=name, inputs="x", outputs=3) for name in NAMES
)
CELLS = tuple(
    map(
        dedent,
        (
            """
            import random
            import numpy, torch
            from torch import nn
            drawn = []
            """,
            """
            def train_model(model, crit, opt, dl_tr, dl_te, epochs):
                drawn.append((random.random(), numpy.random.rand(), torch.rand(1).item()))
                for _ in range(epochs):
                    print("trains", type(model).__name__)
                    with torch.no_grad():
                        for parameter in model.parameters():
                            parameter += 1
                return 7

            def train(model, epochs=1):
                return train_model(model, None, None, [], [], epochs)

            model_b = nn.Linear(4, 3)
            for parameter in model_b.parameters():
                nn.init.zeros_(parameter)
            print(train(model_b))
            """,
            """
            model_a = nn.Linear(4, 3)
            print(train(model_a))
            """,
            """
            class Odd(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.weight = nn.Parameter(torch.zeros(3, 4))
                def forward(self, x):
                    return x @ self.weight.T
            model_odd = Odd()
            print(train(model_odd))
            """,
            """
            model_twice = nn.Linear(4, 3)
            print(train(model_twice), drawn)
            """,
            "train(model_twice)",
        ),
    )
)


def wanted(name: str, seed: int = 5) -> Retraining:
    return Retraining(
        probe=name, model=name, training="train_model", function="train_model", cell=5, seed=seed
    )


def run(folder: Path, *again: Retraining) -> Stream:
    inputs = {"x": np.random.default_rng(0).normal(size=(6, 4)).astype("float32")}
    return run_guest(folder, CELLS, PROBES, inputs, again=again)


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    again = [wanted(name) for name in ("model_b", "model_odd", "model_twice")]
    return run(tmp_path_factory.mktemp("again"), *again)


def weights(stream: Stream, name: str, number: int = 0) -> np.ndarray:
    given = stream.to(name)[number]
    assert isinstance(given.answer, ModuleAnswer)
    assert given.answer.when == "retrained"
    return given.tensors["parameter.0"]


def test_a_wanted_model_is_trained_from_new_weights_also_in_the_cell_of_the_function(
    stream: Stream,
) -> None:
    assert stream.output(1) == "trains Linear\n7\n"
    found = weights(stream, "model_b")
    assert np.ptp(found) > 0.1
    assert np.all((found > 0.5) & (found < 1.5))


def test_no_other_model_is_trained_or_asked_about(stream: Stream) -> None:
    assert stream.output(2) == "None\n"
    assert stream.to("model_a") == []


def test_a_model_with_a_part_that_cannot_be_drawn_anew_is_left_alone(stream: Stream) -> None:
    assert stream.cell(3).status == "ok"
    assert stream.output(3) == "None\n"
    assert stream.to("model_odd") == []


def test_a_second_training_of_a_model_goes_on_where_the_first_ended(stream: Stream) -> None:
    first, second = weights(stream, "model_twice", 0), weights(stream, "model_twice", 1)
    np.testing.assert_allclose(second, first + 1, atol=1e-6)


def test_everything_random_is_seeded(stream: Stream, tmp_path: Path) -> None:
    def drawn(of: Stream) -> str:
        return of.output(4).split("7 ")[1].split("), ")[-1]

    again = [wanted("model_b", 6), wanted("model_twice", 5)]
    other = run(tmp_path, *again)
    assert drawn(other) == drawn(stream)
    np.testing.assert_array_equal(weights(other, "model_twice"), weights(stream, "model_twice"))
    assert not np.array_equal(weights(other, "model_b"), weights(stream, "model_b"))


def test_the_run_ends_as_any_other(stream: Stream) -> None:
    assert stream.end().reason == "finished"
    assert {given.answer.probe for given in stream.answers} == {"model_b", "model_twice"}
