"""Sketching, repeated: how often a random sketch is good enough, and the median that makes it reliable.

Lemma 3.8: one Gaussian sketch T of size t = O(k/eps) serves all the regressions of a row space V: with high probability
their costs add up to at most (1 + eps) times the least sum. Thm 6.1: sketched from both sides, the value Lambda is at
most (1 + eps) opt. Thm 1.2: the median of O(log 1/delta) values fails with probability at most delta.

Each trial draws fresh sketches S, T. Its values are exact (``systems.sketched_value``): Lambda is the cost of a matrix
of rank at most k, so Lambda >= opt is a fact, and Lambda <= (1 + eps) opt is decided against the certified bracket:
Lambda <= (1 + eps) lower is a success; everything else is counted as none. The row space V is that of the witness.
The theorem's value, minimised over all blocks, is not above Lambda: frequencies here are not above the theorem's.

Most trials are far from their threshold and are counted in floating point; those that are not, those with a nearly
singular block, and every ``_SAMPLE``-th are computed exactly, and the latter compared.

Trials go to any ``concurrent.futures.Executor`` in chunks; the counts depend on the arguments alone.

Guarantee: exact for every trial that was computed exactly (``SketchCount.exact`` says how many); the others are counts
of floats that miss their threshold by more than a part in 10^7. Nothing here enters a certificate: a frequency is a
statement about a sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from statistics import median_low

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.binomial import clopper_pearson, repetitions_for
from wlra_exact.errors import InputError, InternalError, UnsupportedError
from wlra_exact.numeric.convert import approx_array, approx_number
from wlra_exact.numeric.gaussian import propose_gaussian
from wlra_exact.numeric.regression import approx_group_sums, approx_sketched_costs
from wlra_exact.search.best_first import InlineExecutor, answers
from wlra_exact.systems.patterns import Patterns
from wlra_exact.systems.sketch import RationalSketch
from wlra_exact.systems.sketched import square_roots
from wlra_exact.systems.sketched_value import SketchedValue, best_rows, sketched_value

__all__ = [
    "CLAIMED",
    "Boosted",
    "Optimum",
    "SketchCount",
    "TrialTask",
    "boosted_value",
    "count_trials",
    "run_trials",
    "sketches_of",
]

#: The success probability that Thm 1.2 claims for one run.
CLAIMED = fmpq(99, 100)

#: Binary digits of the sketches.
_BITS = 30

#: Every so many trials one is computed exactly whatever its value in floating point.
_SAMPLE = 100

#: Trials of one piece of work.
_CHUNK = 50

#: A bracket whose ends differ by this factor at most is narrow.
_NARROW = fmpq(1001, 1000)

#: How far floating point and exact values may differ, and how near to a threshold a float is not counted: 1 / _NEAR.
_NEAR = 10**7


@dataclass(frozen=True, eq=False)
class Optimum:
    """A problem with its certified bracket, ready to be sketched.

    Attributes:
        patterns: the problem; omega of squares of rationals.
        V: (k, q) row space of the witness on the joint column groups, as lists of rationals.
        lower: certified, opt >= lower > 0.
        upper: certified, opt <= upper.

    Raises:
        InputError: for a lower bound that is not positive: no factor of it can be exceeded or met.
    """

    patterns: Patterns
    V: list[list[fmpq]]
    lower: fmpq
    upper: fmpq

    def __post_init__(self) -> None:
        if self.lower <= 0:
            raise InputError("sketch", "a bracket with a positive lower bound", "opt = 0, or not told from it")

    @property
    def is_narrow(self) -> bool:
        """Whether the bracket tells failures from successes that are not certain, but for a factor of 1.001."""
        return bool(self.upper <= _NARROW * self.lower)


@dataclass(frozen=True)
class TrialTask:
    """What a worker needs for some trials.

    Attributes:
        optimum: the problem.
        t: the size of the sketches.
        epsilons: accuracies that are counted at once.
        seeds: one a trial.
    """

    optimum: Optimum
    t: int
    epsilons: tuple[fmpq, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class SketchCount:
    """How many of the trials of one size succeeded.

    Attributes:
        t: the size of the sketches.
        epsilon: the accuracy.
        trials: how many pairs of sketches were drawn.
        lemma: successes of Lemma 3.8 (rows regressed on V, one sketch).
        theorem: successes of Thm 6.1 (both sides).
        exact: how many trials were computed exactly.
    """

    t: int
    epsilon: fmpq
    trials: int
    lemma: int
    theorem: int
    exact: int

    def interval(self, statement: str, confidence: object = "0.99") -> tuple[fmpq, fmpq]:
        """The Clopper-Pearson interval of the success probability of "lemma" or "theorem", rounded outwards."""
        return clopper_pearson(self.lemma if statement == "lemma" else self.theorem, self.trials, confidence)

    def __add__(self, other: SketchCount) -> SketchCount:
        """The trials of both together."""
        if (self.t, self.epsilon) != (other.t, other.epsilon):
            raise InputError("counts", f"size {self.t} and accuracy {self.epsilon}", f"{other.t}, {other.epsilon}")
        return SketchCount(
            self.t,
            self.epsilon,
            self.trials + other.trials,
            self.lemma + other.lemma,
            self.theorem + other.theorem,
            self.exact + other.exact,
        )


@dataclass(frozen=True, eq=False)
class Boosted:
    """The median of independent sketched values.

    Attributes:
        t: the size of the sketches.
        values: Lambda of every repetition, exactly, in the order of their seeds.
        best: the repetition with the least value.
        median: the lower median of the values.
    """

    t: int
    values: tuple[fmpq, ...]
    best: SketchedValue
    median: fmpq


def sketches_of(patterns: Patterns, t: int, seed: int) -> tuple[RationalSketch, RationalSketch]:
    """The sketches S of the rows and T of the columns of one trial: independent, and the same for the same seed."""
    return (
        RationalSketch(*propose_gaussian(patterns.rows.length, t, inverse_variance=t, seed=2 * seed, bits=_BITS)),
        RationalSketch(
            *propose_gaussian(patterns.columns.length, t, inverse_variance=t, seed=2 * seed + 1, bits=_BITS)
        ),
    )


def boosted_value(optimum: Optimum, t: int, delta: object = "0.01", seed: int = 0) -> Boosted:
    """The median of as many sketched values as delta asks for, if one succeeds with the claimed probability.

    Args:
        optimum: the problem with its bracket and row space.
        t: the size of the sketches.
        delta: probability with which the median may fail.
        seed: of the first repetition; the others follow.
    """
    found = [
        sketched_value(optimum.patterns, *sketches_of(optimum.patterns, t, seed + i), fmpq_mat(optimum.V))
        for i in range(repetitions_for(CLAIMED, delta))
    ]
    values = tuple(one.value for one in found)
    if min(values) < optimum.lower:
        raise InternalError("a sketched value lies below the certified lower bound")
    return Boosted(t, values, min(found, key=lambda one: one.value), median_low(values))


def run_trials(
    optimum: Optimum,
    sizes: Sequence[int],
    epsilons: Sequence[fmpq],
    trials: int,
    *,
    seed: int = 0,
    executor: Executor | None = None,
) -> list[SketchCount]:
    """Count successes for every size and accuracy.

    Args:
        optimum: the problem with its bracket and row space.
        sizes: of the sketches, each at least k.
        epsilons: accuracies above 0.
        trials: pairs of sketches for each size, with the seeds ``seed``, ``seed + 1``, ...
        seed: of the first trial.
        executor: where chunks of trials run; in this process by default.

    Returns:
        One count for each size and, inside it, each accuracy.

    Raises:
        InputError: for a size below k, or fewer than one trial.
        UnsupportedError: when some omega has no rational square root.
    """
    if trials < 1 or min(sizes, default=0) < optimum.patterns.k:
        raise InputError(
            "sketch", f"at least one trial and sizes from k = {optimum.patterns.k} up", f"{trials}, {sizes}"
        )
    square_roots(optimum.patterns.omega)
    chunks = [tuple(range(seed + first, seed + min(first + _CHUNK, trials))) for first in range(0, trials, _CHUNK)]
    workers = executor or InlineExecutor()
    tasks = [TrialTask(optimum, t, tuple(epsilons), chunk) for t in sizes for chunk in chunks]
    totals: dict[tuple[int, int], SketchCount] = {}
    for counts in answers(workers, count_trials, tasks):
        for place, count in enumerate(counts):
            key = count.t, place
            totals[key] = totals[key] + count if key in totals else count
    return list(totals.values())


def count_trials(task: TrialTask) -> list[SketchCount]:
    """Count the successes of some trials, one count an accuracy."""
    optimum, patterns = task.optimum, task.optimum.patterns
    V = fmpq_mat(optimum.V)
    best = best_rows(patterns, V)
    if best <= 0:
        raise UnsupportedError(
            "the row space of the witness fits the table exactly, so no factor of its cost is exceeded"
        )
    W = square_roots(patterns.omega)
    seeds = list(task.seeds)
    floats = approx_sketched_costs(
        approx_array(patterns.A),
        approx_array(W),
        approx_array(patterns.collapsed_omega()),
        approx_array(V),
        list(patterns.rows.weight_patterns),
        list(patterns.columns.weight_patterns),
        approx_group_sums(patterns.rows.labels, patterns.rows.size, task.t, [2 * s for s in seeds], _BITS),
        approx_group_sums(patterns.columns.labels, patterns.columns.size, task.t, [2 * s + 1 for s in seeds], _BITS),
    )
    limits = [(best * (1 + e), optimum.lower * (1 + e)) for e in task.epsilons]
    approx_limits = [(approx_number(one), approx_number(two)) for one, two in limits]
    lemma, theorem, exact = [0] * len(limits), [0] * len(limits), 0
    for i, seed in enumerate(seeds):
        one, two = floats.one_sided[i], floats.two_sided[i]
        near = any(abs(one - a) * _NEAR <= a or abs(two - b) * _NEAR <= b for a, b in approx_limits)
        if floats.doubtful[i] or near or seed % _SAMPLE == 0:
            value = sketched_value(patterns, *sketches_of(patterns, task.t, seed), V)
            if value.value < optimum.lower or value.one_sided < best:
                raise InternalError("a sketched value lies below a certified lower bound")
            far = abs(approx_number(value.value) - two) * _NEAR > two
            if far and not floats.doubtful[i]:
                raise InternalError(f"floating point lost the value of the sketch with seed {seed}")
            exact += 1
            passed = [(value.one_sided <= a, value.value <= b) for a, b in limits]
        else:
            passed = [(bool(one <= a), bool(two <= b)) for a, b in approx_limits]
        for place, (of_lemma, of_theorem) in enumerate(passed):
            lemma[place] += of_lemma
            theorem[place] += of_theorem
    return [SketchCount(task.t, e, len(seeds), lemma[i], theorem[i], exact) for i, e in enumerate(task.epsilons)]
