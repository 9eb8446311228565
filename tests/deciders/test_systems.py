"""decide_system answers YES with a point that checks exactly, NO after a complete search, UNKNOWN with the reason."""

from __future__ import annotations

import itertools
import random

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.algebraic import RealAlgebraic, minimal_polynomial
from wlra_exact.algebra.cells import CellBudget, CellSearch
from wlra_exact.algebra.projection import ProjectionLimits
from wlra_exact.deciders import systems
from wlra_exact.deciders.systems import decide_system
from wlra_exact.errors import Decision
from wlra_exact.systems.export import export
from wlra_exact.systems.system import Constraint, PolynomialSystem, make_context

MOTZKIN = "x**4*y**2 + x**2*y**4 + 1 - 3*x**2*y**2"

LARGE = "x**9*y*z**4 - 7*y**8*z**3*x + x**2*z**7 + x*y*z"


def system(names: str, *constraints: str) -> PolynomialSystem:
    """The system of constraints written as Python text, for instance "x**2 - 2 <= 0"."""
    variables = tuple(names.split())
    ring = make_context(variables)
    scope = dict(zip(variables, ring.gens(), strict=True)) | {"q": fmpq}
    parsed = []
    for text in constraints:
        body, relation, zero = text.rsplit(" ", 2)
        assert zero == "0"
        parsed.append(Constraint(ring.constant(0) + eval(body, scope), relation))
    return PolynomialSystem(ring, variables, tuple(parsed))


SATISFIABLE = {
    "a singular system that needs x1 = x2 = 0 and leaves z free": system(
        "x1 x2 x z", "x1**5 = 0", "x2**5 = 0", "q(1, 3) - x**4 + x2*z + x1*z**3 = 0"
    ),
    "an isolated real point of a complex curve": system("x y", "x**2 + y**2 <= 0"),
    "two weak inequalities that meet in a curve": system("x y", "x**2 + y**2 - 1 <= 0", "x**2 + y**2 - 1 >= 0"),
    "the zeros of the Motzkin polynomial": system("x y", f"{MOTZKIN} <= 0", "x + y < 0"),
    "a tower of two extensions": system("x y", "x**3 - 2 = 0", "y**2 - x = 0", "y < 0"),
    "a tower of three extensions": system("x y z", "x**2 - 2 = 0", "y**2 - x - 1 = 0", "z**2 - x*y = 0"),
    "a polynomial that vanishes identically over a sample": system(
        "x y z", "x*z - y = 0", "x**2 + y**2 = 0", "z**2 - 2 = 0"
    ),
    "a sphere inside xyz > 1/6": system("x y z", "x**2 + y**2 + z**2 - 1 = 0", "x*y*z - q(1, 6) > 0"),
    "no constraint": system("x"),
    "a true constant": system("x", "x*0 - 1 < 0"),
    "a polynomial between two numbers": system("x y z", f"{LARGE} - 2 > 0", f"9 - 3*({LARGE}) >= 0", "x - 1 = 0"),
    "a disequation": system("x y", "x**2 - y**2 = 0", "x - y != 0"),
}

UNSATISFIABLE = {
    "the Motzkin polynomial is not negative": system("x y", f"{MOTZKIN} < 0"),
    "an isolated point is excluded": system("x y", "x**2*y**2 + x**2 + y**2 <= 0", "x != 0"),
    "a sphere misses xyz > 1/5": system("x y z", "x**2 + y**2 + z**2 - 1 = 0", "x*y*z - q(1, 5) > 0"),
    "an algebraic identity is denied": system("x y z", "x**2 - 2 = 0", "y**2 - 3 = 0", "z - x*y = 0", "z**2 - 6 != 0"),
    "a division by zero": system("x y z", "z*x - y = 0", "x = 0", "y - 1 = 0"),
    "an even power plus one": system("x", "x**6 + 1 <= 0"),
    "a false constant": system("x", "x*0 + 1 = 0"),
    "a polynomial too large to be projected, between two numbers": system(
        "x y z", f"{LARGE} - 2 > 0", f"6 - 3*({LARGE}) - q(1, 10**30) >= 0", "x + y >= 0"
    ),
    "the same polynomial denied and demanded": system("x y z", f"{LARGE} = 0", f"q(-1, 2)*({LARGE}) != 0"),
    "two values of one polynomial in a case": system(
        "x y z w", f"w*({LARGE} + w) = 0", f"{LARGE} + w - 3 > 0", f"{LARGE} + w**2 <= 0", "w <= 0"
    ),
    "two values of one polynomial": system("x y z", f"{LARGE} = 0", f"{LARGE} - q(1, 10**30) = 0"),
    "close roots": system("x", "x**2 - 2 = 0", "x > 0", "10**40*x - 14142135623730950488016887242096980785697 > 0"),
}


