"""The client against a service that means it ill, or against whoever sits at its address."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from served_answers import Answer, Serve, said, stream

from grader.cli import submit
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
