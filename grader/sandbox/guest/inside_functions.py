"""Probe `CallFunction`: what a function gives on hidden arrays."""

from typing import Any

from inside_context import Answer, Context, Probe, Target, Tensors, WrongTypeError
from inside_errors import raised
from inside_signals import Interrupted
from inside_torch import weights_kept
from inside_values import NotAnArrayError, dtype_of, is_tensor, kind, numbers, raw, same
from numpy import ndarray
from shared_text import short


def call(context: Context, probe: Probe, target: Target) -> tuple[Answer, Tensors]:
    """The `FunctionAnswer` and its arrays.

    Raises:
        WrongTypeError: the object cannot be called.
        Interrupted: it hung on the first call already.
    """
    if not callable(target.value):
        raise WrongTypeError(f"{target.used} is {kind(target.value)}, which cannot be called")
    calls: list[Answer] = []
    tensors: Tensors = {}
    for number, each in enumerate(probe["calls"]):
        if calls and calls[-1].get("timed_out"):
            calls.append({"timed_out": True})  # one that hung once is not waited for again
            continue
        try:
            with weights_kept(context.space):
                answer, arrays = _one(context, probe, target.value, each["args"])
        except Interrupted:
            if not calls:
                raise
            answer, arrays = {"timed_out": True}, {}
        keys = {name: f"{name}.{number}" for name in arrays}
        tensors |= {keys[name]: array for name, array in arrays.items()}
        calls.append({**answer, **keys})
    answer = {"kind": "function", "type": short(kind(target.value)), "calls": calls}
    return answer, tensors


def first_result(context: Context, probe: Probe, function: Any) -> tuple[Any, list[Any]]:
    """What the function gives on the probe's first call, and what it was given."""
    arguments = _arguments(context, probe, probe["calls"][0]["args"])
    with weights_kept(context.space):
        return function(*arguments), arguments


def _arguments(context: Context, probe: Probe, keys: list[str]) -> list[Any]:
    values = [context.array(key) for key in keys]
    if probe["arrays"] != "torch":
        return [value.item() if value.ndim == 0 else value for value in values]
    import torch

    device = context.device()
    given = [v.item() if v.ndim == 0 else torch.from_numpy(v).to(device) for v in values]
    if probe["gradients"] and is_tensor(given[0]) and given[0].is_floating_point():
        given[0].requires_grad_()
    return given


def _one(context: Context, probe: Probe, function: Any, keys: list[str]) -> tuple[Answer, Tensors]:
    """One `CallAnswer`: two calls on fresh copies, compared; its arrays by the field's name."""
    arguments = _arguments(context, probe, keys)
    try:
        value = function(*arguments)
        result = _numbers(value)
        changed = _changed(context, keys, arguments)
        gradient = _gradient(value, arguments[0]) if probe["gradients"] else None
    except Exception as error:
        changed = _changed(context, keys, arguments)
        return {"error": raised(error), "changed_input": changed}, {}
    except (SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        return {"error": raised(error)}, {}
    answer: Answer = {
        "type": short(kind(value)),
        "dtype": short(dtype_of(value)),
        "changed_input": changed,
        "repeatable": _repeats(context, probe, function, keys, result),
    }
    both = {"key": result, "gradient": gradient}
    return answer, {name: array for name, array in both.items() if array is not None}


def _numbers(value: Any) -> ndarray | None:
    try:
        return numbers(value)
    except NotAnArrayError:
        return None


def _changed(context: Context, keys: list[str], arguments: list[Any]) -> bool:
    """Whether an argument was written to."""
    try:
        return any(
            not same(raw(argument), context.array(key))
            for key, argument in zip(keys, arguments, strict=True)
        )
    except Exception:  # it cannot even be read any more
        return True


def _gradient(value: Any, argument: Any) -> ndarray | None:
    """The gradient of a scalar result with respect to the first argument."""
    import torch

    if not is_tensor(value) or value.numel() != 1 or not value.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(value.sum(), argument, retain_graph=True, allow_unused=True)
    return None if gradient is None else _numbers(gradient)


def _repeats(
    context: Context, probe: Probe, function: Any, keys: list[str], result: ndarray | None
) -> bool:
    try:
        return same(result, _numbers(function(*_arguments(context, probe, keys))))
    except Interrupted:
        raise
    except BaseException:  # it worked once
        return False
