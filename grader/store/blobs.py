"""Files of the service under a URL: a folder, or an object store such as S3.

Everything is written whole under a name that says what it is, and never changed.
"""

import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem
from fsspec.spec import AbstractFileSystem

from grader.errors import StoreError
from grader.scratch import scratch
from grader.store.memo import read_memo
from grader.store.run_folder import MEMO, StoredRun, load, save

DRAFT = ".draft"
"""What a killed writer leaves in a folder ends so."""
MAX_RUN = 512 * 1024**2
"""Of a packed run; what a run may hold is bounded far below."""


@dataclass(frozen=True)
class Kept:
    """A run that is kept.

    Attributes:
        run: what was sent, and what it yielded.
        memo: measurements of its weights, by content: judging it again measures nothing twice.
    """

    run: StoredRun
    memo: Mapping[str, dict[str, Any]] = field(default_factory=dict)


class Blobs:
    """Notebooks by digest, runs by id."""

    def __init__(self, url: str) -> None:
        """Reach nothing yet. `url`: any that fsspec knows, such as ``file:///srv/grader``."""
        self._url = url

    def put_notebook(self, sha256: str, data: bytes) -> None:
        """Keep a notebook; once is enough for the same bytes. Raises StoreError."""
        self._put(f"notebooks/{sha256[:2]}/{sha256}.ipynb", data)

    def notebook(self, sha256: str) -> bytes:
        """The notebook of that digest. Raises StoreError."""
        return self._get(f"notebooks/{sha256[:2]}/{sha256}.ipynb")

    def put_run(self, identity: str, kept: Kept) -> None:
        """Keep a run. Raises StoreError."""
        packed = BytesIO()
        with scratch("pack") as folder:
            save(folder / "run", kept.run)
            (folder / "run" / MEMO).write_text(json.dumps(kept.memo))
            with tarfile.open(fileobj=packed, mode="w") as tar:
                tar.add(folder / "run", arcname="run")
        self._put(_run(identity), packed.getvalue())

    def run(self, identity: str) -> Kept:
        """The run of that id. Raises StoreError."""
        data = self._get(_run(identity))
        with scratch("unpack") as folder:
            try:
                with tarfile.open(fileobj=BytesIO(data)) as tar:
                    _unpack(tar, folder)
            except (tarfile.TarError, ValueError) as error:
                raise StoreError(f"run {identity} cannot be unpacked: {error}") from error
            return Kept(load(folder / "run"), read_memo(folder / "run" / MEMO))

    def packed_run(self, identity: str) -> bytes:
        """The run as the tar file that it is kept as. Raises StoreError."""
        return self._get(_run(identity))

    def drop_run(self, identity: str) -> None:
        """Forget a run; nothing where there is none. Raises StoreError."""
        fs, root = self._open()
        with _named(f"run {identity} cannot be removed from {root}"), suppress(FileNotFoundError):
            fs.rm(f"{root}/{_run(identity)}")

    def runs_before(self, moment: datetime) -> Iterator[str]:
        """Ids of the runs that were written before that moment. Raises StoreError."""
        fs, root = self._open()
        found = {}
        with _named(f"the runs in {root} cannot be listed"), suppress(FileNotFoundError):
            found = fs.find(f"{root}/runs", detail=True)
        for path, info in found.items():
            name = Path(str(path))
            if name.suffix == ".tar" and _written(info) < moment:
                yield name.stem

    def drop_drafts(self, before: datetime) -> int:
        """Remove what killed writers left in a folder; how many there were. Raises StoreError."""
        fs, root = self._open()
        if not isinstance(fs, LocalFileSystem):
            return 0
        dropped = 0
        for draft in Path(root).rglob(f".*{DRAFT}"):
            with suppress(FileNotFoundError):
                if draft.stat().st_mtime < before.timestamp():
                    draft.unlink()
                    dropped += 1
        return dropped

    def try_writing(self) -> None:
        """Write a little file and remove it again. Raises StoreError where that fails."""
        name = f"tried/{uuid4().hex}"
        self._put(name, b"is there room?")
        fs, root = self._open()
        with _named(f"{name} cannot be removed from {root}"):
            fs.rm(f"{root}/{name}")

    def _open(self) -> tuple[AbstractFileSystem, str]:
        """This thread's own view: fsspec keeps one for each, and a transaction belongs to one."""
        with _named(f"the files in {self._url} cannot be reached"):
            fs, root = fsspec.core.url_to_fs(self._url)
        return fs, str(root)

    def _put(self, name: str, data: bytes) -> None:
        fs, root = self._open()
        path = f"{root}/{name}"
        with _named(f"{name} cannot be stored in {root}"):
            if fs.exists(path):
                return
            if isinstance(fs, LocalFileSystem):
                _write_whole(Path(path), data)
            else:
                fs.pipe_file(path, data)  # object stores show nothing before all has come

    def _get(self, name: str) -> bytes:
        fs, root = self._open()
        with _named(f"{name} cannot be read from {root}"), fs.open(f"{root}/{name}", "rb") as file:
            data = bytes(file.read(MAX_RUN + 1))
        if len(data) > MAX_RUN:
            raise StoreError(f"{name}: found more than {MAX_RUN} bytes, expected less")
        return data


@contextmanager
def _named(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # each store has errors of its own: those of S3 are no OSError
        raise StoreError(f"{what}: {error}") from error


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside it and rename, so that the name never stands for a part; both reach the disk.

    Not by fsspec's transactions: these write into the folder for temporary files, and where that is
    another disk, what they rename is a copy in the making.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{uuid4().hex}{DRAFT}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    """Plain files and folders of a run, nothing else and nowhere else. Raises ValueError.

    Not by `extractall`, whose filters Debian's Python 3.11 does not have.
    """
    for member in tar:
        path = (folder / member.name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise ValueError(f"found {member.name!r}, expected a name below run/")
        if member.isdir():
            path.mkdir(exist_ok=True)
        elif (content := tar.extractfile(member) if member.isreg() else None) is not None:
            path.write_bytes(content.read())
        else:
            raise ValueError(f"found {member.name!r} of another kind, expected files and folders")


def _written(info: Mapping[str, Any]) -> datetime:
    """When a file was written: each file system has its own word for it."""
    found = info.get("mtime", info.get("LastModified", info.get("created")))
    if isinstance(found, datetime):
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(found or 0), UTC)


def _run(identity: str) -> str:
    return f"runs/{identity[:2]}/{identity}.tar"
