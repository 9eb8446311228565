"""The critical equations of rank one and of corank one as a polynomial system in any number of rows and columns.

*Rank one.* X = u v^T is critical for the cost when, with L = Omega o A and Q = Omega,

    E_i = sum_j (Q_ij u_i v_j^2 - L_ij v_j) = 0,      E'_j = q_j v_j - l_j = 0,
    l_j = sum_i L_ij u_i,   q_j = sum_i Q_ij u_i^2,   cost = ||A||^2_Omega - sum_ij L_ij u_i v_j.

*Corank one*, w^T X = 0: the reduced cost is sum_j max_y (2 y_j (A^T w)_j - q_j y_j^2) with q_j = sum_i w_i^2/Omega_ij.
Its critical equations are those of rank one with L = A and Q = 1/Omega, and cost = sum_ij L_ij w_i y_j: corank one is
rank one for the data Omega o A with the weights 1/Omega, and cost + cost' = ||A||^2_Omega (duality).

*Chart.* u is scaled by c . u = 1 with integers c, c_1 = 1: the unknowns are u_2, ..., u_m, v_1, ..., v_n and the cost
t. The m - 1 equations E_i - c_i E_1 = 0 suffice, because sum_i u_i E_i = sum_j v_j E'_j = 0 then forces E_1 = 0.

*Denominators.* Where a column has a missing entry, q_j may vanish at a real u. Its unknown is then z_j with
z_j q_j = 1, and v_j = l_j z_j: the auxiliary variable keeps the denominator away from 0.

Guarantee: exact; the solutions of ``system`` are the critical points with c . u != 0 (and q_j != 0 for columns with a
missing entry), those with X = 0 included.

Source: Draisma, Horobet, Ottaviani, Sturmfels, Thomas, FoCM 2016; Ottaviani, Spaenlehauer, Sturmfels, SIMAX 2014.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat, fmpq, fmpq_mat, fmpq_mpoly

from wlra_exact.errors import UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.system import Constraint, PolynomialSystem, Relation, make_context

__all__ = ["CriticalSystem", "critical_system", "random_chart"]

_EQUAL: Relation = "="


@dataclass(frozen=True, eq=False)
class CriticalSystem:
    """The critical equations of an instance on a chart.

    Attributes:
        L: (m, n) linear data.
        Q: (m, n) non-negative weights.
        chart: the m integers c of c . u = 1, the first one 1.
        corank: whether u is a left kernel vector (corank one) rather than the column space (rank one).
        offset: ||A||^2_Omega.
        system: the equations; its variables are u2, u3, ..., then v1, v2, ... (or z_j), then t.
    """

    L: fmpq_mat
    Q: fmpq_mat
    chart: tuple[int, ...]
    corank: bool
    offset: fmpq
    system: PolynomialSystem

    @property
    def rows(self) -> int:
        """The number m of coordinates of u."""
        return int(self.L.nrows())

    @property
    def full(self) -> bool:
        """Whether no column has a missing entry."""
        return all(q > 0 for q in self.Q.entries())

    def gradient(self, x: Sequence[arb]) -> list[arb]:
        """Half the derivatives of sum Q (L/Q - u v)^2 in the coordinates (u_2, ..., u_m, v_1, ..., v_n)."""
        u, v = self.factors(x)
        m, n = self.rows, len(v)
        slopes = [
            sum((arb(self.Q[i, j]) * u[i] * v[j] * v[j] - arb(self.L[i, j]) * v[j] for j in range(n)), arb(0))
            for i in range(m)
        ]
        columns = [
            sum((arb(self.Q[i, j]) * u[i] * u[i] * v[j] - arb(self.L[i, j]) * u[i] for i in range(m)), arb(0))
            for j in range(n)
        ]
        return [slopes[i] - self.chart[i] * slopes[0] for i in range(1, m)] + columns

    def hessian(self, x: Sequence[arb]) -> arb_mat:
        """The Jacobian of ``gradient``: half the Hessian."""
        u, v = self.factors(x)
        m, n = self.rows, len(v)
        diagonal = [sum((arb(self.Q[i, j]) * v[j] * v[j] for j in range(n)), arb(0)) for i in range(m)]
        mixed = [[2 * arb(self.Q[i, j]) * u[i] * v[j] - arb(self.L[i, j]) for j in range(n)] for i in range(m)]
        c = self.chart
        H = [[arb(0)] * (m - 1 + n) for _ in range(m - 1 + n)]
        for a in range(m - 1):
            for b in range(m - 1):
                H[a][b] = c[a + 1] * c[b + 1] * diagonal[0] + (diagonal[a + 1] if a == b else 0)
            for j in range(n):
                H[a][m - 1 + j] = H[m - 1 + j][a] = mixed[a + 1][j] - c[a + 1] * mixed[0][j]
        for j in range(n):
            H[m - 1 + j][m - 1 + j] = sum((arb(self.Q[i, j]) * u[i] * u[i] for i in range(m)), arb(0))
        return arb_mat(H)

    def factors(self, x: Sequence[arb]) -> tuple[list[arb], list[arb]]:
        """(u, v) from the coordinates (u_2, ..., u_m, v_1, ..., v_n)."""
        u = list(x[: self.rows - 1])
        first = 1 - sum((c * y for c, y in zip(self.chart[1:], u, strict=True)), arb(0))
        return [first, *u], list(x[self.rows - 1 :])

    def value(self, x: Sequence[arb]) -> arb:
        """The cost at a critical point."""
        u, v = self.factors(x)
        inner = sum((arb(self.L[i, j]) * a * b for i, a in enumerate(u) for j, b in enumerate(v)), arb(0))
        return inner if self.corank else arb(self.offset) - inner


def random_chart(m: int, seed: int) -> tuple[int, ...]:
    """Integers c with c_1 = 1, a function of the seed."""
    generator = random.Random(seed)
    return (1, *(generator.choice((-1, 1)) * generator.randint(2, 9) for _ in range(m - 1)))


def critical_system(instance: Instance, chart: Sequence[int]) -> CriticalSystem:
    """The critical equations on a chart.

    Args:
        instance: k = 1, or k = m - 1.
        chart: m integers, the first one 1.

    Raises:
        UnsupportedError: for every other rank.

    >>> from wlra_exact.algebra.exact import matrix
    >>> diagonal = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> print(*critical_system(diagonal, (1, 0)).system.constraints, sep="; ")
    u2*v1^2 + u2*v2^2 - v2 = 0; u2^2*v1 + v1 - 2 = 0; u2^2*v2 - u2 + v2 = 0; u2*v2 + 2*v1 + t - 5 = 0
    """
    m, n = instance.shape
    corank = instance.k == m - 1 and instance.k > 1
    if instance.k != 1 and not corank:
        raise UnsupportedError(
            f"critical points take rank 1 or one less than the number of rows, got rank {instance.k} of {m} rows"
        )
    loose = instance.k if corank else 0
    columns = [j for j in range(n) if sum(instance.omega[i, j] > 0 for i in range(m)) > loose]
    A, omega = (
        fmpq_mat(m, len(columns), [M[i, j] for i in range(m) for j in columns]) for M in (instance.A, instance.omega)
    )
    entries = list(zip(A.entries(), omega.entries(), strict=True))
    L = A if corank else fmpq_mat(m, len(columns), [a * w for a, w in entries])
    Q = fmpq_mat(m, len(columns), [1 / w for w in omega.entries()]) if corank else omega
    offset = sum((w * a * a for a, w in entries), fmpq(0))
    return CriticalSystem(L, Q, tuple(chart), corank, offset, _equations(L, Q, chart, corank, offset))


def _equations(L: fmpq_mat, Q: fmpq_mat, chart: Sequence[int], corank: bool, offset: fmpq) -> PolynomialSystem:
    m, n = L.nrows(), L.ncols()
    full = [all(Q[i, j] > 0 for i in range(m)) for j in range(n)]
    names = [f"u{i + 1}" for i in range(1, m)] + [f"{'v' if full[j] else 'z'}{j + 1}" for j in range(n)] + ["t"]
    ring = make_context(names)
    *unknowns, t = ring.gens()
    zero = ring.constant(0)
    u = unknowns[: m - 1]
    u = [1 - sum((c * y for c, y in zip(chart[1:], u, strict=True)), zero), *u]
    l = [sum((L[i, j] * u[i] for i in range(m)), zero) for j in range(n)]
    q = [sum((Q[i, j] * u[i] * u[i] for i in range(m)), zero) for j in range(n)]
    last = unknowns[m - 1 :]
    v: list[fmpq_mpoly] = [last[j] if full[j] else l[j] * last[j] for j in range(n)]
    slopes = [sum((Q[i, j] * u[i] * v[j] * v[j] - L[i, j] * v[j] for j in range(n)), zero) for i in range(m)]
    inner = sum((l[j] * v[j] for j in range(n)), zero)
    polynomials = [slopes[i] - chart[i] * slopes[0] for i in range(1, m)]
    polynomials += [q[j] * v[j] - l[j] if full[j] else last[j] * q[j] - 1 for j in range(n)]
    polynomials.append(t - inner if corank else t + inner - offset)
    return PolynomialSystem(ring, tuple(names), tuple(Constraint(p, _EQUAL) for p in polynomials))
