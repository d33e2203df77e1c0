"""Notebooks that would never end, or end everything: what was known before is kept."""

import os
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from guest_runs import Stream, run_guest

from grader.domain.limits import MIB, Limits
from grader.domain.probe import Call, CallFunction, ReadVariables

INPUTS = {"x": np.arange(4.0)}
KNOWN = ReadVariables(id="known", names=("known",))
LATE = ReadVariables(id="late", names=("late",))


def _limits(**changes: float) -> Limits:
    return Limits(threads=1, **changes)


def _asks(name: str) -> CallFunction:
    return CallFunction(id=name, name=name, calls=(Call(args=("x",)), Call(args=("x",))))


def _statuses(stream: Stream) -> list[str]:
    return [cell.status for _, cell in sorted(stream.cells().items())]


def test_a_cell_over_its_limit_is_interrupted_and_the_next_one_runs(tmp_path: Path) -> None:
    cells = ["known = 1", "print('in', flush=True)\nwhile True: pass", "late = 2\nprint('next')"]
    stream = run_guest(tmp_path, cells, [KNOWN, LATE], limits=_limits(cell_seconds=1.0))
    assert _statuses(stream) == ["ok", "timed_out", "ok"]
    assert stream.cell(1).error.name == "KeyboardInterrupt"
    assert stream.output(1) == "in\n"
    assert stream.end().reason == "finished"
    assert stream.to("late")[0].answer.kind == "variables"


def test_a_cell_that_ignores_interrupts_loses_the_kernel(tmp_path: Path) -> None:
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    stream = run_guest(
        tmp_path, ["known = 1", stubborn, "late = 2"], [KNOWN], limits=_limits(cell_seconds=0.5)
    )
    assert _statuses(stream) == ["ok", "killed", "not_run"]
    assert (stream.end().reason, stream.end().cell) == ("kernel_died", 1)
    assert stream.only("known").answer.kind == "variables"


def test_a_cell_that_loses_two_interrupts_keeps_the_kernel(tmp_path: Path) -> None:
    forgetful = (
        "import signal\nfrom itertools import count\nheard = count(1)\n"
        "def forget(*_):\n    if next(heard) > 2:\n        raise KeyboardInterrupt\n"
        "signal.signal(signal.SIGINT, forget)\nwhile True: pass"
    )
    stream = run_guest(tmp_path, [forgetful, "late = 2"], [LATE], limits=_limits(cell_seconds=0.5))
    assert _statuses(stream) == ["timed_out", "ok"]
    assert stream.to("late")[0].answer.kind == "variables"


def test_a_cell_that_outlives_the_wall_time_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    stream = run_guest(
        tmp_path, ["known = 1", stubborn, "late = 2"], [KNOWN], limits=_limits(wall_seconds=0.5)
    )
    assert _statuses(stream) == ["ok", "killed", "not_run"]
    assert (stream.end().reason, stream.end().cell) == ("wall_time", 1)


def test_when_the_wall_time_is_up_what_exists_is_probed(tmp_path: Path) -> None:
    cells = ["known = 1", "late = 5\nimport time\ntime.sleep(100)", "known = 3"]
    stream = run_guest(tmp_path, cells, [KNOWN, LATE], limits=_limits(wall_seconds=1.5))
    assert _statuses(stream) == ["ok", "timed_out", "not_run"]
    assert (stream.end().reason, stream.end().cell) == ("wall_time", 1)
    assert stream.only("late").tensors["late"] == 5


