"""Whose fault a container's end is, by what Docker 20.10 and podman 4.3 really said."""

import json

import pytest

from grader.domain.run import Stopped
from grader.errors import SandboxError
from grader.sandbox import fault
from grader.sandbox.container.fault import _MESSAGES, Bound, State, refusal, seen
from grader.sandbox.fault import Ending, verdict
from grader.sandbox.linux.cgroup import Usage
from grader.sandbox.linux.running import Told

# What the engines answered, one constant for each way in which we broke them.
# Docker 20.10.24, and its client 28.2.2 where that has other words; runc 1.1.5.
DOCKER_GONE = "Cannot connect to the Docker daemon at unix:///nope. Is the docker daemon running?"
DOCKER_NO_WAY_THERE = (  # DOCKER_HOST=ssh://127.0.0.1, where nobody listens
    'error during connect: Get "http://docker.example.com/v1.24/containers/json?all=1&filters=%7B%22'
    'label%22%3A%7B%22grader.runtime%3Dx%22%3Atrue%7D%7D": command [ssh -- 127.0.0.1 docker system'
    " dial-stdio] has exited with exit status 255, please make sure the URL is valid, and Docker"
    " 18.09 or later is installed on the remote host: stderr=ssh: connect to host 127.0.0.1 port"
    " 22: Connection refused"
)
DOCKER_FORBIDDEN = (  # asked by the user nobody
    "permission denied while trying to connect to the Docker daemon socket at"
    " unix:///var/tmp/grader-dockerd.ngXUdP/socket: Post"
    ' "http://%2Fvar%2Ftmp%2Fgrader-dockerd.ngXUdP%2Fsocket/v1.24/containers/create": dial unix'
    " /var/tmp/grader-dockerd.ngXUdP/socket: connect: permission denied"
)
DOCKER_DISK_FULL = (
    "Error response from daemon: write /var/tmp/own/data/overlay2/c8827a798ddd-init/link: no space"
    " left on device"
)
DOCKER_NO_RUNTIME = "Error response from daemon: Unknown runtime specified nope"
DOCKER_NO_IMAGE = "Error response from daemon: No such image: sha256:" + 64 * "0"
DOCKER_INSPECTS_NO_IMAGE = "Error: No such image: no-such-image"
DOCKER_28_INSPECTS_NO_IMAGE = (
    "Error response from daemon: no such image: no-such-image: No such image: no-such-image:latest"
)
DOCKER_WOULD_PULL = "Unable to find image 'no-such-image:latest' locally"  # without --pull never
DOCKER_NO_PROFILE = (
    "docker: opening seccomp profile (/no) failed: open /no: no such file or directory"
)
DOCKER_NO_GPU = (
    'Error response from daemon: could not select device driver "" with capabilities: [[gpu]]'
)
DOCKER_28_NO_CDI = (
    'Error response from daemon: could not select device driver "cdi" with capabilities: []'
)
DOCKER_NO_FOLDER = (  # it makes a folder that is missing, but not on a read-only disk
    "Error response from daemon: error while creating mount source path '/tmp/capB.znup/ro/job':"
    " mkdir /tmp/capB.znup/ro/job: read-only file system"
)
DOCKER_NO_PROGRAM = (
    "failed to create shim task: OCI runtime create failed: runc create failed: unable to start"
    ' container process: exec: "/usr/bin/no-such": stat /usr/bin/no-such: no such file or'
    " directory: unknown"
)
DOCKER_NO_GROUP = (  # the group above allows half a CPU, the container is to have one
    "failed to create shim task: OCI runtime create failed: runc create failed: unable to start"
    " container process: error during container init: error setting cgroup config for procHooks"
    ' process: failed to write "100000": write /sys/fs/cgroup/cpu/capb-parent/32823065fd3bcd266281b'
    "7f33851242b3be598e491a1d07738390fbf58cba8d0/cpu.cfs_quota_us: invalid argument: unknown"
)

