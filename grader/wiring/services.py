"""Builds what the service stands on: its database, its queue, where its files are kept."""

from pathlib import Path

from grader.domain.assignment import Assignment
from grader.ledger import Ledger
from grader.queue import JobQueue
from grader.scoring import registry
from grader.settings import Settings
from grader.store import Blobs


def ledger(settings: Settings) -> Ledger:
    """The database; nothing is opened before its first use."""
    if settings.database_url is not None:
        return Ledger(settings.database_url.get_secret_value())
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    return Ledger(f"sqlite:///{settings.state_dir / 'grader.db'}")


def redis_socket(settings: Settings) -> Path:
    """Where the Redis of `grader serve` listens."""
    return settings.runtime_dir / "service" / "redis.sock"


def broker_url(settings: Settings) -> str:
    """Redis: the one of the settings, else the one that `grader serve` starts."""
    if settings.broker_url is not None:
        return settings.broker_url.get_secret_value()
    return f"redis+socket://{redis_socket(settings)}"


def queue(settings: Settings) -> JobQueue:
    """The queue; nothing is reached before its first use."""
    from grader.queue.celery_queue import CeleryQueue  # costs most of a command's start

    return CeleryQueue(broker_url(settings))


def blobs(settings: Settings) -> Blobs:
    """Where notebooks and evidence are kept."""
    return Blobs(settings.files_url or f"file://{settings.state_dir / 'files'}")


def assignments(settings: Settings) -> tuple[Assignment, ...]:
    """The assignments that the service grades; imports torch with them.

    Raises:
        AssignmentError: one of them cannot be loaded.
    """
    wanted = [name.strip() for name in settings.assignments.split(",") if name.strip()]
    return tuple(registry.load(name) for name in wanted or registry.installed())
