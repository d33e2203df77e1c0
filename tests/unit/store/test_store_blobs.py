"""What is kept is kept whole, or not at all."""

import os
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import fsspec
import httpx
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from moto.server import ThreadedMotoServer

from grader.domain.evidence import Evidence
from grader.domain.hidden import Hidden
from grader.domain.limits import Limits
from grader.domain.run import Environment, SandboxFacts, Stopped
from grader.errors import StoreError
from grader.store import Blobs, Kept, StoredRun

SHA = "ab" * 32


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3, with the bucket ``course``."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    httpx.put(f"{address}/course").raise_for_status()
    yield address
    server.stop()


@pytest.fixture(params=["file", "memory", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blobs:
    if request.param == "file":
        return Blobs(f"file://{tmp_path}")
    if request.param == "memory":
        return Blobs(f"memory://{uuid4().hex}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of the course")
    return Blobs(f"s3://course/{uuid4().hex}")


def test_a_notebook_comes_back_as_it_was(blobs: Blobs) -> None:
    blobs.put_notebook(SHA, b"{}")
    blobs.put_notebook(SHA, b"{}")
    assert blobs.notebook(SHA) == b"{}"


def test_what_is_not_there_is_told(blobs: Blobs) -> None:
    with pytest.raises(StoreError, match=f"{SHA}.ipynb cannot be read"):
        blobs.notebook(SHA)
    with pytest.raises(StoreError):
        blobs.run("0" * 32)
    blobs.drop_run("0" * 32)


def test_a_file_is_readable_by_whom_the_mask_says(tmp_path: Path) -> None:
    Blobs(f"file://{tmp_path}").put_notebook(SHA, b"{}")
    (found,) = tmp_path.rglob("*.ipynb")
    mask = os.umask(0)
    os.umask(mask)
    assert found.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    place = tmp_path / "tiny"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_on_a_full_disk_nothing_stands_under_the_name(tiny: Path) -> None:
    blobs = Blobs(f"file://{tiny}")
    with pytest.raises(StoreError, match="No space left"):
        blobs.put_notebook(SHA, bytes(100_000))
    assert [path for path in tiny.rglob("*") if path.is_file()] == []
    blobs.put_notebook(SHA, bytes(1000))
    assert blobs.notebook(SHA) == bytes(1000)


def test_a_folder_for_temporary_files_on_another_disk_is_not_used(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tiny))
    Blobs(f"file://{tmp_path / 'files'}").put_notebook(SHA, bytes(100_000))
    assert list(tiny.iterdir()) == []


def test_a_killed_writer_leaves_no_part_under_the_name(tmp_path: Path) -> None:
    code = f"""
import os
from grader.store import Blobs
os.fsync = lambda _: print("written", flush=True) or __import__("time").sleep(600)
Blobs("file://{tmp_path}").put_notebook("{SHA}", b"x" * 100)
"""
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"written\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate(timeout=30)
    blobs = Blobs(f"file://{tmp_path}")
    with pytest.raises(StoreError):
        blobs.notebook(SHA)
    blobs.put_notebook(SHA, b"y")
    assert blobs.notebook(SHA) == b"y"


def a_kept_run() -> Kept:
    evidence = Evidence(
        environment=Environment(),
        cells=(),
        answers=(),
        stopped=Stopped(reason="finished"),
        facts=SandboxFacts(sandbox="fake", seconds=1),
    )
    run = StoredRun(
        notebook=b"{}",
        name="n.ipynb",
        assignment="cnn",
        assignment_version="1",
        sha256=SHA,
        hidden=Hidden(seed="00"),
        limits=Limits(),
        asked={"a": "00"},
        evidence=evidence,
    )
    return Kept(run, {"weights": {"accuracy": 0.5}})


def test_a_run_comes_back_with_what_was_measured_of_it(blobs: Blobs) -> None:
    name = uuid4().hex
    blobs.put_run(name, a_kept_run())
    assert blobs.run(name) == a_kept_run()
    now = datetime.now(UTC)
    assert list(blobs.runs_before(now + timedelta(minutes=1))) == [name]
    assert list(blobs.runs_before(now - timedelta(minutes=1))) == []
    blobs.drop_run(name)
    assert list(blobs.runs_before(now + timedelta(minutes=1))) == []


@pytest.mark.parametrize("kind", ["above", "link", "no tar"])
def test_a_run_that_somebody_packed_otherwise_is_refused(tmp_path: Path, kind: str) -> None:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo("../above" if kind == "above" else "run")
        if kind == "link":
            member.type, member.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(member)
    data = b"no tar" if kind == "no tar" else packed.getvalue()
    name = "ab" * 16
    (tmp_path / "runs" / "ab").mkdir(parents=True)
    (tmp_path / "runs" / "ab" / f"{name}.tar").write_bytes(data)
    with pytest.raises(StoreError, match=f"run {name} cannot be unpacked"):
        Blobs(f"file://{tmp_path}").run(name)


class OutOfReachError(Exception):
    """As botocore's: no OSError."""


class Elsewhere(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
    """A store behind a network that is down."""

    protocol = "elsewhere"

    def _down(self, *_: object, **__: object) -> NoReturn:
        raise OutOfReachError("could not connect")

    exists = open = pipe_file = find = rm = _down


def test_a_store_out_of_reach_is_named_whatever_it_raises() -> None:
    fsspec.register_implementation("elsewhere", Elsewhere)
    blobs = Blobs("elsewhere://course")
    uses: tuple[Callable[[], object], ...] = (
        lambda: blobs.put_notebook(SHA, b"{}"),
        lambda: blobs.notebook(SHA),
        lambda: blobs.drop_run("0" * 32),
        lambda: list(blobs.runs_before(datetime.now(UTC))),
        blobs.try_writing,
    )
    for use in uses:
        with pytest.raises(StoreError, match="could not connect"):
            use()


def test_a_store_that_nothing_here_can_open_is_named() -> None:
    with pytest.raises(StoreError, match="nowhere://course cannot be reached"):
        Blobs("nowhere://course").try_writing()
