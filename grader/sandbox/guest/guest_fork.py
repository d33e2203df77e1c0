"""Where a warm parent has imported ipykernel already, the kernel is forked and not executed.

The fork happens first of all, while the process has one thread and knows nothing of the job; the
process made by it waits until the kernel is wanted, and then is what
``python -m ipykernel_launcher ARGUMENTS`` would be, with every library imported.
"""

import importlib.util
import json
import os
import signal
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, NoReturn

_HERE = Path(__file__).parent
_NAME = "forked"
_INLINE = "module://matplotlib_inline.backend_inline"
"""What ipykernel says in MPLBACKEND, which matplotlib reads when it is imported."""
_LAUNCHER = "ipykernel_launcher"


class Kept:
    """The process that will be the kernel, as jupyter_client sees a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, wanted: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._wanted = wanted

    def become(self, command: list[str], **options: Any) -> "Kept":
        """Let it be the kernel; the arguments are those of jupyter_client's `launch_kernel`."""
        given = {
            "arguments": command[command.index(_LAUNCHER) + 1 :],
            "environment": dict(options["env"]),
            "folder": options["cwd"],
        }
        with os.fdopen(self._wanted, "w", encoding="utf-8") as pipe:
            json.dump(given, pipe)
        return self

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None: it lives."""
        return self._wait(os.WNOHANG)

    def wait(self) -> int | None:
        """Wait for its end; returns as `poll`."""
        return self._wait(0)

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def _wait(self, how: int) -> int | None:
        if self.returncode is None:
            process, status = os.waitpid(self.pid, how)
            if process:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def keep() -> Kept | None:
    """Fork the process that will be the kernel; None where an executed one starts as fast."""
    if "ipykernel.kernelapp" not in sys.modules:
        return None
    waiting, wanted = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(wanted)
        _wait_and_be_kernel(waiting)
    os.close(waiting)
    return Kept(pid, wanted)


def provisioner(kept: Kept) -> Mapping[str, Any]:
    """Metadata of a kernel's specification that make jupyter_client take that process."""
    from jupyter_client.provisioning.factory import KernelProvisionerFactory
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner

    class Forked(LocalProvisioner):
        async def launch_kernel(self, cmd: list[str], **options: Any) -> Mapping[str, Any]:
            self.process = kept.become(cmd, **options)
            self.pid = self.pgid = kept.pid
            self.cwd = options["cwd"]
            return self.connection_info

    class Entry(EntryPoint):
        def load(self) -> type:
            return Forked

    KernelProvisionerFactory.instance().provisioners[_NAME] = Entry(_NAME, "", "")
    return {"kernel_provisioner": {"provisioner_name": _NAME}}


def _wait_and_be_kernel(waiting: int) -> NoReturn:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):  # standard output is the guest's way out
        os.dup2(nothing, descriptor)
    with os.fdopen(waiting, encoding="utf-8") as pipe:
        said = pipe.read()
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    if not said:
        os._exit(1)
    given = json.loads(said)
    Path("/proc/self/oom_score_adj").write_text("300")  # the guest must outlive it; see `warm_run`
    os.environ.clear()
    os.environ.update(given["environment"])
    os.chdir(given["folder"])
    sys.path.remove(sys.path[0])
    for file in _HERE.glob("[!_]*.py"):  # a walk through `sys.modules` would copy their pages
        sys.modules.pop(file.stem, None)
    if matplotlib := sys.modules.get("matplotlib"):
        matplotlib.rcParams["backend"] = _INLINE
    launcher = importlib.util.find_spec(_LAUNCHER)
    sys.argv = [str(launcher.origin if launcher else _LAUNCHER), *given["arguments"]]
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
    os._exit(0)
