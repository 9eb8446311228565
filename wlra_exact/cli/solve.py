"""``wlra-exact solve``: from a table to a certified bracket, on standard output and in a file.

Exit codes: 0 the gap asked for was reached; 3 the bracket is true and proved, but wider; 2 the input is refused, and
nothing was written. Ctrl-C and SIGTERM end the search, not the program: the bracket reached so far is kept.

Guarantee: the printed lower bound is rounded down and the printed upper bound up, so the printed bracket holds too.
"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wlra_exact.cli.console import interruptible, listening
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
from wlra_exact.cli.outcome import outcome
from wlra_exact.cli.outputs import certificate_lines, check_target, writing
from wlra_exact.cli.pictures import check_picture, plot_option, write_picture
from wlra_exact.errors import InputError

if TYPE_CHECKING:
    from wlra_exact.search.progress import Event
    from wlra_exact.search.solve import Result

__all__ = ["solve"]

#: So many reductions and lower-bound steps are told one by one; ``show`` tells all.
_TOLD = 6

#: The strategy that sets bounds as it finds them, and those that ask about one threshold after another.
_BRACKET, _BY_DECISIONS = "bracket", ("paper", "guided")


@click.command(short_help="Bracket the optimum and write a certificate.")
@problem_options
@gap_option("Relative gap wanted, (upper - lower) / upper.")
@click.option(
    "--method",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="Lower bounds by: auto, spectral, projections, orthogonal (minors for rank 1), plucker (rank 2); branch and "
    "bound: regions, columns, and ratios for rank 1.",
)
@click.option(
    "--strategy",
    default="bracket",
    show_default=True,
    metavar="NAME",
    help='bracket: close the gap at once. By decisions "is opt < t?" alone: paper (binary search in the exponent, from'
    " the theorem's lower bound up) or guided (around the numeric optimum).",
)
@click.option("--trace", is_flag=True, help="Keep the proof of every bound of the search in the certificate.")
@time_limit_option("Seconds after which the bracket reached so far is kept; none for no limit.")
@jobs_option("Processes for branching.")
@cluster_option("Branch")
@click.option("--resume", metavar="CERT", help="Go on from the certificate of an earlier run on the same table.")
@seed_option("Of the random starts.")
@out_option()
@digits_option()
@plot_option("the bracket as it closed over time")
@verbose_option("event of the search")
@click.pass_context
def solve(
    ctx: click.Context,
    *,
    given: Given,
    gap: str,
    method: str,
    strategy: str,
    trace: bool,
    time_limit: str | None,
    jobs: int,
    cluster: str | None,
    resume: str | None,
    seed: int,
    out: str | None,
    digits: int,
    plot: str | None,
    verbose: bool,
) -> None:
    """Bracket the optimum of a weighted low-rank approximation and prove both sides.

    TABLE is a file (.csv .tsv .txt .json .mtx .npy .npz; an empty field is a missing entry) or the name of a bundled
    table (see `wlra-exact datasets`); a file wins.

    \b
    Examples:
      wlra-exact solve hair_eye --rank 1 --omega 1/expected --out hair_eye.json
      wlra-exact solve A.csv --rank 2 --weights W.csv --gap 1e-9 --out A.json
      wlra-exact solve A.npz --rank 3 --time-limit 60 --jobs 2 --out A.json
      wlra-exact solve A.npz --rank 3 --resume A.json --out A.json
      wlra-exact solve A.csv --rank 1 --strategy paper --trace --out A.json

    Exit code: 0 the gap was reached; 3 only a wider bracket, true and proved all the same; 2 the input is refused and
    nothing is written. Ctrl-C (or SIGTERM) keeps the bracket reached so far; a second one aborts. While it branches,
    the search also writes the certificate of the bracket reached so far every half minute.
    """  # noqa: D301 (click wants the control character)
    check_target(out, given.files)
    check_picture(plot)
    one_kind_of_workers(jobs, cluster)
    _check_strategy(strategy, method, jobs if cluster is None else 0, resume, trace=trace)
    problem = read_problem(given)
    from wlra_exact.certificate import load_certificate
    from wlra_exact.search.progress import FINISHING
    from wlra_exact.search.solve import solve_instance

    earlier = load_certificate(resume) if resume is not None else None
    events: list[Event] = []
    with interruptible() as interrupts:
        with listening(verbose=verbose) as listener:

            def hear(event: Event) -> None:
                interrupts.finishing = event.activity == FINISHING
                interrupts.insist()
                events.append(event)
                listener(event)

            if strategy == _BRACKET:
                result = solve_instance(
                    problem.instance,
                    gap=gap,
                    time_limit=time_limit,
                    method=method,
                    seed=seed,
                    jobs=jobs,
                    cluster=cluster,
                    progress=hear,
                    provenance=problem.provenance,
                    resume=earlier,
                    checkpoint=None if out is None else lambda certificate: certificate.write(out),
                    subject=problem.subject,
                )
            else:
                from wlra_exact.search.bisection import bisect

                result = bisect(
                    problem.instance,
                    strategy,
                    gap=gap,
                    trace=trace,
                    time_limit=time_limit,
                    progress=hear,
                    provenance=problem.provenance,
                )
                certificate = replace(result.certificate, subject=problem.subject)
                result = replace(result, certificate=certificate, subject=problem.subject)
        interrupts.ignored = True
        if out is not None:
            with writing(f"--out {out}"):
                result.certificate.write(out)
        end, advice = outcome(result, gap, time_limit, method, out)
        if strategy != _BRACKET:
            advice = ""  # decisions are not resumed
        click.echo("\n".join(_report(problem, result, gap, end, advice, digits=digits, out=out)))
        if plot is not None:
            _draw(events, result, gap, plot, trace=trace)
    if not result.reached:
        ctx.exit(3)


def _check_strategy(strategy: str, method: str, jobs: int, resume: str | None, *, trace: bool) -> None:
    """Refuse a strategy that does not exist, and options that belong to another one."""
    if strategy not in (_BRACKET, *_BY_DECISIONS):
        raise InputError("--strategy", "one of " + ", ".join((_BRACKET, *_BY_DECISIONS)), repr(strategy))
    if trace and strategy == _BRACKET:
        raise InputError("--trace", "--strategy paper or guided, which search by decisions", f"--strategy {strategy}")
    if strategy != _BRACKET and (method != "auto" or jobs != 1 or resume is not None):
        raise InputError(f"--strategy {strategy}", "none of --method, --jobs, --cluster, --resume", "one of them")


def _draw(events: list[Event], result: Result, gap: str, plot: str, *, trace: bool) -> None:
    if trace:
        from wlra_exact.cli.trace import search_picture

        write_picture(search_picture(result.certificate, "the certificate"), plot)
        return
    from wlra_exact.plots import plot_bracket
    from wlra_exact.search.progress import Event

    nodes = max((event.nodes for event in events), default=0)
    last = Event("the end", result.lower, result.upper, nodes, result.seconds)
    write_picture(plot_bracket([*events, last], gap=gap), plot)


def _report(
    problem: Problem, result: Result, gap: str, end: str, advice: str, *, digits: int, out: str | None
) -> list[str]:
    from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal, short
    from wlra_exact.cli.summary import field

    instance = problem.instance
    observed = sum(1 for w in instance.omega.entries() if w != 0)
    m, n = instance.shape
    counted = f", {observed} of {m * n} entries with positive weight" if observed < m * n else ""
    lines = [
        field("table", f"{problem.source}, {problem.describe()}{counted if problem.subject is None else ''}"),
        field("rank", str(instance.k)),
        field("weights", problem.weighting),
        *_told(result),
        field("lower", f"{floor_decimal(result.lower, digits)}  <= opt, rounded down"),
        field("upper", f"{ceil_decimal(result.upper, digits)}  >= opt, rounded up: exact cost of the witness U V"),
        field("gap", f"{short(result.gap)} relative, {gap} wanted: {end}"),
        *_trace_told(result),
        field("time", f"{floor_decimal(result.seconds, 3)} s"),
    ]
    if "remark" in result.certificate.provenance:
        lines.append(field("remark", str(result.certificate.provenance["remark"])))
    if advice:
        lines.append(field("go on", advice))
    return [*lines, *certificate_lines(out, "" if out is None else _data(problem, out))]


def _trace_told(result: Result) -> list[str]:
    """How many decisions the search took, when the certificate tells."""
    from wlra_exact.cli.summary import field

    trace = result.certificate.provenance.get("trace")
    if trace is None:
        return []
    predicted = f", {trace['predicted']} predicted by {trace['theorem']}" if "predicted" in trace else ""
    return [field("search", f"{trace['strategy']}, {trace['decisions']} decisions{predicted}; show lists them")]


def _data(problem: Problem, out: str) -> str:
    """The option that lets the verifier find the file that the certificate names, where it does not lie beside it."""
    source = problem.subject.source if problem.subject is not None else None
    folder = Path(problem.source).parent
    if source is None or folder.resolve() == Path(out).resolve().parent:
        return ""
    return f" --data {shlex.quote(str(folder))}"


def _told(result: Result) -> list[str]:
    """What the reductions did, and which rule proved what."""
    from wlra_exact.cli.summary import bound_text, field, outermost, reduction_text, rests_on, shape_text, summarise

    last = result.certificate.claim.lower_step
    summary = rests_on(summarise(result.certificate, "the certificate"), last)
    said = outermost(summary, last)
    reductions = [reduction_text(step) for step in said.reductions]
    if len(reductions) > _TOLD:
        reductions[_TOLD:] = [f"and {len(reductions) - _TOLD} more"]
    final = said.lower
    proved = []
    if len(final) > _TOLD:
        rules = Counter(step.rule for step in final)
        proved = [f"{rule} on {count} problems" for rule, count in rules.most_common()]
    for step in final if not proved else ():
        count = sum(1 for other in summary.lower if other.problem == step.problem)
        place = shape_text(step.shape) if step.shape else step.problem
        whole = f"{step.rule} on {place}" + (f", {count} steps" if count > 1 else "")
        proved.append(
            "opt >= 0: weights are not negative"
            if step.rule == "nonnegative"
            else f"{whole}: opt >= {bound_text(step, 9)}"
        )
    return [field("reductions", "; ".join(reductions) or "none applies"), field("proved by", "; ".join(proved))]
