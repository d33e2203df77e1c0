"""The client against a service that means it ill, or against whoever sits at its address."""

import json
import os
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr
from served_answers import Answer, Serve, said, stream

from grader.cli import submit
from grader.cli.remote import account
from grader.client import require_ours
from grader.client.account import Account, keep, kept
from grader.client.client import NoStreamError
from grader.errors import ServiceError

NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "code", "id": "a", "metadata": {}, "source": "x", "outputs": []}
            | {"execution_count": None}
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)


@pytest.mark.parametrize(
    "name", ["\x1b]0;owned\x07\x1b[2J", "[/red]", "[link=http://evil]a[/link]", "a\r\n::error::b"]
)
def test_what_a_service_calls_a_submission_acts_on_no_terminal(
    serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    service, _ = serve(said(202, {"id": name, "state": f"queued{name}"}))
    notebook = tmp_path / "a.ipynb"
    notebook.write_text(NOTEBOOK)
    submit.command(notebook=notebook, url=f"http://127.0.0.1:{service.port}", token="t")
    shown = capsys.readouterr().out
    assert shown.startswith("Submission ")
    assert shown.endswith(".\n")
    assert shown.removesuffix("\n").replace("\N{WORD JOINER}", "").isprintable()
    assert "::error::" not in shown
    if "\x1b" not in name and "\r" not in name:
        assert name in shown


def test_a_token_goes_to_no_other_address_than_the_one_that_was_given(serve: Serve) -> None:
    thief, _ = serve(said(200, {}))
    target = f"http://127.0.0.1:{thief.port}/api/submissions/1"
    service, client = serve(Answer(307, b"", headers={"Location": target}))
    with client, pytest.raises(ServiceError):
        client.standing("1")
    assert len(service.asked) == 1
    assert thief.asked == []


@pytest.mark.parametrize("submission", ["../../evil", "1/../../x", "//evil", "1?a=b#c"])
def test_an_id_leaves_no_other_path_than_that_of_submissions(serve: Serve, submission: str) -> None:
    service, client = serve(said(404, {}))
    with client, pytest.raises(ServiceError):
        client.report(submission)
    assert all(path.startswith("/api/submissions/") for path in service.paths)
    assert all(path.endswith("/report.json") for path in service.paths)


def test_an_event_that_is_nested_without_end_is_no_stream(serve: Serve) -> None:
    deep = stream(("1", "cell", {}))
    deep.body = b"data: " + b"[" * 200_000 + b"\n\n"
    _, client = serve(deep)
    with client, pytest.raises(NoStreamError):
        list(client.events("1", ""))


def test_an_answer_that_cannot_be_unpacked_is_told(serve: Serve) -> None:
    _, client = serve(Answer(200, b"no gzip", headers={"Content-Encoding": "gzip"}))
    with client, pytest.raises(ServiceError) as raised:
        client.standing("1")
    assert raised.value.code == "not_understood"


def test_the_file_with_the_token_is_for_its_user_alone_even_where_one_lay_there(
    tmp_path: Path,
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "client.json").write_text("{}")
    (tmp_path / "client.json").chmod(0o644)
    (tmp_path / "client.json.new").symlink_to(elsewhere)
    keep(tmp_path, Account(url="http://127.0.0.1:1", token=SecretStr("secret")))
    assert (tmp_path / "client.json").stat().st_mode & 0o777 == 0o600
    assert not elsewhere.exists()
    found = kept(tmp_path)
    assert found is not None
    assert "secret" not in repr(found)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_kept_token_goes_to_no_other_user_who_listens_at_the_port(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    service, _ = serve(said(200, {}))
    monkeypatch.setenv("GRADER_STATE_DIR", str(tmp_path))
    mine = Account(url=f"http://{host}:{service.port}", token=SecretStr("secret"))
    keep(tmp_path, mine)
    assert account(None, None) == mine
    us = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: us + 1)
    with pytest.raises(ServiceError, match=f"found a program of user {us}") as raised:
        account(None, None)
    assert raised.value.code == "not_ours"
    assert account(mine.url, "a token of its own").url == mine.url


@pytest.mark.parametrize("host", ["::1", "::", "127.0.0.1", "0.0.0.0"])
def test_whoever_listens_is_known_by_every_way_to_listen(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if family == socket.AF_INET6 and not socket.has_dualstack_ipv6():
        pytest.skip("there is no IPv6")
    with socket.create_server((host, 0), family=family) as listens:
        port = listens.getsockname()[1]
        reached = f"http://[::1]:{port}" if ":" in host else f"http://127.0.0.1:{port}"
        require_ours(reached)
        require_ours(f"http://192.0.2.1:{port + 1}")
        us = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: us + 1)
        with pytest.raises(ServiceError):
            require_ours(reached)
    require_ours(reached)
