import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from api_house import House, until


@pytest.fixture
def served(house: House) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`grader api` over the school's database; its address and its process."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    variables = {
        "GRADER_DATABASE_URL": str(house.ledger.engine.url),
        "GRADER_FILES_URL": f"file://{house.folder / 'files'}",
        "GRADER_BROKER_URL": "redis://127.0.0.1:1/0",
        "GRADER_STATE_DIR": str(house.folder),
        "GRADER_RUNTIME_DIR": str(house.folder),
    }
    with (house.folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "grader.cli", "api", "--port", str(port)],
            env={**os.environ, **variables},
            stderr=log,
        )

    def answers() -> bool:
        assert process.poll() is None, (house.folder / "api.log").read_text()
        with suppress(httpx.TransportError):
            return httpx.get(f"{address}/healthz").is_success
        return False

    until(answers, 60)
    yield address, process
    if process.poll() is None:
        process.kill()
    process.wait()


def log_of(folder: Path) -> str:
    return (folder / "api.log").read_text()


def test_grader_api_works_without_a_broker_logs_json_and_ends_though_somebody_watches(
    house: House, served: tuple[str, subprocess.Popen[bytes]]
) -> None:
    address, process = served
    answer = httpx.post(
        f"{address}/api/submissions",
        headers=house.headers("ada"),
        files={"notebook": ("a.ipynb", (Path("reference/cnn/release.ipynb")).read_bytes())},
        data={"course": "dl", "assignment": "cnn"},
        timeout=30,
    )
    assert answer.status_code == 202, answer.text
    assert "server" not in answer.headers
    until(lambda: "broker_unavailable" in log_of(house.folder), 30)
    path = f"{address}{answer.headers['location']}/events"
    with httpx.stream("GET", path, headers=house.headers("ada"), timeout=30) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: status"
        process.send_signal(signal.SIGTERM)
        assert "event: end" not in list(lines)
    process.wait(timeout=30)
    assert process.returncode in (0, -signal.SIGTERM)
    logged = [json.loads(line) for line in log_of(house.folder).splitlines()]
    (asked,) = [line for line in logged if line.get("endpoint") == "/api/submissions"]
    assert (asked["status"], asked["method"]) == (202, "POST")
    assert asked["caller"] == house.tokens["ada"].split("_")[1]
    assert house.tokens["ada"] not in log_of(house.folder)
