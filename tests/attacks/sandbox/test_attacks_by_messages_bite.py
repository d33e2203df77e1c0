"""The cells that flood, nest and die have their effect where what holds them is taken out.

Floods of text are in `test_attacks_by_messages`: wide limits let them through.
"""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "points"))

from points_weak_guest import Edit, guest_with
from test_attacks_by_messages import BREAKS, FLOODS, LIMITS, WITNESS, run

from grader.domain.limits import GIB, MIB
from grader.sandbox.bubblewrap import BubblewrapSandbox

BELIEVES = Edit(
    "guest_kernel.py",
    "            except Exception:  # noqa: S112 - a forged or mangled message is as good as none",
    "            except ZeroDivisionError:",
)
"""It takes every message for one of a kernel's."""
NEVER_INTERRUPTS = Edit(
    "guest_kernel.py", "_INTERRUPT_SECONDS = (5.0, 1.0, 1.0, 1.0)", "_INTERRUPT_SECONDS = ()"
)
PUBLISHES = Edit("inside_kernel.py", "    publish_nothing_rich(shell)\n", "")
"""It sends displays although nobody reads them."""
TELLS_ALL = Edit(
    "inside_kernel.py",
    "        return _bounded({**reply, **shown.named(reply)})",
    "        return {**reply, **shown.named(reply)}",
)
"""It sends an error whole."""
LOOKS_AWAY = Edit(
    "guest_kernel.py",
    "                self.task_poll_for_reply.cancel()\n                return\n",
    "                pass\n",
)
"""It does not see that a kernel died."""
COVERED = Edit("inside_output.py", "            self._uncover()\n", "            pass\n")
"""IPython's own way to write hides the tap."""
KEEPS_COPIES = Edit("inside_kernel.py", "    keep_no_copies(shell)\n", "")
SLOW: dict[str, Any] = {"cell_seconds": LIMITS.wall_seconds}
SHORT: dict[str, Any] = {"wall_seconds": 3, "cell_seconds": 3, "grace_seconds": 3}
HELD = {
    "deep_json_sent_raw": (BELIEVES, SLOW, "kernel_died"),
    "not_even_messages": (BELIEVES, SLOW, "kernel_died"),
    "forged_ends": (BELIEVES, SLOW, "kernel_died"),
    "endless_prints": (NEVER_INTERRUPTS, {}, "kernel_died"),
    "endless_displays": (NEVER_INTERRUPTS, {}, "kernel_died"),
    "endless_comms": (NEVER_INTERRUPTS, {}, "kernel_died"),
    "long_error": (TELLS_ALL, {**SLOW, "memory_bytes": 400 * MIB}, "memory"),
}
"""Flood -> what is out, the limits, and how the run ends then, which by itself would finish."""


@pytest.fixture(scope="module")
def bubblewrap(
    needs_bubblewrap: None, tmp_path_factory: pytest.TempPathFactory
) -> BubblewrapSandbox:
    return BubblewrapSandbox.here(tmp_path_factory.mktemp("runtime"))


@pytest.mark.parametrize("name", HELD)
def test_a_flood_takes_what_comes_after_it_along(bubblewrap: BubblewrapSandbox, name: str) -> None:
    out, changes, reason = HELD[name]
    limits = LIMITS.model_copy(update=changes)
    with guest_with(out):
        evidence = run(bubblewrap, FLOODS[name], WITNESS, limits=limits)
    assert evidence.stopped.reason == reason
    assert evidence.cells[1].output == ""


@pytest.mark.parametrize(("out", "tapped"), [((), True), ((COVERED,), False)])
def test_what_a_cell_prints_goes_through_the_tap(
    bubblewrap: BubblewrapSandbox, out: tuple[Edit, ...], *, tapped: bool
) -> None:
    look = "import sys\nprint('Tap' in sys.stdout.write.__qualname__)"
    with guest_with(*out):
        assert run(bubblewrap, "x = 1", look).cells[1].output == f"{tapped}\n"


@pytest.mark.parametrize(("out", "reason"), [((), "finished"), ((KEEPS_COPIES,), "memory")])
def test_prints_are_cut_where_they_are_made_and_kept_nowhere(
    bubblewrap: BubblewrapSandbox, out: tuple[Edit, ...], reason: str
) -> None:
    limits = LIMITS.model_copy(update={**SLOW, "memory_bytes": 200 * MIB})
    with guest_with(*out):
        evidence = run(bubblewrap, FLOODS["prints"], WITNESS, limits=limits)
    assert evidence.stopped.reason == reason
    assert evidence.cells[0].status == ("ok" if reason == "finished" else "killed")


def test_a_display_that_nobody_reads_makes_its_cell_fail(bubblewrap: BubblewrapSandbox) -> None:
    with guest_with(PUBLISHES):
        flood, witness = run(bubblewrap, FLOODS["deep_json"], WITNESS).cells
    assert flood.error is not None
    assert (flood.error.name, witness.status) == ("RecursionError", "ok")


def test_a_dead_kernel_is_waited_for_until_the_time_is_up(bubblewrap: BubblewrapSandbox) -> None:
    limits = LIMITS.model_copy(update=SHORT)
    with guest_with(LOOKS_AWAY):
        overlooked = run(bubblewrap, BREAKS["closes_its_files"], WITNESS, limits=limits)
    assert overlooked.stopped.reason == "wall_time"


@pytest.mark.parametrize("name", ["one_message_of_500_mb", "long_repr"])
def test_what_ends_for_memory_ends_by_itself_where_there_is_enough(
    bubblewrap: BubblewrapSandbox, name: str
) -> None:
    limits = LIMITS.model_copy(update={**SLOW, "memory_bytes": 12 * GIB})
    evidence = run(bubblewrap, BREAKS[name], WITNESS, limits=limits)
    assert evidence.stopped.reason == "finished"
    assert evidence.cells[1].status == "ok"
