"""``wlra-exact compare``: factors of the user's own beside the certified optimum.

Exit codes: 0 compared; 1 the factors cost less than the lower bound that the certificate claims, so that it is false; 2
the input is refused.

Guarantee: the cost is exact, and the printed ratios are rounded outwards. The certificate is read, not verified.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.options import digits_option, json_option

if TYPE_CHECKING:
    from flint import fmpq

    from wlra_exact.search.compare import Comparison

__all__ = ["compare"]


@click.command(short_help="Say how far factors of your own are from the certified optimum.")
@click.argument("certificate", metavar="CERT")
@click.argument("left", metavar="U")
@click.argument("right", metavar="V")
@click.option(
    "--tolerance",
    metavar="T",
    default="1e-5",
    show_default=True,
    help="Relative distance from opt that counts as optimal.",
)
@digits_option()
@json_option(", with exact rationals as strings")
@click.pass_context
def compare(
    ctx: click.Context, *, certificate: str, left: str, right: str, tolerance: str, digits: int, as_json: bool
) -> None:
    """Say how far the product U V of your own factors is from the certified optimum.

    CERT is the certificate of `wlra-exact solve TABLE --rank K --out CERT`. U and V are files of K columns and of K
    rows, in the formats of TABLE; every number is taken exactly. V is not transposed.

    \b
    Example:
      wlra-exact solve ratings.csv --rank 2 --out ratings.json
      wlra-exact compare ratings.json U.csv V.csv

    Exit code: 0 compared; 1 the factors refute the certificate; 2 the input is refused.
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.certificate import load_certificate
    from wlra_exact.problem.read import read_table
    from wlra_exact.search.compare import compare as compare_factors
    from wlra_exact.search.compare import relative_tolerance

    margin = relative_tolerance(tolerance)
    found = compare_factors(load_certificate(certificate), read_table(left), read_table(right))
    if as_json:
        click.echo(json.dumps(_object(found, margin), indent=1))
    else:
        click.echo("\n".join(_lines(found, margin, tolerance, digits, certificate)))
    if found.cost < found.lower:
        ctx.exit(1)


def _lines(found: Comparison, margin: fmpq, tolerance: str, digits: int, name: str) -> list[str]:
    from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal
    from wlra_exact.cli.summary import field

    bracket = f"{floor_decimal(found.lower, digits)} <= opt <= {ceil_decimal(found.upper, digits)}"
    return [
        field("yours", f"{ceil_decimal(found.cost, digits)}, the exact cost of your U V rounded up"),
        field("certified", bracket),
        field("ratio", _ratio(found)),
        field("verdict", _verdict(found, margin, tolerance)),
        field("check it", f"this page verifies nothing; run: wlra-exact verify {shlex.quote(name)}"),
    ]


def _ratio(found: Comparison) -> str:
    from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal

    least, largest = found.least_ratio, found.largest_ratio
    if least is None:
        return "yours / opt has no meaning where opt = 0"
    at_least = floor_decimal(least, 8)
    if largest is None:
        return f"yours is at least {at_least} times opt, and nothing is known of at most: lower is 0"
    return f"yours is {at_least} to {ceil_decimal(largest, 8)} times opt"


def _verdict(found: Comparison, margin: fmpq, tolerance: str) -> str:
    from wlra_exact.errors import Decision

    if found.cost < found.lower:
        return "the certificate is FALSE: your factors cost less than its lower bound; exit code 1"
    better = "; they cost less than the certificate's own witness" if found.cost < found.upper else ""
    match found.reached(margin):
        case Decision.YES:
            return f"optimal, up to a relative {tolerance}{better}"
        case Decision.NO:
            return f"not optimal: the certificate's witness costs less, by more than a relative {tolerance}"
        case _:
            return f"open: the bracket is wider than a relative {tolerance}{better}"


def _object(found: Comparison, margin: fmpq) -> dict[str, Any]:
    from wlra_exact.algebra.exact import canonical

    ratios = {"least_ratio": found.least_ratio, "largest_ratio": found.largest_ratio}
    return {
        "cost": canonical(found.cost),
        "lower": canonical(found.lower),
        "upper": canonical(found.upper),
        **{key: None if ratio is None else canonical(ratio) for key, ratio in ratios.items()},
        "optimal": found.reached(margin).value,
    }
