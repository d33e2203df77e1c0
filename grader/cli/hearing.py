"""Shows what a service tells of a submission as if it ran here."""

from pydantic import ValidationError

from grader.cli.live_view import LiveView
from grader.client import Standing, Told
from grader.client.interface import CellTold, EpochTold, PlaceTold, StateTold
from grader.domain.job import CellFinished, CellStarted
from grader.domain.report import ProblemReport
from grader.domain.run import CellRun


def hear(view: LiveView, heard: Told | Standing) -> None:
    """Show it; what a newer service tells in another way is left out."""
    if isinstance(heard, Standing):
        if heard.state == "queued":
            view.on_waiting(_waits(heard))
        return
    try:
        _show(view, heard)
    except ValidationError:
        return


def _show(view: LiveView, told: Told) -> None:
    match told.kind:
        case "place":
            view.on_waiting(_waits(PlaceTold.model_validate(told.data)))
        case "state" if StateTold.model_validate(told.data).state == "running":
            view.on_waiting("starting the sandbox")
        case "second_run":
            view.on_waiting("a training is repeated with another seed before points are lost")
        case "cell":
            _show_cell(view, CellTold.model_validate(told.data))
        case "epoch":
            view.on_step(EpochTold.model_validate(told.data).step)
        case "problem":
            view.on_problem(ProblemReport.model_validate({**told.data, "checks": ()}))
        case _:
            pass


def _show_cell(view: LiveView, cell: CellTold) -> None:
    if cell.status == "running":
        view.on_record(CellStarted(index=cell.index))
        return
    run = CellRun.model_validate(
        {"index": cell.index, "status": cell.status, "seconds": cell.seconds}
    )
    view.on_record(CellFinished(cell=run))


def _waits(place: PlaceTold | Standing) -> str:
    words = "waiting" if place.place is None else f"waiting: place {place.place}"
    seconds = place.expected_wait_seconds
    if not seconds:
        return words
    about = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    return f"{words}, about {about}"
