"""``wlra-exact bounds``: the paper's quantities for a table, beside its certified bracket.

    proved lower bound of a theorem <= certified lower <= opt <= certified upper <= ||W o A||^2

Guarantee: everything is exact; the text rounds logarithms on the sound side, and ``--json`` prints exact integers.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.console import interruptible
from wlra_exact.cli.inputs import Given, patterns_or_instance, problem_options, read_problem
from wlra_exact.cli.options import gap_option, json_option, time_limit_option
from wlra_exact.cli.system import exact_option

if TYPE_CHECKING:
    from flint import fmpq

    from wlra_exact.systems.bounds_report import BoundsReport

__all__ = ["bounds", "render", "report_json"]

#: Significant digits of the bracket.
_DIGITS = 9


@click.command(short_help="Compute the quantities of the theory beside the certified bracket.")
@problem_options
@click.option("--eps", metavar="E", default="1/2", show_default=True, help="Accuracy of sketches and search.")
@gap_option("Relative gap of the certified bracket.", "1e-3")
@time_limit_option("Seconds for the bracket, and for the search; none for no limit.")
@click.option("--no-bracket", is_flag=True, help="Theory only: do not search for a bracket.")
@click.option(
    "--search", is_flag=True, help="Run the paper's binary search too, to accuracy E, and count its decisions."
)
@json_option(", with exact integers as strings")
def bounds(
    *,
    given: Given,
    eps: str,
    gap: str,
    time_limit: str | None,
    no_bracket: bool,
    search: bool,
    as_json: bool,
) -> None:
    """Print what the theorems say about TABLE beside what is certified.

    TABLE is a file or the name of a bundled table, as for `wlra-exact solve`.

    First a row for each theorem of the paper, and one (ours) for the gap theorem on the exact compression: variables,
    degree and bits of the coefficients of its polynomial system; guesses of ranks; log2 of the lower bound on an opt
    that is not 0; steps of a binary search that begins there; log2 of the cost of one decision, and of all. They follow
    from the sizes of TABLE alone. Then come the variables of the systems that were built, lower bounds from the numbers
    of TABLE, with the hypotheses that were checked, and the certified bracket. `-2^a` is a number too long to read,
    rounded down. docs/theory.md goes through the statements one by one.

    \b
    Examples:
      wlra-exact bounds hair_eye --rank 1 --omega 1/expected
      wlra-exact bounds A.csv --rank 1 --search --time-limit 60
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.search.theory import bracketed_report, count_decisions
    from wlra_exact.systems.bounds_report import bounds_report

    problem = patterns_or_instance(read_problem(given))
    accuracy = str(exact_option("--eps", eps))
    if no_bracket:
        report = bounds_report(problem, eps=accuracy)
    else:
        with interruptible():
            report = bracketed_report(problem, eps=accuracy, gap=gap, time_limit=time_limit)
    count = None
    if search:
        with interruptible():
            count = count_decisions(problem, eps=accuracy, time_limit=time_limit)
    if as_json:
        told = report_json(report) | ({} if count is None else {"search": asdict(count)})
        click.echo(json.dumps(told, indent=1))
        return
    click.echo(render(report))
    if count is not None:
        ended = "" if count.reached else "; it ended early"
        start = f" from the bound of {count.theorem}" if count.theorem else ""
        click.echo(f"search steps{start}: {count.predicted} predicted, {count.made} made{ended}")


