"""Attacks on the kernel's surface: namespaces and mounts, and calls with a history of holes."""

from attack import Attack, bite
from defences import AS_ROOT, NO_PROFILE, NO_SECCOMP, ROOT_IN_CONTAINER
from weakened import Weakening, dropped

_LOCKED = "the kernel locks what came from another user namespace: no filter is needed"
_NOT_BUILT = {
    way: f"this kernel was built without {what}"
    for way, what in {
        "iopl": "iopl",
        "kexec": "kexec",
        "init_module": "modules",
        "finit_module": "modules",
        "x32": "calls of the x32 kind",
    }.items()
}
_UNPRIVILEGED = """
    add_key keyctl request_key perf_event_open userfaultfd io_uring fanotify name_to_handle_at
    modify_ldt move_pages io_setup sync syncfs adjtimex memfd_secret terminal_input console i386
"""
_PRIVILEGED = "bpf open_by_handle_at kernel_log settimeofday sethostname reboot"
"""What needs a capability besides."""
_FAMILIES = "vsock vsock_high_bits netlink_audit netlink_netfilter netlink_generic netlink_uevent"
_NO_FAMILY = dict.fromkeys(
    ("alg", "smc", "can", "bluetooth", "rds", "tipc"), "this kernel was built without the family"
)

NAMESPACES = Attack(
    name="namespaces_and_mounts",
    defence="a seccomp filter; for bubblewrap also a limit of no further user namespace",
    script="""
        USER, MOUNTS = 0x10000000, 0x20000

        def inside(act):
            "Does it as root of a new user namespace."
            def entered():
                user, group = os.getuid(), os.getgid()
                call("unshare", USER | MOUNTS)
                maps = {"setgroups": "deny", "uid_map": f"0 {user} 1", "gid_map": f"0 {group} 1"}
                for name, text in maps.items():
                    with open(f"/proc/self/{name}", "w") as file:
                        file.write(text)
                return act()
            return lambda: in_child(entered)

        def cloned(name, *arguments):
            child = call(name, *arguments)
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)

        def clone3():
            wanted = ctypes.create_string_buffer(struct.pack("8Q", USER, 0, 0, 0, 17, 0, 0, 0))
            cloned("clone3", ctypes.addressof(wanted), 64)

        def tmpfs():
            call("mount", b"none", b"/tmp", b"tmpfs", 0, 0)

        def new_api():
            made = call("fsopen", b"tmpfs", 0)
            call("fsconfig", made, 6, 0, 0, 0)
            call("move_mount", call("fsmount", made, 0, 0), b"", -100, b"/tmp", 4)

        def pivot():
            tmpfs()
            os.mkdir("/tmp/old")
            call("pivot_root", b"/tmp", b"/tmp/old")

        def entered_by_another():
            ready, tell = os.pipe()
            other = os.fork()
            if other == 0:
                libc.syscall(KNOWN["calls"]["unshare"], USER)
                os.write(tell, b".")
                time.sleep(60)
                os._exit(0)
            try:
                os.read(ready, 1)
                handle = os.open(f"/proc/{other}/ns/user", os.O_RDONLY)
                in_child(call, "setns", handle, 0)
            finally:
                os.kill(other, signal.SIGKILL)
                os.waitpid(other, 0)

        attempt("unshare", in_child, call, "unshare", USER)
        attempt("clone", cloned, "clone", USER | 17, 0, 0, 0, 0)
        attempt("clone3", clone3)
        attempt("setns", entered_by_another)
        attempt("mount", inside(tmpfs))
        attempt("new_mount_api", inside(new_api))
        attempt("open_tree", inside(lambda: call("open_tree", -100, b"/", 0x8001)))
        attempt("chroot", inside(lambda: call("chroot", b"/tmp")))
        attempt("pivot_root", inside(pivot))
        attempt("writable_again", inside(lambda: call("mount", 0, b"/usr", 0, 32 | 4096, 0)))
        attempt("unmask", inside(lambda: call("umount2", b"/job", 2)))
        attempt("write_usr", inside(lambda: os.open("/usr/made-by-an-attack", os.O_CREAT)))
    """,
    bites={
        "bubblewrap": (
            bite(
                "unshare clone clone3 setns mount new_mount_api open_tree chroot pivot_root",
                Weakening(drop=dropped("--seccomp *", "--disable-userns")),
            ),
        ),
        "docker": (
            bite(
                "unshare clone clone3 setns mount new_mount_api open_tree chroot pivot_root",
                NO_PROFILE,
            ),
        ),
    },
    blunt={
        backend: {"writable_again": _LOCKED, "unmask": _LOCKED, "write_usr": _LOCKED}
        for backend in ("bubblewrap", "docker")
    },
)

