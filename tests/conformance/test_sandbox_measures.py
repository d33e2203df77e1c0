"""What is measured from outside: CPU time apart from wall time."""

import pytest
from sandbox_jobs import Runner

pytestmark = pytest.mark.usefixtures("needs_bubblewrap")

BUSY = """
    import os, time
    child = os.fork()
    until = time.process_time() + 0.6  # of each process by itself
    while time.process_time() < until:
        pass
    if child:
        os.wait()
"""


def test_cpu_time_is_that_of_all_processes_and_not_the_time_that_passed(run: Runner) -> None:
    idle = run("import time; time.sleep(2)").end.facts
    if idle.cpu_seconds is None:
        pytest.skip("nothing measures CPU time: no control group")
    assert idle.cpu_seconds < 2 <= idle.seconds
    busy = run(BUSY).end.facts
    assert busy.cpu_seconds is not None
    assert busy.cpu_seconds >= 1.2
