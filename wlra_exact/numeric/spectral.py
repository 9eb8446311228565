"""Proposals for the rule `spectral`: a minorant of the weights, a target, a threshold and a lift.

With c = a b^T <= omega, S = sqrt(c) entry by entry and B = A + (omega - c) q, the rule proves

    F(q) = sum of the m - k least eigenvalues of (S B)(S B)^T - sum c omega (omega - c) q^2.

In Y = S B this is |Y|^2 - (sum of the k largest singular values squared) - sum omega/(omega - c) (Y - S A)^2,
a concave function of Y, since omega/(omega - c) >= 1 and the middle term is convex. Its maximum is found by the
alternating direction method of multipliers, with one singular value decomposition a step: the separable part has a
closed formula, and so has the proximal map of the sum of the k largest squares.

At a stationary point X of the cost take q = (A - X)/c. Then c (B - X) = omega (A - X), so X is a partial sum of
singular components of B in the inner products a, b; when these are the k largest, that is when

    the largest singular value of S^-1 omega (A - X)  <=  the k-th of S X,

F(q) = cost(X): the incumbent is optimal, and the bound says so. Data of rank k and moderate noise pass this test at
any size.

At higher precision the positive part comes from the matrix sign E of T - t I, T = D_a N, by Newton's iteration
E -> (E + E^-1)/2: then (t I - S)_+ is similar to (t I - T)(I - E)/2, and no eigenvector is computed.

Guarantee: none; ``deciders.spectral`` checks every candidate exactly.

Source: the convex envelope of |X|^2 on matrices of bounded rank [GrusslerRantzerGiselsson2018]; the proximal map
[ArgyriouFoygelSrebro2012]; the matrix sign function [Higham2008], chapter 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_mat

from wlra_exact.algebra.exact import log2_of
from wlra_exact.algebra.psd import diagonal
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.balls import ball_matrix, dyadic_ball, top_exponent
from wlra_exact.numeric.convert import Array, approx_array, approx_number, dyadic_number
from wlra_exact.numeric.decompose import eigh, svd
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.numeric.scaling import even_exponent, few_bits, fit_inner_products

__all__ = ["clipped", "propose_lifts", "propose_row_weights", "propose_sharp_lift", "propose_target"]

_SLACKS = tuple(10.0**-e for e in range(12, 1, -1))
_GRID_BITS = 52

#: Eigenvalues on both sides of t that are closer than this, relative to the largest, count as equal.
_SEPARATE = 1e-11

#: Weights below this part of the largest are beyond what double precision tells apart from 0 once they are squared.
_LEAST_WEIGHT = 1e-150

_SIGN_STEPS = 60
#: Steps of the method of multipliers, and between two evaluations of the bound.
_STEPS = 200
_EVERY = 10

#: Row weights have so few bits that their least common multiple stays short.
_WEIGHT_BITS = 7


def propose_row_weights(omega: fmpq_mat) -> list[fmpq]:
    """Positive a such that some a b^T <= omega (m, n), positive, is close to it and large; its unit is arbitrary."""
    w = approx_array(omega)
    w = np.maximum(np.ldexp(w, -even_exponent(w)), _LEAST_WEIGHT)
    a, _ = fit_inner_products(w)
    b = (w / a[:, None]).min(axis=0)
    a = (w / b).min(axis=1)  # no row can be raised with this b
    return [dyadic_number(float(x), _WEIGHT_BITS) for x in few_bits(a, _WEIGHT_BITS)]


def propose_target(
    A: Array, omega: Array, c: Array, k: int, X: Array, expired: Callable[[], bool] = lambda: False
) -> tuple[Array, int]:
    """(y, e): the (m, n) matrix q = 2^e y has a large bound F(q), see above. It is 0 where c = omega.

    Found in units in which the largest entries of A and of omega are near 1, so that y is a float even where q, which
    has the unit of A / omega, is none. It is 0 also when c is too small beside omega for squares in double precision.

    Args:
        A: (m, n) data.
        omega: (m, n) positive weights of squared residuals.
        c: (m, n) their minorant a b^T.
        k: rank, below m and n.
        X: (m, n) incumbent of rank k.
        expired: asked now and then; True ends the search.
    """
    a, w = even_exponent(A), even_exponent(omega)
    c = np.ldexp(c, -w)
    if c.min() < _LEAST_WEIGHT:
        return np.zeros_like(A), 0
    return _target_in_units(np.ldexp(A, -a), np.ldexp(omega, -w), c, k, np.ldexp(X, -a), expired), a - w


def _target_in_units(A: Array, omega: Array, c: Array, k: int, X: Array, expired: Callable[[], bool]) -> Array:
    S = np.sqrt(c)
    room = omega - c
    bound = room <= 1e-12 * omega
    room = np.where(bound, 1.0, room)
    best = np.where(bound, 0.0, (A - X) / c)
    value = _value(A, omega, c, k, best)
    if value >= (1 - 1e-9) * float((omega * (A - X) ** 2).sum()):
        return best
    curvature = np.where(bound, 0.0, 2 * c / room)  # of the separable part, beside that of |Y|^2
    penalty = float(np.exp(np.log(curvature[~bound]).mean())) if not bound.all() else 1.0
    SA = S * A
    Y, dual, last = S * X + omega * (A - X) / S, np.zeros_like(A), value
    for step in range(1, _STEPS + 1):
        middle = np.where(bound, SA, ((curvature + 2) * SA + penalty * (Y - dual)) / (curvature + penalty))
        if step % _EVERY == 0:
            q = np.where(bound, 0.0, (middle - SA) / (S * room))
            found = _value(A, omega, c, k, q)
            if found > value:
                value, best = found, q
            if abs(found - last) <= 1e-9 * abs(found) or expired():
                break
            last = found
        left, singular, right = svd(middle + dual)
        Y = (left * clipped(singular, k, 1 / penalty)) @ right
        dual += middle - Y
    return best


def _value(A: Array, omega: Array, c: Array, k: int, q: Array) -> float:
    """F(q)."""
    singular = np.linalg.svd(np.sqrt(c) * (A + (omega - c) * q), compute_uv=False)
    return float((singular[k:] ** 2).sum() - (c * omega * (omega - c) * q**2).sum())


def clipped(values: Array, k: int, t: float) -> Array:
    """The y that minimises |y - values|^2 / 2 + t (sum of the k largest y_i^2), for decreasing values >= 0.

    The leading values shrink by 1 + 2t; where they would fall below the next ones, all of these share one level.

    >>> clipped(np.array([4.0, 1.0]), 1, 0.5), clipped(np.array([4.0, 3.0]), 1, 0.5)
    (array([2., 1.]), array([2.33333333, 2.33333333]))
    """
    sums = np.concatenate([[0.0], np.cumsum(values)])
    above = np.concatenate([[np.inf], values])
    below = np.concatenate([values, [0.0]])
    for first in range(k - 1, -1, -1):  # values first .. last - 1 share the level
        last = np.arange(k, values.size + 1)
        level = (sums[last] - sums[first]) / (last - first + 2 * t * (k - first))
        fits = (above[last] >= level) & (level >= below[last]) & (level >= values[first] / (1 + 2 * t))
        fits &= above[first] / (1 + 2 * t) >= level
        chosen = np.flatnonzero(fits)
        if chosen.size:
            y = values.copy()
            y[:first] /= 1 + 2 * t
            y[first : last[chosen[0]]] = level[chosen[0]]
            return y
    y = values.copy()
    y[:k] /= 1 + 2 * t
    return y


def propose_lifts(N: fmpq_mat, a: Sequence[fmpq], k: int, deficit: fmpq) -> Iterator[tuple[fmpq, Dyadic]]:
    """Pairs (t, Z) for N = B D_b B^T, the least slack first; nothing when the bound is not positive.

    With S = D_a^(1/2) N D_a^(1/2) and its eigenvalues in increasing order, t lies between the (m-k)-th and the next,
    and D_a^(1/2) Z D_a^(1/2) = (t I - S)_+ plus a slack that gives the exact proofs an interior.

    Args:
        N: (m, m) symmetric, positive semidefinite.
        a: m positive row weights.
        k: rank, below m.
        deficit: what the bound loses to the target.
    """
    root = np.sqrt(np.array([approx_number(x) for x in a]))
    m = root.size
    values, vectors = eigh(approx_array(N) * np.outer(root, root))
    count = m - k
    total = float(values[:count].sum())
    if total <= approx_number(deficit):
        return
    # Any t between the two neighbouring eigenvalues gives the same bound; a moderate one loses fewer digits.
    t = values[count - 1] + min((values[count] - values[count - 1]) / 2, values[count - 1] + total / count)
    for slack in _SLACKS:
        lifted = np.maximum(t - values, 0.0) + slack * total / m
        Z = (vectors * lifted) @ vectors.T / np.outer(root, root)
        exponent = int(np.floor(np.log2(np.diag(Z).min()))) - _GRID_BITS
        yield dyadic_number(float(t), 53), Dyadic.of((Z + Z.T) / 2, exponent)


def propose_sharp_lift(N: fmpq_mat, a: Sequence[fmpq], k: int, slack: fmpq, bits: int) -> tuple[fmpq, Dyadic]:
    """(t, Z) whose bound is at most ``slack`` below the sum of the m - k least eigenvalues.

    Args:
        N: (m, m) symmetric, positive semidefinite.
        a: m positive row weights.
        k: rank, below m.
        slack: positive.
        bits: working precision; 2^-bits is small beside slack over the largest eigenvalue.

    Raises:
        DegenerateError: when the eigenvalues number m - k and m - k + 1 agree.
    """
    root = np.sqrt(np.array([approx_number(x) for x in a]))
    m = root.size
    values = np.linalg.eigvalsh(approx_array(N) * np.outer(root, root))
    low, high = float(values[m - k - 1]), float(values[m - k])
    if high - low <= _SEPARATE * float(values[-1]):
        raise DegenerateError("two eigenvalues agree where the rank cuts them off, so the best matrix is not unique")
    t = dyadic_number((low + high) / 2, 53)
    lift = slack / (2 * m)
    with ctx.workprec(bits):
        T = ball_matrix(diagonal(list(a)) * N)
        shift = ball_matrix(diagonal([t] * m))
        E = _sign(T - shift)
        unit = ball_matrix(diagonal([fmpq(1)] * m))
        inverse = ball_matrix(diagonal([1 / x for x in a]))
        Z = inverse * ((shift - T) * (unit - E) / 2 + ball_matrix(diagonal([lift] * m)))
        exponent = log2_of(lift / max(a)) - m.bit_length() - 4
        rows = Z.mid().tolist()
        integers = fmpz_mat(
            [[dyadic_ball((rows[i][j] + rows[j][i]) / 2, exponent) for j in range(m)] for i in range(m)]
        )
    return t, Dyadic(integers, exponent)


def _sign(E: arb_mat) -> arb_mat:
    """The matrix sign of a matrix with real eigenvalues, none of them 0."""
    before = None
    for _ in range(_SIGN_STEPS):
        inverse = E.inv().mid()
        # Scaling by powers of two brings the eigenvalues near +-1 in a few steps.
        scale = (top_exponent(inverse.entries()) - top_exponent(E.entries())) // 2
        step = (E * arb(2) ** scale + inverse * arb(2) ** -scale).mid() / 2
        moved = top_exponent((step - E).entries())
        if scale == 0 and moved < -ctx.prec // 2 and before is not None:
            return step.mid()
        E, before = step.mid(), moved
    raise DegenerateError("the eigenvalues are too close where the rank cuts them off")
