"""Writes the folder that a sandbox mounts at ``/job``."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from grader.domain.job import JobSpec

GUEST = Path(__file__).parent / "guest"


def write_job(
    folder: Path, spec: JobSpec, arrays: Mapping[str, NDArray[np.generic]], files: Path | None
) -> None:
    """Fill `folder`: job.json, inputs.safetensors, guest/, files/; readable by every user.

    Expected values never come here: `spec` and `arrays` are all that the student may see.
    """
    (folder / "job.json").write_text(spec.model_dump_json())
    safetensors.numpy.save_file(
        {name: np.asarray(array, order="C") for name, array in arrays.items()},
        folder / "inputs.safetensors",
    )
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", ".ipynb_checkpoints")
    shutil.copytree(GUEST, folder / "guest", ignore=ignore)
    if files is None:
        (folder / "files").mkdir()
    else:
        shutil.copytree(files, folder / "files", ignore=ignore)
    _readable(folder)


def _readable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
