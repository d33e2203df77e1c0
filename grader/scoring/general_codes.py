"""Codes that any check may give: it is not a known mistake, or there is nothing to judge."""

from grader.domain.codes import DIFFERS, Code


def _anywhere(code: str, brief: str, sentence: str) -> Code:
    return Code(id=code, brief=brief, sentences=(sentence,))


GENERAL = (
    _anywhere("passed", "had it right", "The answer is what was asked for."),
    _anywhere("pending", "gave an answer that a person grades", "A person will grade this answer."),
    _anywhere(
        "check_broke",
        "could not be graded, because a check of ours broke",
        "This could not be graded because the grader itself failed; nothing is lost.",
    ),
    _anywhere(
        DIFFERS,
        "gave another result, as no known mistake does",
        "The result is not what was asked for: how it differs follows.",
    ),
    _anywhere(
        "other_count",
        "had another number of parameters",
        "The model has more or fewer parameters than it should: the table of layers says where.",
    ),
    _anywhere(
        "other_layers",
        "had as many parameters in other layers",
        "The model has as many parameters as it should, but in other layers.",
    ),
    _anywhere(
        "random_output",
        "had a model that is random while it is evaluated",
        "The model gives another output each time, in eval mode as well.",
    ),
    _anywhere(
        "low_accuracy",
        "reached less than right code does",
        "The accuracy, re-measured, is lower than right code reaches with an unlucky seed.",
    ),
    _anywhere(
        "behind",
        "stayed behind the network that it is compared with",
        "The model is further behind the other one than luck explains.",
    ),
    _anywhere(
        "same_network",
        "compared a network with itself",
        "The two models are one: a network was compared with itself.",
    ),
    _anywhere(
        "not_measurable",
        "had a network whose accuracy cannot be re-measured",
        "The accuracy could not be re-measured: the model computes another function.",
    ),
    _anywhere(
        "no_number",
        "stated no number",
        "No number is stated as the result; write it behind the formula.",
    ),
    _anywhere(
        "several_numbers",
        "stated several numbers",
        "Several different numbers are stated as the result.",
    ),
    _anywhere(
        "raised",
        "wrote something that raised an error",
        "It could not be examined, because it raised an error: which one follows.",
    ),
    _anywhere(
        "missing",
        "had nothing of that name",
        "Nothing of that name was found when the notebook had run; the first cell that failed is "
        "named.",
    ),
    _anywhere(
        "ambiguous",
        "had nothing of that name, but several things that could be meant",
        "Nothing of that name was found, and several other objects could be meant.",
    ),
    _anywhere(
        "wrong_type",
        "gave the name to another kind of object",
        "It is not the kind of object that the exercise asks for.",
    ),
    _anywhere("timed_out", "was too slow", "It did not answer within the time limit."),
    _anywhere("too_large", "made it too large", "It is too large to be examined."),
    _anywhere(
        "asked_differently",
        "must be run again, because the question was changed",
        "The question was changed after this run: run the notebook again.",
    ),
    _anywhere(
        "weights_say_nothing",
        "had weights from which nothing can be told",
        "Nothing can be said about the model: why follows.",
    ),
    _anywhere("not_answered", "wrote nothing below the question", "Nothing was written below it."),
    _anywhere(
        "wall_time",
        "ran out of time before it was reached",
        "It was not reached: the notebook ran out of time in the cell that is named.",
    ),
    _anywhere(
        "memory",
        "ran out of memory before it was reached",
        "It was not reached: the notebook used more memory than it may.",
    ),
    _anywhere(
        "kernel_died",
        "ended Python before it was reached",
        "It was not reached: the notebook's Python process ended.",
    ),
    _anywhere(
        "output",
        "printed too much before it was reached",
        "It was not reached: the notebook printed more than it may.",
    ),
    _anywhere(
        "processes",
        "started too many processes before it was reached",
        "It was not reached: the notebook started more processes than it may.",
    ),
    _anywhere(
        "evidence_too_large",
        "sent more results than can be taken",
        "It was not reached: the notebook sent more results than can be taken.",
    ),
    _anywhere(
        "evidence_broken",
        "sent results in a form that they cannot have",
        "It was not reached: what came out of the sandbox was not in the form it must have.",
    ),
    _anywhere(
        "killed",
        "was killed from inside before it was reached",
        "It was not reached: the run was killed from inside.",
    ),
)
