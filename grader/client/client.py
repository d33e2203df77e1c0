"""Asks a service over HTTP, again and again where it is gone for a moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from httpx_sse import SSEError, connect_sse
from pydantic import BaseModel, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay
from tenacity.wait import wait_exponential, wait_random

from grader.client.account import Account
from grader.client.interface import Offered, Problem, Standing, Told
from grader.domain.card import Card
from grader.domain.report import ScoreReport
from grader.errors import ServiceError, SubmissionError

PATIENCE_SECONDS = 60.0
"""How long a service that is gone is asked again."""
ANSWER_SECONDS = 30.0
"""How long one answer may take."""
SILENT_SECONDS = 45.0
"""A stream of events tells that it lives more often than that."""
MAX_WAIT_SECONDS = 30.0
"""Between two attempts, whatever the service asks for."""
_AGAIN = {429, 500, 502, 503, 504}
"""Answers after which the same request may do better."""
_UNREADABLE = 422
"""The notebook is none; or, under one code, the request is not as the service wants it."""

Read = TypeVar("Read", bound=BaseModel)


class _NotNowError(ServiceError):
    """The service is gone for a moment, or wants to be left alone for one."""

    def __init__(self, code: str, message: str, wait: float = 0) -> None:
        super().__init__(code, message)
        self.wait = wait


class NoStreamError(ServiceError):
    """Events cannot be had as a stream, now or through this proxy."""


class Client:
    """Speaks for one account. Close it, or use it as a context."""

    def __init__(self, account: Account, patience: float = PATIENCE_SECONDS) -> None:
        """Connect to nothing yet.

        Args:
            account: where to ask, and as whom.
            patience: seconds for which what fails for a moment is tried again.
        """
        self._url = account.url
        self._patience = patience
        self._http = httpx.Client(
            base_url=account.url,
            headers={"Authorization": f"Bearer {account.token.get_secret_value()}"},
            timeout=ANSWER_SECONDS,
            trust_env=not _is_here(account.url),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def hand_in(self, course: str, assignment: str, name: str, data: bytes, key: str) -> Standing:
        """Hand a notebook in; sent again under the same key it stays one submission.

        Raises:
            SubmissionError: the service cannot read the notebook.
            ServiceError: it was refused, or the service cannot be reached.
        """
        files = {"notebook": (name, data, "application/x-ipynb+json")}
        fields = {"course": course, "assignment": assignment}
        headers = {"Idempotency-Key": key}
        return self._asked(
            Standing,
            lambda: self._http.post("/api/submissions", data=fields, files=files, headers=headers),
        )

    def standing(self, submission: str) -> Standing:
        """How it stands. Raises ServiceError."""
        return self._asked(Standing, lambda: self._http.get(_path(submission)))

    def card(self, course: str, assignment: str) -> Card:
        """What the assignment asks. Raises ServiceError."""
        path = f"/api/courses/{quote(course, safe='')}/assignments/{quote(assignment, safe='')}"
        return self._asked(Offered, lambda: self._http.get(path)).card

    def report(self, submission: str) -> ScoreReport:
        """Its report. Raises ServiceError."""
        path = f"{_path(submission)}/report.json"
        return self._asked(ScoreReport, lambda: self._http.get(path))

    def events(self, submission: str, last: str) -> Iterator[Told]:
        """What happens to it, until the stream ends, for whatever reason.

        Args:
            submission: its id.
            last: id of the last event that is known; empty: from the first on.

        Raises:
            NoStreamError: there is no stream, for now.
        """
        headers = {"Last-Event-ID": last} if last else {}
        timeout = httpx.Timeout(ANSWER_SECONDS, read=SILENT_SECONDS)
        path = f"{_path(submission)}/events"
        try:
            with connect_sse(self._http, "GET", path, headers=headers, timeout=timeout) as source:
                for event in source.iter_sse():
                    if event.data:
                        yield Told(kind=event.event, data=event.json(), id=event.id)
        except (httpx.HTTPError, SSEError, ValueError, RecursionError) as error:
            raise NoStreamError("no_stream", f"{self._url}: {error}") from error

    def _asked(self, into: type[Read], ask: Callable[[], httpx.Response]) -> Read:
        response = self._again(ask)
        try:
            return into.model_validate_json(response.content)
        except ValidationError as error:
            raise ServiceError(
                "not_understood",
                f"{self._url} answered something that is no {into.__name__}: is it a grader's? "
                f"{error}",
            ) from error

    def _again(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """The first answer that is a success. Raises ServiceError for any other that is final."""
        for attempt in Retrying(
            retry=retry_if_exception_type(_NotNowError),
            stop=stop_after_delay(self._patience),
            wait=_wait,
            reraise=True,
        ):
            with attempt, self._named():
                return _success(ask())
        raise AssertionError("tenacity ends with a value or an exception")

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except httpx.InvalidURL as error:
            raise ServiceError("bad_url", f"{self._url}: {error}, expected http://...") from error
        except httpx.UnsupportedProtocol as error:
            raise ServiceError("bad_url", f"{self._url}: {error}") from error
        except httpx.DecodingError as error:
            raise ServiceError("not_understood", f"{self._url}: {error}") from error
        except httpx.TransportError as error:
            raise _NotNowError(
                "unreachable", f"no service answers at {self._url}: {error or type(error).__name__}"
            ) from error


def _path(submission: str) -> str:
    return f"/api/submissions/{quote(submission, safe='')}"


def _success(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:  # a proxy's page, not the service's own words
        problem = Problem(title=response.reason_phrase, status=response.status_code)
    message = ": ".join(part for part in (problem.title, problem.detail) if part)
    if response.status_code == _UNREADABLE and problem.code != "invalid_request":
        raise SubmissionError(problem.code, message)
    if response.status_code in _AGAIN:
        raise _NotNowError(problem.code, message, _seconds(response.headers.get("Retry-After", "")))
    raise ServiceError(problem.code, message, response.status_code)


def _is_here(url: str) -> bool:
    """Whether it is this machine, which no proxy of the environment reaches."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0


_backoff = wait_exponential(multiplier=0.2, max=MAX_WAIT_SECONDS) + wait_random(0, 0.2)


def _wait(state: RetryCallState) -> float:
    """What the service asks for, else longer and longer."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.wait if isinstance(error, _NotNowError) else 0
    return min(max(asked, _backoff(state)), MAX_WAIT_SECONDS)
