"""The critical points of a sum of ratios F = sum_g b_g / q_g on the projective plane, by elimination.

In random coordinates u = T z, z = (1, x, y), the critical equations are N_x = N_y = 0 with

    N_x = sum_g (d_x b_g q_g - b_g d_x q_g) prod_{h != g} q_h^2,   total degree 4G - 1.

They also hold at spurious points where some q_g = 0. There b_g d_x q_g prod_h q_h^2 = b_g d_y q_g prod_h q_h^2 = 0, so
q_g = b_g = 0, or q_g = q_h = 0, or q_g is singular, which happens only for missing entries and at a coordinate point
where b_g = 0 too. So the x-coordinate of a spurious point is a root of

    E = prod_{g < h} Res_y(q_g, q_h) prod_g Res_y(q_g, b_g),

and S, the squarefree part of Res_y(N_x, N_y) without the roots of E, has critical points over all its roots, exactly
one over each when the first subresultant S1 y + S0 has S1 invertible modulo S (leading coefficient of N_x constant).
This saturates the denominators without an auxiliary variable.

Guarantee. Every point returned is a critical point with all q_g != 0, and different roots are different points: the
count is never too high. Every *real* critical point is returned: this is checked exactly (E has no real roots but those
of coordinate points, over which a gcd shows no further point, and the line at infinity carries no critical point). That
no *complex* point was lost over a root of E holds for all T outside a proper algebraic subset; the caller confirms the
count with a second T.

Source: Draisma, Horobet, Ottaviani, Sturmfels, Thomas, FoCM 2016 (critical points and their number).
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

from flint import fmpq, fmpq_mat, fmpz, fmpz_mat, fmpz_poly

from wlra_exact.algebra.algebraic import real_roots
from wlra_exact.algebra.elimination import Elimination, eliminate, remove_common_factors
from wlra_exact.algebra.realroots import squarefree_part
from wlra_exact.systems.critical_report import check_time
from wlra_exact.systems.ratio_forms import RatioSum

__all__ = ["Form", "PlaneElimination", "eliminate_plane", "random_coordinates"]

#: (b_g, q_g) as integer symmetric matrices in the coordinates z.
Form = tuple[fmpz_mat, fmpz_mat]

#: Homogeneous coordinates z as polynomials in one variable.
Point = tuple[fmpz_poly, fmpz_poly, fmpz_poly]


@dataclass(frozen=True, eq=False)
class PlaneElimination:
    """The critical points of F in coordinates u = T z, z = (1, x, y).

    Attributes:
        T: (3, 3) integer matrix, invertible.
        forms: the (b_g, q_g) in the coordinates z, constant terms left out.
        offset: the sum of the constant terms, F = offset + sum_g b_g / q_g.
        S: squarefree; its roots are the x-coordinates, one point each.
        elimination: with y = -constant/slope at each root of S.
    """

    T: fmpz_mat
    forms: tuple[Form, ...]
    offset: fmpq
    S: fmpz_poly
    elimination: Elimination


def random_coordinates(seed: int) -> fmpz_mat:
    """An invertible (3, 3) matrix of small integers, a function of the seed."""
    generator = random.Random(seed)
    while True:
        T = fmpz_mat(3, 3, [generator.randint(-6, 6) for _ in range(9)])
        if T.det() != 0 and all(T[i, 2] != 0 for i in range(3)):
            return T


def eliminate_plane(F: RatioSum, T: fmpz_mat, deadline: int | None = None) -> PlaneElimination | None:
    """Eliminate y from the critical equations of F in the coordinates T.

    Args:
        F: of size 3.
        T: (3, 3), invertible.
        deadline: of the work, see ``check_time``.

    Returns:
        The elimination; None when these coordinates are not generic for F, or the critical points are not isolated.
    """
    forms, offset = _forms_in(F, T)
    if not forms:
        return None
    degree = 4 * len(forms) - 1
    if _gradient_at(forms, fmpz(0))[0].degree() != degree:
        return None

    def gradient(a: int) -> tuple[fmpz_poly, fmpz_poly]:
        check_time(deadline)
        return _gradient_at(forms, fmpz(a))

    found = eliminate(gradient, (degree, degree - 1), degree * degree)
    check_time(deadline)
    if found.resultant.is_zero() or found.slope.is_zero():
        return None
    spurious = _spurious(forms)
    if spurious.is_zero():
        return None
    S = squarefree_part(remove_common_factors(found.resultant.numer(), spurious))
    if S.gcd(found.slope.numer()).degree() > 0:
        return None
    if not _sees_every_real_point(F, T, forms, spurious):
        return None
    return PlaneElimination(T, tuple(forms), offset, S, found)


def _forms_in(F: RatioSum, T: fmpz_mat) -> tuple[list[Form], fmpq]:
    rational_T = fmpq_mat(T)
    forms = []
    offset = fmpq(0)
    for term in F.terms:
        diagonal = fmpq_mat(3, 3, [term.weights[i] if i == j else fmpq(0) for i in range(3) for j in range(3)])
        ratio = next(term.form[i, i] / term.weights[i] for i in range(3) if term.weights[i] > 0)
        if term.form == diagonal * ratio:
            offset += ratio
            continue
        pair = [rational_T.transpose() * M * rational_T for M in (term.form, diagonal)]
        scale = fmpz(1)
        for x in (*pair[0].entries(), *pair[1].entries()):
            scale = scale.lcm(x.q)
        b, q = ((M * scale).numer_denom()[0] for M in pair)
        forms.append((b, q))
    return forms, offset


def _linear(M: fmpz_mat, z: Point) -> list[fmpz_poly]:
    """M z for polynomials z."""
    return [M[i, 0] * z[0] + M[i, 1] * z[1] + M[i, 2] * z[2] for i in range(3)]


def _dot(z: Point, w: list[fmpz_poly]) -> fmpz_poly:
    return z[0] * w[0] + z[1] * w[1] + z[2] * w[2]


def _gradient(forms: list[Form], z: Point, axes: tuple[int, ...]) -> list[fmpz_poly]:
    """Half the numerators sum_g (d_i b_g q_g - b_g d_i q_g) prod_{h != g} q_h^2 along the given axes."""
    tops, bottom = [fmpz_poly([0]) for _ in axes], fmpz_poly([1])
    for b_form, q_form in forms:
        b_slopes, q_slopes = _linear(b_form, z), _linear(q_form, z)
        b, q = _dot(z, b_slopes), _dot(z, q_slopes)
        square = q * q
        tops = [top * square + (b_slopes[i] * q - b * q_slopes[i]) * bottom for top, i in zip(tops, axes, strict=True)]
        bottom = bottom * square
    return tops


def _gradient_at(forms: list[Form], a: fmpz) -> tuple[fmpz_poly, fmpz_poly]:
    """(N_x, N_y) at x = a, as polynomials in y."""
    n_x, n_y = _gradient(forms, (fmpz_poly([1]), fmpz_poly([a]), fmpz_poly([0, 1])), (1, 2))
    return n_x, n_y


def _spurious(forms: list[Form]) -> fmpz_poly:
    """E: its roots are the x-coordinates of the points with q_g = q_h = 0 or q_g = b_g = 0; zero if x cannot tell."""
    product = fmpz_poly([1])
    pairs = [(g[1], h[1]) for g, h in itertools.combinations(forms, 2)] + list(forms)
    for one, other in pairs:

        def conics(a: int, one: fmpz_mat = one, other: fmpz_mat = other) -> tuple[fmpz_poly, fmpz_poly]:
            z = fmpz_poly([1]), fmpz_poly([a]), fmpz_poly([0, 1])
            return _dot(z, _linear(one, z)), _dot(z, _linear(other, z))

        product *= eliminate(conics, (2, 2), 4).resultant.numer()
    return product


def _sees_every_real_point(F: RatioSum, T: fmpz_mat, forms: list[Form], spurious: fmpz_poly) -> bool:
    """Whether no real critical point lies over a root of E or at infinity, shown exactly."""
    y = fmpz_poly([0, 1])
    at_infinity = fmpz_poly([0])
    for numerator in _gradient(forms, (fmpz_poly([0]), fmpz_poly([1]), y), (0, 1, 2)):
        at_infinity = at_infinity.gcd(numerator)
    if at_infinity.is_zero() or real_roots(at_infinity):
        return False
    top = _gradient(forms, (fmpz_poly([0]), fmpz_poly([0]), fmpz_poly([1])), (0, 1, 2))
    if all(value.is_zero() for value in top):
        return False
    inverse = fmpq_mat(T).inv()
    for i in range(3):
        if all(term.weights[i] > 0 for term in F.terms):
            continue
        z = [inverse[j, i] for j in range(3)]
        if z[0] == 0:
            return False
        x_i, y_i = z[1] / z[0], z[2] / z[0]
        spurious = remove_common_factors(spurious, fmpz_poly([-x_i.p, x_i.q]))
        over = _gradient(forms, (fmpz_poly([x_i.q]), fmpz_poly([x_i.p]), fmpz_poly([0, x_i.q])), (1, 2))
        common = remove_common_factors(over[0].gcd(over[1]), fmpz_poly([-y_i.p, y_i.q]))
        if common.is_zero() or real_roots(common):
            return False
    return not real_roots(spurious)
