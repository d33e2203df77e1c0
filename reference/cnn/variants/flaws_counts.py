"""Wrong answers to the questions for numbers of parameters."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import flaw
from reference.cnn.variants.solution_text import FC_ANSWER, LENET_ANSWER


def _line(problem: str, name: str, misconception: str | None, old: str, new: str) -> Variant:
    return flaw(problem, name, misconception, {old: new})


COUNTS = (
    _line("fc_count", "no_biases", "no_biases", FC_ANSWER, "**A:** 566,528"),
    _line("fc_count", "other_model", "other_model", FC_ANSWER, "**A:** 106154"),
    _line("fc_count", "rounded", None, FC_ANSWER, "**A:** about 0.57 million"),
    _line(
        "fc_count", "formula_only", None, FC_ANSWER, "**A:** 785*512 + 513*256 + 257*128 + 129*10"
    ),
    _line("lenet_count", "no_biases", "no_biases", LENET_ANSWER, "**A:** 105918"),
    _line("lenet_count", "classic", "classic_lenet", LENET_ANSWER, "**A:** $61{,}706$"),
    _line("lenet_count", "other_model", "other_model", LENET_ANSWER, "**A:** 567 434"),
    _line("lenet_count", "left_empty", None, LENET_ANSWER, "**A:** *your answer*"),
)
