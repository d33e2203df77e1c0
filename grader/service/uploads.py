"""`POST /api/submissions`: a notebook comes in."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Annotated, Any, BinaryIO

import structlog
from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from grader import notebook
from grader.domain.service import Role
from grader.errors import SubmissionError
from grader.ledger import intake, publish, views
from grader.ledger.access import Identity
from grader.ledger.admission import RefusedError
from grader.ledger.failures import Unsent
from grader.service.body import Form, received
from grader.service.caller import Caller, member, require_rate, require_room
from grader.service.problems import ProblemError
from grader.service.service import Here, Service
from grader.service.shapes import Status

router = APIRouter(tags=["submissions"])
HEAVY = 2_000_000
"""Bytes: larger ones are read one at a time, as a hostile one takes seconds of a processor, and
everybody's requests share one."""
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_log = structlog.get_logger()
_REFUSED = {
    "unknown_assignment": 404,
    "key_reused": 409,
    "too_many_waiting": 429,
    "too_many_today": 429,
}
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["notebook", "course", "assignment"],
                    "properties": {
                        "notebook": {"type": "string", "format": "binary"},
                        "course": {"type": "string", "examples": ["dl-2026"]},
                        "assignment": {"type": "string", "examples": ["cnn"]},
                    },
                }
            }
        },
    }
}


@dataclass(frozen=True)
class _Wanted:
    """What was sent.

    Attributes:
        at: when the last byte of it had come: what then takes its time is ours, not the student's.
    """

    course: str
    assignment: str
    name: str
    file: BinaryIO
    key: str | None
    at: datetime


@router.post("/api/submissions", status_code=202, openapi_extra=_FORM)
async def hand_in(
    request: Request,
    response: Response,
    caller: Caller,
    here: Here,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Status:
    """Hand a notebook in.

    Sent again under the same `Idempotency-Key` it stays one submission: 200 instead of 202.
    A notebook that cannot be read is refused and spends no attempt.
    """
    began = monotonic()
    try:
        require_rate(here.uploads.take(caller.token_id))
        _require_key(idempotency_key)
        with here.open_uploads.one_more(caller.token_id) as room:
            require_room("uploads", room=room)
            async with received(request, here.adapters.bounds) as form:
                wanted = _wanted(form, idempotency_key, here.adapters.clock())
                async with _turn(here, caller, form):
                    status, replayed = await run_in_threadpool(_accept, here, caller, wanted)
    except ProblemError as problem:
        here.meters.uploads.labels(problem.code).inc()
        raise
    response.status_code = 200 if replayed else 202
    response.headers["Location"] = f"/api/submissions/{status.id}"
    here.meters.uploads.labels("replayed" if replayed else "accepted").inc()
    here.meters.upload_seconds.observe(monotonic() - began)
    return status


@asynccontextmanager
async def _turn(here: Service, caller: Identity, form: Form) -> AsyncIterator[None]:
    """A large notebook's turn to be read; of one token only one waits for it."""
    if (form.notebook.size or 0) <= HEAVY:
        yield
        return
    with here.heavy_of_one.one_more(caller.token_id) as room:
        require_room("uploads", room=room)
        async with here.heavy:
            yield


def _require_key(key: str | None) -> None:
    if key is not None and not _KEY.fullmatch(key):
        raise ProblemError(
            400,
            "bad_key",
            "The key cannot be one",
            "an Idempotency-Key has 1 to 255 visible ASCII characters",
        )


def _wanted(form: Form, key: str | None, at: datetime) -> _Wanted:
    return _Wanted(form.course, form.assignment, form.name, form.notebook.file, key, at)


def _accept(here: Service, caller: Identity, wanted: _Wanted) -> tuple[Status, bool]:
    """Read, keep, enter; the file is kept before the row that names it."""
    role, trains_by = _card(here, caller, wanted)
    data = wanted.file.read()
    try:
        read = notebook.parse(data, wanted.name)
    except SubmissionError as error:
        raise ProblemError(
            422, error.code, "The notebook cannot be read", f"{error} No attempt was spent."
        ) from None
    upload = intake.Upload(
        course_id=wanted.course,
        assignment_id=wanted.assignment,
        student_id=caller.person_id,
        name=read.name,
        sha256=read.sha256,
        code_sha256=notebook.code_digest(read.cells),
        size=len(data),
        trains=notebook.trains(read.cells, trains_by),
        key=wanted.key,
        bound=role == "student",
    )
    _require_taken(here, upload, wanted.at)
    here.adapters.blobs.put_notebook(read.sha256, data)
    here.meters.upload_bytes.observe(len(data))
    return _enter(here, upload, wanted.at)


def _card(here: Service, caller: Identity, wanted: _Wanted) -> tuple[Role, tuple[str, ...]]:
    """What the caller is in the course, and by which calls notebooks of the assignment train."""
    with here.adapters.ledger.read() as session:
        role = member(session, caller, wanted.course)
        card = publish.card(session, wanted.assignment)
    if card is None:
        raise ProblemError(
            404,
            "unknown_assignment",
            "There is no such assignment",
            "`GET /api/courses/{course}/assignments` lists them",
        )
    return role, card.trains_by


def _require_taken(here: Service, upload: intake.Upload, now: datetime) -> None:
    """What is refused is not kept: a student without attempts must not fill the disk."""
    with _refused(), here.adapters.ledger.read() as session:
        intake.require_taken(session, upload, now)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        status = _REFUSED.get(error.code, 403)
        raise ProblemError(status, error.code, "The submission is not taken", str(error)) from None


def _enter(here: Service, upload: intake.Upload, now: datetime) -> tuple[Status, bool]:
    with _refused(), here.adapters.ledger.write() as session:
        accepted = intake.accept(session, upload, now)
        seen = views.submission(session, accepted.id)
        assert seen is not None
    if not accepted.replayed:
        here.announcer.announce([Unsent(accepted.id, accepted.lane)])
        _log.info("accepted", submission=accepted.id, lane=accepted.lane, size=upload.size)
    with here.adapters.ledger.read() as session:
        return Status.of(seen, here.places.of(session, seen.row)), accepted.replayed
