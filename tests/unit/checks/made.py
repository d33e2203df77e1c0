"""Evidence made in the test process from modules and functions as students write them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from grader.checks import small_model
from grader.checks.hidden_weights import hidden_weights
from grader.checks.model import Model, fixed
from grader.checks.weights import Weights
from grader.domain.check import Case, Check, DictMemo, Lab, Labelled
from grader.domain.evidence import (
    Answered,
    CallAnswer,
    Evidence,
    Found,
    FunctionAnswer,
    LayerSeen,
    ModuleAnswer,
    OptimizerAnswer,
    Parameter,
    TrainingAnswer,
    VariablesAnswer,
    VariableSeen,
)
from grader.domain.hidden import Hidden
from grader.domain.probe import CallFunction, TrainSmallModel
from grader.domain.raised import Raised
from grader.domain.run import CellRun, Environment, SandboxFacts, Stopped
from grader.domain.submission import Submission
from grader.domain.training import TrainingRun, TrainingTrace

torch.set_num_threads(1)

HIDDEN = Hidden.of(b"secret of the course", "00" * 32)
SUBMISSION = Submission(name="exercise.ipynb", sha256="00" * 32, cells=())


def no_data(name: str) -> Labelled:
    raise AssertionError(f"{name} was read")


def case(
    *answers: Answered,
    cells: Sequence[CellRun] = (),
    stopped: Stopped | None = None,
    dataset: Callable[[str], Labelled] = no_data,
    memo: DictMemo | None = None,
    written: dict[str, str] | None = None,
) -> Case:
    evidence = Evidence(
        environment=Environment(),
        cells=tuple(cells),
        answers=answers,
        stopped=stopped or Stopped(reason="finished"),
        facts=SandboxFacts(sandbox="fake", seconds=1),
    )
    submission = SUBMISSION.model_copy(update={"answers": written or {}})
    return Case(submission, evidence, HIDDEN, Lab(dataset, memo or DictMemo()))


def module(
    name: str, module: nn.Module, images: np.ndarray, order: Sequence[str] = (), **changes: Any
) -> Answered:
    """A module's answer; `order` lists parameters as they run where that is not as registered."""
    module.eval()
    with torch.inference_mode():
        output = module(torch.tensor(images))
    parameters = dict(module.named_parameters())
    names = list(order) or list(parameters)
    proof = hidden_output(name, module, images, [parameters[n] for n in names])
    tensors = {f"p{i}": parameters[n].detach().numpy().copy() for i, n in enumerate(names)}
    answer = ModuleAnswer(
        probe=name,
        cell=3,
        found=Found(asked=name, used=name),
        class_name=type(module).__name__,
        parameters=tuple(
            Parameter(
                name=n, shape=tuple(parameters[n].shape), key=f"p{i}", used=True, trainable=True
            )
            for i, n in enumerate(names)
        ),
        layers=tuple(
            LayerSeen(
                name=n,
                type=type(m).__name__,
                parameters=sum(p.numel() for p in m.parameters(recurse=False)),
                output_shape=None,
                settings=m.extra_repr(),
            )
            for n, m in module.named_modules()
            if not list(m.children())
        ),
        parameter_count=sum(p.numel() for p in parameters.values()),
    )
    return Answered(
        answer.model_copy(update=changes),
        tensors | {"output": output.numpy(), "hidden_output": proof},
    )


def hidden_output(
    name: str, module: nn.Module, images: np.ndarray, used: Sequence[nn.Parameter]
) -> np.ndarray:
    own = [parameter.detach().clone() for parameter in used]
    shapes = Weights(tuple(value.numpy() for value in own))
    seed = Model(name=name, reference=fixed(nn.Identity)).seed(HIDDEN)
    with torch.no_grad():
        for parameter, value in zip(used, hidden_weights(shapes, seed).values, strict=True):
            parameter.copy_(torch.tensor(value))
        output = module(torch.tensor(images))
        for parameter, value in zip(used, own, strict=True):
            parameter.copy_(value)
    return output.numpy()


def function(check: Check, code: Callable[..., Any]) -> Answered:
    """What the guest answers where `code` is the student's function."""
    asked = check.questions(HIDDEN)
    probe = asked.probes[0]
    assert isinstance(probe, CallFunction)
    calls, tensors = [], {}
    for number, call in enumerate(probe.calls):
        arguments = [asked.arrays[key].copy() for key in call.args]
        answer, found = _call(code, arguments, probe, f"r{number}")
        calls.append(answer)
        tensors.update(found)
    answer = FunctionAnswer(
        probe=probe.id,
        cell=3,
        found=Found(asked=probe.name, used=probe.name),
        type=type(code).__name__,
        calls=tuple(calls),
    )
    return Answered(answer, tensors)


