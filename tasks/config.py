"""Settings of Celery, and why."""

import warnings
from typing import Any

from celery.exceptions import SecurityWarning

from grader.queue.celery_queue import sending

REDELIVER_SECONDS = 12 * 3600
"""A message that a dead worker held is given to another one after so long. Nobody waits for that:
upkeep has sent a new one, and a message too many finds nothing. So it is longer than any run."""


def worker() -> dict[str, Any]:
    """For workers that grade.

    The database is the truth, so Redis keeps as little as possible: no results, no remote control,
    no events. A slot takes a message when it is free (prefetch 1, late acknowledgement). A message
    whose slot was killed is not delivered again: the row's lease runs out, and upkeep sends it.
    """
    options = sending()
    transport = {
        **options["broker_transport_options"],
        "visibility_timeout": REDELIVER_SECONDS,
        "queue_order_strategy": "priority",  # lanes in the order in which they were named
    }
    return {
        **options,
        "broker_transport_options": transport,
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # Redis comes back, some day
        "worker_prefetch_multiplier": 1,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_redirect_stdouts": False,
        "worker_hijack_root_logger": False,
        "worker_proc_alive_timeout": 60.0,  # a machine under load
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "task_acks_late": True,
        "task_reject_on_worker_lost": False,
    }


def may_be_root() -> None:
    """Let Celery not warn of it: a worker makes users and namespaces, and messages are JSON."""
    warnings.filterwarnings("ignore", category=SecurityWarning)


UPKEEP = "upkeep"
"""Its queue."""


def upkeep(tend_seconds: float, sweep_seconds: float) -> dict[str, Any]:
    """For upkeep: beat sends tasks to its own process; what is late is dropped, for more come."""
    return {
        **worker(),
        "task_acks_late": False,
        "task_default_queue": UPKEEP,
        "beat_scheduler": "celery.beat:Scheduler",  # in memory: no file that must be kept
        "beat_max_loop_interval": min(1.0, tend_seconds),
        "beat_schedule": {
            "tend": {
                "task": "grader.tend",
                "schedule": tend_seconds,
                "options": {"expires": tend_seconds, "queue": UPKEEP},
            },
            "sweep": {
                "task": "grader.sweep",
                "schedule": sweep_seconds,
                "options": {"expires": sweep_seconds, "queue": UPKEEP},
            },
        },
    }
