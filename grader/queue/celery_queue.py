"""Celery over Redis as a `JobQueue`: messages are sent by the task's name alone."""

from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from grader.domain.service import Lane
from grader.errors import QueueError

LOOK = "grader.look"
"""Name of the task; `tasks.grading` implements it."""
CONNECT_SECONDS = 2.0
"""An upload must not wait long for a broker that is gone: its message is sent later."""


class CeleryQueue:
    """Implements `JobQueue`."""

    def __init__(self, broker_url: str) -> None:
        """Connect to nothing yet. `broker_url`: ``redis://...`` or ``redis+socket://...``."""
        self._app = Celery("grader", broker=broker_url, set_as_current=False)
        self._app.conf.update(sending(), task_ignore_result=True)

    def look(self, lane: Lane, work: str) -> None:
        """See `JobQueue`."""
        try:
            self._app.send_task(LOOK, args=[lane, work], queue=lane, retry=False)
        except (OperationalError, RedisError, OSError) as error:
            raise QueueError(f"the broker cannot be reached: {error}") from error

    def waiting(self, lane: Lane) -> int:
        """See `JobQueue`."""
        try:
            with self._app.connection_for_read() as connection:
                client: Any = connection.default_channel
                return int(client.client.llen(lane))
        except (OperationalError, RedisError, OSError) as error:
            raise QueueError(f"the broker cannot be reached: {error}") from error

    def close(self) -> None:
        """See `JobQueue`."""
        self._app.close()


def sending() -> dict[str, Any]:
    """Celery's settings for whoever sends: JSON alone, plain FIFO queues, no long waits."""
    return {
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_create_missing_queues": True,
        "broker_connection_timeout": CONNECT_SECONDS,
        "broker_transport_options": {
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": 30.0,
            "socket_keepalive": True,
        },
    }
