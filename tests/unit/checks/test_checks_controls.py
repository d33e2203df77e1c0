"""Controls: what holds no knowledge of the exercise earns next to nothing in any check.

Each check of the course that judges evidence is given the reference's own answer, which must pass,
and the same evidence with its numbers replaced: by zeros, a constant, NaN, infinities, a copy of
the input, or the reference's answer to another student's hidden input.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import made
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from grader.checks.accuracy import AccuracyReached
from grader.checks.against import AccuracyAgainst
from grader.checks.answers import FreeText, StatedNumber
from grader.checks.criterion import LossMatches
from grader.checks.functions import FunctionMatches
from grader.checks.model import Model
from grader.checks.modules import ModelMatches, ParameterCount
from grader.checks.optimizer import OptimizerMatches
from grader.checks.training import TrainingMatches
from grader.checks.variables import ArrayMatches
from grader.domain.check import Check, Labelled
from grader.domain.evidence import Answered
from grader.domain.hidden import Hidden
from reference.cnn.assignment import assignment

Arrays = dict[str, np.ndarray]
Control = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From what the reference gives and an input of the same size to what is answered instead."""

SHEET = "r0"
"""What the exercise sheet shows, which earns nothing by itself."""
ANOTHER = Hidden.of(b"secret of the course", "11" * 32)
NEARLY_NOTHING = 0.05
NAMED: dict[tuple[type[Check], str], float] = {
    # Weights that stay as they were are a mistake with a name, which leaves that much.
    (TrainingMatches, "a copy of the input"): 0.25,
}
CONTROLS: dict[str, Control] = {
    "zeros": lambda right, _given: np.zeros_like(right),
    "a constant": lambda right, _given: np.full_like(right, 1.5),
    "ones": lambda right, _given: np.ones_like(right),
    "NaN": lambda right, _given: np.full_like(right, np.nan),
    "infinity": lambda right, _given: np.full_like(right, np.inf),
    "minus infinity": lambda right, _given: np.full_like(right, -np.inf),
    "a copy of the input": lambda _right, given: given,
    "an empty array": lambda right, _given: right[..., :0] if right.ndim else right[None][:0],
}


@dataclass(frozen=True)
class Shown:
    """Evidence from which a check judges.

    Attributes:
        answers: of its probes; the first one is replaced by a control.
        replaced: the names of the arrays that hold what is judged.
        given: an input for each of them.
    """

    answers: tuple[Answered, ...]
    replaced: tuple[str, ...]
    given: Arrays


def checks(*families: type[Check]) -> list[Any]:
    return [
        pytest.param(check, id=f"{problem.id}.{check.id}")
        for problem in assignment.problems
        for check in problem.checks
        if isinstance(check, families)
    ]


JUDGED = checks(
    ModelMatches, LossMatches, OptimizerMatches, TrainingMatches, FunctionMatches, ArrayMatches
)
ACCURACIES = checks(AccuracyReached, AccuracyAgainst)


def test_every_check_of_the_course_has_its_controls() -> None:
    others = checks(ParameterCount, StatedNumber, FreeText)
    count = sum(len(problem.checks) for problem in assignment.problems)
    assert len(JUDGED) + len(ACCURACIES) + len(others) == count


