"""Attacks on what lies on the host: its files, and what is secret in the memory of others."""

from attack import Attack, bite
from defences import AS_ROOT, NO_SECCOMP, ROOT_IN_CONTAINER
from weakened import Weakening, dropped

SEEN_FIRST = "--size 4096 --perms 0555 --tmpfs /proc/1 --remount-ro /proc/1"
"""What hides bubblewrap's own process."""

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

ATTACKS = (FILES, SECRETS)