CALLS = Attack(
    name="kernel_calls",
    defence="a seccomp filter; for what needs a capability also that there is none",
    script="""
        KEPT = []

        def record(size, form="", *fields):
            "The address of a structure that stays."
            KEPT.append(ctypes.create_string_buffer(struct.pack(form, *fields).ljust(size, b"\\0")))
            return ctypes.addressof(KEPT[-1])

        def bpf_map():
            return call("bpf", 0, record(128, "4I", 2, 4, 4, 1), 128)

        def counter():
            wanted = record(112, "2I5Q", 1, 112, 0, 0, 0, 0, 0x60)
            return call("perf_event_open", wanted, 0, -1, -1, 0)

        def handle():
            found = record(136, "I", 128)
            call("name_to_handle_at", -100, b"/tmp", found, record(8), 0)
            return found

        def opened_by_handle():
            place = os.open("/tmp", os.O_RDONLY)
            return call("open_by_handle_at", place, handle(), os.O_RDONLY)

        def kernel_log():
            return call("syslog", 3, record(4096), 4096) > 0

        def looked_at(error, name, *arguments):
            "A call that must not succeed: it is through where the kernel looks at its arguments."
            try:
                call(name, *arguments)
            except OSError as raised:
                if raised.errno != error:
                    raise

        def typed():
            import fcntl, pty, termios
            _, terminal = pty.openpty()
            os.setsid()
            fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
            fcntl.ioctl(terminal, termios.TIOCSTI, b"x")

        def console():
            import pty
            looked_at(errno.ENOTTY, "ioctl", pty.openpty()[1], 0x541C, record(8))

        def of_i386():
            import mmap
            code = bytes.fromhex("b814000000cd80c3")  # mov eax, 20 (getpid); int 0x80; ret
            page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            page.write(code)
            place = ctypes.addressof(ctypes.c_char.from_buffer(page))
            return ctypes.CFUNCTYPE(ctypes.c_long)(place)() == os.getpid()

        attempt("add_key", call, "add_key", b"user", b"x", b"y", 1, -2)
        attempt("keyctl", call, "keyctl", 0, -3, 1)
        attempt("request_key", looked_at, errno.ENOKEY, "request_key", b"user", b"no", 0, 0)
        attempt("bpf", bpf_map)
        attempt("perf_event_open", counter)
        attempt("userfaultfd", call, "userfaultfd", 1)
        attempt("io_uring", call, "io_uring_setup", 8, record(120))
        attempt("fanotify", call, "fanotify_init", 0x200, 0)
        attempt("name_to_handle_at", handle)
        attempt("open_by_handle_at", opened_by_handle)
        attempt("modify_ldt", call, "modify_ldt", 0, record(64), 64)
        attempt("move_pages", call, "move_pages", 0, 0, 0, 0, 0, 0)
        attempt("io_setup", call, "io_setup", 8, record(8))
        attempt("sync", call, "sync")
        attempt("syncfs", lambda: call("syncfs", os.open("/", os.O_RDONLY)))
        attempt("kernel_log", kernel_log)
        attempt("adjtimex", call, "adjtimex", record(256))
        attempt("settimeofday", call, "settimeofday", 0, 0)
        attempt("sethostname", call, "sethostname", b"taken", 5)
        attempt("iopl", call, "iopl", 0)
        attempt("reboot", looked_at, errno.EINVAL, "reboot", 0, 0, 0, 0)
        attempt("kexec", looked_at, errno.EINVAL, "kexec_load", 0, 99, 0, 0)
        attempt("init_module", looked_at, errno.ENOEXEC, "init_module", b"no module", 9, b"")
        attempt("finit_module", looked_at, errno.ENOEXEC, "finit_module", 0, b"", 0)
        attempt("memfd_secret", call, "memfd_secret", 0)
        attempt("terminal_input", in_child, typed)
        attempt("console", console)
        attempt("i386", in_child, of_i386)
        attempt("x32", in_child, lambda: call(0x40000000 | 39) == os.getpid())
    """,
    bites={
        "bubblewrap": (
            bite(_UNPRIVILEGED, NO_SECCOMP),
            bite(_PRIVILEGED, Weakening(drop=(*AS_ROOT, *NO_SECCOMP.drop), as_root=True)),
        ),
        "docker": (
            bite(_UNPRIVILEGED, NO_PROFILE),
            bite(
                _PRIVILEGED,
                Weakening(
                    drop=(*ROOT_IN_CONTAINER, *NO_PROFILE.drop),
                    first=(
                        *NO_PROFILE.first,
                        *("--cap-add", "SYS_ADMIN", "--cap-add", "DAC_READ_SEARCH"),
                        *("--cap-add", "SYSLOG", "--cap-add", "SYS_TIME", "--cap-add", "SYS_BOOT"),
                    ),
                ),
            ),
        ),
    },
    blunt={"bubblewrap": _NOT_BUILT, "docker": _NOT_BUILT},
)

SOCKETS = Attack(
    name="socket_families",
    defence="a seccomp filter: only families that a network namespace holds get a socket",
    script="""
        def made(family, kind, protocol=0):
            call("socket", family, kind, protocol)

        def around_the_filter():
            "The kernel looks at the lower half of an argument only."
            call("socket", 40 | 1 << 40, 1, 0)

        attempt("vsock", made, 40, 1)
        attempt("vsock_high_bits", around_the_filter)
        attempt("netlink_audit", made, 16, 3, 9)
        attempt("netlink_netfilter", made, 16, 3, 12)
        attempt("netlink_generic", made, 16, 3, 16)
        attempt("netlink_uevent", made, 16, 3, 15)
        attempt("packet", made, 17, 3, 0x300)
        attempt("raw", made, 2, 3, 1)
        attempt("alg", made, 38, 5)
        attempt("xdp", made, 44, 3)
        attempt("smc", made, 43, 1)
        attempt("can", made, 29, 3)
        attempt("bluetooth", made, 31, 3)
        attempt("rds", made, 21, 5)
        attempt("tipc", made, 30, 1)
    """,
    bites={
        "bubblewrap": (
            bite(_FAMILIES, NO_SECCOMP),
            bite("packet raw xdp", Weakening(drop=(*AS_ROOT, *NO_SECCOMP.drop), as_root=True)),
        ),
        "docker": (
            bite(_FAMILIES, NO_PROFILE),
            bite(
                "packet raw xdp",
                Weakening(
                    drop=(*ROOT_IN_CONTAINER, *NO_PROFILE.drop),
                    first=(*NO_PROFILE.first, "--cap-add", "NET_RAW"),
                ),
            ),
        ),
    },
    blunt={"bubblewrap": _NO_FAMILY, "docker": _NO_FAMILY},
)

ATTACKS = (NAMESPACES, CALLS, SOCKETS)
