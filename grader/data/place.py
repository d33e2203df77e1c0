"""Checking a file's bytes and putting them into place so that a wrong one is never seen."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from grader.data.interface import FileFinding, RawFile

CHUNK = 1024 * 1024
FILE_MODE = 0o644
FOLDER_MODE = 0o755
READABLE = 0o444


def examine(path: Path, file: RawFile) -> FileFinding:
    """How the file at a path compares with what it must be; reads no more than its right size."""
    expected = f"{file.size} bytes, md5 {file.md5}"
    if not path.is_file():
        found = "something that is no file" if path.exists() else "no file"
        status = "altered" if path.exists() else "missing"
        return FileFinding.model_validate(
            {"path": path, "status": status, "found": found, "expected": expected}
        )
    size = path.stat().st_size
    found = f"{size} bytes"
    if size == file.size:
        digest = md5_of(path)
        found += f", md5 {digest}"
        if digest == file.md5:
            return FileFinding(path=path, status="ok", found=found, expected=expected)
    return FileFinding(path=path, status="altered", found=found, expected=expected)


def md5_of(path: Path) -> str:
    """Hex digest of a file. MD5, since that is what the data sets are published with."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def make_folder(root: Path, below: str = "") -> Path:
    """Make a folder below the root, each level readable for all whatever the umask.

    A sandbox reads the data under another user id.
    """
    folder = root
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)
    for part in Path(below).parts:
        folder = folder / part
        folder.mkdir(exist_ok=True)
        folder.chmod(FOLDER_MODE)
    return folder


def put(checked: Path, target: Path) -> None:
    """Move a checked file under its final name in one step, readable for all.

    Both lie on one file system. The bytes reach the disk first: a power cut must not leave a file
    of the right name and size without its content.
    """
    with checked.open("rb") as stream:
        os.fsync(stream.fileno())
    share([checked])
    checked.replace(target)


def is_shared(paths: Iterable[Path]) -> bool:
    """Whether all these files are readable for all."""
    return all(path.stat().st_mode & READABLE == READABLE for path in paths)


def share(paths: Iterable[Path]) -> None:
    """Make those of the files that exist readable for all, such as files that were put by hand."""
    for path in paths:
        if path.is_file():
            path.chmod(FILE_MODE)
