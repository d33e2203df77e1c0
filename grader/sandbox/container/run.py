"""The container backend: one run from its job to its facts, with nothing left behind.

Theory of operation. A slot (a lock file) gives a run its name and its user. What a dead grader left
under that name is removed first, so that each name is used by one container at a time; what lies
under names that nobody holds is swept up at the start. The container is created, which runs nothing
of the student's, then started with its output attached to one pipe, which the same pump reads as
for bubblewrap. Whatever happens, it is removed, and the engine is asked whether it is gone. Where
the client dies its container lives on: the next grader sweeps it up.

podman bounds a tmpfs by its bytes alone. Where we are root, we mount what a run writes, with a
number of files, and bind it; whatever removes a container then removes these mounts.

Where control groups can be made at the top of their hierarchies, the container lies in one of ours:
its counters outlive the container, which takes its own with it.
"""

import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from grader.domain.limits import Limits
from grader.errors import SandboxError
from grader.sandbox.bubblewrap.command import WRITABLE, environment, guest
from grader.sandbox.container.attach import Attached, attached
from grader.sandbox.container.command import BOOT, LABEL, MACHINE, Box, create
from grader.sandbox.container.engine import Engine, counted, is_gvisor
from grader.sandbox.container.examine import examine
from grader.sandbox.container.fault import Bound, refusal, unknown
from grader.sandbox.container.groups import SharedGroup, SharedGroups
from grader.sandbox.container.held import held
from grader.sandbox.container.image import Image, chosen
from grader.sandbox.container.profile import profile
from grader.sandbox.gpu.device import container_words, present
from grader.sandbox.interface import Finding, Job, Receive, RunEnd
from grader.sandbox.linux.boot import boot_id
from grader.sandbox.linux.cgroup import Group
from grader.sandbox.linux.layout import (
    Bind,
    Interpreter,
    bounds,
    checkouts,
    installed,
    job_binds,
    mask,
)
from grader.sandbox.linux.mounts import Mounts
from grader.sandbox.linux.running import LinuxSandbox, usable
from grader.sandbox.linux.slots import Slot, Slots

STARTUP_SECONDS = 120.0
"""What a run may take beyond its limits: starting, and importing from a cold disk."""


def labels(runtime: str) -> dict[str, str]:
    """What a container of this machine carries; `runtime`: of the graders that share a folder."""
    return {LABEL: runtime, MACHINE: platform.node(), BOOT: boot_id()}


