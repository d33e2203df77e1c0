from typing import Any

import made
import numpy as np
import pytest
from scipy.signal import convolve2d

from grader.checks.misconception import pairs
from grader.checks.variables import ArrayMatches
from reference.cnn.convolution import SOBEL
from reference.cnn.inputs import filtered_logos, threshold
from reference.cnn.misconceptions_threshold import IN_THRESHOLD


def logo(seed: Any) -> Any:
    """White paper with black shapes: most of the result is exactly 0, at the edges it is not."""
    image = np.ones((40, 60))
    rng = np.random.default_rng(seed)
    for row, column in rng.integers(4, 30, (5, 2)):
        image[row : row + 6, column : column + 9] = rng.uniform(0, 0.5)
    return convolve2d(image, SOBEL[-1], mode="same")


def photo(seed: Any) -> Any:
    """An image with many values, after the filter."""
    return convolve2d(np.random.default_rng(seed).random((40, 60)), SOBEL[-1], mode="same")


RESULT, OTHER = logo(1), logo(2)
RIGHT = RESULT.mean() < RESULT
CHECK = ArrayMatches(
    name="thresholded_result",
    given="result",
    reference=threshold,
    sources=lambda: (RESULT, OTHER),
    misconceptions=IN_THRESHOLD,
)


def judge(found: Any, check: Any = CHECK, **given: Any) -> Any:
    return check.judge(
        made.case(made.variables("thresholded_result", thresholded_result=found, **given))
    )


@pytest.mark.parametrize(
    "found",
    [
        RIGHT,
        RIGHT.astype(float),
        RIGHT.astype(np.uint8),
        RIGHT.astype(np.float32),
        OTHER.mean() < OTHER,
        RESULT.mean() <= RESULT,
    ],
)
@pytest.mark.parametrize("with_result", [True, False])
def test_the_threshold_passes_in_any_type(found: Any, with_result: Any) -> None:
    mine = OTHER if np.array_equal(found, OTHER.mean() < OTHER) else RESULT
    given = {"result": mine} if with_result else {}
    assert judge(found, **given).status == "passed"


def test_an_image_of_the_students_own_is_judged_by_itself_with_a_note() -> None:
    own = photo(7)
    outcome = judge(own > own.mean(), result=own)
    assert outcome.status == "passed"
    assert any("not from the exercise's image" in detail.text for detail in outcome.details)
    assert judge(own <= own.mean(), result=own).misconception == "inverted"


LOGO = filtered_logos()[0]
REAL = CHECK.model_copy(update={"sources": filtered_logos})


@pytest.mark.parametrize(
    "mistake", [*IN_THRESHOLD, *pairs(IN_THRESHOLD)], ids=lambda mistake: mistake.id
)
@pytest.mark.parametrize("with_result", [True, False])
def test_each_misconception_is_named_and_loses_points(mistake: Any, with_result: Any) -> None:
    given = {"result": LOGO} if with_result else {}
    derived = mistake.build(LOGO)
    if derived is None or np.nanmin(derived) == np.nanmax(derived):
        pytest.skip("for this image nothing can be told: its median is 0")
    outcome = judge(np.nan_to_num(derived), REAL, **given)
    assert set(outcome.misconception.split("+")) <= set(mistake.id.split("+"))
    assert 0 < outcome.score < 1


@pytest.mark.parametrize("level", ["median", "zero"])
def test_median_and_zero_are_told_apart_on_an_image_where_they_differ(level: Any) -> None:
    own = np.abs(photo(7)) - 0.3
    found = own > (np.median(own) if level == "median" else 0)
    assert judge(found, result=own).misconception == f"threshold_at_{level}"


@pytest.mark.parametrize("found", [LOGO > 0, np.median(LOGO) < LOGO, LOGO >= 1e-12])
def test_rounding_at_zero_does_not_decide(found: Any) -> None:
    outcome = judge(found, REAL, result=LOGO)
    assert outcome.misconception == "threshold_at_zero"
    assert "median" in outcome.message


def test_one_or_above_where_it_does_not_matter_is_right() -> None:
    assert judge(LOGO.mean() <= LOGO, REAL, result=LOGO).status == "passed"


