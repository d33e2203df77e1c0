"""A class whose grading is interrupted goes on where it stopped, and leaves nothing running."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from integration_support import notebook

GRADER = str(Path(sys.executable).with_name("grader"))
QUICK = ["x = 1"]
ENDLESS = ["import time\ntime.sleep(600)"]


def batch(folder: Path) -> list[str]:
    return [GRADER, "batch", str(folder / "class"), "--out", str(folder / "out"), "--workers", "1"]


def sandboxes_of(pid: int) -> list[int]:
    """Processes below a process, by /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            found.append(int(stat.parent.name))
    return found


def wait_for(what: str, done: object, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.1)


def test_an_interrupted_class_goes_on_where_it_stopped(
    needs_bubblewrap: None, mnist: Path, tmp_path: Path
) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a.ipynb").write_bytes(notebook(QUICK))
    (tmp_path / "class" / "b.ipynb").write_bytes(notebook(ENDLESS))
    (tmp_path / "class" / "c.ipynb").write_bytes(notebook(QUICK))
    out = tmp_path / "out"
    running = subprocess.Popen(
        batch(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for("the first report", (out / "a" / "report.json").is_file)
    wait_for("the second sandbox", lambda: sandboxes_of(running.pid))
    children = sandboxes_of(running.pid)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130, told
    assert "the same command resumes" in told
    assert "Traceback" not in told
    wait_for("the end of the sandboxes", lambda: not any(map(_alive, children)))
    assert "a" in (out / "grades.csv").read_text()

    first = (out / "a" / "report.json").stat().st_mtime_ns
    (tmp_path / "class" / "b.ipynb").write_bytes(notebook(QUICK))
    done = subprocess.run(batch(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "3 graded (1 of them before)" in done.stdout
    assert (out / "a" / "report.json").stat().st_mtime_ns == first
    assert json.loads((out / "c" / "report.json").read_text())["status"] == "graded"

    assert "Training loop\n    3 of 3 had nothing of that name\n" in done.stdout
    assert "c,train_model,training,missing,had nothing of that name,12," in (
        out / "mistakes.csv"
    ).read_text(encoding="utf-8")
    counted = json.loads((out / "class.json").read_text())["mistakes"]
    assert {"a", "b", "c"} in [set(m["submissions"]) for m in counted if m["code"] == "missing"]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