class ContainerSandbox(LinuxSandbox):
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
        self._shared = groups
        self.name = engine.kind
        if engine.runtime is not None:
            self.name += f"-{Path(engine.runtime).name}"
        self._sweeping, self._swept = threading.Lock(), False
        with usable(runtime):
            slots = Slots(runtime / f"slots-{self.name}", users=True)
            self._mask, self._empty = mask(runtime / "mask"), runtime / "empty"
            self._scratch = runtime / "engine"
            for folder in (self._empty, self._scratch):
                folder.mkdir(exist_ok=True)
            self._empty.chmod(0o755)
            self._profile = runtime / f"seccomp-{self.name}.json"
            self._profile.write_text(profile(gvisor=is_gvisor(engine.runtime)))
            mounts = runtime / f"mounts-{self.name}"
            self._mounts = Mounts(mounts) if engine.sees_our_mounts else None
        super().__init__(slots, groups, startup_seconds)

    def examine(self) -> tuple[Finding, ...]:
        """See `Sandbox`."""
        return examine(self, self.engine, self._image, files_counted=self._files_counted)

    def run(self, job: Job, receive: Receive) -> RunEnd:
        """See `Sandbox`."""
        self._sweep()
        image = chosen(self.engine, self._image, self._interpreter.python)
        known = held(image, self.groups, files_counted=self._files_counted)
        return self._carry_out(job, receive, partial(self._begin, job, image), known)

    @property
    def _files_counted(self) -> bool:
        return self.engine.counts_files or self._mounts is not None

    @contextmanager
    def _group(self, slot: Slot, limits: Limits) -> Iterator[Group | None]:
        """Our control group above the container's, once a container of that name is gone."""
        self._remove(slot.name)
        processes = counted(self.engine.runtime, limits.processes)
        with super()._group(slot, limits.model_copy(update={"processes": processes})) as group:
            yield group

    @contextmanager
    def _begin(self, job: Job, image: Image, slot: Slot, group: Group | None) -> Iterator[Attached]:
        bound = Bound(job.limits.memory_bytes, gvisor=is_gvisor(self.engine.runtime))
        with (
            self._container(slot, job, image, group),
            attached(self.engine, slot.name, self._scratch, bound) as run,
        ):
            yield run

    @contextmanager
    def _container(self, slot: Slot, job: Job, image: Image, group: Group | None) -> Iterator[None]:
        """The container of that name exists, not started, while the context lasts."""
        assert slot.uid is not None
        box = Box(
            name=slot.name,
            labels=labels(self.slots.label),
            user=slot.uid,
            image=image.digest,
            profile=self._profile,
            parent=f"/{slot.name}" if group else None,
            runtime=self.engine.runtime,
            cpus=os.cpu_count() or 1,
        )
        binds = (*job_binds(job, other_user=True), *(self._machine() if image.machine else ()))
        variables = environment(image.python.parent.parent, job.limits.threads, job.lease)
        program = guest(image.python, None, None)
        devices = container_words(
            job.lease, present(job.lease), engine=self.engine.kind, machine=image.machine
        )
        try:
            box = replace(box, mounts=self._mounted(slot, job.limits))
            words = create(self.engine.kind, box, job.limits, binds, variables, program, devices)
            said = self.engine.call(*words)
            if not said.ok:
                raise refusal(said.err)
            if isinstance(group, SharedGroup):
                group.prepare(self.engine.group_of(said.out.decode().strip()))
            yield
        finally:
            self._remove(slot.name)

    def _mounted(self, slot: Slot, limits: Limits) -> Path | None:
        """What the run writes, mounted by us; None: the engine mounts it."""
        if self._mounts is None:
            return None
        options = bounds(limits.tmp_bytes)
        wanted = {place.name: f"mode={place.mode},{options}" for place in WRITABLE}
        return self._mounts.make(slot.name, wanted)

    def _machine(self) -> Iterator[Bind]:
        """This machine's system and Python environment, without our own packages."""
        yield Bind(Path("/usr"), Path("/usr"))
        for source in map(Path, ("/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives")):
            if source.exists():
                yield Bind(source, source)
        yield from self._interpreter.binds
        yield from (Bind(self._empty, folder) for folder in checkouts(self._interpreter))
        yield from (Bind(self._mask, folder) for folder in installed(self._interpreter))

    def _remove(self, name: str) -> None:
        """Remove a container, running or not, and see that the engine knows it no more.

        Then what we mounted for it, which nobody uses any more.
        """
        at_once = ("--time", "0") if self.engine.kind == "podman" else ()  # else it asks, for 10 s
        removed = self.engine.call("rm", "--force", *at_once, "--volumes", name)
        found = self.engine.call("container", "inspect", name)
        if found.ok:
            raise SandboxError("container_left", f"{name} could not be removed: {removed.err}")
        if not unknown(found.err):
            raise refusal(found.err)
        if self._mounts is not None:
            self._mounts.remove(name)

    def _named(self, label: str, value: str, *states: str) -> frozenset[str]:
        """Names of the containers with that label, running or not, or in one of those states."""
        filters = [word for each in states for word in ("--filter", each)]
        wanted = ("--filter", f"label={label}={value}", *filters, "--format", "{{.Names}}")
        listed = self.engine.call("ps", "--all", *wanted)
        if not listed.ok:
            raise refusal(listed.err)
        return frozenset(listed.out.decode().split())

    def _sweep(self) -> None:
        """Once: remove all that is of our label where nobody holds the slot.

        And what this machine's graders left before it was started anew, whatever their label.
        """
        with self._sweeping:
            if self._swept:
                return
            own = labels(self.slots.label)
            ours, before = self._named(LABEL, own[LABEL]), frozenset[str]()
            if own[BOOT]:
                stopped = self._named(MACHINE, own[MACHINE], "status=exited", "status=created")
                before = stopped - self._named(BOOT, own[BOOT])
            self._swept = True
        mounted = self._mounts.names() if self._mounts else ()
        grouped = self._shared.names() if self._shared else ()
        for name in before:
            self._remove(name)
        for name in {*ours, *mounted, *grouped} - before:
            with self.slots.if_free(name) as free:
                if free:
                    self._remove(name)
                    if self._shared:
                        self._shared.remove(name)
