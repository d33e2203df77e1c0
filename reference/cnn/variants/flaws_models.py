"""Our networks with one mistake each."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import flaw
from reference.cnn.variants.solution_text import SOURCE


def _in(problem: str, name: str, misconception: str | None, *changes: tuple[str, str]) -> Variant:
    """A mistake in the cell of one of the networks; each text may stand in several cells."""
    source = SOURCE[problem]
    for old, new in changes:
        assert source.count(old) == 1, (name, old)
        source = source.replace(old, new)
    return flaw(problem, name, misconception, {SOURCE[problem]: source})


FC = (
    _in(
        "fc",
        "no_bias",
        "no_bias",
        ("28 * 28, 512", "28 * 28, 512, bias=False"),
        ("512, 256", "512, 256, bias=False"),
        ("256, 128", "256, 128, bias=False"),
        ("128, 10", "128, 10, bias=False"),
    ),
    _in(
        "fc",
        "missing_layer",
        "layer_missing",
        ("        self.hidden3 = nn.Linear(256, 128)\n", ""),
        ("        x = F.relu(self.hidden3(x))\n", ""),
        ("128, 10", "256, 10"),
    ),
    _in(
        "fc",
        "extra_layer",
        "layer_extra",
        ("nn.Linear(128, 10)", "nn.Linear(64, 10)\n        self.extra = nn.Linear(128, 64)"),
        ("self.output(x)", "self.output(F.relu(self.extra(x)))"),
    ),
    _in(
        "fc",
        "wrong_width",
        "other_sizes",
        ("28 * 28, 512", "28 * 28, 500"),
        ("512, 256", "500, 256"),
    ),
    _in(
        "fc",
        "sigmoid",
        "sigmoid",
        ("F.relu(self.hidden1(x))", "torch.sigmoid(self.hidden1(x))"),
        ("F.relu(self.hidden2(x))", "torch.sigmoid(self.hidden2(x))"),
        ("F.relu(self.hidden3(x))", "torch.sigmoid(self.hidden3(x))"),
    ),
    _in(
        "fc",
        "tanh",
        "tanh",
        ("F.relu(self.hidden1(x))", "torch.tanh(self.hidden1(x))"),
        ("F.relu(self.hidden2(x))", "torch.tanh(self.hidden2(x))"),
        ("F.relu(self.hidden3(x))", "torch.tanh(self.hidden3(x))"),
    ),
    _in(
        "fc",
        "some_biases_missing",
        "some_biases_missing",
        ("512, 256", "512, 256, bias=False"),
        ("128, 10", "128, 10, bias=False"),
    ),
    _in(
        "fc",
        "sigmoid_and_softmax",
        "sigmoid+softmax_at_the_end",
        ("F.relu(self.hidden1(x))", "torch.sigmoid(self.hidden1(x))"),
        ("F.relu(self.hidden2(x))", "torch.sigmoid(self.hidden2(x))"),
        ("F.relu(self.hidden3(x))", "torch.sigmoid(self.hidden3(x))"),
        ("self.output(x)", "F.softmax(self.output(x), dim=-1)"),
    ),
    _in(
        "fc",
        "leaky_relu",
        "other_activation",
        ("F.relu(self.hidden1(x))", "F.leaky_relu(self.hidden1(x))"),
        ("F.relu(self.hidden2(x))", "F.leaky_relu(self.hidden2(x))"),
        ("F.relu(self.hidden3(x))", "F.leaky_relu(self.hidden3(x))"),
    ),
    _in("fc", "relu_at_the_end", "relu_at_the_end", ("self.output(x)", "F.relu(self.output(x))")),
    _in(
        "fc",
        "softmax_at_the_end",
        "softmax_at_the_end",
        ("self.output(x)", "F.softmax(self.output(x), dim=-1)"),
    ),
    _in(
        "fc",
        "log_softmax_at_the_end",
        "log_softmax_at_the_end",
        ("self.output(x)", "F.log_softmax(self.output(x), dim=-1)"),
    ),
    _in(
        "fc",
        "missing_activation",
        "activation_missing",
        ("F.relu(self.hidden2(x))", "self.hidden2(x)"),
    ),
    _in(
        "fc",
        "no_activation",
        "no_activation",
        ("F.relu(self.hidden1(x))", "self.hidden1(x)"),
        ("F.relu(self.hidden2(x))", "self.hidden2(x)"),
        ("F.relu(self.hidden3(x))", "self.hidden3(x)"),
    ),
)

_CONV1, _CONV2 = "1, 6, kernel_size=3, padding=1", "6, 16, kernel_size=3, padding=1"
_POOL1 = "F.max_pool2d(F.relu(self.conv1(x)), 2)"
_POOL2 = "F.max_pool2d(F.relu(self.conv2(x)), 2)"

LENET = (
    _in(
        "lenet",
        "five_by_five",
        "five_by_five",
        (_CONV1, "1, 6, kernel_size=5, padding=2"),
        (_CONV2, "6, 16, kernel_size=5, padding=2"),
    ),
    _in(
        "lenet",
        "classic",
        "five_by_five",
        (_CONV1, "1, 6, kernel_size=5, padding=2"),
        (_CONV2, "6, 16, kernel_size=5"),
        ("16 * 7 * 7", "16 * 5 * 5"),
    ),
    _in(
        "lenet",
        "no_padding",
        "no_padding",
        (_CONV1, "1, 6, kernel_size=3"),
        (_CONV2, "6, 16, kernel_size=3"),
        ("16 * 7 * 7", "16 * 5 * 5"),
    ),
    _in(
        "lenet",
        "average_pooling",
        "average_pooling",
        (_POOL1, "F.avg_pool2d(F.relu(self.conv1(x)), 2)"),
        (_POOL2, "F.avg_pool2d(F.relu(self.conv2(x)), 2)"),
    ),
    _in(
        "lenet",
        "stride_for_pooling",
        "stride_for_pooling",
        (_CONV1, "1, 6, kernel_size=3, padding=1, stride=2"),
        (_CONV2, "6, 16, kernel_size=3, padding=1, stride=2"),
        (_POOL1, "F.relu(self.conv1(x))"),
        (_POOL2, "F.relu(self.conv2(x))"),
    ),
    _in(
        "lenet",
        "second_pooling_forgotten",
        "pooling_forgotten",
        (_POOL2, "F.relu(self.conv2(x))"),
        ("16 * 7 * 7", "16 * 14 * 14"),
    ),
    _in(
        "lenet",
        "softmax_at_the_end",
        "softmax_at_the_end",
        ("self.output(x)", "torch.softmax(self.output(x), 1)"),
    ),
    _in(
        "lenet",
        "activation_missing",
        "activation_missing",
        (_POOL1, "F.max_pool2d(self.conv1(x), 2)"),
    ),
    _in(
        "lenet",
        "first_pooling_forgotten",
        "pooling_forgotten",
        (_POOL1, "F.relu(self.conv1(x))"),
        ("16 * 7 * 7", "16 * 14 * 14"),
    ),
    _in(
        "lenet",
        "flatten_order",
        "flatten_order",
        ("torch.flatten(x, start_dim=1)", "x.permute(0, 2, 3, 1).flatten(1)"),
    ),
    _in(
        "lenet",
        "seven_by_seven",
        "other_filter_size",
        (_CONV1, "1, 6, kernel_size=7, padding=3"),
        (_CONV2, "6, 16, kernel_size=7, padding=3"),
    ),
    _in(
        "lenet",
        "average_pooling_and_softmax",
        "average_pooling+softmax_at_the_end",
        (_POOL1, "F.avg_pool2d(F.relu(self.conv1(x)), 2)"),
        (_POOL2, "F.avg_pool2d(F.relu(self.conv2(x)), 2)"),
        ("self.output(x)", "torch.softmax(self.output(x), 1)"),
    ),
    _in("lenet", "dropout", None, (_POOL1, f"F.dropout({_POOL1})")),
    _in(
        "lenet",
        "flattens_the_batch",
        None,
        ("torch.flatten(x, start_dim=1)", "torch.flatten(x)"),
    ),
)

CNN = (
    _in("cnn", "third_convolution_unused", None, ("conv2, self.conv3)", "conv2, self.conv2)")),
    _in(
        "cnn",
        "average_pooling",
        "average_pooling",
        ("F.max_pool2d(F.relu(conv(x)), 2)", "F.avg_pool2d(F.relu(conv(x)), 2)"),
    ),
    _in(
        "cnn",
        "two_convolutions",
        "layer_missing",
        ("(self.conv1, self.conv2, self.conv3)", "(self.conv1, self.conv2)"),
        ("        self.conv3 = nn.Conv2d(filters[1], filters[2], kernel_size=3, padding=1)\n", ""),
        ("filters[2] * 3 * 3", "filters[1] * 7 * 7"),
    ),
    _in(
        "cnn", "other_width", "other_sizes", ("3 * 3, 128", "3 * 3, 100"), ("128, 10)", "100, 10)")
    ),
    _in(
        "cnn",
        "tanh_at_the_convolutions",
        "tanh_somewhere",
        ("F.relu(conv(x))", "torch.tanh(conv(x))"),
    ),
    _in(
        "cnn",
        "sigmoid_at_the_dense_layer",
        "sigmoid_somewhere",
        ("F.relu(self.dense(x))", "torch.sigmoid(self.dense(x))"),
    ),
    _in(
        "cnn",
        "sigmoid_at_the_end",
        "sigmoid_at_the_end",
        ("self.output(x)", "torch.sigmoid(self.output(x))"),
    ),
    _in(
        "cnn",
        "first_bias_missing",
        "some_biases_missing",
        ("1, filters[0], kernel_size=3, padding=1", "1, filters[0], 3, padding=1, bias=False"),
    ),
    _in(
        "cnn",
        "extra_dense_layer",
        "layer_extra",
        ("nn.Linear(128, 10)", "nn.Linear(64, 10)\n        self.extra = nn.Linear(128, 64)"),
        ("self.output(x)", "self.output(F.relu(self.extra(x)))"),
    ),
    _in(
        "cnn",
        "log_softmax_at_the_end",
        "log_softmax_at_the_end",
        ("self.output(x)", "F.log_softmax(self.output(x), 1)"),
    ),
    _in(
        "cnn",
        "activation_missing",
        "activation_missing",
        ("F.relu(self.dense(x))", "self.dense(x)"),
    ),
)
