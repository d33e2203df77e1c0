"""Turns what student code gives into plain arrays, without trusting the object's own methods.

A subclass may override anything, so that only functions of the base classes are called here; they
are bound when this module is loaded, before any student code.
"""

import sys
from collections.abc import Mapping
from zlib import crc32

import numpy as np
from numpy import array, array_equal, iinfo, isnan, ndarray
from numpy import generic as _generic

_MAX_ITEMS = 2_000_000
_MAX_DEPTH = 8
_MAX_WATCHED = 32 * 1024 * 1024
"""Bytes of an array whose content is compared after every cell."""
_BOOL, _INT, _FLOAT = np.dtype(bool), np.dtype(np.int64), np.dtype(np.float64)
_MAX_INT = iinfo(_INT).max


class NotAnArrayError(Exception):
    """The value is no array of numbers."""


def kind(value: object) -> str:
    """Name of the value's type."""
    return type.__getattribute__(type(value), "__name__")


def torch_or_none() -> object:
    """The torch that the notebook imported, if it did: importing it costs seconds."""
    return sys.modules.get("torch")


def is_a(value: object, classes: type | tuple[type, ...]) -> bool:
    """As `isinstance`, by the real type: ``__class__`` may lie."""
    return issubclass(type(value), classes)


def is_tensor(value: object) -> bool:
    """Whether it is a torch tensor."""
    torch = torch_or_none()
    return torch is not None and is_a(value, torch.Tensor)


def is_module(value: object) -> bool:
    """Whether it is a `torch.nn.Module`."""
    torch = torch_or_none()
    return torch is not None and is_a(value, torch.nn.Module)


def raw(value: object) -> ndarray:
    """The value as an array of its own dtype, copied.

    Raises:
        NotAnArrayError: it is none.
    """
    if is_tensor(value):
        return _from_tensor(value)
    if is_a(value, (ndarray, _generic)):
        return array(value)  # copies the data itself, whatever a subclass says
    number = _number(value)
    if number is not None:
        return array(number)
    if is_a(value, (list, tuple)):
        try:
            return array(_listed(value, 0))
        except (ValueError, TypeError, OverflowError) as error:
            raise NotAnArrayError(kind(value)) from error
    raise NotAnArrayError(kind(value))


def _number(value: object) -> bool | int | float | complex | None:
    for base in (bool, int, float, complex):
        if is_a(value, base):
            if base is int:
                return _fitting(int.__int__(value))
            return value if base is bool else base.__pos__(value)
    return None


def _fitting(number: int) -> int | float:
    try:
        return number if abs(number) <= _MAX_INT else float(number)
    except OverflowError as error:
        raise NotAnArrayError("int") from error


def _listed(value: object, depth: int) -> list[object]:
    base = list if is_a(value, list) else tuple
    if depth > _MAX_DEPTH or base.__len__(value) > _MAX_ITEMS:
        raise NotAnArrayError(kind(value))
    items: list[object] = []
    for item in base.__iter__(value):
        if is_a(item, (list, tuple)):
            items.append(_listed(item, depth + 1))
        else:
            number = _number(item)
            items.append(raw(item) if number is None else number)
    return items


def _from_tensor(value: object) -> ndarray:
    torch = torch_or_none()
    with torch._C.DisableTorchFunctionSubclass():  # noqa: SLF001 - a subclass must not see this
        tensor = torch.Tensor.detach(value)
        if tensor.layout is not torch.strided:
            tensor = tensor.to_dense()
        if tensor.dtype in (torch.bfloat16, torch.float16):
            tensor = tensor.to(torch.float32)
        tensor = tensor.cpu().resolve_conj().resolve_neg()
        try:
            return array(torch.Tensor.numpy(tensor))
        except (TypeError, RuntimeError) as error:
            raise NotAnArrayError(str(value.dtype)) from error


def numbers(value: object) -> ndarray:
    """The value as float64, bool or int64.

    Raises:
        NotAnArrayError: it is no array of such numbers.
    """
    found = raw(value)
    if found.dtype.kind == "b":
        return found.astype(_BOOL)
    if found.dtype.kind == "f":
        return found.astype(_FLOAT)
    if found.dtype.kind in "iu":
        large = found.dtype.kind == "u" and found.size and int(found.max()) > _MAX_INT
        return found.astype(_FLOAT if large else _INT)
    raise NotAnArrayError(str(found.dtype))


def signed(value: object) -> ndarray:
    """The value in its own precision, as bool, signed integers or floats: all that is read outside.

    Raises:
        NotAnArrayError: it is no array, or one of complex numbers, objects, or integers too large.
    """
    found = raw(value)
    if found.dtype.kind == "u" and not (found.size and int(found.max()) > _MAX_INT):
        return found.astype(_INT)
    if found.dtype.kind not in "bif":
        raise NotAnArrayError(str(found.dtype))
    return found.astype(_FLOAT) if found.dtype.itemsize > _FLOAT.itemsize else found


def content(value: object) -> object:
    """Changes when an array's values do; None of what is no array or too large to watch."""
    if is_a(value, ndarray):
        size = ndarray.nbytes.__get__(value)
    elif is_tensor(value):
        size = value.numel() * value.element_size()
    else:
        return None
    if size > _MAX_WATCHED:
        return None
    found = raw(value)
    return found.shape, found.dtype.str, crc32(found.tobytes())


def dtype_of(value: object) -> str:
    """The value's dtype in words; empty where it has none."""
    if is_tensor(value):
        return str(value.dtype)
    try:
        return str(raw(value).dtype)
    except NotAnArrayError:
        return ""


def same(left: ndarray | None, right: ndarray | None) -> bool:
    """Equal in shape and every value; NaN equals NaN."""
    if left is None or right is None:
        return left is right
    if left.shape != right.shape or left.dtype.kind != right.dtype.kind:
        return False
    if left.dtype.kind == "f":
        return bool(((left == right) | (isnan(left) & isnan(right))).all())
    return bool(array_equal(left, right))


def size_of(tensors: Mapping[str, ndarray]) -> int:
    """Bytes of the arrays."""
    return sum(tensor.nbytes for tensor in tensors.values())
