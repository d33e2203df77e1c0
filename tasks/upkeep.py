"""The app of upkeep: beat, and what is done now and then, in a slim process of its own.

All slots of a worker may train for an hour; so upkeep never shares them.
"""

import ctypes
import signal

import structlog
from celery import Celery, signals

from grader import logs
from grader.errors import LedgerError, QueueError, StoreError
from grader.settings import Settings
from grader.wiring import desks, services
from grader.work.upkeep import Upkeep
from tasks import config
from tasks.alive import sign_of_life

MOST_SECONDS = 5.0
"""Between two looks after leases and unsent messages; less where leases are short."""
SWEEP_SECONDS = 3600.0
_PARENT_DEATH_SIGNAL = 1
_log = structlog.get_logger(__name__)


def build(settings: Settings, upkeep: Upkeep | None = None) -> Celery:
    """The app of upkeep; `upkeep`: what it does, by default that of the settings."""
    config.may_be_root()
    signals.setup_logging.connect(_set_up_logging, weak=False)
    signals.beat_embedded_init.connect(_die_with_parent, weak=False)
    app = Celery("upkeep", broker=services.broker_url(settings))
    app.conf.update(config.upkeep(min(MOST_SECONDS, settings.lease_seconds / 4), SWEEP_SECONDS))
    works = upkeep or desks.upkeep(settings)
    alive = sign_of_life(settings.runtime_dir, "upkeep")

    def tend() -> None:
        try:
            works.tend()
        except (LedgerError, QueueError) as error:  # the next one comes soon
            _log.warning("not_tended", error=str(error))
        else:
            alive()

    def sweep() -> None:
        try:
            works.sweep()
        except (LedgerError, StoreError) as error:
            _log.warning("not_swept", error=str(error))

    app.task(tend, name="grader.tend")
    app.task(sweep, name="grader.sweep")
    return app


def _set_up_logging(**_: object) -> None:
    logs.set_up()


def _die_with_parent(**_: object) -> None:
    """Beat is a process of its own: killed with its parent, it leaves nothing behind."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
