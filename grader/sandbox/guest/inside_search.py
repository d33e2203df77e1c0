"""Fallbacks: the one object of the right kind, where the exercise's name is missing.

The rules are those in the docstrings of `grader.domain.probe`.
"""

from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from inside_context import Context, Probe, Target
from inside_functions import first_result
from inside_modules import output_of
from inside_optimizers import held_by, parameters_of
from inside_signals import Interrupted
from inside_torch import optimizers_in
from inside_values import NotAnArrayError, is_a, is_module, is_tensor, kind, numbers, torch_or_none

_PARAMETERS = 6


class NotFoundError(Exception):
    """Nothing fits, or more than one thing does.

    Attributes:
        reason: ``missing`` or ``ambiguous``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def find(context: Context, probe: Probe, named: set[str]) -> Target:
    """The object that stands in for the probe's name.

    Args:
        context: the run.
        probe: the probe.
        named: names that probes ask for; what they are bound to is spoken for.

    Raises:
        NotFoundError: there is not exactly one.
    """
    ways: dict[str, Callable[[Context, Probe, set[str]], Target]] = {
        "module": _module,
        "function": _function,
        "optimizer": _optimizer,
        "training": _training,
    }
    way = ways.get(probe["kind"])
    if way is None:
        raise NotFoundError("missing", f"there is no {probe['names'][0]}")
    return way(context, probe, named)


def _free(context: Context, named: set[str]) -> dict[str, Any]:
    """The student's variables that no probe names, each object under its first name."""
    taken = {id(context.space[name]) for name in named if name in context.space}
    found: dict[int, tuple[str, Any]] = {}
    for name, value in list(context.space.items()):
        if not name.startswith("_") and id(value) not in taken:
            found.setdefault(id(value), (name, value))
    return dict(found.values())


def _only(probe: Probe, fitting: Iterable[tuple[str, Any]]) -> Target:
    fits = list(fitting)
    if len(fits) == 1:
        return Target(probe["name"], *fits[0], how="fallback")
    if not fits:
        raise NotFoundError("missing", f"there is no {probe['name']} and nothing that fits")
    names = ", ".join(name for name, _ in fits)
    raise NotFoundError("ambiguous", f"there is no {probe['name']}; several fit: {names}")


def _written_here(value: Any) -> bool:
    return type(value) is FunctionType and value.__module__ == "__main__"


def _module(context: Context, probe: Probe, named: set[str]) -> Target:
    modules = {n: v for n, v in _free(context, named).items() if is_module(v)}
    wanted = probe["class_name"]
    instances = [(n, v) for n, v in modules.items() if wanted and kind(v) == wanted]
    if len(instances) == 1:
        return _only(probe, instances)
    fits = instances or [(n, v) for n, v in modules.items() if _accepts(context, probe, v)]
    if len(fits) == 1:
        return _only(probe, fits)
    made = context.space.get(wanted) if wanted else None
    if is_a(made, type) and is_module_class(made):
        return Target(probe["name"], wanted, made(), how="constructed")
    return _only(probe, fits)


def is_module_class(value: Any) -> bool:
    """Whether it is a subclass of `torch.nn.Module`."""
    torch = torch_or_none()
    return torch is not None and type.__subclasscheck__(torch.nn.Module, value)


def _accepts(context: Context, probe: Probe, module: Any) -> bool:
    try:
        output = output_of(module, context.array(probe["inputs"]))
    except Interrupted:
        raise
    except BaseException:  # it does not fit
        return False
    batch = context.inputs[probe["inputs"]].shape[0]
    return output.shape == (batch, probe["outputs"])


def _function(context: Context, probe: Probe, named: set[str]) -> Target:
    if probe["fits"] is None:
        raise NotFoundError("missing", f"there is no {probe['name']}")
    candidates = [
        (name, value)
        for name, value in _free(context, named).items()
        if _written_here(value) or (callable(value) and is_module(value))
    ]
    return _only(probe, [(n, v) for n, v in candidates if _gives(context, probe, v)])


def _gives(context: Context, probe: Probe, function: Any) -> bool:
    """Whether the result of the first call looks like what the probe wants."""
    try:
        result, arguments = first_result(context, probe, function)
        shape = numbers(result).shape
        if probe["fits"] == "like_first_argument":
            return shape == numbers(arguments[0]).shape
        differentiable = is_tensor(result) and result.requires_grad
        return shape in ((), (1,)) and (differentiable or not probe["gradients"])
    except Interrupted:
        raise
    except (NotAnArrayError, Exception, SystemExit, KeyboardInterrupt):
        return False


def _optimizer(context: Context, probe: Probe, named: set[str]) -> Target:
    mine = {id(tensor) for tensor in parameters_of(context.model(probe["model"]))}
    optimizers = {id(value) for value in optimizers_in(context.space)}
    fits = [
        (name, value)
        for name, value in _free(context, named).items()
        if id(value) in optimizers and any(id(t) in mine for t in held_by(value))
    ]
    return _only(probe, fits)


def _training(context: Context, probe: Probe, named: set[str]) -> Target:
    fits = [
        (name, value)
        for name, value in _free(context, named).items()
        if _written_here(value) and value.__code__.co_argcount == _PARAMETERS
    ]
    return _only(probe, fits)
