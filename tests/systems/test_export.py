"""Exported texts state the system: every dialect is read back to the same polynomials."""

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.export import DIALECTS, equation_system, export, integer_system
from wlra_exact.systems.full import full_system
from wlra_exact.systems.parse import parse
from wlra_exact.systems.reduced import reduced_problem
from wlra_exact.systems.system import Constraint, PolynomialSystem, make_context

NAMES = ("u1_1", "v1_12", "y", "y3", "r_1_2", "p1_2_3")
RING = make_context(NAMES)
RELATIONS = ("=", "!=", "<", "<=", ">", ">=")

rationals = st.fractions(-99, 99, max_denominator=30).map(lambda f: fmpq(f.numerator, f.denominator))
polynomials = st.dictionaries(st.tuples(*[st.integers(0, 3)] * len(NAMES)), rationals, max_size=5).map(RING.from_dict)
constraints = st.lists(st.builds(Constraint, polynomials, st.sampled_from(RELATIONS)), min_size=1, max_size=4)


def stated(system, dialect):
    """The system that a dialect's text is promised to state."""
    return {"msolve": equation_system, "qepcad": integer_system}.get(dialect, lambda s: s)(system)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(parts=constraints)
@settings(max_examples=15, deadline=None)
def test_a_round_trip_gives_the_same_polynomials(dialect, parts):
    system = PolynomialSystem(RING, NAMES, tuple(parts))
    assert parse(export(system, dialect), dialect) == stated(system, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_paper_systems_make_the_round_trip(dialect):
    instance = Instance(matrix([[2, "1/3"], [0, 1], [5, 5]]), matrix([[1, 2], ["1/2", 1], [1, 0]]), 1)
    reduced = reduced_problem(instance)
    for system in (
        full_system(instance).below("7/3"),
        reduced.product_system().below("7/3", "<"),
        reduced.separate_system().below(0),
        reduced.cleared_system(1),
    ):
        assert parse(export(system, dialect), dialect) == stated(system, dialect)


@given(parts=constraints, point=st.lists(rationals, min_size=len(NAMES), max_size=len(NAMES)))
@settings(max_examples=15, deadline=None)
def test_integer_systems_have_the_same_points(parts, point):
    system = PolynomialSystem(RING, NAMES, tuple(parts))
    values = dict(zip(NAMES, point, strict=True))
    assert integer_system(system).is_satisfied_by(values) is system.is_satisfied_by(values)


@pytest.mark.parametrize("relation", ["!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("value", [-4, -1, 0, 1, 4])
def test_a_slack_exists_exactly_where_the_inequality_holds(relation, value):
    ring = make_context(["x"])
    (x,) = ring.gens()
    equations = equation_system(PolynomialSystem(ring, ("x",), (Constraint(x, relation),)))
    # For these squares a real slack exists only if a rational one does.
    slacks = [fmpq(p, q) for p in range(-4, 5) for q in (1, 2, 4)]
    found = any(equations.is_satisfied_by({"x": value, "s1": s}) for s in slacks)
    assert found is Constraint(x, relation).holds_for(fmpq(value))


def test_slack_names_stay_clear_of_the_system_variables():
    ring = make_context(["s1"])
    (s,) = ring.gens()
    assert equation_system(PolynomialSystem(ring, ("s1",), (Constraint(s, "<"),))).variables == ("s1", "ss1")


def test_sympy_runs_the_text_to_the_same_relations():
    x, y = (ring := make_context(["x", "y"])).gens()
    parts = tuple(Constraint(x**2 * y / 3 - 2 * y + k, relation) for k, relation in enumerate(RELATIONS))
    system = PolynomialSystem(ring, ("x", "y"), parts)
    scope = {}
    exec(export(system, "sympy"), scope)
    assert len(scope["system"]) == len(parts)
    for theirs, ours in zip(scope["system"], system.to_sympy(), strict=True):
        assert theirs.rel_op == ours.rel_op
        assert (theirs.lhs - theirs.rhs - ours.lhs + ours.rhs).expand() == 0


def test_an_objective_must_be_turned_into_a_threshold_first():
    instance = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    with pytest.raises(InputError, match="below"):
        export(full_system(instance), "smt2")


def test_an_empty_system_is_not_exported():
    with pytest.raises(InputError, match="one constraint"):
        export(PolynomialSystem(RING, NAMES, ()), "qepcad")


@pytest.mark.parametrize("dialect", DIALECTS)
@given(
    parts=constraints, place=st.integers(0, 400), text=st.sampled_from(["", "(", ")", "x", "0", "/", "{", "\n", "*"])
)
@settings(max_examples=15, deadline=None)
def test_a_damaged_text_is_read_as_a_system_or_refused(dialect, parts, place, text):
    whole = export(PolynomialSystem(RING, NAMES, tuple(parts)), dialect)
    place %= len(whole)
    try:
        found = parse(whole[:place] + text + whole[place + 1 :], dialect)
    except InputError:
        return
    assert all(c.polynomial.context() is found.context for c in found.constraints)


def test_an_unknown_dialect_is_refused_by_both_sides():
    system = PolynomialSystem(RING, NAMES, ())
    with pytest.raises(InputError, match="smt2"):
        export(system, "maple")
    with pytest.raises(InputError, match="smt2"):
        parse("", "maple")


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("smt2", "(declare-fun x () Real)(assert (<= (^ x 2) 0))"),
        ("smt2", "(declare-fun x () Real)(assert (<= x 1))"),
        ("smt2", "(declare-fun x () Real)(assert (not (< x 0)))"),
        ("smt2", "(declare-fun x () Real)(push 1)"),
        ("smt2", "(declare-fun x () Real)(assert (<= x 0)"),
        ("smt2", "(declare-fun x () Real)(assert (<= (/ x y) 0))"),
        ("msolve", "x,y\n101\nx+y"),
        ("msolve", "x\n0\nx+z"),
        ("msolve", "x\n0\nx^99999999"),
        ("msolve", "x\n0\n1/0*x"),
        ("msolve", "x\n0\nx+"),
        ("msolve", "x\n0\nx)"),
        ("msolve", "x\n0\n0.5*x"),
        ("qepcad", "[ x = x ]\n(x)\n0\n(A x)[ x <= 0 ].\nfinish"),
        ("qepcad", "[ x = t ]\n(x)\n0\n(E x)[ x <= 0 ].\nfinish"),
        ("qepcad", "[ x = x ]\n(x)\n0\n(E x)[ x <= 1 ].\nfinish"),
        ("sympy", 'x = symbols(["x"])\nsystem = [\n    Foo(x, 0),\n]'),
        ("sympy", "nothing"),
        ("latex", "\\begin{gather*}\nx \\le 0\n\\end{gather*}"),
    ],
)
def test_texts_outside_the_dialect_are_refused(dialect, text):
    with pytest.raises(InputError):
        parse(text, dialect)
