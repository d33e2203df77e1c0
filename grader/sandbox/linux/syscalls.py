"""Numbers of the system calls that the filter names, per architecture.

Sources: Linux 6.18, ``arch/x86/entry/syscalls/syscall_64.tbl`` and ``scripts/syscall.tbl`` (aarch64
uses the generic table). From 424 on the numbers are the same everywhere. None: the call does not
exist there.
"""

from typing import NamedTuple

LAST_REVIEWED = 469
"""``file_setattr``. A call with a higher number is newer than this table."""

IO_URING = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}


class Numbers(NamedTuple):
    """A call's number on each architecture."""

    x86_64: int | None
    aarch64: int | None


ARGUMENTS: dict[str, Numbers] = {
    "clone": Numbers(56, 220),
    "ioctl": Numbers(16, 29),
    "socket": Numbers(41, 198),
    "socketpair": Numbers(53, 199),
    "setrlimit": Numbers(160, 164),
    "prlimit64": Numbers(302, 261),
}
"""Calls that the filter judges by their arguments."""

MISSING: dict[str, Numbers] = {
    "clone3": Numbers(435, 435),
    "memfd_secret": Numbers(447, 447),
    **{name: Numbers(number, number) for name, number in IO_URING.items()},
}
"""Calls that seem not to exist (ENOSYS): libraries then fall back to older ones."""

DENIED: dict[str, Numbers] = {
    # looking into other processes
    "ptrace": Numbers(101, 117),
    "process_vm_readv": Numbers(310, 270),
    "process_vm_writev": Numbers(311, 271),
    "process_madvise": Numbers(440, 440),
    "pidfd_getfd": Numbers(438, 438),
    "kcmp": Numbers(312, 272),
    # the session keyring is not in any namespace
    "add_key": Numbers(248, 217),
    "request_key": Numbers(249, 218),
    "keyctl": Numbers(250, 219),
    # mounts and namespaces
    "mount": Numbers(165, 40),
    "umount2": Numbers(166, 39),
    "pivot_root": Numbers(155, 41),
    "chroot": Numbers(161, 51),
    "open_tree": Numbers(428, 428),
    "open_tree_attr": Numbers(467, 467),
    "move_mount": Numbers(429, 429),
    "fsopen": Numbers(430, 430),
    "fsconfig": Numbers(431, 431),
    "fsmount": Numbers(432, 432),
    "fspick": Numbers(433, 433),
    "mount_setattr": Numbers(442, 442),
    "unshare": Numbers(272, 97),
    "setns": Numbers(308, 268),
    # files by handle pass the mount namespace
    "name_to_handle_at": Numbers(303, 264),
    "open_by_handle_at": Numbers(304, 265),
    # parts of the kernel with a history of holes, of no use to a notebook
    "bpf": Numbers(321, 280),
    "perf_event_open": Numbers(298, 241),
    "userfaultfd": Numbers(323, 282),
    "fanotify_init": Numbers(300, 262),
    "lookup_dcookie": Numbers(212, 18),
    "migrate_pages": Numbers(256, 238),
    "move_pages": Numbers(279, 239),
    "modify_ldt": Numbers(154, None),
    "uselib": Numbers(134, None),
    "_sysctl": Numbers(156, None),
    "nfsservctl": Numbers(180, 42),
    # counted for the whole machine, whoever takes them: one run could leave none to others
    "io_setup": Numbers(206, 0),
    # all disks of the machine, for as long as that takes
    "sync": Numbers(162, 81),
    "syncfs": Numbers(306, 267),
    # the machine itself
    "kexec_load": Numbers(246, 104),
    "kexec_file_load": Numbers(320, 294),
    "create_module": Numbers(174, None),
    "init_module": Numbers(175, 105),
    "finit_module": Numbers(313, 273),
    "delete_module": Numbers(176, 106),
    "clock_settime": Numbers(227, 112),
    "settimeofday": Numbers(164, 170),
    "adjtimex": Numbers(159, 171),
    "clock_adjtime": Numbers(305, 266),
    "reboot": Numbers(169, 142),
    "sethostname": Numbers(170, 161),
    "setdomainname": Numbers(171, 162),
    "iopl": Numbers(172, None),
    "ioperm": Numbers(173, None),
    "acct": Numbers(163, 89),
    "syslog": Numbers(103, 116),
    "swapon": Numbers(167, 224),
    "swapoff": Numbers(168, 225),
    "quotactl": Numbers(179, 60),
    "quotactl_fd": Numbers(443, 443),
    "vhangup": Numbers(153, 58),
}
"""Calls that a notebook has no use for (EPERM)."""
