"""Attacks on what lies on the host: files, secrets, the network, other processes."""

from attack import Attack, bite
from weakened import Weakening, dropped

NO_SECCOMP = Weakening(drop=dropped("--seccomp *"))
NO_PROFILE = Weakening(
    drop=dropped("--security-opt seccomp=*"), first=("--security-opt", "seccomp=unconfined")
)
AS_ROOT = dropped("--unshare-user", "--uid *", "--gid *", "--disable-userns", "--cap-drop ALL")
"""bubblewrap without a user namespace, started by root: the guest is root with all capabilities."""
ROOT_IN_CONTAINER = dropped("--user *", "--cap-drop ALL")
SEEN_FIRST = "--size 4096 --perms 0555 --tmpfs /proc/1 --remount-ro /proc/1"
"""What hides bubblewrap's own process."""
NO_NAME_SERVER = {"dns": "no name server answers the tests here; held as every other UDP is"}

FILES = Attack(
    name="files_of_the_host",
    defence="a mount namespace whose view has the system, the environment, the job and the data",
    script="""
        def secret_in(path):
            with open(path, errors="replace") as file:
                return KNOWN["mark"] + ":" in file.read(4096)

        def found_by_walking():
            names = {os.path.basename(path) for path in KNOWN["files"]}
            for folder, folders, files in os.walk("/"):
                folders[:] = [name for name in folders if name not in {"proc", "sys"}]
                for name in names.intersection(files):
                    try:
                        if secret_in(os.path.join(folder, name)):
                            return True
                    except OSError:
                        pass
            return False

        def through_proc(link):
            for process in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if secret_in(f"/proc/{process}/{link}{KNOWN['files'][0]}"):
                        return True
                except OSError:
                    pass
            return False

        for way, path in zip(("other_work", "reference", "course_env"), KNOWN["files"]):
            attempt(way, secret_in, path)
        attempt("shadow", lambda: len(open("/etc/shadow").read()))
        attempt("walk", found_by_walking)
        attempt("proc_root", through_proc, "root")
        attempt("proc_cwd", through_proc, "cwd/../../../../..")
        attempt("dotdot", secret_in, "/job/../../../.." + KNOWN["files"][0])
    """,
    bites={
        "bubblewrap": (
            bite(
                "other_work reference course_env walk shadow dotdot",
                Weakening(
                    first=(
                        *("--ro-bind", "{folder}", "{folder}"),
                        *("--ro-bind", "{folder}/shadow", "/etc/shadow"),
                    )
                ),
            ),
            bite(
                "proc_root proc_cwd", Weakening(drop=(*AS_ROOT, ("--unshare-pid",)), as_root=True)
            ),
        ),
        "docker": (
            bite(
                "other_work reference course_env walk shadow dotdot",
                Weakening(
                    first=(
                        *("--volume", "{folder}:{folder}:ro"),
                        *("--volume", "{folder}/shadow:/etc/shadow:ro"),
                    )
                ),
            ),
            bite(
                "proc_root proc_cwd",
                Weakening(
                    drop=ROOT_IN_CONTAINER, first=("--pid", "host", "--cap-add", "SYS_PTRACE")
                ),
            ),
        ),
    },
)

SECRETS = Attack(
    name="secrets_in_memory",
    defence="an empty environment; namespaces for processes and IPC; no keyrings; a uid of its own",
    script="""
        WHOLE = KNOWN["mark"].encode() + b":"

        def environ_of(processes):
            for process in processes:
                try:
                    if WHOLE in open(f"/proc/{process}/environ", "rb").read():
                        return True
                except OSError:
                    pass
            return False

        def command_lines():
            for process in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if WHOLE in open(f"/proc/{process}/cmdline", "rb").read():
                        return True
                except OSError:
                    pass
            return False

        def own_memory():
            "What this process was before it became the guest may have left something."
            import re
            whole = re.compile(WHOLE + b"[0-9a-f]{16}")
            with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
                for line in maps:
                    begin, end = (int(part, 16) for part in line.split()[0].split("-"))
                    try:
                        memory.seek(begin)
                        if whole.search(memory.read(end - begin)):
                            return True
                    except (OSError, OverflowError, ValueError):
                        continue
            return False

        def keyring():
            found = call("keyctl", 10, -3, b"user", KNOWN["mark"].encode(), 0)  # KEYCTL_SEARCH
            content = ctypes.create_string_buffer(100)
            call("keyctl", 11, found, ctypes.addressof(content), 100)  # KEYCTL_READ
            return WHOLE in content.raw

        def shared_memory():
            segment = libc.shmget(KNOWN["segment"], 0, 0)
            if segment == -1:
                raise OSError(ctypes.get_errno(), "shmget")
            libc.shmat.restype = ctypes.c_void_p
            return WHOLE in ctypes.string_at(libc.shmat(segment, None, 0o10000), 64)

        attempt("own_environ", lambda: any(WHOLE.decode() in v for v in os.environ.values()))
        attempt("first_environ", environ_of, ["1"])
        attempt("any_environ", environ_of, set(filter(str.isdigit, os.listdir("/proc"))) - {"1"})
        attempt("command_lines", command_lines)
        attempt("own_memory", own_memory)
        attempt("keyring", keyring)
        attempt("shared_memory", shared_memory)
    """,
    bites={
        "bubblewrap": (
            bite(
                "own_environ first_environ own_memory",
                Weakening(
                    drop=dropped("--clearenv", SEEN_FIRST),
                    environment={"COURSE_SECRET": "{secret}"},
                ),
            ),
            bite("any_environ", Weakening(drop=(*AS_ROOT, ("--unshare-pid",)), as_root=True)),
            bite("command_lines", Weakening(drop=dropped("--unshare-pid"))),
            bite("keyring", NO_SECCOMP),
            bite("shared_memory", Weakening(drop=dropped("--unshare-ipc"))),
        ),
        "docker": (
            bite(
                "own_environ first_environ own_memory",
                Weakening(first=("--env", "COURSE_SECRET={secret}")),
            ),
            bite(
                "any_environ",
                Weakening(
                    drop=ROOT_IN_CONTAINER, first=("--pid", "host", "--cap-add", "SYS_PTRACE")
                ),
            ),
            bite("command_lines", Weakening(first=("--pid", "host"))),
            bite(
                "shared_memory", Weakening(drop=dropped("--ipc private"), first=("--ipc", "host"))
            ),
        ),
    },
    blunt={
        "docker": {
            "keyring": "the daemon starts containers, in a session keyring made for each by runc"
        },
    },
)

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

ATTACKS = (FILES, SECRETS, NETWORK, PROCESSES)