# podman 4.3.1 and runc 1.1.5.
PODMAN_GONE = (  # CONTAINER_HOST=unix:///nope
    "Cannot connect to Podman. Please verify your connection to the Linux system using `podman"
    " system connection list`, or try `podman machine init` and `podman machine start` to manage a"
    ' new Linux VM\nError: unable to connect to Podman socket: Get "http://d/v4.3.1/libpod/_ping":'
    " dial unix /nope: connect: no such file or directory"
)
PODMAN_NO_IMAGE = "Error: sha256:" + 64 * "0" + ": image not known"
PODMAN_INSPECTS_NO_IMAGE = "Error: inspecting object: no-such-image: image not known"
PODMAN_WOULD_PULL = (  # without --pull never
    'Error: short-name "no-such-image" did not resolve to an alias and no unqualified-search'
    ' registries are defined in "/etc/containers/registries.conf"'
)
PODMAN_NO_CDI = (
    "Error: unable to start container"
    " d2712228343b8880591541b9bf6b498a8839aedbf6cec4155a7d6235614f21a1: setting up CDI devices:"
    " unresolvable CDI devices nvidia.com/gpu=GPU-1234"
)
PODMAN_NO_RUNTIME = 'Error: default OCI runtime "nope" not found: invalid argument'
PODMAN_NO_FOLDER = "Error: statfs /no/such: no such file or directory"
PODMAN_NO_PROFILE = "Error: opening seccomp profile failed: open /no: no such file or directory"
PODMAN_NO_PROGRAM = (
    "Error: unable to start container"
    " 75ff345b2456bf9d5e8f40c4eed18256f096c5c59c195f7939a34c3aff0b6ab5: runc: runc create failed:"
    ' unable to start container process: exec: "/bin/sh": stat /bin/sh: no such file or directory:'
    " OCI runtime attempted to invoke a command that was not found"
)
PODMAN_NO_SLICE = (  # --cgroup-parent nonsense.slice
    "Error: systemd slice received as cgroup parent when using cgroupfs: invalid argument"
)

CAPTURED = [
    (DOCKER_GONE, "daemon_gone"),
    (DOCKER_NO_WAY_THERE, "daemon_gone"),
    (DOCKER_FORBIDDEN, "engine_forbidden"),
    (DOCKER_DISK_FULL, "disk_full"),
    (DOCKER_NO_RUNTIME, "runtime_missing"),
    (DOCKER_NO_IMAGE, "image_missing"),
    (DOCKER_INSPECTS_NO_IMAGE, "image_missing"),
    (DOCKER_28_INSPECTS_NO_IMAGE, "image_missing"),
    (DOCKER_WOULD_PULL, "image_missing"),
    (DOCKER_NO_PROFILE, "seccomp_refused"),
    (DOCKER_NO_GPU, "no_device"),
    (DOCKER_28_NO_CDI, "no_device"),
    (DOCKER_NO_FOLDER, "source_missing"),
    (DOCKER_NO_PROGRAM, "interpreter_unreachable"),
    (DOCKER_NO_GROUP, "group_refused"),
    (PODMAN_GONE, "daemon_gone"),
    (PODMAN_NO_IMAGE, "image_missing"),
    (PODMAN_INSPECTS_NO_IMAGE, "image_missing"),
    (PODMAN_WOULD_PULL, "image_missing"),
    (PODMAN_NO_CDI, "no_device"),
    (PODMAN_NO_RUNTIME, "runtime_missing"),
    (PODMAN_NO_FOLDER, "source_missing"),
    (PODMAN_NO_PROFILE, "seccomp_refused"),
    (PODMAN_NO_PROGRAM, "interpreter_unreachable"),
    (PODMAN_NO_SLICE, "group_refused"),
]
"""With the code of our failure that each is."""

LIMIT = 1000


def state(**changes: object) -> State:
    """As docker inspects a container whose guest ended well, with changes."""
    told = {
        "Status": "exited",
        "Running": False,
        "OOMKilled": False,
        "ExitCode": 0,
        "Error": "",
        "StartedAt": "2026-11-22T21:00:00Z",
    }
    found = State.read(json.dumps({**told, **changes}).encode())
    assert found is not None
    return found


