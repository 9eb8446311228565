"""Our own figures: share of random instances closed, times, and the interior-point method beside Clarabel.

``make bench`` runs it and rewrites ``docs/benchmarks.md``. Instances are seeded; times are wall clock of ``solve_instance`` in one
process, so the start of Python (about a second) is not in them. Every bracket counted was accepted by the verifier.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import clarabel
import numpy as np
import scipy.sparse
from flint import fmpq, fmpq_mat
from sections import kept_sections

from wlra_exact.numeric.descent import propose_factors
from wlra_exact.numeric.interior import propose_sdp
from wlra_exact.numeric.relaxation import Relaxation
from wlra_exact.numeric.scaling import InnerProducts
from wlra_exact.problem.instance import Instance
from wlra_exact.search.solve import solve_instance
from wlra_exact.verify import verify_text

ROOT = Path(__file__).parents[2]
SEED = 20261123


def dense(m: int, n: int, k: int) -> Callable[[int], Instance]:
    """A integer in -9..9, W integer in 1..5, omega = W o W."""

    def make(seed: int) -> Instance:
        rng = np.random.default_rng([SEED, m, n, k, seed])
        A, W = rng.integers(-9, 10, (m, n)), rng.integers(1, 6, (m, n))
        return Instance(fmpq_mat(A.tolist()), fmpq_mat((W**2).tolist()), k)

    return make


def masked(m: int, n: int, k: int, share: float) -> Callable[[int], Instance]:
    """A integer in -9..9, every entry observed with the given probability."""

    def make(seed: int) -> Instance:
        rng = np.random.default_rng([SEED, m, n, k, seed, int(1000 * share)])
        A, seen = rng.integers(-9, 10, (m, n)), rng.random((m, n)) < share
        return Instance(fmpq_mat(A.tolist()), fmpq_mat(seen.astype(int).tolist()), k)

    return make


def heavy(m: int, n: int, k: int) -> Callable[[int], Instance]:
    """A integer in -9..9, omega = 10^x with x uniform in -3..3, six decimals."""

    def make(seed: int) -> Instance:
        rng = np.random.default_rng([SEED, m, n, k, seed, 7])
        A, x = rng.integers(-9, 10, (m, n)), rng.uniform(-3, 3, (m, n))
        omega = [[fmpq(max(1, round(10.0**e * 10**6)), 10**6) for e in row] for row in x]
        return Instance(fmpq_mat(A.tolist()), fmpq_mat(omega), k)

    return make


def noisy(n: int, observed: int) -> Callable[[int], Instance]:
    """Rank one plus 10 % noise, n x n, three decimals, so many entries observed."""

    def make(seed: int) -> Instance:
        rng = np.random.default_rng([SEED, n, observed, seed])
        seen = np.zeros(n * n, dtype=int)
        seen[rng.permutation(n * n)[:observed]] = 1
        A = np.outer(rng.standard_normal(n), rng.standard_normal(n)) + 0.1 * rng.standard_normal((n, n))
        return Instance(
            fmpq_mat([[fmpq(round(1000 * x), 1000) for x in row] for row in A]),
            fmpq_mat(seen.reshape(n, n).tolist()),
            1,
        )

    return make


def incomplete(m: int, n: int, k: int, share: float) -> Callable[[int], Instance]:
    """Rank k plus noise of 0.3, standard normal factors, two decimals, every entry observed with the given probability."""

    def make(seed: int) -> Instance:
        rng = np.random.default_rng([SEED, m, n, k, seed, int(1000 * share), 3])
        A = rng.standard_normal((m, k)) @ rng.standard_normal((k, n)) + 0.3 * rng.standard_normal((m, n))
        seen = rng.random((m, n)) < share
        entries = [[fmpq(round(100 * x), 100) for x in row] for row in A]
        return Instance(fmpq_mat(entries), fmpq_mat(seen.astype(int).tolist()), k)

    return make


def cycles(n: int) -> Callable[[int], Instance]:
    """A integer in -9..9; entries are observed in random order unless that completes a 2x2 block. Every cycle is longer."""

    def make(seed: int) -> Instance:
        rng = np.random.default_rng([SEED, n, seed, 13])
        seen = np.zeros((n, n), dtype=int)
        for entry in rng.permutation(n * n):
            seen[divmod(entry, n)] = 1
            if (np.triu(seen @ seen.T, 1) > 1).any():
                seen[divmod(entry, n)] = 0
        return Instance(fmpq_mat(rng.integers(-9, 10, (n, n)).tolist()), fmpq_mat(seen.tolist()), 1)

    return make


def different(m: int, n: int, k: int) -> Callable[[int], Instance]:
    """A normal with two decimals, omega uniform in 1/4..9 with four: no two columns have proportional weights."""

    def make(seed: int) -> Instance:
        rng = np.random.default_rng([SEED, m, n, k, seed, 11])
        A, omega = 5 * rng.standard_normal((m, n)), rng.uniform(0.25, 9, (m, n))
        exact = ([[fmpq(round(q * x), q) for x in row] for row in M] for q, M in ((100, A), (10_000, omega)))
        return Instance(*map(fmpq_mat, exact), k)

    return make


FAMILIES: list[tuple[str, Callable[[int], Instance], str, str, int]] = [
    *((f"dense {n}x{n}, k = 1", dense(n, n, 1), "1e-6", "60", 10) for n in (3, 4, 6, 8, 10)),
    *(
        (f"dense {n}x{n}, k = {k}", dense(n, n, k), "1e-6", "20", 10)
        for n, k in ((3, 2), (4, 2), (4, 3), (5, 2), (5, 3))
    ),
    *((f"dense 6x6, k = {k}", dense(6, 6, k), "1e-6", "20", 10) for k in (2, 3)),
    ("weights 10^(-3..3), 4x4, k = 2", heavy(4, 4, 2), "1e-5", "60", 10),
    ("80 % observed, 4x5, k = 2", masked(4, 5, 2, 0.8), "1e-4", "60", 10),
    ("60 % observed, 6x6, k = 1", masked(6, 6, 1, 0.6), "1e-5", "20", 5),
    ("no 2x2 block observed, 5x5, k = 1", cycles(5), "1e-5", "60", 10),
    ("no 2x2 block observed, 6x6, k = 1", cycles(6), "1e-5", "60", 10),
    ("10x10 with 20 observed, k = 1", noisy(10, 20), "1e-6", "10", 10),
    ("10x10 with 46 observed, k = 1", noisy(10, 46), "1e-4", "60", 5),
    ("3x200, k = 1", dense(3, 200, 1), "1e-6", "60", 2),
    ("3x2000, k = 1", dense(3, 2000, 1), "1e-4", "300", 1),
    ("4x100, k = 1", dense(4, 100, 1), "1e-5", "120", 1),
    ("2x5000, k = 1", dense(2, 5000, 1), "1e-6", "60", 2),
    ("3x200, all weights different, k = 1", different(3, 200, 1), "1e-6", "60", 2),
    ("2x5000, all weights different, k = 1", different(2, 5000, 1), "1e-6", "60", 1),
    ("rank 2 and noise, 1000x8, 95 % observed, k = 2", incomplete(1000, 8, 2, 0.95), "1e-6", "60", 5),
    ("rank 2 and noise, 1000x8, 80 % observed, k = 2", incomplete(1000, 8, 2, 0.8), "1e-6", "60", 5),
    ("rank 3 and noise, 200x10, 90 % observed, k = 3", incomplete(200, 10, 3, 0.9), "1e-6", "60", 5),
    ("rank 3 and noise, 200x10, 90 % observed, k = 3", incomplete(200, 10, 3, 0.9), "1e-12", "60", 5),
    ("rank 2 and noise, 12x8, 90 % observed, k = 2", incomplete(12, 8, 2, 0.9), "1e-6", "20", 5),
    ("rank 2 and noise, 40x40, 90 % observed, k = 2", incomplete(40, 40, 2, 0.9), "1e-6", "60", 5),
]


def table() -> list[str]:
    """One row a family."""
    lines = [
        "| family | gap asked | limit | closed | median time | longest | widest gap left | verifier, longest | largest file |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, make, gap, limit, count in FAMILIES:
        times, checks, sizes, left, closed = [], [], [], fmpq(0), 0
        for seed in range(count):
            start = time.perf_counter()
            result = solve_instance(make(seed), gap=gap, time_limit=limit)
            times.append(time.perf_counter() - start)
            text = result.certificate.to_json()
            verdict = verify_text(text)
            if verdict.verdict != "valid":
                sys.exit(f"{name}, seed {seed}: {verdict.line()}")
            checks.append(float(verdict.seconds))
            sizes.append(len(text))
            closed += result.reached
            left = max(left, fmpq(0) if result.reached else result.gap)
        row = (
            f"| {name} | {gap} | {limit} s | {closed} of {count} | {statistics.median(times):.2f} s | {max(times):.2f} s "
            f"| {'-' if left == 0 else f'{int(left.p) / int(left.q):.1e}'} | {max(checks):.2f} s | {max(sizes) / 1000:.0f} kB |"
        )
        lines.append(row)
        print(row, flush=True)
    return lines


def peer() -> list[str]:
    """``numeric.interior`` and Clarabel on the same relaxations, one thread."""
    lines = [
        "| relaxation | rows | variables | ours | Clarabel | ratio | difference |",
        "|---|---|---|---|---|---|---|",
    ]
    for n, k in ((4, 2), (5, 2), (6, 2), (6, 3)):
        instance = dense(n, n, k)(0)
        A = np.array([[int(x.p) for x in row] for row in instance.A.tolist()], dtype=float)
        omega = np.array([[int(x.p) for x in row] for row in instance.omega.tolist()], dtype=float)
        relaxation = Relaxation(A, omega, k, propose_factors(A, omega, k)[0].cost)
        blocks, b = relaxation.blocks(InnerProducts(np.eye(n), np.eye(n)))
        start = time.perf_counter()
        ours = propose_sdp(blocks, b)
        middle = time.perf_counter()
        theirs = by_clarabel(blocks, b)
        end = time.perf_counter()
        row = (
            f"| dense {n}x{n}, k = {k} | {sum(block.C.shape[1] for block in blocks)} | {b.size} | {middle - start:.2f} s "
            f"| {end - middle:.2f} s | {(end - middle) / (middle - start):.1f} | {abs(ours.value - theirs):.0e} |"
        )
        lines.append(row)
        print(row, flush=True)
    return lines


def by_clarabel(blocks: list, b: np.ndarray) -> float:
    """The same program in Clarabel's form: scaled upper triangles, one cone a block."""
    columns, constants, cones = [], [], []
    for block in blocks:
        N = block.C.shape[1]
        rows, cols = np.tril_indices(N)
        scale = np.where(rows == cols, 1.0, np.sqrt(2.0))
        columns.append(scipy.sparse.diags_array(scale) @ block.F.tocsr()[rows * N + cols])
        constants.append(block.C[0][rows, cols] * scale)
        cones.append(clarabel.PSDTriangleConeT(N))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    zero = scipy.sparse.csc_matrix((b.size, b.size))
    data = scipy.sparse.csc_matrix(-scipy.sparse.vstack(columns))
    solution = clarabel.DefaultSolver(zero, -b, data, np.concatenate(constants), cones, settings).solve()
    return float(b @ np.array(solution.x))


def main() -> None:
    """Run everything and write the page."""
    machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
    page = [
        "# Benchmarks",
        "",
        f"Written by `make bench` ({machine}). Random instances, fixed seeds; `tests/benchmarks/bench.py` defines the families.",
        "Times are wall clock of one `solve` in a running process with one job; every bracket was accepted by the verifier.",
        "",
        "## What closes, and how fast",
        "",
        *table(),
        "",
        "## The interior-point method beside Clarabel",
        "",
        "The same relaxation at fixed inner products, one run, same tolerance order (1e-8 to 1e-9); ratio = Clarabel / ours.",
        "",
        *peer(),
        "",
        *kept_sections(),
    ]
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
