import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.cnn.convolution import (
    SOBEL,
    convolve_1d,
    gaussian_filter,
    pad_1d,
    threshold_at_mean,
)


@settings(deadline=None)
@given(st.integers(1, 30), st.data())
def test_convolution_is_numpys_for_every_length(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n))
    generator = np.random.default_rng(n * 31 + k)
    x, h = generator.normal(size=n), generator.normal(size=k)
    np.testing.assert_allclose(convolve_1d(x, h), np.convolve(x, h, mode="same"), atol=1e-12)


def test_the_exercises_first_outputs_are_those_by_hand() -> None:
    x, h = np.array([2, 2, 2, 2, 10]), np.array([-1, 0, 1])
    assert convolve_1d(x, h)[:3].tolist() == [-2, 0, 0]


@pytest.mark.parametrize(("n", "k"), [(3, 4), (3, 0)])
def test_a_filter_that_is_longer_than_the_input_or_empty_is_refused(n: int, k: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        convolve_1d(np.zeros(n), np.zeros(k))


def test_padding_is_half_the_filter_on_each_side() -> None:
    assert pad_1d(np.array([7, 8]), 5).tolist() == [0, 0, 7, 8, 0, 0]


@pytest.mark.parametrize("sigma", [0.2, 0.5, 5])
def test_a_gaussian_sums_to_one_and_is_symmetric(sigma: float) -> None:
    weights = gaussian_filter(sigma, 8)
    assert weights.shape == (8, 8)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights, weights[::-1, ::-1])
    np.testing.assert_allclose(weights, weights.T)


def test_a_larger_sigma_spreads_the_gaussian() -> None:
    peaks = [gaussian_filter(sigma, 8).max() for sigma in (0.2, 0.5, 5)]
    assert peaks == sorted(peaks, reverse=True)


@pytest.mark.parametrize(("sigma", "size"), [(0, 8), (1, 0)])
def test_an_impossible_gaussian_is_refused(sigma: float, size: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        gaussian_filter(sigma, size)


def test_the_sobel_filters_are_transposes() -> None:
    assert SOBEL[0].tolist() == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]
    np.testing.assert_array_equal(SOBEL[1], SOBEL[0].T)


def test_only_values_above_the_mean_become_one() -> None:
    assert threshold_at_mean(np.array([[1.0, 2.0], [3.0, 2.0]])).tolist() == [[0, 0], [1, 0]]
