"""Data sets: find, fetch, verify, cut down."""

from grader.data.cutting import cut
from grader.data.interface import (
    Dataset,
    FetchProgress,
    FileFinding,
    OnProgress,
    RawFile,
    Source,
    SourceError,
    Split,
)
from grader.data.mnist import MNIST
from grader.data.store import DataStore

__all__ = [
    "MNIST",
    "DataStore",
    "Dataset",
    "FetchProgress",
    "FileFinding",
    "OnProgress",
    "RawFile",
    "Source",
    "SourceError",
    "Split",
    "cut",
]
