"""Lower bounds on a non-zero optimum, as exact powers of two.

Two theorems give a gap above zero.

*[JPT2013], the paper's Thm 3.5.* Over a compact connected component of {f_i >= 0, f_j = 0} in R^v (m integer
polynomials, degree at most the even number d, coefficients at most H in absolute value), an integer polynomial of the
same size has minimum 0 or of absolute value at least (2^{4 - v/2} H~ d^v)^{-v 2^v d^v}, H~ = max(H, 2v + 2m), v >= 2.

*The gap theorem, which needs no compactness and no minimiser.* Let f in Z[x_1..x_N] have degree <= d and be bounded
below, mu = inf f, e the least even integer above d, G = max_i |d_i f|_1 (sum of absolute coefficients) and
B = |f|_1 max(1, G)^s with s = floor((d + N (e - 2)) / (e - d)). Then mu = 0 or |mu| >= (2 + B)^{-(e - 1)^N}.
Proof. For R > 0 let x(R) minimise f + (1/(e R)) sum x_i^e, which is coercive; then f(x(R)) -> mu as R -> oo, and
x_i^{e-1} = -R d_i f at x(R). The polynomials x_i^{e-1} + R d_i f form a Groebner basis over Z[R] (degree order, coprime
monic leading terms, since deg d_i f <= d - 1 < e - 1), so multiplication by f on the quotient has a matrix over Z[R],
of size (e - 1)^N, on the monomials with exponents <= e - 2. Reducing f x^a takes at most s nested steps, each lowers
the degree by at least e - d and multiplies the sum of absolute coefficients by at most G: every column has norm <= B.
Its characteristic polynomial chi(t; R) vanishes at t = f(x(R)), and its absolute coefficients add up to at most
(1 + B)^{(e-1)^N}. Let c(t) be the coefficient of the highest power of R in chi. Dividing by that power and letting
R -> oo gives c(mu) = 0, where c is a non-zero integer polynomial; Cauchy's bound for non-zero roots finishes the proof.

Guarantee: exponents are exact integers rounded towards the sound side (a lower bound is never rounded up), of any size;
nothing here is a float. Each bound lists the hypotheses it needs and says which were checked.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq, fmpq_mpoly, fmpz

from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.full import bounded_full_system
from wlra_exact.systems.patterns import Patterns, find_patterns
from wlra_exact.systems.system import clear_denominators

__all__ = [
    "Hypothesis",
    "LowerBound",
    "ceil_log2",
    "compact_bound",
    "floor_log2",
    "gap_bound",
    "gap_exponent",
    "jpt_exponent",
    "polynomial_gap",
]


#: No exponent with more binary digits is written out: at this size it takes seconds, and its time grows with it.
MAX_EXPONENT_BITS = 1 << 28


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis of a theorem and whether it was checked for the case at hand."""

    statement: str
    holds: bool


@dataclass(frozen=True)
class LowerBound:
    """The statement "opt = 0 or opt >= 2^log2".

    Attributes:
        theorem: where it comes from.
        log2: an exact integer, usually huge and negative.
        hypotheses: what the theorem needs, each with its check.
    """

    theorem: str
    log2: int
    hypotheses: tuple[Hypothesis, ...]

    @property
    def is_proved(self) -> bool:
        """Whether every hypothesis was checked."""
        return all(h.holds for h in self.hypotheses)

    def admits(self, value: object) -> bool:
        """Whether an optimum of this value is consistent with the statement: value = 0 or value >= 2^log2.

        >>> bound = LowerBound("example", -10**100, ())
        >>> bound.admits(0), bound.admits("1/1000000"), LowerBound("example", -3, ()).admits("1/9")
        (True, True, False)
        """
        q = exact(value)
        return bool(q == 0) or (bool(q > 0) and floor_log2(q) >= self.log2)


def ceil_log2(x: object) -> int:
    """The least integer e with x <= 2^e, for a positive rational.

    >>> ceil_log2(8), ceil_log2(9), ceil_log2("1/3")
    (3, 4, -1)
    """
    return -floor_log2(1 / _positive(x))


def floor_log2(x: object) -> int:
    """The largest integer e with 2^e <= x, for a positive rational.

    >>> floor_log2(8), floor_log2(9), floor_log2("1/3")
    (3, 3, -2)
    """
    q = _positive(x)
    p, below = int(q.p), int(q.q)
    e = p.bit_length() - below.bit_length()
    fits = p >= below << e if e >= 0 else p << -e >= below
    return e if fits else e - 1