@pytest.mark.parametrize(
    ("found", "parts"),
    [
        (RIGHT[:-1], ["its shape is (39, 60), (40, 60) was expected"]),
        (RIGHT * 0.5, ["it holds 0.5 at [", "where 1 was expected", "by up to 50 %"]),
        (np.where(RIGHT, np.nan, 0), ["it holds NaN at ["]),
        (RIGHT.astype(np.complex64), ["it is ndarray of type complex64"]),
    ],
)
def test_where_no_mistake_matches_the_message_says_how(found: Any, parts: Any) -> None:
    message = judge(found, result=RESULT).message
    assert all(part in message for part in parts), message


def test_a_difference_is_measured_on_the_scale_of_what_was_expected() -> None:
    small = CHECK.model_copy(update={"reference": lambda given: 1e-9 * given})
    assert judge(1e-9 * RESULT, small, result=RESULT).status == "passed"
    assert judge(2e-9 * RESULT, small, result=RESULT).status == "failed"


@pytest.mark.parametrize(
    "found",
    [
        np.zeros_like(RESULT),
        np.ones_like(RESULT),
        np.full_like(RESULT, np.nan),
        np.full_like(RESULT, np.inf),
        RESULT,
        OTHER.mean() < OTHER,
        RIGHT[:-1],
        RIGHT.T,
        RIGHT[0],
        np.array(1.0),
        np.zeros((0, 0)),
        RIGHT.astype(np.complex64),
        RIGHT * 0.5,
    ],
)
def test_a_wrong_array_fails(found: Any) -> None:
    assert judge(found, result=RESULT).status == "failed"


@pytest.mark.parametrize(
    "made_up",
    [
        np.eye(2),
        np.eye(64),
        np.pad(np.ones((9, 9)), 20),
        (logo(7) > logo(7).mean() + 0.7).astype(float),
        np.eye(64) + 1e-9 * np.arange(64),
    ],
    ids=["constant", "larger", "square", "wrong threshold", "with noise"],
)
def test_a_mask_that_is_called_its_own_origin_earns_nothing(made_up: Any) -> None:
    assert judge(made_up, result=made_up).score == 0
    assert judge(made_up > made_up.mean(), result=made_up).score == 0


@pytest.mark.parametrize("image", [photo(7)[:31], photo(7)[:, :31], np.round(photo(7))])
def test_an_own_array_that_is_too_small_or_plain_is_no_image(image: Any) -> None:
    assert judge(image > image.mean(), result=image).status == "failed"


def test_the_right_result_passes_where_the_other_name_was_used_again() -> None:
    assert judge(RIGHT, result=RIGHT).status == "passed"
    assert judge(RIGHT, result=np.eye(2)).status == "passed"


@pytest.mark.parametrize("given", [np.zeros((40, 60)), np.full((40, 60), np.nan), np.ones(3)])
def test_a_result_from_which_nothing_follows_earns_nothing(given: Any) -> None:
    assert judge(np.zeros_like(given), result=given).score == 0


def test_rounding_at_the_mean_does_not_decide() -> None:
    flat = np.zeros((9, 9))
    flat[4, 3], flat[4, 5] = 1, -1
    decided = threshold(flat)
    assert np.isnan(decided[0, 0])
    found = np.zeros_like(flat)
    found[4, 3] = 1
    check = CHECK.model_copy(update={"sources": lambda: (flat,)})
    assert judge(found, check, result=flat).status == "passed"
    found[0] = 1
    assert judge(found, check, result=flat).status == "passed"
    found[4, 5] = 1
    assert judge(found, check, result=flat).status == "failed"


def test_a_reference_that_gives_one_value_everywhere_shows_nothing() -> None:
    other = np.zeros((50, 50))
    same = CHECK.model_copy(update={"reference": np.ones_like, "sources": lambda: (other,)})
    answer = made.variables(
        "thresholded_result", thresholded_result=np.ones((40, 60)), result=photo(7)
    )
    assert same.judge(made.case(answer)).status == "failed"
