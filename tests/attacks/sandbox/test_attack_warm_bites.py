"""The attacks on the host bite a warm parent whose forks lack a defence: these are its own code."""

from pathlib import Path

import pytest
from attacks_run import attacked
from attacks_table import HOST
from decoys import Host
from warm_weakened import warm, weakened

ATTACKS = {attack.name: attack for attack in HOST}
RUN, CALLS, VIEW, MAIN = "warm_run.py", "warm_calls.py", "warm_view.py", "__main__.py"
NO_FILTER = (RUN, '    calls.filter_calls(base64.b64decode(plan["seccomp"]))', "    pass")
SPACES = "NEW_NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000"
KEPT_OPEN = (
    ("__main__.py", "import warm_run\n", "import warm_run\nos.dup2(os.open('{folder}', 0), 20)\n"),
    (RUN, "            _close_all_but()\n", "            _close_all_but(20)\n"),
)


@pytest.mark.parametrize(
    ("attack", "ways", "changes"),
    [
        pytest.param(
            "network",
            {"abstract", "tcp", "tcp6", "udp"},
            [
                (CALLS, SPACES, SPACES.replace(" | 0x40000000", "")),
                (RUN, "    calls.loopback_up()\n", ""),
            ],
            id="no-network-namespace",
        ),
        pytest.param(
            "secrets_in_memory",
            {"shared_memory"},
            [(CALLS, SPACES, SPACES.replace(" | 0x08000000", ""))],
            id="no-ipc-namespace",
        ),
        pytest.param("secrets_in_memory", {"keyring"}, [NO_FILTER], id="no-filter-keyring"),
        pytest.param(
            "other_processes",
            {"kcmp", "pidfd_getfd", "process_vm_readv", "process_vm_writev", "ptrace"},
            [NO_FILTER],
            id="no-filter-processes",
        ),
        pytest.param(
            "kernel_calls", {"add_key", "io_uring", "i386"}, [NO_FILTER], id="no-filter-calls"
        ),
        pytest.param(
            "socket_families", {"netlink_audit", "vsock"}, [NO_FILTER], id="no-filter-sockets"
        ),
        pytest.param(
            "namespaces_and_mounts",
            {"mount", "clone", "chroot"},
            [NO_FILTER, (VIEW, '    _write(_NAMESPACES_ALLOWED, "0", None)\n', "")],
            id="no-filter-and-user-namespaces",
        ),
        pytest.param(
            "writes_outside_the_tmpfs",
            {"any_folder"},
            [(VIEW, '    calls.close_folder("/")\n', "")],
            id="writable-root",
        ),
        pytest.param(
            "files_of_the_kernel",
            {"any_sysctl"},
            [(VIEW, '_COVERED = ("sys", ', '_COVERED = ("irq", ')],
            id="open-sysctls",
        ),
        pytest.param("inherited_descriptors", {"any", "folder"}, KEPT_OPEN, id="open-folder"),
    ],
)
def test_it_bites_a_parent_whose_forks_lack_the_defence(
    planted: Host, tmp_path: Path, attack: str, ways: set[str], changes: list[tuple[str, str, str]]
) -> None:
    aimed = [
        (file, old, new.replace("{folder}", str(planted.folder))) for file, old, new in changes
    ]
    with warm(tmp_path, weakened(tmp_path, *aimed)) as run:
        tried = attacked(run.sandbox, tmp_path, planted, ATTACKS[attack], modest=True)
    assert ways - tried.through == set(), tried
