"""``wlra-exact decide``: is the optimum below one threshold? YES, NO or UNKNOWN, by exact arithmetic.

Guarantee: the answer rests on exact arithmetic; floating point proposes in the methods ``orthogonal``, ``columns`` and
``search`` (of ``auto``) alone. YES prints the exact cost of a witness where the method gives one; UNKNOWN prints the
reason and exits with 3.

``--out`` writes YES and NO as a certificate: a witness below the threshold, or a proof of opt >= threshold. With one or
two chart coordinates the methods cad, critical and univariate prove NO by the rule ``cad``. Where there is none, one
line says so and no file is written.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.inputs import Given, Problem, problem_options, read_problem
from wlra_exact.cli.options import json_option, natural, out_option
from wlra_exact.cli.outputs import check_target, writing
from wlra_exact.cli.pictures import check_picture, plot_option, write_picture
from wlra_exact.errors import Decision, InputError, UnsupportedError

if TYPE_CHECKING:
    from flint import fmpq

    from wlra_exact.certificate import Certificate
    from wlra_exact.problem.instance import Instance
    from wlra_exact.search.threshold import ThresholdAnswer

__all__ = ["answer_json", "decide", "render_answer"]

_METHODS = ("auto", "univariate", "cad", "critical", "bernstein", "orthogonal", "columns")


@click.command(short_help="Decide whether the optimum is below a threshold.")
@problem_options
@click.option("--threshold", "-t", metavar="T", required=True, help="The number that opt is compared with; exact.")
@click.option("--method", type=click.Choice(_METHODS), default="auto", show_default=True, help="The routine.")
@click.option(
    "--time-limit",
    metavar="S",
    callback=natural(1),
    help="Seconds to spend, with --out for the proof too. Default: 120.",
)
@out_option("File for the certificate of the answer (JSON)")
@plot_option("the cost of the reduced instance beside the threshold, where one or two coordinates are left")
@json_option()
@click.pass_context
def decide(
    ctx: click.Context,
    *,
    given: Given,
    threshold: str,
    method: str,
    time_limit: int | None,
    out: str | None,
    plot: str | None,
    as_json: bool,
) -> None:
    """Decide whether some matrix of rank at most K has cost below the threshold.

    TABLE is a file or the name of a bundled table, as for `wlra-exact solve`. The reductions are applied first. Where
    they leave few chart coordinates k (m - k), complete routines decide; elsewhere the methods of `solve` answer where
    they can: YES by a witness, NO by a lower bound.

    With --out the answer is written as a certificate. With one or two coordinates the methods cad, critical and
    univariate prove NO by the rule cad, opt itself included.

    \b
    Example:
      wlra-exact decide table.json --rank 1 --threshold 43556
      wlra-exact decide table.json --rank 1 --threshold 43556 --out no.json
      wlra-exact decide table.json --rank 1 --threshold 43556 --method cad --out no.json
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.algebra.cells import CellBudget
    from wlra_exact.algebra.exact import exact
    from wlra_exact.search.threshold import decide_threshold

    check_target(out, given.files)
    check_picture(plot)
    problem = read_problem(given)
    instance = problem.instance
    try:
        tau = exact(threshold)
    except ValueError as error:
        raise InputError("--threshold", "a number such as 3/7 or 0.25", repr(threshold[:40])) from error
    drawn = None if plot is None else _drawable(instance)
    budget = CellBudget(seconds=time_limit or 120).begun()
    answer = decide_threshold(instance, tau, method, budget)
    written = None if out is None else _write(problem, tau, answer, out, budget.left())
    if as_json:
        found = answer_json(answer, instance) | ({} if out is None else {"certificate": out if written else None})
        click.echo(json.dumps(found, indent=1))
    else:
        click.echo("\n".join([render_answer(answer, instance, tau), *([] if out is None else [_told(written, out)])]))
    if drawn is not None and plot is not None:
        _draw(drawn, tau, answer, plot)
    if answer.decision is Decision.UNKNOWN:
        ctx.exit(3)


def _drawable(instance: Instance) -> Instance:
    """What the reductions leave, upright, if it can be drawn: refused before the work otherwise."""
    from wlra_exact.problem.reductions import leaves, reduce_instance

    open_leaves = [
        leaf if leaf.shape[0] <= leaf.shape[1] else leaf.transpose() for leaf in leaves(reduce_instance(instance))
    ]
    if len(open_leaves) == 1 and open_leaves[0].k * (open_leaves[0].shape[0] - open_leaves[0].k) in (1, 2):
        return open_leaves[0]
    shapes = ", ".join(f"{leaf.shape[0]}x{leaf.shape[1]}" for leaf in open_leaves)
    left = f"{shapes} of rank {instance.k}" if shapes else "nothing to decide"
    raise UnsupportedError(f"--plot draws one instance with k (m - k) = 1 or 2; the reductions leave {left}")


def _draw(drawn: Instance, tau: Any, answer: ThresholdAnswer, plot: str) -> None:
    from wlra_exact.plots import plot_landscape, plot_line
    from wlra_exact.plots.cells import bernstein_cells

    if drawn.shape[0] == 2:
        write_picture(plot_line(drawn, threshold=tau), plot)
        return
    trees = answer.payload["trees"] if answer.payload is not None else []
    cells = bernstein_cells(drawn, trees, tau) if trees else ()
    write_picture(plot_landscape(drawn, cells=cells, threshold=tau), plot)


def _write(problem: Problem, tau: Any, answer: ThresholdAnswer, out: str, seconds: int) -> Certificate | None:
    """Write the certificate of the answer, if there is one."""
    from wlra_exact import __version__
    from wlra_exact.search.threshold import threshold_certificate

    provenance = {"software": "wlra_exact", "version": __version__, **problem.provenance}
    found = threshold_certificate(problem.instance, tau, answer, provenance, seconds)
    if found is not None:
        with writing(f"--out {out}"):
            found.write(out)
    return found


def _told(certificate: Certificate | None, out: str) -> str:
    if certificate is None:
        return f"certificate: none found for this answer, {out} is not written"
    rules = sorted({step.rule for step in certificate.steps})
    return f"certificate: {out}, rules {' '.join(rules)}; check it: wlra-exact verify {shlex.quote(out)}"


def render_answer(answer: ThresholdAnswer, instance: Instance, threshold: fmpq) -> str:
    """The answer to "is opt < threshold?" in at most four lines."""
    said = {"yes": "YES: opt <", "no": "NO: opt >=", "unknown": "UNKNOWN: opt <"}[answer.decision.value]
    asked = "" if answer.decision is not Decision.UNKNOWN else " is open"
    lines = [f"{said} {_short(threshold)}{asked}  (method {answer.method})"]
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
