"""Our optimizer and our loss with one mistake each."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import flaw
from reference.cnn.variants.solution_text import CRITERION, OPTIMIZER


def _line(problem: str, name: str, misconception: str | None, old: str, new: str) -> Variant:
    return flaw(problem, name, misconception, {old: new})


OBJECTS = (
    _line(
        "optimizer",
        "adam",
        "other_optimizer",
        OPTIMIZER,
        "opt = torch.optim.Adam(model_fc.parameters(), lr=learning_rate)",
    ),
    _line(
        "optimizer",
        "small_rate",
        "other_learning_rate",
        OPTIMIZER,
        "opt = torch.optim.SGD(model_fc.parameters(), lr=0.01)",
    ),
    _line(
        "optimizer",
        "momentum",
        "momentum",
        OPTIMIZER,
        "opt = torch.optim.SGD(model_fc.parameters(), lr=learning_rate, momentum=0.9)",
    ),
    _line(
        "optimizer",
        "weight_decay",
        "weight_decay",
        OPTIMIZER,
        "opt = torch.optim.SGD(model_fc.parameters(), lr=learning_rate, weight_decay=0.01)",
    ),
    _line(
        "optimizer",
        "another_instance",
        "older_instance",
        OPTIMIZER,
        "opt = torch.optim.SGD(FC().parameters(), lr=learning_rate)",
    ),
    _line(
        "optimizer",
        "made_before_the_model",
        "older_instance",
        OPTIMIZER,
        OPTIMIZER + "\nmodel_fc = FC().to(device)",
    ),
    _line(
        "optimizer",
        "another_model",
        "parameters_of_another_model",
        OPTIMIZER,
        "opt = torch.optim.SGD(nn.Linear(784, 10).parameters(), lr=learning_rate)",
    ),
    _line(
        "optimizer",
        "one_layer",
        "some_parameters",
        OPTIMIZER,
        "opt = torch.optim.SGD(list(model_fc.parameters())[-2:], lr=learning_rate)",
    ),
    _line("criterion", "mse", "mean_squared_error", CRITERION, "criterion = nn.MSELoss()"),
    _line("criterion", "nll", "no_log_softmax", CRITERION, "criterion = nn.NLLLoss()"),
    _line(
        "criterion",
        "sum",
        "sum_not_mean",
        CRITERION,
        'criterion = nn.CrossEntropyLoss(reduction="sum")',
    ),
    _line(
        "criterion",
        "softmax_twice",
        "softmax_twice",
        CRITERION,
        "criterion = lambda z, y: F.cross_entropy(F.softmax(z, 1), y)",
    ),
    _line(
        "criterion",
        "class_not_called",
        "class_not_called",
        CRITERION,
        "criterion = nn.CrossEntropyLoss",
    ),
    _line(
        "criterion",
        "smoothed",
        "smoothed_labels",
        CRITERION,
        "criterion = nn.CrossEntropyLoss(label_smoothing=0.1)",
    ),
)
