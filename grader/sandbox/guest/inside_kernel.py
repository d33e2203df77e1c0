"""Puts us into ipykernel: silent requests reach us, and no cell can leave without a reply."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from inside_errors import safe_str
from inside_output import Tap, keep_no_copies, publish_nothing_rich
from inside_values import kind
from shared_text import long, short

_decode = json.JSONDecoder().decode
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=safe_str).encode
_encode_any = json.JSONEncoder(ensure_ascii=True, default=safe_str).encode
_PREFIX = '{"ask": '

Handle = Callable[[Mapping[str, Any]], None]
Execute = Callable[..., Awaitable[Mapping[str, Any]]]


def listen(shell: Any, handle: Handle, tap: Tap) -> None:
    """Hear silent requests, bound what cells print, and keep the sockets' JSON out of reach."""
    kernel = shell.kernel
    kernel.session.pack = _pack
    kernel.session.unpack = _unpack
    publish_nothing_rich(shell)
    keep_no_copies(shell)
    shown = Shown(shell)
    shell._showtraceback = shown  # noqa: SLF001 - ipykernel's own hook
    execute: Execute = kernel.do_execute

    async def do_execute(code: str, silent: bool, *args: Any, **options: Any) -> Mapping[str, Any]:
        if silent and code.startswith(_PREFIX):
            return _answered(handle, code)
        tap.next_cell()
        reply = await _executed(execute, code, silent, *args, **options)
        tap.release()
        return _bounded({**reply, **shown.named(reply)})

    kernel.do_execute = do_execute


def _answered(handle: Handle, code: str) -> Mapping[str, Any]:
    reply = {"status": "ok", "execution_count": 0, "user_expressions": {}, "payload": []}
    try:
        handle(_decode(code))
    except BaseException as error:  # the guest must hear of it, whatever it is
        return {**reply, **_failed(error)}
    return reply


async def _executed(execute: Execute, *args: Any, **options: Any) -> Mapping[str, Any]:
    """Run a cell; an exception that cannot be shown would else leave it without a reply."""
    try:
        return await execute(*args, **options)
    except (asyncio.CancelledError, GeneratorExit):
        raise
    except BaseException as error:
        return {**_failed(error), "execution_count": 0, "user_expressions": {}, "payload": []}


def _failed(error: BaseException) -> Mapping[str, Any]:
    return {
        "status": "error",
        "ename": short(kind(error)),
        "evalue": long(safe_str(error)),
        "traceback": [],
    }


def _bounded(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    if reply.get("status") != "error":
        return reply
    return {
        **reply,
        "ename": short(safe_str(reply.get("ename", ""))),
        "evalue": long(safe_str(reply.get("evalue", ""))),
        "traceback": [long("\n".join(map(safe_str, reply.get("traceback") or [])))],
    }


class Shown:
    """Keeps tracebacks for the reply; nobody listens to them on the other socket."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._displaying: BaseException | None = None

    def __call__(self, _: type, error: BaseException, lines: list[str]) -> None:
        """Take the place of ipykernel's ``_showtraceback``."""
        if getattr(self._shell.displayhook, "msg", None) is not None:
            self._shell._last_traceback_during_displayhook = True  # noqa: SLF001 - as ipykernel does
            self._displaying = error
        self._shell._last_traceback = lines  # noqa: SLF001 - as ipykernel does

    def named(self, reply: Mapping[str, Any]) -> Mapping[str, Any]:
        """Name of an error in a `__repr__`, which ipykernel's reply calls ``NoneType``."""
        error, self._displaying = self._displaying, None
        if error is None or reply.get("status") != "error":
            return {}
        return {"ename": kind(error), "evalue": safe_str(error)}


def _pack(message: object) -> bytes:
    try:
        return _encode(message).encode("utf-8", "replace")
    except (TypeError, ValueError):
        return _encode_any(message).encode("ascii", "replace")


def _unpack(data: bytes | str) -> Any:
    return _decode(data.decode("utf-8", "replace") if type(data) is bytes else str(data))
