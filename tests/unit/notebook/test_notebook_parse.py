import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.domain.submission import Submission
from grader.errors import AssignmentError, SubmissionError
from grader.notebook import MAX_FILE_BYTES, parse
from grader.notebook.scan import Cursor

Build = Callable[..., bytes]


def refused(data: bytes) -> str:
    with pytest.raises(SubmissionError) as error:
        parse(data, "homework.ipynb")
    assert str(error.value).endswith(".")
    return error.value.code


def codes(submission: Submission) -> list[str]:
    return [flag.code for flag in submission.flags]


def test_a_notebook_becomes_its_cells_without_outputs(build: Build) -> None:
    data = build([("markdown", "# Title"), ("code", ["a = 1\n", "b = 2"]), ("raw", "as it is")])
    submission = parse(data, "homework.ipynb")
    assert [(c.index, c.kind, c.source) for c in submission.cells] == [
        (0, "markdown", "# Title"),
        (1, "code", "a = 1\nb = 2"),
        (2, "raw", "as it is"),
    ]
    assert submission.sha256 == hashlib.sha256(data).hexdigest()
    assert submission.flags == ()


def test_the_real_notebooks_are_read_without_a_flag(release: bytes, solution: bytes) -> None:
    for data in (release, solution):
        submission = parse(data, "exercise.ipynb")
        source = json.loads(data)["cells"]
        assert [c.source for c in submission.cells] == ["".join(c["source"]) for c in source]
        assert submission.flags == ()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (bytes(4096), "empty"),
        (b"print('hello')", "not_json"),
        (b"<!DOCTYPE html><html></html>", "not_json"),
        (b"%PDF-1.7", "not_json"),
        (b"{'cells': []}", "not_json"),
        (b'{"cells": [] "nbformat": 4}', "not_json"),
        (b'{"nbformat": 4, "cells": []} {}', "not_json"),
        (b"[]", "not_a_notebook"),
        (b'"text"', "not_a_notebook"),
        (b"4", "not_a_notebook"),
        (b"null", "not_a_notebook"),
        (b"{}", "not_a_notebook"),
        (b'{"nbformat": 4}', "not_a_notebook"),
        (b'{"nbformat": 4, "cells": {}}', "not_a_notebook"),
        (b'{"cells": [{"cell_type": "code", "source": ""}]}', "not_a_notebook"),
        (b'{"nbformat": 4, "cells": []}', "no_cells"),
        (b'{"nbformat": 3, "worksheets": []}', "no_cells"),
        (b'{"nbformat": 5, "cells": []}', "too_new"),
        (b'{"nbformat": 1e999, "cells": []}', "too_new"),
        (b'{"nbformat": ' + b"9" * 1000 + b', "cells": []}', "too_new"),
        (b'{"nbformat": 2, "worksheets": []}', "unsupported_format"),
        (b'{"nbformat": "4", "cells": []}', "unsupported_format"),
        (b'{"nbformat": true, "cells": []}', "unsupported_format"),
        (b'{"nbformat": NaN, "cells": []}', "unsupported_format"),
        (b'{"nbformat": null, "cells": []}', "unsupported_format"),
        (b'{"nbformat": 4, "name": "M\xfcller", "cells": []}', "not_utf8"),
        (b"\xff\xfe{", "truncated"),
        (b"\x1f\x8b\x08\x00", "zip"),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_code(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_a_zip_renamed_is_called_a_zip(build: Build) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("homework.ipynb", build([("code", "a = 1")]))
    assert refused(packed.getvalue()) == "zip"


def test_every_cut_of_a_notebook_is_called_truncated(build: Build) -> None:
    fields = {"metadata": {"title": "ü", "list": [1, 2.5, None, True]}}
    data = build([("code", 'print("\\u00fc")'), ("markdown", "ü\n")], **fields)
    assert {refused(data[:end]) for end in range(1, len(data))} == {"truncated"}


def test_a_cut_within_a_character_is_truncated_and_not_bad_encoding() -> None:
    assert refused('{"nbformat": "ü'.encode()[:-1]) == "truncated"


def test_a_file_over_the_cap_is_refused_before_it_is_read() -> None:
    assert refused(b"{" + bytes(MAX_FILE_BYTES)) == "too_large"


def test_sources_over_the_cap_are_refused(build: Build) -> None:
    assert refused(build([("code", "#" * (33 * 1024 * 1024))])) == "too_large"
    assert refused(build([("code", "#" * (17 * 1024 * 1024))] * 2)) == "too_large"


def test_twenty_thousand_cells_are_counted_and_refused(build: Build) -> None:
    with pytest.raises(SubmissionError, match="20000 cells, expected at most 2000") as error:
        parse(build([("code", "1")] * 20_000), "homework.ipynb")
    assert error.value.code == "too_many_cells"


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"b":['])
@pytest.mark.parametrize("place", ['{"x": %s', '{"nbformat": 4, "cells": [{"outputs": %s', "%s"])
def test_deep_nesting_is_refused_without_a_recursion_error(opening: str, place: str) -> None:
    assert refused((place % (opening * 100_000)).encode()) == "too_deep"


def test_millions_of_brackets_are_refused_and_pictures_as_lists_are_not(build: Build) -> None:
    data = build([("code", "1")])
    pixels = data.replace(b'"outputs": []', b'"outputs": [[' + b"[1,2,3]," * 2_000_000 + b"1]]")
    assert parse(pixels, "n.ipynb").cells[0].source == "1"
    assert refused(data.replace(b'"outputs": []', b'"outputs": [' + b"[[[]]]," * 2_000_000)) == (
        "too_large"
    )


def test_deep_nesting_in_a_source_is_refused(build: Build) -> None:
    data = build([("code", "SOURCE")]).replace(b'"SOURCE"', b"[" * 5000 + b"]" * 5000)
    assert refused(data) == "too_deep"


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}},
        {"kernelspec": {"name": "julia-1.10", "display_name": "Julia"}},
        {"kernelspec": {"name": "ir"}},
        {"language_info": {"name": "julia"}},
        {"kernelspec": {"name": "my-env"}, "language_info": {"name": "R"}},
    ],
)
def test_another_language_is_refused(build: Build, metadata: dict[str, object]) -> None:
    assert refused(build([("code", "1")], metadata=metadata)) == "not_python"


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "irene", "display_name": "my environment"}},
        {"kernelspec": {"name": "r-env", "language": "python"}},
        {"language_info": {"name": "ipython", "version": "3.8"}},
        {"kernelspec": None, "language_info": []},
        {"kernelspec": {"language": 3}},
    ],
)
def test_python_by_any_kernel_is_read(build: Build, metadata: dict[str, object]) -> None:
    assert len(parse(build([("code", "1")], metadata=metadata), "n.ipynb").cells) == 1


