"""What notebooks legitimately do works behind the wall."""

import sys
import venv
from pathlib import Path

import numpy as np
import pytest
from sandbox_jobs import MIB, Runner

from grader.sandbox.bubblewrap import BubblewrapSandbox, Interpreter

pytestmark = pytest.mark.usefixtures("needs_bubblewrap")

TRAINING = """
    import json, torch
    from torch.utils.data import DataLoader, TensorDataset
    torch.manual_seed(0)
    x = torch.randn(256, 8)
    data = TensorDataset(x, (x.sum(1) > 0).long())
    model = torch.nn.Linear(8, 2)
    opt = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = []
    for epoch in range(3):
        for inputs, labels in DataLoader(data, batch_size=64, num_workers=2):
            opt.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()
            opt.step()
        losses.append(loss.item())
    print(json.dumps({"losses": losses, "threads": torch.get_num_threads()}), flush=True)
"""


def test_a_training_with_loader_workers_runs(run: Runner) -> None:
    ran = run(TRAINING, memory_bytes=4096 * MIB, processes=256, tmp_bytes=256 * MIB)
    assert ran.end.stderr == ""
    assert ran.report["losses"][0] > ran.report["losses"][-1]
    assert ran.report["threads"] == 1


def test_a_shell_on_a_pseudo_terminal_runs_as_for_an_exclamation_mark(run: Runner) -> None:
    script = """
        import json, os, pty
        child, terminal = pty.fork()
        if child == 0:
            os.execv("/bin/sh", ["/bin/sh", "-c", "echo a | awk '{print $1}' | sort; tty"])
        said = b""
        try:
            while chunk := os.read(terminal, 1000):
                said += chunk
        except OSError:
            pass
        print(json.dumps([os.waitpid(child, 0)[1], said.decode()]))
    """
    status, said = run(script).report
    assert status == 0
    assert said.split() == ["a", "/dev/pts/0"]


def test_data_are_read_but_not_written(run: Runner, tmp_path: Path) -> None:
    images = np.arange(4 * 28 * 28, dtype=np.uint8)
    data = tmp_path / "data"
    raw = data / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "images").write_bytes(images.tobytes())
    (raw / "images").chmod(0o666)  # so that only the mount protects it
    script = """
        import json, numpy
        images = numpy.fromfile("/data/MNIST/raw/images", dtype="uint8")
        try:
            open("/data/MNIST/raw/images", "r+b")
        except OSError as error:
            print(json.dumps([int(images.sum()), error.errno]))
    """
    assert run(script, data=data).report == [int(images.sum()), 30]  # read-only file system
    assert np.array_equal(np.fromfile(raw / "images", dtype=np.uint8), images)


def test_the_interpreter_is_the_environment_s_and_its_scripts_start(run: Runner) -> None:
    script = """
        import json, subprocess, sys
        said = subprocess.run(["jupyter", "--version"], capture_output=True, text=True)
        print(json.dumps([sys.prefix, sys.executable, said.returncode]))
    """
    prefix, executable, code = run(script, memory_bytes=1024 * MIB).report
    assert prefix == sys.prefix
    assert executable == f"{sys.prefix}/bin/python"
    assert code == 0


def test_an_environment_below_a_closed_folder_works_and_hides_our_packages(
    tmp_path: Path,
) -> None:
    """A clone made in ``mktemp -d``, installed without ``-e``: our packages lie in it."""
    prefix = tmp_path / "closed" / "clone" / ".venv"
    venv.create(prefix, symlinks=True)
    site = next(prefix.glob("lib/python3*/site-packages"))
    for name in ("grader", "reference", "numpy_like"):
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("answer = 42\n")
    (tmp_path / "closed").chmod(0o700)
    here = BubblewrapSandbox.here(tmp_path / "runtime")
    sandbox = BubblewrapSandbox(
        Interpreter(prefix, Path(sys.base_prefix)),
        tmp_path / "runtime",
        bwrap=here.bwrap,
        groups=here.groups,
    )
    ran = Runner(sandbox, tmp_path)("""
        import importlib, json, sys
        found = {"prefix": sys.prefix}
        for name in ("grader", "reference", "numpy_like"):
            try:
                found[name] = importlib.import_module(name).answer
            except ModuleNotFoundError:
                found[name] = None
        print(json.dumps(found))
    """)
    expected = {"prefix": str(prefix), "grader": None, "reference": None, "numpy_like": 42}
    assert ran.report == expected


def test_sockets_of_the_loopback_and_of_zeromq_work(run: Runner) -> None:
    script = """
        import json, zmq
        context = zmq.Context()
        server, client = context.socket(zmq.REP), context.socket(zmq.REQ)
        port = server.bind_to_random_port("tcp://127.0.0.1")
        client.connect(f"tcp://127.0.0.1:{port}")
        client.send(b"ping")
        said = server.recv().decode()
        print(json.dumps(said), flush=True)
        context.destroy(linger=0)
    """
    assert run(script).report == "ping"


def test_bytes_pass_unchanged_and_come_while_the_guest_runs(run: Runner) -> None:
    chunks: list[bytes] = []
    script = """
        import os, time
        for n in range(4):
            os.write(1, bytes(range(256)))
            time.sleep(0.1)
    """
    run(script, chunks.append)
    assert b"".join(chunks) == bytes(range(256)) * 4
    assert len(chunks) > 1
