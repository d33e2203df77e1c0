"""A notebook that fills every folder it can write to: answers are small, or told to be lost."""

from integration_support import Grade, problem
from test_broken_runs import CONVOLUTION, MODEL

FILL = """
import os
for place in ('/tmp', '/dev/shm', os.path.expanduser('~')):
    with open(f'{place}/big', 'wb', buffering=0) as file:
        for size in (1024**2, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
"""
EMPTY = """
for place in ('/tmp', '/dev/shm', os.path.expanduser('~')):
    os.remove(f'{place}/big')
"""
LARGE = "model_lenet = nn.Linear(784, 1800)"


def test_small_answers_still_find_room_and_larger_ones_say_that_they_did_not(
    grade: Grade,
) -> None:
    graded = grade([MODEL, FILL, CONVOLUTION, LARGE], tmp_bytes=32 * 1024**2)
    assert graded.report.run.stopped == "finished"
    assert problem(graded, "fc").earned == 10
    assert problem(graded, "conv1d").earned == 10
    shape = problem(graded, "lenet").checks[0]
    assert (shape.status, shape.reason) == ("not_graded", "too_large")
    assert any("disk is full" in str(detail) for detail in shape.details)


def test_once_there_is_room_again_answers_of_any_size_come_through(grade: Grade) -> None:
    cells = [FILL, "import numpy as np", CONVOLUTION, EMPTY, MODEL]
    graded = grade(cells, tmp_bytes=32 * 1024**2)
    assert problem(graded, "conv1d").earned == 10
    assert problem(graded, "fc").earned == 10
