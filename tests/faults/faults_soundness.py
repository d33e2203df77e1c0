"""What must hold after every fault: one report or a named reason, nothing twice, nothing left."""

from collections.abc import Iterable

from service_stubs.processes import alive, until
from service_stubs.service import Service

from grader.scratch import PREFIX


def require_sound(service: Service, ids: Iterable[str], again: Iterable[str] = ()) -> None:
    """Every submission has an end, and nothing was done twice.

    Args:
        service: idle by now.
        ids: submissions that were accepted.
        again: labels of those that lost their lease in mid-run, and so may have run more than once.
    """
    wanted = list(ids)
    for identity, reports in service.reports(wanted).items():
        row = service.row(identity)
        assert row.lease is None, identity
        if row.state == "graded":
            assert [report.id for report in reports] == [row.report_id], row.name
            service.blobs.run(reports[0].run_id)
        else:
            assert (row.state, reports) == ("not_graded", []), row.name
            assert row.reason, row.name
            assert not row.counts, f"{row.name}: an attempt was spent on our failure"
    _require_run_once(service, set(again))
    _require_nothing_left(service)


def _require_run_once(service: Service, again: set[str]) -> None:
    began = service.marks.counts("began")
    assert {label for label, count in began.items() if count > 1} <= again
    # What lost its lease may still have come to its end, but its report was not written.
    ended = service.marks.counts("ended")
    assert {label for label, count in ended.items() if count > 1} <= again


def _require_nothing_left(service: Service) -> None:
    until(
        "folders of runs are gone",
        lambda: not list(service.temporary.glob(f"{PREFIX}*")),
        seconds=10,
    )


def require_ended(service: Service) -> None:
    """Nothing of it runs any more, once its processes were told to end."""
    for pid in service.left_running():
        until(f"process {pid} ends", lambda pid=pid: not alive(pid), seconds=10)
