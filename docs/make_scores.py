"""Score well-known heuristics on the benchmark library, and rewrite docs/reference/heuristics.md.

python docs/make_scores.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from flint import fmpq
from threadpoolctl import threadpool_limits

from wlra_exact.algebra.decimal import ceil_decimal
from wlra_exact.numeric.heuristics import alternate, maximise_expectation, truncate
from wlra_exact.testing import HeuristicScore, check_heuristic, load_benchmark

PAGE = Path(__file__).parent / "reference" / "heuristics.md"

METHODS: dict[str, Callable[..., Any]] = {
    "unweighted SVD": truncate,
    "EM": maximise_expectation,
    "ALS, 1 start": alternate,
    "ALS, 10 starts": partial(alternate, starts=10),
    "ALS, 100 starts": partial(alternate, starts=100),
}

TEXT = """# Heuristics against certified optima

How often do the usual local methods end at the global optimum?
`make scores` runs them over the benchmark library (`certificates/benchmark`: {cases} instances, 2x2 to 12x12 and some real tables, k = 1 to 3) and writes this page; `wlra-exact score` does it for a function of yours ([how](../howto/falsify.md)).

A method is *at the optimum* on a case when its exact cost is within 1e-5 (relative) of the certified lower bound; it *missed* when its cost exceeds the certified upper bound by more than that. Where opt is certified to be 0, or within 1e-5 ‖*W* ∘ *A*‖² of it, a cost in that range is at the optimum. Other cases whose bracket is too wide for either count as open. The ratios are cost over certified lower bound, where that is positive.

{methods}

- *Unweighted SVD*: the best approximation of A without weights, missing entries taken as 0.
- *EM*: expectation maximisation [SrebroJaakkola2003], from X = 0, at most 2000 steps.
- *ALS*: alternating weighted least squares [GabrielZamir1979] from standard normal starts, at most 500 sweeps each, the best end kept. The starts of a shorter run are among those of a longer one.

All are in `wlra_exact.numeric.heuristics`. They are plain versions: a tuned method does better, and this is how to measure it.

## By family

Cases at the optimum, of those decided.

{families}

Where a method misses although opt is 0 (`masked`, `completion`, `degenerate`: the infimum need not be attained), it usually converges too slowly rather than to another minimum.
The library was made with this package's own descent, so a case is easy for methods like it, and the hardest instances are those whose bracket stayed open.
"""  # noqa: E501 (a line is a paragraph)


def main() -> None:
    """Score, and write the page."""
    cases = load_benchmark()
    scores: dict[str, HeuristicScore] = {}
    rows = [["method", "at the optimum", "missed", "open", "share", "median ratio", "worst ratio"]]
    with threadpool_limits(1):
        for name, method in METHODS.items():
            start = time.monotonic()
            score = scores[name] = check_heuristic(method, cases)
            click.echo(f"{name}: {score.reached} of {len(cases)}, {time.monotonic() - start:.0f} s")
            ratios = (_number(score.median_ratio), _number(score.worst_ratio))
            rows.append([name, str(score.reached), str(score.missed), str(score.open), _percent(score), *ratios])
    families = list(dict.fromkeys(case.family for case in cases))
    parts = {name: score.by_family() for name, score in scores.items()}
    by_family = [["family", *METHODS]]
    by_family += [[f"`{family}`", *(_counts(parts[name][family]) for name in METHODS)] for family in families]
    PAGE.write_text(TEXT.format(cases=len(cases), methods=_table(rows), families=_table(by_family)), encoding="utf-8")


def _table(rows: list[list[str]]) -> str:
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|{'---|' * len(rows[0])}", *body])


def _counts(score: HeuristicScore) -> str:
    return f"{score.reached} of {score.reached + score.missed}"


def _percent(score: HeuristicScore) -> str:
    return "-" if score.share is None else f"{int((100 * score.share + fmpq(1, 2)).floor())} %"


def _number(x: fmpq | None) -> str:
    return "-" if x is None else ceil_decimal(x, 5)


if __name__ == "__main__":
    main()
