"""A critical point of the cost to any number of digits, by Newton's method in ball arithmetic (proposals only).

On the chart U = [I; R] (identity on k pivot rows) the cost is a polynomial in (R, V). With E = A - U V, half of its
gradient and of its Hessian are

    g_il = -sum_j omega_ij E_ij V_lj,   g_lj = -sum_i omega_ij E_ij U_il,
    H_(il)(il') = sum_j omega_ij V_lj V_l'j,   H_(lj)(l'j) = sum_i omega_ij U_il U_il',
    H_(il)(l'j) = omega_ij (U_il' V_lj - [l = l'] E_ij),

and at a minimum with a regular Hessian every step doubles the number of correct digits. The precision doubles with it;
each step starts from the midpoints of the balls before it, so the balls prove nothing.

Guarantee: none. What comes out is close to a critical point, or ``DegenerateError`` says why there is none to find.

Source: [BrentZimmermann2010], section 4.2 (Newton's method with growing precision).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpq_mat

from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.balls import ball_matrix, dyadic_balls, exponent_of, top_exponent
from wlra_exact.numeric.convert import Array, approx_array
from wlra_exact.numeric.rounding import propose_pivots
from wlra_exact.problem.instance import Instance

__all__ = ["CriticalPoint", "propose_critical_point"]

#: Rows of floats or of balls.
_Rows = list[list[Any]]

#: A Hessian whose least eigenvalue (its diagonal scaled to 1) is below this counts as singular.
_REGULAR = 1e-8

#: Bits beyond those that were asked for.
_GUARD = 32

#: Steps in the starting precision, from a descent's candidate to the region where digits double.
_FIRST_STEPS = 8

#: Bits of the starting precision.
_FIRST_BITS = 106


@dataclass(frozen=True, eq=False)
class CriticalPoint:
    """Factors close to a critical point.

    Attributes:
        pivots: the k rows on which U is the identity.
        U: (m, k) midpoints.
        V: (k, n) midpoints.
        bits: about how many of their bits are correct.
    """

    pivots: tuple[int, ...]
    U: arb_mat
    V: arb_mat
    bits: int

    @property
    def working_bits(self) -> int:
        """A precision in which nothing of the point is lost."""
        return self.bits + _GUARD

    def product(self) -> arb_mat:
        """U V."""
        with ctx.workprec(self.working_bits):
            return (self.U * self.V).mid()

    def cost(self, instance: Instance) -> arb:
        """The cost of the product."""
        with ctx.workprec(self.working_bits):
            E = ball_matrix(instance.A) - self.product()
            terms = zip(ball_matrix(instance.omega).entries(), E.entries(), strict=True)
            return sum((w * e * e for w, e in terms), arb(0)).mid()

    def rounded(self, bits: int) -> tuple[fmpq_mat, fmpq_mat]:
        """(U, V) on dyadic grids: U to 2^-bits, every column of V to 2^-bits of its largest entry."""
        columns = [
            dyadic_balls(arb_mat([column]), max(top_exponent(column), -bits) - bits).entries()
            for column in self.V.transpose().tolist()
        ]
        return dyadic_balls(self.U, -bits), fmpq_mat(columns).transpose()


def propose_critical_point(instance: Instance, U: Array, bits: int) -> CriticalPoint:
    """The critical point near a floating-point row factor.

    Args:
        instance: the problem, k below m.
        U: (m, k) row factor of a descent's candidate.
        bits: of relative precision wanted.

    Raises:
        DegenerateError: when U has not full rank, the Hessian is singular or not positive, or the steps do not shrink.
    """
    pivots = propose_pivots(U)
    if pivots is None:
        raise DegenerateError("the incumbent has a smaller rank")
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    chart = U @ np.linalg.inv(U[list(pivots)])
    chart[list(pivots)] = np.eye(instance.k)
    V = _fit(A, omega, chart)
    _check_hessian(A, omega, chart, V, pivots)
    precision, steps = _FIRST_BITS, 0
    point = CriticalPoint(pivots, arb_mat(chart.tolist()), arb_mat(V.tolist()), 0)
    while point.bits < bits:
        with ctx.workprec(precision + _GUARD):
            U_next, V_next, moved = _step(instance, point.U, point.V, pivots)
        steps += 1
        # The step is the error before it, and the error after it is about its square.
        accuracy = min(2 * -moved - 16, precision)
        if accuracy < point.bits or (steps > _FIRST_STEPS and accuracy < _FIRST_BITS // 2):
            raise DegenerateError("Newton's method does not converge at the incumbent")
        point = CriticalPoint(pivots, U_next, V_next, max(accuracy, 0))
        precision = min(max(_FIRST_BITS, 2 * accuracy), bits + 16)
    return point


def _fit(A: Array, omega: Array, U: Array) -> Array:
    """The weighted least squares fit of every column."""
    root = np.sqrt(omega)
    columns = [np.linalg.lstsq(w[:, None] * U, w * a, rcond=None)[0] for a, w in zip(A.T, root.T, strict=True)]
    return np.stack(columns, axis=1)


def _check_hessian(A: Array, omega: Array, U: Array, V: Array, pivots: tuple[int, ...]) -> None:
    _, rows = _system([list(r) for r in A], [list(r) for r in omega], U.tolist(), V.tolist(), pivots)
    H = np.array(rows, dtype=np.float64)
    diagonal = H.diagonal()
    if diagonal.min() <= 0:
        raise DegenerateError("the Hessian at the incumbent is singular")
    root = np.sqrt(diagonal)
    least = float(np.linalg.eigvalsh(H / root / root[:, None])[0])
    if least < -_REGULAR:
        raise DegenerateError("the incumbent is a saddle")
    if least < _REGULAR:
        raise DegenerateError("the Hessian at the incumbent is singular")


def _step(instance: Instance, U: arb_mat, V: arb_mat, pivots: tuple[int, ...]) -> tuple[arb_mat, arb_mat, int]:
    """One Newton step: new midpoints, and the exponent of the relative size of the step."""
    m, n = instance.shape
    k = instance.k
    A, omega = ball_matrix(instance.A), ball_matrix(instance.omega)
    gradient, hessian = _system(A.tolist(), omega.tolist(), U.tolist(), V.tolist(), pivots)
    try:
        step = arb_mat(hessian).solve(arb_mat([[-g] for g in gradient])).mid().entries()
    except ZeroDivisionError as error:
        raise DegenerateError("the Hessian at the incumbent is singular") from error
    if not all(x.is_finite() for x in step):
        raise DegenerateError("the Hessian at the incumbent is singular")
    others = [i for i in range(m) if i not in pivots]
    cut = len(others) * k
    R_step, V_step = step[:cut], arb_mat(k, n, step[cut:])
    U_rows = U.tolist()
    for place, x in enumerate(R_step):
        i, l = divmod(place, k)
        U_rows[others[i]][l] += x
    sizes = [
        top_exponent(moved) - max(top_exponent(column), exponent_of(arb(1)) - 1000)
        for moved, column in zip(V_step.transpose().tolist(), V.transpose().tolist(), strict=True)
    ]
    moved = max(top_exponent(R_step), *sizes)
    return arb_mat(U_rows).mid(), (V + V_step).mid(), moved


def _system(A: _Rows, omega: _Rows, U: _Rows, V: _Rows, pivots: tuple[int, ...]) -> tuple[list[Any], _Rows]:
    """Half the gradient and half the Hessian, for the unknowns R row by row, then V row by row."""
    m, n, k = len(A), len(A[0]), len(V)
    others = [i for i in range(m) if i not in pivots]
    E = [[A[i][j] - sum(U[i][l] * V[l][j] for l in range(k)) for j in range(n)] for i in range(m)]
    WE = [[omega[i][j] * E[i][j] for j in range(n)] for i in range(m)]
    cut = len(others) * k
    size = cut + k * n
    H = [[A[0][0] * 0] * size for _ in range(size)]
    g = [-sum(WE[i][j] * V[l][j] for j in range(n)) for i in others for l in range(k)]
    g += [-sum(WE[i][j] * U[i][l] for i in range(m)) for l in range(k) for j in range(n)]
    for a, i in enumerate(others):
        for l in range(k):
            for l2 in range(k):
                H[a * k + l][a * k + l2] = sum(omega[i][j] * V[l][j] * V[l2][j] for j in range(n))
                for j in range(n):
                    mixed = omega[i][j] * U[i][l2] * V[l][j] - (WE[i][j] if l == l2 else 0)
                    H[a * k + l][cut + l2 * n + j] = H[cut + l2 * n + j][a * k + l] = mixed
    for l in range(k):
        for l2 in range(k):
            for j in range(n):
                H[cut + l * n + j][cut + l2 * n + j] = sum(omega[i][j] * U[i][l] * U[i][l2] for i in range(m))
    return g, H
