"""How a search for a bracket ended, in words, and what may narrow a bracket that is too wide."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wlra_exact.search.solve import Result

__all__ = ["outcome"]


def outcome(result: Result, gap: str, time_limit: str | None, method: str, out: str | None) -> tuple[str, str]:
    """How the search ended, and what may narrow a bracket that is too wide."""
    from wlra_exact.algebra.exact import exact
    from wlra_exact.search.parameters import relative_gap

    if result.reached:
        if result.upper == 0:
            return "reached (opt = 0 exactly)", ""
        return "reached" if result.gap <= relative_gap(gap) else "reached (upper <= gap x cost of X = 0)", ""
    if result.interrupted:
        reason, advice = "interrupted", _more_time(result, out)
    elif time_limit is not None and result.seconds >= exact(time_limit):
        reason, advice = "out of time", _more_time(result, out)
    elif method == "auto":
        reason, advice = "no rule at hand does better", ""
    else:
        reason, advice = f"--method {method} does no better", "--method auto tries every rule that applies"
    return f"NOT reached ({reason}); exit code 3", advice


def _more_time(result: Result, out: str | None) -> str:
    from wlra_exact.cli.summary import rests_on, summarise

    summary = rests_on(summarise(result.certificate, "the certificate"), result.certificate.claim.lower_step)
    if {step.rule for step in summary.lower}.isdisjoint(("chart_cover", "cut")):
        return "a longer --time-limit; branching has not passed the bound at the root, and would begin anew"
    if out is None:
        return "a longer --time-limit; what --out keeps, --resume goes on from"
    return f"--resume {shlex.quote(out)} and a longer --time-limit: the tree goes on where it stands"