def test_a_notebook_without_metadata_is_read() -> None:
    data = b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "a"}]}'
    assert parse(data, "n.ipynb").cells[0].source == "a"


def test_format_3_is_upgraded() -> None:
    sheet = [
        {"cell_type": "heading", "level": 2, "source": ["Part 1"]},
        {"cell_type": "code", "input": ["a = 1\n", "b"], "language": "python", "outputs": [{}]},
        {"cell_type": "markdown", "source": "text"},
    ]
    other = [{"cell_type": "code", "input": "c", "language": "python"}]
    worksheets = [{"cells": sheet}, {"metadata": {}, "cells": other}]
    data = json.dumps({"metadata": {}, "nbformat": 3, "worksheets": worksheets}).encode()
    submission = parse(data, "n.ipynb")
    assert [(c.kind, c.source) for c in submission.cells] == [
        ("markdown", "## Part 1"),
        ("code", "a = 1\nb"),
        ("markdown", "text"),
        ("code", "c"),
    ]
    assert codes(submission) == ["format_upgraded"]


def test_format_3_in_another_language_is_refused() -> None:
    cell = {"cell_type": "code", "input": "1", "language": "julia"}
    data = json.dumps({"nbformat": 3, "worksheets": [{"cells": [cell]}]}).encode()
    assert refused(data) == "not_python"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_tolerated_with_a_flag(build: Build, encoding: str) -> None:
    data = build([("code", "a = 'ü🙂'")]).decode().encode(encoding)
    submission = parse(data, "n.ipynb")
    assert submission.cells[0].source == "a = 'ü🙂'"
    assert codes(submission) == ["encoding"]


def test_nan_and_endless_integers_in_metadata_are_tolerated(build: Build) -> None:
    data = build([("code", "a")], metadata={"x": float("nan"), "y": [float("-inf")]})
    data = data.replace(b'"x"', b'"z": ' + b"7" * 1_000_000 + b', "x"')
    data = data.replace(b'"nbformat_minor": 5', b'"nbformat_minor": ' + b"5" * 1000)
    assert parse(data, "n.ipynb").cells[0].source == "a"


def test_a_large_saved_output_is_dropped_with_a_flag(build: Build) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "567434 \\n" * 8_000_000}
    cell = {"cell_type": "code", "id": "a", "source": "1", "metadata": {}, "outputs": [output]}
    submission = parse(build([], cells=[cell]), "n.ipynb")
    assert [c.source for c in submission.cells] == ["1"]
    assert codes(submission) == ["outputs_dropped"]


@pytest.mark.parametrize(
    ("cells", "flagged"),
    [
        ([{"cell_type": "code", "source": "1", "id": "a"}] * 2, ["cell_ids"]),
        ([{"cell_type": "code", "source": "1"}], ["cell_ids"]),
        ([{"cell_type": "magic", "source": "1", "id": "a"}], ["unknown_cell"]),
        ([{"cell_type": ["code"], "source": "1", "id": "a"}], ["unknown_cell"]),
        ([{"cell_type": "code", "source": None, "id": "a"}], ["odd_source"]),
        ([{"cell_type": "code", "source": ["1", 2], "id": "a"}], ["odd_source"]),
        ([{"cell_type": "code", "source": {"a": 1}, "id": "a"}], ["odd_source"]),
        ([{"cell_type": "code", "source": "\ud800", "id": "a"}], ["surrogates_replaced"]),
    ],
)
def test_odd_cells_are_kept_with_a_flag(
    build: Build, cells: list[object], flagged: list[str]
) -> None:
    submission = parse(build([], cells=cells), "n.ipynb")
    assert len(submission.cells) == len(cells)
    assert codes(submission) == flagged


