"""Builds what a run sees of the machine, and makes it the root.

The steps come ready from the grading process (`grader.sandbox.warm.plan`); nothing is decided here.
"""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence

import warm_calls as calls

_COVERED = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi")
"""Of /proc: what tells of the machine or sets it."""
_NAMESPACES_ALLOWED = "proc/sys/user/max_user_namespaces"

_ATTRIBUTES = {"bind": calls.NOSUID | calls.NODEV, "device": calls.NOSUID | calls.NOEXEC}
"""What is seen of the machine: folders and files, and device nodes, which ``NODEV`` would close."""

Step = Sequence[str]


def opened(steps: Iterable[Step]) -> dict[str, int]:
    """Read-only copies of what will be seen, by where it will be, held by descriptors."""
    trees = {}
    for step in steps:
        if step[0] in _ATTRIBUTES:
            source, target = step[1:]
            trees[target] = calls.open_tree(source)
            calls.read_only(trees[target], _ATTRIBUTES[step[0]])
    return trees


def build(steps: Iterable[Step], trees: Mapping[str, int]) -> None:
    """Take the steps in a new root, and enter it.

    The first process of a process namespace must call it: /proc shows its mounter's processes.
    """
    calls.keep_mounts_private()
    # Hides the machine's /tmp from this process alone; what lies there was opened before.
    base = "/tmp"
    calls.mount("tmpfs", base, calls.NOSUID | calls.NODEV, "mode=0755,size=4m,nr_inodes=4096")
    os.chdir(base)
    os.umask(0o022)
    for step in steps:
        _STEPS[step[0]](step[1:], trees)
    os.umask(0o077)
    calls.become_root_folder()
    calls.close_folder("/")


def _bind(words: Step, trees: Mapping[str, int]) -> None:
    """A source and where it is seen."""
    tree, target = trees[words[1]], _inside(words[1])
    if not os.path.lexists(target):
        if stat.S_ISDIR(os.fstat(tree).st_mode):
            os.makedirs(target)
        else:
            _file((target, ""), trees)
    calls.attach(tree, target)


def _tmpfs(words: Step, _: Mapping[str, int]) -> None:
    """Where, and the options."""
    target = _inside(words[0])
    os.makedirs(target, exist_ok=True)
    calls.mount("tmpfs", target, calls.NOSUID | calls.NODEV, words[1])


def _proc(_: Step, __: Mapping[str, int]) -> None:
    os.makedirs("proc")
    calls.mount("proc", "proc", calls.NOSUID | calls.NODEV | calls.NOEXEC, "")
    _write(_NAMESPACES_ALLOWED, "0", None)
    for name in _COVERED:
        if os.path.exists(f"proc/{name}"):
            tree = calls.open_tree(f"proc/{name}")
            calls.read_only(tree, 0)
            calls.attach(tree, f"proc/{name}")
            os.close(tree)


def _terminals(words: Step, _: Mapping[str, int]) -> None:
    """The options."""
    os.makedirs("dev/pts")
    calls.mount("devpts", "dev/pts", calls.NOSUID | calls.NOEXEC, words[0])
    os.symlink("pts/ptmx", "dev/ptmx")


def _closed(words: Step, _: Mapping[str, int]) -> None:
    calls.close_folder(_inside(words[0]))


def _file(words: Step, _: Mapping[str, int]) -> None:
    """Where, and the text."""
    target = _inside(words[0])
    os.makedirs(os.path.dirname(target), exist_ok=True)
    _write(target, words[1], 0o644)


def _link(words: Step, _: Mapping[str, int]) -> None:
    """Where it leads, and where it is."""
    os.symlink(words[0], _inside(words[1]))


def _inside(target: str) -> str:
    return target.lstrip("/")


def _write(path: str, text: str, mode: int | None) -> None:
    flags = os.O_WRONLY if mode is None else os.O_WRONLY | os.O_CREAT | os.O_EXCL
    descriptor = os.open(path, flags, mode or 0)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


_STEPS = {
    "bind": _bind,
    "device": _bind,
    "tmpfs": _tmpfs,
    "proc": _proc,
    "terminals": _terminals,
    "closed": _closed,
    "file": _file,
    "link": _link,
}
