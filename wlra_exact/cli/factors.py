"""``wlra-exact factors``: the witness of a certificate as tables, for other programs.

The files are such that ``wlra-exact compare`` and spreadsheets read them. A header and labels are written where the
table had them: the factors are then called f1, ..., fk, and the corner field is "row".

Guarantee: with --exact the product of the written factors costs what the certificate's witness costs. Decimals are
rounded towards minus infinity.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wlra_exact.cli.options import digits_option
from wlra_exact.cli.outputs import writing
from wlra_exact.errors import UnsupportedError

if TYPE_CHECKING:
    from flint import fmpq_mat

__all__ = ["factors"]

#: The files, in the order in which they are told.
_NAMES = ("U.csv", "V.csv", "X.csv")


@click.command(short_help="Write the factors of a certificate as CSV files.")
@click.argument("certificate", metavar="CERT")
@click.option(
    "--out", metavar="DIR", required=True, help="Folder for U.csv, V.csv and X.csv, which are replaced if they exist."
)
@digits_option("Significant digits of the decimals.", "17")
@click.option("--exact", is_flag=True, help="Write rationals p/q instead: the witness itself.")
def factors(*, certificate: str, out: str, digits: int, exact: bool) -> None:
    """Write the best matrix that a certificate knows: its factors U, V and their product X = U V.

    X has rank at most K and costs the upper bound of the certificate. It has an entry where the table has none: that is
    its prediction. U and V are scaled by powers of two to similar sizes.

    \b
    Example:
      wlra-exact solve hair_eye --rank 1 --omega 1/expected --out hair_eye.json
      wlra-exact factors hair_eye.json --out hair_eye
      wlra-exact compare hair_eye.json hair_eye/U.csv hair_eye/V.csv
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.algebra.decimal import floor_decimal
    from wlra_exact.algebra.exact import canonical
    from wlra_exact.certificate import load_certificate
    from wlra_exact.cli.summary import field, shape_text
    from wlra_exact.search.witness import balanced

    loaded = load_certificate(certificate)
    if loaded.subject is not None:
        raise UnsupportedError("factors are written for certificates that hold every entry; this one names patterns")
    U, V = balanced(*loaded.witness())
    rows, columns = loaded.labels()
    inner = None if rows is None and columns is None else [f"f{index + 1}" for index in range(loaded.instance.k)]
    X = U * V
    matrices = ((U, rows, inner), (V, inner, columns), (X, rows, columns))
    folder = Path(out)
    with writing(f"--out {out}", "a folder that can be written to"):
        folder.mkdir(parents=True, exist_ok=True)
        for name, (M, names, heads) in zip(_NAMES, matrices, strict=True):
            lines = [[canonical(x) if exact else floor_decimal(x, digits) for x in row] for row in M.tolist()]
            with (folder / name).open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream, lineterminator="\n").writerows(_labelled(lines, names, heads))
    numbers = "exact rationals" if exact else f"{digits} significant digits, rounded down"
    click.echo(
        "\n".join(
            field(name[0], f"{folder / name}, {shape_text(_shape(M))}, {numbers}")
            for name, (M, _, _) in zip(_NAMES, matrices, strict=True)
        )
    )


def _shape(M: fmpq_mat) -> tuple[int, int]:
    return M.nrows(), M.ncols()


def _labelled(lines: list[list[str]], rows: Sequence[str] | None, columns: Sequence[str] | None) -> list[list[str]]:
    """The lines with a header and row labels where there are names; where only one side has them, the other counts."""
    if rows is None and columns is None:
        return lines
    rows = rows or [str(i + 1) for i in range(len(lines))]
    columns = columns or [str(j + 1) for j in range(len(lines[0]))]
    return [["row", *columns], *([name, *line] for name, line in zip(rows, lines, strict=True))]
