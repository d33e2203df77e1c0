"""What torch keeps between calls, saved before a probe and put back after it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from inside_values import is_a, is_module, torch_or_none

_MAX_MODULES = 20_000
Space = Mapping[str, Any]
_bound: dict[str, Any] = {}
"""Functions of torch as they were when it was imported: the notebook may replace them later."""


def bind(torch: Any) -> None:
    """Keep the functions of a torch that was imported just now."""
    _bound["equal"] = torch.equal


def submodules(root: Any) -> Iterator[tuple[str, Any]]:
    """Every module below and including `root`, once, with its dotted name, in order.

    Reads the instances' own tables: `modules()` may be overridden.
    """
    seen: set[int] = set()
    todo = [("", root)]
    while todo and len(seen) < _MAX_MODULES:
        name, module = todo.pop()
        if id(module) in seen or not is_module(module):
            continue
        seen.add(id(module))
        yield name, module
        children = list(vars(module).get("_modules", {}).items())
        todo += [(f"{name}.{key}" if name else key, child) for key, child in reversed(children)]


def own_tensors(module: Any, table: str) -> Iterator[tuple[str, Any]]:
    """The module's own ``_parameters`` or ``_buffers`` that are there."""
    for name, tensor in vars(module).get(table, {}).items():
        if tensor is not None:
            yield name, tensor


def named_parameters(root: Any) -> Iterator[tuple[str, Any]]:
    """Every parameter once, with its dotted name, in the order of `parameters()`."""
    seen: set[int] = set()
    for prefix, module in submodules(root):
        for name, tensor in own_tensors(module, "_parameters"):
            if id(tensor) not in seen:
                seen.add(id(tensor))
                yield (f"{prefix}.{name}" if prefix else name), tensor


def modules_in(space: Space) -> list[Any]:
    """Every module that a variable of the notebook leads to, once."""
    found = {}
    for value in list(space.values()):
        if is_module(value):
            found.update({id(module): module for _, module in submodules(value)})
    return list(found.values())


def optimizers_in(space: Space) -> list[Any]:
    """Every optimizer bound to a variable, once."""
    torch = torch_or_none()
    values = list(space.values()) if torch else []
    return list({id(v): v for v in values if is_a(v, torch.optim.Optimizer)}.values())


def uninitialized(tensor: Any) -> bool:
    """Whether it belongs to a lazy module that never ran."""
    torch = torch_or_none()
    return bool(torch.nn.parameter.is_lazy(tensor))


@contextmanager
def torch_quiet(space: Space, seed: int) -> Iterator[None]:
    """Seeded generators, gradients on, float32, and no gradient or mode left changed."""
    torch = torch_or_none()
    state = torch.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    dtype = torch.get_default_dtype()
    modules = modules_in(space)
    modes = [(module, vars(module).get("training", True)) for module in modules]
    tensors = [t for module in modules for _, t in own_tensors(module, "_parameters")]
    tensors += [value for value in list(space.values()) if is_a(value, torch.Tensor)]
    leaves = [(t, t.grad, t.requires_grad) for t in tensors if t.is_leaf and not uninitialized(t)]
    torch.random.default_generator.manual_seed(seed)
    if cuda is not None:
        torch.cuda.manual_seed_all(seed)
    torch.set_default_dtype(torch.float32)
    for tensor, _, _ in leaves:
        tensor.grad = None
    try:
        with torch.inference_mode(mode=False), torch.enable_grad(), _whole_floats(torch):
            yield
    finally:
        for tensor, gradient, wanted in leaves:
            tensor.grad = gradient
            tensor.requires_grad_(wanted)
        for module, training in modes:
            vars(module)["training"] = training
        torch.set_default_dtype(dtype)
        torch.set_rng_state(state)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)


@contextmanager
def _whole_floats(torch: Any) -> Iterator[None]:
    """No TF32: on a GPU its 10 bits of mantissa differ from the reference by 1e-3."""
    backends = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [backend.allow_tf32 for backend in backends]
    for backend in backends:
        backend.allow_tf32 = False
    try:
        yield
    finally:
        for backend, allowed in zip(backends, before, strict=True):
            backend.allow_tf32 = allowed


