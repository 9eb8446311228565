"""A critical point of the cost to any number of digits, by Newton's method in ball arithmetic (proposals only).

On the chart U = [I; R] (identity on k pivot rows) the cost is a polynomial in (R, V). With E = A - U V, half of its
gradient and of its Hessian are

    g_il = -sum_j omega_ij E_ij V_lj,   g_lj = -sum_i omega_ij E_ij U_il,
    H_(il)(il') = sum_j omega_ij V_lj V_l'j,   H_(lj)(l'j) = sum_i omega_ij U_il U_il',
    H_(il)(l'j) = omega_ij (U_il' V_lj - [l = l'] E_ij),

and at a minimum with a regular Hessian every step doubles the number of correct digits. The columns of V meet in R only
and are eliminated one by one: a step is linear in their number. The precision doubles with the digits; each step starts
from the midpoints of the balls before it, so the balls prove nothing.

Guarantee: none. What comes out is close to a critical point, or ``DegenerateError`` says why there is none to find.

Source: [BrentZimmermann2010], section 4.2 (Newton's method with growing precision).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, ctx, fmpq_mat

from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.balls import ball_matrix, dyadic_balls, exponent_of, top_exponent
from wlra_exact.numeric.convert import Array, approx_array
from wlra_exact.numeric.rounding import propose_pivots
from wlra_exact.problem.instance import Instance

__all__ = ["CriticalPoint", "propose_critical_point"]

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
    """Raise unless the Hessian, its diagonal scaled to 1, is positive definite: that of V, and what is left for R."""
    others = [i for i in range(len(A)) if i not in pivots]
    k, E = len(V), A - U @ V
    over_rows = np.einsum("ij,il,ip->jlp", omega, U, U)
    over_columns = np.einsum("ij,lj,pj->ilp", omega[others], V, V)
    mixed = np.einsum("ij,ip,lj->jilp", omega[others], U[others], V)
    mixed -= np.einsum("ij,lp->jilp", (omega * E)[others], np.eye(k))
    size_V, size_R = (np.einsum("all->al", H) for H in (over_rows, over_columns))
    if min(size_V.min(), size_R.min(initial=np.inf)) <= 0:
        raise DegenerateError("the Hessian at the incumbent is singular")
    unit_V, unit_R = 1 / np.sqrt(size_V), 1 / np.sqrt(size_R)
    scaled = over_rows * unit_V[:, :, None] * unit_V[:, None, :]
    if float(np.linalg.eigvalsh(scaled)[:, 0].min()) < _REGULAR:
        raise DegenerateError("the Hessian at the incumbent is singular")
    sides = (mixed * unit_R[None, :, :, None] * unit_V[:, None, None, :]).reshape(len(scaled), -1, k)
    rest = -np.einsum("jap,jpb->ab", sides, np.linalg.solve(scaled, sides.transpose(0, 2, 1)))
    for a, block in enumerate(over_columns * unit_R[:, :, None] * unit_R[:, None, :]):
        rest[a * k : a * k + k, a * k : a * k + k] += block
    least = float(np.linalg.eigvalsh(rest)[0]) if others else 1.0
    if least < -_REGULAR:
        raise DegenerateError("the incumbent is a saddle")
    if least < _REGULAR:
        raise DegenerateError("the Hessian at the incumbent is singular")


def _step(instance: Instance, U: arb_mat, V: arb_mat, pivots: tuple[int, ...]) -> tuple[arb_mat, arb_mat, int]:
    """One Newton step: new midpoints, and the exponent of the relative size of the step."""
    k, others = instance.k, [i for i in range(instance.shape[0]) if i not in pivots]
    try:
        R_step, V_columns = _solved(instance, U, V, others)
    except ZeroDivisionError as error:
        raise DegenerateError("the Hessian at the incumbent is singular") from error
    if not all(x.is_finite() for line in (R_step, *V_columns) for x in line):
        raise DegenerateError("the Hessian at the incumbent is singular")
    V_step = arb_mat(V_columns).transpose()
    U_rows = U.tolist()
    for place, x in enumerate(R_step):
        i, l = divmod(place, k)
        U_rows[others[i]][l] += x
    sizes = [
        top_exponent(moved) - max(top_exponent(column), exponent_of(arb(1)) - 1000)
        for moved, column in zip(V_columns, V.transpose().tolist(), strict=True)
    ]
    moved = max(top_exponent(R_step), *sizes)
    return arb_mat(U_rows).mid(), (V + V_step).mid(), moved


def _solved(instance: Instance, U: arb_mat, V: arb_mat, others: list[int]) -> tuple[list[arb], list[list[arb]]]:
    """The step of R, row by row, and that of V, column by column; ZeroDivisionError for a singular matrix."""
    k, E = instance.k, (ball_matrix(instance.A) - U * V).transpose().tolist()
    weights, rows, columns = ball_matrix(instance.omega).transpose().tolist(), U.tolist(), V.transpose().tolist()
    left = [[arb(0)] * (len(others) * k) for _ in range(len(others) * k)]
    right = [arb(0)] * (len(others) * k)
    eliminated = []
    for w, e, v in zip(weights, E, columns, strict=True):
        present = [i for i, x in enumerate(w) if x != 0]
        H = arb_mat(
            [[sum((w[i] * rows[i][l] * rows[i][p] for i in present), arb(0)) for p in range(k)] for l in range(k)]
        )
        g = [-sum((w[i] * e[i] * rows[i][l] for i in present), arb(0)) for l in range(k)]
        kept = [a for a, i in enumerate(others) if w[i] != 0]
        side = [
            [w[i] * (rows[i][p] * v[l] - (e[i] if l == p else 0)) for p in range(k)]
            for i in (others[a] for a in kept)
            for l in range(k)
        ]
        solved = H.solve(arb_mat([[*(row[p] for row in side), g[p]] for p in range(k)])).mid()
        eliminated.append((kept, solved))
        places = [a * k + l for a in kept for l in range(k)]
        if not side:
            continue
        moved = (arb_mat(side) * solved).mid().tolist()
        for place, (*entries, last) in zip(places, moved, strict=True):
            i, l = others[place // k], place % k
            line = left[place]
            for other, x in zip(places, entries, strict=True):
                line[other] -= x
            for p in range(k):
                line[place - l + p] += w[i] * v[l] * v[p]
            right[place] += w[i] * e[i] * v[l] + last
    R_step = arb_mat(left).mid().solve(arb_mat([[x] for x in right])).mid().entries() if others else []
    V_step = []
    for kept, solved in eliminated:
        moves = [R_step[a * k + l] for a in kept for l in range(k)]
        V_step.append((solved * arb_mat([[-x] for x in [*moves, arb(1)]])).mid().entries())
    return R_step, V_step
