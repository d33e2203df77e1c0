"""The guest: our only code inside the sandbox, beside the student's.

    python -I -B /job/guest [JOB] [DATA]

It reads ``JOB/job.json`` (by default ``/job``), runs the cells in a fresh kernel in the working
directory, answers the probes, and writes records to its standard output; see
`grader.domain.job`. The modules named ``guest_*`` run here, those named ``inside_*`` in the
kernel, ``shared_*`` on both sides.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import guest_fork
from guest_ask import Asker
from guest_frames import Frames
from guest_kernel import Kernel
from guest_mailbox import Mailbox
from guest_run import Run
from guest_workspace import describe, furnish, kernel_environment

_HERE = Path(__file__).resolve().parent


async def _main(kept: guest_fork.Kept | None, job_folder: Path, data: Path) -> None:
    job = json.loads((job_folder / "job.json").read_text(encoding="utf-8"))
    limits = job["limits"]
    frames = Frames.take_stdout(limits["evidence_bytes"])
    furnish(job_folder / "files", data)
    private = Path(tempfile.mkdtemp(prefix="guest-", dir="/tmp"))
    answers = private / "answers"
    answers.mkdir()
    kernel = Kernel(kept)
    try:
        await kernel.open(private, kernel_environment(private, limits["threads"]))
        config = {
            "guest": str(_HERE),
            "job": str(job_folder),
            "data": str(data),
            "answers": str(answers),
        }
        await kernel.load(_HERE / "inside_load.py", config)
        frames.send({"type": "hello", "environment": describe(limits["threads"])})
        asker = Asker(
            kernel, Mailbox(answers, limits["answer_bytes"]), frames, limits["probe_seconds"]
        )
        await Run(limits, kernel, frames, asker).cells(job["cells"])
    finally:
        kernel.kill()
        shutil.rmtree(private, ignore_errors=True)


if __name__ == "__main__":
    folders = [Path(argument) for argument in sys.argv[1:]]
    asyncio.run(
        _main(guest_fork.keep(), *(folders + [Path("/job"), Path("/data")][len(folders) :]))
    )
    os._exit(0)  # taking the interpreter down costs time, and everything is written