def _call(
    code: Callable[..., Any], arguments: list[np.ndarray], probe: CallFunction, key: str
) -> tuple[CallAnswer, dict[str, np.ndarray]]:
    given = [torch.tensor(a) for a in arguments] if probe.arrays == "torch" else arguments
    before = [_plain(a) for a in given]
    if probe.gradients:
        given[0].requires_grad_()
    try:
        result = code(*given)
    except Exception as error:  # noqa: BLE001 - a student's function raises what it likes
        return CallAnswer(error=Raised(name=type(error).__name__, message=str(error))), {}
    tensors = {}
    if probe.gradients and result.ndim == 0:
        result.backward()
        tensors[f"{key}.gradient"] = given[0].grad.double().numpy()
    value = _plain(result)
    if value.dtype.kind in "OU":
        return CallAnswer(type=type(result).__name__), {}
    dtype = str(value.dtype)
    if value.dtype.kind == "f":
        value = value.astype(np.float64)
    changed = any(
        not np.array_equal(old, _plain(new)) for old, new in zip(before, given, strict=True)
    )
    answer = CallAnswer(
        key=key,
        type=type(result).__name__,
        dtype=dtype,
        gradient=f"{key}.gradient" if tensors else None,
        changed_input=changed,
    )
    return answer, {key: value, **tensors}


def _plain(value: Any) -> np.ndarray:
    return value.detach().numpy().copy() if isinstance(value, torch.Tensor) else np.array(value)


def optimizer(
    check: Check, model: nn.Module, opt: torch.optim.Optimizer, name: str = "opt"
) -> Answered:
    asked = check.questions(HIDDEN)
    gradients = next(iter(asked.arrays.values()))
    parameters = list(model.parameters())
    held = [p for group in opt.param_groups for p in group["params"]]
    tensors = {}
    for order in ("first", "second"):
        for parameter in [*parameters, *held]:
            shape = tuple(parameter.shape)
            parameter.grad = torch.tensor(np.resize(gradients, shape))
        before = [p.detach().clone() for p in parameters]
        opt.step()
        for number, (old, new) in enumerate(zip(before, parameters, strict=True)):
            step = (new.detach() - old).ravel()[:64]
            tensors[f"{order}.{number}"] = step.numpy().copy()
    mine = {id(p) for p in parameters}
    answer = OptimizerAnswer(
        probe=name,
        cell=3,
        found=Found(asked=name, used=name),
        class_name=type(opt).__name__,
        options={
            k: v
            for k, v in opt.param_groups[0].items()
            if isinstance(v, (int, float, str)) or v is None
        },
        groups=len(opt.param_groups),
        model_parameters=len(parameters),
        held=sum(id(p) in mine for p in held),
        foreign=sum(id(p) not in mine for p in held),
    )
    return Answered(answer, tensors)


def training(check: Check, train: Callable[..., Any]) -> Answered:
    asked = check.questions(HIDDEN)
    probe = asked.probes[0]
    assert isinstance(probe, TrainSmallModel)
    task = small_model.Task(probe, asked.arrays)
    tensors, runs = {}, []
    for epochs in probe.epochs:
        try:
            state = task.after(train, epochs)
        except Exception as error:  # noqa: BLE001 - a student's function raises what it likes
            raised = Raised(name=type(error).__name__, message=str(error))
            runs.append(TrainingRun(epochs=epochs, error=raised))
            continue
        runs.append(TrainingRun(epochs=epochs, trace=TrainingTrace()))
        tensors.update(
            {f"{epochs}.{key}": value.astype(np.float32) for key, value in state.items()}
        )
    answer = TrainingAnswer(
        probe=probe.id, cell=3, found=Found(asked=probe.id, used=probe.id), runs=tuple(runs)
    )
    return Answered(answer, tensors)


def variables(name: str, **values: np.ndarray) -> Answered:
    answer = VariablesAnswer(
        probe=name,
        cell=3,
        found=Found(asked=name, used=name),
        variables=tuple(
            VariableSeen(name=n, key=n, type="ndarray", dtype=str(v.dtype), shape=v.shape)
            for n, v in values.items()
        ),
    )
    return Answered(answer, values)
