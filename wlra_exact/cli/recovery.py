"""The decisions of a recovery, as a table: one row for each entry, or one for each decision.

The provenance names the entries and the steps that decided about them, in order; what a step decides is read off the
step. A bound on a box says that no matrix of the chart with coordinates in the box costs less; a witness is a point
with the entry's value that costs so much.

Guarantee: none about the claim: this is a reading, not a check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flint import fmpq

from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal
from wlra_exact.algebra.exact import exact, matrix
from wlra_exact.cli.summary import Summary, field

if TYPE_CHECKING:
    from wlra_exact.certificate import Certificate, Step

__all__ = ["RecoveryRow", "recovery_lines", "recovery_rows"]

#: The words of a decision.
_ANSWERS = {
    "fixed": "fixed: a witness",
    "empty": "half empty: a bound",
    "kept": "half kept: a witness",
}


@dataclass(frozen=True)
class RecoveryRow:
    """One decision.

    Attributes:
        leaf: which leaf of the reductions.
        row: of that leaf's row factor.
        column: of that leaf's row factor.
        kind: "empty", "fixed" or "kept".
        step: that certifies it.
        low: lower end of the range that the step is about; of a witness the entry's value.
        high: its upper end.
        bound: what every matrix there costs at least, when "empty"; None for a witness.
    """

    leaf: int
    row: int
    column: int
    kind: str
    step: str
    low: fmpq
    high: fmpq
    bound: fmpq | None


def recovery_rows(certificate: Certificate, summary: Summary) -> list[RecoveryRow]:
    """The rows of the certificate's recovery; none without one that can be read."""
    told = certificate.provenance.get("recovery")
    steps = {step.id: step for step in certificate.steps}
    bounds = {step.id: step.bound for step in summary.lower}
    rows: list[RecoveryRow] = []
    try:
        for entry in told["entries"] if isinstance(told, dict) else []:
            row, column = int(entry["row"]), int(entry["column"])
            for kind, name in entry["decisions"]:
                if kind not in _ANSWERS:
                    return []
                low, high = _range(steps[name], steps, row, column)
                bound = bounds[name] if kind == "empty" else None
                rows.append(RecoveryRow(int(entry["leaf"]), row, column, kind, name, low, high, bound))
    except (LookupError, TypeError, ValueError, AttributeError):
        return []
    return rows


def recovery_lines(certificate: Certificate, summary: Summary, digits: int) -> list[str]:
    """The recovery as lines of text, a row for each decision; empty without one."""
    rows = recovery_rows(certificate, summary)
    if not rows:
        return []
    head = ("entry", "decision", "step", "range or value", "cost there is at least")
    table = [
        (
            f"leaf {r.leaf + 1} U[{r.row + 1}, {r.column + 1}]",
            _ANSWERS[r.kind],
            r.step,
            str(r.low) if r.low == r.high else f"[{floor_decimal(r.low, 6)}, {ceil_decimal(r.high, 6)}]",
            "" if r.bound is None else floor_decimal(r.bound, digits),
        )
        for r in rows
    ]
    widths = [max(len(line[i]) for line in [head, *table]) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [head, *table]
    ]
    entries = len({(r.leaf, r.row, r.column) for r in rows})
    return [field("recovery", f"{entries} entries of the row factor, {len(rows)} decisions"), "", *lines]


def _range(step: Step, steps: dict[str, Any], row: int, column: int) -> tuple[fmpq, fmpq]:
    """The range of the entry that a step is about: the hull of its boxes, or the witness's value twice."""
    if step.rule == "witness":
        value = matrix(step.payload["U"])[row, column]
        return value, value
    low: list[fmpq] = []
    high: list[fmpq] = []
    waiting = [step]
    while waiting:
        current = waiting.pop()
        if current.rule == "columns":
            pivots = current.payload["pivots"]
            place = (row - sum(p < row for p in pivots)) * len(pivots) + column
            low.append(exact(current.payload["lower"][place]))
            high.append(exact(current.payload["upper"][place]))
        waiting += [steps[name] for name in current.premises[1:]]
    return min(low), max(high)
