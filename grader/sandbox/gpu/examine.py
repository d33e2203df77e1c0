"""What `grader doctor` says of a machine's GPUs."""

from grader.sandbox.gpu.device import MIB, Gpu
from grader.sandbox.gpu.driver import DriverError
from grader.sandbox.gpu.health import Busy
from grader.sandbox.gpu.leases import Gpus
from grader.sandbox.interface import Finding


def examine(gpus: Gpus, *, test: bool) -> tuple[Finding, ...]:
    """One finding for each GPU; never raises.

    Args:
        gpus: those of this machine.
        test: run the self-test on each now, which brings one that passes back into service.
    """
    try:
        found = gpus.driver.gpus()
    except DriverError as error:
        return (_finding(ok=False, found=str(error), fix="check the driver: nvidia-smi"),)
    if not found:
        return (_finding(ok=False, found="none", fix="not needed: the CPU grades everything"),)
    return tuple(_device(gpus, gpu, test=test) for gpu in found)


def _device(gpus: Gpus, gpu: Gpu, *, test: bool) -> Finding:
    about = f"{gpu.name}, {gpu.memory_bytes // MIB} MiB, {gpu.uuid}"
    if gpu.mig:
        return _finding(
            ok=False,
            found=f"{about}: split into MIG instances, which are not handed out",
            fix="turn MIG off: nvidia-smi -mig 0",
        )
    try:
        broken = _tested(gpus, gpu) if test else gpus.health.known(gpu)
    except Busy as busy:
        return _finding(ok=False, found=f"{about}: {busy}", fix="try again when it is free")
    if broken is not None:
        return _finding(
            ok=False,
            found=f"{about}: out of service: {broken}",
            fix="check it with nvidia-smi, then grader doctor --test-gpus",
        )
    return _finding(ok=True, found=f"{about}{': passed the self-test' * test}")


def _tested(gpus: Gpus, gpu: Gpu) -> str | None:
    """The self-test's word, beside no run: one that fills the device would make it fail."""
    with gpus.share(gpu) as free:
        if not free:
            raise Busy("could not be tested, runs use it")
        return gpus.health.again(gpu)


def _finding(*, ok: bool, found: str, fix: str = "") -> Finding:
    return Finding(name="NVIDIA GPU", ok=ok, found=found, fix=fix, required=False)
