"""A ledger of steps: many bounds, one set of reductions."""

from __future__ import annotations

import pytest
from flint import fmpq
from instances import checked, instance

from wlra_exact.certificate import LowerProof
from wlra_exact.deciders.bernstein import prove_bernstein
from wlra_exact.errors import InputError
from wlra_exact.problem.reductions import leaves, lift_witness, reduce_instance
from wlra_exact.search.assemble import Ledger
from wlra_exact.search.witness import zero_witness

BLOCKS = instance(
    [[1, 2, 0, 0], [3, 4, 0, 0], [0, 0, 2, 5], [0, 0, 1, 1]],
    [[1, 2, 0, 0], [1, 1, 0, 0], [0, 0, 3, 1], [0, 0, 1, 1]],
    1,
)


def test_many_bounds_share_the_reductions_and_every_one_is_checked():
    ledger = Ledger(reduce_instance(BLOCKS))
    open_leaves = leaves(ledger.root)
    weak = [prove_bernstein(leaf, fmpq(1, 1000)) for leaf in open_leaves]
    strong = [prove_bernstein(leaf, fmpq(1, 100)) for leaf in open_leaves]
    bounds = [ledger.lower(proofs) for proofs in (weak, strong, [strong[0], None], weak)]
    assert [bound for _, bound in bounds] == [fmpq(1, 500), fmpq(1, 50), fmpq(1, 100), fmpq(1, 500)]
    zero = [zero_witness(leaf) for leaf in open_leaves]
    ledger.leaf_upper(1, zero[1].U, zero[1].V)
    step, upper = ledger.upper(*lift_witness(ledger.root, [(w.U, w.V) for w in zero]))
    certificate = ledger.certificate(fmpq(1, 50), upper, (bounds[1][0], step), {})
    checked(certificate)
    rules = [step.rule for step in certificate.steps]
    assert rules.count("blocks") == 1
    assert rules.count("bernstein") == 4  # a proof that stands is named again


def test_a_proof_about_the_transposed_problem_is_turned_once():
    ledger = Ledger(reduce_instance(BLOCKS))
    turned = [prove_bernstein(leaf.transpose(), fmpq(1, 1000)) for leaf in leaves(ledger.root)]
    proofs = [LowerProof(p.rule, p.bound, p.payload, p.premises, transposed=True) for p in turned]
    step, bound = ledger.lower(proofs)
    again = ledger.leaf_proof(0, proofs[0])
    nothing = zero_witness(BLOCKS)
    upper_step, upper = ledger.upper(nothing.U, nothing.V)
    certificate = ledger.certificate(bound, upper, (step, upper_step), {})
    checked(certificate)
    assert [s.rule for s in certificate.steps].count("transpose") == 2
    assert again in {premise for s in certificate.steps for premise in s.premises}


@pytest.mark.parametrize("count", [1, 3])
def test_proofs_that_do_not_match_the_leaves_are_refused(count):
    with pytest.raises(InputError, match="expected 2, one for each leaf"):
        Ledger(reduce_instance(BLOCKS)).lower([None] * count)
