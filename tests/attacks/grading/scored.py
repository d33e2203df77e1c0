"""Right evidence of the whole exercise, and evidence that is valid and hostile."""

import math
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "checks"))
import made

from grader import scoring
from grader.checks.criterion import LossMatches
from grader.checks.functions import FunctionMatches
from grader.checks.modules import ModelMatches
from grader.checks.optimizer import OptimizerMatches
from grader.checks.training import TrainingMatches
from grader.checks.variables import ArrayMatches
from grader.domain.check import Check, DictMemo, Labelled
from grader.domain.evidence import Answered
from grader.domain.report import ScoreReport
from grader.domain.run import CellError, CellRun, Stopped
from reference.cnn.assignment import assignment

_RNG = np.random.default_rng(7)
TEST_SET = Labelled(
    images=_RNG.integers(0, 256, (64, 28, 28), dtype=np.uint8),
    labels=_RNG.integers(0, 10, 64),
    digest="00" * 32,
)
MEMO = DictMemo()
"""What the references give is the same for every example."""


def right() -> tuple[Answered, ...]:
    """What a right notebook would have answered."""
    torch.manual_seed(5)
    checks = (check for problem in assignment.problems for check in problem.checks)
    return tuple(answer for check in checks if (answer := _answer(check)) is not None)


def _answer(check: Check) -> Answered | None:  # noqa: PLR0911 - one for each family
    match check:
        case ModelMatches():
            model = check.model
            return made.module(model.name, model.reference(()), model.inputs(made.HIDDEN))
        case LossMatches():
            return made.function(check, functional.cross_entropy)
        case FunctionMatches():
            return made.function(check, check.reference)
        case OptimizerMatches():
            module = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 10))
            opt = torch.optim.SGD(module.parameters(), lr=check.lr)
            return made.optimizer(check, module, opt, check.name)
        case TrainingMatches():
            return made.training(check, check.reference)
        case ArrayMatches():
            given = check.sources()[0]
            result = np.nan_to_num(check.reference(given))
            return made.variables(check.name, **{check.name: result, check.given: given})
        case _:
            return None


def scored(
    answers: tuple[Answered, ...],
    *,
    cells: tuple[CellRun, ...] = (),
    stopped: Stopped | None = None,
    written: dict[str, str] | None = None,
) -> ScoreReport:
    """The report on this evidence; the data set is a small one of noise."""
    case = made.case(
        *answers,
        cells=cells,
        stopped=stopped,
        dataset=lambda _: TEST_SET,
        memo=MEMO,
        written=written,
    )
    return scoring.score(assignment, case)


WHOLE = (0, 1, -1, 2, 7, 10**9, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
REAL = (0.0, -0.0, 0.1, 1.0, 1e308, -1e308, 5e-324)
TEXTS = (
    *("", " ", "\0", "p0", "output", "hidden_output", "thresholded_result", "model_fc", "x" * 500),
    *("<script>", "\x1b[2J", "\u202e", "__class__", "2.weight", "{0}", "%s", "SGD", "../..", "NaN"),
)
VALUES = (0, 1, -1, math.nan, math.inf, -math.inf, 1e308, -1e308, 1e-320, 2**62, 0.5)
DTYPES = (np.float64, np.float32, np.float16, np.int64, np.int8, np.bool_)


def hostile(answer: Answered, rng: random.Random) -> Answered:
    """The answer with some fields and arrays changed; what stays is still valid evidence."""
    content = answer.answer.model_dump(mode="json")
    for _ in range(rng.choice([0, 1, 1, 3, 10])):
        _spoil_field(content, rng)
    try:
        said = type(answer.answer).model_validate(content)
    except ValidationError:
        said = answer.answer
    tensors = dict(answer.tensors)
    for _ in range(rng.choice([0, 1, 1, 3, len(tensors) + 1])):
        _spoil_array(tensors, rng)
    return Answered(said, tensors)


def _spoil_field(content: Any, rng: random.Random) -> None:
    """Change one value somewhere inside."""
    keys = [k for k in content if k not in {"kind", "probe"}] if isinstance(content, dict) else []
    places = keys if isinstance(content, dict) else range(len(content))
    if not places:
        return
    place = rng.choice(list(places))
    value = content[place]
    if isinstance(value, dict | list) and value and rng.random() < 0.8:
        _spoil_field(value, rng)
    else:
        content[place] = _other(value, rng)


def _other(value: Any, rng: random.Random) -> Any:  # noqa: PLR0911 - one for each type
    match value:
        case bool():
            return not value
        case int():
            return rng.choice(WHOLE)
        case float():
            return rng.choice(REAL)
        case str():
            return rng.choice(TEXTS)
        case list():
            return rng.choice([[], value[:1], value[::-1], value + value, value[1:]])
        case None:
            return rng.choice([None, "p0", {"name": "E", "message": "\0"}, 7, [1, 2]])
        case _:
            return None


def _spoil_array(tensors: dict[str, Any], rng: random.Random) -> None:
    if not tensors:
        tensors["output"] = np.zeros(0)
        return
    key = rng.choice(sorted(tensors))
    array = np.asarray(tensors[key])
    with np.errstate(all="ignore"):
        match rng.randrange(8):
            case 0:
                del tensors[key]
            case 1:
                tensors[key] = np.full(array.shape, rng.choice(VALUES), np.float64)
            case 2:
                tensors[key] = array.astype(rng.choice(DTYPES))
            case 3:
                tensors[key] = np.full(rng.choice(SHAPES), rng.choice(VALUES), np.float64)
            case 4:
                tensors[key] = array.reshape(-1)[: rng.randrange(3)]
            case 5:
                tensors[key] = array.reshape((1,) * max(0, 7 - array.ndim) + array.shape)
            case 6:
                tensors[rng.choice([*TEXTS, key])] = tensors[rng.choice(sorted(tensors))]
            case _:
                flat = array.astype(np.float64).reshape(-1)
                flat[rng.randrange(flat.size + 1) :] = rng.choice(VALUES)
                tensors[key] = flat.reshape(array.shape)


SHAPES = (
    *((), (0,), (1,), (0, 2**24), (2**20, 0), (1,) * 8, (64, 10), (10, 64), (784, 512)),
    *((3, 0, 3), (100_000, 1), (1, 100_000)),
)


def cells(rng: random.Random) -> tuple[CellRun, ...]:
    """Cells as they may be claimed to have gone."""
    error = CellError(name=rng.choice(TEXTS), message="\0\x1b[2J", traceback="\u202e" * 9)
    printed = ("epoch " + "9" * 400, "Epoch 1/5 loss: nan acc: 1e999", "\r\b" * 99, "1/" + "0" * 99)
    return tuple(
        CellRun(
            index=rng.choice(WHOLE),
            status=rng.choice(["ok", "error", "timed_out", "killed", "not_run"]),
            seconds=rng.choice([0, 1e308]),
            error=rng.choice([None, error]),
            output=rng.choice(printed) * rng.choice([1, 50]),
            truncated=rng.random() < 0.5,
        )
        for _ in range(rng.randrange(4))
    )
