"""The image that containers run: the project's, or a skeleton into which this machine is bound.

The skeleton is a few kilobytes of empty folders, made here and imported: with the system's ``/usr``
and the Python environment bound into it read-only, a container is what a bubblewrap sandbox is, and
nothing is pulled or built. An image of the project's Dockerfile has both inside: then no file of
this machine is seen but the job's and the data's.

Nothing is pulled while a student waits, nor built: an image that is not there is our fault.
"""

import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.container.engine import Engine
from grader.sandbox.container.fault import refusal
from grader.sandbox.linux.layout import DATA, HOME, JOB, SYSTEM
from grader.sandbox.linux.slots import COUNT, FIRST_UID

REPOSITORY = "grader-skeleton"
PYTHON = Path("/opt/grader/bin/python")
"""The interpreter in an image of the project's Dockerfile."""
SCRATCH = Path("/tmp")  # noqa: S108 - a folder of the image, not our file
FOLDERS = (SYSTEM, JOB, DATA, HOME, SCRATCH, *map(Path, ("/etc", "/proc", "/sys", "/dev", "/run")))
LINKS = {"lib": "usr/lib", "lib64": "usr/lib64", "bin": "usr/bin", "sbin": "usr/sbin"}


@dataclass(frozen=True)
class Image:
    """What to run.

    Attributes:
        name: as the engine knows it.
        digest: of its content and settings, by which a container is made of exactly this one.
        python: the interpreter inside.
        machine: this machine's system and environment must be bound into it.
    """

    name: str
    digest: str
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


def chosen(engine: Engine, name: str | None, python: Path) -> Image:
    """The image of that name, or the skeleton, which is imported where it is not there yet.

    Args:
        engine: where it must be.
        name: None: the skeleton.
        python: this machine's interpreter, for the skeleton.

    Raises:
        SandboxError: it is not there, or the engine refuses the skeleton.
    """
    if name is None:
        return _imported(engine, python)
    digest = _digest(engine, name)
    if digest is None:
        raise SandboxError(
            "image_missing",
            f"{engine.kind} has no image {name}, which GRADER_IMAGE asks for: build it with"
            f" `ENGINE={engine.kind} scripts/image.sh {name}`, or pull it",
        )
    return Image(name, digest, PYTHON, machine=False)


def _imported(engine: Engine, python: Path) -> Image:
    content = skeleton()
    name = f"{REPOSITORY}:{hashlib.sha256(content).hexdigest()[:12]}"
    digest = _digest(engine, name)
    if digest is None:
        said = engine.call("import", "-", name, given=content)
        digest = _digest(engine, name)
        if digest is None:
            raise SandboxError("image_refused", f"{engine.kind} import: {said.err}")
    return Image(name, digest, python, machine=True)


def _digest(engine: Engine, name: str) -> str | None:
    """``sha256:...`` of an image; None where the engine does not know it."""
    said = engine.call("image", "inspect", "--format", "{{.Id}}", name)
    if not said.ok:
        error = refusal(said.err)
        if error.code == "image_missing":
            return None
        raise error
    found = said.out.decode(errors="replace").strip()
    return found if found.startswith("sha256:") else f"sha256:{found}"


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, mode
    return entry
