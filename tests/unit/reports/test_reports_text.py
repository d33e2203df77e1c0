import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports_examples import never_ran

from grader.domain.report import SecondRunReport
from grader.reports.facts import limits_hit, run_facts
from grader.reports.numbers import points, seconds, share, size
from grader.reports.text import block, clean, cut, line, words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "link"),
        ("a\rb\r\nc\u2028d", "a\nb\nc\nd"),
        ("a\tb", "a    b"),
        ("bell\x07", "bell\ufffd"),
        ("exe\u202egnp", "exe\ufffdgnp"),
        ("soft\u00adhyphen\u200b", "softhyphen"),
        ("\ud800", "\ufffd"),
        ("\uffff", "\ufffd"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("e\u0301" + "\u0301" * 90, "e" + "\u0301" * 4),
        ("größer σ 漢字 🙂", "größer σ 漢字 🙂"),
    ],
)
def test_text_keeps_what_is_read_and_loses_what_acts(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_cleaning_clean_text_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    clean(text).encode()


def test_long_text_keeps_its_end_and_says_what_is_missing() -> None:
    shown = cut("a" * 900 + "END", 300)
    assert shown.endswith("END")
    assert "(603 characters left out)" in shown


def test_a_line_is_one_and_a_block_keeps_its_own() -> None:
    assert line(" a\n\n b\tc ") == "a b c"
    assert block("\n\n  a\n\n b \n\n") == "  a\n\n b"
    assert words("kernel_not_flipped") == "kernel not flipped"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.04, "0.0 s"), (9.96, "10.0 s"), (37.4, "37 s"), (59.7, "1 min"), (185, "3 min 05 s"),
     (3600, "1 h"), (3725, "1 h 02 min")],
)  # fmt: skip
def test_durations_are_read_as_people_say_them(value: float, shown: str) -> None:
    assert seconds(value) == shown


def test_numbers_are_short() -> None:
    assert [points(v) for v in (8, 2.5, 8 / 3, 0, 100)] == ["8", "2.5", "2.67", "0", "100"]
    assert [size(v) for v in (2048, 26 << 20, 3 << 29)] == ["2 KiB", "26 MiB", "1.5 GiB"]
    assert [share(1, 0), share(3, 2), share(1, 4)] == [0, 100, 25]


def test_cells_that_never_ran_are_named_as_ranges() -> None:
    said = limits_hit(never_ran().run)
    assert said[0] == "The run was stopped (kernel died): the kernel ended in cell 3 (os._exit)"
    assert said[1] == "Cell 3 ended the kernel."
    assert said[2].startswith("Cell 4 to 5, 8, 11")


def test_a_second_run_its_seed_and_the_data_are_told() -> None:
    second = SecondRunReport(models=("model_lenet",), seconds=75, stopped="finished")
    drawn = {"seed_id": "0123", "data": {"mnist/test": "c010491ceeea9bcd"}, "second": second}
    told = dict(run_facts(never_ran().run.model_copy(update=drawn)))
    assert told["Judged with"] == "mnist/test (c010491c)"
    assert told["Hidden inputs"] == "0123"
    assert told["Trained once more"].startswith("model_lenet (")
    assert told["Trained once more"].endswith("finished)")


def test_the_image_that_a_container_ran_is_told_with_its_digest() -> None:
    run = never_ran().run.model_copy(update={"image": "grader-guest sha256:88cf8152"})
    assert dict(run_facts(run))["Image"] == "grader-guest sha256:88cf8152"
    assert "Image" not in dict(run_facts(never_ran().run))
