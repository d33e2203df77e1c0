"""Whether a notebook trains at all: found in the syntax tree, to choose the queue it waits in."""

import ast
from collections.abc import Iterator, Sequence

from grader.domain.submission import Cell
from grader.notebook.names import Code, name_of, read_trees


def trains(cells: Sequence[Cell], trains_by: Sequence[str]) -> bool:
    """Whether code outside the definitions of these functions calls, or mentions, one of them.

    What cannot be read as Python is searched as text: better a slow lane for a quick notebook than
    a training in the quick lane. A training that hides (``exec`` of a text) is not found; it costs
    others some waiting, and nothing else depends on it.

    Args:
        cells: of the notebook.
        trains_by: dotted names, of which the last part alone matches; see `Assignment.trains_by`.
    """
    if not trains_by:
        return False
    wanted = frozenset(name.rpartition(".")[2] for name in trains_by)
    code = read_trees(cells)
    if any(_mentions(tree, wanted, code) for _, tree in code.trees):
        return True
    read = {index for index, _ in code.trees}
    unread = (cell.source for cell in cells if cell.kind == "code" and cell.index not in read)
    return any(word in source for source in unread for word in wanted)


def _mentions(tree: ast.Module, wanted: frozenset[str], code: Code) -> bool:
    names = (name_of(node) for node in _outside(tree, wanted))
    return any(code.resolved(name).rpartition(".")[2] in wanted for name in names if name)


def _outside(tree: ast.Module, functions: frozenset[str]) -> Iterator[ast.AST]:
    """Every node but the definitions of these functions."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in functions:
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))
