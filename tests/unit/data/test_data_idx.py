import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.data.idx import read_idx
from grader.errors import DataError


def encode(array: np.ndarray) -> bytes:
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


@given(hnp.arrays(np.uint8, hnp.array_shapes(max_dims=4, max_side=5)))
def test_what_was_written_is_read_again(array: np.ndarray) -> None:
    assert np.array_equal(read_idx(encode(array), "file"), array)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "starts with nothing"),
        (b"\0\0\x08", "starts with 00 00 08"),
        (b"\x1f\x8b\x08\x03" + bytes(20), "no IDX file"),
        (b"\0\0\x0d\x01\0\0\0\x01" + bytes(4), "no IDX file"),
        (b"\0\0\x08\x00", "0 dimensions"),
        (b"\0\0\x08\x09" + bytes(36), "9 dimensions"),
        (b"\0\0\x08\x03\0\0\0\x01", "ends in its header"),
        (b"\0\0\x08\x01\0\0\0\x05" + bytes(4), "holds 4 bytes of data, expected 5"),
        (b"\0\0\x08\x01\0\0\0\x05" + bytes(6), "holds 6 bytes of data, expected 5"),
        (b"\0\0\x08\x04" + b"\xff" * 16 + bytes(9), "holds 9 bytes"),
    ],
)
def test_a_broken_file_is_refused_and_the_message_says_why(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_idx(data, "file")


@given(st.binary(max_size=64))
def test_any_bytes_give_an_array_or_a_data_error(data: bytes) -> None:
    try:
        array = read_idx(data, "file")
    except DataError:
        return
    assert array.size <= len(data)
