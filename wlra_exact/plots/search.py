"""A bracket closing over the decisions of a search.

A search in the exponent crosses hundreds of thousands of powers of two: the picture's axis is log2 of the bounds,
linear near 0 and logarithmic beyond. Below it stands log2(upper / lower), which every decision of a bisection halves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from flint import fmpq

from wlra_exact.errors import InputError
from wlra_exact.numeric.sampling import approx_log2
from wlra_exact.plots.style import COLOURS, FILL, look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SearchRow", "plot_search"]


class SearchRow(NamedTuple):
    """One decision.

    Attributes:
        threshold: what opt was compared with, above 0.
        answer: "YES" when opt is below it, "NO" when it is not.
        lower: the best lower bound after the decision.
        upper: the best upper bound after it, or None.
    """

    threshold: fmpq
    answer: str
    lower: fmpq
    upper: fmpq | None


def plot_search(rows: Sequence[SearchRow | tuple[fmpq, str, fmpq, fmpq | None]]) -> Figure:
    """The bracket after every decision.

    Args:
        rows: in the order of the search.

    Raises:
        InputError: without rows, or for a threshold that is not positive.
    """
    table = [SearchRow(*row) for row in rows]
    if not table or any(row.threshold <= 0 for row in table):
        raise InputError("rows", "at least one decision, about a positive threshold", str(len(table)))
    number = np.arange(1, len(table) + 1)
    thresholds = approx_log2([row.threshold for row in table])
    lower = approx_log2([row.lower for row in table])
    upper = approx_log2([row.upper for row in table])
    with look():
        figure = new_figure(64, 50)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        top.fill_between(number, lower, upper, color=COLOURS["sky"], alpha=FILL, lw=0)
        top.plot(number, upper, color=COLOURS["vermillion"], ls="--", label="upper: witness")
        top.plot(number, lower, color=COLOURS["blue"], label="lower: proved")
        for answer, marker, face in (("NO", "^", "white"), ("YES", "v", COLOURS["orange"])):
            of_kind = np.array([row.answer == answer for row in table])
            if of_kind.any():
                told = "opt is below it" if answer == "YES" else "opt is not below it"
                top.plot(
                    number[of_kind], thresholds[of_kind], ls="none", marker=marker, color=COLOURS["black"], mfc=face,
                    label=f"threshold, {answer}: {told}",
                )  # fmt: skip
        top.set_yscale("symlog", linthresh=1)
        top.set_ylabel("log2 of the bounds")
        top.legend(loc="best")
        factor = upper - lower
        known = np.isfinite(factor) & (factor > 0)
        if known.any():
            bottom.plot(number[known], factor[known], color=COLOURS["black"], marker=".")
            bottom.set_yscale("log")
        bottom.set_ylabel("log2(upper / lower)")
        bottom.set_xlabel("decision")
        top.set_title(f"{len(table)} decisions", loc="left")
    return figure
