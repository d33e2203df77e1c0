"""What tests read in the database of a service."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from grader.domain.service import FINAL
from grader.ledger import Ledger
from grader.ledger.people import AssignmentCard
from grader.ledger.work import Alert, Report, Submission, Worker
from service_stubs import ASSIGNED


class Rows:
    """Looks; changes nothing."""

    ledger: Ledger

    def published(self) -> bool:
        """Whether a worker has said what it grades."""
        with self.ledger.read() as session:
            return session.get(AssignmentCard, ASSIGNED) is not None

    def states(self, ids: Iterable[str]) -> dict[str, str]:
        """Where each submission stands."""
        wanted = list(ids)
        with self.ledger.read() as session:
            rows = session.execute(
                select(Submission.id, Submission.state).where(Submission.id.in_(wanted))
            )
            return {row.id: row.state for row in rows}

    def done(self, ids: Iterable[str]) -> bool:
        return all(state in FINAL for state in self.states(ids).values())

    def row(self, identity: str) -> Submission:
        with self.ledger.read() as session:
            found = session.get(Submission, identity)
        assert found is not None
        return found

    def reports(self, ids: Iterable[str]) -> dict[str, list[Report]]:
        """All reports of each submission."""
        wanted = list(ids)
        with self.ledger.read() as session:
            rows = session.scalars(select(Report).where(Report.submission_id.in_(wanted))).all()
        return {each: [row for row in rows if row.submission_id == each] for each in wanted}

    def all_submissions(self) -> list[str]:
        with self.ledger.read() as session:
            return list(session.scalars(select(Submission.id)).all())

    def alerts(self) -> dict[str, list[str]]:
        """Subjects of the open alerts, by code."""
        with self.ledger.read() as session:
            rows = session.scalars(select(Alert).where(Alert.resolved_at.is_(None))).all()
        return {row.code: [r.subject for r in rows if r.code == row.code] for row in rows}

    def workers(self) -> Sequence[Worker]:
        """Those that reported and did not leave."""
        with self.ledger.read() as session:
            return session.scalars(select(Worker)).all()
