"""What the systems' tests share: the reference elimination of V by plain linear algebra."""

import pytest
from flint import fmpq, fmpq_mat


def _best_factor(instance, U):
    """V with cost(U V) least for a given U: one weighted least-squares problem a column, solved by elimination."""
    (m, n), k = instance.shape, U.ncols()
    V = fmpq_mat(k, n)
    for j in range(n):
        rows = [i for i in range(m) if instance.omega[i, j] != 0]

        def gram(J, rows=rows, j=j):
            entries = [sum((instance.omega[i, j] * U[i, a] * U[i, b] for i in rows), fmpq(0)) for a in J for b in J]
            return fmpq_mat(len(J), len(J), entries)

        independent = []
        for l in range(k):
            if gram([*independent, l]).det() != 0:
                independent.append(l)
        if independent:
            right = [
                sum((instance.omega[i, j] * instance.A[i, j] * U[i, a] for i in rows), fmpq(0)) for a in independent
            ]
            solved = gram(independent).solve(fmpq_mat(len(independent), 1, right))
            for position, l in enumerate(independent):
                V[l, j] = solved[position, 0]
    return V


@pytest.fixture(scope="session")
def best_factor():
    """The function (instance, U) -> V with cost(U V) least."""
    return _best_factor
