"""The system calls that Python does not know, each one line, each an OSError where it fails.

Numbers from 424 on are the same on every architecture (Linux, ``scripts/syscall.tbl``), so the
newest calls need no wrapper of the C library. Structures: ``struct mount_attr`` of
``linux/mount.h``, ``struct sock_fprog`` of ``linux/filter.h``, capabilities' of
``linux/capability.h``.
"""

import ctypes
import fcntl
import os
import socket
import struct

NEW_NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000
"""CLONE_NEWUSER, NEWNS, NEWPID, NEWNET, NEWIPC, NEWUTS ..."""
NEW_CGROUP = 0x02000000
NOSUID, NODEV, NOEXEC = 2, 4, 8
"""The same bits for mount(2) and mount_setattr(2)."""
_READ_ONLY, _PRIVATE, _RECURSIVE = 1, 1 << 18, 16384
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_HERE, _EMPTY_PATH, _ALL_BELOW, _CLOSE_ON_EXEC, _CLONE = -100, 0x1000, 0x8000, 0o2000000, 1
_FROM_DESCRIPTOR = 4
_DETACH = 2
_CAPABILITIES_3 = 0x20080522
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def _control(option: int, value: int, what: str, third: int = 0) -> None:
    arguments = [ctypes.c_ulong(number) for number in (value, third, 0, 0)]
    _check(_libc.prctl(option, *arguments), what)


def unshare(flags: int) -> None:
    """Leave the namespaces that the flags name."""
    _check(_libc.unshare(flags), "unshare")


def mount(kind: str, where: str, flags: int, options: str) -> None:
    """Mount a file system of that kind."""
    words = [word.encode() for word in (kind, where, kind)]
    _check(_libc.mount(*words, flags, options.encode()), f"mount {kind} on {where}")


def keep_mounts_private() -> None:
    """Let nothing that is mounted here be seen elsewhere."""
    _check(_libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None), "mount --make-rprivate")


def open_tree(path: str) -> int:
    """A copy of the mounts at and below a path, attached nowhere; the descriptor holds it."""
    flags = _CLONE | _CLOSE_ON_EXEC | _ALL_BELOW
    return _check(_libc.syscall(_OPEN_TREE, _HERE, path.encode(), flags), f"open_tree {path}")


def read_only(tree: int, more: int) -> None:
    """Make every mount of a tree read-only and private, with more attributes of ``NOSUID`` ..."""
    attributes = struct.pack("=QQQQ", _READ_ONLY | more, 0, _PRIVATE, 0)
    flags = _EMPTY_PATH | _ALL_BELOW
    result = _libc.syscall(_MOUNT_SETATTR, tree, b"", flags, attributes, len(attributes))
    _check(result, "mount_setattr")


def close_folder(path: str) -> None:
    """Make the mount at a path read-only, not those below it."""
    attributes = struct.pack("=QQQQ", _READ_ONLY, 0, 0, 0)
    result = _libc.syscall(_MOUNT_SETATTR, _HERE, path.encode(), 0, attributes, len(attributes))
    _check(result, f"mount_setattr {path}")


def attach(tree: int, where: str) -> None:
    """Attach an opened tree."""
    result = _libc.syscall(_MOVE_MOUNT, tree, b"", _HERE, where.encode(), _FROM_DESCRIPTOR)
    _check(result, f"move_mount to {where}")


def become_root_folder() -> None:
    """Make the working directory, a mount point, the root; nothing else stays reachable."""
    _check(_libc.pivot_root(b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", _DETACH), "umount2")
    os.chdir("/")


def die_with_parent() -> None:
    """SIGKILL when the parent dies; changing the user or the user namespace clears it."""
    _control(1, 9, "PR_SET_PDEATHSIG")


def be_readable() -> None:
    """Let our own files in /proc be ours again, after a change of user."""
    _control(4, 1, "PR_SET_DUMPABLE")


def drop_capabilities() -> None:
    """Give up every capability for good: bounding, ambient, inherited, permitted, effective."""
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
        last = int(file.read())
    for capability in range(last + 1):
        _control(24, capability, "PR_CAPBSET_DROP")
    _control(47, 4, "PR_CAP_AMBIENT_CLEAR_ALL")
    header, none = struct.pack("=Ii", _CAPABILITIES_3, 0), bytes(24)
    _check(_libc.capset(header, none), "capset")


def filter_calls(program: bytes) -> None:
    """Take no new privileges, and let the filter judge every call from now on."""
    _control(38, 1, "PR_SET_NO_NEW_PRIVS")
    held = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
    _check(_libc.prctl(22, 2, header, 0, 0), "PR_SET_SECCOMP")


def loopback_up() -> None:
    """Start the loopback interface of a new network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _GET_FLAGS, request))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))


def keep_freed_memory(largest_block: int, trim_above: int) -> None:
    """What MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ would have set at our start."""
    _libc.mallopt(_MMAP_THRESHOLD, largest_block)
    _libc.mallopt(_TRIM_THRESHOLD, trim_above)
