"""The critical equations of any rank in both factors, as polynomials and in complex balls.

On the chart C of integers, X = U V with U = [1 - C T; T] = U_0 + B T, B = [-C; 1], and T (m - k) x k, V k x n. With
S = Omega o X - L, L = Omega o A, half the gradient of the cost is

    B^T S V^T = 0,      U^T S = 0:

as many cubic equations as unknowns. The conditions U_0^T S V^T = 0 follow, since (U_0 + B T)^T S V^T = 0.

Every X of rank k whose column space is on the chart has one pair (T, V). For special data there are solutions with V of
lower rank as well; ``has_rank`` tells.

Guarantee: exact polynomials; balls hold the values at all points of the balls given.

Source: Ottaviani, Spaenlehauer, Sturmfels, SIMAX 2014.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from flint import acb, acb_mat, arb, fmpq_mat, fmpq_mpoly

from wlra_exact.problem.instance import Instance
from wlra_exact.systems.system import Constraint, PolynomialSystem, make_context

__all__ = ["FactorSystem", "factor_system"]


@dataclass(frozen=True, eq=False)
class FactorSystem:
    """The critical equations of an instance on a chart; coordinates are T, then V, each row by row.

    Attributes:
        A: (m, n) data.
        omega: (m, n) squared weights.
        chart: (k, m - k) integers C.
    """

    A: fmpq_mat
    omega: fmpq_mat
    chart: fmpq_mat

    @property
    def shape(self) -> tuple[int, int, int]:
        """(m, n, k)."""
        return int(self.A.nrows()), int(self.A.ncols()), int(self.chart.nrows())

    @property
    def corank(self) -> bool:
        """Whether k = m - 1 > 1."""
        m, _, k = self.shape
        return k == m - 1 > 1

    @property
    def full(self) -> bool:
        """Whether no entry is missing."""
        return all(w > 0 for w in self.omega.entries())

    def factors(self, x: Sequence[acb]) -> tuple[acb_mat, acb_mat]:
        """(U, V) at coordinates."""
        m, n, k = self.shape
        T = acb_mat(m - k, k, list(x[: k * (m - k)]))
        top = acb_mat(k, k, [int(i == j) for i in range(k) for j in range(k)]) - acb_mat(self.chart) * T
        return acb_mat(m, k, top.entries() + T.entries()), acb_mat(k, n, list(x[k * (m - k) :]))

    def gradient(self, x: Sequence[acb]) -> list[acb]:
        """Half the derivatives of the cost in the coordinates."""
        U, V = self.factors(x)
        S = self._slopes(U * V)
        by_T = self._directions().transpose() * S * V.transpose()
        return list(by_T.entries() + (U.transpose() * S).entries())

    def hessian(self, x: Sequence[acb]) -> acb_mat:
        """The Jacobian of ``gradient``: half the Hessian."""
        m, n, k = self.shape
        U, V = self.factors(x)
        B = self._directions()
        # rows: the derivatives of X, entry by entry, in the coordinates
        G = [[B[i, a] * V[b, j] for i in range(m) for j in range(n)] for a in range(m - k) for b in range(k)]
        G += [[U[i, l] if j == c else acb(0) for i in range(m) for j in range(n)] for l in range(k) for c in range(n)]
        scaled = [[g * w for g, w in zip(row, acb_mat(self.omega).entries(), strict=True)] for row in G]
        H = acb_mat(scaled) * acb_mat(G).transpose()
        mixed = B.transpose() * self._slopes(U * V)
        first = k * (m - k)
        for a, b, j in itertools.product(range(m - k), range(k), range(n)):
            row, column = a * k + b, first + b * n + j
            H[row, column] += mixed[a, j]
            H[column, row] += mixed[a, j]
        return H

    def value(self, x: Sequence[acb]) -> arb:
        """The cost at a critical point that is real: ||A||^2_Omega - <L, X>."""
        U, V = self.factors(x)
        terms = zip(self.omega.entries(), self.A.entries(), (U * V).entries(), strict=True)
        return sum((arb(w * a) * (arb(a) - y.real) for w, a, y in terms), arb(0))

    def minors(self, x: Sequence[acb]) -> list[acb]:
        """The k x k minors of U, by rows in lexicographic order: Plücker coordinates of the column space of X."""
        U, _ = self.factors(x)
        m, _, k = self.shape
        return [
            acb_mat([[U[i, j] for j in range(k)] for i in rows]).det() for rows in itertools.combinations(range(m), k)
        ]

    def has_rank(self, x: Sequence[acb]) -> bool:
        """Whether X has rank k everywhere in the balls; False proves nothing."""
        _, V = self.factors(x)
        _, n, k = self.shape
        columns = itertools.combinations(range(n), k)
        return any(not acb_mat([[V[i, j] for j in J] for i in range(k)]).det().contains(0) for J in columns)

    def polynomials(self) -> PolynomialSystem:
        """The equations themselves, in the variables ``t1_1``, ..., ``v1_1``, ..."""
        m, n, k = self.shape
        names = [f"t{a + 1}_{b + 1}" for a in range(m - k) for b in range(k)]
        names += [f"v{l + 1}_{j + 1}" for l in range(k) for j in range(n)]
        ring = make_context(names)
        x = ring.gens()
        T = [list(x[a * k : (a + 1) * k]) for a in range(m - k)]
        V = [list(x[k * (m - k) + l * n : k * (m - k) + (l + 1) * n]) for l in range(k)]
        zero = ring.constant(0)
        top = [
            [sum((-self.chart[l, a] * T[a][b] for a in range(m - k)), ring.constant(int(l == b))) for b in range(k)]
            for l in range(k)
        ]
        U = top + T
        S = [
            [self.omega[i, j] * (sum((U[i][l] * V[l][j] for l in range(k)), zero) - self.A[i, j]) for j in range(n)]
            for i in range(m)
        ]
        BS = [
            [S[k + a][j] - sum((self.chart[l, a] * S[l][j] for l in range(k)), zero) for j in range(n)]
            for a in range(m - k)
        ]
        equations: list[fmpq_mpoly] = [
            sum((BS[a][j] * V[b][j] for j in range(n)), zero) for a in range(m - k) for b in range(k)
        ]
        equations += [sum((U[i][l] * S[i][j] for i in range(m)), zero) for l in range(k) for j in range(n)]
        return PolynomialSystem(ring, tuple(names), tuple(Constraint(p, "=") for p in equations))

    def _slopes(self, X: acb_mat) -> acb_mat:
        entries = zip(X.entries(), self.A.entries(), self.omega.entries(), strict=True)
        return acb_mat(X.nrows(), X.ncols(), [acb(w) * (y - acb(a)) for y, a, w in entries])

    def _directions(self) -> acb_mat:
        """B."""
        m, _, k = self.shape
        unit = [int(i == j) for i in range(m - k) for j in range(m - k)]
        return acb_mat(m, m - k, (-acb_mat(self.chart)).entries() + [acb(e) for e in unit])


def factor_system(instance: Instance, chart: fmpq_mat) -> FactorSystem:
    """The critical equations of an instance of rank k < m on the chart of a (k, m - k) matrix of integers.

    >>> from wlra_exact.algebra.exact import matrix
    >>> diagonal = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> print(*factor_system(diagonal, matrix([[0]])).polynomials().constraints, sep="; ")
    t1_1*v1_1^2 + t1_1*v1_2^2 - v1_2 = 0; t1_1^2*v1_1 + v1_1 - 2 = 0; t1_1^2*v1_2 - t1_1 + v1_2 = 0
    """
    return FactorSystem(instance.A, instance.omega, chart)
