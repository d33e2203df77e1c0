"""Stored runs, so that a regrade runs nothing."""

from grader.store.memo import FileMemo
from grader.store.run_folder import MEMO, RUN, StoredRun, load, save

__all__ = ["MEMO", "RUN", "FileMemo", "StoredRun", "load", "save"]