@pytest.mark.parametrize("name", SATISFIABLE)
def test_satisfiable_systems_get_a_point_that_checks(name):
    problem = SATISFIABLE[name]
    answer = decide_system(problem)
    assert answer.decision is Decision.YES
    signs = {"=": (0,), "!=": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}
    for constraint in problem.constraints:
        assert answer.sample.sign(constraint.polynomial) in signs[constraint.relation]
    if answer.sample.is_rational:
        point = dict(zip(problem.variables, answer.sample.rationals(), strict=True))
        assert problem.is_satisfied_by(point)


@pytest.mark.parametrize("name", UNSATISFIABLE)
def test_unsatisfiable_systems_are_refuted_by_complete_searches(name):
    answer = decide_system(UNSATISFIABLE[name])
    assert answer.decision is Decision.NO
    assert answer.sample is None
    assert all(search.witness is None for search in answer.searches)


def test_coordinates_of_the_sample_are_algebraic_numbers_of_their_own():
    problem = SATISFIABLE["a tower of two extensions"]
    point = decide_system(problem).point(problem)
    assert str(point["x"]) == "1.25992104989487316476..."
    assert minimal_polynomial(point["y"]).coeffs() == [-2, 0, 0, 0, 0, 0, 1]
    assert point["y"] < RealAlgebraic.rational(fmpq(0))


def test_a_search_beyond_its_budget_is_unknown_with_the_reason():
    problem = SATISFIABLE["a sphere inside xyz > 1/6"]
    few = decide_system(problem, CellBudget(cells=3))
    assert few.decision is Decision.UNKNOWN
    assert "budget" in few.reason
    small = decide_system(problem, CellBudget(limits=ProjectionLimits(plane_degree=2, line_degree=2)))
    assert small.decision is Decision.UNKNOWN
    assert "limits of degree: 2 in two or more variables, 2 in one" in small.reason
    late = decide_system(problem, CellBudget(seconds=0))
    assert late.decision is Decision.UNKNOWN
    assert "within the time limit" in late.reason


def test_seconds_are_those_of_the_whole_system_and_not_of_each_case(monkeypatch):
    ends = []

    def tired(conditions, variables, is_open, budget):
        ends.append(budget.ends())
        return CellSearch(None, (), False, (), "tired")

    monkeypatch.setattr(systems, "search_cells", tired)
    monkeypatch.setattr(systems, "run_until", lambda deadline, function, *args: function(*args))
    begun = CellBudget(seconds=1000).begun()
    problem = system("x y", "(x**2 + y**3 - 2) * (x**3 + y**2 + 3) * (x*y**2 - x**2 - 5) = 0", "x + y - 9 > 0")
    assert decide_system(problem, begun).reason == "tired"
    short, long = ends[:3], ends[3:]
    assert max(short) < min(long)
    assert len(long) == 3
    assert sorted(long) == long
    assert long[-1] <= begun.ends()


def test_a_single_point_satisfies_what_no_projection_reaches():
    problem = system("x y", "x**1000 + y**1000 - 1 >= 0", "x**200*y**200 - 3 < 0", "y < 0")
    answer = decide_system(problem, CellBudget(seconds=0))
    assert answer.decision is Decision.YES
    assert problem.is_satisfied_by(dict(zip("xy", answer.sample.rationals(), strict=True)))


