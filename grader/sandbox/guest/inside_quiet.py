"""Leaves no trace: what a notebook left behind does not reach a probe, nor a probe the notebook.

`steady` holds for a whole request: our own code needs it too. `quiet` holds for one probe.
"""

import builtins
import io
import os
import random
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from zlib import crc32

import numpy as np
from inside_torch import torch_quiet
from inside_values import torch_or_none

_BUILTINS = dict(vars(builtins))
_MIN_RECURSION, _MAX_RECURSION = 1_000, 20_000
_getcwd, _chdir = os.getcwd, os.chdir
_catch, _simple = warnings.catch_warnings, warnings.simplefilter
_errstate = np.errstate
_np_get, _np_set, _np_seed = np.random.get_state, np.random.set_state, np.random.seed
_get, _set, _seed = random.getstate, random.setstate, random.seed


class Sink(io.TextIOBase):
    """Takes every print and keeps none."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        """Swallow text."""
        return str.__len__(text)

    def writable(self) -> bool:
        """Yes."""
        return True


@contextmanager
def steady(answer_questions: object) -> Iterator[None]:
    """The interpreter as it was before the notebook changed it."""
    with ExitStack() as stack:
        stack.enter_context(_own_builtins({**_BUILTINS, "input": answer_questions}))
        stack.enter_context(_no_output())
        stack.enter_context(_own_interpreter())
        yield


@contextmanager
def _own_builtins(wanted: Mapping[str, object]) -> Iterator[None]:
    space = vars(builtins)
    missing = object()
    changed = {
        name: space.get(name, missing)
        for name, value in wanted.items()
        if space.get(name, missing) is not value
    }
    space.update(wanted)
    try:
        yield
    finally:
        for name, value in changed.items():
            if value is missing:
                space.pop(name, None)
            else:
                space[name] = value


@contextmanager
def _no_output() -> Iterator[None]:
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = Sink()
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextmanager
def _own_interpreter() -> Iterator[None]:
    depth, tracer, profiler = sys.getrecursionlimit(), sys.gettrace(), sys.getprofile()
    sys.settrace(None)
    sys.setprofile(None)
    _limit_recursion(min(max(depth, _MIN_RECURSION), _MAX_RECURSION))
    try:
        yield
    finally:
        _limit_recursion(depth)
        sys.settrace(tracer)
        sys.setprofile(profiler)


def _limit_recursion(depth: int) -> None:
    with suppress(RecursionError):  # too low for where we stand: it stays as it is
        sys.setrecursionlimit(depth)


def mixed(seed: int, label: str) -> int:
    """A 32-bit seed of its own for each probe."""
    return crc32(label.encode("utf-8", "replace"), seed & 0xFFFFFFFF)


@contextmanager
def quiet(space: Mapping[str, Any], seed: int) -> Iterator[None]:
    """One probe: seeded, without warnings and numpy errors, and everything put back after it."""
    with ExitStack() as stack:
        stack.enter_context(_own_folder())
        stack.enter_context(_own_random(seed))
        stack.enter_context(_catch())
        _simple("ignore")
        stack.enter_context(_errstate(all="ignore"))
        stack.enter_context(_own_figures())
        if torch_or_none() is not None:
            stack.enter_context(torch_quiet(space, seed))
        yield


@contextmanager
def _own_folder() -> Iterator[None]:
    try:
        before = _getcwd()
    except OSError:  # it was deleted
        before = None
    try:
        yield
    finally:
        if before is not None:
            with suppress(OSError):
                _chdir(before)


@contextmanager
def _own_random(seed: int) -> Iterator[None]:
    state, numpy_state = _get(), _np_get()
    _seed(seed)
    _np_seed(seed)
    try:
        yield
    finally:
        _set(state)
        _np_set(numpy_state)


@contextmanager
def _own_figures() -> Iterator[None]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    before = set(pyplot.get_fignums()) if pyplot else set()
    try:
        yield
    finally:
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            for number in set(pyplot.get_fignums()) - before:
                pyplot.close(number)
