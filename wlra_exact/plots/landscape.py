"""The cost over the charts of a three-row instance, with the boxes of a certificate.

With m = 3 rows and k = 1 or 2 every chart has two coordinates, and the three unit boxes together hold every column
space (``problem.charts``): three squares are the whole landscape. Grey levels are evenly spaced in the logarithm of the
cost; a cell of a certificate is outlined, and filled and hatched by the rule that closed it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.patches import Patch, Rectangle

from wlra_exact.algebra.decimal import floor_decimal
from wlra_exact.errors import UnsupportedError
from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.sampling import approx_balls, approx_numbers, chart_coordinates, sample_chart
from wlra_exact.plots.line import POINT_STYLES, point_handles
from wlra_exact.plots.style import COLOURS, FILL, HALF, HATCHES, THIN, legend_below, look, new_figure
from wlra_exact.problem.charts import all_pivots

if TYPE_CHECKING:
    from flint import fmpq
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from wlra_exact.deciders.critical import CriticalReport
    from wlra_exact.plots.cells import Cell
    from wlra_exact.problem.instance import Instance

__all__ = ["plot_landscape"]

_RULE_COLOURS = ("sky", "orange", "green", "purple", "yellow", "vermillion")

_LEVELS = 13


def plot_landscape(
    instance: Instance,
    *,
    cells: Sequence[Cell] = (),
    report: CriticalReport | None = None,
    threshold: fmpq | None = None,
) -> Figure:
    """The cost of an instance with k (m - k) = 2 over its three charts.

    Args:
        instance: the problem, with three rows; ``cells`` are about its charts.
        cells: boxes of a certificate, from ``certificate_cells``.
        report: its critical points, from ``deciders.critical``; None draws none.
        threshold: drawn as a contour where the cost crosses it.

    Raises:
        UnsupportedError: for other shapes.
    """
    m, k = instance.shape[0], instance.k
    if m != 3 or k not in (1, 2):
        raise UnsupportedError(f"a landscape needs three rows and rank 1 or 2, got {m} rows and rank {k}")
    sampled = [(pivots, *sample_chart(instance, pivots)) for pivots in all_pivots(m, k)]
    least = min(np.min(costs) for _, _, costs in sampled)
    largest = max(np.max(costs) for _, _, costs in sampled)
    floor = max(least, largest / 10**9)  # opt = 0 has no logarithm
    levels = np.geomspace(floor, largest, _LEVELS) if largest > floor else np.array([floor, floor + 1])
    ranked = [rule for rule, _ in Counter(cell.rule for cell in cells).most_common()]
    kinds: set[int | None] = set()
    with look():
        figure = new_figure(86, 34)
        panels = figure.subplots(1, 3, sharex=True, sharey=True)
        for axes, (pivots, values, costs) in zip(panels, sampled, strict=True):
            heights = np.clip(costs, floor, largest)
            shown = axes.contourf(values, values, heights, levels=levels, cmap="Greys", norm=LogNorm(floor, levels[-1]))
            if threshold is not None:
                _contour(axes, values, costs, threshold)
            for cell in cells:
                if cell.box.pivots == pivots:
                    _draw_cell(axes, cell, ranked.index(cell.rule))
            kinds |= _draw_points(axes, report, pivots, kernel=k == 2)
            _label(axes, pivots, [i for i in range(m) if i not in pivots])
        bar = figure.colorbar(shown, ax=panels)
        ticks = levels[::3].tolist()
        bar.set_ticks(ticks, labels=[f"{tick:.5g}" for tick in ticks])
        bar.ax.minorticks_off()
        bar.set_label("cost (units of omega A²)")
        handles = [*point_handles(kinds), *(_rule_patch(i, rule, cells) for i, rule in enumerate(ranked))]
        if threshold is not None:
            crossed = approx_numbers([threshold])[0] > least
            label = f"cost = threshold {floor_decimal(threshold, 9)}" + ("" if crossed else ": no sample is below")
            handles.append(Patch(fill=False, edgecolor=COLOURS["green"] if crossed else "none", lw=2, label=label))
        if handles:
            legend_below(figure, handles, 4)
    return figure


def _contour(axes: Axes, values: Array, costs: Array, threshold: fmpq) -> None:
    level = approx_numbers([threshold])[0]
    if costs.min() < level < costs.max():
        axes.contour(values, values, costs, levels=[level], colors=COLOURS["green"], linewidths=2)


def _draw_cell(axes: Axes, cell: Cell, rank: int) -> None:
    (x, y), (right, top) = approx_numbers(cell.box.lower), approx_numbers(cell.box.upper)
    colour = COLOURS[_RULE_COLOURS[rank % len(_RULE_COLOURS)]]
    hatch = HATCHES[rank % len(HATCHES)] or None
    area = (x, y), right - x, top - y
    axes.add_patch(Rectangle(*area, facecolor=colour, alpha=FILL, hatch=hatch, lw=0))
    axes.add_patch(Rectangle(*area, fill=False, edgecolor=COLOURS["blue"], lw=THIN))


def _draw_points(
    axes: Axes, report: CriticalReport | None, pivots: tuple[int, ...], *, kernel: bool
) -> set[int | None]:
    kinds: set[int | None] = set()
    for point in report.points if report is not None else ():
        place = chart_coordinates(approx_balls(point.u), pivots, kernel=kernel)
        if place is not None:
            kinds.add(point.index)
            _, marker, colour = POINT_STYLES[point.index]
            axes.plot(*place, marker=marker, color=colour, mec="white", mew=THIN, ms=9, clip_on=False, zorder=4)
    return kinds


def _rule_patch(rank: int, rule: str, cells: Sequence[Cell]) -> Any:
    count = sum(cell.rule == rule for cell in cells)
    label = f"{count} cell{'s' if count > 1 else ''} closed by {rule}"
    colour = COLOURS[_RULE_COLOURS[rank % len(_RULE_COLOURS)]]
    hatch = HATCHES[rank % len(HATCHES)] or None
    return Patch(facecolor=colour, alpha=HALF, hatch=hatch, edgecolor=COLOURS["blue"], label=label)


def _label(axes: Axes, pivots: tuple[int, ...], others: list[int]) -> None:
    axes.set_aspect("equal")
    axes.set_xlim(-1, 1)
    axes.set_ylim(-1, 1)
    axes.set_xticks((-1, 0, 1))
    axes.set_yticks((-1, 0, 1))
    pivot = ", ".join(str(p + 1) for p in pivots)
    axes.set_title(f"chart of row{'s' if len(pivots) > 1 else ''} {pivot}", loc="left")
    if len(pivots) == 1:
        names = [f"row {i + 1} / row {pivot}" for i in others]
    else:
        names = [f"row {p + 1} in row {others[0] + 1}" for p in pivots]
    axes.set_xlabel(f"R: {names[0]}")
    axes.set_ylabel(f"R: {names[1]}")
