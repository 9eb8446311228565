"""Rule combine: bounds of the children, each and in order, add up to a bound of the parent."""

import pytest
from base_certificates import BASES
from box_builders import BOX_BASES
from certificate_builders import F, apply, clone, problem_of, reason, step_of, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.verify import Bound, BoxBound, Invalid, Reduction

rationals = st.fractions(max_denominator=50)


def children(count):
    return tuple(problem_of([[1]], [[1]], 1) for _ in range(count))


@settings(max_examples=25, deadline=None)
@given(st.lists(rationals, min_size=1, max_size=5))
def test_the_bounds_add_up(values):
    parent, parts = problem_of([[1]], [[1]], 1), children(len(values))
    bounds = [Bound("lower", child, value) for child, value in zip(parts, values, strict=True)]
    result = apply("combine", [Reduction(parent, parts), *bounds], {})
    assert result.side == "lower"
    assert result.problem is parent
    assert F(int(result.value.numerator), int(result.value.denominator)) == sum(values)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.lists(st.integers(0, 3), max_size=5))
def test_only_all_children_in_order_are_accepted(count, chosen):
    parts = children(4)
    premises = [Reduction(parts[3], parts[:count]), *(Bound("lower", parts[i], F(1)) for i in chosen)]
    if chosen == list(range(count)):
        assert apply("combine", premises, {}).value == count
    else:
        with pytest.raises(Invalid, match="expected"):
            apply("combine", premises, {})


def test_upper_statements_problems_and_reductions_are_no_lower_statements():
    parent, (child,) = problem_of([[1]], [[1]], 1), children(1)
    reduction = Reduction(parent, (child,))
    for other in (Bound("upper", child, F(1)), child, Reduction(child, (parent,))):
        with pytest.raises(Invalid, match="expected lower statements as the other premises"):
            apply("combine", [reduction, other], {})


def test_the_first_premise_is_a_reduction():
    parent, (child,) = problem_of([[1]], [[1]], 1), children(1)
    bound = Bound("lower", child, F(1))
    for premises in ([], [bound], [parent, bound], [bound, Reduction(parent, (child,))]):
        with pytest.raises(Invalid, match="expected a reduction as the first premise"):
            apply("combine", premises, {})


def test_a_bound_for_another_child_is_rejected_in_a_certificate():
    base = clone(BASES["reductions"])
    step_of(base, "s8")["premises"] = ["s1", "s7", "s6"]
    why = "invalid: step s8 (rule combine): expected a statement about child 0, got one about another problem"
    assert reason(base) == why


def two_blocks(m=3, submatrices=True):
    """A problem of three rows, cut into its first column (or m entries of it) and the other two."""
    parent = problem_of([[1, 2, 3]] * 3, [[1, 1, 1]] * 3, 1)
    parts = problem_of([[1]] * m, [[1]] * m, 1), problem_of([[2, 3]] * 3, [[1, 1]] * 3, 1)
    return Reduction(parent, parts, submatrices)


def on_box(problem, value=2):
    return BoxBound(problem, [1], [F(-1), F(0)], [F(1), F(1, 2)], F(value))


@settings(max_examples=25, deadline=None)
@given(rationals, rationals, st.booleans())
def test_a_box_of_one_block_beside_a_bound_for_the_other(first, second, swapped):
    reduction = two_blocks()
    if swapped:
        reduction = Reduction(reduction.problem, reduction.children[::-1], submatrices=True)
    one, other = reduction.children
    statements = (
        [Bound("lower", one, first), on_box(other, second)]
        if swapped
        else [on_box(one, first), Bound("lower", other, second)]
    )
    found = apply("combine", [reduction, *statements], {})
    assert isinstance(found, BoxBound)
    assert found.problem is reduction.problem
    assert (found.pivots, found.lower, found.upper) == ([1], [F(-1), F(0)], [F(1), F(1, 2)])
    assert found.value == first + second


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([("c1", 0, -8, 8), ("c2", 1, -8, 0), ("c3", 1, 0, 8)]), st.data())
def test_no_matrix_on_a_box_costs_less_than_the_sum(where, data):
    """In exact fractions, for the best V at a point of the box."""
    name, pivot, low, high = where
    base = BOX_BASES["beside"]
    values = {"c1": F(3, 4) + F(3, 4), "c2": F(5, 4) + F(3, 4), "c3": F(5, 4) + F(3, 4)}
    assert step_of(base, name)["premises"][0] == "b0"
    other = F(data.draw(st.integers(low, high)), 8)
    u = [F(1), other] if pivot == 0 else [other, F(1)]
    A = [[F(x) for x in row] for row in base["instance"]["A"]]
    cost = F(0)
    for column in zip(*A, strict=True):
        v = sum(x * y for x, y in zip(u, column, strict=True)) / sum(x * x for x in u)
        cost += sum((y - x * v) ** 2 for x, y in zip(u, column, strict=True))
    assert cost >= values[name]


def test_a_box_needs_submatrices_with_all_rows_and_no_second_box():
    reduction = two_blocks(submatrices=False)
    one, other = reduction.children
    with pytest.raises(Invalid, match="expected submatrices beside a statement about a box"):
        apply("combine", [reduction, on_box(one), Bound("lower", other, F(1))], {})
    reduction = two_blocks()
    one, other = reduction.children
    with pytest.raises(Invalid, match="expected one statement about a box, got 2"):
        apply("combine", [reduction, on_box(one), on_box(other)], {})
    reduction = two_blocks(m=2)
    one, other = reduction.children
    with pytest.raises(Invalid, match="expected a box of all 3 rows, got 2"):
        apply("combine", [reduction, on_box(one), Bound("lower", other, F(1))], {})
    with pytest.raises(Invalid, match="expected a statement about child 0"):
        apply("combine", [reduction, on_box(other), Bound("lower", other, F(1))], {})


def test_boxes_beside_a_bound_make_a_certificate():
    base = clone(BOX_BASES["beside"])
    assert verdict(base).verdict == "valid"
    base["claim"]["lower"] = "25/16"
    assert "invalid" in reason(base)
    base = clone(BOX_BASES["beside"])
    step_of(base, "b0")["payload"]["blocks"][0]["rows"] = [0]
    assert "invalid" in reason(base)
