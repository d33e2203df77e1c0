"""No expected value, no reference and no secret of the course is inside to be found."""

import inspect

import numpy as np
import pytest
from points_grading import Arena, points, said
from points_honest import FLAWED, IMPORTS, NOT_FLIPPED
from points_search import EXPECTED, FILES, LENGTH, searching
from points_weak import WithExpectedValues, with_check
from torch.nn import functional

from grader.checks import calls, fit, small_model
from grader.checks.criterion import LossMatches, _evaluate
from grader.checks.functions import FunctionMatches
from grader.domain.assignment import Assignment
from grader.domain.hidden import Hidden
from reference.cnn import convolution, designs, misconceptions_convolution, training
from reference.cnn.convolution import convolve_1d
from reference.cnn.training import train

NO_CONVOLUTION = "convolution_one_dimensional = lambda x, h: np.zeros(len(x))"
"""The flawed one is right for filters of one number."""
SHA256 = "5e" * 32
"""Whose hidden inputs are searched for: a notebook cannot hold what follows from its own digest."""


def check_of(arena: Arena, name: str) -> FunctionMatches:
    (wanted,) = [p for p in arena.assignment.problems if p.id == name]
    (check,) = wanted.checks
    assert isinstance(check, FunctionMatches)
    return check


def hidden_of(arena: Arena) -> Hidden:
    return Hidden.of(arena.bench.secret, SHA256)


def convolutions(arena: Arena) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Of each call whose numbers are fractions: bytes of what is given, and of what is expected."""
    given, expected = {}, {}
    asked = check_of(arena, "conv1d").questions(hidden_of(arena))
    (probe,) = asked.probes
    for number, call in enumerate(probe.calls):
        x, h = (asked.arrays[key] for key in call.args)
        if x.dtype.kind == h.dtype.kind == "f" and x.size > 1:
            given[f"input {number}"] = x.tobytes()
            expected[f"result {number}"] = convolve_1d(x, h).tobytes()
    return given, expected


def expected_trainings(arena: Arena) -> dict[str, bytes]:
    task = small_model.draw("train_model", hidden_of(arena))
    found = {}
    for epochs in (1, 2):
        for key, values in task.after(train, epochs).items():
            if key in {"0.weight", "3.weight"}:  # others hardly move
                found[f"{key} {epochs} double"] = values.tobytes()
                found[f"{key} {epochs} single"] = values.astype(np.float32).tobytes()
    return found


def expected_losses(arena: Arena) -> dict[str, bytes]:
    batches = LossMatches(name="criterion")._batches(hidden_of(arena))
    found = {}
    for number, batch in enumerate(batches):
        value = _evaluate(functional.cross_entropy, *batch)
        assert value is not None
        assert value.gradient is not None
        found[f"gradient {number}"] = value.gradient.tobytes()
        found[f"gradient {number} single"] = value.gradient.astype(np.float32).tobytes()
    return found


def texts(arena: Arena) -> dict[str, bytes]:
    """Secrets, and the first line of each function and class of the reference and its mistakes."""
    lines = [
        line.encode()
        for module in (convolution, training, designs, misconceptions_convolution, fit, calls)
        for line in inspect.getsource(module).splitlines()
        if line.startswith(("def ", "class ")) and len(line) >= LENGTH
    ]
    return {
        "the course's secret": arena.bench.secret,
        "the seed": hidden_of(arena).seed.encode(),
        "the seed's bytes": bytes.fromhex(hidden_of(arena).seed),
        "module of the reference": b"reference.cnn.convolution",
        "module of a check": b"grader.checks.fit",
        **{f"line {number}": line for number, line in enumerate(lines)},
    }


@pytest.fixture(scope="module")
def needles(arena: Arena) -> dict[str, bytes]:
    given, expected = convolutions(arena)
    return {
        **given,
        **expected,
        **expected_trainings(arena),
        **expected_losses(arena),
        **texts(arena),
    }


def found(
    arena: Arena, needles: dict[str, bytes], assignment: Assignment | None = None
) -> set[str]:
    cells = (*(c for c in FLAWED if c != NOT_FLIPPED), NO_CONVOLUTION, searching(needles))
    graded = arena.grade_as(cells, SHA256, assignment)
    (line,) = [line for line in said(graded).splitlines() if line.startswith("FOUND ")]
    return {name for name in needles if f"'{name}'" in line or f'"{name}"' in line}


def test_all_memory_holds_the_hidden_inputs_and_nothing_that_is_expected(
    arena: Arena, needles: dict[str, bytes]
) -> None:
    given, _ = convolutions(arena)
    assert found(arena, needles) == set(given)


def test_expected_values_beside_the_inputs_would_be_found_and_would_win(
    arena: Arena, needles: dict[str, bytes]
) -> None:
    check = WithExpectedValues(**dict(check_of(arena, "conv1d")))
    weak = with_check(arena.assignment, "conv1d", check)
    given, expected = convolutions(arena)
    assert found(arena, needles, weak) >= {*given, *expected}
    assert points(arena.grade_by((IMPORTS, EXPECTED), weak).report)["conv1d"] == 10
    assert points(arena.grade((IMPORTS, EXPECTED)).report)["conv1d"] == 0


def test_no_file_of_the_reference_is_seen(arena: Arena) -> None:
    told = said(arena.grade((FILES,)))
    assert "WALKED" in told
    assert "SEEN" not in told
