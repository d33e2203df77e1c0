"""Names that a notebook's code reads: imports and aliases resolved, in its syntax trees."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from grader.domain.submission import Cell
from grader.notebook.ipython import read_code

MAX_CODE = 300_000
"""Characters of all cells that are searched, ten times a real notebook's: as trees they take a
hundred times their memory."""

_MAX_ALIASES = 10


@dataclass(frozen=True)
class Code:
    """The notebook's code.

    Attributes:
        trees: cell index and tree, for each cell that is Python.
        names: what imported and assigned names stand for, such as ``n`` for ``numpy``.
        bodies: function name to the nodes that define it, with their cells.
        left: indices of the cells that are beyond `MAX_CODE`.
    """

    trees: tuple[tuple[int, ast.Module], ...]
    names: dict[str, str]
    bodies: dict[str, list[tuple[int, ast.AST]]]
    left: tuple[int, ...]

    def is_function(self, name: str) -> bool:
        """Whether the notebook itself defines a function of that name."""
        return any(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for _, node in self.bodies.get(name, ())
        )

    def resolved(self, dotted: str) -> str:
        """The name behind aliases: ``numpy.convolve`` for ``n.convolve``."""
        for _ in range(_MAX_ALIASES):
            root, dot, rest = dotted.partition(".")
            full = self.names.get(root, root)
            if full == root:
                break
            dotted = f"{full}{dot}{rest}"
        return dotted[:500]


def read_trees(cells: Sequence[Cell]) -> Code:
    """The code of all cells that are Python; the others are skipped."""
    room = MAX_CODE
    read, left = [], []
    for cell in (cell for cell in cells if cell.kind == "code"):
        if len(cell.source) > room:
            left.append(cell.index)
            continue
        room -= len(cell.source)
        if (tree := read_code(cell.source)) is not None:
            read.append((cell.index, tree))
    code = Code(tuple(read), {}, {}, tuple(left))
    for index, tree in code.trees:
        for node in ast.walk(tree):
            _learn(node, index, code)
    return code


def _learn(node: ast.AST, cell: int, code: Code) -> None:
    match node:
        case ast.Import(names=names):
            for name in names:
                bound = name.asname or name.name.partition(".")[0]
                code.names[bound] = name.name if name.asname else bound
        case ast.ImportFrom(module=str(module), names=names):
            for name in names:
                code.names[name.asname or name.name] = f"{module}.{name.name}"
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            code.bodies.setdefault(name, []).append((cell, node))
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            code.bodies.setdefault(name, []).append((cell, value))
            if (dotted := dotted_name(value)) and dotted != name:
                code.names.setdefault(name, dotted)


def name_of(node: ast.AST) -> str | None:
    """What the node reads: a dotted name, also ``np.convolve`` of ``getattr(np, "convolve")``."""
    match node:
        case ast.Call(
            func=ast.Name(id="getattr"), args=[module, ast.Constant(value=str(name)), *_]
        ):
            return f"{dotted_name(module) or '…'}.{name}"
        case ast.Attribute(attr=name, ctx=ast.Load()):
            return dotted_name(node) or f"….{name}"
        case ast.Name(id=name, ctx=ast.Load()):
            return name
    return None


def dotted_name(node: ast.AST) -> str | None:
    """``a.b.c`` of a name or of attributes of a name; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])
