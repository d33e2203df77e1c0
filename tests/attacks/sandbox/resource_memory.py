"""Attacks on the machine's memory, by everything that can hold some."""

from attack import Attack, Bite
from defences import AS_ROOT, ROOT_IN_CONTAINER
from weakened import Weakening, dropped

from grader.domain.limits import GIB, MIB

BLOCK = 16 * MIB
_MORE_IN_GROUP = Weakening(limits={"memory_bytes": 700 * MIB})
_MORE_IN_CONTAINER = Weakening(
    drop=dropped("--memory *", "--memory-swap *"),
    first=("--memory", "700m", "--memory-swap", "700m"),
)


def _hoarding(name: str, script: str, *ends: str | None) -> Attack:
    """Holds the amount at once; killed at the run's limit, which counts whatever is held."""
    way = frozenset({name})
    return Attack(
        name=f"memory_{name}",
        defence="the control group's memory limit, without swap",
        script=script + f"\n        attempt({name!r}, held)\n",
        bites={
            "bubblewrap": (Bite(_MORE_IN_GROUP, way),),
            "docker": (Bite(_MORE_IN_CONTAINER, way),),
        },
        limits={"memory_bytes": 96 * MIB, "tmp_bytes": 600 * MIB},
        amount=30 * GIB,
        modest=200 * MIB,
        ends=frozenset(ends or {"memory"}),
    )


_TOUCH = f"""
        BLOCK = {BLOCK}
        KEPT = []

        def touched(block, size=BLOCK):
            for page in range(0, size, 4096):
                block[page] = 1
            KEPT.append(block)
"""

ALLOCATED = _hoarding(
    "allocated",
    _TOUCH
    + """
        def held():
            for _ in range(KNOWN["amount"] // BLOCK):
                touched(bytearray(BLOCK))
    """,
)
ONE_MAPPING = _hoarding(
    "one_mapping",
    _TOUCH
    + """
        def held():
            import mmap
            reserve = 0x4000  # MAP_NORESERVE: else 30 GB are refused for being more than there is
            flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | reserve
            touched(mmap.mmap(-1, KNOWN["amount"], flags=flags), KNOWN["amount"])
    """,
)
PAGE_TABLES = _hoarding(
    "page_tables",
    """
        def held():
            "One byte in each 2 MiB: as many pages for addresses as for content."
            import mmap
            step, flags = 2 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000
            count = KNOWN["amount"] // 8192
            block = mmap.mmap(-1, count * step, flags=flags)
            block.madvise(mmap.MADV_NOHUGEPAGE)
            for number in range(count):
                block[number * step] = 1
    """,
)
IN_CHILDREN = _hoarding(
    "in_children",
    _TOUCH
    + """
        CHILDREN = []

        def held():
            "Each child takes little; all together take it all."
            ready, tell = os.pipe()
            wanted = min(40, KNOWN["amount"] // BLOCK)
            for _ in range(wanted):
                CHILDREN.append(os.fork())
                if CHILDREN[-1] == 0:
                    touched(bytearray(BLOCK))
                    os.write(tell, b".")
                    time.sleep(600)
            import select
            count = 0
            while count < wanted and select.select([ready], [], [], 3)[0]:
                count += len(os.read(ready, 1))
            alive = all(os.waitpid(child, os.WNOHANG) == (0, 0) for child in CHILDREN)
            return count == wanted and alive
    """,
    None,  # the kernel kills children
)
MEMORY_FILE = _hoarding(
    "memory_file",
    """
        def held():
            made = os.memfd_create("hoard")
            for _ in range(KNOWN["amount"] // (1 << 20)):
                os.write(made, bytes(1 << 20))
    """,
)
SYSTEM_V = _hoarding(
    "system_v",
    _TOUCH
    + """
        def held():
            libc.shmat.restype = ctypes.c_void_p
            for _ in range(KNOWN["amount"] // BLOCK):
                segment = libc.shmget(0, ctypes.c_size_t(BLOCK), 0o1600)
                if segment == -1:
                    raise OSError(ctypes.get_errno(), "shmget")
                place = libc.shmat(segment, None, 0)
                ctypes.memset(place, 1, BLOCK)
                libc.shmdt(ctypes.c_void_p(place))
    """,
)
SHARED_FILES = _hoarding(
    "shared_files",
    """
        def held():
            "POSIX shared memory, /tmp and home: three times what one of them may hold."
            places = ("/dev/shm", "/tmp", os.path.expanduser("~"))
            for n in range(KNOWN["amount"] // (3 << 20)):
                for place in places:
                    with open(f"{place}/hoard", "ab") as file:
                        file.write(bytes(1 << 20))
    """,
)
EMPTY_FILES = _hoarding(
    "empty_files",
    """
        def held():
            "1.2 million files hold no byte, and a kilobyte of the kernel's memory each."
            for number in range(min(1_200_000, KNOWN["amount"] // 2000)):
                os.close(os.open(f"/tmp/{number}", os.O_CREAT | os.O_WRONLY))
    """,
)
SOCKETS = _hoarding(
    "sockets",
    """
        def held():
            left, pairs = KNOWN["amount"], []
            while left > 0:
                pairs.append(socket.socketpair())
                for end in pairs[-1]:
                    end.setblocking(False)
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
                    try:
                        while True:
                            left -= end.send(bytes(64 << 10))
                    except BlockingIOError:
                        pass
    """,
)