def test_cells_that_are_no_objects_keep_their_place(build: Build) -> None:
    code = {"cell_type": "code", "source": "1", "id": "a"}
    submission = parse(build([], cells=[None, 3, code]), "n.ipynb")
    assert [(c.index, c.kind) for c in submission.cells] == [(0, "raw"), (1, "raw"), (2, "code")]


def test_half_characters_are_replaced_and_pairs_are_joined(build: Build) -> None:
    data = build([("code", ["'\ud83d", "\ude00' \udc00"]), ("code", "'\ufffd'")])
    submission = parse(data, "n.ipynb")
    assert submission.cells[0].source == "'😀' �"
    assert [f.message for f in submission.flags] == [
        "Cell 0 holds half a character, replaced by �."
    ]


def test_windows_line_ends_become_newlines(build: Build) -> None:
    assert parse(build([("code", "a\r\nb\rc\n")]), "n.ipynb").cells[0].source == "a\nb\nc\n"


@pytest.mark.parametrize("source", ["def f(:", "%%bash\nls", "!pip install x", "a = '\0'", "?"])
def test_code_that_does_not_compile_stays_in(build: Build, source: str) -> None:
    assert parse(build([("code", source)]), "n.ipynb").cells[0].source == source


def test_attachments_and_raw_cells_are_tolerated(build: Build) -> None:
    cell = {"cell_type": "markdown", "id": "a", "source": "![](attachment:x.png)"}
    cell["attachments"] = {"x.png": {"image/png": "aaaa"}}
    raw = {"cell_type": "raw", "id": "b", "source": "x", "metadata": {"format": "text/latex"}}
    assert parse(build([], cells=[cell, raw]), "n.ipynb").flags == ()


def test_the_last_of_equal_keys_counts_as_in_jupyter() -> None:
    cell = '{"cell_type": "code", "source": "%s", "sou\\u0072ce": "%s"}'
    first, second = (f'"cells": [{cell % (a, b)}]' for a, b in ("ab", "cd"))
    data = f'{{"nbformat": 4, {first}, {second}}}'.encode()
    assert [c.source for c in parse(data, "n.ipynb").cells] == ["d"]


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("a/b/../Müller, Jörg.ipynb", "Müller, Jörg.ipynb"),
        ("C:\\Users\\x.ipynb", "x.ipynb"),
        ("x\x1b[31m\n\u202ey.ipynb", "x[31my.ipynb"),
        ("", "notebook.ipynb"),
        ("/", "notebook.ipynb"),
        ("\ud800", "notebook.ipynb"),
        ("a" * 1000, "a" * 200),
    ],
)
def test_names_are_cleaned(build: Build, name: str, clean: str) -> None:
    assert parse(build([("code", "1")]), name).name == clean


def test_a_broken_release_is_the_staffs_fault(build: Build) -> None:
    with pytest.raises(AssignmentError, match="release notebook cannot be read"):
        parse(build([("code", "1")]), "n.ipynb", release=b"{")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "cells",
                    "worksheets",
                    "nbformat",
                    "metadata",
                    "cell_type",
                    "source",
                    "input",
                    "id",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=30,
)


@given(JSON, st.sampled_from([None, 1]))
def test_the_cursor_passes_every_json_value_whole(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent).encode()
    cursor = Cursor(text)
    assert cursor.skip() == len(text)
    cursor.end()


def survives(data: bytes) -> None:
    with suppress(SubmissionError):
        submission = parse(data, "n.ipynb")
        assert Submission.model_validate_json(submission.model_dump_json()) == submission


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda t: t.encode(errors="replace")))
def test_any_bytes_give_a_submission_or_a_submission_error(data: bytes) -> None:
    survives(data)


@given(JSON, st.sampled_from([3, 4, 4.0, 5]))
def test_any_json_gives_a_submission_or_a_submission_error(value: object, version: object) -> None:
    survives(json.dumps(value).encode())
    survives(json.dumps({"nbformat": version, "cells": value, "worksheets": value}).encode())
    survives(json.dumps({"nbformat": version, "cells": [value, {"source": value}]}).encode())


@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_a_mutated_real_notebook_gives_a_submission_or_a_submission_error(
    release: bytes, rng: random.Random, changes: int
) -> None:
    data = bytearray(release)
    for _ in range(changes):
        at = rng.randrange(len(data))
        length = rng.choice([0, 1, 1, 1, 50, 5000])
        new = rng.choice([b"", b'"', b"[", b"}", b"\\", b",", b"\xff", b"\0", b"NaN", b"\\ud800"])
        data[at : at + length] = new
    survives(bytes(data))
