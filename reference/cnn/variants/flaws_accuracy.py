"""Our three trainings with one mistake each: the network does not reach what it can."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import flaw
from reference.cnn.variants.solution_text import OPTIMIZER

_TRAINED = {
    "fc": "train_model(model_fc, criterion, opt, dl_fc_tr, dl_fc_te, epochs)",
    "lenet": "train_model(model_lenet, F.cross_entropy, opt_lenet, dl_cnn_tr, dl_cnn_te, epochs)",
    "cnn": "train_model(model_cnn, F.cross_entropy, opt_cnn, dl_cnn_tr, dl_cnn_te, epochs)",
}
"""How each network is trained."""
_OPTIMIZERS = {
    name: f"opt_{name} = torch.optim.SGD(model_{name}.parameters(), lr=learning_rate)"
    for name in ("lenet", "cnn")
}


def _training(network: str, name: str, misconception: str | None, old: str, new: str) -> Variant:
    call = _TRAINED[network]
    return flaw(f"{network}_accuracy", name, misconception, {call: call.replace(old, new)})


def _each(network: str) -> tuple[Variant, ...]:
    """What can go wrong in the training of any network."""
    call = _TRAINED[network]
    copied = call.replace(f"model_{network}", f"copy.deepcopy(model_{network})")
    loader = "dl_fc_tr" if network == "fc" else "dl_cnn_tr"
    return (
        _training(network, "not_trained", None, call, "pass"),
        _training(network, "one_batch", None, loader, f"[next(iter({loader}))]"),
        _training(network, "one_epoch", "fewer_epochs", ", epochs)", ", 1)"),
        _training(network, "on_a_copy", None, call, f"import copy\n{copied}"),
    )


def _optimizer(network: str, name: str, new: str) -> Variant:
    """The optimizer of a convolutional network, which no problem of its own judges."""
    return flaw(f"{network}_accuracy", name, None, {_OPTIMIZERS[network]: f"opt_{network} = {new}"})


_SLOW = Variant(
    name="fc_accuracy_tiny_rate",
    concerns={"optimizer": "other_learning_rate", "fc_accuracy": None},
    changes={OPTIMIZER: "opt = torch.optim.SGD(model_fc.parameters(), lr=0.001)"},
)
ACCURACIES = (
    *_each("fc"),
    *_each("lenet"),
    *_each("cnn"),
    _SLOW,
    *(
        _optimizer(network, name, new)
        for network in _OPTIMIZERS
        for name, new in (
            ("tiny_rate", f"torch.optim.SGD(model_{network}.parameters(), lr=0.001)"),
            ("optimizer_of_fc", "torch.optim.SGD(model_fc.parameters(), lr=learning_rate)"),
        )
    ),
)
