"""How many epochs a model was trained for, as the notebook itself tells.

Nothing else tells it: the student's training loop is a black box, and weights do not count epochs.
What is printed is the student's claim, so it names a likely reason and never moves a point. It is
believed only where it cannot be misread: one call of the training function in a cell, in no loop,
whose output counts epochs without a gap up to the total that it states.
"""

import ast
import re

from grader.checks.seen import Seen
from grader.domain.check import Case
from grader.domain.evidence import ModuleAnswer
from grader.domain.progress import epochs

_LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)


def epochs_told(case: Case, seen: Seen[ModuleAnswer], function: str) -> int | None:
    """Epochs of all trainings between the definition of a model and one of its snapshots.

    Args:
        case: of the notebook.
        seen: the snapshot.
        function: name of the training function in the notebook.

    Returns:
        None where that is not told, or not clearly.
    """
    told = [_in_cell(case, cell, function) for cell in _cells(case, seen)]
    known = [count for count in told if count is not None]
    if len(known) < len(told) or not sum(known):
        return None
    return sum(known)


def _cells(case: Case, seen: Seen[ModuleAnswer]) -> tuple[int, ...]:
    """Cells in which the model was defined or its weights changed, up to the snapshot."""
    cells: list[int] = []
    for item in case.evidence.to(seen.answer.probe):
        if not isinstance(item.answer, ModuleAnswer) or item.answer.when == "retrained":
            continue
        if item.answer.when == "bound":
            cells.clear()
        cells.append(item.answer.cell)
        if item.answer is seen.answer:
            break
    return tuple(dict.fromkeys(cells))


def _in_cell(case: Case, index: int, function: str) -> int | None:
    """Epochs of the cell's only training, 0 where it holds none; None where it is not clear."""
    source = next((cell.source for cell in case.submission.cells if cell.index == index), "")
    ran = case.evidence.cell(index)
    if ran is None or ran.status != "ok" or ran.truncated:
        return None
    calls = len(re.findall(rf"(?<!def )\b{re.escape(function)}\s*\(", source))
    told = epochs(ran.output)
    if calls == 0:
        return None if told else 0
    if calls > 1 or _repeated(source, function):
        return None
    counted = [step.epoch for step in told if step.epoch is not None]
    totals = {step.epochs for step in told} - {None}
    first = min(counted, default=0)
    if not counted or first not in {0, 1} or counted != list(range(first, first + len(counted))):
        return None
    return len(counted) if totals <= {len(counted)} else None


def _repeated(source: str, function: str) -> bool:
    """Whether the cell calls the function in a loop; also where that cannot be read."""
    try:
        tree = ast.parse(_MAGIC.sub("", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    loops = (node for node in ast.walk(tree) if isinstance(node, _LOOPS))
    return any(
        isinstance(node, ast.Name) and node.id == function
        for loop in loops
        for node in ast.walk(loop)
    )