def render(report: BoundsReport) -> str:
    """The report as lines of text; "-2^a" stands for an exponent too long to read, rounded down."""
    from wlra_exact.systems.bounds_report import log2_text

    s = report.setting
    lines = [
        f"{s.m}x{s.n}, rank {s.k}: {s.r_rows} and {s.r_columns} distinct weight rows and columns, "
        f"{s.p_rows} and {s.p_columns} joint, integer entries of {s.bits} bits, eps {s.eps}",
        "",
        f"{'':12}{'variables':>10}{'degree':>7}{'bits':>6}{'guesses':>9}{'log2 lower':>14}"
        f"{'steps':>9}{'log2 decision':>15}{'log2 total':>12}",
    ]
    for q in report.predictions:
        lower = "opt = 0" if q.log2_lower is None else shortened(q.log2_lower)
        lines.append(
            f"{q.theorem:12}{q.variables:>10}{q.degree:>7}{q.bits:>6}{f'2^{q.log2_guesses}':>9}{lower:>14}"
            f"{'' if q.steps is None else q.steps:>9}{q.log2_decision:>15}{q.log2_total:>12}"
        )
    lines += [f"enumeration of all factors: 2^{report.log2_enumeration} candidates", ""]
    lines += _variables(report)
    for bound in report.proved:
        lines.append(f"opt = 0 or log2 opt >= {shortened(bound.log2)}   by {bound.theorem}; checked:")
        lines += [f"  - {h.statement}" for h in bound.hypotheses]
    lines.append("")
    certified = [
        f"certified lower      log2 >= {log2_text(report.lower):10}{_number(report.lower, up=False)}",
        f"certified upper      log2 <= {log2_text(report.upper, up=True):10}{_number(report.upper, up=True)}",
        f"||W o A||^2          log2 <= {log2_text(report.norm, up=True):10}{_number(report.norm, up=True)}",
    ]
    lines += [line.rstrip() for line in certified]
    if report.zero_by is not None:
        lines += ["", *_zero(report)]
    if report.lower is not None:
        lines.append("theory <= lower <= upper <= ||W o A||^2: " + ("holds" if report.chain_holds else "VIOLATED"))
    return "\n".join(lines)


def _number(bound: fmpq | None, *, up: bool) -> str:
    """A bound in decimals, rounded on the sound side."""
    from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal

    if bound is None:
        return ""
    return f"opt <= {ceil_decimal(bound, _DIGITS)}" if up else f"opt >= {floor_decimal(bound, _DIGITS)}"


def _variables(report: BoundsReport) -> list[str]:
    """A row for each system: the variables its formula predicts, and those it has when it is built."""
    lines = [f"{'variables':30}{'predicted':>10}{'built':>10}"]
    for name, count in report.formulas.items():
        built = f"{report.variables[name]:>10}" if name in report.variables else f"    {report.unbuilt[name]}"
        lines.append(f"{name:30}{count:>10}{built}")
    return [*lines, ""]


def _zero(report: BoundsReport) -> list[str]:
    """Why opt = 0, in words."""
    if report.zero_by == "witness":
        return ["opt = 0: the witness costs 0"]
    if report.zero_by == "reductions":
        return [
            "opt = 0: the exact reductions leave nothing open, and their lift has witnesses of every positive cost.",
            "One below the theorems' least non-zero value has too many digits to be written.",
        ]
    return [
        f"opt = 0 by the {report.zero_by}: the upper bound, the exact cost of a witness, is below",
        "every non-zero value that the theorem allows. As an infimum: no minimiser is needed, and none was found.",
    ]


def shortened(exponent: int) -> str:
    """A long negative exponent as -2^a, not above it.

    >>> shortened(-1280), shortened(-(10**20))
    ('-1280', '-2^67')
    """
    from wlra_exact.systems.bounds import ceil_log2

    return str(exponent) if abs(exponent) < 10**9 else f"-2^{ceil_log2(-exponent)}"


def report_json(report: BoundsReport) -> dict[str, Any]:
    """The report as JSON-ready values. Integers of any size are written as decimal strings."""
    import flint

    def exact_integer(x: int | None) -> str | None:
        return None if x is None else str(flint.fmpz(x))

    predictions = [
        asdict(q) | {"log2_lower": exact_integer(q.log2_lower), "steps": exact_integer(q.steps)}
        for q in report.predictions
    ]
    proved = [asdict(b) | {"log2": exact_integer(b.log2)} for b in report.proved]
    return {
        "setting": asdict(report.setting),
        "predictions": predictions,
        "proved": proved,
        "variables": report.variables,
        "formulas": report.formulas,
        "unbuilt": report.unbuilt,
        "log2_enumeration": report.log2_enumeration,
        "lower": None if report.lower is None else str(report.lower),
        "upper": None if report.upper is None else str(report.upper),
        "norm": str(report.norm),
        "chain_holds": report.chain_holds,
        "is_zero": report.is_zero,
        "zero_by": report.zero_by,
    }
