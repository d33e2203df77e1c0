"""The questions of the markdown, found in our release and in the course's own wording."""

from grader.domain.question import Question

FC_COUNT = Question(
    id="fc_count",
    title="How many parameters does FC have?",
    anchors=(r"how many learnable parameters",),
)

LENET_COUNT = Question(
    id="lenet_count",
    title="How many parameters does LeNet have?",
    anchors=(
        r"number of trainable parameters in (our|the) lenet",
        r"how many trainable parameters does (our|the) lenet",
    ),
)

CNN_FINDINGS = Question(
    id="cnn_findings",
    title="What do you find when you vary the filters?",
    anchors=(r"comment on your findings", r"what are your findings"),
)

CONV1D_BY_HAND = Question(
    id="conv1d_by_hand",
    title="What are y[0], y[1] and y[2] by hand?",
    anchors=(
        r"calculate the output of the convolution operation by hand",
        r"calculate the first elements of the convolution",
    ),
)

CONV1D_MEANING = Question(
    id="conv1d_meaning",
    title="What is this filter doing?",
    anchors=(r"what is this filter doing",),
)

GAUSSIAN = Question(
    id="gaussian",
    title="What does a larger σ do?",
    anchors=(
        r"what happens as we increase the",
        r"what happens to the image as the",
    ),
)

SOBEL = Question(
    id="sobel",
    title="What do the Sobel filters do?",
    anchors=(
        r"what effects do you observe now",
        r"which effects do the sobel filters",
    ),
)
