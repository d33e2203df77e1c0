from pathlib import Path

import numpy as np
import pytest

from grader.domain.evidence import (
    Answered,
    CellRun,
    Environment,
    Evidence,
    Found,
    SandboxFacts,
    Stopped,
    VariablesAnswer,
    VariableSeen,
)
from grader.domain.hidden import Hidden
from grader.domain.limits import Limits
from grader.errors import StoreError
from grader.store import MEMO, RUN, FileMemo, StoredRun, load, save


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
