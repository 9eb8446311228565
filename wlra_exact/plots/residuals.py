"""A, the weights, the witness and what is left, side by side.

The fourth map shows sqrt(omega) (A - X): the squares of its entries add up to the cost, so a dark cell is where the
cost comes from. Missing entries (weight 0) are hatched in every map but that of X, which predicts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LogNorm, Normalize, SymLogNorm
from matplotlib.patches import Rectangle

from wlra_exact.algebra.decimal import ceil_decimal
from wlra_exact.numeric.convert import Array, approx_array
from wlra_exact.numeric.sampling import weighted_residual
from wlra_exact.plots.style import COLOURS, HALF, look, new_figure
from wlra_exact.search.compare import factor_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from wlra_exact.problem.instance import Instance

__all__ = ["plot_residuals"]

#: Tables of at most so many rows and columns carry their numbers, where a line of them fits into the map.
_WRITTEN = 8
_LINE = 40

#: Names of rows and columns are cut to so many characters.
_NAME = 18

#: Ratios of largest to least from which a scale is logarithmic.
_WIDE = 100


def plot_residuals(
    instance: Instance,
    U: object,
    V: object,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> Figure:
    """Heat maps of A, omega, X = U V and sqrt(omega) (A - X).

    Args:
        instance: the problem.
        U: (m, k) factor, such as that of a witness, or an array of one's own.
        V: (k, n) factor, likewise.
        rows: m names; without them rows are counted from 1.
        columns: n names, likewise.

    Raises:
        InputError: for factors of another shape, or with missing entries.
    """
    (m, n), k = instance.shape, instance.k
    left, right = factor_table(U, "U", (m, k)).A, factor_table(V, "V", (k, n)).A
    omega = approx_array(instance.omega)
    missing = omega == 0
    A = np.where(missing, np.nan, approx_array(instance.A))
    X = approx_array(left * right)
    residual = weighted_residual(instance, left, right)
    both = np.concatenate([A[~missing], X.ravel()])
    shared = _signed(both) if both.min() < 0 else Normalize(0, both.max())
    signed = "PuOr_r" if both.min() < 0 else "cividis"
    largest = np.nanmax(np.abs(residual), initial=0)
    with look():
        figure = new_figure(72, 66 if m <= 3 * n else 76)
        axes = figure.subplots(2, 2)
        _map(axes[0, 0], A, missing, signed, shared, "A (units of the table)")
        _map(axes[0, 1], np.where(missing, np.nan, omega), missing, "cividis", _weights_scale(omega), "weights omega")
        _map(axes[1, 0], X, missing & False, signed, shared, f"witness X = UV of rank {k}")
        scale = Normalize(-(largest or 1), largest or 1)
        _map(axes[1, 1], residual, missing, "PuOr_r", scale, "sqrt(omega) (A - X)")
        for panel in axes.flat:
            _name_lines(panel, rows, columns)
        cost = ceil_decimal(instance.cost(left, right), 8)
        figure.suptitle(f"{m}x{n}, rank {k}: cost of the witness {cost} = sum of the squares lower right")
    return figure


def _signed(values: Array) -> Normalize:
    """A scale symmetric about 0; logarithmic in both directions where sizes differ much."""
    sizes = np.abs(values[values != 0])
    largest = sizes.max()
    if largest > _WIDE * np.median(sizes):
        return SymLogNorm(np.median(sizes), vmin=-largest, vmax=largest)
    return Normalize(-largest, largest)


def _weights_scale(omega: Array) -> Normalize:
    positive = omega[omega > 0]
    if positive.size == 0:
        return Normalize(0, 1)
    low, high = positive.min(), positive.max()
    return LogNorm(low, high) if high > _WIDE * low else Normalize(0, high)


def _map(axes: Axes, values: Array, missing: Any, colours: str, scale: Normalize, title: str) -> None:
    m, n = values.shape
    edges = (HALF, n + HALF, m + HALF, HALF)  # rows and columns are counted from 1
    shown = axes.imshow(values, cmap=colours, norm=scale, aspect="auto", extent=edges)
    axes.figure.colorbar(shown, ax=axes, shrink=1)
    axes.set_title(title, loc="left")
    axes.set_xlabel("column")
    axes.set_ylabel("row")
    for axis, count in ((axes.xaxis, n), (axes.yaxis, m)):
        if count <= 2 * _WRITTEN:
            axis.set_ticks(range(1, count + 1))
    for i, j in zip(*np.nonzero(missing), strict=True):
        corner = (j + HALF, i + HALF)
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, hatch="///", edgecolor=COLOURS["black"], lw=0))
    if max(m, n) <= _WRITTEN:
        _write(axes, values, shown)


def _name_lines(axes: Axes, rows: Sequence[str] | None, columns: Sequence[str] | None) -> None:
    """Names in place of numbers, where there are names and not too many lines."""
    if rows is not None and len(rows) <= 2 * _WRITTEN:
        axes.set_yticks(range(1, len(rows) + 1), [_shortened(name) for name in rows])
        axes.set_ylabel("")
    if columns is not None and len(columns) <= 2 * _WRITTEN:
        axes.set_xticks(range(1, len(columns) + 1), [_shortened(name) for name in columns])
        if sum(map(len, columns)) > _LINE // 2:
            for text in axes.get_xticklabels():
                text.set(rotation=40, ha="right", rotation_mode="anchor")
        axes.set_xlabel("")


def _shortened(name: str) -> str:
    """A name on one line and at most ``_NAME`` long; a dollar is a dollar, not mathematics."""
    line = " ".join(name.split())
    return (line if len(line) <= _NAME else line[: _NAME - 1] + "…").replace("$", r"\$")


def _write(axes: Axes, values: Array, shown: Any) -> None:
    """The numbers, dark on light and light on dark; none where they would run into each other."""
    if max(len(f"{value:.3g}") for value in values.ravel()) * values.shape[1] > _LINE:
        return
    for (i, j), value in np.ndenumerate(values):
        if np.isfinite(value):
            red, green, blue, _ = shown.to_rgba(value)
            dark = 3 * red + 6 * green + blue < 5
            colour = "white" if dark else COLOURS["black"]
            axes.text(j + 1, i + 1, f"{value:.3g}", ha="center", va="center", color=colour, fontsize="small")
