"""The passes over the leaves: what is shared, what is skipped, and the bracket in between."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction

import pytest
from flint import fmpq
from instances import MISSING, SYMMETRIC, instance

from wlra_exact.certificate import LowerProof
from wlra_exact.search.assemble import assemble
from wlra_exact.search.bracket import closed
from wlra_exact.search.progress import Budget
from wlra_exact.search.run import Search
from wlra_exact.search.solve import solve


def search(problem, gap="1/100", method="columns", listen=lambda event: None):
    return Search(problem, fmpq(*map(int, gap.split("/"))), method, 0, Budget.of(None), listen)


#: Two components: SYMMETRIC, and a 2 x 2 block of weights of rank 1.
TWO_BLOCKS = instance(
    [
        [*map(int, row), 0, 0] for row in SYMMETRIC.A.tolist()
    ] + [[0, 0, 0, 200, 0], [0, 0, 0, 0, 100]],
    [[*map(int, row), 0, 0] for row in SYMMETRIC.omega.tolist()] + [[0, 0, 0, 1, 1], [0, 0, 0, 1, 2]],
    1,
)  # fmt: skip


def test_the_bracket_of_a_fresh_search_is_zero_and_the_norm():
    fresh = search(MISSING)
    assert (fresh.lower, fresh.upper) == (0, MISSING.norm())
    assert fresh.proofs() == [None] * len(fresh.leaves)
    U, V = fresh.lift().factors
    assert MISSING.cost(U, V) == MISSING.norm()


def test_the_bracket_adds_up_over_the_leaves():
    both = search(TWO_BLOCKS, method="auto")
    both.run(1, None, None)
    assert len(both.leaves) == 2
    assert both.is_done()
    assert both.lower == sum((both.bound(i) for i in range(2)), fmpq(0))
    certificate = assemble(both.root, both.proofs(), both.lift().factors, {})
    assert certificate.claim.lower == both.lower
    assert both.upper <= certificate.claim.upper <= both.upper * (1 + both.gap / 2**16)


def test_the_claim_is_at_least_the_bound_that_was_reported():
    seen = []
    running = search(SYMMETRIC, gap="1/20", listen=seen.append)
    running.run(1, None, None)
    claim = assemble(running.root, running.proofs(), running.lift().factors, {}).claim
    assert seen[-1].lower == running.lower <= claim.lower <= claim.upper
    assert running.is_done()


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [(99, 100, True), (98, 100, False), (0, 10, True), (0, 11, False), (0, 0, True), (100, 100, True)],
)
def test_a_gap_is_relative_to_the_upper_bound_or_to_the_norm(lower, upper, expected):
    assert closed(fmpq(lower), fmpq(upper), fmpq(1, 100), fmpq(1000)) is expected


def test_of_two_proofs_the_better_one_is_kept():
    one = search(SYMMETRIC)
    one.rooted[0] = LowerProof("nonnegative", fmpq(10**9), {})
    one.run(1, None, None)
    assert one.proofs() == [one.rooted[0]]
    assert one.races == [None], "a closed gap needs no tree"
    two = search(SYMMETRIC, gap="1/10")
    two.rooted[0] = LowerProof("nonnegative", fmpq(1), {})
    two.run(1, None, None)
    assert two.proofs()[0].rule == "chart_cover"


def test_a_spent_budget_ends_every_pass():
    problem = search(SYMMETRIC)
    problem.budget = Budget(problem.budget.start_ns, 0)
    problem.run(1, None, None)
    assert problem.lower == 0
    assert problem.upper < SYMMETRIC.norm(), "the descent comes first"


def test_a_small_table_with_a_hole_gets_a_short_proof_at_the_root():
    marks = [["9.0", "8.5", "9.5", "6.0"], ["6.5", "6.0", "7.0", None], ["4.0", "4.5", "3.5", "8.0"],
             ["8.0", "7.5", "8.5", "5.5"], ["5.0", "5.5", "4.5", "9.0"]]  # fmt: skip
    result = solve(marks, rank=1)
    rules = {step.rule for step in result.certificate.steps}
    assert result.reached
    assert "minors" in rules
    assert not rules & {"cut", "split"}


THREADS = """
import sys
from flint import fmpq_mat
from threadpoolctl import threadpool_info
from wlra_exact.problem.instance import Instance
from wlra_exact.search import portfolio
from wlra_exact.search.solve import solve_instance

assert "scipy.linalg" not in sys.modules
seen = set()

def expired(situation):
    if "scipy.linalg" in sys.modules:
        seen.update(part["num_threads"] for part in threadpool_info())
    return False

portfolio._Situation.expired = expired
A = fmpq_mat(5, 6, [(7 * i * i + 3 * i) % 19 for i in range(30)])
omega = fmpq_mat(5, 6, [int(i % 7 != 0) for i in range(30)])
solve_instance(Instance(A, omega, 1), method="projections")
print(sorted(seen))
"""


def test_a_library_that_an_attempt_loads_works_on_one_thread_too():
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[1]"


#: 12 entries on one cycle and two others, in hundredths; a first descent ends in a local minimum, 18 % above the least.
VALLEYS = [
    [944, 940, 1387, None, None],
    [823, 711, None, None, None],
    [-154, None, None, None, -86],
    [-12, None, -81, None, None],
    [None, 74, None, 164, None],
    [None, None, None, -2060, 19],
]


def test_a_second_descent_finds_what_branching_would_never_bound():
    A = [[x and Fraction(x, 100) for x in row] for row in VALLEYS]
    activities = {}
    result = solve(A, rank=1, gap="1e-6", time_limit="60", progress=lambda e: activities.setdefault(e.activity, e))
    assert result.reached
    assert float(activities["descent"].upper) == pytest.approx(1.26132881, rel=1e-8)
    assert float(result.upper) == pytest.approx(1.06427056, rel=1e-8)
    assert "descent from more starts" in activities
