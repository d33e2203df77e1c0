"""Fetching: ask the sources in turn, and put into place what has the right digest."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from grader.data.interface import Dataset, OnProgress, RawFile, Source, SourceError
from grader.data.place import examine, make_folder, put, share
from grader.errors import DataError

FETCHING = ".fetching-"


def fetch_into(
    root: Path, dataset: Dataset, sources: Sequence[Source], on_progress: OnProgress
) -> None:
    """Fetch what is missing or altered; the caller holds the lock of the data set.

    Raises:
        DataError: a file is still missing after the last source.
        OSError: the folder cannot be written.
    """
    for left_over in root.glob(f"{FETCHING}{dataset.name}-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    folder = make_folder(root, dataset.folder)
    problems: list[str] = []
    for source in sources:
        wanted = _wrong(dataset, folder)
        if not wanted:
            break
        with tempfile.TemporaryDirectory(prefix=f"{FETCHING}{dataset.name}-", dir=root) as scratch:
            problems += _fetch_from(source, wanted, Path(scratch), folder, on_progress)
    share(folder / file.name for file in dataset.files)
    if wrong := _wrong(dataset, folder):
        tried = "; ".join(problems) or "no source is set up"
        missing = ", ".join(file.name for file in wrong)
        raise DataError(
            f"{dataset.name} could not be fetched, still missing: {missing} ({tried}). "
            f"Check the network, or put the raw files into {folder}, "
            f"then run `grader data fetch {dataset.name}`"
        )


def _wrong(dataset: Dataset, folder: Path) -> list[RawFile]:
    return [f for f in dataset.files if examine(folder / f.name, f).status != "ok"]


def _fetch_from(
    source: Source, wanted: Sequence[RawFile], scratch: Path, folder: Path, on_progress: OnProgress
) -> list[str]:
    """Ask one source and move what is right into place; returns what went wrong."""
    problems = []
    try:
        source.get(wanted, scratch, on_progress)
    except SourceError as error:
        problems.append(f"{source.name}: {error}")
    for file in wanted:
        finding = examine(scratch / file.name, file)
        if finding.status == "ok":
            put(scratch / file.name, folder / file.name)
        elif finding.status == "altered":
            problems.append(
                f"{source.name}: {file.name} has {finding.found}, expected {finding.expected}"
            )
    return problems