@pytest.mark.parametrize(
    "death",
    ["import os\nos._exit(0)", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"],
)
def test_a_kernel_that_dies_ends_the_run_and_names_the_cell(tmp_path: Path, death: str) -> None:
    stream = run_guest(tmp_path, ["known = 1", death, "late = 2"], [KNOWN, LATE])
    assert _statuses(stream) == ["ok", "killed", "not_run"]
    assert (stream.end().reason, stream.end().cell) == ("kernel_died", 1)
    assert stream.only("known").answer.kind == "variables"
    assert stream.to("late") == []
    assert stream.code == 0


def test_probes_that_hang_are_interrupted_one_by_one(tmp_path: Path) -> None:
    functions = dedent("""
        def hangs(x):
            while True: pass
        def hangs_later(x, seen=[]):
            seen.append(1)
            while len(seen) > 2: pass
            return x
        def swallows(x, seen=[]):
            try:
                while not seen: pass
            except BaseException:
                seen.append(1)
            return x
        def fine(x):
            return x
    """)
    names = ["hangs", "hangs_later", "swallows", "fine"]
    probes = [_asks(name) for name in names]
    stream = run_guest(tmp_path, [functions], probes, INPUTS, _limits(probe_seconds=0.6))
    assert stream.to("hangs")[0].answer.reason == "timed_out"
    assert [c.timed_out for c in stream.to("hangs_later")[0].answer.calls] == [False, True]
    assert stream.to("swallows")[0].answer.reason == "timed_out"
    assert np.array_equal(stream.only("fine").tensors["key.1"], INPUTS["x"])
    assert stream.end().reason == "finished"


def test_a_probe_that_cannot_be_interrupted_loses_the_kernel(tmp_path: Path) -> None:
    function = dedent("""
        import signal
        def stubborn(x):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            while True: pass
    """)
    probes = [KNOWN, _asks("stubborn"), LATE]
    stream = run_guest(
        tmp_path, ["known = 1", function, "late = 2"], probes, INPUTS, _limits(probe_seconds=0.5)
    )
    assert _statuses(stream) == ["ok", "ok", "not_run"]
    assert stream.only("stubborn").answer.reason == "timed_out"
    assert (stream.end().reason, stream.end().cell) == ("kernel_died", 1)


def test_a_function_that_ends_the_kernel_is_named(tmp_path: Path) -> None:
    probes = [KNOWN, _asks("deadly")]
    cells = ["known = 1\ndef deadly(x):\n    import os\n    os._exit(1)"]
    stream = run_guest(tmp_path, cells, probes, INPUTS)
    assert stream.only("known").answer.kind == "variables"
    assert stream.only("deadly").answer.reason == "raised"
    assert stream.end().reason == "kernel_died"


def test_floods_of_output_are_cut_and_cost_little(tmp_path: Path) -> None:
    cells = [
        "print('begin')\nfor i in range(200_000): print('x' * 1000)\nprint('the end')",
        "print('y' * 100_000_000)\nprint('after')",
        "import subprocess\nsubprocess.run('yes | head -c 20000000', shell=True)\nprint('z')",
        "from ipykernel.comm import Comm\nfor i in range(3000): Comm('widget', data={'i': i})",
        "'w' * 50_000_000",
        "print('fits')",
    ]
    limits = _limits(cell_output_bytes=MIB // 4, output_bytes=MIB)
    stream = run_guest(tmp_path, cells, limits=limits)
    assert _statuses(stream) == ["ok"] * 6
    first = stream.output(0)
    assert len(first) <= MIB // 4 + 100
    assert first.startswith("begin\n")
    assert first.endswith("the end\n")
    assert "bytes of output cut" in first
    assert [stream.cell(i).truncated for i in range(6)] == [True, True, True, False, False, False]
    assert stream.output(1).endswith("yyy\nafter\n")
    assert stream.output(5) == "fits\n"


def test_the_output_of_all_cells_has_a_cap(tmp_path: Path) -> None:
    stream = run_guest(
        tmp_path, ["print('a' * 5000)", "print('b' * 5000)"], limits=_limits(output_bytes=6000)
    )
    assert not stream.cell(0).truncated
    assert stream.cell(1).truncated
    assert sum(len(stream.output(i)) for i in (0, 1)) < 6200


def test_an_answer_over_the_limit_is_too_large(tmp_path: Path) -> None:
    stream = run_guest(
        tmp_path,
        ["import numpy as np\nknown = np.zeros(400_000)"],
        [KNOWN],
        limits=_limits(answer_bytes=MIB),
    )
    assert {a.answer.reason for a in stream.to("known")} == {"too_large"}


def test_progress_comes_at_most_twice_a_second(tmp_path: Path) -> None:
    cell = "import time\nfor i in range(40): print(f'\\repoch {i}', end=''); time.sleep(0.05)"
    lines = run_guest(tmp_path, [cell]).progress(0)
    assert 2 <= len(lines) <= 5
    assert all(line.startswith("epoch ") for line in lines)


def test_nobody_else_writes_to_the_stream(tmp_path: Path) -> None:
    cells = [
        dedent("""
            import os
            guest = os.getppid()
            try:
                print(os.listdir(f'/proc/{guest}/fd'))
            except PermissionError:
                print('closed')
            print('GUEST', 'grader' in os.environ)
        """),
    ]
    stream = run_guest(tmp_path, cells)
    if os.geteuid() != 0:
        assert stream.output(0).startswith("closed")
    assert stream.end().reason == "finished"
