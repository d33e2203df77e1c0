"""Named mistakes in the answers to the questions for numbers of parameters."""

from grader.checks.answers import WrongNumber
from grader.domain.codes import Named

FC_COUNT = 567_434
LENET_COUNT = 106_154
CNN_COUNT = 98_442


def _other_model(*counts: int) -> tuple[WrongNumber, ...]:
    return tuple(
        WrongNumber(
            id="other_model",
            value=count,
            share=0,
            sentence="This is the count of another network of the exercise.",
            brief="gave the count of another network",
        )
        for count in counts
    )


def _one_layer(*counts: int) -> tuple[WrongNumber, ...]:
    return tuple(
        WrongNumber(
            id="one_layer",
            value=count,
            share=0.25,
            sentence="This is the count of a single layer; the whole network was asked for.",
            brief="counted a single layer",
        )
        for count in counts
    )


def _no_biases(count: int) -> WrongNumber:
    return WrongNumber(
        id="no_biases",
        value=count,
        share=0.5,
        sentence="This is the number of weights without the biases.",
        brief="counted the weights without the biases",
    )


IN_FC_COUNT = (
    _no_biases(566_528),
    *_other_model(LENET_COUNT, CNN_COUNT),
    *_one_layer(401_920, 131_328, 32_896, 1_290),
)

IN_LENET_COUNT = (
    _no_biases(105_918),
    WrongNumber(
        id="classic_lenet",
        value=61_706,
        share=0.5,
        sentence="This is the count of LeCun's LeNet-5 with filters of 5 by 5; which size do the "
        "filters have here?",
        brief="counted the classic LeNet-5 with filters of 5 by 5",
    ),
    WrongNumber(
        id="no_padding",
        value=60_074,
        share=0.5,
        sentence="This is the count without padding. How large are the images that reach the first "
        "linear layer?",
        brief="counted LeNet-5 without padding",
    ),
    *_other_model(FC_COUNT, CNN_COUNT),
    *_one_layer(60, 880, 94_200, 10_164, 850),
)

ROUNDED = Named(
    id="rounded",
    sentence="It is right as far as it is given; write down the exact number.",
    brief="gave a rounded number",
)
FORMULA_ONLY = Named(
    id="formula_only",
    sentence="A formula without its result: write the number behind it.",
    brief="gave a formula without its result",
)
