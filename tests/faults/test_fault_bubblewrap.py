"""A worker is killed while bubblewrap runs a notebook for it: no process, no folder stays."""

from pathlib import Path

from faults_soundness import require_sound
from service_stubs.processes import alive, below, until
from service_stubs.service import Service, runs_below


def test_a_killed_worker_takes_its_sandbox_with_it(
    service: Service, needs_bubblewrap: None, tmp_path: Path
) -> None:
    service.upkeep()
    first = service.real_worker("first")
    identity = service.submit("a", sleeps=4)
    until("a kernel runs", lambda: runs_below(first, "ipykernel_launcher"))
    inside = below(first.pid)
    first.kill()
    until("all of them end", lambda: not any(map(alive, inside)), seconds=10)
    service.real_worker("second")
    until("it is graded", lambda: service.done([identity]), seconds=60)
    assert service.row(identity).state == "graded"
    require_sound(service, [identity])
    assert service.row(identity).failures == 1
