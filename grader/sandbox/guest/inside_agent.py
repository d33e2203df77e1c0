"""Our side of the kernel: hears silent requests, watches names, asks probes, posts answers."""

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import inside_functions
import inside_modules
import inside_optimizers
import inside_shims
import inside_training
import inside_variables
from inside_again import Retrainings
from inside_context import Answer, Context, Probe, Target, Tensors, WrongTypeError
from inside_errors import raised
from inside_imports import on_import
from inside_kernel import listen
from inside_outbox import Outbox
from inside_output import Tap
from inside_quiet import mixed, quiet, steady
from inside_search import NotFoundError, find
from inside_signals import Interrupted, Interrupts
from inside_torch import bind, fingerprint
from inside_values import content, is_module
from IPython import get_ipython
from safetensors.numpy import load_file
from shared_text import long

_MAX_BINDINGS = 8
_MAX_MODULE_ANSWERS = 24
_CHANGED_SHARE = 0.5
"""Of `evidence_bytes` for the values between the first and the last ones."""
_FILLED_LATER = ("module", "variables", "optimizer")
"""Kinds whose objects a later cell may change without binding them anew: asked again at the end."""
_PROBES = {
    "module": inside_modules.describe,
    "function": inside_functions.call,
    "optimizer": inside_optimizers.step,
    "training": inside_training.train,
    "variables": inside_variables.read,
}
_NOTHING = object()
_clock = time.monotonic


class Watch:
    """What one probe has seen so far."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.name: str = probe["names"][0] if probe["kind"] == "variables" else probe["name"]
        self.last: Any = _NOTHING
        """The object answered for last; kept alive so that its identity is not used again."""
        self.mark: object = None
        self.answers = 0
        self.good = False
        """Whether any answer was free of errors."""

    @property
    def most(self) -> int:
        """How many answers are given before the end."""
        return _MAX_MODULE_ANSWERS if self.probe["kind"] == "module" else _MAX_BINDINGS


class Agent:
    """Answers the guest's requests."""

    def __init__(self, job: Mapping[str, Any], context: Context, outbox: Outbox) -> None:
        self._context = context
        self._outbox = outbox
        self._watches = [Watch(probe) for probe in job["probes"]]
        self._named = {watch.name for watch in self._watches}
        self._room = _CHANGED_SHARE * job["limits"]["evidence_bytes"]
        self._interrupts = Interrupts()
        self._cell = -1
        self.again: Retrainings | None = None
        """In a second run: only what it trained is asked about."""
        self.questions: object = None

    def handle(self, request: Mapping[str, Any]) -> None:
        """Answer ``{"ask": "after" | "end", "cell": index}`` by posting answers."""
        self._cell = request["cell"]
        with self._interrupts.caught(), steady(self.questions):
            if self.again is not None:
                self._after_retraining(self.again)
            elif request["ask"] == "after":
                for watch in self._watches:
                    self._after(watch)
            else:
                for watch in sorted(self._watches, key=lambda w: w.probe["kind"] != "module"):
                    self._end(watch)

    def _after_retraining(self, again: Retrainings) -> None:
        for item, model in again.take():
            watch = next(w for w in self._watches if w.probe["id"] == item["probe"])
            if watch.answers < watch.most:
                how = "name" if item["model"] == watch.name else "fallback"
                self._ask(watch, Target(watch.name, item["model"], model, how), "retrained")

    def _after(self, watch: Watch) -> None:
        value = self._context.space.get(watch.name, _NOTHING)
        if value is _NOTHING or watch.answers >= watch.most:
            return
        if value is not watch.last:
            self._ask(watch, Target(watch.name, watch.name, value), "bound")
        elif self._room > 0 and self._changed(watch):
            self._ask(watch, Target(watch.name, watch.name, value), "changed")

    def _changed(self, watch: Watch) -> bool:
        mark = self._mark(watch.probe, watch.last)
        return mark is not None and mark != watch.mark

    def _mark(self, probe: Probe, value: Any) -> object:
        """Changes when the weights or the watched arrays do; None where that is not watched."""
        with suppress(Exception, Interrupted), self._interrupts.armed():
            if probe["kind"] == "module" and is_module(value):
                return fingerprint(value)
            if probe["kind"] == "variables":
                return tuple(content(self._context.space.get(name)) for name in probe["names"])
        return None

    def _end(self, watch: Watch) -> None:
        value = self._context.space.get(watch.name, watch.last)
        module = watch.probe["kind"] == "module"
        again = watch.probe["kind"] in _FILLED_LATER
        if value is not _NOTHING and (again or not watch.good):
            self._ask(watch, Target(watch.name, watch.name, value), "end")
        if watch.good:
            return
        started = _clock()
        self._outbox.asking(watch.probe["id"])
        try:
            with self._quiet(watch.probe), self._interrupts.armed():
                target = find(self._context, watch.probe, self._named)
        except NotFoundError as lack:
            if not watch.answers:
                self._lack(watch, started, lack.reason, lack.message)
        except Interrupted:
            self._lack(watch, started, "timed_out", "looking for another object took too long")
        except BaseException as error:  # the class could not be constructed
            self._lack(watch, started, "raised", _told(error))
        else:
            if module:
                self._context.models[watch.name] = target.value
            self._ask(watch, target, "end")

    def _quiet(self, probe: Probe) -> Any:
        return quiet(self._context.space, mixed(self._context.seed, probe["id"]))

    def _ask(self, watch: Watch, target: Target, when: str) -> None:
        """Ask one probe about one object and post what it answers."""
        started = _clock()
        self._outbox.asking(watch.probe["id"])
        answer, tensors = self._answer(watch.probe, target)
        if answer["kind"] == "module":
            answer["when"] = when
        self._room -= sum(tensor.nbytes for tensor in tensors.values()) * (when == "changed")
        watch.last = target.value if target.how == "name" else watch.last
        watch.mark = self._mark(watch.probe, target.value)
        watch.answers += 1
        watch.good = watch.good or _is_good(answer)
        self._post(watch, started, {**answer, "found": target.found()}, tensors)

    def _answer(self, probe: Probe, target: Target) -> tuple[Answer, Tensors]:
        try:
            with self._quiet(probe), self._interrupts.armed():
                answer, tensors = _PROBES[probe["kind"]](self._context, probe, target)
        except Interrupted:
            return _unanswered("timed_out", "it took too long"), {}
        except WrongTypeError as error:
            return _unanswered("wrong_type", str(error)), {}
        except BaseException as error:  # student code raises whatever it likes
            return _unanswered("raised", _told(error)), {}
        if self._interrupts.came and not any(part.get("timed_out") for part in _parts(answer)):
            return _unanswered("timed_out", "it was interrupted and went on"), {}
        return answer, tensors

    def _lack(self, watch: Watch, started: float, reason: str, message: str) -> None:
        self._post(watch, started, {**_unanswered(reason, message), "found": None}, {})

    def _post(self, watch: Watch, started: float, answer: Answer, tensors: Tensors) -> None:
        seconds = round(max(_clock() - started, 0.0), 4)
        head = {"probe": watch.probe["id"], "cell": self._cell, "seconds": seconds}
        with suppress(OSError):  # the notebook filled the disk: this answer is lost, no other
            self._outbox.send({**answer, **head}, tensors)


