"""Cut-down data sets: the first images of a full one, for rehearsals that take minutes.

They lie in the full set's layout with headers of their own, so that torchvision reads them as the
full set: it looks whether the raw files are there, not what they hold.
"""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from grader.data.idx import write_idx
from grader.data.interface import Dataset, RawFile, Split
from grader.data.place import examine, make_folder, put
from grader.data.store import DataStore
from grader.errors import DataError


def cut(full: DataStore, names: Sequence[str], sizes: Mapping[str, int], root: Path) -> DataStore:
    """A store of cut-down sets, with the names of the full ones.

    Args:
        full: where the full sets lie, verified as they are read.
        names: sets to be had.
        sizes: how many images of a split are kept, such as ``mnist/train``; all of the others.
        root: made where it is not there; a folder of its own for each choice of sizes.

    Raises:
        DataError: a set or a split is unknown, missing or altered, holds fewer images, or the
            folder cannot be written.
    """
    splits = {f"{name}/{part}" for name in names for part in full.dataset(name).splits}
    if unknown := sorted(sizes.keys() - splits):
        raise DataError(f"cannot cut {', '.join(unknown)}: expected some of {sorted(splits)}")
    try:
        make_folder(root)
        # Beside it, not within: a run that reads the data could hold the lock.
        with FileLock(root.with_name(f".{root.name}.lock")):
            datasets = [_cut(full, name, sizes, root) for name in names]
    except OSError as error:
        raise DataError(f"cut-down data cannot be written to {root}: {error}") from error
    return DataStore(root, datasets, sources=())


def _cut(full: DataStore, name: str, sizes: Mapping[str, int], root: Path) -> Dataset:
    """The set as it is cut down, with its files in place."""
    dataset = full.dataset(name)
    splits = dict(dataset.splits)
    folder = make_folder(root, dataset.folder)
    for part, split in splits.items():
        whole = full.load(f"{name}/{part}")
        count = sizes.get(f"{name}/{part}", len(whole.labels))
        if not 0 < count <= len(whole.labels):
            raise DataError(
                f"{name}/{part} has {len(whole.labels)} images, {count} cannot be kept of them"
            )
        splits[part] = Split(
            images=_placed(split.images, whole.images[:count], folder),
            labels=_placed(split.labels, whole.labels[:count].astype(np.uint8), folder),
        )
    return replace(dataset, splits=splits)


def _placed(file: RawFile, array: NDArray[np.uint8], folder: Path) -> RawFile:
    """The cut-down file; written unless it is there."""
    data = write_idx(array)
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    made = replace(file, md5=digest, size=len(data), shape=array.shape)
    target = folder / file.name
    if examine(target, made).status != "ok":
        with tempfile.TemporaryDirectory(prefix=".cutting-", dir=folder) as scratch:
            draft = Path(scratch) / file.name
            draft.write_bytes(data)
            put(draft, target)
    return made
