"""Probe `DescribeModule`: the parameters in the order in which a forward pass touches them."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inside_context import Answer, Context, Probe, Target, Tensors, WrongTypeError
from inside_errors import raised
from inside_hidden import with_hidden_weights
from inside_layers import Layers
from inside_torch import kept, named_parameters, own_tensors, submodules, uninitialized
from inside_touches import touches_class
from inside_values import (
    NotAnArrayError,
    is_a,
    is_module,
    is_tensor,
    kind,
    raw,
    same,
    signed,
    torch_or_none,
)
from numpy import ndarray
from shared_text import short

_MAX = 512
_MAX_DIMS = 8
_deepcopy = copy.deepcopy


def _unwrapped(module: Any) -> Any:
    """The module inside a wrapper that computes the same: DataParallel, torch.compile."""
    torch = torch_or_none()
    while True:
        if is_a(module, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
            module = vars(module)["_modules"]["module"]
        elif kind(module) == "OptimizedModule" and "_orig_mod" in vars(module)["_modules"]:
            module = vars(module)["_modules"]["_orig_mod"]
        else:
            return module


def _ready(module: Any) -> Any:
    """The module itself; a copy where running it would initialise its lazy parameters."""
    parameters = [t for _, m in submodules(module) for _, t in own_tensors(m, "_parameters")]
    return _deepcopy(module) if any(uninitialized(t) for t in parameters) else module


def _fed(module: Any, inputs: ndarray) -> Any:
    """The inputs as the module takes them: on its device, in its precision."""
    torch = torch_or_none()
    tensor = torch.from_numpy(inputs)
    for _, parameter in named_parameters(module):
        if parameter.is_floating_point():
            if uninitialized(parameter):
                return tensor.to(parameter.device)
            return tensor.to(parameter.device, parameter.dtype)
    return tensor


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """Eval mode on every part, by the flag itself: `eval()` may be overridden."""
    parts = [(part, vars(part).get("training", True)) for _, part in submodules(module)]
    buffers = [
        b for part, _ in parts for _, b in own_tensors(part, "_buffers") if not uninitialized(b)
    ]
    for part, _ in parts:
        vars(part)["training"] = False
    try:
        with kept(buffers):
            yield
    finally:
        for part, training in parts:
            vars(part)["training"] = training


def output_of(module: Any, inputs: ndarray) -> ndarray:
    """What the module gives in eval mode for a batch of inputs.

    Raises:
        WrongTypeError: its result is no tensor of numbers.
        Exception: whatever the module raised.
    """
    torch = torch_or_none()
    with _evaluating(module), torch.no_grad():
        result = module(_fed(module, inputs))
    if not is_tensor(result):
        raise WrongTypeError(f"the model returned {kind(result)}, not a tensor")
    try:
        return signed(result)
    except NotAnArrayError as error:
        raise WrongTypeError(f"the model returned a tensor of {error}") from error


def describe(context: Context, probe: Probe, target: Target) -> tuple[Answer, Tensors]:
    """The `ModuleAnswer` and its arrays.

    Raises:
        WrongTypeError: the object is no module.
    """
    if not is_module(target.value):
        raise WrongTypeError(f"{target.used} is {kind(target.value)}, not a torch.nn.Module")
    module = _ready(_unwrapped(target.value))
    layers, order, tensors = Layers(module), {}, {}
    error, deterministic = None, True
    parameters = dict(named_parameters(module))
    mode = touches_class()({id(tensor) for tensor in parameters.values()})
    try:
        with mode, layers.watched():
            tensors["output"] = output_of(module, context.array(probe["inputs"]))
        again = output_of(module, context.array(probe["inputs"]))
        deterministic = same(tensors["output"], again)
    except Exception as problem:
        error = raised(problem)
    order = mode.order or _scripted(module, error)
    listed, arrays = _parameters(module, order, context.cap - 2 * _size(tensors))
    if error is None and all(entry["key"] for entry in listed):
        by_id = {id(tensor): tensor for tensor in parameters.values()}
        used = [by_id[key] for key in order]
        inputs = context.array(probe["inputs"])
        proof = with_hidden_weights(used, probe["seed"], lambda: output_of(module, inputs))
        tensors.update({} if proof is None else {"hidden_output": proof})
    answer = {
        "kind": "module",
        "class_name": short(kind(module)),
        "parameters": listed,
        "layers": layers.rows(),
        "parameter_count": _count(module),
        "error": error,
        "deterministic": deterministic,
    }
    return answer, {**tensors, **arrays}


def _size(tensors: Tensors) -> int:
    return sum(tensor.nbytes for tensor in tensors.values())


def _scripted(module: Any, error: object) -> dict[int, None]:
    """A compiled script touches its parameters out of sight: then all of them count as used."""
    torch = torch_or_none()
    if error is None and is_a(module, torch.jit.ScriptModule):
        return {id(tensor): None for _, tensor in named_parameters(module)}
    return {}


def _count(module: Any) -> int:
    tensors = [t for _, t in named_parameters(module) if not uninitialized(t)]
    return sum(tensor.numel() for tensor in tensors if tensor.requires_grad)


def _parameters(module: Any, order: dict[int, None], cap: int) -> tuple[list[Answer], Tensors]:
    """The parameters, touched ones first, and their values where all of them fit."""
    names = {id(tensor): (name, tensor) for name, tensor in named_parameters(module)}
    keys = [*order, *(key for key in names if key not in order)]
    listed = [(key, *names[key]) for key in keys if not uninitialized(names[key][1])][:_MAX]
    fits = sum(t.numel() * t.element_size() for _, _, t in listed) <= cap
    records, arrays = [], {}
    for number, (key, name, tensor) in enumerate(listed):
        sent = None
        if fits and tensor.dim() <= _MAX_DIMS:
            sent = f"parameter.{number}"
            arrays[sent] = raw(tensor)
        record = {
            "name": short(name),
            "shape": tuple(tensor.shape)[:_MAX_DIMS],
            "key": sent,
            "used": key in order,
            "trainable": bool(tensor.requires_grad),
        }
        records.append(record)
    return records, arrays
