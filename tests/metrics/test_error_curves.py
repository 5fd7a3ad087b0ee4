import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyfaces.metrics.error_curves import curve_area, failure_share

ERRORS = np.array([0.0, 2.0, 4.0, 8.0, 20.0])


def test_area_by_hand() -> None:
    # The staircase is 1/5 up to 2, 2/5 up to 4, 3/5 up to 8, 4/5 up to 10.
    assert curve_area(ERRORS, 10) == pytest.approx((2 * 1 + 2 * 2 + 4 * 3 + 2 * 4) / 5 / 10)
    assert curve_area(np.zeros(3), 7) == 1
    assert curve_area(np.full(3, 7.0), 7) == 0


@given(st.lists(st.floats(0, 30), min_size=1, max_size=30), st.sampled_from([7.0, 8.0, 10.0]))
def test_area_is_the_integral_of_the_curve(errors: list[float], limit: float) -> None:
    values = np.array(errors)
    grid = (np.arange(20_000) + 0.5) * limit / 20_000
    curve = (values[:, None] <= grid).mean(0)
    assert curve_area(values, limit) == pytest.approx(curve.mean(), abs=1e-4)


def test_failures_are_above_the_limit() -> None:
    assert failure_share(ERRORS, 8) == 0.2
    assert failure_share(ERRORS, 7.9) == 0.4
