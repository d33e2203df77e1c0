"""What the service logs: JSON with ids bound, and never a token or a notebook's text."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from structlog.types import EventDict

from grader import logs

TEXT = "print('what a student wrote')"


def test_no_token_and_no_notebook_reaches_a_log(tmp_path: Path) -> None:
    here = Path(__file__).parent
    path = os.pathsep.join(map(str, (here, here.parents[1], here.parents[2])))
    done = subprocess.run(
        [sys.executable, here / "failing_grader.py", tmp_path, TEXT],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    failed = [line for line in lines if line["event"] == "failed"]
    assert [line["reason"] for line in failed] == ["check_broke", "guest_failed", "unexpected"]
    assert all(len(line["submission"]) == 32 for line in failed)
    assert "RuntimeError at" in failed[2]["details"]
    assert "what a student wrote" not in done.stderr
    assert "hunter2" not in done.stderr
    assert lines[-1]["exception"].startswith("ValueError at failing_grader.py")


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({"token": "t"}, {"token": "[hidden]"}),
        ({"a": {"api_password": "p", "n": 1}}, {"a": {"api_password": "[hidden]", "n": 1}}),
        ({"urls": ["redis://me:pw@h"]}, {"urls": ["redis://me:[hidden]@h"]}),
        ({"heads": ({"Authorization": "x"}, 1)}, {"heads": [{"Authorization": "[hidden]"}, 1]}),
        ({"x": {"_token": "t"}}, {"x": {"_token": "[hidden]"}}),
        ({"_record": 7}, {"_record": 7}),
        ({"url": "redis://me:pw@h:1/0"}, {"url": "redis://me:[hidden]@h:1/0"}),
        ({"event": "x" * 5000}, {"event": "x" * 2000 + "…"}),
        (
            {"event": "x" * 1980 + " redis://me:" + "p" * 50 + "@h"},
            {"event": "x" * 1980 + " redis://me:[hidden]"[:20] + "…"},
        ),
        ({"submission": "ab"}, {"submission": "ab"}),
    ],
)
def test_secrets_are_replaced_by_their_names(given: EventDict, written: dict[str, Any]) -> None:
    assert logs.hide(None, "info", given) == written


def test_an_exception_is_told_by_its_type_and_place() -> None:
    try:
        logging.getLevelName(int("a student's text"))
    except ValueError as error:
        told = logs.where(error)
    assert told.startswith("ValueError at test_logs.py:")
    assert "student" not in told
