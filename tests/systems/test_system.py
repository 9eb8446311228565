"""Systems: membership, sizes and the sympy view."""

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError
from wlra_exact.systems.system import (
    Constraint,
    PolynomialSystem,
    clear_denominators,
    make_context,
    polynomial_bits,
    stated_levels,
)

RELATIONS = ("=", "!=", "<", "<=", ">", ">=")
RING = make_context(["x", "y", "z"])

rationals = st.fractions(-20, 20, max_denominator=12).map(lambda f: fmpq(f.numerator, f.denominator))
polynomials = st.dictionaries(st.tuples(*[st.integers(0, 3)] * 3), rationals, max_size=6).map(RING.from_dict)


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("value", [-1, 0, 1])
def test_each_relation_says_what_python_says(relation, value):
    meaning = {"=": value == 0, "!=": value != 0, "<": value < 0, "<=": value <= 0, ">": value > 0, ">=": value >= 0}
    assert Constraint(RING.constant(0), relation).holds_for(fmpq(value)) is meaning[relation]


def test_an_unknown_relation_is_refused():
    with pytest.raises(InputError, match="a relation among"):
        Constraint(RING.constant(0), "==")


def test_a_polynomial_of_another_ring_is_refused():
    (t,) = make_context(["t"]).gens()
    with pytest.raises(InputError, match="polynomials in"):
        PolynomialSystem(RING, ("x", "y", "z"), (Constraint(t, "="),))


@pytest.mark.parametrize("point", [{"x": 1, "y": 2}, {"x": 1, "y": 2, "z": 3, "t": 4}])
def test_a_point_needs_every_variable_and_no_other(point):
    system = PolynomialSystem(RING, ("x", "y", "z"), (Constraint(RING.gen(0), "="),))
    with pytest.raises(InputError, match="a value for each of x, y, z"):
        system.is_satisfied_by(point)


def test_floats_are_refused_as_coordinates():
    system = PolynomialSystem(RING, ("x", "y", "z"), (Constraint(RING.gen(0), "="),))
    with pytest.raises(TypeError, match="exact"):
        system.is_satisfied_by({"x": 0.5, "y": 0, "z": 0})


@given(p=polynomials, point=st.tuples(rationals, rationals, rationals), relation=st.sampled_from(RELATIONS))
@settings(max_examples=30, deadline=None)
def test_the_sympy_view_agrees_at_rational_points(p, point, relation):
    import sympy

    system = PolynomialSystem(RING, ("x", "y", "z"), (Constraint(p, relation),))
    values = dict(zip("xyz", point, strict=True))
    symbols = sympy.symbols("x y z", real=True)
    (condition,) = system.to_sympy()
    at = {s: sympy.Rational(int(v.p), int(v.q)) for s, v in zip(symbols, point, strict=True)}
    assert bool(condition.subs(at).doit()) is system.is_satisfied_by(values)


@given(p=polynomials)
@settings(max_examples=30, deadline=None)
def test_clearing_denominators_leaves_coprime_multiples_of_the_same_polynomial(p):
    cleared, scale = clear_denominators(p)
    assert cleared == p * scale
    assert all(c.q == 1 for c in cleared.coeffs())
    assert polynomial_bits(p) == max((int(abs(c.p)).bit_length() for c in cleared.coeffs()), default=0)


@given(p=polynomials, threshold=rationals, point=st.tuples(rationals, rationals, rationals))
@settings(max_examples=40, deadline=None)
def test_the_decision_system_compares_the_objective_with_the_threshold(p, threshold, point):
    system = PolynomialSystem(RING, ("x", "y", "z"), (), objective=p)
    values = dict(zip("xyz", point, strict=True))
    assert system.below(threshold).is_satisfied_by(values) is bool(system.objective_value(values) <= threshold)
    assert system.below(threshold, "<").is_satisfied_by(values) is bool(system.objective_value(values) < threshold)
    for level in (threshold, system.objective_value(values)):
        for relation in ("<", "<="):
            alone, eased = (system.below(level, relation, consequence=c) for c in (False, True))
            assert eased.is_satisfied_by(values) is alone.is_satisfied_by(values)


@pytest.mark.parametrize(
    ("text", "stated"), [("2/3", "666667e-6"), ("1234567e40", "123457e41"), ("1e-99", None), ("0", None)]
)
def test_a_long_threshold_follows_its_rounding_up_to_six_digits(text, stated):
    threshold = exact(text)
    expected = [threshold] if stated is None else [exact(stated), threshold]
    assert stated_levels(threshold, consequence=True) == expected
    assert stated_levels(threshold, consequence=False) == [threshold]
    assert stated_levels(-threshold, consequence=True) == [-threshold]


def test_equal_systems_are_equal_and_hash_alike():
    x, y, _ = RING.gens()
    one = PolynomialSystem(RING, ("x", "y", "z"), (Constraint(x * y, "="),), objective=x)
    two = PolynomialSystem(RING, ("x", "y", "z"), (Constraint(y * x, "="),), objective=x + 0)
    other = PolynomialSystem(RING, ("x", "y", "z"), (Constraint(x * y, "<="),), objective=x)
    assert one == two
    assert hash(one) == hash(two)
    assert one != other
