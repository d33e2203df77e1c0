"""What workers are told of Celery: the database is the truth, a message is a hint."""

import pytest
from celery import Celery
from kombu.exceptions import ContentDisallowed, SerializerNotInstalled
from kombu.serialization import dumps, loads

from tasks import config


@pytest.fixture
def app() -> Celery:
    made = Celery("test", set_as_current=False)
    made.conf.update(config.worker())
    return made


def test_nothing_but_json_is_sent_or_understood(app: Celery) -> None:
    assert app.conf.task_serializer == "json"
    assert app.conf.accept_content == ["json"]
    kind, encoding, content = dumps({"a": 1}, "pickle")
    with pytest.raises((ContentDisallowed, SerializerNotInstalled)):
        loads(content, kind, encoding, accept=app.conf.accept_content)


def test_no_result_is_kept_of_a_task(app: Celery) -> None:
    assert app.conf.task_ignore_result
    assert not app.conf.task_store_errors_even_if_ignored
    assert app.conf.result_backend is None


def test_a_slot_takes_one_message_and_acknowledges_it_when_it_is_done(app: Celery) -> None:
    assert (app.conf.worker_prefetch_multiplier, app.conf.task_acks_late) == (1, True)


def test_a_message_of_a_dead_slot_comes_again_by_upkeep_alone(app: Celery) -> None:
    assert not app.conf.task_reject_on_worker_lost
    seconds = app.conf.broker_transport_options["visibility_timeout"]
    assert seconds == config.REDELIVER_SECONDS >= 12 * 3600
