"""Failures of ours: the row waits again, three times; then it is given up, and no attempt spent."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from ledger_rows import LEASE, NOW, WORKER, later, regrade_item, waiting

from grader.ledger import Ledger, claims, failures
from grader.ledger.claims import Claim
from grader.ledger.failures import Failure, Fault, Unsent
from grader.ledger.work import RegradeItem, Submission

DISK_FULL = Fault("disk_full", "no space is left")


def claimed(ledger: Ledger, now: datetime = NOW) -> Claim:
    with ledger.write() as session:
        claim = claims.claim(session, "cpu", WORKER, now)
    assert claim
    return claim


def row(ledger: Ledger, identity: str) -> Submission:
    with ledger.read() as session:
        return session.get_one(Submission, identity)


def test_after_a_failure_it_waits_again_and_says_why(ledger: Ledger) -> None:
    with ledger.write() as session:
        identity = waiting(session, "ada", sent_at=NOW)
    claim = claimed(ledger)
    with ledger.write() as session:
        failed = failures.fail(session, Submission, claim, later(1), DISK_FULL)
    assert failed == Failure(identity, "worker", given_up=False)
    found = row(ledger, identity)
    assert (found.state, found.failures, found.lease, found.sent_at) == ("queued", 1, None, None)
    assert (found.reason, found.message) == ("disk_full", "no space is left")
    assert found.counts


def test_after_the_third_it_is_given_up_and_no_attempt_is_spent(ledger: Ledger) -> None:
    with ledger.write() as session:
        identity = waiting(session, "ada")
    given_up = []
    for turn in range(3):
        claim = claimed(ledger, later(1000 * turn))
        with ledger.write() as session:
            failed = failures.fail(session, Submission, claim, later(1), DISK_FULL)
        assert failed
        given_up.append(failed.given_up)
    assert given_up == [False, False, True]
    found = row(ledger, identity)
    assert (found.state, found.reason, found.counts) == ("not_graded", "disk_full", False)
    assert found.finished_at == later(1)


def test_who_lost_the_lease_can_count_no_failure(ledger: Ledger) -> None:
    with ledger.write() as session:
        identity = waiting(session, "ada")
    claim = claimed(ledger)
    with ledger.write() as session:
        assert claims.finish(session, Submission, claim, later(1), state="graded")
        assert failures.fail(session, Submission, claim, later(2), DISK_FULL) is None
    assert (row(ledger, identity).state, row(ledger, identity).failures) == ("graded", 0)


def test_a_lease_that_ran_out_is_taken_back_and_one_that_did_not_is_left(ledger: Ledger) -> None:
    with ledger.write() as session:
        for student in ("ada", "bob"):
            waiting(session, student)
    lost, kept = claimed(ledger), claimed(ledger)
    with ledger.write() as session:
        assert claims.renew(session, Submission, kept, later(30), LEASE)
        found = failures.expire(session, Submission, later(61))
    assert found == [Failure(lost.id, "worker", given_up=False)]
    assert row(ledger, lost.id).reason == "worker_lost"
    assert row(ledger, kept.id).state == "running"


def test_a_lease_from_before_the_clock_was_set_back_is_taken_back(ledger: Ledger) -> None:
    with ledger.write() as session:
        waiting(session, "ada")
    lost = claimed(ledger)
    with ledger.write() as session:
        assert failures.expire(session, Submission, later(-3600), timedelta(hours=2)) == []
        found = failures.expire(session, Submission, later(-3600), 10 * LEASE)
    assert found == [Failure(lost.id, "worker", given_up=False)]
    with ledger.write() as session:
        again = claims.claim(session, "cpu", WORKER, later(-3600))
    assert again is not None
    assert again.id == lost.id


def test_a_lease_that_ran_out_is_counted_once_whoever_tends(ledger: Ledger) -> None:
    with ledger.write() as session:
        identity = waiting(session, "ada")
    claimed(ledger)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: _expired(ledger), range(8)))
    assert sum(found) == 1
    assert row(ledger, identity).failures == 1


def _expired(ledger: Ledger) -> int:
    with ledger.write() as session:
        return len(failures.expire(session, Submission, later(61)))


def test_a_worker_that_renews_while_somebody_tends_keeps_its_row_or_loses_it_whole(
    ledger: Ledger,
) -> None:
    for n in range(20):
        with ledger.write() as session:
            identity = waiting(session, "ada", n)
        claim = claimed(ledger)

        def renewed(claim: Claim = claim) -> bool:
            with ledger.write() as session:
                return claims.renew(session, Submission, claim, later(61), LEASE)

        def tended() -> bool:
            return bool(_expired(ledger))

        with ThreadPoolExecutor(2) as pool:
            jobs: list[Callable[[], bool]] = [renewed, tended]
            kept, lost = [job.result() for job in [pool.submit(job) for job in jobs]]
        found = row(ledger, identity)
        if lost:
            assert (found.state, found.failures) == ("queued", 1)
            with ledger.write() as session:  # out of the next round's way
                session.get_one(Submission, identity).state = "cancelled"
        else:
            assert kept
            assert (found.state, found.failures) == ("running", 0)
            with ledger.write() as session:
                assert claims.finish(session, Submission, claim, later(62), state="graded")


def test_what_failed_a_moment_ago_rests_before_it_is_tried_again(ledger: Ledger) -> None:
    with ledger.write() as session:
        identity = waiting(session, "ada")
        other = waiting(session, "bob", 1)
    for at, rest in ((0, LEASE / 2), (1000, 2 * LEASE)):
        now = later(at)
        claim = claimed(ledger, now)
        assert claim.id == identity
        with ledger.write() as session:
            failures.fail(session, Submission, claim, now, DISK_FULL)
            assert failures.waiting(session)["cpu"] == 2
            taken = claims.claim(session, "cpu", WORKER, now + rest)
            assert taken is not None
            assert taken.id == other
            assert claims.give_back(session, Submission, taken)
            again = claims.claim(session, "cpu", WORKER, now + rest + timedelta(seconds=1))
            assert again is not None
            assert again.id == identity
            assert claims.give_back(session, Submission, again)


def test_what_waits_is_counted_in_each_lane(ledger: Ledger) -> None:
    with ledger.write() as session:
        first = waiting(session, "ada", 1)
        waiting(session, "bob", 0, lane="gpu")
        waiting(session, "cem", 2)
        regrade_item(session, first)
        found = failures.waiting(session)
        assert found == {"fast": 0, "cpu": 2, "gpu": 1, "regrade": 1}
        assert failures.oldest(session, "cpu") == later(1)
        assert failures.oldest(session, "fast") is None
        assert failures.oldest(session, "regrade") is not None


def test_rows_without_a_message_are_told_first_and_then_the_oldest(ledger: Ledger) -> None:
    with ledger.write() as session:
        lost = waiting(session, "ada", 1, sent_at=NOW)
        waiting(session, "bob", 0, lane="gpu")
        never = waiting(session, "cem", 2)
        item = regrade_item(session, lost)
        cpu = failures.unsent(session, "cpu", 5)
        assert cpu == [Unsent(never, "cpu"), Unsent(lost, "cpu")]
        assert failures.unsent(session, "cpu", 1) == [Unsent(never, "cpu")]
        assert failures.unsent(session, "regrade", 5) == [Unsent(item, "regrade")]


def test_it_is_kept_when_a_message_was_sent(ledger: Ledger) -> None:
    with ledger.write() as session:
        identity = waiting(session, "ada")
        item = regrade_item(session, identity)
        for lane in ("cpu", "regrade"):
            for work in failures.unsent(session, lane, 5):
                failures.sent(session, work, later(51))
        assert session.get_one(Submission, identity).sent_at == later(51)
        assert session.get_one(RegradeItem, item).sent_at == later(51)
