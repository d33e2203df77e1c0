"""The IDX format.

Two zero bytes, a type, the number of dimensions, each dimension as big-endian uint32, the data.
Only unsigned bytes (type 8) are read: that is all that MNIST and its kin use.
"""

import math
import struct

import numpy as np
from numpy.typing import NDArray

from grader.errors import DataError

UNSIGNED_BYTE = 8
MAX_DIMENSIONS = 4


def read_idx(data: bytes, name: str) -> NDArray[np.uint8]:
    """Read one IDX file.

    Args:
        data: the whole file.
        name: what error messages call it.

    Returns:
        uint8 array in the shape that the header states; read-only, sharing the bytes.

    Raises:
        DataError: the magic number, the dimensions or the length is wrong.
    """
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] != UNSIGNED_BYTE:
        raise DataError(
            f"{name} is no IDX file of unsigned bytes: it starts with "
            f"{data[:4].hex(' ') or 'nothing'}, expected 00 00 08 and the number of dimensions"
        )
    dimensions = data[3]
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise DataError(f"{name} has {dimensions} dimensions, expected 1 to {MAX_DIMENSIONS}")
    start = 4 + 4 * dimensions
    if len(data) < start:
        raise DataError(f"{name} ends in its header: found {len(data)} bytes, expected {start}")
    shape = struct.unpack(f">{dimensions}I", data[4:start])
    if len(data) - start != math.prod(shape):
        raise DataError(
            f"{name} holds {len(data) - start} bytes of data, "
            f"expected {math.prod(shape)} for its shape {shape}"
        )
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(shape)


def write_idx(array: NDArray[np.uint8]) -> bytes:
    """The IDX file of an array of unsigned bytes: what `read_idx` reads."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, UNSIGNED_BYTE, array.ndim, *array.shape)
    return header + array.tobytes()
