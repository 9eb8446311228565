"""Draw the pictures of the documentation into docs/images: `make pictures`.

    python docs/make_pictures.py

Only `closing.png` shows measured times; the others are functions of the instances alone.
"""

from __future__ import annotations

from pathlib import Path

import click

import wlra_exact
from wlra_exact import plots
from wlra_exact.deciders.critical import critical_points
from wlra_exact.problem.read import build_instance

IMAGES = Path(__file__).parent / "images"

#: Three global minimisers, and `minors` stops at 38333.
SYMMETRIC = [[-59, 11, 59], [11, 59, -59], [59, -59, 11]], [[9, 6, 1], [6, 1, 9], [1, 9, 6]]

#: The table of the tutorial.
MARKS = [
    ["9.0", "8.5", "9.5", "6.0"],
    ["6.5", "6.0", "7.0", None],
    ["4.0", "4.5", "3.5", "8.0"],
    ["8.0", "7.5", "8.5", "5.5"],
    ["5.0", "5.5", "4.5", "9.0"],
]
PUPILS = ("Ada", "Ben", "Cleo", "Dov", "Eva")
TESTS = ("algebra", "geometry", "physics", "history")


def main() -> None:
    """Draw them all."""
    IMAGES.mkdir(exist_ok=True)
    counts = build_instance(wlra_exact.load_dataset("hair_eye"), 1, omega="1/observed")
    black_and_blond = counts.submatrix([0, 3], [0, 1, 2, 3])
    lower = wlra_exact.solve_instance(black_and_blond).lower
    curve = plots.plot_line(black_and_blond, report=critical_points(black_and_blond), lower=lower)
    marks = wlra_exact.solve(MARKS, rank=1)
    recorder = plots.Recorder()
    A, omega = SYMMETRIC
    wlra_exact.solve(A, omega=omega, rank=1, progress=recorder)
    symmetric = wlra_exact.solve(A, omega=omega, rank=1, method="columns")
    instance, cells = plots.certificate_cells(symmetric.certificate)
    pictures = {
        "two_minima": curve,
        "marks": plots.plot_residuals(marks.instance, marks.U, marks.V, rows=PUPILS, columns=TESTS),
        "closing": plots.plot_bracket(recorder.events, gap="1e-6"),
        "cells": plots.plot_landscape(instance, cells=cells, report=critical_points(instance)),
    }
    for name, figure in pictures.items():
        plots.save_picture(figure, IMAGES / f"{name}.png")
        click.echo(IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