def shown(check: Check, hidden: Hidden = made.HIDDEN) -> Shown:
    """What a right notebook shows where these are its hidden inputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made, "HIDDEN", hidden)
        return _shown(check, hidden)


def _shown(check: Check, hidden: Hidden) -> Shown:
    match check:
        case ModelMatches():
            return _model(check.model, network(check.model), hidden)
        case FunctionMatches():
            return _calls(check, made.function(check, check.reference))
        case LossMatches():
            return _calls(check, made.function(check, functional.cross_entropy))
        case OptimizerMatches():
            module = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 10))
            opt = torch.optim.SGD(module.parameters(), lr=check.lr)
            return _all(check, made.optimizer(check, module, opt, check.name))
        case TrainingMatches():
            return _training(check, made.training(check, check.reference))
        case ArrayMatches():
            return _array(check, int(hidden == ANOTHER))
        case _:
            raise AssertionError(check)


def network(model: Model) -> nn.Module:
    torch.manual_seed(5)
    return model.reference(())


def _model(model: Model, module: nn.Module, hidden: Hidden) -> Shown:
    images = model.inputs(hidden)
    names = ("output", "hidden_output")
    answer = made.module(model.name, module, images)
    return Shown((answer,), names, dict.fromkeys(names, images))


def _calls(check: Check, answer: Answered) -> Shown:
    asked = check.questions(made.HIDDEN)
    firsts = [asked.arrays[call.args[0]] for call in asked.probes[0].calls]
    given = {}
    for number, first in enumerate(firsts):
        given[f"r{number}"] = given[f"r{number}.gradient"] = first
    return Shown((answer,), tuple(answer.tensors), given)


def _all(check: Check, answer: Answered) -> Shown:
    (given,) = check.questions(made.HIDDEN).arrays.values()
    return Shown((answer,), tuple(answer.tensors), dict.fromkeys(answer.tensors, given))


def _training(check: TrainingMatches, answer: Answered) -> Shown:
    def untouched(*_args: Any) -> None:
        """Leaves the model as it was given."""

    start = made.training(check, untouched).tensors
    return Shown((answer,), tuple(answer.tensors), dict(start))


def _array(check: ArrayMatches, source: int) -> Shown:
    given = check.sources()[0]
    derived = np.nan_to_num(check.reference(check.sources()[source]))
    answer = made.variables(check.name, **{check.name: derived, check.given: given})
    return Shown((answer,), (check.name,), {check.name: given})


def replaced(shown: Shown, control: Control) -> tuple[Answered, ...]:
    first, *others = shown.answers
    numbers = {}
    for name in shown.replaced:
        right = np.asarray(first.tensors[name], dtype=np.float64)
        numbers[name] = control(right, np.resize(shown.given[name], right.shape).astype(np.float64))
    return (Answered(first.answer, {**first.tensors, **numbers}), *others)


def assert_next_to_nothing(check: Check, outcome: Any, limit: float = NEARLY_NOTHING) -> None:
    assert outcome.status in {"failed", "partial", "not_graded"}, outcome
    assert outcome.score <= limit, outcome.message
    assert len(outcome.message) > len(f"`{check.id}` is wrong."), outcome.message


@pytest.mark.parametrize("check", JUDGED)
def test_the_references_own_answer_passes(check: Check) -> None:
    assert check.judge(made.case(*shown(check).answers)).status == "passed"


@pytest.mark.parametrize("name", CONTROLS)
@pytest.mark.parametrize("check", JUDGED)
def test_an_answer_without_knowledge_earns_next_to_nothing(check: Check, name: str) -> None:
    outcome = check.judge(made.case(*replaced(shown(check), CONTROLS[name])))
    assert_next_to_nothing(check, outcome, NAMED.get((type(check), name), NEARLY_NOTHING))


@pytest.mark.parametrize("check", JUDGED)
def test_the_references_answer_to_another_input_earns_next_to_nothing(check: Check) -> None:
    there = shown(check, ANOTHER)
    here = made.case(*there.answers)
    assert here.hidden == made.HIDDEN
    assert_next_to_nothing(check, check.judge(here))


@pytest.mark.parametrize("part", range(8))
@pytest.mark.parametrize("check", JUDGED)
def test_one_wrong_number_is_enough_to_lose_points(check: Check, part: int) -> None:
    """However small the rest: a tolerance that takes all numbers together would let it pass."""
    evidence = shown(check)
    judged = [name for name in evidence.replaced if name != SHEET]
    name = judged[part * len(judged) // 8]
    numbers = np.array(evidence.answers[0].tensors[name], dtype=np.float64)
    at = np.unravel_index(int(np.abs(numbers).argmax()), numbers.shape)
    numbers[at] = numbers[at] * 1.1 + 0.1 * (numbers[at] == 0)
    first = evidence.answers[0]
    answer = Answered(first.answer, {**first.tensors, name: numbers})
    outcome = check.judge(made.case(answer))
    assert outcome.status in {"failed", "partial"}, f"{name} {at}: {outcome.message}"


# --- how many parameters --------------------------------------------------------------------------


@pytest.mark.parametrize("check", checks(ParameterCount))
def test_a_count_that_is_only_claimed_earns_nothing(check: ParameterCount) -> None:
    (right,) = _model(check.model, network(check.model), made.HIDDEN).answers
    assert check.judge(made.case(right)).status == "passed"
    for claimed in (0, 1, 2**62, right.answer.parameter_count + 1):
        answer = right.answer.model_copy(update={"parameter_count": claimed})
        assert_next_to_nothing(check, check.judge(made.case(Answered(answer, right.tensors))))
    bare = right.answer.model_copy(update={"parameters": (), "layers": ()})
    assert_next_to_nothing(check, check.judge(made.case(Answered(bare, {}))))


@pytest.mark.parametrize("check", checks(ParameterCount))
def test_the_layers_of_another_network_earn_nothing_with_the_right_count(
    check: ParameterCount,
) -> None:
    (right,) = _model(check.model, network(check.model), made.HIDDEN).answers
    for other in checks(ParameterCount):
        model = other.values[0].model
        if model.name == check.model.name:
            continue
        answer = made.module(model.name, network(model), model.inputs(made.HIDDEN)).answer
        forged = answer.model_copy(
            update={
                "probe": check.model.name,
                "parameter_count": right.answer.parameter_count,
            }
        )
        assert_next_to_nothing(check, check.judge(made.case(Answered(forged, right.tensors))))


# --- stated numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("check", checks(StatedNumber))
def test_only_the_right_number_is_the_answer(check: StatedNumber) -> None:
    def judge(text: str) -> Any:
        return check.judge(made.case(written={check.question.id: text}))

    assert judge(f"{check.expected:,}").status == "passed"
    others = [str(c.values[0].expected) for c in checks(StatedNumber) if c.values[0] is not check]
    texts = ("0", "1.5", "-1", "NaN", "inf", "-inf", "1e999", "9" * 400, check.question.title)
    for text in (*texts, *others, f"{check.expected}1", f"-{check.expected}"):
        assert_next_to_nothing(check, judge(text))


# --- accuracies -----------------------------------------------------------------------------------


@cache
def digits() -> Labelled:
    """Ten classes that a small network learns in seconds: a bright block each, in noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(1000) % 10
    images = rng.integers(0, 40, (1000, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = 5 * (label // 2) + 1, 14 * (label % 2) + 2
        image[row : row + 5, column : column + 10] = 255
    return Labelled(images, labels.astype(np.int64), "digest")


@cache
def trained(name: str) -> nn.Module:
    """The reference, trained until it knows these ten classes."""
    model = next(
        check.values[0].model for check in ACCURACIES if check.values[0].model.name == name
    )
    module = network(model)
    data = digits()
    x = torch.tensor(data.images / np.float32(255))
    x = x.flatten(1) if model.images.flat else x[:, None]
    y = torch.tensor(data.labels)
    opt = torch.optim.Adam(module.parameters(), lr=0.003)
    for step in range(60):
        part = slice(step % 5 * 200, step % 5 * 200 + 200)
        opt.zero_grad()
        functional.cross_entropy(module(x[part]), y[part]).backward()
        opt.step()
    return module


def measured(check: AccuracyReached | AccuracyAgainst, module: nn.Module) -> Any:
    answers = [made.module(check.model.name, module, check.model.inputs(made.HIDDEN), when="end")]
    return check.judge(made.case(*answers, dataset=lambda _name: digits()))


def filled(module: nn.Module, control: Control) -> nn.Module:
    with torch.no_grad():
        for parameter in module.parameters():
            right = parameter.numpy().astype(np.float64)
            given = np.resize(np.linspace(0, 1, 784), right.shape)
            parameter.copy_(torch.tensor(control(right, given)))
    return module


@pytest.mark.parametrize("check", ACCURACIES)
def test_a_trained_reference_keeps_its_points(check: Any) -> None:
    assert measured(check, trained(check.model.name)).status == "passed"


@pytest.mark.parametrize("name", [name for name in CONTROLS if "empty" not in name])
@pytest.mark.parametrize("check", ACCURACIES)
def test_weights_without_knowledge_earn_next_to_nothing(check: Any, name: str) -> None:
    outcome = measured(check, filled(network(check.model), CONTROLS[name]))
    assert_next_to_nothing(check, outcome)


@pytest.mark.parametrize("name", CONTROLS)
@pytest.mark.parametrize("check", ACCURACIES)
def test_outputs_that_are_not_those_of_the_weights_earn_nothing(check: Any, name: str) -> None:
    evidence = _model(check.model, trained(check.model.name), made.HIDDEN)
    answers = replaced(evidence, CONTROLS[name])
    outcome = check.judge(made.case(*answers, dataset=lambda _name: digits()))
    assert outcome.status in {"failed", "not_graded"}


@pytest.mark.parametrize("check", ACCURACIES)
def test_outputs_for_another_students_images_earn_nothing(check: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made, "HIDDEN", ANOTHER)
        evidence = _model(check.model, trained(check.model.name), ANOTHER)
    outcome = check.judge(made.case(*evidence.answers, dataset=lambda _name: digits()))
    assert outcome.status in {"failed", "not_graded"}
