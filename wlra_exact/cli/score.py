"""``wlra-exact score``: how often a heuristic reaches the certified optimum, and how far from it it stays.

Exit codes: 0 scored, 1 the heuristic claims less than a certified lower bound somewhere, 2 the command line, the
library or the function is refused.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.functions import load_function
from wlra_exact.cli.options import json_option

if TYPE_CHECKING:
    from flint import fmpq

    from wlra_exact.testing.score import HeuristicScore

__all__ = ["render_score", "score", "score_json"]


@click.command(short_help="Score a heuristic against certified optima.")
@click.argument("function", metavar="MODULE:FUNCTION")
@click.option("--library", metavar="DIR", help="Benchmark library. Default: the one that comes with the package.")
@click.option(
    "--family",
    "families",
    metavar="F",
    multiple=True,
    help="Cases of this family only; may be repeated. An unknown name lists all.",
)
@click.option("--exact", is_flag=True, help="Call the function with lists of Fractions. Default: float arrays.")
@click.option(
    "--tolerance", metavar="T", default="1e-5", show_default=True, help="Relative distance that counts as opt."
)
@json_option(", with every case")
@click.pass_context
def score(
    ctx: click.Context,
    *,
    function: str,
    library: str | None,
    families: tuple[str, ...],
    exact: bool,
    tolerance: str,
    as_json: bool,
) -> None:
    """Run FUNCTION(A, omega, k) on a library of instances whose optima are certified.

    MODULE is a module that can be imported from here, or a Python file. The function gets A and omega (the weights of
    the squared residuals, not squared; A is 0 where omega is 0) and k. It returns factors U, V of shapes (m, k) and
    (k, n), whose cost is computed exactly, or a number that it claims opt to be at most.

    \b
    Exit codes: 0 scored; 1 some claim is below a certified lower bound; 2 refused.

    \b
    Examples:
      wlra-exact score heuristic.py:fit
      wlra-exact score wlra_exact.numeric.heuristics:alternate --family table
    """  # noqa: D301 (click wants the control character)
    heuristic = load_function(function)
    from rich.console import Console
    from rich.progress import track

    from wlra_exact.testing.benchmark import load_benchmark
    from wlra_exact.testing.score import check_heuristic

    cases = load_benchmark(library, families=families or None)
    console = Console(stderr=True)
    shown = track(cases, "cases", console=console, transient=True, disable=not console.is_terminal)
    found = check_heuristic(heuristic, shown, exact_input=exact, tolerance=tolerance)
    click.echo(json.dumps(score_json(found), indent=1) if as_json else render_score(found))
    if found.invalid:
        ctx.exit(1)


def render_score(found: HeuristicScore) -> str:
    """A table, one family a line, and the whole in the last one."""
    lines = [["family", "cases", "global", "missed", "open", "median ratio", "worst ratio"]]
    for family, part in (*found.by_family().items(), ("all", found)):
        counts = (len(part.rows), part.reached, part.missed, part.open)
        lines.append([family, *map(str, counts), _ratio(part.median_ratio), _ratio(part.worst_ratio)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    if found.share is not None:
        decided = found.reached + found.missed
        text.append(f"global optimum reached in {found.reached} of {decided} decided cases, {_percent(found.share)}")
    text += [f"FALSE CLAIM on {row.case.name}: below the certified lower bound" for row in found.invalid]
    return "\n".join(text)


def score_json(found: HeuristicScore) -> dict[str, Any]:
    """The score as a JSON object; numbers are rationals as text."""
    from wlra_exact.algebra.exact import canonical

    def text(x: fmpq | None) -> str | None:
        return None if x is None else canonical(x)

    return {
        "name": found.name,
        "cases": len(found.rows),
        "global": found.reached,
        "missed": found.missed,
        "open": found.open,
        "share": text(found.share),
        "median_ratio": text(found.median_ratio),
        "worst_ratio": text(found.worst_ratio),
        "rows": [
            {
                "name": row.case.name,
                "value": canonical(row.value),
                "valid": row.valid,
                "global": row.reached.value,
                "ratio": text(row.ratio),
            }
            for row in found.rows
        ],
    }


def _ratio(x: fmpq | None) -> str:
    from wlra_exact.algebra.decimal import ceil_decimal

    return "-" if x is None else ceil_decimal(x, 6)


def _percent(share: fmpq) -> str:
    return f"{int((share * 100).floor())} %"
