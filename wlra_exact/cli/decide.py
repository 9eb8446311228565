"""``wlra-exact decide``: is the optimum below one threshold? YES, NO or UNKNOWN, by exact routines alone.

Guarantee: no floating point takes part. YES prints the exact cost of a witness where the method gives one; UNKNOWN
prints the reason and exits with 3.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.inputs import natural, problem_options, read_problem

if TYPE_CHECKING:
    from wlra_exact.problem.instance import Instance
    from wlra_exact.search.threshold import ThresholdAnswer

__all__ = ["answer_json", "decide", "render_answer"]

_METHODS = ("auto", "univariate", "cad", "critical", "bernstein")


@click.command(short_help="Decide whether the optimum is below a threshold.")
@problem_options
@click.option("--threshold", "-t", metavar="T", required=True, help="The number that opt is compared with; exact.")
@click.option("--method", type=click.Choice(_METHODS), default="auto", show_default=True, help="The exact routine.")
@click.option("--time-limit", metavar="S", callback=natural(1), help="Seconds for cad. Default: 120.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def decide(
    ctx: click.Context,
    *,
    table: str,
    rank: int | None,
    weights: str | None,
    omega: str | None,
    binary64: bool,
    threshold: str,
    method: str,
    time_limit: int | None,
    as_json: bool,
) -> None:
    """Decide whether some matrix of rank at most K has cost below the threshold.

    TABLE is a file or the name of a bundled table, as for `wlra-exact solve`. The reductions are applied first; what
    they leave must have few chart coordinates k (m - k).

    \b
    Example:
      wlra-exact decide table.json --rank 1 --threshold 43556
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.algebra.cells import CellBudget
    from wlra_exact.algebra.exact import exact
    from wlra_exact.errors import Decision, InputError
    from wlra_exact.search.threshold import decide_threshold

    instance = read_problem(table, rank=rank, weights=weights, omega=omega, binary64=binary64).instance
    try:
        tau = exact(threshold)
    except ValueError as error:
        raise InputError("--threshold", "a number such as 3/7 or 0.25", repr(threshold[:40])) from error
    budget = CellBudget(seconds=time_limit or 120)
    answer = decide_threshold(instance, tau, method, budget)
    click.echo(json.dumps(answer_json(answer, instance), indent=1) if as_json else render_answer(answer, instance))
    if answer.decision is Decision.UNKNOWN:
        ctx.exit(3)


def render_answer(answer: ThresholdAnswer, instance: Instance) -> str:
    """The answer in at most four lines."""
    lines = [f"{answer.decision.value.upper()}  (method {answer.method})"]
    if answer.witness is not None:
        cost = instance.cost(*answer.witness)
        lines.append(f"witness: a matrix of rank at most {instance.k} with cost {_short(cost)}")
    if answer.payload is not None:
        boxes = sum(tree.count(".") for tree in answer.payload["trees"])
        lines.append(f"proof: rule bernstein on the reduced instance, {boxes} boxes")
    if answer.reason:
        lines.append(f"reason: {answer.reason}")
    return "\n".join(lines)


def _short(cost: Any) -> str:
    from wlra_exact.algebra.algebraic import RealAlgebraic, decimal

    text = str(cost)
    return text if len(text) <= 40 else decimal(RealAlgebraic.rational(cost), 20)


def answer_json(answer: ThresholdAnswer, instance: Instance) -> dict[str, Any]:
    """The answer as a JSON object: decision, method, reason, witness with its cost, bernstein payload."""
    from wlra_exact.algebra.exact import canonical
    from wlra_exact.certificate import encode_matrix

    witness = None
    if answer.witness is not None:
        U, V = answer.witness
        witness = {"U": encode_matrix(U), "V": encode_matrix(V), "cost": canonical(instance.cost(U, V))}
    return {
        "decision": answer.decision.value,
        "method": answer.method,
        "reason": answer.reason,
        "witness": witness,
        "bernstein": answer.payload,
    }
