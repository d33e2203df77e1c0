"""What is taken off a report for lateness: from the sum, so that each problem shows its worth."""

from grader.domain.late import Lateness
from grader.domain.report import LateReport, ScoreReport
from grader.scoring.points import cents, keep, points


def apply(report: ScoreReport, lateness: Lateness | None) -> ScoreReport:
    """The report with `late`, and with fewer points earned; on time (None) it stays as it is.

    Points that a person gives later lose the same share, so `pending` shrinks with `earned`: it
    stays what can be added. Both are rounded for themselves, halves up.

    Raises:
        ValueError: something was taken off already.
    """
    if lateness is None:
        return report
    if report.late is not None:
        raise ValueError("report: found points taken off for lateness, expected them once")
    earned, pending = cents(report.earned), cents(report.pending)
    earned_left, pending_left = keep(earned, lateness.percent), keep(pending, lateness.percent)
    late = LateReport(
        due_at=lateness.due_at,
        received_at=lateness.received_at,
        seconds=lateness.seconds,
        percent=lateness.percent,
        points=points(earned - earned_left),
        pending=points(pending - pending_left),
    )
    left = {"earned": points(earned_left), "pending": points(pending_left), "late": late}
    return report.model_copy(update=left)
