"""The libraries that are imported once, and what each run must set anew in its copy of them.

Everything here goes through `sys.modules`: what was not imported needs nothing.
"""

import gc
import importlib
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress

import warm_calls as calls


def load(modules: Iterable[str], variables: Mapping[str, str]) -> None:
    """Import the modules that there are, with the variables set, and nothing left to collect.

    Nothing may begin a thread here: no operation of torch, nothing of CUDA.
    """
    calls.keep_freed_memory(
        int(variables["MALLOC_MMAP_THRESHOLD_"]), int(variables["MALLOC_TRIM_THRESHOLD_"])
    )
    os.environ.update(variables)
    for name in modules:
        with suppress(ImportError):
            importlib.import_module(name)
    sys.path_importer_cache.clear()  # other folders are there inside
    gc.collect()
    gc.freeze()  # else a child's first collection writes to all of it, hence copies it


def settle(variables: Mapping[str, str], threads: int) -> None:
    """Make the libraries a new process's own: environment, randomness, caches, threads."""
    os.environ.clear()
    os.environ.update(variables)
    if tempfile := sys.modules.get("tempfile"):
        vars(tempfile)["tempdir"] = None
    if random := sys.modules.get("random"):
        random.seed()
    if numpy := sys.modules.get("numpy.random"):
        numpy.seed()
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(int.from_bytes(os.urandom(7), "little"))
        torch.set_num_threads(threads)
    if matplotlib := sys.modules.get("matplotlib"):
        for name in ("get_configdir", "get_cachedir"):  # they remember the parent's folders
            setattr(matplotlib, name, getattr(matplotlib, name).__wrapped__)
