"""Pictures of brackets, residuals, cost curves and branch-and-bound cells (extra ``plots``: matplotlib).

| function | picture |
|---|---|
| ``plot_bracket`` | a bracket closing over time, from the events that a ``Recorder`` kept |
| ``plot_residuals`` | A, the weights, the witness, and the weighted residual, as heat maps |
| ``plot_line`` | the cost over all directions of a two-row instance, its critical points, a certified lower bound |
| ``plot_landscape`` | the cost over the three charts of a three-row instance, with the cells of a certificate |
| ``plot_search`` | the bracket of a traced search closing over its decisions, thresholds included |
| ``plot_sketches`` | how often a random sketch of size t succeeds |

Every function returns a ``matplotlib.figure.Figure``, which notebooks show and ``save_picture`` writes. No function
touches pyplot or any other global state.

Guarantee: none. Pictures are made of floats and prove nothing; the numbers written into them are rounded outwards.
"""

from __future__ import annotations

try:
    import matplotlib  # noqa: F401 (asked for first, so that a missing extra is one clear line)
except ImportError as error:
    raise ImportError("wlra_exact.plots needs matplotlib: pip install 'wlra-exact[plots]'") from error

from wlra_exact.plots.bracket import Recorder, plot_bracket
from wlra_exact.plots.cells import Cell, certificate_cells
from wlra_exact.plots.landscape import plot_landscape
from wlra_exact.plots.line import plot_line
from wlra_exact.plots.residuals import plot_residuals
from wlra_exact.plots.search import SearchRow, plot_search
from wlra_exact.plots.sketches import SketchRow, plot_sketches
from wlra_exact.plots.style import save_picture

__all__ = [
    "Cell",
    "Recorder",
    "SearchRow",
    "SketchRow",
    "certificate_cells",
    "plot_bracket",
    "plot_landscape",
    "plot_line",
    "plot_residuals",
    "plot_search",
    "plot_sketches",
    "save_picture",
]
