"""Rule transpose: the child is (A^T, omega^T, k)."""

from base_certificates import BASES
from certificate_builders import apply, clone, matrices, problem_of, reason, step_of, transpose

A, OMEGA = [[1, 2, 3], [4, 5, 6]], [[1, 1, 2], [3, 1, 1]]


def test_the_child_is_the_transposed_problem():
    parent = problem_of(A, OMEGA, 2)
    reduction = apply("transpose", [parent], {})
    (child,) = reduction.children
    assert reduction.problem is parent
    assert matrices(child) == (transpose(A), transpose(OMEGA))
    assert child.k == 2


def test_two_transposes_give_an_equal_problem_that_is_not_the_same():
    parent = problem_of(A, OMEGA, 1)
    (child,) = apply("transpose", [parent], {}).children
    (grandchild,) = apply("transpose", [child], {}).children
    assert matrices(grandchild) == matrices(parent)
    assert grandchild is not parent
    assert grandchild != parent


def test_a_payload_is_malformed():
    base = clone(BASES["reductions"])
    step_of(base, "s3")["payload"]["axis"] = "row"
    assert reason(base).startswith("malformed: step 's3': expected an object with the keys ''")
