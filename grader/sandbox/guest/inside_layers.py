"""The layer table: which parts of a module ran, in which order, and what came out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inside_context import Answer
from inside_errors import safe_str
from inside_torch import own_tensors, submodules, uninitialized
from inside_values import is_tensor, kind
from shared_text import short

_MAX = 512
_MAX_DIMS = 8


class Layers:
    """Rows of the layer table, in the order in which layers run."""

    def __init__(self, root: Any) -> None:
        self._rows: list[Answer] = []
        self._ran: set[int] = set()
        self._open: dict[int, list[Answer]] = {}
        self._names = {
            id(module): (name or kind(module), module)
            for name, module in submodules(root)
            if not vars(module).get("_modules") or any(own_tensors(module, "_parameters"))
        }

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Take note of the forward passes made meanwhile."""
        handles = []
        for _, module in self._names.values():
            handles.append(module.register_forward_pre_hook(self._enter))
            handles.append(module.register_forward_hook(self._leave))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, module: Any, _: Any) -> None:
        if len(self._rows) < _MAX:
            row = self._row(module, counted=id(module) not in self._ran)
            self._ran.add(id(module))
            self._rows.append(row)
            self._open.setdefault(id(module), []).append(row)

    def _leave(self, module: Any, _: Any, output: Any) -> None:
        if rows := self._open.get(id(module)):
            row = rows.pop()
            if is_tensor(output):
                row["output_shape"] = tuple(output.shape)[:_MAX_DIMS]

    def _row(self, module: Any, *, counted: bool) -> Answer:
        tensors = [t for _, t in own_tensors(module, "_parameters") if not uninitialized(t)]
        return {
            "name": short(self._names[id(module)][0]),
            "type": short(kind(module)),
            "parameters": sum(t.numel() for t in tensors) if counted else 0,
            "output_shape": None,
            "settings": short(_settings(module)),
        }

    def rows(self) -> list[Answer]:
        """Those that ran, then those that hold parameters and did not."""
        idle = [
            self._row(module, counted=True)
            for key, (_, module) in self._names.items()
            if key not in self._ran and any(own_tensors(module, "_parameters"))
        ]
        return (self._rows + idle)[:_MAX]


def _settings(module: Any) -> str:
    try:
        return safe_str(module.extra_repr())
    except Exception:
        return ""
