"""Stored runs, so that a regrade runs nothing."""

from grader.store.asked import AskedDigests, StillValid, digests, still_valid
from grader.store.blobs import Blobs, Kept
from grader.store.files import UnreadableFileError, files_below, read_file
from grader.store.memo import FileMemo
from grader.store.run_folder import MEMO, RUN, StoredRun, load, require_usable, save

__all__ = [
    "MEMO",
    "RUN",
    "AskedDigests",
    "Blobs",
    "FileMemo",
    "Kept",
    "StillValid",
    "StoredRun",
    "UnreadableFileError",
    "digests",
    "files_below",
    "load",
    "read_file",
    "require_usable",
    "save",
    "still_valid",
]
