"""The seam of the data sets: what a set consists of, and where its files may come from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from grader.domain.base import Frozen


@dataclass(frozen=True)
class RawFile:
    """One file of a data set, known before it is fetched.

    Attributes:
        name: file name, without a folder.
        md5: hex digest of its bytes.
        size: in bytes.
        shape: dimensions that its IDX header must state.
    """

    name: str
    md5: str
    size: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """Images with their labels, such as the test set."""

    images: RawFile
    labels: RawFile


@dataclass(frozen=True)
class Dataset:
    """A data set in torchvision's layout.

    Attributes:
        name: what `fetch` and `load` call it.
        folder: where its raw files lie below the root, such as ``MNIST/raw``.
        splits: name to files, such as ``test``.
        classes: labels are 0 to classes - 1.
    """

    name: str
    folder: str
    splits: Mapping[str, Split]
    classes: int

    @property
    def files(self) -> tuple[RawFile, ...]:
        """All its files."""
        return tuple(f for split in self.splits.values() for f in (split.images, split.labels))


class FileFinding(Frozen):
    """How one file of a data set stands."""

    path: Path
    status: Literal["ok", "missing", "altered"]
    found: str
    expected: str


class FetchProgress(Frozen):
    """How far one file has come."""

    source: str
    file: str
    done: int
    """Bytes."""
    total: int
    """Bytes that the file will have; those of its compressed form where that is what travels."""


OnProgress = Callable[[FetchProgress], None]


class SourceError(Exception):
    """A source cannot give the files now; the next one is asked. Never leaves `grader.data`."""


class Source(Protocol):
    """Somewhere that files of a data set come from. Its bytes are not trusted."""

    name: str

    def get(self, wanted: Sequence[RawFile], into: Path, on_progress: OnProgress) -> None:
        """Write the wanted files under their names into a folder; some of them is better than none.

        Raises:
            SourceError: nothing more can be had; what is in the folder may be incomplete.
        """
