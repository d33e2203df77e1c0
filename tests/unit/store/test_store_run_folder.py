from pathlib import Path

import numpy as np
import pytest

from grader.domain.check import Questions
from grader.domain.evidence import (
    Answered,
    Evidence,
    Found,
    Unanswered,
    VariablesAnswer,
    VariableSeen,
)
from grader.domain.hidden import Hidden
from grader.domain.limits import Limits
from grader.domain.probe import Call, CallFunction
from grader.domain.run import CellRun, Environment, SandboxFacts, Stopped
from grader.errors import StoreError
from grader.store import (
    MEMO,
    RUN,
    FileMemo,
    StoredRun,
    digests,
    load,
    require_usable,
    save,
    still_valid,
)


def a_run() -> StoredRun:
    answer = VariablesAnswer(
        probe="v",
        cell=1,
        found=Found(asked="a", used="a"),
        variables=(VariableSeen(name="a", key="a"),),
    )
    evidence = Evidence(
        environment=Environment(python="3.11", threads=2),
        cells=(CellRun(index=1, status="ok", output="\r\x1b lone"),),
        answers=(
            Answered(answer, {"a": np.array([[1.0, np.nan]]), "b": np.array(7)}),
            Answered(answer),
        ),
        stopped=Stopped(reason="finished"),
        facts=SandboxFacts(sandbox="fake", seconds=1.5, peak_memory_bytes=7),
    )
    return StoredRun(
        notebook=b"{}",
        name="ex.ipynb",
        assignment="cnn",
        assignment_version="1",
        sha256="ab",
        hidden=Hidden(seed="00" * 32),
        limits=Limits(),
        asked={"v": "00"},
        evidence=evidence,
    )


def test_a_run_is_read_as_it_was_stored(tmp_path: Path) -> None:
    run = a_run()
    save(tmp_path / "run", run)
    again = load(tmp_path / "run")
    assert again.model_copy(update={"evidence": None}) == run.model_copy(update={"evidence": None})
    first, second = again.evidence.answers
    assert first.answer == run.evidence.answers[0].answer
    np.testing.assert_array_equal(first.tensors["a"], [[1.0, np.nan]])
    assert first.tensors["b"].shape == ()
    assert not second.tensors
    assert again.evidence.facts == run.evidence.facts
    assert again.evidence.cells == run.evidence.cells


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    save(tmp_path / "run", a_run())
    save(tmp_path / "run", a_run().model_copy(update={"name": "second.ipynb"}))
    assert load(tmp_path / "run").name == "second.ipynb"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_folder_with_other_things_in_it_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(StoreError, match="holds no stored run"):
        save(tmp_path, a_run())
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_an_unusable_folder_is_refused_before_anything_runs(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for folder in (tmp_path, file, file / "below"):
        with pytest.raises(StoreError, match=str(folder)):
            require_usable(folder)
    require_usable(tmp_path / "new" / "run")
    save(tmp_path / "run", a_run())
    require_usable(tmp_path / "run")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "new", "run"]


def test_a_run_that_names_a_file_as_its_assignment_is_refused(tmp_path: Path) -> None:
    """A regrade loads the assignment that stands there: a path would run that file."""
    save(tmp_path / "run", a_run())
    text = (tmp_path / "run" / RUN).read_text()
    (tmp_path / "run" / RUN).write_text(text.replace('"cnn"', '"/tmp/evil.py"'))
    with pytest.raises(StoreError, match="assignment"):
        load(tmp_path / "run")


def asked(fill: float = 1.0, name: str = "f", dtype: str = "<f8") -> Questions:
    call = CallFunction(id="f", name=name, calls=(Call(args=("x",)),))
    return Questions((call,), {"x": np.full(3, fill, dtype), "other": np.ones(2)})


def test_a_digest_follows_the_probe_and_its_arrays() -> None:
    first = digests(asked())
    assert digests(asked()) == first
    for changed in (asked(fill=2.0), asked(name="g"), asked(dtype="<f4")):
        assert digests(changed)["f"] != first["f"]
    reshaped = asked()
    reshaped = Questions(reshaped.probes, {"x": np.ones((3, 1)), "other": np.zeros(2)})
    assert digests(reshaped) != first
    elsewhere = Questions(asked().probes, {"x": np.ones(3), "other": np.zeros(2)})
    assert digests(elsewhere) == first


def test_answers_to_a_changed_or_a_new_question_are_dropped() -> None:
    run = a_run()
    same = still_valid(run.evidence, {"v": "1"}, {"v": "1"})
    assert (same.evidence.answers, same.changed) == (run.evidence.answers, frozenset())
    for then in ({"v": "2"}, {}):
        other = still_valid(run.evidence, then, {"v": "1"})
        assert other.changed == {"v"}
        (only,) = other.evidence.answers
        assert isinstance(only.answer, Unanswered)
        assert only.answer.reason == "asked_differently"


@pytest.mark.parametrize("break_it", ["run", "arrays", "empty"])
def test_a_broken_folder_is_named(tmp_path: Path, break_it: str) -> None:
    folder = tmp_path / "run"
    save(folder, a_run())
    if break_it == "run":
        (folder / RUN).write_text('{"schema_version": 2}')
    elif break_it == "arrays":
        (folder / "answers" / "0000.safetensors").write_bytes(b"cut")
    else:
        (folder / RUN).unlink()
    with pytest.raises(StoreError, match=str(folder)):
        load(folder)


def test_a_memo_outlives_its_process_and_a_broken_one_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / MEMO
    FileMemo(path).put("k", {"accuracy": 0.5})
    assert FileMemo(path).get("k") == {"accuracy": 0.5}
    path.write_text("{")
    assert FileMemo(path).get("k") is None
