"""``wlra-exact critical``: every critical point of the cost, and the optimum as an exact algebraic number.

Guarantee: exact values are truncated, so all their printed digits are correct; coordinates are rounded in the last one.
``--json`` carries opt's minimal polynomial (constant first) and a rational isolating interval.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.inputs import Given, problem_options, read_problem
from wlra_exact.cli.options import json_option, natural
from wlra_exact.cli.pictures import check_picture, plot_option, write_picture
from wlra_exact.errors import UnsupportedError

if TYPE_CHECKING:
    from flint import arb

    from wlra_exact.algebra.algebraic import RealAlgebraic
    from wlra_exact.deciders.critical import CriticalReport, RealCriticalPoint
    from wlra_exact.problem.instance import Instance

__all__ = ["critical", "render_report", "report_json"]

_METHODS = ("auto", "elimination", "msolve", "paths")


@click.command(short_help="List all critical points and the optimum as an algebraic number.")
@problem_options
@click.option("--method", type=click.Choice(_METHODS), default="auto", show_default=True, help="The routine.")
@click.option("--time-limit", metavar="S", callback=natural(1), help="Seconds to spend. Default: 600.")
@click.option("--digits", metavar="D", default="20", callback=natural(1, 1000), help="Decimals. Default: 20.")
@plot_option("the cost with its critical points, as a curve (two rows) or over three charts (three rows)")
@json_option(": complex_count, real, opt")
def critical(
    *,
    given: Given,
    method: str,
    time_limit: int | None,
    digits: int,
    plot: str | None,
    as_json: bool,
) -> None:
    """List every real critical point of the cost with its value and kind, and count the complex ones.

    TABLE is a file or the name of a bundled table, as for `wlra-exact solve`. For rank 1, and one less than the smaller
    side, opt comes with its polynomial: for tables with three rows and up to four columns (five are slow), and with the
    program msolve, whose answers are checked exactly, for larger ones. Other ranks, and larger tables without that
    program, take the method paths: all points are proposed in floating point and proved in balls, and opt comes with
    its digits alone. No reduction is applied first: merging rows would change the critical points.

    \b
    Example:
      wlra-exact critical table.json --rank 1
      wlra-exact critical table.json --rank 1 --method msolve --json
      wlra-exact critical 4x4.csv --rank 2 --digits 40
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.deciders.critical import SECONDS, critical_points

    check_picture(plot)
    instance = read_problem(given).instance
    if plot is not None and min(instance.shape) > 3:
        m, n = instance.shape
        raise UnsupportedError(f"--plot draws two or three rows (or columns), got {m}x{n}")
    report = critical_points(instance, method, time_limit or SECONDS)
    click.echo(json.dumps(report_json(report, digits), indent=1) if as_json else render_report(report, digits))
    if plot is not None:
        _draw(instance, report, plot)


def _draw(instance: Instance, report: CriticalReport, plot: str) -> None:
    from wlra_exact.algebra.algebraic import ball_ends
    from wlra_exact.plots import plot_landscape, plot_line

    upright = instance if instance.shape[0] <= instance.shape[1] else instance.transpose()
    if upright.shape[0] == 3:
        write_picture(plot_landscape(upright, report=report), plot)
    else:
        lower = None if report.opt_ball is None else ball_ends(report.opt_ball)[0]
        write_picture(plot_line(upright, report=report, lower=lower), plot)


def render_report(report: CriticalReport, digits: int) -> str:
    """The report as lines of text."""
    real = len(report.points)
    if report.complex_count is None:
        lines = [f"critical points: {report.reason}"]
        if real:
            lines.append(f"  {real} real critical points were found and checked; there may be more:")
    else:
        minima = sum(p.index == 0 for p in report.points)
        lines = [f"critical points: {report.complex_count} complex, {real} real, {minima} local minima"]
        if report.evidence:
            lines.append(f"  (the number of complex points: {report.evidence})")
    lines += [_point_text(point, report.dimension, digits) for point in report.points]
    if report.opt is not None:
        lines.append(f"opt = {_value_text(report.opt, None, digits)}{_attained_text(report.attained)}")
        lines.append(f"  root of {report.opt.polynomial}")
        if not report.opt.is_exact:
            lines.append(f"  in ({report.opt.lower}, {report.opt.upper})")
    elif report.opt_ball is not None:
        lines.append(f"opt = {_ball_text(report.opt_ball, digits)}{_attained_text(report.attained)}")
        lines.append(f"  {report.reason}")
        if report.opt_parameter is not None:
            r = report.opt_parameter
            lines.append(
                "  exactly: the least cost when all columns are multiples of (1, r), where r is the only root in"
            )
            lines.append(
                f"  ({r.lower}, {r.upper}) of a polynomial of degree {r.polynomial.degree()} (--json prints it)"
            )
    else:
        lines.append(f"opt: not decided; {report.reason}" if report.complex_count is not None else "opt: not decided")
    return "\n".join(lines)


def _point_text(point: RealCriticalPoint, dimension: int | None, digits: int) -> str:
    coordinates = " : ".join(_ball_text(u, 12) for u in point.u)
    value = _value_text(point.value, point.ball, digits)
    return f"  {value:<{digits + 14}} {_kind(point, dimension):<10} u = ({coordinates})"


def _kind(point: RealCriticalPoint, dimension: int | None) -> str:
    """The index in words: on the space of column spaces, of dimension d, it runs from 0 to d."""
    if point.index is None:
        return "degenerate"
    return {0: "minimum", dimension or len(point.u) - 1: "maximum"}.get(point.index, "saddle")


def _attained_text(attained: bool | None) -> str:
    return {True: "", False: " (an infimum that no matrix attains)", None: ""}[attained]


def _value_text(value: RealAlgebraic | None, ball: arb | None, digits: int) -> str:
    from wlra_exact.algebra.algebraic import decimal

    if value is not None:
        return decimal(value, digits)
    return "" if ball is None else _ball_text(ball, digits)


def _ball_text(ball: arb, digits: int) -> str:
    return str(ball.str(digits, radius=False))


def report_json(report: CriticalReport, digits: int) -> dict[str, Any]:
    """The report as a JSON object: complex_count, evidence, real, opt, opt_parameter, attained, reason."""
    return {
        "complex_count": report.complex_count,
        "evidence": report.evidence,
        "real": [
            {
                "value": _value_text(point.value, point.ball, digits),
                "index": point.index,
                "point": [_ball_text(u, digits) for u in point.u],
            }
            for point in report.points
        ],
        "opt": None if report.opt is None else _number_json(report.opt, digits),
        "opt_parameter": None if report.opt_parameter is None else _number_json(report.opt_parameter, digits),
        "attained": report.attained,
        "reason": report.reason,
    }


def _number_json(number: RealAlgebraic, digits: int) -> dict[str, Any]:
    from wlra_exact.algebra.exact import canonical

    return {
        "decimal": _value_text(number, None, digits),
        "polynomial": [str(c) for c in number.polynomial.coeffs()],
        "lower": canonical(number.lower),
        "upper": canonical(number.upper),
    }
