"""Wrong answers to the questions for numbers of parameters."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import flaw
from reference.cnn.variants.solution_text import FC_ANSWER, LENET_ANSWER


def _line(problem: str, name: str, misconception: str | None, old: str, new: str) -> Variant:
    return flaw(problem, name, misconception, {old: new})


COUNTS = (
    _line("fc_count", "no_biases", "no_biases", FC_ANSWER, "**A:** 566,528"),
    _line("fc_count", "other_model", "other_model", FC_ANSWER, "**A:** 106154"),
    _line("fc_count", "rounded", "rounded", FC_ANSWER, "**A:** about 0.57 million"),
    _line(
        "fc_count",
        "formula_only",
        "formula_only",
        FC_ANSWER,
        "**A:** 785*512 + 513*256 + 257*128 + 129*10",
    ),
    _line("fc_count", "one_layer", "one_layer", FC_ANSWER, "**A:** 785 * 512 = 401,920"),
    _line("fc_count", "another", None, FC_ANSWER, "**A:** 567,433"),
    _line("lenet_count", "no_biases", "no_biases", LENET_ANSWER, "**A:** 105918"),
    _line("lenet_count", "classic", "classic_lenet", LENET_ANSWER, "**A:** $61{,}706$"),
    _line("lenet_count", "no_padding", "no_padding", LENET_ANSWER, "**A:** 60,074 in all"),
    _line("lenet_count", "one_layer", "one_layer", LENET_ANSWER, "**A:** 94200"),
    _line("lenet_count", "rounded", "rounded", LENET_ANSWER, "**A:** roughly 106k"),
    _line("lenet_count", "other_model", "other_model", LENET_ANSWER, "**A:** 567 434"),
    _line("lenet_count", "left_empty", None, LENET_ANSWER, "**A:** *your answer*"),
)
