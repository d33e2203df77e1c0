"""Bytes -> UTF-8 bytes: what is no text at all is refused here, and named."""

import codecs
from dataclasses import dataclass

from grader.domain.submission import Flag
from grader.errors import SubmissionError

MIB = 1024 * 1024
MAX_FILE_BYTES = 100 * MIB
"""Size of the file itself; most of a large one is saved output, which is dropped."""

_CHUNK = MIB
_BLANK = b" \t\r\n\0"
_ARCHIVES = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"PK\x07\x08", "a zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a rar archive"),
)
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True)
class Text:
    """A file that is text.

    Attributes:
        utf8: valid UTF-8 without a byte order mark.
        flags: what was tolerated.
    """

    utf8: bytes
    flags: tuple[Flag, ...] = ()


def read_text(data: bytes) -> Text:
    """Check that the bytes are text, without holding a second copy of them where they are UTF-8.

    Raises:
        SubmissionError: ``empty``, ``too_large``, ``zip``, ``truncated`` or ``not_utf8``.
    """
    if len(data) > MAX_FILE_BYTES:
        raise SubmissionError(
            "too_large",
            f"The notebook has more than {MAX_FILE_BYTES // MIB} MiB: clear its saved outputs.",
        )
    if not data.lstrip(_BLANK):
        what = "is empty" if not data else f"holds {len(data)} bytes, all of them blank"
        raise SubmissionError("empty", f"The file {what}, expected a notebook.")
    for magic, kind in _ARCHIVES:
        if data.startswith(magic):
            raise SubmissionError(
                "zip", f"The file is {kind}, expected the notebook itself (.ipynb), not packed."
            )
    return _decoded(data)


def _decoded(data: bytes) -> Text:
    for mark, encoding in _WIDE:
        if data.startswith(mark):
            flag = Flag(code="encoding", message=f"The file is {encoding.upper()}, not UTF-8.")
            return Text(_recoded(data[len(mark) :], encoding), (flag,))
    flags: tuple[Flag, ...] = ()
    if data.startswith(codecs.BOM_UTF8):
        flags = (Flag(code="encoding", message="The file starts with a byte order mark."),)
        data = data[len(codecs.BOM_UTF8) :]
    _check_utf8(data)
    return Text(data, flags)


def _recoded(data: bytes, encoding: str) -> bytes:
    try:
        return data.decode(encoding).encode()
    except UnicodeDecodeError as error:
        code = "truncated" if error.end >= len(data) else "not_utf8"
        raise SubmissionError(
            code, f"The file is no valid {encoding.upper()} from byte {error.start} on."
        ) from error


def _check_utf8(data: bytes) -> None:
    """Decode chunk by chunk: one wide character would make a str of four times the file's size."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    for start in range(0, len(data), _CHUNK):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(view[start : start + _CHUNK])
        except UnicodeDecodeError as error:
            at = start - pending + error.start
            raise SubmissionError(
                "not_utf8",
                f"The file is not UTF-8: byte {at} is 0x{data[at]:02x}. "
                "A notebook saved by Jupyter always is.",
            ) from error
    if decoder.getstate()[0]:
        raise SubmissionError(
            "truncated", f"The file ends within a character, after {len(data)} bytes."
        )
