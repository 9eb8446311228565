"""The sketch study of ``docs/theory.md``: how large t must be, on many certified instances.

Run ``python -m wlra_exact.search.sketch_study docs/theory.md`` to write it between the page's two markers; it takes
some minutes. ``INSTANCES`` random patterned instances of each rank are solved to a relative gap of 1e-6; for each of
them and each size t ``TRIALS`` pairs of sketches are drawn. An instance is n x n with labels: its core has p rows and
columns and at most r distinct weight rows and columns.

Success probabilities differ between instances. The intervals are for their average: they cover it at least as well as
that of a binomial [Hoeffding1956].

Guarantee: counts as ``search.boost`` makes them, from fixed seeds; intervals rounded outwards to four decimals.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from flint import fmpq
from threadpoolctl import threadpool_limits

from wlra_exact.algebra.decimal import fixed
from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.search.boost import CLAIMED, Optimum, SketchCount, run_trials
from wlra_exact.search.solve import solve_instance
from wlra_exact.systems.patterns import Patterns, patterns_from_labels
from wlra_exact.systems.theory_table import fill_between, write_pages

__all__ = ["BEGIN", "END", "drawn_patterns", "fill", "least_size", "main", "study", "study_text"]

#: The line of a page after which the study stands.
BEGIN = "<!-- sketch study: python -m wlra_exact.search.sketch_study docs/theory.md -->"
#: The line of a page before which it ends.
END = "<!-- end of sketch study -->"

#: Instances of each rank, and pairs of sketches of each size and instance.
INSTANCES, TRIALS = 50, 200
#: Ranks and accuracies.
RANKS, EPSILONS = (1, 2), (fmpq(1, 2), fmpq(1, 4), fmpq(1, 10))
#: Sizes whose frequencies are printed.
SIZES = (4, 8, 16, 32, 64, 128)

_LENGTH, _CORE, _WEIGHTS = 60, 5, 3
_MOST = 512

#: t -> one count an accuracy.
Counter = Callable[[int], list[SketchCount]]


def drawn_patterns(seed: int, k: int) -> Patterns:
    """A random patterned instance: data in -9..9, W in 1..5 with three distinct rows and columns at most.

    >>> drawn_patterns(0, 1).shape
    (5, 5)
    """
    rng = random.Random(seed)
    rows, columns = ([*range(_WEIGHTS), *(rng.randrange(_WEIGHTS) for _ in range(_CORE - _WEIGHTS))] for _ in range(2))
    W = [[rng.randint(1, 5) for _ in range(_WEIGHTS)] for _ in range(_WEIGHTS)]
    A = matrix([[rng.randint(-9, 9) for _ in range(_CORE)] for _ in range(_CORE)])
    omega = matrix([[W[a][b] ** 2 for b in columns] for a in rows])
    labels = [
        np.array([*range(_CORE), *(rng.randrange(_CORE) for _ in range(_LENGTH - _CORE))], dtype=np.int64)
        for _ in range(2)
    ]
    return patterns_from_labels(A, omega, k, *labels)


def study(k: int, instances: int = INSTANCES, trials: int = TRIALS) -> Counter:
    """The counts over all instances of one rank, made size by size when asked for."""
    optima = []
    for seed in range(instances):
        patterns = drawn_patterns(seed, k)
        result = solve_instance(patterns.collapsed(), gap="1e-6")
        optima.append(Optimum(patterns, result.V.tolist(), result.lower, result.upper))

    @cache
    def counted(t: int) -> list[SketchCount]:
        totals: list[SketchCount] = []
        for place, optimum in enumerate(optima):
            found = run_trials(optimum, [t], EPSILONS, trials, seed=place * trials)
            totals = [a + b for a, b in zip(totals, found, strict=True)] if totals else found
        return totals

    return counted


def least_size(counted: Counter, k: int, place: int, reaches: Callable[[SketchCount], bool]) -> int:
    """The least t from which a bisection finds that the counts at an accuracy reach what is wanted.

    Frequencies grow with t but for chance: the sizes t - 1 and t are both counted, and only the latter reaches it.

    Raises:
        InputError: when the largest size tried does not reach it.
    """
    low, high = k - 1, _MOST
    if not reaches(counted(high)[place]):
        raise InputError("study", f"success at t = {_MOST}", "none")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(counted(middle)[place]) else (middle, high)
    return high


def study_text(
    instances: int = INSTANCES, trials: int = TRIALS, ranks: Sequence[int] = RANKS, sizes: Sequence[int] = SIZES
) -> str:
    """The two tables as Markdown."""
    counters = {k: study(k, instances, trials) for k in ranks}
    names = [f"{label}, eps = {_decimal(e)}" for e in EPSILONS for label in ("Lemma 3.8", "Thm 6.1")]
    lines = ["| k | t | " + " | ".join(names) + " |", "|--:|--:|" + "---|" * len(names)]
    for k, counted in counters.items():
        for t in sizes:
            cells = [_cell(count, statement) for count in counted(t) for statement in ("lemma", "theorem")]
            lines.append(f"| {k} | {t} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "| k | eps | k / eps | Lemma 3.8: frequency >= 0.99 | interval above 0.99 | Thm 6.1: frequency >= 0.99 "
        "| interval above 0.99 |",
        "|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for k, counted in counters.items():
        for place, eps in enumerate(EPSILONS):
            least = [
                least_size(counted, k, place, reaches)
                for statement in ("lemma", "theorem")
                for reaches in (_frequency(statement), _surely(statement))
            ]
            lines.append(f"| {k} | {_decimal(eps)} | {k / eps} | " + " | ".join(f"t = {t}" for t in least) + " |")
    some = next(iter(counters.values()))(sizes[0])[0]
    told = f"{some.trials} trials in every cell: {instances} instances, {trials} pairs of sketches each"
    lines += ["", f"{told}. Of the first {some.trials}, {some.exact} were computed exactly, the others in floats."]
    return "\n".join(lines) + "\n"


def fill(page: str) -> str:
    """The page with the study written anew, see ``systems.theory_table.fill_between``."""
    return fill_between(page, BEGIN, END, study_text)


def main(arguments: list[str]) -> int:
    """Write the study into the pages named on the command line, or to standard output."""
    with threadpool_limits(1):
        write_pages(arguments, fill, study_text)
    return 0


def _successes(count: SketchCount, statement: str) -> int:
    return count.lemma if statement == "lemma" else count.theorem


def _frequency(statement: str) -> Callable[[SketchCount], bool]:
    return lambda count: _successes(count, statement) >= CLAIMED * count.trials


def _surely(statement: str) -> Callable[[SketchCount], bool]:
    return lambda count: count.interval(statement)[0] >= CLAIMED


def _cell(count: SketchCount, statement: str) -> str:
    low, high = count.interval(statement)
    return f"{_successes(count, statement)} [{fixed(low, 4)}, {fixed(high, 4, up=True)}]"


def _decimal(x: fmpq) -> str:
    return fixed(x, 2).rstrip("0")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
