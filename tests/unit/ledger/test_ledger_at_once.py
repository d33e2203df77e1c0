"""What two ask for in the same moment happens once."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from contextlib import suppress

from ledger_rows import NOW, later, waiting

from grader.ledger import Ledger, alerts, regrades
from grader.ledger.regrades import Wish
from grader.ledger.work import Alert, RegradeItem

WAIT = 0.5
"""So long the second is given to be wrong, where it does not wait for the first."""


def sounded(ledger: Ledger) -> bool:
    with ledger.write() as session:
        return alerts.sound(session, "lane_unserved", "gpu", "start a worker", later(1))


def test_staff_are_alerted_once_by_two_who_see_the_same(ledger: Ledger) -> None:
    with ThreadPoolExecutor(1) as pool:
        with ledger.write() as session:
            assert alerts.sound(session, "lane_unserved", "gpu", "start a worker", NOW)
            session.flush()
            second = pool.submit(sounded, ledger)
            with suppress(StillWaiting):
                second.result(WAIT)
        assert second.result() is False
    with ledger.read() as session:
        assert len(alerts.standing(session)) == 1


def test_an_alert_that_was_over_comes_again(ledger: Ledger) -> None:
    for _ in range(2):
        assert sounded(ledger)
        with ledger.write() as session:
            assert alerts.resolve(session, "lane_unserved", "gpu", later(2))
    with ledger.read() as session:
        assert (session.query(Alert).count(), list(alerts.standing(session))) == (2, [])


def test_of_two_regrades_that_are_asked_for_at_once_the_second_learns_of_the_first(
    ledger: Ledger,
) -> None:
    def running() -> str | None:
        with ledger.write() as session:
            return regrades.running(session, "dl", "cnn")

    def hand_in() -> str:
        with ledger.write() as session:
            return waiting(session, "ada")

    with ThreadPoolExecutor(2) as pool:
        with ledger.write() as session:
            assert regrades.running(session, "dl", "cnn") is None
            begun = regrades.begin(session, Wish("dl", "cnn", "ada", apply=True), NOW)
            item = waiting(session, "bob")
            session.add(
                RegradeItem(
                    id=begun.id,
                    regrade_id=begun.id,
                    submission_id=item,
                    state="queued",
                    received_at=NOW,
                )
            )
            session.flush()
            second = pool.submit(running)
            with suppress(StillWaiting):
                second.result(WAIT)
            if session.connection().dialect.name == "postgresql":
                assert pool.submit(hand_in).result(10)  # uploads do not wait meanwhile
        assert second.result() == begun.id
