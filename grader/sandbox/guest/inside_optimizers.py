"""Probe `StepOptimizer`: what an optimizer holds and what its steps do to the weights."""

import math
from typing import Any

from inside_context import Answer, Context, Probe, Target, Tensors, WrongTypeError
from inside_errors import raised, safe_repr
from inside_torch import kept, named_parameters, optimizers_kept, uninitialized
from inside_values import is_a, is_module, kind, raw, torch_or_none
from numpy import ndarray, resize, zeros
from shared_text import short

_MAX_OPTIONS = 64


def parameters_of(model: Any) -> list[Any]:
    """The model's parameters; none where it is no module."""
    if not is_module(model):
        return []
    return [tensor for _, tensor in named_parameters(model) if not uninitialized(tensor)]


def held_by(optimizer: Any) -> list[Any]:
    """Every parameter that the optimizer holds, once."""
    found = {id(t): t for group in optimizer.param_groups for t in group["params"]}
    return list(found.values())


def step(context: Context, probe: Probe, target: Target) -> tuple[Answer, Tensors]:
    """The `OptimizerAnswer` and its arrays.

    Raises:
        WrongTypeError: the object is no optimizer.
    """
    torch = torch_or_none()
    optimizer = target.value
    if torch is None or not is_a(optimizer, torch.optim.Optimizer):
        raise WrongTypeError(f"{target.used} is {kind(optimizer)}, not a torch.optim.Optimizer")
    own = parameters_of(context.model(probe["model"]))
    held = held_by(optimizer)
    mine = {id(tensor) for tensor in own}
    answer = {
        "kind": "optimizer",
        "class_name": short(kind(optimizer)),
        "options": _options(optimizer),
        "groups": len(optimizer.param_groups),
        "model_parameters": len(own),
        "held": sum(id(tensor) in mine for tensor in held),
        "foreign": sum(id(tensor) not in mine for tensor in held),
        "like_model": [tuple(t.shape) for t in held] == [tuple(t.shape) for t in own],
        "error": None,
    }
    tensors: Tensors = {}
    try:
        tensors = _two_steps(context, probe, optimizer, own, held)
    except Exception as error:
        answer["error"] = raised(error)
    return answer, tensors


def _two_steps(
    context: Context, probe: Probe, optimizer: Any, own: list[Any], held: list[Any]
) -> Tensors:
    out: Tensors = {}
    everything = list({id(tensor): tensor for tensor in [*own, *held]}.values())
    hidden = context.array(probe["gradients"])
    with optimizers_kept([optimizer]), kept(everything):
        for turn in ("first", "second"):
            before = [_sample(tensor, probe["sample"]) for tensor in own]
            _give_gradients(own, held, hidden)
            _step(optimizer)
            for number, (tensor, old) in enumerate(zip(own, before, strict=True)):
                out[f"{turn}.{number}"] = _sample(tensor, probe["sample"]) - old
    return out


def _sample(tensor: Any, count: int) -> ndarray:
    """The first elements as float64."""
    return raw(tensor.detach().reshape(-1)[:count]).astype("float64")


def _give_gradients(own: list[Any], held: list[Any], hidden: ndarray) -> None:
    torch = torch_or_none()
    for tensor in held:
        tensor.grad = torch.zeros_like(tensor)
    for tensor in own:
        gradient = resize(hidden, tuple(tensor.shape)) if tensor.numel() else zeros(tensor.shape)
        tensor.grad = torch.from_numpy(gradient).to(tensor.device, tensor.dtype)


def _step(optimizer: Any) -> None:
    torch = torch_or_none()
    try:
        optimizer.step()
    except TypeError:  # LBFGS and its like insist on a closure
        optimizer.step(lambda: torch.zeros(()))


def _options(optimizer: Any) -> dict[str, object]:
    groups = optimizer.param_groups
    options = groups[0] if groups else {}
    return {
        short(str(name)): _option(value)
        for name, value in list(options.items())[:_MAX_OPTIONS]
        if name != "params"
    }


def _option(value: object) -> float | bool | str | None:
    if value is None or type(value) is bool:
        return value
    try:
        number = float(raw(value).item())
    except Exception:  # betas and the like: shown as they print
        return short(safe_repr(value))
    return number if math.isfinite(number) else short(safe_repr(value))
