"""Attacks by numbers: processes, threads, files, timers, queues, and bytes on a tmpfs."""

from dataclasses import replace

from attack import Attack, Bite
from defences import NO_PROFILE, NO_SECCOMP
from weakened import Weakening, dropped

from grader.domain.limits import GIB, MIB

_MORE_PROCESSES = Weakening(limits={"processes": 400})
_MORE_IN_CONTAINER = Weakening(drop=dropped("--pids-limit *"), first=("--pids-limit", "400"))
_NO_RLIMITS = Weakening(rlimits=False)
_PLACES = ("/tmp", "/home/student", "/dev/shm")
_SMALL = str(16 * MIB)
_SMALL_UNCOUNTED = (
    *("--size", _SMALL, "--perms", "1777", "--tmpfs", "/dev/shm"),
    *("--size", _SMALL, "--perms", "0700", "--tmpfs", "/home/student"),
)


def _ulimit(name: str, value: int) -> Weakening:
    return Weakening(
        drop=dropped(f"--ulimit {name}=*"), first=("--ulimit", f"{name}={value}:{value}")
    )


def _many(
    name: str, script: str, defence: str, weak: Weakening, weak_container: Weakening
) -> Attack:
    """Wants 500 at once of what a run may have 64 of."""
    way = frozenset({name})
    return Attack(
        name=f"many_{name}",
        defence=defence,
        script=script + f"\n        attempt({name!r}, many)\n",
        bites={
            "bubblewrap": (Bite(weak, way),),
            "docker": (Bite(weak_container, way),),
        },
        amount=500,
        modest=150,
    )


PROCESSES = _many(
    "processes",
    """
        def many():
            children = []
            for _ in range(KNOWN["amount"]):
                child = os.fork()
                if child == 0:
                    time.sleep(600)
                children.append(child)
    """,
    "the control group's count of processes",
    _MORE_PROCESSES,
    _MORE_IN_CONTAINER,
)
THREADS = _many(
    "threads",
    """
        def many():
            import threading
            for _ in range(KNOWN["amount"]):
                threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    """,
    "the control group's count of processes, which threads are to it",
    _MORE_PROCESSES,
    _MORE_IN_CONTAINER,
)
BOMB = _many(
    "generations",
    """
        def many():
            "Processes that fork and never wait; each that lives says so."
            import select
            ready, tell = os.pipe()
            bound = KNOWN["amount"]
            for depth in range(10):  # 2^10 of them, were they let
                try:
                    os.fork()
                except OSError:
                    break
            os.write(tell, b".")
            if os.getpid() != FIRST:
                time.sleep(600)
            count = 0
            while count < bound and select.select([ready], [], [], 2)[0]:
                count += len(os.read(ready, bound))
            return count >= bound

        FIRST = os.getpid()
    """,
    "the control group's count of processes",
    _MORE_PROCESSES,
    _MORE_IN_CONTAINER,
)
OPEN_FILES = _many(
    "open_files",
    """
        def many():
            kept = [os.open("/dev/null", os.O_RDONLY) for _ in range(10 * KNOWN["amount"])]
    """,
    "RLIMIT_NOFILE",
    _NO_RLIMITS,
    _ulimit("nofile", 8192),
)
# podman's word for it (--mount type=devpts) gives a terminal that an ordinary user cannot open.
_MACHINE_WIDE = "counted for the whole machine; engines have no word for how many a run may have"
TERMINALS = Attack(
    name="many_terminals",
    defence="a number for each devpts, for which engines have no word",
    script="""
        def many():
            import pty
            kept = [pty.openpty() for _ in range(KNOWN["amount"])]

        attempt("terminals", many)
    """,
    bites={
        "bubblewrap": (
            Bite(Weakening(drop=dropped("--dev-bind * /dev/pts")), frozenset({"terminals"})),
        ),
        "docker": (),
    },
    tolerated={
        "docker": {"terminals": _MACHINE_WIDE},
        "podman": {"terminals": _MACHINE_WIDE},
        "podman-runsc": {"terminals": "they are of gVisor, not of the machine"},
    },
    amount=100,
    modest=100,
)
TIMERS = _many(
    "timers",
    """
        def many():
            made = ctypes.c_void_p()
            for _ in range(10 * KNOWN["amount"]):
                if libc.timer_create(0, None, ctypes.byref(made)):
                    raise OSError(ctypes.get_errno(), "timer_create")
    """,
    "RLIMIT_SIGPENDING, which counts timers and queued signals",
    _NO_RLIMITS,
    _ulimit("sigpending", 8192),
)
QUEUES = _many(
    "message_queues",
    """
        def many():
            made = libc.mq_open(b"/queue", os.O_CREAT | os.O_RDWR, 0o600, None)
            if made == -1:
                raise OSError(ctypes.get_errno(), "mq_open")
    """,
    "RLIMIT_MSGQUEUE",
    _NO_RLIMITS,
    _ulimit("msgqueue", 819200),
)

