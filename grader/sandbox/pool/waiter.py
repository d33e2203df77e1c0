"""What a waiting sandbox runs: imports the libraries, then is the guest of the job that comes.

    python -I -B /job/guest

Written into the waiting job's ``guest/__main__.py``, with MODULES beside it. The job appears as
``/job/ready``, whole, by a rename. It imports nothing that begins a thread: the kernel is forked.
"""

import importlib
import os
import runpy
import sys
import time
from contextlib import suppress
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_JOB = _HERE.parent / "ready"
_PAUSE = 0.005
_THREADS = "OPENBLAS_NUM_THREADS"


def _import() -> None:
    threads = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"  # else NumPy begins threads, which a fork would lose
    for name in (_HERE / "MODULES").read_text(encoding="utf-8").split():
        with suppress(ImportError):
            importlib.import_module(name)
    if threads is not None:
        os.environ[_THREADS] = threads


if __name__ == "__main__":
    _import()
    while not _JOB.exists():
        time.sleep(_PAUSE)
    sys.path.remove(str(_HERE))
    sys.argv = [str(_JOB / "guest"), str(_JOB)]
    runpy.run_path(sys.argv[0], run_name="__main__")
