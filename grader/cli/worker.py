"""`grader worker` and `grader upkeep`: the processes of the service that are Celery's."""

import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn
from uuid import uuid4

import typer

from grader.cli.output import complain
from grader.domain.assignment import Assignment
from grader.domain.service import LANES, Lane
from grader.errors import LedgerError
from grader.settings import Settings

if TYPE_CHECKING:
    from grader.ledger import Ledger

JUDGING_SECONDS = 900.0
"""What a grading may take beside its runs."""
KILL_SECONDS = 120.0
"""Between the moment at which a slot is asked to stop and that at which it is killed."""
PAUSE_SECONDS = 2.0
"""Between two tries to reach the database at the start."""


def worker(
    lanes: Annotated[
        str,
        typer.Option(
            help=f"Work that it takes, the most urgent first; of {','.join(LANES)}. Give gpu a"
            " worker of its own: what waits for a device keeps its slot."
        ),
    ] = "fast,cpu,regrade",
    slots: Annotated[
        int,
        typer.Option(
            min=0,
            help="Notebooks at once.",
            show_default="one for each CPU, or share of a GPU, as memory allows",
        ),
    ] = 0,
    name: Annotated[str, typer.Option(help="Begins its name in the list of workers.")] = "worker",
) -> None:
    """Grade what is handed in, until SIGTERM: then running work is given back at once.

    Waits for the database and for Redis for as long as it takes. Exit codes: 2 an assignment is
    wrong, 4 the database belongs to a later version.
    """
    # They cost time that other commands need not wait.
    from grader.cli.slots import gpu_shares, gpus_here
    from grader.cli.slots import slots as slots_here
    from grader.domain.card import Card
    from grader.ledger import migrate, publish
    from grader.wiring import services

    settings = Settings()
    wanted = _lanes(lanes)
    assignments = services.assignments(settings)
    ledger = services.ledger(settings)
    _reached(ledger, lambda: migrate.upgrade(ledger))
    with ledger.write() as session:
        publish.publish(session, [Card.of(item) for item in assignments], datetime.now(UTC))
    ledger.close()
    gpus = gpus_here(settings) if "gpu" in wanted else ()
    shares = gpu_shares(assignments, gpus, settings.gpu_shares)
    os.environ["GRADER_GPU_SHARES"] = str(shares)
    here = slots or slots_here(wanted, assignments, gpus, shares)
    needed = sorted({name for item in assignments for name in item.datasets})
    os.environ["GRADER_WORKER_DATA"] = ",".join(needed)
    _become("tasks.worker", worker_arguments(name, wanted, here, longest(assignments)))


def upkeep() -> None:
    """Tend the service: send lost work again, take back what dead workers held, sweep.

    One process for a service; more than one does no harm.
    """
    _become("tasks.beat", upkeep_arguments())


def worker_arguments(name: str, lanes: Sequence[Lane], slots: int, seconds: float) -> list[str]:
    """Celery's, for a worker.

    Args:
        name: how its name begins.
        lanes: the most urgent first.
        slots: notebooks at once.
        seconds: what the longest grading may take.
    """
    limits = [f"--soft-time-limit={seconds:.0f}", f"--time-limit={seconds + KILL_SECONDS:.0f}"]
    pool = ["--pool=prefork", f"--concurrency={slots}", f"--queues={','.join(lanes)}"]
    return [*_CELERY, f"--hostname={_unique(name)}", *pool, *limits]


def upkeep_arguments() -> list[str]:
    """Celery's, for upkeep."""
    return [*_CELERY, f"--hostname={_unique('upkeep')}", "--pool=solo", "--queues=upkeep", "--beat"]


_CELERY = ("--quiet", "worker", "--without-gossip", "--without-mingle", "--without-heartbeat")


def longest(assignments: Sequence[Assignment]) -> float:
    """Seconds: both runs of a notebook share its wall time, and each has its time of grace."""
    runs = (item.limits.wall_seconds + 2 * item.limits.grace_seconds for item in assignments)
    return max(runs, default=0) + JUDGING_SECONDS


def _unique(name: str) -> str:
    """Of this process alone, so that one that starts anew is not taken for the one that died."""
    return f"{name[:20]}-{uuid4().hex[:8]}@{socket.gethostname()[:32]}"


def _lanes(text: str) -> tuple[Lane, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    found = tuple(lane for name in names for lane in LANES if lane == name)
    if len(found) != len(names) or not found:
        raise typer.BadParameter(
            f"found {text!r}, expected some of {','.join(LANES)}", param_hint="--lanes"
        )
    return found


def _reached(ledger: "Ledger", first: Callable[[], None]) -> None:
    """Do it once the database is there."""
    told = False
    while True:
        try:
            with ledger.read() as session:
                session.connection()
            break
        except LedgerError as error:
            if not told:
                complain(f"{error}; waiting for it")
            told = True
            time.sleep(PAUSE_SECONDS)
    first()


def _become(module: str, arguments: Sequence[str]) -> NoReturn:
    """Run a module of ours in place of this process; no file of the current folder is imported."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])  # noqa: S606 - no shell is what we want
