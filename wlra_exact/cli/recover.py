"""``wlra-exact recover``: factors found entry by entry, as the paper finds them, every decision certified.

Exit codes: 0 the factors cost at most 1 + gap times the incumbent; 3 they cost more; 2 the input is refused. After an
interrupt nothing is written.

Guarantee: the printed cost is the exact cost of the factors in the certificate, rounded up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from wlra_exact.cli.console import listening
from wlra_exact.cli.inputs import Given, Problem, problem_options, read_problem
from wlra_exact.cli.options import (
    cluster_option,
    digits_option,
    gap_option,
    jobs_option,
    one_kind_of_workers,
    out_option,
    seed_option,
    time_limit_option,
    verbose_option,
)
from wlra_exact.cli.outputs import certificate_lines, check_target, writing

if TYPE_CHECKING:
    from wlra_exact.search.recover import Recovery

__all__ = ["recover"]


@click.command(short_help="Find the factors entry by entry, every decision certified.")
@problem_options
@gap_option("The factors cost at most 1 + G times the incumbent.")
@time_limit_option("Seconds; none for no limit.")
@jobs_option("Processes for branching.")
@cluster_option("Branch")
@seed_option("Of the random starts.")
@out_option()
@digits_option()
@verbose_option("entry")
@click.pass_context
def recover(
    ctx: click.Context,
    *,
    given: Given,
    gap: str,
    time_limit: str | None,
    jobs: int,
    cluster: str | None,
    seed: int,
    out: str | None,
    digits: int,
    verbose: bool,
) -> None:
    """Recover near-optimal factors of TABLE by a binary search for one entry of U after another (Thm 7.1).

    The optimum is bracketed first. U is then the identity on the rows with the largest minor, which removes the freedom
    (U C, C^-1 V), and each of its other entries lies in [-1, 1]: its range is halved, the half that no point of
    {cost <= Lambda} with the earlier entries can lie in is proved empty, and the entry is fixed as soon as the cut goes
    through that set. V follows from the normal equations, exactly. The certificate holds the step of every decision.

    \b
    Examples:
      wlra-exact recover hair_eye --rank 1 --omega 1/expected --out factors.json
      wlra-exact show factors.json
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.search.recover import recover as run
    from wlra_exact.search.workers import workers

    check_target(out, given.files)
    one_kind_of_workers(jobs, cluster)
    problem = read_problem(given)
    with listening(verbose=verbose) as listener, workers(jobs, cluster) as (executor, count):
        found = run(
            problem.instance,
            gap=gap,
            time_limit=time_limit,
            seed=seed,
            executor=executor,
            workers=count,
            shared_clock=cluster is None,
            progress=listener,
            provenance=problem.provenance,
        )
    if out is not None:
        with writing(f"--out {out}"):
            replace(found.certificate, subject=problem.subject).write(out)
    click.echo("\n".join(_report(problem, found, gap, digits, out)))
    if not found.reached:
        ctx.exit(3)


def _report(problem: Problem, found: Recovery, gap: str, digits: int, out: str | None) -> list[str]:
    from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal, short
    from wlra_exact.cli.summary import field

    claim = found.certificate.claim
    excess = (found.cost - found.upper) / found.upper if found.upper != 0 else found.cost
    lines = [
        field("table", f"{problem.source}, {problem.describe()}"),
        field("rank", str(problem.instance.k)),
        field("weights", problem.weighting),
        field("lower", f"{floor_decimal(claim.lower, digits)}  <= opt, rounded down"),
        field("incumbent", f"{ceil_decimal(found.upper, digits)}  its cost, rounded up"),
        field("recovered", f"{ceil_decimal(found.cost, digits)}  exact cost of the factors, rounded up"),
        field(
            "excess",
            f"{short(excess)} over the incumbent, {gap} allowed: "
            + ("reached" if found.reached else "NOT reached; exit code 3"),
        ),
        "",
    ]
    if found.entries:
        head = ("entry", "value", "halves empty", "halves kept")
        rows = [
            (
                f"leaf {entry.leaf + 1} U[{entry.row + 1}, {entry.column + 1}]",
                str(entry.value),
                str(sum(d.kind == "empty" for d in entry.decisions)),
                str(sum(d.kind == "kept" for d in entry.decisions)),
            )
            for entry in found.entries
        ]
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
        lines += [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in [head, *rows]
        ]
    else:
        lines.append("the reductions leave no entry to be searched for")
    return [*lines, "", field("time", f"{floor_decimal(found.seconds, 3)} s"), *certificate_lines(out)]
