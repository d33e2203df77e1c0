"""Reads an upload from the network to disk, no further than it may be."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from grader.service.adapters import Bounds
from grader.service.problems import ProblemError

FIELD_BYTES = 1_000
"""Of each field beside the notebook."""
AROUND_BYTES = 20_000
"""What a form may hold beside the notebook: its fields and its boundaries."""


@dataclass(frozen=True)
class Form:
    """An upload that was read.

    Attributes:
        notebook: lies on disk where it is large.
        name: as it was sent; clean it.
    """

    course: str
    assignment: str
    notebook: UploadFile
    name: str


@asynccontextmanager
async def received(request: Request, bounds: Bounds) -> AsyncIterator[Form]:
    """The form; its file is gone after the block.

    Raises:
        ProblemError: 400 where it is no such form, 408 where it takes too long, 413 as soon as it
            is too large, 415 where it is another kind of body.
    """
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        raise ProblemError(
            415,
            "not_multipart",
            "The body has another form",
            "expected multipart/form-data with `notebook`, `course` and `assignment`",
        )
    _require_utf8(request.headers["Content-Type"])
    stream = _capped(request, bounds.upload_bytes + AROUND_BYTES)
    parser = MultiPartParser(
        request.headers, stream, max_files=1, max_fields=4, max_part_size=FIELD_BYTES
    )
    try:
        async with asyncio.timeout(bounds.upload_seconds):
            form = await parser.parse()
    except TimeoutError:
        raise ProblemError(
            408,
            "too_slow",
            "The upload takes too long",
            f"it was not complete after {bounds.upload_seconds:g} s",
        ) from None
    except MultiPartException as error:
        raise _broken(error.message) from None
    except ClientDisconnect:
        raise _broken("the connection ended in the middle") from None
    finally:
        await stream.aclose()
    try:
        yield _form(form, bounds)
    finally:
        await form.close()


def _require_utf8(kind: str) -> None:
    """Nothing where the form's texts are in UTF-8: the parser knows every codec that Python has."""
    charset = parse_options_header(kind)[1].get(b"charset", b"utf-8")
    if charset.lower() not in (b"utf-8", b"utf8"):
        raise _broken(f"its charset is {charset.decode('latin-1')}, expected utf-8")


def _form(form: FormData, bounds: Bounds) -> Form:
    notebook = form.get("notebook")
    wrong = [name for name in ("course", "assignment") if not isinstance(form.get(name), str)]
    if not isinstance(notebook, UploadFile):
        wrong.insert(0, "notebook (a file)")
    if wrong or not isinstance(notebook, UploadFile):
        raise _broken(f"it lacks {', '.join(wrong)}")
    if (notebook.size or 0) > bounds.upload_bytes:
        raise _too_large(bounds.upload_bytes)
    return Form(str(form["course"]), str(form["assignment"]), notebook, notebook.filename or "")


async def _capped(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """The body, up to so many bytes; what its header says is believed only where it is too much."""
    said = request.headers.get("Content-Length", "")
    if said.isdecimal() and int(said[:20]) > most:
        raise _too_large(most - AROUND_BYTES)
    left = most
    async for chunk in request.stream():
        left -= len(chunk)
        if left < 0:
            raise _too_large(most - AROUND_BYTES)
        yield chunk


def _too_large(most: int) -> ProblemError:
    return ProblemError(
        413,
        "too_large",
        "The notebook is too large",
        f"at most {most:,} bytes are taken: clear its saved outputs, they are not looked at",
        {"Connection": "close"},
    )


def _broken(what: str) -> ProblemError:
    return ProblemError(400, "broken_upload", "The upload cannot be read", what)
