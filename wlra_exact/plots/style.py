"""The look of every picture, and the only file here that measures anything in inches or points.

Colours are the eight of Okabe and Ito (2008), which readers with any common colour vision tell apart. No meaning hangs
on a colour alone: every series has its own marker, dash or hatch too, so a grey print says the same.

Guarantee: equal input gives equal files (no dates, no random identifiers).
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "FILL",
    "HALF",
    "HATCHES",
    "HEADROOM",
    "MARKERS",
    "THIN",
    "legend_below",
    "look",
    "new_figure",
    "save_picture",
]

#: Okabe and Ito's palette by name.
COLOURS = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}

#: Markers for series that come one after another.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

#: Hatches for areas that come one after another; the first is for the most frequent kind and is none.
HATCHES = ("", "//", "..", "xx", "--", "oo")

#: Width of secondary lines, in points.
THIN = 0.8

#: Opacity of areas with something beneath them.
FILL = 0.22

#: Share of the data's range that stays free above and below a curve, for the numbers at its points.
HEADROOM = 0.16

#: Half a cell of a heat map: cell (i, j) is centred at (i, j).
HALF = 0.5

_LOOK: Any = {
    "figure.dpi": 110,
    "savefig.dpi": 160,
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.0,
    "legend.fontsize": 8.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.formatter.useoffset": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 5.5,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "image.interpolation": "nearest",
    "svg.hashsalt": "wlra-exact",
    "svg.fonttype": "path",
}


def look() -> AbstractContextManager[None]:
    """A block in which figures are made with this look."""
    return rc_context(_LOOK)


def new_figure(width: int = 64, height: int = 40) -> Figure:
    """An empty figure; sizes are in tenths of an inch, and 64 is the width of a printed text block."""
    return Figure(figsize=(0.1 * width, 0.1 * height), layout="constrained")


def legend_below(figure: Figure, handles: list[Any], columns: int) -> None:
    """One legend for the whole figure, under it."""
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)


def save_picture(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure; the suffix of ``path`` says the format (.png, .svg or .pdf)."""
    suffix = os.fspath(path).rpartition(".")[2].lower()
    undated = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with look():
        figure.savefig(path, metadata=undated.get(suffix))
