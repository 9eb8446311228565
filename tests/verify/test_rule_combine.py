"""Rule combine: bounds of the children, each and in order, add up to a bound of the parent."""

import pytest
from base_certificates import BASES
from certificate_builders import F, apply, clone, problem_of, reason, step_of
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.verify import Bound, Invalid, Reduction

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