def jpt_exponent(variables: int, constraints: int, degree: int, bits: int) -> int:
    """An integer e such that the bound of [JPT2013] is at least 2^e.

    Args:
        variables: v >= 2.
        constraints: m >= 1, with the ones that make the set compact counted.
        degree: d, even, at least the degree of every polynomial.
        bits: coefficients, cleared of denominators, are below 2^bits in absolute value.

    Returns:
        -(v 2^v d^v) (4 - v/2 + ceil log2 H~ + ceil(v log2 d)), which is an integer because v 2^v is even.

    Raises:
        InputError: when a hypothesis on the parameters fails.
        UnsupportedError: when the exponent has more than about MAX_EXPONENT_BITS binary digits.

    Source: Thm 3.5 of the paper; [JPT2013], Thm 1.

    >>> jpt_exponent(variables=2, constraints=1, degree=4, bits=3)
    -1280
    """
    v, m, d = variables, constraints, degree
    if v < 2 or m < 1 or d < 2 or d % 2 or bits < 0:
        raise InputError("Thm 3.5", "v >= 2, m >= 1, an even degree d >= 2, bits >= 0", f"{v}, {m}, {d}, {bits}")
    if v * (1 + d.bit_length()) > MAX_EXPONENT_BITS:
        raise UnsupportedError(
            f"Thm 3.5 with {v} variables of degree {d}: the exponent itself has more than 2^28 bits; "
            "with a larger eps there are fewer variables"
        )
    log2_height = max(bits, ceil_log2(2 * v + 2 * m))
    power = int(fmpz(d) ** v)
    # d^v = 2^(v log2 d): exact for powers of two, rounded up once otherwise.
    log2_power = v * (d.bit_length() - 1) if d & (d - 1) == 0 else power.bit_length()
    twice_log2_base = 8 - v + 2 * log2_height + 2 * log2_power
    # Small factors and the shift are linear in the digits; a product with v 2^(v - 1) written out is not.
    exponent: int = (power * v * twice_log2_base) << (v - 1)
    return -exponent


def compact_bound(problem: Instance | Patterns) -> LowerBound:
    """Thm 3.5 for the full system of Lemma 4.1, hypotheses checked.

    Args:
        problem: an instance or patterns; all weights positive.

    Raises:
        UnsupportedError: with a zero weight, where the set cannot be made compact (use ``gap_bound``).

    Source: Lemma 4.1, Part 1, and Thm 3.5 of the paper.

    >>> from wlra_exact.algebra.exact import matrix
    >>> bound = compact_bound(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1))
    >>> bound.log2, bound.is_proved, bound.admits(1)
    (-245760, True, True)
    """
    compact = bounded_full_system(problem)
    system = compact.system
    v, m, d, bits = len(system.variables), len(system.constraints), system.degree(), system.bitsize()
    even = max(2, d + d % 2)
    hypotheses = (
        Hypothesis(f"integer coefficients: the cost times {_short(compact.scale)}", holds=True),
        Hypothesis(f"even degree bound d = {even}", holds=True),
        Hypothesis(
            f"compact and connected: the ball |x|^2 <= {_short(compact.radius_squared)}, counted in m = {m}", True
        ),
        Hypothesis("opt is attained in that ball: every weight is positive", holds=True),
        Hypothesis(f"v = {v} >= 2", holds=v >= 2),
    )
    log2 = jpt_exponent(v, m, even, bits) - ceil_log2(compact.scale)
    return LowerBound("Thm 3.5 for Lemma 4.1", log2, hypotheses)


def gap_exponent(variables: int, degree: int, log2_norm: int, log2_gradient: int) -> int:
    """An integer e such that the gap theorem's bound is at least 2^e.

    Args:
        variables: N >= 1.
        degree: d >= 1, at least the degree of f.
        log2_norm: the sum of |coefficients| of f is at most 2^log2_norm.
        log2_gradient: so is that of each partial derivative, with 2^log2_gradient.

    Returns:
        -(e - 1)^N (1 + max(1, log2 B)) with B as in the module's text: 2 + B <= 2^{1 + max(1, log2 B)}.

    >>> gap_exponent(variables=2, degree=4, log2_norm=3, log2_gradient=2)
    -400
    """
    if variables < 1 or degree < 1:
        raise InputError("gap theorem", "at least one variable and degree at least 1", f"{variables}, {degree}")
    e = degree + 2 if degree % 2 == 0 else degree + 1
    steps = (degree + variables * (e - 2)) // (e - degree)
    log2_column = log2_norm + max(0, log2_gradient) * steps
    size: int = (e - 1) ** variables
    return -size * (1 + max(1, log2_column))


