"""``wlra-exact falsify``: search for an instance that refutes a claimed lower bound.

Exit codes: 0 nothing was found (which proves nothing), 1 the bound is refuted, 2 the command line or the function is
refused. A refutation is an instance, what the function claims there, and a certificate that opt is less.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.functions import load_function
from wlra_exact.cli.options import json_option, natural, out_option
from wlra_exact.cli.outputs import check_target, writing

if TYPE_CHECKING:
    from wlra_exact.testing.refute import Falsification

__all__ = ["falsification_json", "falsify", "render_falsification"]


@click.command(short_help="Search for an instance that refutes a claimed lower bound.")
@click.argument("function", metavar="MODULE:FUNCTION")
@click.option("--rows", metavar="M", default="4", callback=natural(1, 50), help="Most rows. Default: 4.")
@click.option("--columns", metavar="N", default="5", callback=natural(1, 50), help="Most columns. Default: 5.")
@click.option("--rank", "-k", metavar="K", callback=natural(1, 50), help="This rank only. Default: 1 to 3.")
@click.option(
    "--family",
    "families",
    metavar="F",
    multiple=True,
    help="Instances of this family only; may be repeated. An unknown name lists all.",
)
@click.option("--positive", is_flag=True, help="No zero weights.")
@click.option("--exact", is_flag=True, help="Call the function with lists of Fractions. Default: float arrays.")
@click.option(
    "--tolerance",
    metavar="T",
    default="1e-9",
    show_default=True,
    help="A claim is false if it exceeds opt by more than T ||W o A||^2; 0 for exact bounds.",
)
@click.option("--examples", metavar="E", default="1000", callback=natural(1), help="Random instances. Default: 1000.")
@click.option("--time-limit", metavar="S", default="60", callback=natural(1), help="Seconds. Default: 60.")
@click.option("--seed", metavar="N", default="0", callback=natural(0), help="Of the search. Default: 0.")
@out_option("File for the certificate of a counterexample")
@json_option()
@click.pass_context
def falsify(
    ctx: click.Context,
    *,
    function: str,
    rows: int,
    columns: int,
    rank: int | None,
    families: tuple[str, ...],
    positive: bool,
    exact: bool,
    tolerance: str,
    examples: int,
    time_limit: int,
    seed: int,
    out: str | None,
    as_json: bool,
) -> None:
    """Search for an instance on which FUNCTION(A, omega, k) exceeds opt, and prove that it does.

    MODULE is a module that can be imported from here, or a Python file. The function gets A and omega (the weights of
    the squared residuals, not squared; W = sqrt(omega)) and k, and returns a number that it claims is at most opt.

    \b
    Exit codes: 0 nothing found, which proves nothing; 1 refuted; 2 refused.

    \b
    Examples:
      wlra-exact falsify bounds.py:my_bound
      wlra-exact falsify bounds.py:my_bound --rank 2 --positive --out counterexample.json
    """  # noqa: D301 (click wants the control character)
    check_target(out, (function.rpartition(":")[0],))
    bound = load_function(function)
    from rich.console import Console

    from wlra_exact.testing.refute import search_counterexample
    from wlra_exact.testing.strategies import instances

    among = instances(
        rows=(1, rows),
        columns=(1, columns),
        ranks=(1, 3) if rank is None else (rank, rank),
        families=families or None,
        positive=positive,
    )
    with Console(stderr=True).status(f"searching, at most {time_limit} s"):  # shown on a terminal only
        found = search_counterexample(
            bound,
            among=among,
            positive=positive,
            exact_input=exact,
            tolerance=tolerance,
            examples=examples,
            time_limit=time_limit,
            seed=seed,
        )
    if out is not None and found.counterexample is not None:
        with writing(f"--out {out}"):
            found.counterexample.certificate.write(out)
    click.echo(json.dumps(falsification_json(found), indent=1) if as_json else render_falsification(found, out))
    if found.counterexample is not None:
        ctx.exit(1)


def render_falsification(found: Falsification, out: str | None = None) -> str:
    """The result in a few lines."""
    from wlra_exact.algebra.decimal import floor_decimal

    seconds = floor_decimal(found.seconds, 3)
    if found.counterexample is None:
        near = ""
        if found.closest is not None:  # what refutes nothing is not above, but for the tolerance
            near = f"; closest: {max(0, -found.closest)} millionths of ||W o A||^2 below the cost of a witness"
        return f"no counterexample among {found.tried} instances in {seconds} s{near}\nthis proves nothing"
    lines = [str(found.counterexample), f"found among {found.tried} instances in {seconds} s"]
    if out is not None:
        lines.append(f"certificate: {out}; check it: wlra-exact verify {shlex.quote(out)}")
    return "\n".join(lines)


def falsification_json(found: Falsification) -> dict[str, Any]:
    """The result as a JSON object: refuted, tried, closest, instance, claimed, upper, lower."""
    from wlra_exact.algebra.exact import canonical
    from wlra_exact.certificate import encode_matrix

    result: dict[str, Any] = {
        "refuted": found.counterexample is not None,
        "tried": found.tried,
        "closest_millionths": found.closest,
        "counterexample": None,
    }
    if (c := found.counterexample) is not None:
        result["counterexample"] = {
            "A": encode_matrix(c.instance.A),
            "omega": encode_matrix(c.instance.omega),
            "k": c.instance.k,
            "claimed": canonical(c.claimed),
            "lower": canonical(c.certificate.claim.lower),
            "upper": canonical(c.upper),
            "U": encode_matrix(c.U),
            "V": encode_matrix(c.V),
        }
    return result
