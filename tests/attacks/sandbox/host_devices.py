"""Attacks by files: writes outside the tmpfs, devices, the kernel's own files, links, setuid."""

from attack import Attack, bite
from defences import AS_ROOT, ROOT_IN_CONTAINER
from weakened import Weakening, dropped

OWN = ("/tmp", "/dev/shm", "/home/student", "/proc")
"""Folders that are the run's own, and /proc, whose files another attack names."""

_OWN_DEV = dropped("--dev /dev", "--remount-ro /dev")
_HOST_S_DEV = ("--dev-bind", "/dev", "/dev")
_NOT_HERE = {
    "sysrq": "this kernel has no sysrq-trigger",
    "memory_of_the_machine": "this kernel has no /proc/kcore",
    "oom_score": "nobody on this machine has CAP_SYS_RESOURCE to give",
}
_IN_OWN = f"""
        OWN = {OWN!r}
"""
_READ_ONLY = "hard_link symbolic_link rename mode attribute times"

WRITES = Attack(
    name="writes_outside_the_tmpfs",
    defence="a read-only root; all binds read-only; the slot's user owns none of it",
    script=_IN_OWN
    + """
        NODES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")
        HARMLESS = {f"/dev/{name}" for name in NODES} | {"/dev/pts/ptmx", "/dev/console"}

        def opened(path, flags):
            "Opens, and never writes: what is opened for writing may be a file of the kernel's."
            os.close(os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC))

        def tried(act, *arguments):
            try:
                act(*arguments)
            except OSError:
                return False
            return True

        def walk():
            for folder, folders, files in os.walk("/"):
                inner = [os.path.join(folder, name) for name in folders]
                folders[:] = [n for n, path in zip(folders, inner) if path not in OWN]
                made = os.path.join(folder, "made-by-an-attack")
                if tried(opened, made, os.O_WRONLY | os.O_CREAT | os.O_EXCL):
                    os.unlink(made)
                    yield "folder", folder
                for name in files:
                    path = os.path.join(folder, name)
                    if not os.path.islink(path) and path not in HARMLESS:
                        if tried(opened, path, os.O_WRONLY):
                            yield "file", path

        def places(kind):
            return any(found == kind for found, _ in FOUND)

        FOUND = list(walk())
        print(FOUND[:20], file=sys.stderr)
        attempt("any_folder", places, "folder")
        attempt("any_file", places, "file")
        attempt("hard_link", os.link, "/job/guest/__main__.py", "/job/guest/another.py")
        attempt("hard_link_out", os.link, "/job/guest/__main__.py", "/tmp/another.py")
        attempt("symbolic_link", os.symlink, "/etc/shadow", "/job/guest/link.py")
        attempt("rename", os.rename, "/job/guest/__main__.py", "/job/guest/moved.py")
        attempt("mode", os.chmod, "/job/guest", 0o777)
        attempt("attribute", os.setxattr, "/job/guest", "user.x", b"x")
        attempt("times", os.utime, "/job/guest")
    """,
    bites={
        "bubblewrap": (
            bite("any_folder", Weakening(drop=dropped("--remount-ro /"))),
            bite(f"any_folder any_file {_READ_ONLY}", Weakening(writable=("/job",), as_root=True)),
        ),
        "docker": (
            bite("any_folder any_file", Weakening(drop=(*ROOT_IN_CONTAINER, ("--read-only",)))),
            bite(
                f"any_folder any_file {_READ_ONLY}",
                Weakening(drop=ROOT_IN_CONTAINER, writable=("/job",)),
            ),
        ),
    },
    blunt={
        backend: {"hard_link_out": "no link leads from one mount to another"}
        for backend in ("bubblewrap", "docker")
    },
)

DEVICES = Attack(
    name="devices",
    defence="a /dev with harmless nodes only; no capability to make others; nodev on every tmpfs",
    script="""
        import stat
        NODES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "console")

        def nodes(kind):
            for folder, folders, files in os.walk("/dev"):
                for path in (os.path.join(folder, name) for name in files):
                    try:
                        found = os.lstat(path)
                    except OSError:
                        continue
                    if kind(found.st_mode) and path.split("/")[2] not in (*NODES, "pts"):
                        yield path

        def any_opens(kind, flags):
            for path in nodes(kind):
                try:
                    os.close(os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY))
                except OSError:
                    continue
                return True
            return False

        attempt("mknod_character", os.mknod, "/tmp/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        attempt("mknod_block", os.mknod, "/tmp/disk", stat.S_IFBLK | 0o666, os.makedev(7, 0))
        attempt("made_node_opens", lambda: os.open("/tmp/null", os.O_RDWR))
        attempt("block_device", any_opens, stat.S_ISBLK, os.O_RDONLY)
        attempt("other_device", any_opens, stat.S_ISCHR, os.O_RDONLY)
        attempt("terminal", lambda: os.open("/dev/tty", os.O_RDWR))
    """,
    bites={
        "bubblewrap": (
            bite("other_device", Weakening(drop=_OWN_DEV, first=_HOST_S_DEV)),
            bite(
                "mknod_character mknod_block block_device",
                Weakening(drop=(*AS_ROOT, *_OWN_DEV), first=_HOST_S_DEV, as_root=True),
            ),
        ),
        "docker": (
            bite("other_device", Weakening(first=("--device", "/dev/fuse"))),
            bite("terminal", Weakening(first=("--tty",))),
            bite(
                "mknod_character mknod_block block_device",
                Weakening(drop=ROOT_IN_CONTAINER, first=("--device", "/dev/loop0:/dev/loop0:r")),
            ),
        ),
    },
    blunt={
        "bubblewrap": {
            "made_node_opens": "bubblewrap mounts every tmpfs nodev",
            "terminal": "the launcher leaves the terminal's session before bubblewrap starts",
        },
        "docker": {"made_node_opens": "the engine's device list bars what nodev does not"},
    },
)

