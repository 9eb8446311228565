"""The option ``--plot FILE`` that commands share: checked before the work, written after it.

Guarantee: a picture that cannot be drawn or written is refused before anything is computed, in one line.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.outputs import writing
from wlra_exact.errors import InputError, UnsupportedError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["check_picture", "plot_option", "write_picture"]

_SUFFIXES = (".png", ".svg", ".pdf")


def plot_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option --plot; ``what`` says what the picture shows."""
    text = f"Draw {what} (.png, .svg or .pdf; needs the extra plots); replaced if it exists."
    return click.option("--plot", metavar="FILE", help=text)


def check_picture(plot: str | None) -> None:
    """Refuse, before the work, a picture that could not be made.

    Raises:
        InputError: for another suffix, or a folder that is not there.
        UnsupportedError: without matplotlib.
    """
    if plot is None:
        return
    target = Path(plot)
    if target.suffix.lower() not in _SUFFIXES:
        raise InputError(f"--plot {plot}", f"a name that ends in {', '.join(_SUFFIXES)}", repr(target.suffix))
    if not target.parent.is_dir() or target.is_dir():
        raise InputError(f"--plot {plot}", "a file in an existing folder", "no such folder, or a folder")
    if importlib.util.find_spec("matplotlib") is None:
        raise UnsupportedError("--plot needs matplotlib: pip install 'wlra-exact[plots]'")


def write_picture(figure: Figure, plot: str) -> None:
    """Write the picture.

    Raises:
        InputError: when the file cannot be written.
    """
    from wlra_exact.plots import save_picture

    with writing(f"--plot {plot}"):
        save_picture(figure, plot)