_UNBOUNDED = (
    *("--perms", "1777", "--tmpfs", "/dev/shm"),
    *("--perms", "0700", "--tmpfs", "/home/student"),
)

DISK = Attack(
    name="five_gigabytes",
    defence="a size for each tmpfs, and nothing else that can be written",
    script="""
        def filled(place):
            block, left = bytes(1 << 20), KNOWN["amount"]
            with open(f"{place}/big", "wb", buffering=0) as file:
                while left > 0:
                    left -= file.write(block)

        for place in ("/tmp", os.path.expanduser("~"), "/dev/shm"):
            attempt(place, filled, place)
            try:
                os.unlink(f"{place}/big")
            except OSError:
                pass
    """,
    bites={
        "bubblewrap": (
            Bite(Weakening(last=_UNBOUNDED), frozenset({"/home/student", "/dev/shm"})),
            Bite(Weakening(last=("--perms", "1777", "--tmpfs", "/tmp")), frozenset({"/tmp"})),
        ),
        "docker": (
            Bite(
                Weakening(
                    drop=dropped(*(f"--tmpfs {place}:*" for place in _PLACES)),
                    first=tuple(
                        word
                        for place in _PLACES
                        for word in ("--tmpfs", f"{place}:rw,exec,mode=1777")
                    ),
                ),
                frozenset(_PLACES),
            ),
        ),
    },
    amount=5 * GIB,
    modest=64 * MIB,
)

CORES = Attack(
    name="core_dumps",
    defence="RLIMIT_CORE of one byte, at which no program of the host is given a core either",
    script="""
        import resource

        def dumped():
            os.chdir("/tmp")
            if os.fork() == 0:
                try:
                    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
                    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
                except ValueError:  # refused
                    pass
                os.abort()
            os.wait()
            return any(name.startswith("core") for name in os.listdir("/tmp"))

        attempt("core_file", dumped)
        attempt("other_limit", lambda: resource.getrlimit(resource.RLIMIT_CORE) != (1, 1))
        attempt("limit", resource.setrlimit, resource.RLIMIT_CORE, (0, 0))
    """,
    bites={
        "bubblewrap": (
            Bite(
                replace(NO_SECCOMP, rlimits=False), frozenset({"limit", "core_file", "other_limit"})
            ),
            Bite(NO_SECCOMP, frozenset({"limit"})),
        ),
        "docker": (
            Bite(_ulimit("core", 1 << 30), frozenset({"core_file", "other_limit"})),
            Bite(NO_PROFILE, frozenset({"limit"})),
        ),
    },
)

INODES = Attack(
    name="many_empty_files",
    defence="a number of files for each tmpfs; gVisor, and without root: the memory that they cost",
    script="""
        def many(place):
            for number in range(KNOWN["amount"]):
                os.close(os.open(f"{place}/{number}", os.O_CREAT | os.O_WRONLY))

        for place in ("/tmp", os.path.expanduser("~"), "/dev/shm"):
            attempt(place, many, place)
    """,
    bites={
        "bubblewrap": (
            Bite(Weakening(last=_SMALL_UNCOUNTED), frozenset({"/home/student", "/dev/shm"})),
            Bite(
                Weakening(last=("--size", _SMALL, "--perms", "1777", "--tmpfs", "/tmp")),
                frozenset({"/tmp"}),
            ),
        ),
        "docker": (
            Bite(
                Weakening(
                    drop=dropped(*(f"--tmpfs {place}:*" for place in _PLACES)),
                    first=tuple(
                        word
                        for place in _PLACES
                        for word in ("--tmpfs", f"{place}:rw,size={_SMALL},mode=1777")
                    ),
                ),
                frozenset(_PLACES),
            ),
        ),
    },
    limits={"memory_bytes": 96 * MIB, "tmp_bytes": 16 * MIB},
    amount=1_200_000,
    modest=10_000,
    ends=frozenset({None, "memory"}),
)

ATTACKS = (INODES, CORES, PROCESSES, THREADS, BOMB, OPEN_FILES, TERMINALS, TIMERS, QUEUES, DISK)
