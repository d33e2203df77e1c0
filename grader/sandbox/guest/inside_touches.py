"""Notes in which order a forward pass computes with a module's parameters."""

from functools import cache
from typing import Any

from inside_values import torch_or_none

_VALUE_GETTERS = ("T", "mT", "H", "mH", "data", "real", "imag")
# fmt: off
_LOOKS = frozenset({
    "size", "dim", "numel", "stride", "nelement", "element_size", "is_floating_point",
    "is_complex", "is_contiguous", "storage_offset", "data_ptr", "get_device", "__len__",
    "__hash__", "__repr__", "type_as", "new_zeros", "new_ones", "new_full", "new_empty",
    "new_tensor", "zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like",
    "requires_grad_", "backward", "register_hook",
})
# fmt: on
"""Functions that look at a tensor without computing with its values."""


@cache
def touches_class() -> type:
    """A torch function mode that notes which of the given tensors are computed with, in order."""
    torch = torch_or_none()

    class Touches(torch.overrides.TorchFunctionMode):
        def __init__(self, wanted: set[int]) -> None:
            super().__init__()
            self.wanted = wanted
            self.order: dict[int, None] = {}

        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = kwargs or {}
            if not _only_looks(func):
                self._note((*args, *kwargs.values()), 0)
            return func(*args, **kwargs)

        def _note(self, values: Any, depth: int) -> None:
            for value in values:
                if id(value) in self.wanted:
                    self.order.setdefault(id(value))
                elif type(value) in (list, tuple) and depth < 3:
                    self._note(value, depth + 1)

    return Touches


def _only_looks(func: Any) -> bool:
    name = getattr(func, "__name__", "")
    if name == "__get__":
        return getattr(getattr(func, "__self__", None), "__name__", "") not in _VALUE_GETTERS
    return name in _LOOKS or name == "__set__"