@contextmanager
def weights_kept(space: Space) -> Iterator[None]:
    """While student code runs: undo what it does to models, optimizers and variables."""
    values = _Values(space)
    if torch_or_none() is None:
        try:
            yield
        finally:
            values.restore()
        return
    tensors = [tensor for module in modules_in(space) for tensor in _state(module)]
    with kept(tensors), optimizers_kept(optimizers_in(space)):
        try:
            yield
        finally:
            values.restore()


def _state(module: Any) -> list[Any]:
    both = [t for table in ("_parameters", "_buffers") for _, t in own_tensors(module, table)]
    return [tensor for tensor in both if not uninitialized(tensor)]


@contextmanager
def kept(tensors: list[Any]) -> Iterator[None]:
    """Put the values of tensors back, in place.

    Version counters are put back as well: a graph that the notebook built before may still be run
    backward after.
    """
    torch = torch_or_none()
    saved = [(tensor, tensor.data, tensor.data.clone()) for tensor in tensors]
    counted = tuple(tensor for tensor in tensors if not tensor.is_inference())
    try:
        with torch.autograd._unsafe_preserve_version_counter(counted):  # noqa: SLF001 - made for it
            yield
    finally:
        for tensor, data, values in saved:
            if tensor.data_ptr() != data.data_ptr() or tensor.shape != data.shape:
                tensor.data = data
            if not _bound["equal"](data, values):
                data.copy_(values)


@contextmanager
def optimizers_kept(optimizers: list[Any]) -> Iterator[None]:
    """Put optimizers' state and hyperparameters back."""
    torch = torch_or_none()
    saved = []
    for optimizer in optimizers:
        state = {
            key: {k: (v, v.clone() if is_a(v, torch.Tensor) else v) for k, v in entry.items()}
            for key, entry in optimizer.state.items()
        }
        groups = [(group, dict(group), list(group["params"])) for group in optimizer.param_groups]
        saved.append((optimizer, dict(vars(optimizer)), state, groups))
    try:
        yield
    finally:
        for optimizer, attributes, state, groups in saved:
            _restore_optimizer(optimizer, attributes, state, groups)


def _restore_optimizer(optimizer: Any, attributes: Any, state: Any, groups: Any) -> None:
    torch = torch_or_none()
    vars(optimizer).clear()
    vars(optimizer).update(attributes)
    optimizer.state.clear()
    for key, entry in state.items():
        for value, copy in entry.values():
            if is_a(value, torch.Tensor):
                value.data.copy_(copy)
        optimizer.state[key] = {name: value for name, (value, _) in entry.items()}
    optimizer.param_groups[:] = [group for group, _, _ in groups]
    for group, options, parameters in groups:
        group.clear()
        group.update(options)
        group["params"][:] = parameters


class _Values:
    """The notebook's variables: their bindings, and the content of plain lists and dictionaries."""

    _MAX_ITEMS = 100_000

    def __init__(self, space: Space) -> None:
        self._space: Any = space
        self._bound = dict(space)
        self._lists = [
            (value, value.copy())
            for name, value in self._bound.items()
            if type(value) in (list, dict, set)
            and len(value) < self._MAX_ITEMS
            and not name.startswith("_")
            and name not in ("In", "Out")
        ]

    def restore(self) -> None:
        """Bind every name as before, and put plain collections back."""
        for name in [name for name in self._space if name not in self._bound]:
            del self._space[name]
        self._space.update(self._bound)
        for value, copy in self._lists:
            value.clear()
            value.extend(copy) if type(value) is list else value.update(copy)


def fingerprint(module: Any) -> object:
    """Changes when a weight or buffer does; cheap enough to take after every cell."""
    torch = torch_or_none()
    marks = []
    with torch.no_grad():
        for _, part in submodules(module):
            for tensor in _state(part):
                total = tensor.detach().double()
                marks.append(
                    (tuple(tensor.shape), total.sum().item().hex(), total.abs().sum().item().hex())
                )
    return tuple(marks)
