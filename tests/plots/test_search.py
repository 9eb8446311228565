"""The picture of a search by decisions."""

import numpy as np
import pytest
from flint import fmpq

from wlra_exact.errors import InputError
from wlra_exact.plots import plot_search

TINY = fmpq(1, 2**5000)


def test_the_axis_reaches_numbers_that_no_float_holds():
    figure = plot_search([(TINY, "NO", TINY, None), (fmpq(2), "YES", TINY, fmpq(1)), (fmpq(1, 2), "?", TINY, fmpq(1))])
    top, bottom = figure.axes
    lower = next(line for line in top.lines if "lower" in line.get_label())
    assert np.allclose(lower.get_ydata(), -5000)
    assert np.allclose(bottom.lines[0].get_ydata(), 5000)
    markers = [line for line in top.lines if "threshold" in str(line.get_label())]
    assert [len(line.get_xdata()) for line in markers] == [1, 1]


def test_a_search_that_found_opt_zero_has_no_factor_to_draw():
    figure = plot_search([(fmpq(1), "YES", fmpq(0), fmpq(0))])
    assert not figure.axes[1].lines


def test_rows_are_needed():
    with pytest.raises(InputError, match="at least one decision"):
        plot_search([])
    with pytest.raises(InputError, match="positive threshold"):
        plot_search([(fmpq(0), "YES", fmpq(0), fmpq(0))])
