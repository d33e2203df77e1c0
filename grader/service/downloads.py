"""What a submission left: its report in every form, its evidence, its notebook."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Response
from pydantic import ValidationError
from rich.console import Console
from starlette.concurrency import run_in_threadpool

from grader import reports
from grader.domain.report import ScoreReport
from grader.ledger import views
from grader.ledger.access import Identity
from grader.service.attachment import Attachment
from grader.service.caller import GRADERS, Caller, require, require_room, sight
from grader.service.problems import ProblemError
from grader.service.service import Here, Service

router = APIRouter(prefix="/api/submissions/{submission_id}", tags=["reports"])
WIDTH = 100
"""Columns of a report in plain text."""
HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; sandbox"
)
"""No script, nothing from elsewhere, and no origin: one that tricked us would still be alone."""
Suffix = Literal["json", "html", "md", "xml", "txt"]


@dataclass(frozen=True)
class _Form:
    """A form of a report: how it is written, and what a browser is told that it is."""

    media: str
    render: Callable[[ScoreReport], str]


def _plain(report: ScoreReport) -> str:
    text = io.StringIO()
    reports.print_table(report, Console(file=text, width=WIDTH, no_color=True))
    return text.getvalue()


_FORMS: dict[Suffix, _Form] = {
    "json": _Form("application/json", partial(reports.render, form="json")),
    "html": _Form("text/html", partial(reports.render, form="html")),
    "md": _Form("text/markdown", partial(reports.render, form="markdown")),
    "xml": _Form("application/xml", partial(reports.render, form="junit")),
    "txt": _Form("text/plain", _plain),
}
_EXAMPLES = {
    "application/json": {
        "assignment": "cnn",
        "assignment_version": "1",
        "title": "Exercise 09: convolutional neural networks",
        "status": "graded",
        "earned": 89,
        "possible": 100,
        "pending": 11,
        "problems": [
            {"id": "fc_model", "title": "Multi-layer perceptron", "earned": 10, "possible": 10}
        ],
    },
    "text/html": "<!doctype html><title>Exercise 09</title>...",
    "text/markdown": "# Exercise 09: convolutional neural networks\n\n**Score: 89 / 100** ...",
    "application/xml": '<testsuites><testsuite name="cnn" tests="18" failures="0">...',
    "text/plain": "Multi-layer perceptron    10 / 10  passed ...",
}
"""Their beginnings; docs/report.schema.json says all of the first."""
_CONTENT = {
    form.media: {"schema": {"type": "string"}, "example": _EXAMPLES[form.media]}
    for form in _FORMS.values()
}


@router.get(
    "/report", response_class=Response, responses={200: {"content": _CONTENT, "description": "It"}}
)
async def report(
    submission_id: str,
    caller: Caller,
    here: Here,
    accept: Annotated[str, Header(max_length=500)] = "*/*",
) -> Response:
    """The report in the form that `Accept` prefers; JSON where it takes all."""
    return await _one_of_few(here, caller, submission_id, _preferred(accept))


@router.get("/report.{suffix}", response_class=Response)
async def report_by_suffix(
    submission_id: str, suffix: Suffix, caller: Caller, here: Here
) -> Response:
    """The report: `.json`, `.html`, `.md`, `.xml` (JUnit) or `.txt`."""
    return await _one_of_few(here, caller, submission_id, suffix)


@router.get("/evidence", response_class=Response)
def evidence(submission_id: str, caller: Caller, here: Here) -> Response:
    """What its run left, as a tar file: for a TA or staff, who may regrade it anywhere."""
    with here.adapters.ledger.read() as session:
        found = sight(session, caller, submission_id)
        require(found.role, GRADERS)
        if found.seen.report is None:
            raise _none("evidence")
        run_id = found.seen.report.run_id
    read = partial(here.adapters.blobs.packed_run, run_id)
    name, media = f"{submission_id}.tar", "application/x-tar"
    return Attachment(read, name, media, here.open_evidence, caller.token_id)


@router.get("/notebook", response_class=Response)
def notebook(submission_id: str, caller: Caller, here: Here) -> Response:
    """The notebook as it was handed in."""
    with here.adapters.ledger.read() as session:
        row = sight(session, caller, submission_id).seen.row
    read = partial(here.adapters.blobs.notebook, row.sha256)
    media = "application/x-ipynb+json"
    return Attachment(read, row.name, media, here.open_notebooks, caller.token_id)


async def _one_of_few(
    here: Service, caller: Identity, submission_id: str, suffix: Suffix
) -> Response:
    with here.open_reports.one_more(caller.token_id) as room:
        require_room("reports", room=room)
        return await run_in_threadpool(_report, here, caller, submission_id, suffix)


def _report(here: Service, caller: Identity, submission_id: str, suffix: Suffix) -> Response:
    with here.adapters.ledger.read() as session:
        found = sight(session, caller, submission_id).seen
        if found.report is None:
            raise _none("report")
        body = views.report_body(session, found.report.id)
    form = _FORMS[suffix]
    try:
        text = form.render(ScoreReport.model_validate_json(body))
    except ValidationError:
        raise ProblemError(
            409,
            "other_version",
            "The report is of another version",
            "this version of the grader cannot read it; a regrade by the course's staff writes it"
            " anew",
        ) from None
    headers = {"Vary": "Accept"}
    if suffix == "html":
        headers["Content-Security-Policy"] = HTML_POLICY
    return Response(text.encode(), media_type=f"{form.media}; charset=utf-8", headers=headers)


def _preferred(accept: str) -> Suffix:
    """The form of the highest quality in an Accept header; of equals the one named first.

    The range that names a form most closely says its quality (RFC 9110, 12.5.1); 0: not wanted.
    """
    ranges = [_range(part) for part in accept.split(",")[:50]]
    wanted: list[tuple[float, int, Suffix]] = []
    for suffix, form in _FORMS.items():
        fitting = [n for n, (media, _) in enumerate(ranges) if _fits(form.media, media)]
        if fitting:
            closest = min(fitting, key=lambda n: ranges[n][0].count("*"))
            wanted.append((ranges[closest][1], -closest, suffix))
    best = max(wanted, key=lambda found: found[:2], default=None)
    if best is None or best[0] == 0:
        raise ProblemError(
            406,
            "not_acceptable",
            "There is no such form",
            f"a report comes as {', '.join(form.media for form in _FORMS.values())}",
        )
    return best[2]


def _range(part: str) -> tuple[str, float]:
    """A media range and its quality."""
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    return media, next((_quality(p[2:]) for p in parameters if p.startswith("q=")), 1.0)


def _fits(media: str, pattern: str) -> bool:
    kind, _, part = pattern.partition("/")
    own_kind, _, own_part = media.partition("/")
    return kind in ("*", own_kind) and part in ("*", own_part)


def _quality(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0


def _none(what: str) -> ProblemError:
    return ProblemError(
        404, f"no_{what}", f"There is no {what}", "its state says whether there will be one"
    )
