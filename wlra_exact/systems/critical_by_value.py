"""Critical points of three rows, parametrised by their values.

An elimination (``systems.critical_plane``) gives the points over the roots of S(x). Where their values t are different,
the coordinates are also rational functions of t: with C the polynomial of the values,

    C(t) = prod_i (t - t_i),   a = G_a(t) / C'(t)   for every coordinate a.

Modulo a prime, F_p[x]/(S) has the basis 1, t, t^2, ... of powers of the value, and linear algebra expresses t^n and the
products a C'(t) in it. A few primes and rational reconstruction give C and the G_a; whether they are right is decided
by the critical equations themselves, by exact division (``algebra.parametrised``).

Guarantee: a representation that is returned was checked exactly, and has as many points as S has roots.

Source: Rouillier, AAECC 1999; Alonso, Becker, Roy, Woermann, Zeroes, multiplicities and idempotents, 1996.
"""

from __future__ import annotations

from flint import fmpq, fmpq_mat, fmpq_poly, fmpz, fmpz_poly, nmod_mat, nmod_poly

from wlra_exact.algebra.modular import Residues, coefficients, image_modulo, inverse_modulo, primes
from wlra_exact.algebra.parametrised import Parametrised, is_proper, vanishes
from wlra_exact.systems.critical_plane import PlaneElimination
from wlra_exact.systems.critical_report import check_time
from wlra_exact.systems.critical_system import CriticalSystem

__all__ = ["represent_by_value"]

#: Primes tried before a representation is given up.
_MAX_PRIMES = 2_000

#: Primes without an image after which the values are taken to be equal somewhere.
_MAX_FAILURES = 3


def represent_by_value(
    system: CriticalSystem, found: PlaneElimination, deadline: int | None = None
) -> Parametrised | None:
    """The points of an elimination as rational functions of their values; None where the values are not different.

    Args:
        system: the critical equations, no column with a missing entry.
        found: the elimination of the same instance.
        deadline: of the work, see ``check_time``.
    """
    n = found.S.degree()
    if n <= 0:
        return None
    length = n * (1 + len(system.system.variables) - 1)
    residues, failures, target = Residues(1, (0,) * length), 0, 4
    for count, p in enumerate(primes()):
        check_time(deadline)
        if failures >= _MAX_FAILURES or count > _MAX_PRIMES:
            return None
        image = _image(system, found, p)
        if image is None:
            failures += 1
            continue
        residues = residues.extended(p, image)
        if count < target:
            continue
        target += 2 + target // 3
        fractions = residues.fractions()
        if fractions is None:
            continue
        points = _assembled(fractions, n)
        if is_proper(points) and all(vanishes(c.polynomial, points) for c in system.system.constraints):
            return points
    return None


def _assembled(fractions: list[fmpq], n: int) -> Parametrised:
    C = fmpq_poly([*fractions[:n], 1])
    slope = C.derivative()
    parts = [fmpq_poly(fractions[i : i + n]) for i in range(n, len(fractions), n)]
    scale = fmpz(1)
    for polynomial in (slope, *parts):
        scale = scale.lcm(polynomial.denom())
    denominator = (slope * scale).numer()
    numerators = [(part * scale).numer() for part in parts]
    return Parametrised(C.numer(), denominator, (*numerators, denominator * fmpz_poly([0, 1])))


def _image(system: CriticalSystem, found: PlaneElimination, p: int) -> list[int] | None:
    """The coefficients of C (without its leading 1) and of every G_a modulo p; None for a prime to be skipped."""
    coordinates = _coordinates(system, found, p)
    if coordinates is None:
        return None
    S, a = coordinates
    n = S.degree()
    *others, t = a
    powers = [nmod_poly([1], p)]
    for _ in range(n):
        powers.append(powers[-1] * t % S)
    M = nmod_mat(n, n, [c for power in powers[:n] for c in coefficients(power, n)], p)
    try:
        inverse = M.inv()
    except ZeroDivisionError:
        return None
    top = nmod_mat(1, n, coefficients(powers[n], n), p) * inverse
    C = [-int(c) % p for c in top.entries()]
    slope = sum((powers[i - 1] * (i * c) for i, c in enumerate([*C, 1]) if i), nmod_poly([0], p))
    rows = [c for element in others for c in coefficients(element * slope % S, n)]
    return C + [int(c) for c in (nmod_mat(len(others), n, rows, p) * inverse).entries()]


def _coordinates(system: CriticalSystem, found: PlaneElimination, p: int) -> tuple[nmod_poly, list[nmod_poly]] | None:
    """S modulo p, and u_2, u_3, v_1, ..., v_n, t as its residues."""
    S, slope, constant = (image_modulo(f, p) for f in (found.S, found.elimination.slope, found.elimination.constant))
    L, Q = (_scalars(M, p) for M in (system.L, system.Q))
    offset = _scalar(system.offset, p)
    if S is None or slope is None or constant is None or L is None or Q is None or offset is None:
        return None
    inverse = inverse_modulo(slope, S) if S.degree() == found.S.degree() else None
    if inverse is None:
        return None
    z = (nmod_poly([1], p), nmod_poly([0, 1], p) % S, -constant * inverse % S)
    zero = nmod_poly([0], p)
    u = [sum((z[j] * int(found.T[i, j] % p) for j in range(3)), zero) for i in range(3)]
    scale = inverse_modulo(sum((x * (c % p) for c, x in zip(system.chart, u, strict=True)), zero), S)
    if scale is None:
        return None
    u = [x * scale % S for x in u]
    squares = [x * x % S for x in u]
    v, inner = [], zero
    for j in range(system.L.ncols()):
        l = sum((u[i] * L[i][j] for i in range(3)), zero)
        below = inverse_modulo(sum((squares[i] * Q[i][j] for i in range(3)), zero), S)
        if below is None:
            return None
        v.append(l * below % S)
        inner += l * v[-1] % S
    return S, [*u[1:], *v, inner if system.corank else offset - inner]


def _scalar(x: fmpq, p: int) -> int | None:
    denominator = int(x.q % p)
    return None if denominator == 0 else int(x.p % p) * pow(denominator, -1, p) % p


def _scalars(M: fmpq_mat, p: int) -> list[list[int]] | None:
    rows = [[_scalar(M[i, j], p) for j in range(M.ncols())] for i in range(M.nrows())]
    return None if any(x is None for row in rows for x in row) else [[x or 0 for x in row] for row in rows]
