"""Cells that flood, nest, hang and die: the notebook's end has its name, and the rest still runs.

All of it hits the guest and its kernel, inside; out comes one bounded stream. What it would do to a
reader without bounds was measured: 5 GB, and eight kinds of exceptions.
"""

from pathlib import Path

import pytest
from host_health import stays_well

from grader.domain.check import Lab, Questions
from grader.domain.evidence import Evidence
from grader.domain.job import JobCell, JobSpec
from grader.domain.limits import GIB, MIB, Limits
from grader.evidence import Collector
from grader.running import Bench, Inside
from grader.running import run as run_notebook
from grader.sandbox.interface import Sandbox

LIMITS = Limits(
    wall_seconds=120,
    cell_seconds=3,
    grace_seconds=20,
    memory_bytes=4 * GIB,
    processes=128,
    tmp_bytes=64 * MIB,
    threads=1,
)
SESSION = "session, socket = get_ipython().kernel.session, get_ipython().kernel.iopub_socket\n"

FLOODS = {
    "prints": "for _ in range(200):\n    print('x' * (1 << 20))",
    "raw_prints": "import os\nfor _ in range(200):\n    os.write(1, b'x' * (1 << 20))",
    "endless_prints": "while True:\n    print('and so on')",
    "endless_displays": "from IPython.display import HTML, display\n"
    "while True:\n    display(HTML('<b>x</b>' * 1000))",
    "endless_comms": "from comm import create_comm\nchannel = create_comm(target_name='x')\n"
    "while True:\n    channel.send({'x': 'y' * 1000})",
    "deep_json": "deep = []\nfor _ in range(100_000):\n    deep = [deep]\n"
    "from IPython.display import display\ndisplay({'application/json': deep}, raw=True)",
    "deep_json_sent_raw": SESSION
    + "deep = b'[' * 200_000 + b']' * 200_000\n"
    + "head = session.pack(session.msg_header('display_data'))\n"
    + "for parts in ([head, head, b'{}', deep], [head, deep, b'{}', b'{}'], [deep] * 4):\n"
    + "    socket.send_multipart([b'<IDS|MSG>', session.sign(parts), *parts])",
    "not_even_messages": SESSION
    + "for parts in ([], [b'{'], [b'\\xff'] * 4, [b'null'] * 4, [b'[]'] * 4, [b'1e999'] * 4):\n"
    + "    socket.send_multipart([b'<IDS|MSG>', session.sign(parts), *parts])",
    "forged_ends": SESSION
    + "parent = get_ipython().kernel.get_parent()\n"
    + "for _ in range(100):\n"
    + "    session.send(socket, 'status', {'execution_state': 'idle'}, parent=parent)\n"
    + "    session.send(socket, 'stream', {'name': 'stdout', 'text': 7}, parent=parent)\n"
    + "    session.send(socket, 'stream', 'no dictionary', parent=parent)",
    "long_error": "raise ValueError('x' * (50 << 20))",
    "deep_error": "def fall():\n    fall()\nfall()",
}
WITNESS = "print('still', 'here')"


def run(sandbox: Sandbox, *cells: str, limits: Limits = LIMITS) -> Evidence:
    spec = JobSpec(
        cells=tuple(JobCell(index=n, source=source) for n, source in enumerate(cells)),
        probes=(),
        limits=limits,
        seed=1,
    )
    bench = Bench(sandbox, Lab(lambda name, split: pytest.fail("no data")), b"secret", None, limits)
    return run_notebook(Inside(spec, Questions(), None), bench, Collector(spec))


@pytest.mark.parametrize("name", FLOODS)
def test_a_cell_that_floods_is_cut_and_the_next_one_runs(
    settled: Sandbox, tmp_path: Path, name: str
) -> None:
    seconds = LIMITS.cell_seconds if name.startswith("endless") else LIMITS.wall_seconds
    limits = LIMITS.model_copy(update={"cell_seconds": seconds})
    with stays_well(settled, tmp_path):
        evidence = run(settled, FLOODS[name], WITNESS, limits=limits)
    assert evidence.stopped.reason == "finished", evidence
    flood, witness = evidence.cells
    assert flood.status in {"ok", "error", "timed_out"}
    assert len(flood.output) <= LIMITS.cell_output_bytes + 1000
    assert (witness.status, witness.output) == ("ok", "still here\n")


_DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
BREAKS = {
    "one_message_of_500_mb": "print('x' * 500_000_000)",
    "long_repr": "class Long:\n    def __repr__(self):\n        return 'x' * 2**31\nLong()",
    "long_list": "[0] * 2**31",
    "long_array": "import numpy\nnumpy.ones(2**32)",
    "kills_itself": "import os\nos.kill(os.getpid(), 9)",
    "stops_itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "closes_its_files": "import os\nos.closerange(3, 100)",
    "ignores_interrupts": _DEAF + "while True:\n    pass",
}
ENDS = {
    "one_message_of_500_mb": {"finished", "memory"},
    "long_list": {"finished", "memory"},
    "long_array": {"finished", "memory"},
    "long_repr": {"memory"},
    "closes_its_files": {"finished", "kernel_died"},
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_cell_that_breaks_the_kernel_is_the_notebook_s_own_end(
    settled: Sandbox, tmp_path: Path, name: str
) -> None:
    tight = LIMITS.model_copy(update={"memory_bytes": GIB})
    with stays_well(settled, tmp_path):
        evidence = run(settled, "print('before')", BREAKS[name], WITNESS, limits=tight)
    reasons = ENDS.get(name, {"kernel_died"})
    if settled.name == "podman" and "memory" in reasons:
        reasons = reasons | {"kernel_died"}  # it tells for whom memory ran out of the first only
    assert evidence.stopped.reason in reasons, evidence
    assert evidence.cells[0].output == "before\n"
    if evidence.stopped.reason != "finished":
        assert evidence.stopped.cell == 1
        assert [cell.status for cell in evidence.cells[1:]] == ["killed", "not_run"]


def test_prints_come_through_and_a_deaf_cell_ends_by_itself_where_the_limits_are_wide(
    settled: Sandbox, tmp_path: Path
) -> None:
    """What is cut and killed above is cut and killed by its limits, and by nothing else."""
    wide = {"cell_output_bytes": 16 * MIB, "output_bytes": 32 * MIB, "cell_seconds": 60}
    sleeper = f"{_DEAF}import time\ntime.sleep({LIMITS.cell_seconds + 1})"
    prints = "for _ in range(3):\n    print('x' * 499_999)"
    with stays_well(settled, tmp_path):
        evidence = run(settled, prints, sleeper, limits=LIMITS.model_copy(update=wide))
    assert [cell.status for cell in evidence.cells] == ["ok", "ok"]
    assert len(evidence.cells[0].output) == 1_500_000 > LIMITS.cell_output_bytes
