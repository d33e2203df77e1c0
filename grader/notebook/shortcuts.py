"""Calls that do the exercise's work: found in the syntax tree, shown to a TA, never judged."""

import ast
from collections.abc import Iterator, Sequence

from grader.domain.assignment import Shortcut
from grader.domain.submission import Cell, Flag
from grader.notebook.names import Code, name_of, read_trees

MAX_FLAGS = 20


def find_shortcuts(cells: Sequence[Cell], shortcuts: Sequence[Shortcut]) -> tuple[Flag, ...]:
    """A flag ``shortcut_call`` for each call that a shortcut names.

    Aliases of imports are resolved, functions that the named one uses are searched as well, and a
    mention counts like a call: the function may be handed on. Cells that are no Python are skipped.
    A flag ``code_not_searched`` says where there is too much code.
    """
    if not shortcuts:
        return ()
    code = read_trees(cells)
    flags = dict.fromkeys(_not_searched(code))
    flags |= {flag: None for shortcut in shortcuts for flag in _flags(shortcut, code)}
    if len(flags) > MAX_FLAGS:
        more = Flag(code="shortcut_call", message=f"And {len(flags) - MAX_FLAGS} more.")
        return (*list(flags)[:MAX_FLAGS], more)
    return tuple(flags)


def _not_searched(code: Code) -> Iterator[Flag]:
    if code.left:
        more = f" and {len(code.left) - 1} more" * (len(code.left) > 1)
        yield Flag(
            code="code_not_searched",
            message=f"Cell {code.left[0]}{more}: too much code to search it for shortcut calls.",
        )


def _flags(shortcut: Shortcut, code: Code) -> Iterator[Flag]:
    inside = f" inside `{shortcut.function}`" if shortcut.function else ""
    for cell, node in _scopes(shortcut, code):
        for call, line in _mentions(node, shortcut.calls, code):
            yield Flag(
                code="shortcut_call",
                message=f"Cell {cell}, line {line}: `{call}` is used{inside}.",
            )


def _scopes(shortcut: Shortcut, code: Code) -> list[tuple[int, ast.AST]]:
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
            waiting.extend(sorted(n for n in used if code.is_function(n)))
    return found


def _mentions(tree: ast.AST, calls: Sequence[str], code: Code) -> Iterator[tuple[str, int]]:
    wanted = frozenset(call.rpartition(".")[2] for call in calls)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.Call):
            written = name_of(node)
            if written and _is_call(resolved := code.resolved(written), wanted, code):
                yield resolved, node.lineno


def _is_call(resolved: str, wanted: frozenset[str], code: Code) -> bool:
    """Whether a name ends like a call that is looked for, and is no function of the notebook."""
    owner, _, last = resolved.rpartition(".")
    if last not in wanted:
        return False
    if owner:
        return owner.partition(".")[0] not in ("self", "cls")
    return not code.is_function(last)
