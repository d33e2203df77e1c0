"""Which model should be trained once more, before points are lost to an unlucky seed."""

import re

from grader.checks.epochs import epochs_told
from grader.checks.model import Model
from grader.checks.seen import answers
from grader.checks.snapshots import Measurable, measurable
from grader.domain.check import Case
from grader.domain.evidence import TrainingAnswer
from grader.domain.job import Retraining


def trainer(case: Case, training: str | None) -> str | None:
    """Name that the training function has in the notebook; None where none was found.

    Args:
        case: of the notebook.
        training: id of the probe that asked about it; None: there is none.
    """
    seen = answers(case, training, TrainingAnswer) if training else ()
    return seen[-1].answer.found.used if seen else None


def retraining(model: Model, training: str | None, epochs: int, case: Case) -> Retraining | None:
    """The training to repeat: of the newest snapshot whose function is right.

    None where another seed cannot help: the function is another or was never called for the model,
    the notebook tells of fewer epochs than were asked (which is no bad luck), or there was a second
    run already.

    Args:
        model: that falls short.
        training: see `trainer`.
        epochs: that the exercise asks for.
        case: of the notebook.
    """
    function = trainer(case, training)
    if training is None or function is None or case.evidence.second is not None:
        return None
    for item in measurable(model, case):
        if item.fit.verdict != "same" or not _trained_by(function, item, case):
            continue
        told = epochs_told(case, item.seen, function)
        if told is not None and told < epochs:
            return None
        return Retraining(
            probe=model.name,
            model=item.seen.answer.found.used,
            training=training,
            function=function,
            cell=item.seen.answer.cell,
            seed=int(case.hidden.rng(f"{model.name}.retraining").integers(2**32)),
        )
    return None


def _trained_by(function: str, item: Measurable, case: Case) -> bool:
    """Whether the function is called in the snapshot's cell, or anywhere where that changed it."""
    answer = item.seen.answer
    if answer.found.how == "constructed":
        return False
    call = re.compile(rf"(?<!def )\b{re.escape(function)}\s*\(")
    called = {cell.index for cell in case.submission.cells if call.search(cell.source)}
    return answer.cell in called or (answer.when == "changed" and bool(called))
