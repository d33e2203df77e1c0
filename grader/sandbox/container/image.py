"""The image that containers run: the project's, or a skeleton into which this machine is bound.

The skeleton is a few kilobytes of empty folders, made here and imported: with the system's ``/usr``
and the Python environment bound into it read-only, a container is what a bubblewrap sandbox is, and
nothing is pulled or built. An image of the project's Dockerfile has both inside.
"""

import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.container.engine import Engine
from grader.sandbox.linux.layout import DATA, HOME, JOB, SYSTEM
from grader.sandbox.linux.slots import COUNT, FIRST_UID

REPOSITORY = "grader-skeleton"
SCRATCH = Path("/tmp")  # noqa: S108 - a folder of the image, not our file
FOLDERS = (SYSTEM, JOB, DATA, HOME, SCRATCH, *map(Path, ("/etc", "/proc", "/sys", "/dev", "/run")))
LINKS = {"lib": "usr/lib", "lib64": "usr/lib64", "bin": "usr/bin", "sbin": "usr/sbin"}


@dataclass(frozen=True)
class Image:
    """What to run.

    Attributes:
        name: as the engine knows it.
        python: the interpreter inside.
        machine: this machine's system and environment must be bound into it.
    """

    name: str
    python: Path
    machine: bool


def skeleton() -> bytes:
    """The skeleton's file system as a tar archive, the same bytes each time."""
    users = [f"student{n}:x:{FIRST_UID + n}:{FIRST_UID + n}::{HOME}:/bin/sh" for n in range(COUNT)]
    groups = [f"student{n}:x:{FIRST_UID + n}:" for n in range(COUNT)]
    files = {
        "etc/passwd": "\n".join(["root:x:0:0::/:/bin/false", *users, ""]),
        "etc/group": "\n".join(["root:x:0:", *groups, ""]),
    }
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for folder in FOLDERS:
            # runc 1.1 gives a tmpfs the mode of the image's folder, and podman gives it no owner.
            mode = 0o1777 if folder in {SCRATCH, HOME} else 0o755
            archive.addfile(_entry(str(folder).lstrip("/"), tarfile.DIRTYPE, mode))
        for name, target in LINKS.items():
            link = _entry(name, tarfile.SYMTYPE, 0o777)
            link.linkname = target
            archive.addfile(link)
        for name, text in files.items():
            entry = _entry(name, tarfile.REGTYPE, 0o644)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


def imported(engine: Engine) -> str:
    """The name of the skeleton in the engine; imported where it is not there yet.

    Raises:
        SandboxError: the engine refuses it.
    """
    content = skeleton()
    name = f"{REPOSITORY}:{hashlib.sha256(content).hexdigest()[:12]}"
    if engine.call("image", "inspect", name).ok:
        return name
    said = engine.call("import", "-", name, given=content)
    if not said.ok:
        raise SandboxError("image_refused", f"{engine.kind} import: {said.err}")
    return name


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, mode
    return entry
