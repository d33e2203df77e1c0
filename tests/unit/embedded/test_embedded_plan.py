"""What `grader serve` starts with: its locks, its port, its programs, its client's account."""

import getpass
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from service_stubs import ASSIGNMENT

from grader import scoring
from grader.client.account import Account, keep, kept
from grader.domain.card import Card
from grader.domain.service import Lane
from grader.embedded import first, left, plan
from grader.embedded.alone import alone
from grader.embedded.serve import Running, running
from grader.errors import ServeError
from grader.ledger import Ledger, access, migrate, publish, workers
from grader.ledger.workers import Sign
from grader.settings import Settings

HOLD = """
import sys
from pathlib import Path
from grader.embedded.alone import alone
with alone(Path(sys.argv[1]), Path(sys.argv[2]), print):
    print("held", flush=True)
    sys.stdin.read()
"""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
WISH = plan.Wish("127.0.0.1", 8000, 2, ("fast", "cpu"))


def test_a_second_one_on_the_same_state_is_told_who_runs(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD,
            str(tmp_path / "state"),
            str(tmp_path / "run"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with (
        pytest.raises(ServeError, match=rf"process {holder.pid}\).*GRADER_STATE_DIR"),
        alone(tmp_path / "state", tmp_path / "other", print),
    ):
        pytest.fail("two at once")
    with (
        pytest.raises(ServeError, match=rf"process {holder.pid}\).*GRADER_RUNTIME_DIR"),
        alone(tmp_path / "other", tmp_path / "run", print),
    ):
        pytest.fail("two on one socket")
    holder.kill()
    holder.communicate()
    with alone(tmp_path / "state", tmp_path / "run", pytest.fail) as mark:
        assert mark == left.mark(tmp_path / "state")


def test_the_state_is_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    with alone(tmp_path / "state", tmp_path / "run", pytest.fail):
        assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"127.0.0.1 port {port} cannot .* --port"):
            plan.free_port("127.0.0.1", port)
    assert plan.free_port("127.0.0.1", port) == port
    assert plan.free_port("127.0.0.1", 0) > 0


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("grader.local", "http://grader.local:8000"),
    ],
)
def test_this_machine_reaches_an_api_that_listens_everywhere(host: str, url: str) -> None:
    assert plan.Wish(host, 8000, 1, ("fast",)).url == url


@pytest.mark.usefixtures("redis_server")
def test_the_api_ends_first_and_redis_last(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, runtime_dir=tmp_path / "run")
    ledger = Ledger(f"sqlite:///{tmp_path / 'grader.db'}")
    stages = plan.stages(settings, WISH, ledger, "mark")
    assert [p.name for stage in stages for p in stage] == ["redis", "upkeep", "worker", "api"]
    assert [len(stage) for stage in stages] == [1, 3]
    assert all(p.environment[left.MARK] == "mark" for stage in stages for p in stage)
    [worker] = [p for p in stages[1] if p.name == "worker"]
    assert worker.command[-4:] == ("--lanes", "fast,cpu", "--slots", "2")


@pytest.mark.parametrize(
    ("lanes", "expected"),
    [
        (("fast", "cpu", "gpu", "regrade"), [("fast,cpu,regrade", "3"), ("gpu", "0")]),
        (("gpu",), [("gpu", "3")]),
    ],
)
def test_what_waits_for_a_gpu_takes_no_slot_of_the_others(
    tmp_path: Path, lanes: tuple[Lane, ...], expected: list[tuple[str, str]]
) -> None:
    settings = Settings(state_dir=tmp_path, broker_url=SecretStr("redis://elsewhere"))
    ledger = Ledger(f"sqlite:///{tmp_path / 'grader.db'}")
    [stage] = plan.stages(settings, plan.Wish("127.0.0.1", 8000, 3, lanes), ledger, "mark")
    workers = [program.command for program in stage if "worker" in program.command]
    assert [(words[-3], words[-1]) for words in workers] == expected