_LIMITED_SOCKETS = frozenset({"tcp", "udp"})
INTERNET_SOCKETS = Attack(
    name="memory_internet_sockets",
    defence="the control group's memory limit; version 1's own limit for what sockets hold",
    script="""
        KEPT = []

        def tcp():
            server = socket.create_server(("127.0.0.1", 0))
            left = KNOWN["amount"]
            for _ in range(300):
                ends = socket.create_connection(server.getsockname()), server.accept()[0]
                KEPT.extend(ends)
                for end in ends:
                    end.setblocking(False)
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
                    try:
                        while left > 0:
                            left -= end.send(bytes(64 << 10))
                    except BlockingIOError:
                        pass
            return left <= 0

        def udp():
            sender, receivers, held = socket.socket(type=socket.SOCK_DGRAM), [], 0
            for _ in range(400):
                receivers.append(socket.socket(type=socket.SOCK_DGRAM))
                receivers[-1].bind(("127.0.0.1", 0))
                receivers[-1].setblocking(False)
                receivers[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
                for _ in range(10):
                    sender.sendto(bytes(30_000), receivers[-1].getsockname())
            for receiver in receivers:
                try:
                    while True:
                        held += len(receiver.recv(65_536))
                except BlockingIOError:
                    pass
            return held >= KNOWN["amount"]

        attempt("tcp", tcp)
        for end in KEPT:
            end.close()
        attempt("udp", udp)
    """,
    bites={
        "bubblewrap": (Bite(_MORE_IN_GROUP, _LIMITED_SOCKETS),),
        "docker": (Bite(_MORE_IN_CONTAINER, _LIMITED_SOCKETS),),
    },
    limits={"memory_bytes": 64 * MIB},
    amount=72 * MIB,
    modest=72 * MIB,
    ends=frozenset({None, "memory"}),
)

LOCKED = Attack(
    name="memory_locked",
    defence="RLIMIT_MEMLOCK, and no CAP_IPC_LOCK",
    script="""
        def locked():
            import mmap
            block = mmap.mmap(-1, KNOWN["amount"])
            place = ctypes.addressof(ctypes.c_char.from_buffer(block))
            if libc.mlock(ctypes.c_void_p(place), ctypes.c_size_t(len(block))):
                raise OSError(ctypes.get_errno(), "mlock")

        attempt("locked", locked)
    """,
    bites={
        "bubblewrap": (Bite(Weakening(drop=AS_ROOT, as_root=True), frozenset({"locked"})),),
        "docker": (
            Bite(
                Weakening(drop=ROOT_IN_CONTAINER, first=("--cap-add", "IPC_LOCK")),
                frozenset({"locked"}),
            ),
        ),
    },
    amount=64 * MIB,
    modest=64 * MIB,
)

ATTACKS = (
    *(
        ALLOCATED,
        ONE_MAPPING,
        PAGE_TABLES,
        IN_CHILDREN,
        MEMORY_FILE,
        SYSTEM_V,
        SHARED_FILES,
        EMPTY_FILES,
    ),
    *(SOCKETS, INTERNET_SOCKETS, LOCKED),
)