KERNEL_FILES = Attack(
    name="files_of_the_kernel",
    defence="no root inside, hence no owner of /proc/sys and /sys; for containers also read-only",
    script="""
        def opened(path, flags):
            "Opens, and never writes."
            os.close(os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY))

        def any_below(top, names=None):
            for folder, folders, files in os.walk(top):
                for name in files:
                    if names is None or name in names:
                        try:
                            opened(os.path.join(folder, name), os.O_WRONLY)
                        except OSError:
                            continue
                        print(folder, name, file=sys.stderr)
                        return True
            return False

        def spared_by_the_kernel():
            os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-999")

        attempt("core_pattern", opened, "/proc/sys/kernel/core_pattern", os.O_WRONLY)
        attempt("sysrq", opened, "/proc/sysrq-trigger", os.O_WRONLY)
        attempt("any_sysctl", any_below, "/proc/sys")
        attempt("oom_score", spared_by_the_kernel)
        attempt("any_of_sys", any_below, "/sys")
        attempt("control_group", any_below, "/sys/fs/cgroup", ("tasks", "cgroup.procs"))
        attempt("release_agent", any_below, "/sys/fs/cgroup", ("release_agent",))
        attempt("memory_of_the_machine", opened, "/proc/kcore", os.O_RDONLY)
        attempt("kernel_log", opened, "/proc/kmsg", os.O_RDONLY)
    """,
    bites={
        "bubblewrap": (
            bite(
                "core_pattern any_sysctl any_of_sys control_group release_agent kernel_log",
                Weakening(
                    drop=(*AS_ROOT, ("--ro-bind", "/proc/sys", "/proc/sys")),
                    first=("--dev-bind", "/sys", "/sys"),
                    as_root=True,
                ),
            ),
            bite("any_sysctl", Weakening(drop=dropped("--ro-bind /proc/sys /proc/sys"))),
        ),
        "docker": (
            bite(
                "core_pattern any_sysctl any_of_sys control_group release_agent kernel_log",
                Weakening(
                    drop=ROOT_IN_CONTAINER,
                    first=(
                        *("--security-opt", "systempaths=unconfined", "--volume", "/sys:/sys"),
                        *("--cap-add", "SYSLOG"),
                    ),
                ),
            ),
        ),
    },
    blunt={"bubblewrap": _NOT_HERE, "docker": _NOT_HERE},
)

DESCRIPTORS = Attack(
    name="inherited_descriptors",
    defence="the launcher passes only what bubblewrap reads and closes; a daemon passes none",
    script="""
        import stat

        def way_out():
            for number in BEYOND:
                for place in (f"/proc/self/fd/{number}", f"/proc/1/fd/{number}"):
                    for path in KNOWN["files"]:
                        for up in ("", "/.."):
                            inner = os.path.relpath(path, KNOWN["folder"])
                            try:
                                return open(f"{place}{up}/{inner}").read() != ""
                            except OSError:
                                pass
            return False

        BEYOND = [n for n in range(3, 1024) if os.path.lexists(f"/proc/self/fd/{n}")]
        attempt("any", lambda: BEYOND != [])
        attempt("folder", way_out)
        attempt("standard", lambda: any(stat.S_ISDIR(os.fstat(n).st_mode) for n in range(3)))
    """,
    bites={
        "bubblewrap": (bite("any folder", Weakening(inherit=("{folder}",))),),
        "docker": (),
    },
    blunt={
        "bubblewrap": {"standard": "it has no other standard streams than ours"},
        "docker": dict.fromkeys(
            ("any", "folder", "standard"),
            "the daemon starts containers, with none of our descriptors",
        ),
    },
)

SETUID = Attack(
    name="setuid_programs",
    defence="no new privileges; in bubblewrap also nosuid mounts, a user namespace without root",
    script="""
        import subprocess

        def said(*words):
            return subprocess.run(words, capture_output=True, timeout=10, input=b"").stdout

        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        attempt("planted", lambda: said("/job/setuid-id", "-u").strip() == b"0")
        attempt("su", lambda: b"uid=0" in said("su", "-c", "id"))
        attempt("new_privileges", lambda: status["NoNewPrivs"].strip() == "0")
    """,
    bites={
        "bubblewrap": (),
        "docker": (
            bite(
                "planted new_privileges",
                Weakening(drop=dropped("--security-opt no-new-privileges")),
            ),
        ),
    },
    blunt={
        "bubblewrap": dict.fromkeys(
            ("planted", "su", "new_privileges"),
            "bubblewrap always forbids new privileges",
        ),
        "docker": {"su": "there is no root in the container whose password su could take"},
    },
)

ATTACKS = (WRITES, DEVICES, KERNEL_FILES, DESCRIPTORS, SETUID)