@st.composite
def planar_systems(draw):
    rng = random.Random(draw(st.integers(0, 10**9)))
    return random_system(rng, ("x", "y"))


def random_system(rng: random.Random, variables: tuple[str, ...]) -> PolynomialSystem:
    ring = make_context(variables)
    constraints = []
    for _ in range(rng.randint(1, 3)):
        p = ring.constant(rng.randint(-4, 4))
        for _ in range(rng.randint(1, 4)):
            term = ring.constant(rng.randint(-3, 3))
            for x in ring.gens():
                term *= x ** rng.choice([0, 0, 1, 1, 2])
            p += term
        constraints.append(Constraint(p, rng.choice(["=", "!=", "<", "<=", ">", ">="])))
    return PolynomialSystem(ring, variables, tuple(constraints))


@settings(max_examples=40, deadline=None)
@given(planar_systems())
def test_no_grid_point_contradicts_a_no(problem):
    answer = decide_system(problem)
    assert answer.decision is not Decision.UNKNOWN
    if answer.decision is Decision.NO:
        grid = [fmpq(p, 2) for p in range(-9, 10)]
        assert not any(problem.is_satisfied_by({"x": x, "y": y}) for x, y in itertools.product(grid, repeat=2))


@settings(max_examples=25, deadline=None)
@given(planar_systems(), st.tuples(*[st.integers(-3, 3)] * 3))
def test_a_change_of_variables_does_not_change_the_answer(problem, shift):
    a, b, c = shift
    ring = problem.context
    x, y = ring.gens()
    moved = [Constraint(p.polynomial.compose(x + a * y + b, y + c), p.relation) for p in problem.constraints]
    other = PolynomialSystem(ring, problem.variables, tuple(moved))
    assert decide_system(other).decision is decide_system(problem).decision


def z3_answer(problem: PolynomialSystem) -> str:
    import z3

    symbols = [z3.Real(name) for name in problem.variables]
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    for constraint in problem.constraints:
        total = z3.RealVal(0)
        for exponents, c in constraint.polynomial.to_dict().items():
            term = z3.RealVal(str(c))
            for s, e in zip(symbols, exponents, strict=True):
                for _ in range(int(e)):
                    term = term * s
            total = total + term
        relation = {"=": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
        solver.add(getattr(total, relation[constraint.relation])(0))
    return str(solver.check())


@pytest.mark.slow
@pytest.mark.parametrize("variables", [("x", "y"), ("x", "y", "z")])
def test_random_systems_agree_with_z3(variables):
    rng = random.Random(len(variables))
    for _ in range(300):
        problem = random_system(rng, variables)
        answer = decide_system(problem, CellBudget(seconds=20))
        theirs = z3_answer(problem)
        if answer.decision is not Decision.UNKNOWN and theirs != "unknown":
            assert theirs == {Decision.YES: "sat", Decision.NO: "unsat"}[answer.decision], str(problem.constraints)


def cvc5_answer(problem: PolynomialSystem) -> str:
    cvc5 = pytest.importorskip("cvc5")
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", "2000")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, export(problem, "smt2"), "system")
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        answer += command.invoke(solver, parser.getSymbolManager())
    return answer.strip()


@pytest.mark.slow
@pytest.mark.parametrize("variables", [("x", "y"), ("x", "y", "z")])
def test_random_systems_agree_with_cvc5(variables):
    rng = random.Random(7 + len(variables))
    compared = 0
    for _ in range(60):
        problem = random_system(rng, variables)
        if not problem.constraints:
            continue
        answer = decide_system(problem, CellBudget(seconds=5))
        theirs = cvc5_answer(problem)
        if answer.decision is not Decision.UNKNOWN and theirs in ("sat", "unsat"):
            compared += 1
            assert theirs == {Decision.YES: "sat", Decision.NO: "unsat"}[answer.decision], str(problem.constraints)
    assert compared >= 20
