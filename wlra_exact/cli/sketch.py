"""``wlra-exact sketch``: the paper's random sketch on a table, against the certified optimum.

Guarantee: every printed value is the exact cost of a matrix of rank at most K, rounded up, and its distance from opt is
bounded by the certified bracket. The frequencies are counts of a sample; their intervals are exact (Clopper-Pearson)
and rounded outwards. Nothing here is a certificate.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.console import interruptible
from wlra_exact.cli.inputs import Given, Problem, problem_options, read_problem
from wlra_exact.cli.options import (
    cluster_option,
    gap_option,
    jobs_option,
    json_option,
    natural,
    one_kind_of_workers,
    seed_option,
    time_limit_option,
)
from wlra_exact.cli.pictures import check_picture, plot_option, write_picture
from wlra_exact.cli.system import exact_option
from wlra_exact.errors import InputError

if TYPE_CHECKING:
    from flint import fmpq

    from wlra_exact.search.boost import Boosted, Optimum, SketchCount
    from wlra_exact.systems.patterns import Patterns

__all__ = ["render", "sketch", "study_json"]


@click.command(short_help="Sketch at random, and count how often that is good enough.")
@problem_options
@click.option(
    "--eps", metavar="E", default="1/2", show_default=True, help="Accuracy: Lambda <= (1 + eps) opt is wanted."
)
@click.option("--sizes", metavar="T,...", help="Sizes t of the sketches. Default: 1, 2, 4, 8, 16 times ceil(k / eps).")
@click.option(
    "--trials", metavar="N", default="200", show_default=True, callback=natural(1, 10**6), help="Sketches of each size."
)
@click.option("--confidence", metavar="C", default="0.99", show_default=True, help="Of the intervals, in (0, 1).")
@click.option(
    "--delta",
    metavar="D",
    default="0.01",
    show_default=True,
    help="The median of repetitions may fail with this probability.",
)
@gap_option("Relative gap of the certified bracket.")
@time_limit_option("Seconds for the bracket.")
@jobs_option("Processes for the trials.")
@cluster_option("Draw the trials")
@seed_option("Of the first trial.")
@plot_option("the success frequencies over t")
@json_option()
def sketch(
    *,
    given: Given,
    eps: str,
    sizes: str | None,
    trials: int,
    confidence: str,
    delta: str,
    gap: str,
    time_limit: str | None,
    jobs: int,
    cluster: str | None,
    seed: int,
    plot: str | None,
    as_json: bool,
) -> None:
    """Sketch TABLE from both sides with random Gaussian matrices of t rows, and compare with the certified optimum.

    The optimum is bracketed first. Then the median of repeated sketched values is printed (Thm 1.2), with its certified
    relation to opt, and for every t how often Lemma 3.8 (one sketch, the rows regressed on the witness's row space) and
    Thm 6.1 (both sides) stay within a factor 1 + eps, beside the claimed probability 0.99. The weights W must be
    rational: an omega without rational square roots is refused.

    \b
    Examples:
      wlra-exact sketch hair_eye --rank 1
      wlra-exact sketch A.csv --rank 2 --weights W.csv --eps 0.1 --trials 1000 --plot sketch.png
    """  # noqa: D301 (click wants the control character)
    from threadpoolctl import threadpool_limits

    from wlra_exact.search.boost import boosted_value, run_trials
    from wlra_exact.search.workers import workers
    from wlra_exact.systems.sketch import sketch_size

    check_picture(plot)
    accuracy, level, failure = (
        exact_option(name, text) for name, text in (("--eps", eps), ("--confidence", confidence), ("--delta", delta))
    )
    one_kind_of_workers(jobs, cluster)
    problem = read_problem(given)
    t = sketch_size(problem.instance.k, accuracy)
    every = _sizes(sizes, problem.instance.k, accuracy)
    for name, number in (("--confidence", level), ("--delta", failure)):
        if not 0 < number < 1:
            raise InputError(name, "a number between 0 and 1", str(number))
    patterns = _patterns(problem)
    optimum = _optimum(patterns, gap, time_limit)
    boosted = boosted_value(optimum, t, failure, seed)
    with interruptible(), threadpool_limits(1), workers(jobs, cluster) as (executor, _):
        counts = run_trials(optimum, every, [accuracy], trials, seed=seed, executor=executor)
    if as_json:
        click.echo(json.dumps(study_json(optimum, accuracy, failure, boosted, counts, level), indent=1))
    else:
        click.echo(render(optimum, accuracy, failure, boosted, counts, level))
    if plot is not None:
        _draw(counts, level, plot, at_least=not optimum.is_narrow)


def _patterns(problem: Problem) -> Patterns:
    """The patterns of the table; of a file with labels those of the larger problem."""
    from wlra_exact.problem.patterned import Patterned
    from wlra_exact.systems.patterns import find_patterns, patterns_from_labels

    subject = problem.subject
    if not isinstance(subject, Patterned):
        return find_patterns(problem.instance)
    sides = (subject.rows.labels, subject.columns.labels)
    if sides[0] is None or sides[1] is None:
        return find_patterns(problem.instance)
    return patterns_from_labels(subject.A, subject.omega, problem.instance.k, sides[0], sides[1])


def _sizes(text: str | None, k: int, eps: fmpq) -> list[int]:
    if text is None:
        least = max(k, int((k / eps).ceil()))
        return [least * factor for factor in (1, 2, 4, 8, 16)]
    try:
        found = sorted({int(part) for part in text.split(",")})
    except ValueError as error:
        raise InputError("--sizes", "integers separated by commas, such as 4,8,16", repr(text[:40])) from error
    if found[0] < k or found[-1] > 10**5:
        raise InputError("--sizes", f"integers from the rank, {k}, to 100000", repr(text[:40]))
    return found


def _optimum(patterns: Any, gap: str, time_limit: str | None) -> Optimum:
    from wlra_exact.search.boost import Optimum
    from wlra_exact.search.solve import solve_instance
    from wlra_exact.systems.sketched import square_roots

    square_roots(patterns.omega)  # refused before the work
    with interruptible():
        result = solve_instance(patterns.collapsed(), gap=gap, time_limit=time_limit)
    return Optimum(patterns, result.V.tolist(), result.lower, result.upper)


def render(
    optimum: Optimum, eps: fmpq, delta: fmpq, boosted: Boosted, counts: list[SketchCount], confidence: fmpq
) -> str:
    """The study as lines of text."""
    from wlra_exact.algebra.decimal import ceil_decimal, fixed, floor_decimal
    from wlra_exact.cli.summary import field
    from wlra_exact.search.boost import CLAIMED

    patterns = optimum.patterns
    excess = floor_decimal(boosted.median / optimum.upper - 1, 4), ceil_decimal(boosted.median / optimum.lower - 1, 4)
    lines = [
        field(
            "table",
            f"{patterns.rows.length}x{patterns.columns.length}, rank {patterns.k}; "
            f"{patterns.rows.weight_pattern_count} and {patterns.columns.weight_pattern_count} distinct weight rows "
            f"and columns, {patterns.rows.size} and {patterns.columns.size} joint",
        ),
        field("opt", f"in [{floor_decimal(optimum.lower, 12)}, {ceil_decimal(optimum.upper, 12)}], certified"),
        field(
            "Lambda",
            f"{ceil_decimal(boosted.median, 12)}, the median of {len(boosted.values)} sketched values with t = "
            f"{boosted.t} (as many as delta = {delta} asks for if one succeeds with probability {CLAIMED}): "
            f"opt <= Lambda is a fact, and Lambda = (1 + x) opt with x from {excess[0]} "
            f"to {excess[1]}; eps = {eps}: {_relation(optimum, eps, boosted.median)}",
        ),
        "",
        f"{'t':>6}{'trials':>8}{'Lemma 3.8':>12}  {'interval':18}{'Thm 6.1':>12}  {'interval':18}  {CLAIMED} claimed",
    ]
    for count in counts:
        cells = [f"{count.t:>6}{count.trials:>8}"]
        for statement, successes in (("lemma", count.lemma), ("theorem", count.theorem)):
            low, high = count.interval(statement, confidence)
            cells.append(f"{successes:>12}  [{fixed(low, 4)}, {fixed(high, 4, up=True)}]  ")
        low, high = count.interval("theorem", confidence)
        below = "missed" if optimum.is_narrow else "not told"
        verdict = "reached" if low >= CLAIMED else (below if high < CLAIMED else "within the interval")
        lines.append("".join(cells) + f"  {verdict}")
    lines += [
        "",
        f"intervals: Clopper-Pearson, confidence {confidence}; {sum(c.exact for c in counts)} trials computed exactly",
    ]
    if not optimum.is_narrow:
        told = "Thm 6.1 counts values of at most (1 + eps) lower; with a bracket this wide others may be successes too"
        lines.append(field("remark", told))
    return "\n".join(line.rstrip() for line in lines)


def _relation(optimum: Optimum, eps: fmpq, value: fmpq) -> str:
    if value <= (1 + eps) * optimum.lower:
        return "within, certified"
    return "beyond, certified" if value > (1 + eps) * optimum.upper else "not told by this bracket"


def study_json(
    optimum: Optimum, eps: fmpq, delta: fmpq, boosted: Boosted, counts: list[SketchCount], confidence: fmpq
) -> dict[str, Any]:
    """The study as a JSON object; rationals as strings."""

    def interval(count: SketchCount, statement: str) -> list[str]:
        return [str(end) for end in count.interval(statement, confidence)]

    return {
        "lower": str(optimum.lower),
        "upper": str(optimum.upper),
        "narrow": optimum.is_narrow,
        "eps": str(eps),
        "delta": str(delta),
        "t": boosted.t,
        "values": [str(value) for value in boosted.values],
        "median": str(boosted.median),
        "within": _relation(optimum, eps, boosted.median),
        "counts": [
            {
                "t": count.t,
                "trials": count.trials,
                "exact": count.exact,
                "lemma_3_8": {"successes": count.lemma, "interval": interval(count, "lemma")},
                "theorem_6_1": {"successes": count.theorem, "interval": interval(count, "theorem")},
            }
            for count in counts
        ],
    }


def _draw(counts: list[SketchCount], confidence: fmpq, plot: str, *, at_least: bool) -> None:
    from wlra_exact.plots import SketchRow, plot_sketches
    from wlra_exact.search.boost import CLAIMED

    both = "Thm 6.1: both sides" + (" (at least)" if at_least else "")
    series = {
        name: [SketchRow(c.t, getattr(c, key), c.trials, *c.interval(key, confidence)) for c in counts]
        for name, key in (("Lemma 3.8: one side", "lemma"), (both, "theorem"))
    }
    write_picture(plot_sketches(series, wanted=CLAIMED), plot)
