"""An image with a Python and nothing else, made of this machine's files: no registry is needed."""

import io
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from grader.sandbox.container.engine import Engine
from grader.sandbox.container.image import LINKS, PYTHON

BASE = Path("/usr/bin/python3.11")
SHELL = Path("/bin/sh")
LIBRARY = Path("/usr/lib/python3.11")
_LEFT_OUT = {"__pycache__", "dist-packages", "test", "idlelib", "ensurepip", "lib2to3"}
_FOLDERS = {"tmp": 0o1777, "home/student": 0o1777, "job": 0o755, "data": 0o755, "etc": 0o755}


def archive() -> bytes:
    """The file system of an image as the project's Dockerfile makes it, without its libraries."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", dereference=False) as tar:
        for name, mode in _FOLDERS.items():
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
        for name, target in {**LINKS, str(PYTHON).lstrip("/"): str(BASE)}.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
        programs = (BASE, SHELL, *LIBRARY.glob("lib-dynload/*.so"))
        for file in {BASE, SHELL.resolve(), *_libraries(programs)}:
            tar.add(file.resolve(), str(file).lstrip("/"))
        tar.add("/usr/bin/dash", "usr/bin/sh")
        tar.add(LIBRARY, str(LIBRARY).lstrip("/"), filter=_wanted)
    return made.getvalue()


def _wanted(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if _LEFT_OUT & set(Path(entry.name).parts) else entry


def _libraries(programs: tuple[Path, ...]) -> Iterator[Path]:
    told = subprocess.run(
        ["ldd", *map(str, programs)], capture_output=True, text=True, check=True
    ).stdout
    for path in re.findall(r"(/\S+\.so\S*) \(0x", told):
        # The loader finds them below /usr, to which /lib and /lib64 lead.
        yield Path(path if path.startswith("/usr") else f"/usr{path}")


def load(engine: Engine, name: str) -> None:
    """Import it into the engine under that name."""
    said = engine.call("import", "-", name, given=archive())
    assert said.ok, said.err
