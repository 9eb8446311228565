"""The problem: ``Instance(A, omega, k)`` over Q, and its cost.

    opt(A, omega, k) = inf { cost(X) : X real (m, n), rank X <= k },   cost(X) = sum_ij omega_ij (A_ij - X_ij)^2.

``omega`` is canonical: it is the weight of the *squared* residual, entry by entry (omega = W o W in the paper's
notation). ``weights`` W are squared on entry by ``Instance.from_weights``. A missing entry has omega_ij = 0, and then
A_ij plays no role: it is stored as 0.

``opt`` is an infimum. With zero weights it need not be attained: A = [[*, 1], [1, 0]], k = 1 has opt = 0 and no
minimiser.

Guarantee: every value here is exact. Matrices are never mutated after construction.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import index
from typing import Any, SupportsIndex

from flint import fmpq, fmpq_mat

from wlra_exact.errors import InputError

__all__ = ["Instance"]

#: Instances of so many entries are printed with them.
_SHOWN = 36


@dataclass(frozen=True, eq=False)
class Instance:
    """A weighted low-rank approximation problem over Q.

    Attributes:
        A: (m, n) matrix over Q, 0 where omega is 0.
        omega: (m, n) matrix over Q, non-negative: weights of the squared residuals.
        k: rank, at least 1.

    Raises:
        InputError: for unequal shapes, an empty matrix, a negative weight, a rank below 1, or a rank above max(m, n).

    >>> from wlra_exact.algebra.exact import matrix
    >>> one = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> one
    Instance(A=[[2, 0], [0, 1]], omega=[[1, 1], [1, 1]], k=1)
    >>> one.shape, one.cost(matrix([[1], [0]]), matrix([[2, 0]]))
    ((2, 2), 1)
    """

    A: fmpq_mat
    omega: fmpq_mat
    k: int

    def __post_init__(self) -> None:
        shape, omega_shape = self.shape, (self.omega.nrows(), self.omega.ncols())
        if 0 in shape:
            raise InputError("A", "at least one row and one column", f"shape {shape[0]}x{shape[1]}")
        if shape != omega_shape:
            raise InputError("omega", f"the shape of A, {shape[0]}x{shape[1]}", f"{omega_shape[0]}x{omega_shape[1]}")
        object.__setattr__(self, "k", _natural(self.k))
        if self.k > max(shape):
            raise InputError("rank", f"at most {max(shape)} for a {shape[0]}x{shape[1]} matrix", str(self.k))
        weights = self.omega.entries()
        for position, weight in enumerate(weights):
            if weight < 0:
                i, j = divmod(position, shape[1])
                raise InputError(f"omega, row {i + 1}, column {j + 1}", "a weight >= 0", str(weight))
        if any(w == 0 and a != 0 for w, a in zip(weights, self.A.entries(), strict=True)):
            zero = fmpq(0)
            kept = [a if w != 0 else zero for w, a in zip(weights, self.A.entries(), strict=True)]
            object.__setattr__(self, "A", fmpq_mat(*shape, kept))

    @classmethod
    def from_weights(cls, A: fmpq_mat, weights: fmpq_mat, k: int) -> Instance:
        """The instance with omega = weights o weights (the paper's convention ||W o (A - X)||_F^2).

        Raises:
            InputError: as the class, and for a negative weight.
        """
        for position, w in enumerate(weights.entries()):
            if w < 0:
                i, j = divmod(position, weights.ncols())
                raise InputError(f"weights, row {i + 1}, column {j + 1}", "a weight >= 0", str(w))
        squared = [w * w for w in weights.entries()]
        return cls(A, fmpq_mat(weights.nrows(), weights.ncols(), squared), k)

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n)."""
        return self.A.nrows(), self.A.ncols()

    def cost(self, U: fmpq_mat, V: fmpq_mat) -> fmpq:
        """The exact cost of the product U V. ``U`` is (m, k), ``V`` is (k, n).

        Raises:
            InputError: for arrays of floats: ``wlra_exact.compare`` and ``Result.compare`` take those.
        """
        for name, factor in (("U", U), ("V", V)):
            if not isinstance(factor, fmpq_mat):
                raise InputError(name, "an fmpq_mat; wlra_exact.compare takes arrays", type(factor).__name__)
        residual = self.A - U * V
        return _weighted_squares(self.omega, residual)

    def norm(self) -> fmpq:
        """cost(0) = ||W o A||_F^2, the trivial upper bound on opt (Lemma 3.7 of the paper)."""
        return _weighted_squares(self.omega, self.A)

    def transpose(self) -> Instance:
        """The instance of A^T, omega^T: it has the same opt, since rank X = rank X^T."""
        return Instance(self.A.transpose(), self.omega.transpose(), self.k)

    def submatrix(self, rows: list[int], columns: list[int]) -> Instance:
        """The instance of the chosen rows and columns, in the given order; k is capped at the shape."""
        A = fmpq_mat(len(rows), len(columns), [self.A[i, j] for i in rows for j in columns])
        omega = fmpq_mat(len(rows), len(columns), [self.omega[i, j] for i in rows for j in columns])
        return Instance(A, omega, min(self.k, max(len(rows), len(columns))))

    def bits(self) -> int:
        """The length of the longest numerator or denominator in A and omega."""
        return max(int(x.height_bits()) for x in self.A.entries() + self.omega.entries())

    def __repr__(self) -> str:
        m, n = self.shape
        if m * n > _SHOWN:
            return f"Instance({m}x{n}, k={self.k})"
        A, omega = (
            "[" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in M.tolist()) + "]"
            for M in (self.A, self.omega)
        )
        return f"Instance(A={A}, omega={omega}, k={self.k})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # IPython and Hypothesis would print the fields one by one, matrices over several lines.
        printer.text(repr(self))

    def __reduce__(self) -> tuple[object, ...]:
        return _from_entries, (self.shape, self.A.entries(), self.omega.entries(), self.k)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Instance):
            return NotImplemented
        return bool(self.A == other.A and self.omega == other.omega and self.k == other.k)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Nodes of a search look an instance up again and again.
        return hash((self.k, tuple(self.A.entries()), tuple(self.omega.entries())))


def _natural(k: SupportsIndex) -> int:
    """The rank as an integer of Python's: NumPy's have no place in a certificate."""
    try:
        found = 0 if isinstance(k, bool) else index(k)
    except TypeError:
        found = 0
    if found < 1:
        raise InputError("rank", "an integer of at least 1", repr(k))
    return found


def _weighted_squares(omega: fmpq_mat, R: fmpq_mat) -> fmpq:
    terms = (w * r * r for w, r in zip(omega.entries(), R.entries(), strict=True) if w != 0)
    return sum(terms, fmpq(0))


def _reduce_matrix(M: fmpq_mat) -> tuple[Callable[..., fmpq_mat], tuple[object, ...]]:
    return fmpq_mat, (M.nrows(), M.ncols(), M.entries())


copyreg.pickle(fmpq_mat, _reduce_matrix)  # FLINT matrices do not pickle; their entries do


def _from_entries(shape: tuple[int, int], A: list[fmpq], omega: list[fmpq], k: int) -> Instance:
    return Instance(fmpq_mat(*shape, A), fmpq_mat(*shape, omega), k)
