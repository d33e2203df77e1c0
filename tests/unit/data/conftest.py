import hashlib
import struct

import numpy as np
import pytest

from grader.data import Dataset, RawFile, Split


def idx(array: np.ndarray) -> bytes:
    """An IDX file, made independently of the reader."""
    header = b"\0\0\x08" + bytes([array.ndim])
    return header + b"".join(struct.pack(">I", n) for n in array.shape) + array.tobytes()


def raw_file(name: str, data: bytes, shape: tuple[int, ...]) -> RawFile:
    return RawFile(name=name, md5=hashlib.md5(data).hexdigest(), size=len(data), shape=shape)


@pytest.fixture(scope="session")
def tiny_files() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    return {
        "images": idx(rng.integers(0, 256, (7, 4, 3), dtype=np.uint8)),
        "labels": idx(np.arange(7, dtype=np.uint8)),
    }


@pytest.fixture(scope="session")
def tiny(tiny_files: dict[str, bytes]) -> Dataset:
    split = Split(
        images=raw_file("images", tiny_files["images"], (7, 4, 3)),
        labels=raw_file("labels", tiny_files["labels"], (7,)),
    )
    return Dataset(name="tiny", folder="Tiny/raw", splits={"test": split}, classes=10)
