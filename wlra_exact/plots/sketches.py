"""How often a random sketch of size t succeeds, with the confidence interval of each frequency.

Nothing here is proved: "with high probability" is a statement about the law of the sketch, and what is drawn is a
sample of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from flint import fmpq

from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError
from wlra_exact.numeric.sampling import approx_numbers
from wlra_exact.plots.style import COLOURS, HEADROOM, THIN, look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SketchRow", "plot_sketches"]


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


def plot_sketches(rows: Sequence[SketchRow | tuple[int, int, int, object, object]], *, wanted: object = None) -> Figure:
    """Success frequency against t.

    Args:
        rows: (t, successes, trials, lower, upper), t increasing; ends of intervals as exact rationals.
        wanted: a probability that the theory promises, drawn as a line.

    Raises:
        InputError: without rows, or when a frequency lies outside its interval.
    """
    table = [SketchRow(*row) for row in rows]
    if not table:
        raise InputError("rows", "at least one sketch size", "none")
    frequencies = [fmpq(row.successes, row.trials) for row in table]
    ends = [(exact(row.lower), exact(row.upper)) for row in table]
    for row, frequency, (low, high) in zip(table, frequencies, ends, strict=True):
        if not low <= frequency <= high:
            raise InputError(f"t = {row.t}", "a confidence interval around the frequency", f"[{low}, {high}]")
    below = approx_numbers([f - low for f, (low, _) in zip(frequencies, ends, strict=True)])
    above = approx_numbers([high - f for f, (_, high) in zip(frequencies, ends, strict=True)])
    sizes = np.array([row.t for row in table])
    with look():
        figure = new_figure(60, 36)
        axes = figure.subplots()
        axes.errorbar(
            sizes, approx_numbers(frequencies), yerr=np.stack([below, above]), color=COLOURS["blue"], marker="o",
            mfc="white", capsize=4, clip_on=False, lw=THIN * 2, label="frequency, with its confidence interval",
        )  # fmt: skip
        if wanted is not None:
            level = exact(wanted)
            axes.axhline(approx_numbers([level])[0], color=COLOURS["vermillion"], ls="--", label=f"wanted: {level}")
        axes.set_xticks(sizes, [str(row.t) for row in table])
        axes.set_ylim(0, 1)
        axes.margins(x=HEADROOM / 4)
        axes.set_xlabel("size t of the sketch (rows)")
        trials = {row.trials for row in table}
        counted = f" of {trials.pop()} sketches" if len(trials) == 1 else ""
        axes.set_ylabel(f"share{counted} that succeed")
        axes.legend(loc="lower right")
    return figure
