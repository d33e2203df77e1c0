"""The self-test of the one visible GPU: a program of its own, since CUDA must not enter the grader.

Prints one line of JSON: ``{"broken": null}``, or in words what the device did, and whether that was
only that others held its memory: ``{"broken": "...", "busy": true}``.
"""

import json
import sys
from types import ModuleType
from typing import Any

MIB = 1024**2
PATTERN_BYTES = 256 * MIB
SIDE = 512


def main() -> None:
    """Test and say."""
    busy = False
    try:
        broken = _test()
    except Exception as error:  # noqa: BLE001 - whatever it is, the device did not do its work
        broken = f"{type(error).__name__}: {error}".splitlines()[0]
        busy = "out of memory" in broken  # of the allocator, or already of the context
    sys.stdout.write(json.dumps({"broken": broken, "busy": busy}) + "\n")


def _test() -> str | None:
    import torch

    if not torch.cuda.is_available():
        return "CUDA does not see it"
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return _memory(torch) or _arithmetic(torch) or _convolution(torch)


def _memory(torch: ModuleType) -> str | None:
    """A pattern written to memory is read back as it was."""
    pattern = torch.arange(PATTERN_BYTES // 4, dtype=torch.int32)
    there = pattern.to("cuda")
    wrong = int((there.cpu() != pattern).sum())
    return f"{wrong} of {pattern.numel()} words came back changed" if wrong else None


def _arithmetic(torch: ModuleType) -> str | None:
    """Products of small whole numbers are exact in any order of summation."""
    numbers = torch.arange(SIDE * SIDE, dtype=torch.float32).reshape(SIDE, SIDE) % 7
    there = numbers.to("cuda")
    same = torch.equal((there @ there.T).cpu(), numbers @ numbers.T)
    return None if same else "a matrix product differs from the CPU's"


def _convolution(torch: ModuleType) -> str | None:
    """The same for cuDNN, with a backward pass."""
    images = (torch.arange(8 * 28 * 28, dtype=torch.float32) % 5).reshape(8, 1, 28, 28)
    kernel = (torch.arange(4 * 9, dtype=torch.float32) % 3).reshape(4, 1, 3, 3)

    def run(device: str) -> tuple[Any, Any]:
        weight = kernel.to(device).requires_grad_()
        result = torch.nn.functional.conv2d(images.to(device), weight)
        result.sum().backward()
        return result.detach().cpu(), weight.grad.cpu()

    pairs = zip(run("cuda"), run("cpu"), strict=True)
    same = all(torch.equal(one, other) for one, other in pairs)
    return None if same else "a convolution differs from the CPU's"


if __name__ == "__main__":
    main()
