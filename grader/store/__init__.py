"""Stored runs, so that a regrade runs nothing."""

from grader.store.asked import AskedDigests, StillValid, digests, still_valid
from grader.store.memo import FileMemo
from grader.store.run_folder import MEMO, RUN, StoredRun, load, require_usable, save

__all__ = [
    "MEMO",
    "RUN",
    "AskedDigests",
    "FileMemo",
    "StillValid",
    "StoredRun",
    "digests",
    "load",
    "require_usable",
    "save",
    "still_valid",
]
