"""Pictures show what they were given: the numbers are read back from the figures."""

import numpy as np
import pytest
from flint import fmpq
from matplotlib.patches import Rectangle

import wlra_exact
from wlra_exact import plots
from wlra_exact.deciders.critical import critical_points
from wlra_exact.errors import InputError, UnsupportedError
from wlra_exact.numeric.convert import approx_number
from wlra_exact.plots.style import COLOURS, HATCHES, MARKERS
from wlra_exact.search.progress import Event


def legend_texts(figure):
    legends = list(figure.legends) + [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    return [text.get_text() for legend in legends for text in legend.get_texts()]


def test_the_bracket_is_drawn_as_it_was_told(symmetric):
    result, events = symmetric
    figure = plots.plot_bracket(events, gap="1e-3")
    top, bottom = figure.axes
    upper, lower = (line.get_ydata() for line in top.lines[:2])
    assert upper[-1] == pytest.approx(approx_number(result.upper))
    assert lower[-1] == pytest.approx(approx_number(result.lower))
    assert all(np.diff(lower) >= 0)
    assert "seconds" in bottom.get_xlabel()
    assert any(text.startswith("raised by") for text in legend_texts(figure))
    assert "wanted: 1.0e-3" in legend_texts(figure)


def test_markers_tell_the_rules_apart():
    events = [Event(name, fmpq(bound), fmpq(5)) for name, bound in (("spectral", 1), ("minors", 2), ("columns", 4))]
    figure = plots.plot_bracket(events)
    marked = [line.get_marker() for line in figure.axes[0].lines[2:]]
    assert len(marked) == len(set(marked)) == 3


def test_a_recorder_is_drawn_as_its_events():
    recorder = plots.Recorder()
    wlra_exact.solve([[1, 2], [3, 5]], rank=1, progress=recorder)
    lines = [plots.plot_bracket(heard).axes[0].lines[0].get_xydata() for heard in (recorder, recorder.events)]
    assert np.array_equal(*lines)


def test_events_without_bounds_draw_nothing():
    with pytest.raises(InputError):
        plots.plot_bracket([Event("reductions")])


def test_a_bracket_that_is_closed_from_the_start_can_be_drawn():
    figure = plots.plot_bracket([Event("descent", fmpq(0), fmpq(0), 0, fmpq(0))])
    assert "relative gap 0" in figure.axes[0].get_title(loc="left")


def test_the_squares_of_the_residual_map_add_up_to_the_cost():
    result = wlra_exact.solve([[1, 2, 3], [3, 5, 4], [2, None, 7]], rank=1)
    figure = plots.plot_residuals(result.instance, result.U, result.V)
    residual = figure.axes[3].images[0].get_array()
    assert np.nansum(np.asarray(residual) ** 2) == pytest.approx(approx_number(result.upper))
    hatched = [[p for p in axes.patches if isinstance(p, Rectangle) and p.get_hatch()] for axes in figure.axes[:4]]
    assert [len(patches) for patches in hatched] == [1, 1, 0, 1]


def test_the_factors_of_a_certificate_are_those_of_its_witness():
    result = wlra_exact.solve([[1, 2], [3, 5]], rank=1)
    assert result.certificate.witness() == (result.U, result.V)


def test_every_critical_point_of_a_line_lies_on_the_curve(two_minima):
    report = critical_points(two_minima)
    figure = plots.plot_line(two_minima, report=report, lower=fmpq(271, 100), threshold=fmpq(3))
    axes = figure.axes[0]
    curve = axes.lines[0]
    points = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert len(points) == len(report.points) == 4
    for point in points:
        [x], [y] = point.get_xdata(), point.get_ydata()
        assert y == pytest.approx(np.interp(x, *curve.get_data()), rel=1e-3)
    assert min(curve.get_ydata()) >= 2.71
    assert {"certified lower bound 2.71000000", "threshold 3.00000000", "local minimum"} <= set(legend_texts(figure))


def test_a_landscape_draws_every_cell_and_names_the_rule(symmetric):
    instance, cells = plots.certificate_cells(symmetric[0].certificate)
    figure = plots.plot_landscape(instance, cells=cells, report=critical_points(instance), threshold=fmpq(50000))
    panels = figure.axes[:3]
    outlined = [p for axes in panels for p in axes.patches if isinstance(p, Rectangle) and not p.get_fill()]
    assert len(outlined) == len(cells)
    assert f"{len(cells)} cells closed by columns" in legend_texts(figure)
    assert "local minimum" in legend_texts(figure)


def test_a_landscape_needs_three_rows(two_minima):
    with pytest.raises(UnsupportedError, match="three rows"):
        plots.plot_landscape(two_minima)


def test_sketch_frequencies_are_drawn_with_their_intervals():
    rows = [plots.SketchRow(2, 30, 100, "0.21", "0.4"), (4, 90, 100, fmpq(8, 10), 1)]
    figure = plots.plot_sketches(rows, wanted="0.9")
    container = figure.axes[0].containers[0]
    assert list(container.lines[0].get_ydata()) == [0.3, 0.9]
    ends = [segment[:, 1] for segment in container.lines[2][0].get_segments()]
    assert np.allclose(ends, [[0.21, 0.4], [0.8, 1]])


@pytest.mark.parametrize("rows", [[], [(2, 50, 100, "0.6", "0.7")]])
def test_sketch_rows_that_make_no_sense_are_refused(rows):
    with pytest.raises(InputError):
        plots.plot_sketches(rows)


def test_equal_pictures_are_equal_files(tmp_path, two_minima):
    for suffix in ("svg", "png"):
        files = [tmp_path / f"{name}.{suffix}" for name in "ab"]
        for file in files:
            plots.save_picture(plots.plot_line(two_minima), file)
        assert files[0].read_bytes() == files[1].read_bytes()


def test_residuals_of_float_factors_are_those_of_their_exact_values():
    result = wlra_exact.solve([[1, 2, 3], [3, 5, 4], [2, None, 7]], rank=1)
    figure = plots.plot_residuals(result.instance, np.array([[1.0], [2.0], [1.5]]), [[1, 2, "2.5"]])
    residual = figure.axes[3].images[0].get_array()
    expected = [[0, 0, 0.5], [1, 1, -1], [0.5, np.nan, 3.25]]
    assert np.allclose(np.asarray(residual), expected, equal_nan=True)
    with pytest.raises(InputError, match=r"V: expected a matrix of shape 1x3, got 3x1 \(transposed\)"):
        plots.plot_residuals(result.instance, result.U, [[1], [2], [3]])


def test_no_two_colours_markers_or_hatches_are_the_same():
    for kinds in (COLOURS.values(), MARKERS, HATCHES):
        assert len(set(kinds)) == len(list(kinds))


def test_residuals_are_labelled_by_the_names_of_rows_and_columns():
    result = wlra_exact.solve([[1, 2], [3, 5]], rank=1)
    names = ["a $1 dollar bill", "a name that is much too long"]
    figure = plots.plot_residuals(result.instance, result.U, result.V, rows=names, columns=["x", "y"])
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [r"a \$1 dollar bill", "a name that is mu…"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["x", "y"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("", "")
