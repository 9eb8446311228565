"""The search that a certificate's trace tells, as a table: one row for each decision.

The provenance names the steps in the order of the search and the thresholds they answered; what each step proves is
read off the step itself. A witness step answers YES to "is opt < threshold?" when its cost is below the threshold, a
lower step NO when its bound is not.

Guarantee: none about the claim. The bracket of a row is what the steps up to it prove, if the certificate verifies;
a threshold that its step does not answer is shown as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flint import fmpq

from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal
from wlra_exact.algebra.exact import matrix, power_of_two
from wlra_exact.cli.summary import Summary, field, summarise
from wlra_exact.errors import InputError
from wlra_exact.systems.bounds import ceil_log2, floor_log2

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from wlra_exact.certificate import Certificate, Step

__all__ = ["TraceRow", "number_text", "search_picture", "trace_lines", "trace_rows"]

#: Numbers outside 2^-_PLAIN .. 2^_PLAIN are written as powers of two.
_PLAIN = 60

#: A threshold's exponent beyond this is not read: its number would fill the memory.
_MOST = 10**8


@dataclass(frozen=True)
class TraceRow:
    """One decision of a search.

    Attributes:
        threshold: what opt was compared with.
        answer: "NO", "YES", or "?" when the step does not answer the threshold.
        step: the id of the step that proves it.
        rule: its rule, or those it rests on.
        lower: the best lower bound up to this row.
        upper: the best upper bound up to this row, or None before the first.
    """

    threshold: fmpq
    answer: str
    step: str
    rule: str
    lower: fmpq
    upper: fmpq | None


def trace_rows(certificate: Certificate, summary: Summary) -> list[TraceRow]:
    """The rows of the certificate's trace; none without a trace that can be read."""
    trace = _trace(certificate)
    bounds = {step.id: step for step in summary.lower}
    steps = {step.id: step for step in certificate.steps}
    lower, upper = fmpq(0), None
    rows: list[TraceRow] = []

    def cost_of(step: Step) -> fmpq:
        return certificate.instance.cost(matrix(step.payload["U"]), matrix(step.payload["V"]))

    try:
        if "start" in trace:
            upper = cost_of(steps[trace["start"]])
        for entry in trace.get("steps", []):
            step, exponent = steps[entry["step"]], int(entry["exponent"])
            if abs(exponent) > _MOST:
                return []
            threshold = fmpq(int(entry["odd"])) * power_of_two(exponent)
            answer, rule = "?", step.rule
            if step.rule == "witness":
                cost = cost_of(step)
                upper = cost if upper is None else min(upper, cost)
                answer = "YES" if cost < threshold else "?"
            elif step.id in bounds:
                bound = bounds[step.id].bound
                lower = lower if bound is None else max(lower, bound)
                answer = "NO" if bound is not None and bound >= threshold else "?"
                rule = _leaf_rules(step.id, summary)
            rows.append(TraceRow(threshold, answer, step.id, rule, lower, upper))
    except (LookupError, TypeError, ValueError, AttributeError):
        return []
    return rows


def trace_lines(certificate: Certificate, summary: Summary, digits: int) -> list[str]:
    """The search as lines of text; empty without a trace."""
    rows = trace_rows(certificate, summary)
    if not rows:
        return []
    head = ("no.", "threshold", "opt < it?", "by", "step", "bracket so far")
    table = [
        (
            str(number),
            number_text(row.threshold, digits),
            row.answer,
            row.rule,
            row.step,
            f"[{number_text(row.lower, digits)}, "
            + ("oo)" if row.upper is None else f"{number_text(row.upper, digits, up=True)}]"),
        )
        for number, row in enumerate(rows, start=1)
    ]
    widths = [max(len(line[i]) for line in [head, *table]) for i in range(len(head) - 1)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]])
        for line in [head, *table]
    ]
    return [field("search", _origin(_trace(certificate), len(rows))), "", *lines]


def search_picture(certificate: Certificate, name: str) -> Figure:
    """The bracket closing over the decisions.

    Raises:
        InputError: for a certificate without a trace.
    """
    from wlra_exact.plots import SearchRow, plot_search

    rows = trace_rows(certificate, summarise(certificate, name))
    if not rows:
        raise InputError(name, "a certificate with the trace of a search (solve --trace)", "none")
    return plot_search([SearchRow(row.threshold, row.answer, row.lower, row.upper) for row in rows])


def number_text(x: fmpq, digits: int, *, up: bool = False) -> str:
    """A number for the table, rounded down (or up): decimal, or a power of two where it is far from 1.

    >>> number_text(fmpq(1, 3), 4), number_text(fmpq(3, 2**100), 4), number_text(fmpq(3, 2**100), 4, up=True)
    ('0.3333', '2^-99', '2^-98')
    """
    if x <= 0 or -_PLAIN <= floor_log2(x) <= _PLAIN:
        return ceil_decimal(x, digits) if up else floor_decimal(x, digits)
    return f"2^{ceil_log2(x) if up else floor_log2(x)}"


def _trace(certificate: Certificate) -> dict[str, Any]:
    trace = certificate.provenance.get("trace")
    return trace if isinstance(trace, dict) else {}


def _origin(trace: dict[str, Any], rows: int) -> str:
    told = f"{trace.get('strategy', '?')}, {rows} decisions"
    if "theorem" in trace:
        told += f", {trace.get('predicted', '?')} predicted; {trace['theorem']}: opt = 0 or log2 opt"
        told += f" >= {trace.get('log2_lower', '?')}, and log2 opt <= {trace.get('log2_upper', '?')}"
    if "conclusion" in trace:
        told += f"; {trace['conclusion']}"
    return told[:300]


def _leaf_rules(step: str, summary: Summary) -> str:
    """The rules below a chain of `combine` steps."""
    by_id = {other.id: other for other in summary.lower}
    found, waiting = set(), [step]
    while waiting:
        current = by_id.get(waiting.pop())
        if current is None:
            continue
        if current.rule == "combine":
            waiting += current.premises
        else:
            found.add(current.rule)
    return " ".join(sorted(found - {"nonnegative"} or found))
