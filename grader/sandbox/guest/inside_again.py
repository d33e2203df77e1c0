"""A second run: models trained once more with another seed, and no other model trained at all.

The notebook's training function gets a decorator of ours where it is defined, by a change of the
cell's syntax tree: so it does not matter whether the cell that defines it also calls it. A call for
a model that is not wanted returns at once. At the first call for one that is, everything random is
seeded and its weights are drawn anew; then the function does what it always does.
"""

import ast
import builtins
import functools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from inside_signals import Interrupted
from inside_torch import own_tensors, submodules
from inside_values import is_module, torch_or_none

_HOOK = "__grader_trains_once_more__"
_numpy_seed, _python_seed = np.random.seed, random.seed

Wanted = Mapping[str, Any]
"""A `grader.domain.job.Retraining`."""


class Retrainings:
    """Knows which models are wanted and which have been trained since it was last asked."""

    def __init__(self, space: Mapping[str, Any], wanted: Sequence[Wanted]) -> None:
        self._space = space
        self._wanted = wanted
        self._drawn: dict[int, tuple[Any, bool]] = {}
        """Modules with whether their weights could be drawn anew, kept alive."""
        self._trained: dict[str, Any] = {}

    def install(self, shell: Any) -> None:
        """Decorate the training functions of all cells that the shell will run."""
        vars(builtins)[_HOOK] = self._decorated
        shell.ast_transformers.append(_Decorates({item["function"] for item in self._wanted}))

    def take(self) -> Iterator[tuple[Wanted, Any]]:
        """The models whose training has ended since the last call, each with what wanted it."""
        trained, self._trained = self._trained, {}
        for item in self._wanted:
            if item["probe"] in trained:
                yield item, trained[item["probe"]]

    def _decorated(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def train(*args: Any, **options: Any) -> Any:
            found = self._asked_for(function.__name__, [*args, *options.values()])
            if found is None:
                return None
            item, model = found
            if not self._drawn_anew(model, item["seed"]):
                return None
            result = function(*args, **options)
            self._trained[item["probe"]] = model
            return result

        return train

    def _asked_for(self, function: str, values: list[Any]) -> tuple[Wanted, Any] | None:
        """The wanted model among the arguments: the one that the variable holds now."""
        for value in values:
            for item in self._wanted:
                held = self._space.get(item["model"])
                if item["function"] == function and held is value and is_module(value):
                    return item, value
        return None

    def _drawn_anew(self, model: Any, seed: int) -> bool:
        """Seed and draw the weights at a model's first training; later ones go on from there."""
        if id(model) not in self._drawn:
            _seed(seed)
            self._drawn[id(model)] = (model, _reset(model))
        return self._drawn[id(model)][1]


class _Decorates(ast.NodeTransformer):
    """Puts our decorator above functions of these names that a cell defines at its top."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Decorate it, outermost; what is defined inside is left alone."""
        if node.name in self._names:
            node.decorator_list.insert(0, ast.Name(_HOOK, ast.Load()))
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Leave methods alone."""
        return node


def _seed(seed: int) -> None:
    _python_seed(seed)
    _numpy_seed(seed)
    torch_or_none().manual_seed(seed)  # the GPUs' as well


def _reset(model: Any) -> bool:
    """Draw all weights anew; False where a part does not know how, which then is not repeated."""
    try:
        for _, part in submodules(model):
            if any(True for _ in own_tensors(part, "_parameters")):
                part.reset_parameters()
    except Interrupted:
        raise
    except Exception:
        return False
    return True
