"""A report names the GPU that a run had, as it was measured from outside."""

import pytest
from reports_examples import full_marks

from grader import reports
from grader.domain.gpu import GpuFacts
from grader.domain.report import ScoreReport

GIB = 1024**3


def on(gpu: GpuFacts | None) -> ScoreReport:
    report = full_marks()
    return report.model_copy(update={"run": report.run.model_copy(update={"gpu": gpu})})


@pytest.mark.parametrize("form", ["html", "markdown"])
@pytest.mark.parametrize(
    ("share", "peak", "said"),
    [
        (1, 2 * GIB, "NVIDIA A16: peak 2.0 GiB of 16.0 GiB"),
        (0.25, None, "NVIDIA A16: memory not measured of 16.0 GiB, a share of 25%"),
    ],
)
def test_the_device_its_memory_and_its_share_are_told(
    form: str, share: float, peak: int | None, said: str
) -> None:
    gpu = GpuFacts(
        uuid="GPU-1", name="NVIDIA A16", memory_bytes=16 * GIB, share=share, peak_memory_bytes=peak
    )
    shown = " ".join(reports.render(on(gpu), form).replace("\\", "").split())
    assert said in shown


def test_a_run_on_the_cpu_tells_of_no_gpu() -> None:
    assert "A16" not in reports.render(on(None), "html")
