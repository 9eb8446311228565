"""``wlra-exact show``: a certificate in the words of a reader.

Guarantee: none about the claim. The file is read, not verified, and the first and the last line say so.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wlra_exact.cli.options import digits_option, natural
from wlra_exact.cli.pictures import check_picture, plot_option, write_picture

if TYPE_CHECKING:
    from flint import fmpq
    from matplotlib.figure import Figure

    from wlra_exact.certificate import Certificate
    from wlra_exact.cli.summary import LowerStep, Summary

__all__ = ["VIEWS", "show"]

#: From so many common digits of both bounds on they have a line of their own.
_MANY_DIGITS = 15

#: Up to so many steps are listed one by one.
_FEW_STEPS = 12

#: What --plot may draw.
VIEWS = ("residuals", "cells", "line", "search")


@click.command(short_help="Summarise a certificate for a reader; it does not verify.")
@click.argument("certificate", metavar="CERT")
@digits_option()
@click.option("--steps", is_flag=True, help="One row for each step, however many there are.")
@click.option("--algebraic", is_flag=True, help="Look for the polynomial that opt is a root of (from many digits).")
@click.option(
    "--degree",
    metavar="D",
    callback=natural(1, 100),
    help="Largest degree that --algebraic tries. Default: the number of critical points where known, at most 40.",
)
@plot_option("the picture that --view names")
@click.option(
    "--view",
    type=click.Choice(VIEWS),
    default="residuals",
    show_default=True,
    help="residuals: A, weights, witness, residual. cells: the boxes of a three-row instance. line: the cost curve of"
    " a two-row instance. search: the bracket over the decisions of a traced search.",
)
def show(
    certificate: str, *, digits: int, steps: bool, algebraic: bool, degree: int | None, plot: str | None, view: str
) -> None:
    """Summarise a certificate: instance, reductions, one row for each lower-bound step, bracket and gap.

    Of the many steps of branch and bound those of one rule share a row, which gives their number and the least of
    their bounds; --steps lists them all.

    Of a search that was traced (`solve --strategy paper --trace`) every decision is listed, with the step that proves
    it and the bracket so far, and likewise of `recover`; the rows above are then the steps that the claim rests on.

    With --algebraic the digits are asked for the integer polynomial that opt is a root of; solve with a gap such as
    1e-500 first. For two rows or columns the answer is compared with the exact optimum, and only then it is proved.

    Lower bounds are printed rounded down and upper bounds rounded up. `show` reads what the file says and checks
    nothing of it: that is what `wlra-exact verify CERT` is for.

    \b
    Example:
      wlra-exact show hair_eye.json --digits 20
      wlra-exact show table.json --algebraic
      wlra-exact show hair_eye.json --plot hair_eye.png
      wlra-exact show traced.json --plot search.png --view search
    """  # noqa: D301 (click wants the control character)
    from wlra_exact.certificate import load_certificate

    check_picture(plot)
    loaded = load_certificate(certificate)
    lines = _lines(loaded, certificate, digits, every=steps)
    if algebraic:
        from wlra_exact.cli.algebraic import algebraic_lines

        lines[-1:-1] = algebraic_lines(loaded, degree)
    click.echo("\n".join(lines))
    if plot is not None:
        write_picture(_picture(loaded, view, certificate), plot)


def _picture(certificate: Certificate, view: str, name: str) -> Figure:
    if view == "search":
        from wlra_exact.cli.trace import search_picture

        return search_picture(certificate, name)
    from wlra_exact.deciders.critical import critical_points
    from wlra_exact.plots import certificate_cells, plot_landscape, plot_line, plot_residuals

    if view == "cells":
        instance, cells = certificate_cells(certificate)
        return plot_landscape(instance, cells=cells)
    if view == "line":
        instance = certificate.instance
        return plot_line(instance, report=critical_points(instance), lower=certificate.claim.lower)
    rows, columns = certificate.labels()
    return plot_residuals(certificate.instance, *certificate.witness(), rows=rows, columns=columns)


def _lines(certificate: Certificate, name: str, digits: int, *, every: bool) -> list[str]:
    from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal, short
    from wlra_exact.cli.recovery import recovery_lines
    from wlra_exact.cli.summary import field, reduction_text, rests_on, shape_text, summarise
    from wlra_exact.cli.trace import trace_lines

    instance, claim = certificate.instance, certificate.claim
    summary = summarise(certificate, name)
    observed = sum(1 for w in instance.omega.entries() if w != 0)
    m, n = instance.shape
    lines = [
        field(
            "certificate", f"{name}, {Path(name).stat().st_size} bytes, {len(certificate.steps)} steps; not verified"
        ),
        field("problem", f"A {shape_text(instance.shape)}, rank {instance.k}; omega: cost = sum omega (A-X)^2"),
        field("weights", f"{observed} of {m * n} entries have positive weight"),
        *_subject(certificate),
        *_origin(certificate.provenance),
    ]
    reductions = [reduction_text(step) for step in summary.reductions] or ["none"]
    lines += [field("reductions" if i == 0 else "", text) for i, text in enumerate(reductions)]
    search = trace_lines(certificate, summary, digits) or recovery_lines(certificate, summary, digits)
    listed = rests_on(summary, claim.lower_step) if search else summary
    lines += ["", *_rows(listed, digits, every=every), ""]
    lines += [*search, ""] if search else []
    gap = (claim.upper - claim.lower) / claim.upper if claim.upper != 0 else claim.upper - claim.lower
    lines += [
        field("claim", f"{floor_decimal(claim.lower, digits)} <= opt <= {ceil_decimal(claim.upper, digits)}"),
        field("gap", f"{short(gap)} relative"),
        *_digits(claim.lower, claim.upper, digits),
        field("check it", f"this page verifies nothing; run: wlra-exact verify {shlex.quote(name)}"),
    ]
    return lines


def _digits(lower: fmpq, upper: fmpq, digits: int) -> list[str]:
    """The digits of opt in which both bounds agree, where these are more than one would count."""
    from wlra_exact.algebra.decimal import agreed_digits, floor_decimal
    from wlra_exact.cli.summary import field

    agreed = agreed_digits(lower, upper) if 0 < lower < upper else 0
    if agreed < _MANY_DIGITS:
        return []
    return [field("digits", f"opt = {floor_decimal(lower, min(agreed, digits))}... ({agreed} digits certified)")]


def _subject(certificate: Certificate) -> list[str]:
    """The larger problem that the instance stands for, if it does."""
    from wlra_exact.cli.summary import field

    if certificate.subject is None:
        return []
    source = certificate.subject.source
    named = "" if source is None else f"; file {source.name}, SHA-256 {source.sha256[:16]}..."
    return [field("stands for", f"{certificate.subject.describe()}{named}")]


def _rows(summary: Summary, digits: int, *, every: bool) -> list[str]:
    """A table with one row for each lower-bound step, or for all of one rule and problem where they are many."""
    head = ("step", "rule", "problem", "shape", "opt of it is at least")
    apart = every or len(summary.lower) <= _FEW_STEPS
    groups: dict[object, list[LowerStep]] = {}
    for step in summary.lower:
        groups.setdefault(step.id if apart else (step.rule, step.problem, step.shape), []).append(step)
    rows = [_row(steps, digits) for steps in groups.values()]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in [head, *rows]
    ]


def _row(steps: list[LowerStep], digits: int) -> tuple[str, ...]:
    """The cells of steps of one rule and problem; with several the least bound says what all of them reach."""
    from wlra_exact.algebra.decimal import floor_decimal
    from wlra_exact.cli.summary import bound_text, shape_text

    first, last = steps[0], steps[-1]
    shape = shape_text(first.shape) if first.shape else "?"
    if len(steps) == 1:
        return first.id, first.rule, first.problem, shape, bound_text(first, digits)
    bounds = [step.bound for step in steps if step.bound is not None]
    text = f"{floor_decimal(min(bounds), digits)} (the least)" if len(bounds) == len(steps) else "not stated by all"
    return f"{first.id}...{last.id}", f"{len(steps)} {first.rule}", first.problem, shape, text


def _origin(provenance: Any) -> list[str]:
    """What the file says about itself; nobody checks it."""
    from wlra_exact.cli.summary import field

    if not isinstance(provenance, dict):
        return []
    told = [f"{provenance.get('software', '?')} {provenance.get('version', '')}".strip()]
    source = provenance.get("input")
    if isinstance(source, dict):
        told += [str(source[key]) for key in ("table", "weighting") if key in source]
    remark = provenance.get("remark")
    remarks = [field("remark", remark[:300])] if isinstance(remark, str) else []
    return [field("made from", "; ".join(told)[:300]), *remarks]
