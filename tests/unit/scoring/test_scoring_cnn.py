"""The assignment of Exercise 09 is what it should be."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from grader.checks.answers import FreeText
from grader.domain.hidden import Hidden
from grader.domain.question import Question
from grader.scoring import questions, written
from reference.cnn.assignment import assignment
from reference.cnn.convolution import convolve_1d
from reference.cnn.inputs import convolutions, filtered_logos, threshold
from reference.cnn.misconceptions_convolution import IN_CONVOLUTION

POINTS = {
    "fc": 10, "fc_count": 3, "criterion": 3, "optimizer": 4, "train_model": 12, "fc_accuracy": 8,
    "lenet": 8, "lenet_count": 3, "lenet_accuracy": 8, "cnn": 8, "cnn_accuracy": 8,
    "cnn_findings": 3, "conv1d": 10, "conv1d_by_hand": 2, "conv1d_meaning": 2, "gaussian": 2,
    "threshold": 4, "sobel": 2,
}  # fmt: skip
IN_THE_COURSES_WORDS = {
    "fc_count": "**Q:** How many learnable parameters (weights) does this model have?",
    "lenet_count": "**Q:** What is the number of trainable parameters in our LeNet model?",
    "cnn_findings": "used by every layer. Comment on your findings.",
    "conv1d_by_hand": "**Q:** Calculate the output of the convolution operation by hand (you can",
    "conv1d_meaning": "caused by the padding). What is this filter doing?",
    "gaussian": r"What happens as we increase the  $\sigma$ value of the Gaussian?",
    "sobel": "**Q**: What effects do you observe now?",
}


def test_points_are_those_of_the_design() -> None:
    assert {problem.id: problem.points for problem in assignment.problems} == POINTS
    pending = [p.points for p in assignment.problems if isinstance(p.checks[0], FreeText)]
    assert (sum(POINTS.values()), sum(pending)) == (100, 11)


def found(question: Question, text: str) -> bool:
    folded = " ".join(text.split())
    return any(re.search(anchor, folded, re.IGNORECASE) for anchor in question.anchors)


@pytest.mark.parametrize("question", written(assignment), ids=lambda q: q.id)
def test_a_question_is_found_in_the_courses_words_and_no_other_is(question: Question) -> None:
    assert [key for key, text in IN_THE_COURSES_WORDS.items() if found(question, text)] == [
        question.id
    ]


@pytest.mark.parametrize("question", written(assignment), ids=lambda q: q.id)
def test_a_question_stands_once_in_the_release(question: Question) -> None:
    assert assignment.release is not None
    cells = json.loads(Path(assignment.release).read_text())["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert sum(found(question, text) for text in texts) == 1


def test_all_that_is_asked_fits_into_two_megabytes() -> None:
    asked = questions(assignment, Hidden(seed="00"))
    assert len(asked.probes) == 8
    assert sum(array.nbytes for array in asked.arrays.values()) < 2 * 1024**2


@pytest.mark.parametrize("seed", range(5))
def test_the_reference_convolution_is_numpys_and_no_misconceptions(seed: int) -> None:
    groups = convolutions(np.random.default_rng(seed))
    pairs = [call for group in groups for call in group.calls]
    for x, h in pairs:
        assert len(h) <= len(x)
        np.testing.assert_allclose(convolve_1d(x, h), np.convolve(x, h, "same"), atol=1e-12)
    for mistake in IN_CONVOLUTION:
        results = [(mistake.build(x, h), convolve_1d(x, h)) for x, h in pairs]
        assert any(a is None or a.shape != b.shape or not np.allclose(a, b) for a, b in results)


def test_the_logos_decide_most_thresholds() -> None:
    assert len(filtered_logos()) == 2
    for result in filtered_logos():
        decided = threshold(result)
        assert {0.0, 1.0} <= set(np.unique(decided[~np.isnan(decided)]))
