"""The three networks of the exercise as checks ask about them."""

from grader.checks.model import Images, Model, fixed
from reference.cnn import designs, misconceptions
from reference.cnn.models import CNN, FC, LeNet

MODEL_FC = Model(
    name="model_fc",
    class_name="FC",
    reference=fixed(FC),
    images=Images(flat=True),
    misconceptions=misconceptions.IN_FC,
)
MODEL_LENET = Model(
    name="model_lenet",
    class_name="CNN_LeNet",
    reference=fixed(LeNet),
    misconceptions=misconceptions.IN_LENET,
)
MODEL_CNN = Model(
    name="model_cnn",
    class_name="CNN",
    reference=lambda shapes: CNN(designs.filters_of(shapes)),
    misconceptions=misconceptions.IN_CNN,
)
