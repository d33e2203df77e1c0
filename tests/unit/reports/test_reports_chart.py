from hypothesis import given
from hypothesis import strategies as st

from grader.domain.detail import Plot, Series
from grader.reports.chart import MAX_POINTS, Chart, chart

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def drawn(*series: Series) -> Chart | None:
    return chart(Plot(title="t", x_label="x", y_label="y", series=series))


@given(
    st.lists(st.tuples(NUMBERS, st.none() | NUMBERS), max_size=30),
    st.sampled_from(["line", "stem", "points"]),
)
def test_any_numbers_are_drawn_inside_the_area(points: list, style: str) -> None:
    xs, ys = tuple(x for x, _ in points), tuple(y for _, y in points)
    found = drawn(Series(label="a", style=style, x=xs, y=ys))
    if found is None:
        assert all(y is None for y in ys)
        return
    assert all(0 <= m.x <= 100 and 0 <= m.y <= 100 for c in found.curves for m in c.marks)
    assert all(-0.01 <= t.at <= 100.01 for t in (*found.x_ticks, *found.y_ticks))
    assert 2 <= len(found.y_ticks) <= 8


def test_a_gap_parts_the_line_and_is_counted() -> None:
    found = drawn(Series(label="a", x=(0, 1, 2, 3), y=(1, None, 2, 3)))
    assert found is not None
    assert len(found.curves[0].paths) == 2
    assert found.missing == 1


def test_the_first_series_is_drawn_last() -> None:
    found = drawn(Series(label="yours", x=(0,), y=(1,)), Series(label="ours", x=(0,), y=(1,)))
    assert found is not None
    assert [curve.label for curve in found.curves] == ["ours", "yours"]


def test_ticks_are_round_numbers() -> None:
    found = drawn(Series(label="a", x=(0, 10), y=(0.9, 0.99)))
    assert found is not None
    assert [tick.text for tick in found.x_ticks] == ["0", "2", "4", "6", "8", "10"]
    assert [tick.text for tick in found.y_ticks] == ["0.90", "0.92", "0.94", "0.96", "0.98"]


def test_a_long_curve_is_thinned() -> None:
    many = tuple(float(i) for i in range(100_000))
    found = drawn(Series(label="a", style="points", x=many, y=many))
    assert found is not None
    assert len(found.curves[0].marks) <= MAX_POINTS
