"""The critical values of F on the projective plane as algebraic numbers: a polynomial C with C(F(point)) = 0.

The points are (x, Y(x) / S'(x)) over the roots x of S: a parametrisation with small coefficients, found modulo primes
and proved by the exact identity S1 Y + S0 S' = 0 modulo S. Modulo a prime, the characteristic polynomial of
multiplication by F in F_p[x]/(S) is prod_i (t - F(point_i)); C is the squarefree part of its lift from a few primes.

The proof. Let f/g be the sum of the ratios b_g/q_g at z = (S', x S', Y), homogeneous of degree 0, D the larger degree
of f and g, e = deg C, h = g^e C(f/g). Let R be an irreducible factor of S, of degree n. If h = 0 modulo (S, p) then
p^n divides the integer Res(R, h) (as a polynomial of formal degree e D), whose absolute value is at most

    ||R||^(e D) ||h||_1^n,   ||h||_1 <= (e + 1) max |c_i| max(||f||_1, ||g||_1)^e   (Landau).

When the product of the p^n exceeds this, the resultant is 0, so h vanishes at a root of R, hence at all of them.

Guarantee: exact. Where the bound asks for more primes than the budget, the answer is None, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, ctx, fmpq_poly, fmpz, fmpz_mat, fmpz_poly, nmod_mat, nmod_poly

from wlra_exact.algebra.algebraic import RealAlgebraic, enclose, refine
from wlra_exact.algebra.modular import Residues, coefficients, image_modulo, inverse_modulo, primes
from wlra_exact.algebra.realroots import squarefree_part
from wlra_exact.systems.critical_plane import PlaneElimination
from wlra_exact.systems.critical_report import check_time

__all__ = ["Parametrisation", "hessian_index", "parametrise", "plane_point", "plane_value", "value_polynomial"]

#: Primes tried before a parametrisation or a value polynomial is given up.
MAX_PRIMES = 20_000


@dataclass(frozen=True, eq=False)
class Parametrisation:
    """The points z = (1, x, Y(x)/S'(x)) over the roots x of S.

    Attributes:
        source: the elimination that this parametrises.
        Y: a polynomial over Q of degree below that of S.
    """

    source: PlaneElimination
    Y: fmpq_poly


def parametrise(source: PlaneElimination, deadline: int | None = None) -> Parametrisation | None:
    """The parametrisation with denominator S'; None when ``MAX_PRIMES`` primes do not suffice."""
    S, slope, constant = source.S, source.elimination.slope, source.elimination.constant
    residues = Residues(1, (0,) * S.degree())
    target = 4
    for count, p in enumerate(primes()):
        check_time(deadline)
        if count > MAX_PRIMES:
            return None
        image = _parametrise_modulo(S, slope, constant, p)
        if image is None:
            continue
        residues = residues.extended(p, image)
        if count >= target:
            target += target // 2
            fractions = residues.fractions()
            if fractions is not None:
                Y = fmpq_poly(fractions)
                if ((slope * Y + constant * fmpq_poly(S.derivative())) % fmpq_poly(S)).is_zero():
                    return Parametrisation(source, Y)
    return None


def _parametrise_modulo(S: fmpz_poly, slope: fmpq_poly, constant: fmpq_poly, p: int) -> list[int] | None:
    S_p, slope_p, constant_p = (image_modulo(f, p) for f in (S, slope, constant))
    if S_p is None or slope_p is None or constant_p is None or S_p.degree() < S.degree():
        return None
    inverse = inverse_modulo(slope_p, S_p)
    if inverse is None:
        return None
    return coefficients(-(constant_p % S_p) * inverse * S_p.derivative() % S_p, S.degree())


def value_polynomial(points: Parametrisation, deadline: int | None = None) -> fmpz_poly | None:
    """A squarefree polynomial C with C(F - offset) = 0 at every critical point.

    Returns:
        The primitive integer polynomial; None when the proof needs more than ``MAX_PRIMES`` primes.
    """
    n = points.source.S.degree()
    residues = Residues(1, (0,) * n)
    target = 8
    for count, p in enumerate(primes()):
        check_time(deadline)
        if count > MAX_PRIMES:
            return None
        value = _value_modulo(points, p)
        if value is None:
            continue
        residues = residues.extended(p, _characteristic(value, p))
        if count >= target:
            target = count + 8 + count // 4
            fractions = residues.fractions()
            if fractions is not None:
                candidate = squarefree_part(fmpq_poly([*fractions, 1]).numer())
                proved = _vanishes_at_values(candidate, points, deadline)
                if proved is None:
                    return None
                if proved:
                    return candidate
    return None


@dataclass(frozen=True, eq=False)
class _ValueModulo:
    """F as an element of F_p[x]/(S)."""

    value: nmod_poly
    modulus: nmod_poly


def _vanishes_at_values(candidate: fmpz_poly, points: Parametrisation, deadline: int | None) -> bool | None:
    """Whether C(F) = 0 at every critical point, proved; None when that would take too many primes."""
    needed = _primes_needed(candidate, points)
    if needed > MAX_PRIMES:
        return None
    for p in primes():
        check_time(deadline)
        value = _value_modulo(points, p)
        image = image_modulo(candidate, p)
        if value is None or image is None:
            continue
        if not image.compose_mod(value.value, value.modulus).is_zero():
            return False
        needed -= 1
        if needed <= 0:
            return True
    return None


def _characteristic(element: _ValueModulo, p: int) -> list[int]:
    """The characteristic polynomial of multiplication by F, constant first, without its leading 1."""
    n = element.modulus.degree()
    x = nmod_poly([0, 1], p)
    rows = []
    row = element.value
    for _ in range(n):
        rows += coefficients(row, n)
        row = row * x % element.modulus
    return [int(c) for c in nmod_mat(n, n, rows, p).charpoly().coeffs()[:n]]


def _value_modulo(points: Parametrisation, p: int) -> _ValueModulo | None:
    """F modulo p; None for a prime that must be skipped."""
    S, Y = image_modulo(points.source.S, p), image_modulo(points.Y, p)
    if S is None or Y is None or S.degree() < points.source.S.degree():
        return None
    inverse = inverse_modulo(S.derivative(), S)
    if inverse is None:
        return None
    x, y = nmod_poly([0, 1], p) % S, Y * inverse % S
    monomials = (nmod_poly([1], p), x, y, x * x % S, x * y % S, y * y % S)
    value = nmod_poly([0], p)
    for b_form, q_form in points.source.forms:
        b, q = (
            sum((int(c % p) * m for c, m in zip(_coefficients(M), monomials, strict=True)), nmod_poly([0], p))
            for M in (b_form, q_form)
        )
        q_inverse = inverse_modulo(q, S)
        if q_inverse is None:
            return None
        value += b * q_inverse
    return _ValueModulo(value % S, S)


def _coefficients(M: fmpz_mat) -> tuple[fmpz, ...]:
    """Coefficients of (1, x, y) M (1, x, y)^T at 1, x, y, x^2, x y, y^2."""
    return M[0, 0], 2 * M[0, 1], 2 * M[0, 2], M[1, 1], 2 * M[1, 2], M[2, 2]


def _primes_needed(candidate: fmpz_poly, points: Parametrisation) -> int:
    """How many primes of 62 bits the proof of C(F) = 0 takes."""
    S = points.source.S
    slope = S.derivative() * points.Y.denom()
    z = slope, slope * fmpz_poly([0, 1]), points.Y.numer()
    f, g = fmpz_poly([0]), fmpz_poly([1])
    for b_form, q_form in points.source.forms:
        b, q = (
            sum((M[i, j] * z[i] * z[j] for i in range(3) for j in range(3)), fmpz_poly([0])) for M in (b_form, q_form)
        )
        f, g = f * q + b * g, g * q
    degree, e = max(f.degree(), g.degree()), candidate.degree()
    h_bits = int(candidate.height_bits()) + e * max(_norm_bits(f), _norm_bits(g)) + e.bit_length()
    factors = [factor for factor, _ in S.factor()[1]]
    return max((e * degree * _norm_bits(R) // R.degree() + h_bits) // 62 + 1 for R in factors)


def _norm_bits(p: fmpz_poly) -> int:
    """Bits of a bound on the sum of the absolute values of the coefficients."""
    return int(sum((abs(c) for c in p.coeffs()), fmpz(0))).bit_length()


def plane_point(points: Parametrisation, x: RealAlgebraic, bits: int) -> tuple[RealAlgebraic, list[arb]]:
    """The refined root x of S and balls for z = (1, x, y), from at least ``bits`` bits of x."""
    while True:
        x = refine(x, bits)
        ball = enclose(x, bits)
        with ctx.workprec(bits + points.source.S.height_bits() + 64):
            y = points.Y.numer()(ball) / points.Y.denom() / points.source.S.derivative()(ball)
        if y.is_finite():
            return x, [arb(1), ball, y]
        bits *= 2


def plane_value(points: Parametrisation, z: list[arb], bits: int) -> arb:
    """A ball for F - offset at z; not finite when the balls of z are too wide."""
    with ctx.workprec(bits + 64):
        return sum((_quadratic(b, z) / _quadratic(q, z) for b, q in points.source.forms), arb(0))


def _quadratic(M: fmpz_mat, z: list[arb]) -> arb:
    return sum((arb(M[i, j]) * z[i] * z[j] for i in range(3) for j in range(3)), arb(0))


def hessian_index(points: Parametrisation, z: list[arb], bits: int) -> int | None:
    """The number of negative eigenvalues of the Hessian of F in (x, y); None when the balls do not tell.

    A determinant away from 0 settles it: negative means 1, positive means 0 or 2 by the sign of the trace.
    """
    with ctx.workprec(bits + 64):
        H = {(i, j): arb(0) for i, j in ((1, 1), (1, 2), (2, 2))}
        for b_form, q_form in points.source.forms:
            b, q = _quadratic(b_form, z), _quadratic(q_form, z)
            bs = [2 * sum((arb(b_form[i, j]) * z[j] for j in range(3)), arb(0)) for i in range(3)]
            qs = [2 * sum((arb(q_form[i, j]) * z[j] for j in range(3)), arb(0)) for i in range(3)]
            for i, j in H:
                first = 2 * arb(b_form[i, j]) / q
                second = (bs[i] * qs[j] + bs[j] * qs[i] + 2 * b * arb(q_form[i, j])) / (q * q)
                H[i, j] += first - second + 2 * b * qs[i] * qs[j] / (q * q * q)
        determinant = H[1, 1] * H[2, 2] - H[1, 2] * H[1, 2]
        trace = H[1, 1] + H[2, 2]
    if determinant < 0:
        return 1
    if determinant > 0 and not trace.contains(0):
        return 0 if trace > 0 else 2
    return None
