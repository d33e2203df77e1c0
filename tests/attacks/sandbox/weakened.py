"""Backends with one defence taken out, so that the suite can show that its attacks bite.

Production code has no switch for this. A backend is told which program to start (``bwrap``, or an
engine's command line), and here that program is a script which edits its own arguments and becomes
the real one. What lies outside those arguments is replaced by what the constructors take anyway:
slots without users of their own, control groups with another bound.
"""

import json
import os
import signal
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader.domain.limits import Limits
from grader.sandbox.bubblewrap import BubblewrapSandbox, launch
from grader.sandbox.container import ContainerSandbox
from grader.sandbox.container.engine import Engine
from grader.sandbox.interface import Sandbox
from grader.sandbox.linux.cgroup import Group, Groups
from grader.sandbox.linux.slots import Slots

Words = tuple[str, ...]

_WRAPPER = """#!{python} -ISB
import json, os, sys

PROGRAM, EDITS = json.loads({plan!r})


def same(pattern, words):
    return len(pattern) == len(words) and all(
        p == word or p.endswith("*") and word.startswith(p[:-1]) for p, word in zip(pattern, words)
    )


def without(words, pattern):
    places = [n for n in range(len(words)) if same(pattern, words[n : n + len(pattern)])]
    if not places:
        sys.exit(f"weakened: {{pattern}} is not among {{words}}")
    for place in reversed(places):
        del words[place : place + len(pattern)]
    return words


def opened(words, target):
    for n, word in enumerate(words):
        if word.endswith(f":{{target}}:ro"):
            words[n] = word.removesuffix(":ro")
        elif word == "--ro-bind" and words[n + 2] == target:
            words[n] = "--bind"
    return words


def edited(words):
    begin = 2 if words[1:2] == ["create"] else 1
    if begin == 1 and "--" not in words:
        return words  # another call of an engine's command line
    end = words.index("--") if "--" in words else len(words)
    options, rest = words[begin:end], words[end:]
    for pattern in EDITS["drop"]:
        options = without(options, pattern)
    for target in EDITS["writable"]:
        options = opened(options, target)
    options = EDITS["first"] + options + EDITS["last"] if begin == 1 else EDITS["first"] + options
    return words[:begin] + options + rest


for number, path in enumerate(EDITS["inherit"]):
    os.dup2(os.open(path, os.O_RDONLY), 20 + number)  # dup2 makes it inheritable
words = edited([PROGRAM, *sys.argv[1:]])
os.execve(PROGRAM, words, {{**os.environ, **EDITS["environment"]}})
"""


_LAUNCHER = """
import os, sys
words = sys.argv[1:]
while "--rlimit" in words:
    place = words.index("--rlimit")
    del words[place : place + 3]
os.execv(sys.executable, [sys.executable, "-I", "-S", "-B", {real!r}, *words])
"""


@dataclass(frozen=True)
class Weakening:
    """Which defences are out.

    Attributes:
        drop: runs of words to take away, each of which must be there; a ``*`` at a word's end
            stands for whatever follows.
        first: options to put before all others.
        last: options to put behind all others, for bubblewrap, which goes through them in order.
        writable: where binds lie that are not to be read-only.
        environment: variables for the program itself.
        inherit: folders that it leaves open, from descriptor 20 on.
        as_root: bubblewrap is started by the grader's user, not by a slot's.
        rlimits: False: bubblewrap's launcher sets none.
        limits: fields of the limits that the control group gets instead of the job's.
    """

    drop: tuple[Words, ...] = ()
    first: Words = ()
    last: Words = ()
    writable: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    inherit: tuple[str, ...] = ()
    as_root: bool = False
    rlimits: bool = True
    limits: dict[str, Any] = field(default_factory=dict)

    def aimed(self, **places: str) -> "Weakening":
        """With ``{name}`` in words and variables replaced by what is there on this host."""

        def put(word: str) -> str:
            for name, value in places.items():
                word = word.replace(f"{{{name}}}", value)
            return word

        return replace(
            self,
            first=tuple(map(put, self.first)),
            last=tuple(map(put, self.last)),
            environment={name: put(value) for name, value in self.environment.items()},
            inherit=tuple(map(put, self.inherit)),
        )

    def program(self, real: Path, folder: Path) -> Path:
        """The script that edits its arguments, for every user to run."""
        edits = {
            "drop": self.drop,
            "first": self.first,
            "last": self.last,
            "writable": self.writable,
            "environment": self.environment,
            "inherit": self.inherit,
        }
        plan = json.dumps([str(real), edits])
        script = folder / real.name
        script.write_text(_WRAPPER.format(python=os.path.realpath(sys.executable), plan=plan))
        script.chmod(0o755)
        return script


def dropped(*runs: str) -> tuple[Words, ...]:
    """Runs of words to drop, each written as one string."""
    return tuple(tuple(run.split()) for run in runs)


@dataclass(frozen=True)
class OtherLimits:
    """Control groups that bound runs otherwise than the job asks."""

    inner: Groups
    changes: dict[str, Any]

    @property
    def held(self) -> frozenset[str]:
        return self.inner.held

    @property
    def version(self) -> int:
        return self.inner.version

    @property
    def gaps(self) -> tuple[str, ...]:
        return self.inner.gaps

    def create(self, name: str, limits: Limits) -> Group:
        return self.inner.create(name, limits.model_copy(update=self.changes))


def bubblewrap(weakening: Weakening, folder: Path) -> BubblewrapSandbox:
    """bubblewrap without that defence; `folder` must be open to every user, and not below /tmp."""
    _check_reachable(folder.parents)
    here = BubblewrapSandbox.here(folder / "runtime")
    assert here.bwrap is not None
    assert here.groups is not None
    groups = OtherLimits(here.groups, weakening.limits) if weakening.limits else here.groups
    program = weakening.program(here.bwrap, folder)
    sandbox = BubblewrapSandbox(here.interpreter, folder / "runtime", bwrap=program, groups=groups)
    if weakening.as_root:
        sandbox.slots = Slots(folder / "runtime" / "slots-of-root", users=False)
    return sandbox


def container(whole: Sandbox, weakening: Weakening, folder: Path) -> ContainerSandbox:
    """The same engine's containers without that defence, in no control group of ours."""
    assert isinstance(whole, ContainerSandbox)
    program = weakening.program(whole.engine.program, folder)
    engine = Engine(whole.engine.kind, program, whole.engine.runtime)
    return ContainerSandbox(engine, whole._interpreter, folder / "runtime")


def launcher(folder: Path) -> Path:
    """A launcher that leaves out the rlimits, in place of `launch.LAUNCHER`."""
    script = folder / "launcher.py"
    script.write_text(_LAUNCHER.format(real=str(launch.LAUNCHER)))
    return script


def kill(processes: Iterable[int]) -> None:
    """End what outlived a weakened run."""
    for process in processes:
        os.kill(process, signal.SIGKILL)


def _check_reachable(folders: Iterable[Path]) -> None:
    closed = [each for each in folders if not each.stat().st_mode & stat.S_IXOTH]
    assert not closed, f"a slot's user may not enter {closed[0]}"
