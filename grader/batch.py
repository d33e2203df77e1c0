"""A class of notebooks: one report each, going on after a bad one, resuming where it stopped."""

import hashlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from grader.domain.assignment import Assignment
from grader.domain.base import Frozen
from grader.domain.report import ScoreReport
from grader.errors import GraderError, SubmissionError
from grader.notebook import MAX_FILE_BYTES
from grader.pipeline import grade, read, stored
from grader.reports import to_json
from grader.running import Bench
from grader.store import (
    MEMO,
    FileMemo,
    UnreadableFileError,
    files_below,
    read_file,
    save,
)

_log = logging.getLogger(__name__)

REPORT = "report.json"
EVIDENCE = "evidence"
GRADES = "grades.csv"
MISTAKES = "mistakes.csv"
COUNTED = "class.json"
MAX_KEY_BYTES = 120
"""Of a name in a folder of ours; systems take 255, and some of our files' names are longer."""


@dataclass(frozen=True)
class Entry:
    """One notebook of the class.

    Attributes:
        key: the name of its results: its path below the folder with ``__`` for each separator,
            and a piece of the path's hash where another notebook would get the same name.
        path: where it lies.
    """

    key: str
    path: Path


class Result(Frozen):
    """How one notebook went."""

    key: str
    report: ScoreReport | None
    code: str = ""
    """Why there is no report: a submission's code, or the class of our own failure."""
    error: str = ""
    ours: bool = False
    """The failure is ours: not a zero, run it again."""
    resumed: bool = False
    """The report was there already."""


def find(folder: Path) -> list[Entry]:
    """All notebooks below a folder, in the order of their paths; no checkpoints, no hidden ones."""
    paths = [
        path.relative_to(folder)
        for path in sorted(files_below(folder, "*.ipynb"))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return [Entry(key, folder / path) for path, key in _keys(paths).items()]


def _keys(paths: Sequence[Path]) -> dict[Path, str]:
    """A key of its own for each path; a name made to look like a marked key is marked as well.

    So are long names, which are cut, and those of the class's own files.
    """
    keys = {path: _short("__".join(path.with_suffix("").parts)) for path in paths}
    for start in range(0, 64, 8):
        times = Counter(keys.values()) + Counter((GRADES, MISTAKES, COUNTED))
        for path in [path for path, key in keys.items() if times[key] > 1]:
            digest = hashlib.sha256(os.fsencode(path)).hexdigest()
            keys[path] += f"-{digest[start : start + 8]}"
    return keys


def _short(key: str) -> str:
    """The key as it is, or cut and marked by its hash."""
    data = os.fsencode(key)
    if len(data) <= MAX_KEY_BYTES:
        return key
    start = data[:MAX_KEY_BYTES].decode(errors="ignore")
    return f"{start}-{hashlib.sha256(data).hexdigest()[:8]}"


@dataclass(frozen=True)
class Class:
    """What one batch runs.

    Attributes:
        out: a folder for each notebook is made in it.
        bench: makes the bench of one notebook, with its memo's file.
        finish: called with the folder and the report of each newly graded notebook (renders it).
    """

    assignment: Assignment
    out: Path
    bench: Callable[[FileMemo], Bench]
    finish: Callable[[Path, ScoreReport], None]


def grade_class(entries: Sequence[Entry], group: Class, workers: int) -> Generator[Result]:
    """Grade all, `workers` at once; yields as they finish.

    A finished notebook (same bytes, same assignment version, nothing of ours broke) is not run
    again. Closing the iterator early starts no further notebook.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="grade")
    try:
        waiting: list[Future[Result]] = [pool.submit(_one, entry, group) for entry in entries]
        for done in as_completed(waiting):
            yield done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _one(entry: Entry, group: Class) -> Result:
    folder = group.out / entry.key
    try:
        data = read_file(entry.path, MAX_FILE_BYTES)
        if (report := _finished(folder, data, group.assignment)) is not None:
            return Result(key=entry.key, report=report, resumed=True)
        submission = read(group.assignment, data, entry.path.name)
        folder.mkdir(parents=True, exist_ok=True)
        graded = grade(group.assignment, submission, group.bench(FileMemo(folder / MEMO)))
        save(folder / EVIDENCE, stored(group.assignment, data, graded))
        if (folder / MEMO).exists():
            (folder / MEMO).replace(folder / EVIDENCE / MEMO)
        group.finish(folder, graded.report)
        (folder / REPORT).write_text(to_json(graded.report))
    except UnreadableFileError as error:
        return Result(key=entry.key, report=None, code="not_a_file", error=str(error))
    except SubmissionError as error:
        return Result(key=entry.key, report=None, code=error.code, error=str(error))
    except (GraderError, OSError) as error:
        return _ours(entry, error)
    except Exception as error:  # noqa: BLE001 - ours; the others are graded all the same
        _log.exception("grading %s broke", entry.path)
        return _ours(entry, error)
    return Result(key=entry.key, report=graded.report)


def _ours(entry: Entry, error: Exception) -> Result:
    code = str(getattr(error, "code", type(error).__name__))
    return Result(key=entry.key, report=None, code=code, error=str(error), ours=True)


def _finished(folder: Path, data: bytes, assignment: Assignment) -> ScoreReport | None:
    try:
        report = ScoreReport.model_validate_json((folder / REPORT).read_bytes())
    except (OSError, ValidationError):
        return None
    same = (
        report.submission.sha256 == hashlib.sha256(data).hexdigest()
        and report.assignment == assignment.id
        and report.assignment_version == assignment.version
        and report.status == "graded"
    )
    return report if same else None
