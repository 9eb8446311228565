"""A bracket closing over time.

The search reports an ``Event`` now and then; a ``Recorder`` is a listener that keeps them. Both bounds are steps: a
bound holds from the moment it is proved. Below them stands the relative gap, (upper - lower) / upper, which a linear
axis could not show once it is small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flint import fmpq

from wlra_exact.algebra.decimal import short
from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError
from wlra_exact.numeric.sampling import approx_numbers
from wlra_exact.plots.style import COLOURS, FILL, MARKERS, THIN, look, new_figure
from wlra_exact.search.progress import Event

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Recorder", "plot_bracket"]

#: Rises of one kind beyond so many are thinned out.
_MARKED = 30


@dataclass
class Recorder:
    """A listener that keeps what the search tells: pass it to ``solve`` as ``progress``.

    Attributes:
        events: what was heard, in order.

    >>> import wlra_exact
    >>> recorder = Recorder()
    >>> result = wlra_exact.solve([[2, 0], [0, 1]], rank=1, progress=recorder)
    >>> recorder.events[-1].lower == result.lower
    True
    """

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Keep the event."""
        self.events.append(event)


def plot_bracket(events: Sequence[Event] | Recorder, *, gap: object = None) -> Figure:
    """A bracket closing over time.

    Args:
        events: of one search, or the recorder that kept them; those without both bounds are left out.
        gap: the relative gap that was wanted, drawn as a line.

    Raises:
        InputError: when no event carries both bounds.
    """
    heard = events.events if isinstance(events, Recorder) else events
    told = [event for event in heard if event.lower is not None and event.upper is not None]
    if not told:
        raise InputError("events", "at least one with a lower and an upper bound", str(len(heard)))
    lower = [event.lower or fmpq(0) for event in told]
    upper = [event.upper or fmpq(0) for event in told]
    seconds = approx_numbers([event.seconds for event in told])
    with look():
        figure = new_figure(64, 46)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        lower_floats, upper_floats = approx_numbers(lower), approx_numbers(upper)
        top.fill_between(seconds, lower_floats, upper_floats, step="post", color=COLOURS["sky"], alpha=FILL, lw=0)
        end: dict[str, Any] = {
            "where": "post",
            "marker": ".",
            "markevery": [-1],
        }  # a search may be over after one event
        top.step(seconds, upper_floats, color=COLOURS["vermillion"], ls="--", label="upper: witness", **end)
        top.step(seconds, lower_floats, color=COLOURS["blue"], label="lower: proved", **end)
        _mark_rules(top, told, lower)
        top.set_ylabel("cost (units of omega A²)")
        top.legend(loc="best")
        gaps = [(u - l) / u if u != 0 else fmpq(0) for l, u in zip(lower, upper, strict=True)]
        bottom.step(seconds, approx_numbers(gaps), color=COLOURS["black"], **end)
        if any(g > 0 for g in gaps):
            bottom.set_yscale("log")
        if gap is not None:
            wanted = exact(gap)
            label = f"wanted: {short(wanted)}"
            bottom.axhline(approx_numbers([wanted])[0], color=COLOURS["green"], ls=":", lw=THIN * 2, label=label)
            bottom.legend(loc="best")
        bottom.set_ylabel("relative gap")
        bottom.set_xlabel("time (seconds)")
        bottom.set_xlim(left=0)
        nodes = told[-1].nodes
        told_nodes = f" after {nodes} nodes" if nodes else ""
        top.set_title(f"relative gap {short(gaps[-1])}{told_nodes}", loc="left")
    return figure


def _mark_rules(axes: Axes, told: Sequence[Event], lower: Sequence[fmpq]) -> None:
    """A marker where the lower bound rises, one shape for each rule that raised it."""
    rises: dict[str, list[int]] = {}
    best = fmpq(0)
    for i, value in enumerate(lower):
        if value > best:
            rises.setdefault(told[i].activity, []).append(i)
            best = value
    for marker, (activity, rising) in zip(MARKERS, rises.items(), strict=False):
        indices = rising[:: 1 + len(rising) // _MARKED]  # a long run rises thousands of times
        x = approx_numbers([told[i].seconds for i in indices])
        y = approx_numbers([lower[i] for i in indices])
        axes.plot(x, y, ls="none", marker=marker, color=COLOURS["blue"], mfc="white", label=f"raised by {activity}")
