"""`grader grade`, `batch` and `regrade` as their users run them, with every option at once."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from integration_support import notebook
from test_broken_runs import CONVOLUTION, MODEL

GRADER = str(Path(sys.executable).with_name("grader"))
THREADS = "import os, torch\nprint(os.environ['OMP_NUM_THREADS'], torch.get_num_threads())"
PROGRESS = """
import time
for epoch in range(1, 4):
    for it in range(1, 6):
        print(f'\\rEp {epoch}/3, it {it}/5: loss Tr: 0.{it}0, acc Tr: 0.50', end='')
        time.sleep(0.2)
"""

pytestmark = pytest.mark.usefixtures("needs_bubblewrap", "mnist")


def grader(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [GRADER, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_every_option_of_grade_does_what_it_says(tmp_path: Path) -> None:
    student, kept, made = tmp_path / "a.ipynb", tmp_path / "kept", tmp_path / "made"
    student.write_bytes(notebook([MODEL, THREADS, "print('x' * 100_000)", CONVOLUTION]))
    files = {name: made / f"report.{name}" for name in ("json", "html", "markdown", "junit")}
    done = grader(
        *("grade", student, "--assignment", "cnn", "--sandbox", "bubblewrap"),
        *("--limits", "cell_output_bytes=4KiB,threads=1", "--evidence", kept, "--fail-under", "20"),
        *(part for name, path in files.items() for part in (f"--{name}", path)),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for path in files.values():
        assert path.stat().st_size > 500
        assert f"Report: {path}" in done.stdout
    assert files["html"].read_text().startswith("<!DOCTYPE html>")

    report = json.loads(files["json"].read_text())
    assert (report["status"], report["possible"]) == ("graded", 100)
    assert 20 <= report["earned"] < 22  # an untrained model may guess a little better than chance
    assert f"{report['earned']:g}/100" in done.stdout.replace(" ", "")
    assert (report["run"]["threads"], report["run"]["sandbox"]) == (1, "bubblewrap")
    assert report["run"]["limits"]["cell_output_bytes"] == 4096
    assert [cell["status"] for cell in report["run"]["cells"]] == ["ok"] * 4
    (hit,) = report["run"]["limits_hit"]
    assert (hit["code"], hit["cell"]) == ("output", 2)
    assert "Cell 2 printed more than" in files["html"].read_text()

    again = grader("regrade", kept, "--json", "-")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == report


def test_a_terminal_sees_cells_epochs_and_points_before_the_table(tmp_path: Path) -> None:
    student = tmp_path / "a.ipynb"
    student.write_bytes(
        notebook([CONVOLUTION.replace("\ndef", "import numpy as np\ndef", 1), PROGRESS])
    )
    shown, said = _on_a_terminal("grade", student, "--json", "-")
    report = json.loads(said)  # nothing but JSON, whatever the terminal saw
    assert report["earned"] == 10
    assert "epoch 2/3, batch" in shown
    assert "cell 2/2 (index 1)" in shown
    assert "10/10" in shown[: shown.index("epoch 3/3")]


def test_a_class_on_a_terminal_has_a_bar_that_counts_and_tells_the_time_left(
    tmp_path: Path,
) -> None:
    (tmp_path / "class").mkdir()
    for name in ("a", "b"):
        (tmp_path / "class" / f"{name}.ipynb").write_bytes(notebook(["1 + 1"]))
    shown, _ = _on_a_terminal("batch", tmp_path / "class", "--out", tmp_path / "out")
    assert shown.index("0/2") < shown.index("2/2")
    assert "ETA" in shown


def test_a_class_gives_each_of_two_sandboxes_its_share_of_the_threads(tmp_path: Path) -> None:
    cpus = len(os.sched_getaffinity(0))
    (tmp_path / "class").mkdir()
    for name in ("a", "b"):
        source = f"{THREADS}\nassert torch.get_num_threads() == {max(1, cpus // 2)}"
        (tmp_path / "class" / f"{name}.ipynb").write_bytes(notebook([source]))
    (tmp_path / "class" / "broken.ipynb").write_bytes(b"{")
    out = tmp_path / "out"
    done = grader("batch", tmp_path / "class", "--out", out, "--workers", "2")
    assert done.returncode == 0, done.stderr
    (told,) = done.stderr.splitlines()  # and no bar where there is no terminal
    assert told.startswith("error: broken")
    assert "3 notebooks: 2 graded" in done.stdout
    for name in ("a", "b"):
        run = json.loads((out / name / "report.json").read_text())["run"]
        assert run["threads"] == max(1, cpus // 2)
        assert [cell["status"] for cell in run["cells"]] == ["ok"]
        assert (out / name / "report.html").is_file()
    rows = (out / "grades.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["a", "b", "broken"]
    assert "truncated" in rows[3]


def _on_a_terminal(*words: object) -> tuple[str, str]:
    """What a terminal saw as standard error, and standard output."""
    outer, inner = pty.openpty()
    with subprocess.Popen(
        [GRADER, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=inner,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "60"},
    ) as running:
        os.close(inner)
        shown = _all(outer)
        assert running.stdout is not None
        said = running.stdout.read().decode()
    assert running.returncode == 0, shown
    return shown, said


def _all(descriptor: int) -> str:
    parts = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # the other end was closed
            break
        if not part:
            break
        parts.append(part)
    os.close(descriptor)
    return b"".join(parts).decode(errors="replace")