def test_a_worker_is_ready_once_one_of_its_name_reports(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, broker_url=SecretStr("redis://elsewhere"))
    ledger = Ledger(f"sqlite:///{tmp_path / 'grader.db'}")
    migrate.upgrade(ledger)
    wish = plan.Wish("127.0.0.1", 8000, 0, ("fast", "gpu"))
    [[_, worker, gpu, _]] = plan.stages(settings, wish, ledger, "mark")
    assert (worker.ready(), gpu.ready()) == (False, False)
    with ledger.write() as session:
        sign = Sign("worker-1@here", ("fast",), 2, "ok")
        workers.report(session, sign, datetime.now(UTC) + timedelta(seconds=1))
    assert (worker.ready(), gpu.ready()) == (True, False)
    ledger.close()


def test_a_redis_of_the_settings_is_not_started(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, broker_url=SecretStr("redis://elsewhere"))
    stages = plan.stages(settings, WISH, Ledger(f"sqlite:///{tmp_path / 'grader.db'}"), "mark")
    assert [p.name for stage in stages for p in stage] == ["upkeep", "worker", "api"]


def test_an_account_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    assert kept(tmp_path) is None
    for token in ("first", "second"):
        keep(tmp_path, Account(url="http://127.0.0.1:1", token=SecretStr(token)))
    file = tmp_path / "client.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = kept(tmp_path)
    assert found is not None
    assert (found.url, found.token.get_secret_value()) == ("http://127.0.0.1:1", "second")
    assert "second" not in repr(found)


def test_an_account_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "client.json").write_text('{"url": "http://')
    assert kept(tmp_path) is None


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(f"sqlite:///{tmp_path / 'grader.db'}")) as made:
        migrate.upgrade(made)
        yield made


def token_of(state: Path) -> str:
    account = kept(state)
    assert account is not None
    return account.token.get_secret_value()


def test_the_first_start_makes_its_user_staff_of_a_course(ledger: Ledger, tmp_path: Path) -> None:
    first.prepare(ledger, tmp_path, "http://127.0.0.1:1", NOW)
    with ledger.read() as session:
        identity = access.identify(session, token_of(tmp_path), NOW)
        assert identity is not None
        assert identity.person_id == first.person_id(getpass.getuser())
        assert access.role_in(session, identity, "local") == "staff"


def test_a_second_start_keeps_the_token_and_tells_the_new_port(
    ledger: Ledger, tmp_path: Path
) -> None:
    first.prepare(ledger, tmp_path, "http://127.0.0.1:1", NOW)
    token = token_of(tmp_path)
    first.prepare(ledger, tmp_path, "http://127.0.0.1:2", NOW)
    assert token_of(tmp_path) == token
    assert '"url": "http://127.0.0.1:2"' in (tmp_path / "client.json").read_text()


def test_a_token_that_was_revoked_is_replaced(ledger: Ledger, tmp_path: Path) -> None:
    first.prepare(ledger, tmp_path, "http://127.0.0.1:1", NOW)
    token = token_of(tmp_path)
    with ledger.write() as session:
        access.revoke(session, token.split("_")[1], NOW)
    first.prepare(ledger, tmp_path, "http://127.0.0.1:1", NOW)
    assert token_of(tmp_path) != token


def published(ledger: Ledger, state: Path, *datasets: str) -> Running:
    card = Card.of(scoring.load(str(ASSIGNMENT))).model_copy(update={"datasets": datasets})
    with ledger.write() as session:
        publish.publish(session, [card], NOW)
    settings = Settings(state_dir=state, data_dir=state / "data")
    return running(settings, WISH, "bubblewrap", ledger)


def test_a_data_set_that_is_missing_is_told_before_anyone_hands_in(
    ledger: Ledger, tmp_path: Path
) -> None:
    found = published(ledger, tmp_path, "mnist")
    assert found.assignments == ["averages"]
    [lacking] = found.lacking
    assert lacking.startswith("averages cannot be graded yet")
    assert "grader data fetch mnist" in lacking


def test_an_assignment_without_data_lacks_nothing(ledger: Ledger, tmp_path: Path) -> None:
    assert published(ledger, tmp_path).lacking == []


@pytest.mark.parametrize(
    ("login", "known"),
    [("ada", "ada"), ("DOMAIN\\ada b", "DOMAIN-ada-b"), ("-x", "x"), ("é", "me")],
)
def test_a_login_name_becomes_an_id(login: str, known: str) -> None:
    assert first.person_id(login) == known
