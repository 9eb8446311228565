"""How often a random sketch of size t succeeds, with the confidence interval of each frequency.

Nothing here is proved: "with high probability" is a statement about the law of the sketch, and what is drawn is a
sample of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from flint import fmpq

from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError
from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.sampling import approx_numbers
from wlra_exact.plots.style import COLOURS, HEADROOM, MARKERS, THIN, look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SketchRow", "plot_sketches"]


#: Colours of the series, in order.
_SERIES = ("blue", "orange", "green", "purple")


class SketchRow(NamedTuple):
    """What was counted for one sketch size.

    Attributes:
        t: the size of the sketch.
        successes: how many of the trials succeeded.
        trials: how many sketches were drawn.
        lower: lower end of the confidence interval of the success probability.
        upper: upper end of it.
    """

    t: int
    successes: int
    trials: int
    lower: object
    upper: object


#: (t, successes, trials, lower, upper) for each size, t increasing.
Rows = Sequence[SketchRow | tuple[int, int, int, object, object]]


def plot_sketches(rows: Rows | Mapping[str, Rows], *, wanted: object = None) -> Figure:
    """Success frequency against t.

    Args:
        rows: (t, successes, trials, lower, upper), t increasing; ends of intervals as exact rationals. Several series
            by name, for one picture.
        wanted: a probability that the theory promises, drawn as a line.

    Raises:
        InputError: without rows, or when a frequency lies outside its interval.
    """
    series = dict(rows) if isinstance(rows, Mapping) else {"frequency": rows}
    tables = {name: [SketchRow(*row) for row in each] for name, each in series.items()}
    if not tables or not all(tables.values()):
        raise InputError("rows", "at least one sketch size", "none")
    with look():
        figure = new_figure(60, 36)
        axes = figure.subplots()
        for (name, table), colour, marker in zip(tables.items(), _SERIES, MARKERS, strict=False):
            below, frequencies, above = _bars(table)
            axes.errorbar(
                np.array([row.t for row in table]), frequencies, yerr=np.stack([below, above]), color=COLOURS[colour],
                marker=marker, mfc="white", capsize=4, clip_on=False, lw=THIN * 2,
                label=f"{name}, with its confidence interval",
            )  # fmt: skip
        if wanted is not None:
            level = exact(wanted)
            axes.axhline(approx_numbers([level])[0], color=COLOURS["vermillion"], ls="--", label=f"wanted: {level}")
        sizes = sorted({row.t for table in tables.values() for row in table})
        if sizes[-1] > 4 * sizes[0]:
            axes.set_xscale("log", base=2)
            axes.minorticks_off()
        axes.set_xticks(sizes, [str(t) for t in sizes])
        axes.set_ylim(0, 1)
        axes.margins(x=HEADROOM / 4)
        axes.set_xlabel("size t of the sketch (rows)")
        trials = {row.trials for table in tables.values() for row in table}
        counted = f" of {trials.pop()} sketches" if len(trials) == 1 else ""
        axes.set_ylabel(f"share{counted} that succeed")
        axes.legend(loc="lower right")
    return figure


def _bars(table: Sequence[SketchRow]) -> tuple[Array, Array, Array]:
    """How far each interval reaches below its frequency, the frequencies, and how far above."""
    frequencies = [fmpq(row.successes, row.trials) for row in table]
    ends = [(exact(row.lower), exact(row.upper)) for row in table]
    for row, frequency, (low, high) in zip(table, frequencies, ends, strict=True):
        if not low <= frequency <= high:
            raise InputError(f"t = {row.t}", "a confidence interval around the frequency", f"[{low}, {high}]")
    below = approx_numbers([f - low for f, (low, _) in zip(frequencies, ends, strict=True)])
    above = approx_numbers([high - f for f, (_, high) in zip(frequencies, ends, strict=True)])
    return below, approx_numbers(frequencies), above
