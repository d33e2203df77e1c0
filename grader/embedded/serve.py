"""The whole service on this machine, from the first look to the end of the last process."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from grader import wiring
from grader.domain.service import LANES, Lane
from grader.embedded import first, plan
from grader.embedded.alone import alone
from grader.embedded.plan import Wish
from grader.embedded.supervise import Supervisor
from grader.errors import DataError, SandboxError
from grader.ledger import Ledger, migrate, publish
from grader.ledger.slots import total_slots
from grader.sandbox.gpu.driver import DriverError
from grader.settings import Settings
from grader.wiring import services

Tell = Callable[[str], None]
"""Gets a line for people."""


@dataclass(frozen=True)
class Running:
    """The service, as it was started.

    Attributes:
        wish: with the port that was chosen.
        slots: notebooks that are graded at once, by all workers together.
        sandbox: what notebooks run in.
        state: folder of all that is kept.
        assignments: ids of those that are graded.
        lacking: why some of them cannot be graded, and what to do.
    """

    wish: Wish
    slots: int
    sandbox: str
    state: Path
    assignments: Sequence[str]
    lacking: Sequence[str]


def serve(settings: Settings, wish: Wish, tell: Tell, started: Callable[[Running], None]) -> None:
    """Run the service until a signal asks to end it.

    Args:
        settings: of this machine.
        wish: its port may be 0: any free one.
        tell: gets a line about each thing that happens.
        started: called once, when everything does its work.

    Raises:
        SandboxError: no sandbox works here: nothing could be graded.
        ServeError: another one runs, or a part cannot be started.
        LedgerError: the database cannot be used.
    """
    sandbox = _sandbox(settings)
    with (
        alone(settings.state_dir, services.redis_socket(settings).parent, tell) as mark,
        closing(services.ledger(settings)) as ledger,
    ):
        wish = replace(wish, port=plan.free_port(wish.host, wish.port))
        migrate.upgrade(ledger)
        first.prepare(ledger, settings.state_dir, wish.url, datetime.now(UTC))
        stages = plan.stages(settings, wish, ledger, mark)

        def ready() -> None:
            started(running(settings, wish, sandbox, ledger))

        tell("starting; libraries are imported, which takes some seconds")
        Supervisor(stages, tell).run(ready)


def lanes_here(settings: Settings) -> tuple[Lane, ...]:
    """All lanes; ``gpu`` where there is one to be used."""
    try:
        found = settings.gpu_shares > 0 and wiring.gpus(settings).driver.gpus()
    except DriverError:
        found = ()
    return tuple(lane for lane in LANES if lane != "gpu" or found)


def _sandbox(settings: Settings) -> str:
    """Its name. Raises SandboxError."""
    try:
        with closing(wiring.sandbox(settings, settings.sandbox)) as box:
            return box.name
    except SandboxError as error:
        raise SandboxError(
            error.code, f"notebooks cannot be run here: {error}; `grader doctor` says what to do"
        ) from error


def running(settings: Settings, wish: Wish, sandbox: str, ledger: Ledger) -> Running:
    """What is told of the service, once a worker has published its assignments."""
    with ledger.read() as session:
        cards = publish.cards(session)
        slots = total_slots(session, datetime.now(UTC))
    lacking = [
        f"{card.id} cannot be graded yet: {why}"
        for card in cards
        for name in card.datasets
        if (why := _lacks(settings, name))
    ]
    names = [card.id for card in cards]
    return Running(wish, slots, sandbox, settings.state_dir, names, lacking)


def _lacks(settings: Settings, dataset: str) -> str:
    """Why the data set cannot be used, and what to do; empty where it can."""
    try:
        wiring.require(wiring.data_store(settings), dataset)
    except DataError as error:
        return str(error)
    return ""