def polynomial_gap(f: fmpq_mpoly) -> int:
    """An integer e such that inf f is 0, -oo, or of absolute value at least 2^e, for a rational polynomial f.

    >>> from wlra_exact.systems.system import make_context
    >>> x, y = make_context(["x", "y"]).gens()
    >>> polynomial_gap((x * y - 1) ** 2 + x**2 + 3)
    -550
    """
    cleared, scale = clear_denominators(f)
    if cleared.is_constant():
        return -ceil_log2(scale)
    context = f.context()
    norms = [_norm(cleared.derivative(i)) for i in range(context.nvars())]
    log2_norm, log2_gradient = ceil_log2(_norm(cleared)), ceil_log2(max(*norms, fmpz(1)))
    exponent = gap_exponent(context.nvars(), int(cleared.total_degree()), log2_norm, log2_gradient)
    return exponent - ceil_log2(scale)


def gap_bound(problem: Instance | Patterns) -> LowerBound:
    """The gap theorem for the collapsed full system on one chart: k (p_rows + p_columns - k) variables, no hypotheses.

    Args:
        problem: an instance (its patterns are found first) or patterns; zero weights allowed.

    >>> from wlra_exact.algebra.exact import matrix
    >>> hole = Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1)
    >>> bound = gap_bound(hole)
    >>> bound.log2, bound.is_proved
    (-3625, True)
    """
    patterns = problem if isinstance(problem, Patterns) else find_patterns(problem)
    collapsed = patterns.collapsed()
    if collapsed.k >= min(collapsed.shape):
        return LowerBound(
            "gap theorem", 0, (Hypothesis("rank k of the collapsed matrix is no restriction: opt = 0", True),)
        )
    (m, n), k = collapsed.shape, collapsed.k
    scale, norm, gradient = _chart_norms(collapsed)
    exponent = gap_exponent(k * (m + n - k), 4, ceil_log2(max(norm, fmpq(1))), ceil_log2(max(gradient, fmpq(1))))
    hypotheses = (
        Hypothesis("the cost is bounded below (it is a sum of squares)", holds=True),
        Hypothesis("one chart has the same infimum (it is dense)", holds=True),
    )
    return LowerBound("gap theorem on the exact compression", exponent - ceil_log2(scale), hypotheses)


def _chart_norms(instance: Instance) -> tuple[fmpz, fmpq, fmpq]:
    """(s, |s f|_1, max_i |d_i s f|_1) for f the full system with the first k rows as pivots; s makes s f integral.

    No two monomials of different residuals merge, the constant aside, and a residual A - sum_l u_l v_l has the norm
    |A| + k (|A| + 1 in a pivot row, where it is A - v): so the norms are sums over the entries, without expanding f.
    """
    (m, n), k = instance.shape, instance.k
    scale = fmpz(1)
    for w, a in zip(instance.omega.entries(), instance.A.entries(), strict=True):
        for coefficient in (w, w * a, w * a * a):
            scale = scale.lcm(coefficient.q)
    omega = instance.omega * scale
    size = [[abs(instance.A[i, j]) + (1 if i < k else k) for j in range(n)] for i in range(m)]
    norm = sum((omega[i, j] * size[i][j] ** 2 for i in range(m) for j in range(n)), fmpq(0))
    slope = [[2 * omega[i, j] * size[i][j] for j in range(n)] for i in range(m)]
    by_u = [sum(slope[i], fmpq(0)) for i in range(k, m)]
    by_v = [slope[l][j] + sum((slope[i][j] for i in range(k, m)), fmpq(0)) for l in range(k) for j in range(n)]
    return scale, norm, max(by_u + by_v)


def _norm(p: fmpq_mpoly) -> fmpz:
    """The sum of the absolute values of integer coefficients."""
    return sum((abs(c.p) for c in p.coeffs()), fmpz(0))


def _positive(x: object) -> fmpq:
    q = exact(x)
    if q <= 0:
        raise InputError("logarithm", "a positive number", str(q))
    return q


def _short(x: fmpz) -> str:
    text = str(x)
    return text if len(text) <= 20 else f"an integer of {len(text)} digits"
