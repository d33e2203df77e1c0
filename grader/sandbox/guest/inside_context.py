"""What every probe needs: the notebook's variables, the hidden inputs, and who is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inside_values import is_a, torch_or_none
from numpy import array, ndarray
from shared_text import short

Probe = Mapping[str, Any]
Answer = dict[str, Any]
Tensors = dict[str, ndarray]


@dataclass(frozen=True)
class Target:
    """The object that a probe examines, and how it was found."""

    asked: str
    used: str
    value: Any
    how: str = "name"

    def found(self) -> Mapping[str, str]:
        """The `Found` record."""
        return {"asked": short(self.asked), "used": short(self.used), "how": self.how}


class WrongTypeError(Exception):
    """The object is not of the kind that the probe asks about."""


@dataclass
class Context:
    """Shared by all probes of a run."""

    space: dict[str, Any]
    """The notebook's variables."""
    inputs: Mapping[str, ndarray]
    seed: int
    cap: int
    """Bytes that the arrays of one answer may have."""
    models: dict[str, Any] = field(default_factory=dict)
    """Modules found under another name than the exercise's."""

    def array(self, key: str) -> ndarray:
        """A fresh copy of a hidden array."""
        return array(self.inputs[key])

    def model(self, name: str) -> Any:
        """The module of that name, or the one found in its place; None where there is none."""
        return self.space.get(name, self.models.get(name))

    def device(self) -> Any:
        """The notebook's ``device`` where that names one that works, else the CPU."""
        torch = torch_or_none()
        wanted = self.space.get("device")
        if is_a(wanted, (str, torch.device)):
            try:
                device = torch.device(wanted)
                torch.zeros(1, device=device)
            except (RuntimeError, AssertionError):
                return torch.device("cpu")
            return device
        return torch.device("cpu")
