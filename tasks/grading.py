"""The app of workers: one task, which looks at a lane."""

from typing import Any

import structlog
from celery import Celery

from grader.domain.service import Lane
from grader.queue.celery_queue import LOOK
from grader.settings import Settings
from grader.wiring import desks, services
from grader.work.health import Health
from tasks import config
from tasks.alive import sign_of_life
from tasks.pulse import Pulse, sign_of
from tasks.slots import MakeDesk, MakePulse, Slots

_log = structlog.get_logger(__name__)


def make_pulse(settings: Settings, name: str, lanes: tuple[Lane, ...], slots: int) -> Pulse:
    """The report of a worker of these settings."""
    datasets = tuple(name for name in settings.worker_data.split(",") if name)
    health = Health(desks.looks(settings, datasets))
    alive = sign_of_life(settings.runtime_dir, "worker")
    sign = sign_of(name, lanes, slots)
    return Pulse(lambda: services.ledger(settings), health, sign, alive=alive)


def build(
    settings: Settings, make_desk: MakeDesk = desks.desk, make_pulse: MakePulse = make_pulse
) -> Celery:
    """The app of a worker.

    Args:
        settings: of this machine.
        make_desk: what a slot stands on, made at its first look.
        make_pulse: how the worker reports itself.
    """
    config.may_be_root()
    slots = Slots(settings, make_desk, make_pulse)
    slots.connect()
    app = Celery("grader", broker=services.broker_url(settings))
    app.conf.update(config.worker())

    def look(task: Any, lane: Lane, work: str) -> None:
        with structlog.contextvars.bound_contextvars(task=task.request.id, lane=lane):
            found = slots.look(lane, work)
            if found.how != "nothing":
                _log.info("looked", how=found.how, work=found.id)

    app.task(look, name=LOOK, bind=True)
    return app
