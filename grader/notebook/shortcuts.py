"""Calls that do the exercise's work: found in the syntax tree, shown to a TA, never judged."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.domain.assignment import Shortcut
from grader.domain.submission import Cell, Flag
from grader.notebook.ipython import read_code

MAX_FLAGS = 20
MAX_CODE = 300_000
"""Characters of all cells that are searched, ten times a real notebook's: as trees they take a
hundred times their memory."""

_MAX_ALIASES = 10


@dataclass(frozen=True)
class _Code:
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


def find_shortcuts(cells: Sequence[Cell], shortcuts: Sequence[Shortcut]) -> tuple[Flag, ...]:
    """A flag ``shortcut_call`` for each call that a shortcut names.

    Aliases of imports are resolved, functions that the named one uses are searched as well, and a
    mention counts like a call: the function may be handed on. Cells that are no Python are skipped.
    A flag ``code_not_searched`` says where there is too much code.
    """
    if not shortcuts:
        return ()
    code = _read(cells)
    flags = dict.fromkeys(_not_searched(code))
    flags |= {flag: None for shortcut in shortcuts for flag in _flags(shortcut, code)}
    if len(flags) > MAX_FLAGS:
        more = Flag(code="shortcut_call", message=f"And {len(flags) - MAX_FLAGS} more.")
        return (*list(flags)[:MAX_FLAGS], more)
    return tuple(flags)


def _read(cells: Sequence[Cell]) -> _Code:
    room = MAX_CODE
    read, left = [], []
    for cell in (cell for cell in cells if cell.kind == "code"):
        if len(cell.source) > room:
            left.append(cell.index)
            continue
        room -= len(cell.source)
        if (tree := read_code(cell.source)) is not None:
            read.append((cell.index, tree))
    code = _Code(tuple(read), {}, {}, tuple(left))
    for index, tree in code.trees:
        for node in ast.walk(tree):
            _learn(node, index, code)
    return code


def _not_searched(code: _Code) -> Iterator[Flag]:
    if code.left:
        more = f" and {len(code.left) - 1} more" * (len(code.left) > 1)
        yield Flag(
            code="code_not_searched",
            message=f"Cell {code.left[0]}{more}: too much code to search it for shortcut calls.",
        )


def _learn(node: ast.AST, cell: int, code: _Code) -> None:
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
            if (dotted := _dotted(value)) and dotted != name:
                code.names.setdefault(name, dotted)


def _flags(shortcut: Shortcut, code: _Code) -> Iterator[Flag]:
    inside = f" inside `{shortcut.function}`" if shortcut.function else ""
    for cell, node in _scopes(shortcut, code):
        for call, line in _mentions(node, shortcut.calls, code):
            yield Flag(
                code="shortcut_call",
                message=f"Cell {cell}, line {line}: `{call}` is used{inside}.",
            )


def _scopes(shortcut: Shortcut, code: _Code) -> list[tuple[int, ast.AST]]:
    """Where to look: everywhere, or in the function and those of the notebook that it uses."""
    if shortcut.function is None:
        return list(code.trees)
    found: list[tuple[int, ast.AST]] = []
    seen: set[str] = set()
    waiting = [shortcut.function]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for cell, body in code.bodies.get(name, ()):
            found.append((cell, body))
            used = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)}
            waiting.extend(sorted(n for n in used if _is_function(n, code)))
    return found


def _is_function(name: str, code: _Code) -> bool:
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for _, node in code.bodies.get(name, ())
    )


def _mentions(tree: ast.AST, calls: Sequence[str], code: _Code) -> Iterator[tuple[str, int]]:
    wanted = frozenset(call.rpartition(".")[2] for call in calls)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.Call):
            written = _name_of(node)
            if written and _is_call(resolved := _resolved(written, code), wanted, code):
                yield resolved, node.lineno


def _name_of(node: ast.Name | ast.Attribute | ast.Call) -> str | None:
    """What the node reads: a dotted name, also ``np.convolve`` of ``getattr(np, "convolve")``."""
    match node:
        case ast.Call(
            func=ast.Name(id="getattr"), args=[module, ast.Constant(value=str(name)), *_]
        ):
            return f"{_dotted(module) or '…'}.{name}"
        case ast.Attribute(attr=name, ctx=ast.Load()):
            return _dotted(node) or f"….{name}"
        case ast.Name(id=name, ctx=ast.Load()):
            return name
    return None


def _is_call(resolved: str, wanted: frozenset[str], code: _Code) -> bool:
    """Whether a name ends like a call that is looked for, and is no function of the notebook."""
    owner, _, last = resolved.rpartition(".")
    if last not in wanted:
        return False
    if owner:
        return owner.partition(".")[0] not in ("self", "cls")
    return not _is_function(last, code)


def _resolved(dotted: str, code: _Code) -> str:
    for _ in range(_MAX_ALIASES):
        root, dot, rest = dotted.partition(".")
        full = code.names.get(root, root)
        if full == root:
            break
        dotted = f"{full}{dot}{rest}"
    return dotted[:500]


def _dotted(node: ast.AST) -> str | None:
    """``a.b.c`` of a name or of attributes of a name; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])
