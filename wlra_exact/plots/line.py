"""The cost of a two-row instance over all directions of its row factor, for k = 1.

X = u v^T with u = (cos t, sin t): eliminating v leaves a function of the angle t alone, periodic with 180 degrees. So
one curve is the whole landscape, and every local minimum that a descent may stop in is on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from wlra_exact.algebra.decimal import floor_decimal
from wlra_exact.numeric.sampling import angle, approx_balls, approx_numbers, sample_angles
from wlra_exact.plots.style import COLOURS, HEADROOM, THIN, legend_below, look, new_figure

if TYPE_CHECKING:
    from flint import fmpq
    from matplotlib.figure import Figure

    from wlra_exact.deciders.critical import CriticalReport
    from wlra_exact.problem.instance import Instance

__all__ = ["POINT_STYLES", "plot_line", "point_handles"]

#: How a critical point of each index is drawn: name, marker, colour. On a curve index 1 is a maximum.
POINT_STYLES = {
    0: ("local minimum", "o", COLOURS["vermillion"]),
    1: ("saddle", "X", COLOURS["purple"]),
    2: ("local maximum", "^", COLOURS["orange"]),
    None: ("degenerate critical point", "D", COLOURS["black"]),
}


def plot_line(
    instance: Instance,
    *,
    report: CriticalReport | None = None,
    lower: fmpq | None = None,
    threshold: fmpq | None = None,
) -> Figure:
    """The cost curve of an instance with two rows (or two columns) and k = 1.

    Args:
        instance: the problem; with more than two rows its transpose is drawn, which has the same opt.
        report: its critical points, from ``deciders.critical``; None draws none.
        lower: a certified lower bound on opt, drawn as a line.
        threshold: a threshold, drawn as a line.

    Raises:
        UnsupportedError: for other shapes.
    """
    upright = instance if instance.shape[0] <= instance.shape[1] else instance.transpose()
    degrees, costs = sample_angles(upright)
    handles: list[Any] = []
    with look():
        figure = new_figure(64, 38)
        axes = figure.subplots()
        handles += axes.plot(degrees, costs, color=COLOURS["blue"], label="cost, V eliminated")
        if lower is not None:
            label = f"certified lower bound {floor_decimal(lower, 9)}"
            y = approx_numbers([lower])[0]
            handles.append(axes.axhline(y, color=COLOURS["green"], ls="--", label=label))
        if threshold is not None:
            label = f"threshold {floor_decimal(threshold, 9)}"
            y = approx_numbers([threshold])[0]
            handles.append(axes.axhline(y, color=COLOURS["black"], ls=":", label=label))
        kinds = set()
        for point in report.points if report is not None else ():
            kind = 2 if point.index == 1 else point.index
            kinds.add(kind)
            _, marker, colour = POINT_STYLES[kind]
            x, y = angle(approx_balls(point.u)), approx_balls([point.ball])[0]
            axes.plot(x, y, marker=marker, color=colour, mec="white", mew=THIN, ms=9, zorder=3)
            offset = (0, -16) if kind == 0 else (0, 9)
            value = f"{y:.6g}"
            axes.annotate(value, (x, y), xytext=offset, textcoords="offset points", ha="center", fontsize="small")
        handles += point_handles(kinds)
        axes.set_xlim(-90, 90)
        axes.set_xticks(range(-90, 91, 30))
        axes.margins(y=HEADROOM)
        axes.set_xlabel("direction of u = (cos t, sin t): t (degrees; the ends are the same line)")
        axes.set_ylabel("cost (units of omega A²)")
        legend_below(figure, handles, 3)
    return figure


def point_handles(kinds: set[int | None]) -> list[Line2D]:
    """Legend entries for the kinds of critical points that occur."""
    return [
        Line2D([], [], ls="none", marker=marker, color=colour, mec="white", ms=9, label=name)
        for kind, (name, marker, colour) in POINT_STYLES.items()
        if kind in kinds
    ]
