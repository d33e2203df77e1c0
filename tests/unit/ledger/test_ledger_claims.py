"""Claims: whose turn it is, and that a row is never worked on by two."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from ledger_rows import LEASE, NOW, OTHER, WORKER, later, regrade_item, waiting

from grader.ledger import Ledger, claims
from grader.ledger.claims import Claim
from grader.ledger.work import RegradeItem, Submission


def taken(ledger: Ledger, lane: claims.Lane = "cpu") -> Claim | None:
    with ledger.write() as session:
        return claims.claim(session, lane, WORKER, NOW)


def test_the_oldest_comes_first(ledger: Ledger) -> None:
    with ledger.write() as session:
        second = waiting(session, "ada", 1)
        first = waiting(session, "bob", 0)
    assert [claim.id for claim in (taken(ledger), taken(ledger)) if claim] == [first, second]
    assert taken(ledger) is None


def test_a_students_second_stands_behind_every_other_students_first(ledger: Ledger) -> None:
    with ledger.write() as session:
        mine = [waiting(session, "ada", n) for n in range(3)]
        theirs = [waiting(session, "bob", 10), waiting(session, "cem", 11)]
    order = [claim.id for claim in (taken(ledger) for _ in range(5)) if claim]
    assert order == [mine[0], *theirs, mine[1], mine[2]]


def test_what_runs_for_a_student_counts_before_what_waits(ledger: Ledger) -> None:
    with ledger.write() as session:
        waiting(session, "ada", 0)
    assert taken(ledger)
    with ledger.write() as session:
        waiting(session, "ada", 1)
        other = waiting(session, "bob", 2)
    claim = taken(ledger)
    assert claim
    assert claim.id == other


def test_the_same_code_waits_for_the_first_of_its_kind_and_for_no_other(ledger: Ledger) -> None:
    with ledger.write() as session:
        same = [
            waiting(session, student, n, code_sha256="7" * 64)
            for n, student in enumerate(("ada", "bob", "cem"))
        ]
        other = waiting(session, "ada", 3)
        elsewhere = waiting(session, "ada", 4, code_sha256="7" * 64, assignment_id="rnn")
    first = taken(ledger)
    assert first
    assert first.id == same[0]
    assert {claim.id for claim in (taken(ledger), taken(ledger)) if claim} == {other, elsewhere}
    assert taken(ledger) is None
    with ledger.write() as session:
        assert claims.finish(session, Submission, first, NOW, state="graded")
    assert [claim.id for claim in (taken(ledger), taken(ledger)) if claim] == same[1:]


def test_the_same_code_waits_no_more_for_one_that_was_given_back(ledger: Ledger) -> None:
    with ledger.write() as session:
        first, second = (
            waiting(session, student, code_sha256="7" * 64) for student in ("ada", "bob")
        )
    claim = taken(ledger)
    assert claim
    assert taken(ledger) is None
    with ledger.write() as session:
        assert claims.give_back(session, Submission, claim)
    again = taken(ledger)
    assert again
    assert again.id in {first, second}


def test_a_lane_gives_nothing_of_another(ledger: Ledger) -> None:
    with ledger.write() as session:
        waiting(session, "ada", lane="gpu")
    assert taken(ledger, "cpu") is None
    assert taken(ledger, "gpu")


def test_what_is_claimed_says_by_whom_and_until_when(ledger: Ledger) -> None:
    with ledger.write() as session:
        waiting(session, "ada")
    claim = taken(ledger)
    assert claim
    with ledger.read() as session:
        row = session.get_one(Submission, claim.id)
    assert (row.state, row.worker, row.lease) == ("running", "worker", claim.lease)
    assert row.lease_until == NOW + LEASE


def test_of_twenty_that_look_at_ten_rows_each_row_has_one(ledger: Ledger) -> None:
    with ledger.write() as session:
        ids = {waiting(session, "ada", n) for n in range(10)}
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: taken(ledger), range(20)))
    got = Counter(claim.id for claim in found if claim)
    assert got == Counter(ids)


def test_the_oldest_item_of_a_regrade_is_claimed_once(ledger: Ledger) -> None:
    with ledger.write() as session:
        late = regrade_item(session, waiting(session, "ada"), 5)
        early = regrade_item(session, waiting(session, "bob"), 1)
    order = []
    for _ in range(3):
        with ledger.write() as session:
            order.append(claims.claim_regrade(session, WORKER, NOW))
    assert [claim and claim.id for claim in order] == [early, late, None]


@pytest.mark.parametrize("table", [Submission, RegradeItem], ids=["submission", "regrade item"])
class TestWhoHoldsTheLease:
    def held(self, ledger: Ledger, table: type[Submission] | type[RegradeItem]) -> Claim:
        with ledger.write() as session:
            identity = waiting(session, "ada")
            if table is RegradeItem:
                regrade_item(session, identity)
                claim = claims.claim_regrade(session, WORKER, NOW)
            else:
                claim = claims.claim(session, "cpu", WORKER, NOW)
        assert claim
        return claim

    def test_may_renew_it(self, ledger: Ledger, table: type[Submission]) -> None:
        claim = self.held(ledger, table)
        with ledger.write() as session:
            assert claims.renew(session, table, claim, later(30), LEASE)
        with ledger.read() as session:
            assert session.get_one(table, claim.id).lease_until == later(90)

    def test_may_finish_it_once(self, ledger: Ledger, table: type[Submission]) -> None:
        claim = self.held(ledger, table)
        with ledger.write() as session:
            assert claims.finish(session, table, claim, later(5), state="graded")
            assert not claims.finish(session, table, claim, later(6), state="not_graded")
        with ledger.read() as session:
            row = session.get_one(table, claim.id)
        assert (row.state, row.lease, row.finished_at) == ("graded", None, later(5))

    def test_may_give_it_back_for_another(self, ledger: Ledger, table: type[Submission]) -> None:
        claim = self.held(ledger, table)
        with ledger.write() as session:
            assert claims.give_back(session, table, claim)
            row = session.get_one(table, claim.id)
            assert (row.state, row.failures, row.lease) == ("queued", 0, None)

    def test_loses_it_with_the_lease(self, ledger: Ledger, table: type[Submission]) -> None:
        claim = self.held(ledger, table)
        with ledger.write() as session:
            assert claims.give_back(session, table, claim)
            again = (
                claims.claim_regrade(session, OTHER, NOW)
                if table is RegradeItem
                else claims.claim(session, "cpu", OTHER, NOW)
            )
            assert again
            assert again.id == claim.id
            assert not claims.renew(session, table, claim, later(1), LEASE)
            assert not claims.finish(session, table, claim, later(1), state="graded")
            assert not claims.give_back(session, table, claim)
        with ledger.read() as session:
            row = session.get_one(table, claim.id)
        assert (row.state, row.worker, row.lease) == ("running", "other", again.lease)
