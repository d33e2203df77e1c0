"""Attacks on others: servers of the host and beyond it, and other processes."""

from attack import Attack, bite
from defences import AS_ROOT, NO_PROFILE, NO_SECCOMP, ROOT_IN_CONTAINER
from weakened import Weakening, dropped

NO_NAME_SERVER = {"dns": "no name server answers the tests here; held as every other UDP is"}

NETWORK = Attack(
    name="network",
    defence="a network namespace with a loopback of its own; no socket of the host in the view",
    script="""
        def greeted(family, address):
            with socket.socket(family) as talker:
                talker.settimeout(3)
                talker.connect(address)
                return talker.recv(100).startswith(KNOWN["mark"].encode())

        def answered(address, question):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:
                talker.settimeout(0.3)
                talker.sendto(question, address)
                return len(talker.recv(512)) > 0

        def name_servers():
            name = b"\\x07example\\x03org\\0"
            query = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + name + struct.pack(">2H", 1, 1)
            try:
                lines = open("/etc/resolv.conf").read().splitlines()
            except OSError:
                lines = []
            asked = [line.split()[1] for line in lines if line.startswith("nameserver ")]
            for server in [*asked, "127.0.0.53", "8.8.8.8"]:
                try:
                    if ":" not in server and answered((server, 53), query):
                        return True
                except OSError:
                    pass
            return False

        def engine():
            places = ("docker.sock", "podman/podman.sock", "containerd/containerd.sock")
            for path in (f"{run}/{place}" for run in ("/run", "/var/run") for place in places):
                with socket.socket(socket.AF_UNIX) as talker:
                    if talker.connect_ex(path) == 0:
                        return True
            return False

        servers = KNOWN["servers"]
        attempt("tcp", greeted, socket.AF_INET, ("127.0.0.1", servers["tcp"]))
        attempt("tcp6", greeted, socket.AF_INET6, ("::1", servers["tcp6"]))
        attempt("udp", answered, ("127.0.0.1", servers["udp"]), b"?")
        attempt("abstract", greeted, socket.AF_UNIX, servers["abstract"])
        attempt("unix", greeted, socket.AF_UNIX, servers["unix"])
        attempt("dns", name_servers)
        attempt("engine", engine)
    """,
    bites={
        "bubblewrap": (
            bite("tcp tcp6 udp abstract", Weakening(drop=dropped("--unshare-net"))),
            bite(
                "unix engine",
                Weakening(
                    first=(
                        *("--ro-bind", "{folder}", "{folder}", "--dir", "/var/run"),
                        *("--ro-bind", "{folder}/engine.sock", "/var/run/docker.sock"),
                    )
                ),
            ),
        ),
        "docker": (
            bite(
                "tcp tcp6 udp abstract",
                Weakening(drop=dropped("--network none"), first=("--network", "host")),
            ),
            bite(
                "unix engine",
                Weakening(
                    first=(
                        *("--volume", "{folder}:{folder}:ro"),
                        *("--volume", "{folder}/engine.sock:/run/podman/podman.sock"),
                    )
                ),
            ),
        ),
    },
    blunt={"bubblewrap": NO_NAME_SERVER, "docker": NO_NAME_SERVER},
)

PROCESSES = Attack(
    name="other_processes",
    defence="a process namespace; no ptrace and its kin, not even among the guest's own",
    script="""
        IOVEC = struct.Struct("PL")
        target = os.fork()
        if target == 0:
            time.sleep(60)
            os._exit(0)

        def vectors():
            there, here = ctypes.create_string_buffer(b"there"), ctypes.create_string_buffer(5)
            local = ctypes.create_string_buffer(IOVEC.pack(ctypes.addressof(here), 5))
            remote = ctypes.create_string_buffer(IOVEC.pack(ctypes.addressof(there), 5))
            words = (ctypes.addressof(local), 1, ctypes.addressof(remote), 1, 0)
            return words, (there, here, local, remote)  # what is not kept is freed

        def moved(name):
            words, kept = vectors()
            return call(name, target, *words) == 5

        def attach():
            call("ptrace", 0x4206, target, 0, 0)  # PTRACE_SEIZE

        def descriptor_of_other():
            handle = os.pidfd_open(target)
            return call("pidfd_getfd", handle, 1, 0)

        attempt("ptrace", attach)
        attempt("process_vm_readv", moved, "process_vm_readv")
        attempt("process_vm_writev", moved, "process_vm_writev")
        attempt("kcmp", lambda: call("kcmp", os.getpid(), target, 0, 1, 1) >= 0)
        attempt("pidfd_getfd", descriptor_of_other)
        attempt("memory_file", lambda: os.open(f"/proc/{KNOWN['process']}/mem", os.O_RDONLY))
        attempt("signal", os.kill, KNOWN["process"], 0)
        os.kill(target, signal.SIGKILL)
        os.waitpid(target, 0)
    """,
    bites={
        "bubblewrap": (
            bite("ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd", NO_SECCOMP),
            bite(
                "signal memory_file", Weakening(drop=(*AS_ROOT, ("--unshare-pid",)), as_root=True)
            ),
        ),
        "docker": (
            bite("ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd", NO_PROFILE),
            bite(
                "signal memory_file",
                Weakening(
                    drop=ROOT_IN_CONTAINER, first=("--pid", "host", "--cap-add", "SYS_PTRACE")
                ),
            ),
        ),
    },
)

ATTACKS = (NETWORK, PROCESSES)
