import json
import re
from pathlib import Path

import pytest
from gpu_examples import FIRST, Results

from grader.sandbox.gpu.health import Busy, Health, read, self_test


def test_a_device_is_tested_once_for_all_graders_of_a_machine(tmp_path: Path) -> None:
    tester = Results()
    for _ in range(3):
        assert Health(tmp_path, tester).verdict(FIRST) is None
    assert tester.asked == 1


def test_a_device_that_failed_stays_out_of_service_until_it_passes(tmp_path: Path) -> None:
    tester = Results(GPU_1111="wrong sums")
    health = Health(tmp_path, tester)
    assert health.verdict(FIRST) == "wrong sums"
    tester.broken = {}
    assert health.verdict(FIRST) == "wrong sums"
    assert health.known(FIRST) == "wrong sums"
    assert health.again(FIRST) is None
    assert health.verdict(FIRST) is None


def test_a_condemned_device_is_out_of_service_though_it_passed(tmp_path: Path) -> None:
    health = Health(tmp_path, Results())
    assert health.verdict(FIRST) is None
    health.condemn(FIRST, "memory was not given back")
    assert health.verdict(FIRST) == "memory was not given back"


@pytest.mark.parametrize("content", ["", "{", '{"broken": 3}', "[]"])
def test_a_damaged_note_means_a_test(tmp_path: Path, content: str) -> None:
    (tmp_path / f"{FIRST.uuid}.json").write_text(content)
    tester = Results()
    assert Health(tmp_path, tester).verdict(FIRST) is None
    assert tester.asked == 1


@pytest.mark.parametrize("change", [{"boot": "another"}, {"at": 0}, {"at": 1e12}])
def test_what_was_known_before_a_reboot_or_long_ago_is_asked_anew(
    tmp_path: Path, change: dict[str, object]
) -> None:
    tester = Results()
    health = Health(tmp_path, tester)
    health.verdict(FIRST)
    note = tmp_path / f"{FIRST.uuid}.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | change))
    health.verdict(FIRST)
    assert tester.asked == 2


@pytest.mark.parametrize(
    ("status", "said", "errors", "reason"),
    [
        (0, b'{"broken": null}\n', b"a warning", None),
        (0, b'noise\n{"broken": "3 of 64 words came back changed"}\n', b"", "3 of 64 words"),
        (-11, b"", b"x\nSegmentation fault", "ended by signal 11: Segmentation fault"),
        (1, b"", b"ModuleNotFoundError: No module named 'torch'", "status 1.: ModuleNotFound"),
        (0, b"[1]", b"", "said nothing"),
        (0, b'{"broken": 1}', b"", "said nothing"),
    ],
)
def test_every_end_of_the_self_test_has_its_words(
    status: int, said: bytes, errors: bytes, reason: str | None
) -> None:
    found = read(status, said, errors)
    if reason is None:
        assert found is None
    else:
        assert found is not None
        assert re.search(reason, found)


def test_a_self_test_that_found_no_memory_says_nothing_of_the_device(tmp_path: Path) -> None:
    said = b'{"broken": "OutOfMemoryError: CUDA out of memory.", "busy": true}'
    with pytest.raises(Busy, match="others use it: OutOfMemoryError"):
        read(0, said, b"")
    health = Health(tmp_path, Results(busy="others use it"))
    health.condemn(FIRST, "wrong sums")
    with pytest.raises(Busy):
        health.again(FIRST)
    assert health.known(FIRST) == "wrong sums"


def test_the_self_test_says_that_a_device_that_is_not_there_does_not_work() -> None:
    assert self_test(FIRST) == "CUDA does not see it"
