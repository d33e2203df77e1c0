"""Errors as clients read them: RFC 9457 problem details, each with a stable code."""

from collections.abc import Mapping

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from grader.domain.base import Frozen, example
from grader.errors import LedgerError, StoreError
from grader.logs import where
from grader.reports.text import line
from grader.service.browsers import HEADERS

MEDIA = "application/problem+json"
RETRY_SECONDS = 5
"""When to come again where something of ours is gone for a moment."""
_log = structlog.get_logger()
_KNOWN = {
    400: ("bad_request", "The request cannot be read"),
    404: ("not_found", "There is nothing here"),
    405: ("method_not_allowed", "This is not done here"),
    406: ("not_acceptable", "There is no such form"),
}


class ProblemDetails(Frozen):
    """The body of every error."""

    model_config = example(
        type="urn:notebook-grader:problem:too_large",
        title="The upload is too large",
        status=413,
        detail="found more than 20000000 bytes: clear the outputs and save again",
        code="too_large",
    )

    type: str
    """``urn:notebook-grader:problem:`` and the code."""
    title: str
    status: int
    """The HTTP status once more."""
    detail: str
    """What was found and what to do, for a person."""
    code: str
    """For programs; never changes its meaning."""


class ProblemError(Exception):
    """An answer that is no success. Raised in any endpoint.

    Attributes:
        status: HTTP status.
        code: stable, for programs.
        title: the kind of problem, the same for the same code.
        detail: what was found and what to do.
        headers: sent along, such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})


def unavailable(code: str, detail: str) -> ProblemError:
    """Something of ours is gone for now."""
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return ProblemError(503, code, "The service cannot do this now", detail, headers)


def answer(problem: ProblemError) -> JSONResponse:
    """The response that tells a problem."""
    details = ProblemDetails(
        type=f"urn:notebook-grader:problem:{problem.code}",
        title=problem.title,
        status=problem.status,
        detail=line(problem.detail, 2_000),
        code=problem.code,
    )
    # That of an error of ours is made outside of what sets the headers of all others.
    headers = {**HEADERS, **problem.headers}
    return JSONResponse(details.model_dump(), problem.status, headers=headers, media_type=MEDIA)


def install(app: FastAPI) -> None:
    """Tell every error of the app as problem details."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(LedgerError, _ledger)
    app.add_exception_handler(StoreError, _store)
    app.add_exception_handler(Exception, _unexpected)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return answer(error)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code, title = _KNOWN.get(error.status_code, ("refused", "The request was refused"))
    return answer(ProblemError(error.status_code, code, title, str(error.detail), error.headers))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Every wrong field, without what was sent in it: that may be a secret in the wrong place."""
    assert isinstance(error, RequestValidationError)
    wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return answer(
        ProblemError(422, "invalid_request", "The request is not as it should be", "; ".join(wrong))
    )


async def _ledger(_: Request, error: Exception) -> JSONResponse:
    _log.error("ledger_unavailable", error=str(error))
    return answer(unavailable("database_unavailable", "the database is gone; try again soon"))


async def _store(_: Request, error: Exception) -> JSONResponse:
    _log.error("files_unavailable", error=str(error))
    return answer(unavailable("files_unavailable", "the file store is gone; try again soon"))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # by its pattern: an address may hold anything, and one with a broken host cannot be asked for
    endpoint = getattr(request.scope.get("route"), "path", "none")
    _log.error("unexpected_error", endpoint=endpoint, error=where(error))
    detail = "an error of ours, which is in the service's log; try again, or tell the staff"
    return answer(ProblemError(500, "internal_error", "Something of ours broke", detail))
