"""The container backend: one run from its job to its facts, with nothing left behind.

Theory of operation. A slot (a lock file) gives a run its name and its user. What a dead grader left
under that name is removed first, so that each name is used by one container at a time; what lies
under names that nobody holds is swept up at the start. The container is created, which runs nothing
of the student's, then started with its output attached to one pipe, which the same pump reads as
for bubblewrap. Whatever happens, it is removed, and the engine is asked whether it is gone. Where
the client dies its container lives on: the next grader sweeps it up.

Where control groups can be made at the top of their hierarchies, the container lies in one of ours:
its counters outlive the container, which takes its own with it.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from grader.domain.limits import Limits
from grader.domain.run import SandboxFacts
from grader.errors import SandboxError
from grader.sandbox.bubblewrap.command import environment, guest
from grader.sandbox.container.attach import attached
from grader.sandbox.container.command import LABEL, PROTECTIONS, Box, create
from grader.sandbox.container.engine import Engine, counted, is_gvisor
from grader.sandbox.container.examine import examine
from grader.sandbox.container.fault import Ending, State, refusal, verdict
from grader.sandbox.container.groups import SharedGroups
from grader.sandbox.container.image import Image, chosen
from grader.sandbox.container.profile import profile
from grader.sandbox.gpu.device import container_words, present
from grader.sandbox.interface import Finding, Job, Receive, RunEnd
from grader.sandbox.linux.cgroup import Group, Usage
from grader.sandbox.linux.layout import (
    Bind,
    Interpreter,
    checkouts,
    installed,
    job_binds,
    mask,
)
from grader.sandbox.linux.pump import Pump, Streams
from grader.sandbox.linux.slots import Slot, Slots

STARTUP_SECONDS = 120.0
"""What a run may take beyond its limits: starting, and importing from a cold disk."""


@dataclass(frozen=True)
class Ended:
    """What is known once a container is gone; `seconds` is the wall time since its creation."""

    image: Image
    state: State | None
    pump: Pump
    usage: Usage
    seconds: float


class ContainerSandbox:
    """Runs jobs in containers; see `grader.sandbox.interface.Sandbox`. Safe to share by threads."""

    def __init__(
        self,
        engine: Engine,
        interpreter: Interpreter,
        runtime: Path,
        *,
        image: str | None = None,
        groups: SharedGroups | None = None,
        startup_seconds: float = STARTUP_SECONDS,
    ) -> None:
        """Prepare; touches only `runtime`.

        Args:
            engine: whose containers.
            interpreter: this machine's Python environment, which is bound into the skeleton.
            runtime: folder of locks; the same for all graders of one user on a machine.
            image: name of an image of the project's Dockerfile; None: the skeleton.
            groups: where control groups can be made; see `shared_groups`.
            startup_seconds: what a run may take beyond wall and grace time.

        Raises:
            SandboxError: `runtime` cannot be written, or there is no filter for this processor.
        """
        self.engine, self._interpreter, self._image = engine, interpreter, image
        self.groups = groups
        self.name: str = engine.kind
        if engine.runtime is not None:
            self.name += f"-{Path(engine.runtime).name}"
        self._startup_seconds = startup_seconds
        self._live: set[str] = set()
        self._closing = threading.Lock()
        self._closed, self._swept = False, False
        try:
            self.slots = Slots(runtime / f"slots-{self.name}", users=True)
            self._mask, self._empty = mask(runtime / "mask"), runtime / "empty"
            self._scratch = runtime / "engine"
            for folder in (self._empty, self._scratch):
                folder.mkdir(exist_ok=True)
            self._empty.chmod(0o755)
            self._profile = runtime / f"seccomp-{self.name}.json"
            self._profile.write_text(profile(gvisor=is_gvisor(engine.runtime)))
        except OSError as error:
            raise SandboxError(
                "runtime", f"the folder {runtime} cannot be used: {error}"
            ) from error

    def examine(self) -> tuple[Finding, ...]:
        """See `Sandbox`."""
        return examine(self, self.engine, self._image)

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`."""
        self._sweep()
        image = chosen(self.engine, self._image, self._interpreter.python)
        started = time.monotonic()
        with self.slots.hold() as slot, self._group(slot, job.limits) as group:
            with self._container(slot, job, image):
                with (
                    self._killer(slot.name) as kill,
                    attached(self.engine, slot.name, self._scratch) as streams,
                ):
                    if self._closed:
                        kill()
                    pump = self._pump(streams, job, receive, kill, slot.uid)
                    pump.run()
                state = self._state(slot.name)
            usage = group.usage() if group else Usage()
        ended = Ended(image, state, pump, usage, time.monotonic() - started)
        return self._end(job.limits, ended)

    def close(self) -> None:
        """See `Sandbox`."""
        with self._closing:
            self._closed = True
            live = tuple(self._live)
        for name in live:
            self.engine.call("kill", name)

    @contextmanager
    def _group(self, slot: Slot, limits: Limits) -> Iterator[Group | None]:
        """Our control group above the container's, once a container of that name is gone."""
        self._remove(slot.name)
        if self.groups is None:
            yield None
            return
        processes = counted(self.engine.runtime, limits.processes)
        group = self.groups.create(slot.name, limits.model_copy(update={"processes": processes}))
        try:
            yield group
        finally:
            self.groups.clear(slot.name)

    @contextmanager
    def _container(self, slot: Slot, job: Job, image: Image) -> Iterator[None]:
        """The container of that name exists, not started, while the context lasts."""
        assert slot.uid is not None
        box = Box(
            name=slot.name,
            label=self.slots.label,
            user=slot.uid,
            image=image.digest,
            profile=self._profile,
            parent=None if self.groups is None else f"/{slot.name}",
            runtime=self.engine.runtime,
            cpus=os.cpu_count() or 1,
        )
        binds = (*job_binds(job, other_user=True), *(self._machine() if image.machine else ()))
        variables = environment(image.python.parent.parent, job.limits.threads, job.lease)
        program = guest(image.python, None, None)
        devices = container_words(
            job.lease, present(job.lease), engine=self.engine.kind, machine=image.machine
        )
        words = create(self.engine.kind, box, job.limits, binds, variables, program, devices)
        said = self.engine.call(*words)
        if not said.ok:
            self._remove(slot.name)
            raise refusal(said.err)
        with self._closing:
            self._live.add(slot.name)
        try:
            yield
        finally:
            with self._closing:
                self._live.discard(slot.name)
            self._remove(slot.name)

    def _machine(self) -> Iterator[Bind]:
        """This machine's system and Python environment, without our own packages."""
        yield Bind(Path("/usr"), Path("/usr"))
        for source in map(Path, ("/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives")):
            if source.exists():
                yield Bind(source, source)
        yield from self._interpreter.binds
        yield from (Bind(self._empty, folder) for folder in checkouts(self._interpreter))
        yield from (Bind(self._mask, folder) for folder in installed(self._interpreter))

    def _pump(
        self,
        streams: Streams,
        job: Job,
        receive: Receive,
        end: Callable[[], None],
        user: int | None,
    ) -> Pump:
        limits = job.limits
        seconds = limits.wall_seconds + limits.grace_seconds + self._startup_seconds
        deadline = time.monotonic() + seconds
        return Pump(
            streams,
            receive,
            cap=limits.evidence_bytes,
            deadline=deadline,
            end=end,
            look=lambda: job.look(user),
        )

    @contextmanager
    def _killer(self, name: str) -> Iterator[Callable[[], None]]:
        """Kills the container without waiting: the engine waits for its output to be read."""
        with ExitStack() as calls:

            def kill() -> None:
                call = self.engine.begin("kill", name)
                calls.callback(call.wait)

            yield kill

    def _state(self, name: str) -> State | None:
        said = self.engine.call("inspect", "--format", "{{json .State}}", name)
        return State.read(said.out) if said.ok else None

    def _remove(self, name: str) -> None:
        """Remove a container, running or not, and see that the engine knows it no more."""
        said = self.engine.call("rm", "--force", "--volumes", name)
        if self.engine.call("container", "inspect", name).ok:
            raise SandboxError("container_left", f"{name} could not be removed: {said.err}")

    def _sweep(self) -> None:
        """Once: remove the containers of our label whose slots nobody holds."""
        with self._closing:
            if self._swept:
                return
            self._swept = True
        listed = self.engine.call(
            *("ps", "--all", "--filter", f"label={LABEL}={self.slots.label}"),
            *("--format", "{{.Names}}"),
        )
        if not listed.ok:
            raise refusal(listed.err)
        for name in listed.out.decode().split():
            with self.slots.if_free(name) as free:
                if free:
                    self._remove(name)

    def _end(self, limits: Limits, ended: Ended) -> RunEnd:
        pump, state, usage = ended.pump, ended.state, ended.usage
        stderr = pump.stderr.bytes().decode(errors="replace")
        ending = Ending(
            pump.halted,
            state,
            pump.received > 0,
            stderr,
            usage.peak_bytes,
            limits.memory_bytes,
            gvisor=is_gvisor(self.engine.runtime),
        )
        judged = verdict(ending)
        if self._closed:
            raise SandboxError("closed", "the sandbox was closed")
        if isinstance(judged, SandboxError):
            raise judged
        facts = SandboxFacts(
            sandbox=self.name,
            image=f"{ended.image.name} {ended.image.digest}",
            seconds=ended.seconds,
            peak_memory_bytes=usage.peak_bytes,
            oom_kills=int(ending.out_of_memory or bool(state and state.out_of_memory)),
            protections=PROTECTIONS,
        )
        return RunEnd(facts=facts, stopped=judged, stderr=stderr)
