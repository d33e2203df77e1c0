"""How a run ended, from lines that keepers of real runs wrote."""

import pytest

from grader.sandbox.fault import Exited, Lost, Unstarted
from grader.sandbox.warm.fault import death, namespaces


@pytest.mark.parametrize(("code", "killed"), [(0, False), (1, False), (127, False), (137, True)])
def test_a_guest_that_ended_ended_by_itself(code: int, *, killed: bool) -> None:
    assert death(b'{"exit-code": %d}' % code) == Exited(killed=killed)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("PermissionError: [Errno 1] unshare: Operation not permitted", "no_user_namespaces"),
        (
            "RuntimeError: OSError: [Errno 28] unshare: No space left on device",
            "no_user_namespaces",
        ),
        ("RuntimeError: PermissionError: [Errno 1] mount proc on proc: x", "no_proc"),
        ("FileNotFoundError: [Errno 2] open_tree /tmp/job: No such file", "source_missing"),
        ("ProcessLookupError: the warm parent is gone", "orphaned"),
        ("RuntimeError: the first process died early", "warm_fork"),
    ],
)
def test_a_run_that_never_began_is_ours_and_says_why(said: str, code: str) -> None:
    found = death(b'{"failed": "%s"}' % said.encode())
    assert isinstance(found, Unstarted)
    assert found.error.code == code
    assert said in str(found.error)


@pytest.mark.parametrize("status", [b"", b'{"killed": true}', b'{"exit-co', b'{"failed": "x'])
def test_a_run_whose_end_nobody_ordered_is_lost(status: bytes) -> None:
    found = death(status)
    assert isinstance(found, Lost)
    assert found.error.code == "killed_from_outside"


def test_namespaces_are_told_before_the_end_and_stay_known_without_one() -> None:
    begun = b'{"namespaces": [7, 8]}\n'
    assert namespaces(begun) == namespaces(begun + b'{"exit-code": 0}') == {7, 8}
    assert death(begun + b'{"exit-code": 0}') == Exited()
    assert isinstance(death(begun), Lost)
    assert namespaces(b'{"failed": "unshare"}') == frozenset()