def _unanswered(reason: str, message: str) -> Answer:
    return {"kind": "unanswered", "reason": reason, "message": long(message)}


def _told(error: BaseException) -> str:
    told = raised(error)
    return f"{told['name']}: {told['message']}"


def _parts(answer: Answer) -> Iterable[Answer]:
    parts: Iterable[Answer] = answer.get("calls", answer.get("runs", (answer,)))
    return parts


def _is_good(answer: Answer) -> bool:
    if answer["kind"] == "unanswered":
        return False
    if answer["kind"] == "optimizer" and answer["model_parameters"] == 0:
        return False
    return any(not part.get("error") and not part.get("timed_out") for part in _parts(answer))


def install(config: Mapping[str, str]) -> None:
    """Put our code into this kernel: shims, output cap, and ears for silent requests."""
    shell = get_ipython()
    folder = Path(config["job"])
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    arrays = folder / "inputs.safetensors"
    inputs = load_file(arrays) if arrays.exists() else {}
    outbox = Outbox(config["answers"], job["limits"]["answer_bytes"])
    agent = Agent(job, Context(shell.user_ns, inputs, job["seed"], outbox.cap), outbox)
    agent.questions = inside_shims.install(shell, config["data"])
    on_import("torch", bind)
    if job["again"]:
        agent.again = Retrainings(shell.user_ns, job["again"])
        agent.again.install(shell)
    tap = Tap(job["limits"]["cell_output_bytes"])
    tap.install()
    listen(shell, agent.handle, tap)
