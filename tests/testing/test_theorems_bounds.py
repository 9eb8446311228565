"""No bound that is a theorem exceeds opt: the paper's, the deciders', and the classical ones."""

from __future__ import annotations

import pytest
from flint import fmpq
from hypothesis import given, target
from hypothesis import strategies as st
from theorems import theorem
from true_bounds import TRUE_BOUNDS

from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders import spectral
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.problem.instance import Instance
from wlra_exact.search.portfolio import improve_lower
from wlra_exact.search.progress import Budget
from wlra_exact.search.solve import solve_instance
from wlra_exact.systems.bounds import compact_bound, gap_bound
from wlra_exact.testing import instances, patterned_instances
from wlra_exact.testing.hunt import Hunt, cheap_witness

FLOATS = [bound for bound, exact in TRUE_BOUNDS.items() if not exact]


def survives(bound, instance, *, exact=False):
    tolerance = fmpq(0) if exact else fmpq(1, 10**9)
    measured = Hunt(bound, exact=exact, tolerance=tolerance, budget=Budget.of(None), positive=False).measure(instance)
    target(measured.score)
    assert not measured.refuted, (measured.claimed, measured.witness.cost)


@pytest.mark.parametrize("bound", FLOATS, ids=lambda bound: bound.__name__)
@theorem()
@given(instance=instances())
def test_a_classical_bound_never_exceeds_opt(bound, instance):
    survives(bound, instance)


@st.composite
def orthogonal_columns(draw):
    """Rows with at most one non-zero entry of A, or a multiple of a Hadamard matrix; any weights."""
    m, n = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    if draw(st.booleans()):
        places = [draw(st.integers(0, n - 1)) for _ in range(m)]
        values = [draw(st.integers(-5, 5)) for _ in range(m)]
        A = [[values[i] if j == places[i] else 0 for j in range(n)] for i in range(m)]
    else:
        scale = draw(st.integers(1, 3))
        hadamard = ([1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1])
        A, m = [[scale * x for x in row[:n]] for row in hadamard], 4
    omega = [[draw(st.integers(1, 5)) for _ in range(n)] for _ in range(m)]
    k = draw(st.integers(1, max(1, min(m, n) - 1)))
    return Instance(matrix(A), matrix(omega), k)


@theorem()
@given(instance=orthogonal_columns())
def test_column_gains_never_exceed_opt_where_columns_are_orthogonal(instance):
    [bound] = [bound for bound, exact in TRUE_BOUNDS.items() if exact]
    survives(bound, instance, exact=True)


def test_column_gains_are_opt_for_unit_weights_and_say_something_for_others():
    [bound] = [bound for bound, exact in TRUE_BOUNDS.items() if exact]
    assert bound([[2, 0], [0, 1]], [[1, 1], [1, 1]], 1) == 1
    assert bound([[1, 1], [1, -1]], [[3, 1], [2, 4]], 1) == 2
    assert bound([[1, 1], [1, 0]], [[1, 1], [1, 1]], 1) == 0, "columns that are not orthogonal"


@theorem()
@given(instance=instances(positive=True))
def test_the_spectral_decider_never_exceeds_opt(instance):
    proof = spectral.prove_bound(instance)
    if proof is not None:
        assert proof.bound <= cheap_witness(instance, thorough=True).cost


@theorem(cost=20)
@given(instance=instances())
def test_no_root_decider_exceeds_opt_without_the_reductions(instance):
    """The deciders on the instance as it is: what the reductions would make of it plays no role."""
    if instance.k >= min(instance.shape) or instance.norm() == 0:
        return
    found = propose_factors(approx_array(instance.A), approx_array(instance.omega), instance.k)[0]
    upper = cheap_witness(instance, thorough=True).cost
    for proof in improve_lower(instance, found, fmpq(1, 10**4), "auto", Budget.of(fmpq(5))):
        assert proof.bound <= upper, proof.rule


@theorem()
@given(instance=instances(values=3, weights=3))
def test_the_gap_theorem_admits_every_optimum(instance):
    _admitted(gap_bound(instance), instance)


@theorem()
@given(patterns=patterned_instances())
def test_the_gap_theorem_admits_the_optima_of_patterned_instances(patterns):
    _admitted(gap_bound(patterns), patterns.collapsed())


@theorem()
@given(instance=instances(rows=(1, 3), columns=(2, 3), values=3, weights=3, positive=True))
def test_theorem_3_5_admits_every_optimum(instance):
    _admitted(compact_bound(instance), instance)


def _admitted(bound, instance):
    """opt = 0 or opt >= 2^log2: a cost below that needs opt = 0, and then no positive lower bound can be proved."""
    assert bound.is_proved
    cost = cheap_witness(instance, thorough=False).cost
    if not bound.admits(cost):
        assert solve_instance(instance, gap="1e-3", time_limit=2).lower == 0


@theorem(cost=4)
@given(instance=instances())
def test_opt_is_at_most_what_fitting_k_columns_exactly_leaves(instance):
    """The easy side of the column gains, and Lemma 3.7: both are upper bounds for every instance."""
    n = instance.shape[1]
    gains = sorted(instance.submatrix(list(range(instance.shape[0])), [j]).norm() for j in range(n))
    left = sum(gains[: max(0, n - instance.k)], fmpq(0))
    assert solve_instance(instance, gap="1e-2", time_limit=2).lower <= left <= instance.norm()
