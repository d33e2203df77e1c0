"""Container engines for the tests: installed where they can be, and gone without a trace."""

import os
import select
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
MOUNTS = Path("/proc/self/mountinfo")

needs_dockerd = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("dockerd") is None,
    reason="a private Docker engine needs root and dockerd",
)


def script(name: str, *words: str, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/bash", str(SCRIPTS / name), *words],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def only(folder: Path, **commands: str) -> str:
    """A PATH with those commands, each a stand-in, and bash."""
    (folder / "bash").symlink_to("/bin/bash")
    for name, text in commands.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)
    return str(folder)


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short enough for the sockets below it."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        yield Path(name)


def own(folder: Path) -> dict[str, str]:
    """Our environment, without an engine that was already chosen."""
    kept = {name: value for name, value in os.environ.items() if name != "DOCKER_HOST"}
    return {**kept, "TMPDIR": str(folder)}


def test_root_has_the_missing_engines_installed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    path = only(tmp_path, postgres="", id="echo 0", podman="", apt_get=f'echo "$*" >> {log}')
    assert script("engines.sh", env={"PATH": path}).returncode == 0
    assert log.read_text().splitlines() == [
        "update",
        "install -y --no-install-recommends docker.io runc",
    ]


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_an_install_that_fails_is_told_and_ends_ci(tmp_path: Path, ci: str, code: int) -> None:
    path = only(tmp_path, postgres="", id="echo 0", apt_get="exit 100")
    done = script("engines.sh", env={"PATH": path, "CI": ci})
    assert done.returncode == code
    assert "*** Not tested over docker.io podman runc: they could not be installed" in done.stderr


def test_who_is_not_root_reads_the_line_to_run(tmp_path: Path) -> None:
    done = script("engines.sh", env={"PATH": only(tmp_path, postgres="", id="echo 1000")})
    assert done.returncode == 0
    assert "sudo sh -c 'apt-get update && apt-get install" in done.stderr


def test_an_engine_that_is_named_already_serves(tmp_path: Path) -> None:
    env = {"PATH": only(tmp_path), "DOCKER_HOST": "unix:///mine"}
    done = script("with_dockerd.sh", "bash", "-c", "echo $DOCKER_HOST", env=env)
    assert done.stdout == "unix:///mine\n"


@pytest.mark.parametrize(("ci", "code", "out"), [("", 0, "ran\n"), ("true", 1, "")])
def test_without_an_engine_it_says_so_and_ends_ci(
    tmp_path: Path, ci: str, code: int, out: str
) -> None:
    env = {"PATH": only(tmp_path), "CI": ci}
    done = script("with_dockerd.sh", "bash", "-c", "echo ran", env=env)
    assert (done.returncode, done.stdout) == (code, out)
    assert "*** No Docker engine for this run: dockerd is not installed" in done.stderr


@needs_dockerd
def test_an_engine_that_does_not_start_shows_its_last_words(short: Path) -> None:
    broken = short / "bin"
    broken.mkdir()
    only(broken, dockerd="echo no space left >&2; exit 1")
    env = own(short) | {"PATH": f"{broken}:{os.environ['PATH']}", "CI": "true"}
    done = script("with_dockerd.sh", "true", env=env)
    assert done.returncode == 1
    assert "no space left\n" in done.stderr
    assert [path.name for path in short.iterdir()] == ["bin"]


@needs_dockerd
def test_the_engine_and_a_container_that_still_runs_leave_nothing(short: Path) -> None:
    word = uuid.uuid4().hex
    commands = f"""
        head -c 1024 /dev/zero | docker import - empty >&2  # an archive of no files
        usr="--volume /usr:/usr:ro --volume /lib:/lib:ro --volume /lib64:/lib64:ro"
        docker run --detach --network none $usr empty \
          /usr/bin/python3.11 -c 'import time; time.sleep(600)' {word} >&2
        docker ps --quiet | wc -l
        echo $DOCKER_HOST
        exit 3
    """
    done = script("with_dockerd.sh", "bash", "-c", commands, env=own(short))
    running, host = done.stdout.split()
    assert (done.returncode, running) == (3, "1"), done.stderr
    assert list(short.iterdir()) == []
    assert str(short) not in MOUNTS.read_text()
    assert list(Path("/sys/fs/cgroup").glob(f"*/{Path(host).parent.name}")) == []
    assert subprocess.run(["pgrep", "--full", word], check=False).returncode == 1


@needs_dockerd
def test_what_a_killed_script_leaves_is_swept_by_the_next(short: Path) -> None:
    words = ["/bin/bash", str(SCRIPTS / "with_dockerd.sh"), "bash", "-c", "echo up; read"]
    with subprocess.Popen(
        words, env=own(short), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        (folder,) = short.iterdir()
        daemon = os.pidfd_open(int((folder / "pid").read_text()))
        process.send_signal(signal.SIGKILL)
    ended, _, _ = select.select([daemon], [], [], 60)
    os.close(daemon)
    assert ended, "the engine outlived the script"
    done = script("with_dockerd.sh", "true", env=own(short))
    assert done.returncode == 0, done.stderr
    assert list(short.iterdir()) == []
