"""Columns that a box does not determine, bounded apart: what boxes alone never close."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from flint import fmpq

from wlra_exact.algebra.exact import matrix
from wlra_exact.certificate import LowerProof
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import Node
from wlra_exact.search.assemble import assemble, nested
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.branch import Part, Tree
from wlra_exact.search.progress import Budget, silent
from wlra_exact.search.resume import proofs_of_leaves, resume_tree
from wlra_exact.search.run import Search, part_of
from wlra_exact.verify import verify_text

#: opt = 1, that of the last two rows and columns, which row 0 does not observe. Where the others tend to 0 beside it,
#: what they cost depends on their ratio alone, and the entry 1/2 under row 0 costs 1/4.
CORNER = Instance(matrix([[4, 0, 0], [fmpq(1, 2), 1, 0], [0, 0, 1]]), matrix([[1, 0, 0], [1, 1, 1], [0, 1, 1]]), 1)
WITNESS = matrix([[8], [1], [0]]), matrix([[fmpq(1, 2), 1, 0]])
CUTOFF = fmpq(99, 100)

#: A fourth row like row 0.
TWO_CORNERS = Instance(matrix([*CORNER.A.tolist(), [3, 0, 0]]), matrix([*CORNER.omega.tolist(), [1, 0, 0]]), 1)


def part(columns):
    return part_of(columns, fmpq(1, 1000), 0, Budget.of(None))


def grown(nodes, instance=CORNER, **options):
    tree = Tree(instance.transpose() if options.get("transposed") else instance, fmpq(1), CUTOFF, **options)
    tree.run(InlineExecutor(), 1, lambda: tree.evaluated >= nodes, lambda: None)
    return tree


def boxes_of(tree):
    """The proofs of all leaves of a tree's proof."""
    found, waiting = [], [tree.proof()]
    while waiting:
        proof = waiting.pop()
        if proof.rule in ("chart_cover", "split"):
            waiting.extend(proof.premises)
        else:
            found.append(proof)
    return found


def certificate(tree):
    (U, V), instance = WITNESS, tree.instance
    if instance is TWO_CORNERS:
        U = matrix([*U.tolist(), [6]])
    factors = U, V
    if tree.transposed:
        instance, factors = instance.transpose(), (V.transpose(), U.transpose())
    root = Node(instance, None, ())
    return root, assemble(root, [tree.proof()], factors, {})


def test_boxes_alone_stall_where_the_other_rows_vanish():
    assert grown(150).bound < fmpq(1, 4)


def test_a_bound_for_the_undetermined_columns_closes_the_tree():
    tree = grown(50, part_of=part)
    assert tree.bound == CUTOFF
    found = verify_text(certificate(tree)[1].to_json())
    assert (found.verdict, found.upper) == ("valid", 1)
    assert float(found.lower) >= 0.99


def test_the_part_is_proved_once_for_all_boxes():
    tree = grown(200, TWO_CORNERS, part_of=part)
    beside = [proof for proof in boxes_of(tree) if proof.rule == "blocks"]
    assert len(beside) > 1
    assert len({id(proof.premises[1]) for proof in beside}) == 1
    rules = Counter(step.rule for step in certificate(tree)[1].steps)
    assert rules["blocks"] == rules["combine"] - len(beside) + 1


def test_charts_of_the_column_factor_too():
    tree = grown(50, part_of=part, transposed=True)
    assert tree.transposed
    assert tree.bound == CUTOFF
    assert verify_text(certificate(tree)[1].to_json()).verdict == "valid"


@pytest.mark.parametrize("nodes", [6, 9])
def test_a_tree_with_parts_goes_on_from_its_certificate(nodes):
    tree = grown(nodes, part_of=part)
    root, written = certificate(tree)
    [read] = proofs_of_leaves(written, root)
    resumed = Tree(CORNER, fmpq(1), CUTOFF, part_of=part)
    resume_tree(resumed, read)
    assert resumed.bound == tree.bound
    again = certificate(resumed)[1]
    assert again.claim.lower == written.claim.lower
    assert len(again.steps) == len(written.steps)
    resumed.run(InlineExecutor(), 1, lambda: resumed.evaluated >= 50, lambda: None)
    assert resumed.bound == CUTOFF


def test_a_part_without_a_bound_leaves_the_tree_as_it_is():
    asked = []

    def nothing(part):
        asked.append(part.shape)
        return Part(fmpq(1, 1000), lambda: LowerProof("nonnegative", fmpq(0), {}))

    assert grown(60, part_of=nothing).bound == grown(60).bound
    assert (3, 2) in asked
    assert len(asked) <= 6, "each proper set of columns once"


def test_the_search_for_a_part_is_heard():
    """So that checkpoints go on while it lasts."""
    events = []
    corner = CORNER.submatrix([1, 2], [1, 2])
    found = part_of(corner, fmpq(1, 1000), 0, Budget.of(None), events.append)
    assert not events
    assert found.proved().bound >= found.expected * fmpq(999, 1000) > 0
    assert events


def test_nested_bounds_of_all_reductions_are_a_proof():
    """Blocks, equal rows, proportional rows of weights and a transposition, as one proof about the whole."""
    A = matrix([[2, 0, 1, 0], [0, 1, 1, 0], [4, 0, 2, 0], [1, 5, 0, 0], [0, 0, 0, 3], [1, 1, 1, 0], [3, 1, 0, 0]])
    omega = matrix([[1, 2, 1, 0]] * 4 + [[0, 0, 0, 1], [2, 4, 2, 0], [1, 1, 3, 0]])
    instance = Instance(A, omega, 1)
    search = Search(instance, fmpq(1, 10**6), "auto", 0, Budget.of(None), silent)
    search.run(1, None, None)
    proof = nested(search.root, search.proofs())
    assert proof.bound == search.lower > 0
    whole = assemble(Node(instance, None, ()), [proof], (matrix([[0]] * 7), matrix([[0] * 4])), {})
    found = verify_text(whole.to_json())
    assert found.verdict == "valid"
    assert found.lower == Fraction(str(proof.bound))
    rules = {step.rule for step in whole.steps}
    assert {"blocks", "merge", "combine"} <= rules
    [read] = proofs_of_leaves(whole, Node(instance, None, ()))
    assert read.bound == proof.bound
