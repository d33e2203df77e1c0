"""Probe `ReadVariables`: arrays that the notebook left in its variables."""

from inside_context import Answer, Context, Probe, Target, Tensors
from inside_values import NotAnArrayError, dtype_of, kind, numbers
from shared_text import short

_MAX_DIMS = 8


def read(context: Context, probe: Probe, target: Target) -> tuple[Answer, Tensors]:  # noqa: ARG001 - every probe has the target
    """The `VariablesAnswer` and its arrays."""
    seen: list[Answer] = []
    tensors: Tensors = {}
    for name in probe["names"]:
        if name not in context.space:
            continue
        value = context.space[name]
        entry: Answer = {
            "name": short(name),
            "type": short(kind(value)),
            "dtype": short(dtype_of(value)),
        }
        try:
            array = numbers(value)
        except NotAnArrayError:
            array = None
        if array is not None and array.ndim <= _MAX_DIMS:
            entry |= {"key": name, "shape": array.shape}
            tensors[name] = array
        seen.append(entry)
    return {"kind": "variables", "variables": seen}, tensors
