"""Answers that many ask for and that may be a moment old: each is worked out once."""

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Fresh(Generic[Key, Value]):
    """Values by key, each good for some seconds. There must be few keys: none is dropped."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[Key, tuple[float, Value]] = {}
        self._lock = Lock()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value, made anew where it is too old; whoever comes meanwhile waits for it."""
        with self._lock:
            found = self._known.get(key)
            if found is not None and monotonic() - found[0] < self._seconds:
                return found[1]
            value = make()
            self._known[key] = (monotonic(), value)
            return value