def judged(
    ended: State | None,
    *,
    halted: Stopped | None = None,
    heard: bool = True,
    peak: int | None = None,
    gvisor: bool = False,
) -> Stopped | SandboxError | None:
    told = Told(heard, b"", "what the engine said", Usage(peak))
    found = seen(ended, told, Bound(LIMIT, gvisor=gvisor))
    return verdict(Ending(halted, found.death, found.usage, LIMIT))


def code_of(found: Stopped | SandboxError | None) -> str:
    assert isinstance(found, SandboxError)
    return found.code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        *CAPTURED,
        ("Error response from daemon: Minimum memory limit allowed is 6MB", "engine_refused"),
    ],
)
def test_what_an_engine_refuses_is_our_fault_and_has_a_name(said: str, code: str) -> None:
    assert refusal(said).code == code


@pytest.mark.parametrize("part", _MESSAGES)
def test_each_part_of_a_message_that_is_looked_for_was_said_by_an_engine(part: str) -> None:
    others = {each: code for each, code in _MESSAGES.items() if each != part}
    by_it = {said for said, code in CAPTURED if fault.code_of(others, said, "") != code}
    assert [said for said in by_it if part in said]


def test_a_container_that_never_started_is_judged_by_the_engines_error() -> None:
    never = state(StartedAt="0001-01-01T00:00:00Z", ExitCode=128, Error=DOCKER_NO_GPU)
    assert code_of(judged(never, heard=False)) == "no_device"


@pytest.mark.parametrize("exit_code", [0, 1, 2, 3, 9, 15])
def test_a_guest_that_ended_in_any_way_ended_by_itself(exit_code: int) -> None:
    assert judged(state(ExitCode=exit_code)) is None


@pytest.mark.parametrize(("mark", "peak"), [(True, None), (False, 950)])
def test_a_guest_killed_at_its_memory_limit_is_stopped_for_memory(
    mark: bool, peak: int | None
) -> None:
    found = judged(state(ExitCode=9, OOMKilled=mark), peak=peak)
    assert isinstance(found, Stopped)
    assert found.reason == "memory"


def test_a_guest_that_kills_itself_far_below_its_limit_is_not_stopped() -> None:
    assert judged(state(ExitCode=9), peak=500) is None


@pytest.mark.parametrize(
    ("exit_code", "peak", "code"),
    [
        (137, 950, "memory"),
        (137, 500, "killed_from_outside"),
        (2, 950, "memory"),
        (2, 500, "runtime_died"),
    ],
)
def test_gvisor_dies_with_its_guest_of_memory_or_breaks_down_by_it_or_without_threads(
    exit_code: int, peak: int, code: str
) -> None:
    found = judged(state(ExitCode=exit_code), peak=peak, gvisor=True)
    assert code == (found.reason if isinstance(found, Stopped) else code_of(found))


def test_a_child_killed_for_memory_does_not_stop_a_guest_that_lives_on() -> None:
    assert judged(state(ExitCode=0, OOMKilled=True), peak=1000) is None


def test_what_we_halted_stays_what_we_halted() -> None:
    late = Stopped(reason="wall_time")
    assert judged(state(ExitCode=137), halted=late) is late


@pytest.mark.parametrize(
    ("ended", "heard", "code"),
    [
        (state(ExitCode=137), True, "killed_from_outside"),
        (None, True, "container_gone"),
        (state(Running=True), True, "engine_lost"),
        (state(ExitCode=127), False, "interpreter_unreachable"),
    ],
)
def test_an_end_that_no_guest_can_cause_is_our_fault(
    ended: State | None, heard: bool, code: str
) -> None:
    assert code_of(judged(ended, heard=heard)) == code


@pytest.mark.parametrize("told", [b"", b"[]", b"null", b"{}", b'{"StartedAt": 1}', b"\xff"])
def test_an_answer_that_is_no_state_is_none(told: bytes) -> None:
    assert State.read(told) is None
