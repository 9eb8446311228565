"""The sketched system: k x t unknown blocks for given rational sketches S and T (Thm 5.1, steps 2 to 6; Thm 6.1).

Let w_ab be the weights (omega_ab = w_ab^2), a the joint row groups, b the joint column groups, l = l(a) and c = c(b)
their weight patterns. Known are g_a = A_a D_{W_a} T (1 x t) and h_b = S D_{W^b} A_b (t x 1). The unknowns are

    P_l = V D_{W_l} T   (k x t), one a distinct weight row l,       giving  u_a = g_a P_l^+,
    Q_c = S D_{W^c} U   (t x k), one a distinct weight column c,    giving  v_b = Q_c^+ h_b,

v = (r_rows + r_columns) k t in all: proportional to the distinct patterns and independent of m and n. By Cramer
u_a = x_a / p_l with x_a = g_a P^T adj(P P^T), p_l = det(P_l P_l^T), and v_b = z_b / q_c with z_b = adj(Q^T Q) Q^T h_b,
q_c = det(Q_c^T Q_c). Hence

    cost = sum_ab |Q_a| |Q_b| omega_ab (A_ab - x_a z_b / (p_l(a) q_c(b)))^2.

Only r_rows + r_columns denominators occur, each of degree 2k. Every point gives a matrix of rank <= k, so the minimum
is >= opt; for good sketches it is <= (1 + eps)^2 opt. Residuals are squared, so the common denominator is the *square*
of q = prod p_l prod q_c: with q y = 1 the objective is p y^2 (the paper writes p y; its degree stays O(rk)).

A *guess* names the maximal independent subset of the k rows of each P_l and of the k columns of each Q_c; entries of
u_a (v_b) outside it are 0, a basic solution of the same regression.

Guarantee: at every point that satisfies the guess the objective is exactly the cost of U V built from that point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flint import fmpq, fmpq_mat, fmpq_mpoly, fmpq_mpoly_ctx

from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError, InternalError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.cramer import PolyMatrix, Subset, adjugate, determinant, principal
from wlra_exact.systems.patterns import Patterns, find_patterns
from wlra_exact.systems.reduced import lift_to
from wlra_exact.systems.sketch import RationalSketch
from wlra_exact.systems.system import Constraint, PolynomialSystem, make_context, stated_levels

__all__ = ["SketchedProblem", "sketched_problem", "square_roots"]


@dataclass(frozen=True, eq=False)
class SketchedProblem:
    """The factors U and V as rational functions of the unknown blocks.

    Attributes:
        context, variables: the ring of the entries of the blocks P_1.., then Q_1.., row by row.
        row_numerators: joint row group -> the k polynomials x_a.
        row_denominators: distinct weight row -> p_l.
        column_numerators: joint column group -> the k polynomials z_b.
        column_denominators: distinct weight column -> q_c.
        dependencies: polynomials that vanish on the guess.
        guess: the independent subsets, of the P blocks and then of the Q blocks.
        patterns: the problem.
    """

    context: fmpq_mpoly_ctx
    variables: tuple[str, ...]
    row_numerators: tuple[tuple[fmpq_mpoly, ...], ...]
    row_denominators: tuple[fmpq_mpoly, ...]
    column_numerators: tuple[tuple[fmpq_mpoly, ...], ...]
    column_denominators: tuple[fmpq_mpoly, ...]
    dependencies: tuple[fmpq_mpoly, ...]
    guess: tuple[tuple[Subset, ...], tuple[Subset, ...]]
    patterns: Patterns

    @property
    def denominators(self) -> tuple[fmpq_mpoly, ...]:
        """The distinct denominators, those of the rows first: r_rows + r_columns of them."""
        return self.row_denominators + self.column_denominators

    def factors(self, point: dict[str, fmpq]) -> tuple[fmpq_mat, fmpq_mat]:
        """U (m', k) and V (k, n') of the collapsed problem at a rational point of the blocks.

        Raises:
            InputError: where a denominator vanishes or a dependency fails.
        """
        values = [point[name] for name in self.variables]
        p = [d(*values) for d in self.row_denominators]
        q = [d(*values) for d in self.column_denominators]
        if 0 in p or 0 in q or any(g(*values) != 0 for g in self.dependencies):
            raise InputError("point", f"blocks on which the guess {self.guess} holds", "blocks where it fails")
        k, rows, columns = self.patterns.k, self.patterns.rows, self.patterns.columns
        U = [x(*values) / p[l] for xs, l in zip(self.row_numerators, rows.weight_patterns, strict=True) for x in xs]
        V = [
            z(*values) / q[c] for zs, c in zip(self.column_numerators, columns.weight_patterns, strict=True) for z in zs
        ]
        return fmpq_mat(rows.size, k, U), fmpq_mat(columns.size, k, V).transpose()

    def separate_system(self) -> PolynomialSystem:
        """One auxiliary variable a denominator, y_d d = 1; the objective has degree 8k whatever r is.

        Its terms are omega |Q_a| |Q_b| (A_ab - x_a z_b y_l y'_c)^2.
        """
        names = tuple(f"y{d + 1}" for d in range(len(self.denominators)))
        lifted = make_context(self.variables + names)
        ys = lifted.gens()[len(self.variables) :]
        row_ys, column_ys = ys[: len(self.row_denominators)], ys[len(self.row_denominators) :]
        inverses = tuple(
            Constraint(lift_to(d, lifted) * y - 1, "=") for d, y in zip(self.denominators, ys, strict=True)
        )
        objective = lifted.constant(0)
        omega, (p, q) = self.patterns.collapsed_omega(), self.patterns.shape
        for a in range(p):
            y_row = row_ys[self.patterns.rows.weight_patterns[a]]
            for b in range(q):
                if omega[a, b] != 0:
                    y = y_row * column_ys[self.patterns.columns.weight_patterns[b]]
                    residual = lifted.constant(self.patterns.A[a, b]) - lift_to(self._product(a, b), lifted) * y
                    objective += residual * residual * omega[a, b]
        constraints = (*inverses, *(Constraint(lift_to(g, lifted), "=") for g in self.dependencies))
        return PolynomialSystem(lifted, self.variables + names, constraints, objective)

    def fraction(self) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """(p, q) with cost = p / q^2 and q the product of the denominators."""
        q, p = self.context.constant(1), self.context.constant(0)
        for d in self.denominators:
            q *= d
        omega, (rows, columns) = self.patterns.collapsed_omega(), self.patterns.shape
        for l in range(len(self.row_denominators)):
            for c in range(len(self.column_denominators)):
                own = self.row_denominators[l] * self.column_denominators[c]
                squares = self.context.constant(0)
                for a in range(rows):
                    for b in range(columns):
                        here = (self.patterns.rows.weight_patterns[a], self.patterns.columns.weight_patterns[b])
                        if here == (l, c) and omega[a, b] != 0:
                            residual = own * self.patterns.A[a, b] - self._product(a, b)
                            squares += residual * residual * omega[a, b]
                others = self._product_without(l, c)
                p += squares * others * others
        return p, q

    def product_system(self) -> PolynomialSystem:
        """The paper's form: one auxiliary y with q y = 1, q the product of all denominators, objective p y^2."""
        p, q = self.fraction()
        lifted = make_context((*self.variables, "y"))
        y = lifted.gen(len(self.variables))
        constraints = (
            Constraint(lift_to(q, lifted) * y - 1, "="),
            *(Constraint(lift_to(g, lifted), "=") for g in self.dependencies),
        )
        return PolynomialSystem(lifted, (*self.variables, "y"), constraints, lift_to(p, lifted) * y * y)

    def cleared_system(
        self, threshold: object, relation: Literal["<", "<="] = "<=", *, consequence: bool = False
    ) -> PolynomialSystem:
        """The decision system ``p - C q^2 relation 0`` and ``q > 0``: no auxiliary variable.

        A square that divides p and q^2 leaves the inequality: with t = k, where P^+ is the inverse of P, half of the
        degree does.

        Args:
            threshold: C, a rational.
            relation: "<" or "<=".
            consequence: as in ``PolynomialSystem.below``.
        """
        p, q = self.fraction()
        square = _largest_square(p.gcd(q * q))
        p, bottom = p / square, q * q / square
        levels = stated_levels(exact(threshold), consequence=consequence)
        conditions = (*(Constraint(p - bottom * level, relation) for level in levels), Constraint(q, ">"))
        return PolynomialSystem(
            self.context, self.variables, conditions + tuple(Constraint(g, "=") for g in self.dependencies)
        )

    def _product(self, a: int, b: int) -> fmpq_mpoly:
        pairs = zip(self.row_numerators[a], self.column_numerators[b], strict=True)
        return sum((x * z for x, z in pairs), self.context.constant(0))

    def _product_without(self, l: int, c: int) -> fmpq_mpoly:
        rest = [d for i, d in enumerate(self.row_denominators) if i != l]
        rest += [d for i, d in enumerate(self.column_denominators) if i != c]
        result = self.context.constant(1)
        for d in rest:
            result *= d
        return result


def sketched_problem(
    problem: Instance | Patterns,
    S: RationalSketch,
    T: RationalSketch,
    guess: tuple[tuple[Subset, ...], tuple[Subset, ...]] | None = None,
    *,
    chart: bool = False,
) -> SketchedProblem:
    """Build the sketched system for given sketches.

    Args:
        problem: an instance of shape (m, n) or patterns; omega must consist of squares of rationals.
        S: sketch of the m rows, (m, t).
        T: sketch of the n columns, (n, t), with the same t >= k.
        guess: independent subsets of 0..k-1, for each distinct weight row and each distinct weight column; None for all
            of 0..k-1 in every block.
        chart: fix the first k columns of P_1 to the identity. (G P_l, Q_c G^-1) gives the same U V as (P_l, Q_c), so
            this keeps the infimum of the full-rank guess.

    Returns:
        A problem with (r_rows + r_columns) k t variables, less k^2 on a chart, and r_rows + r_columns
        denominators of degree at most 2k.

    Raises:
        InputError: for sketches or a guess that do not fit, or a chart of another guess.
        UnsupportedError: when some omega has no rational square root.

    Source: Thm 5.1 and Thm 6.1 of the paper.

    >>> import numpy as np
    >>> from wlra_exact.algebra.exact import matrix
    >>> one = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> sketch = RationalSketch(np.array([[1], [1]]), 0)
    >>> sketched = sketched_problem(one, sketch, sketch)
    >>> sketched.variables, sketched.denominators
    (('p1_1_1', 'q1_1_1'), (p1_1_1^2, q1_1_1^2))
    >>> sketched.factors({"p1_1_1": fmpq(2), "q1_1_1": fmpq(1)})
    ([  1]
    [1/2], [2, 1])
    """
    patterns = problem if isinstance(problem, Patterns) else find_patterns(problem)
    k, t = patterns.k, T.size
    if S.size != t or t < k:
        raise InputError("sketch", f"two sketches of one size t >= {k}", f"{S.size} and {t}")
    row_blocks, column_blocks = patterns.rows.weight_pattern_count, patterns.columns.weight_pattern_count
    if chart and guess is not None:
        raise InputError("chart", "the full-rank guess", repr(guess))
    everything = tuple(range(k))
    chosen = ((everything,) * row_blocks, (everything,) * column_blocks) if guess is None else guess
    if (len(chosen[0]), len(chosen[1])) != (row_blocks, column_blocks):
        raise InputError("guess", f"{row_blocks} row and {column_blocks} column subsets", repr(guess))

    p_names = [[f"p{l + 1}_{i + 1}_{s + 1}" for i in range(k) for s in range(t)] for l in range(row_blocks)]
    q_names = [[f"q{c + 1}_{s + 1}_{i + 1}" for s in range(t) for i in range(k)] for c in range(column_blocks)]
    fixed = {f"p1_{i + 1}_{s + 1}": int(i == s) for i in range(k) for s in range(k)} if chart else {}
    names = tuple(name for block in (*p_names, *q_names) for name in block if name not in fixed)
    context = make_context(names)
    entry = dict(zip(names, context.gens(), strict=True)) | {name: context.constant(x) for name, x in fixed.items()}
    # Both sides in one shape: k vectors of length t. The rows of P_l, and the columns of Q_c.
    P = [[[entry[f"p{l + 1}_{i + 1}_{s + 1}"] for s in range(t)] for i in range(k)] for l in range(row_blocks)]
    Q = [[[entry[f"q{c + 1}_{s + 1}_{i + 1}"] for s in range(t)] for i in range(k)] for c in range(column_blocks)]

    weighted = _weighted_target(patterns)
    g = weighted * T.group_sums(patterns.columns)
    h = weighted.transpose() * S.group_sums(patterns.rows)
    row_side = [_pseudo_inverse(block, J, context) for block, J in zip(P, chosen[0], strict=True)]
    column_side = [_pseudo_inverse(block, J, context) for block, J in zip(Q, chosen[1], strict=True)]
    return SketchedProblem(
        context,
        names,
        tuple(_applied(row_side[l], g, a) for a, l in enumerate(patterns.rows.weight_patterns)),
        tuple(side.denominator for side in row_side),
        tuple(_applied(column_side[c], h, b) for b, c in enumerate(patterns.columns.weight_patterns)),
        tuple(side.denominator for side in column_side),
        tuple(d for side in (*row_side, *column_side) for d in side.dependencies),
        chosen,
        patterns,
    )


def _largest_square(p: fmpq_mpoly) -> fmpq_mpoly:
    """The largest square that divides the polynomial, up to a positive constant."""
    root = p.context().constant(1)
    for factor, exponent in p.factor()[1]:
        root *= factor ** (int(exponent) // 2)
    return root * root


def square_roots(omega: fmpq_mat) -> fmpq_mat:
    """The weights W >= 0 with W o W = omega.

    Raises:
        UnsupportedError: when some entry has no rational square root.

    >>> from wlra_exact.algebra.exact import matrix
    >>> square_roots(matrix([["4/9", 0]]))
    [2/3, 0]
    """
    roots = []
    for w in omega.entries():
        p, q = w.p.isqrt(), w.q.isqrt()
        if p * p != w.p or q * q != w.q:
            raise UnsupportedError(
                f"the sketch multiplies by W, and omega = {w} has no rational square root; "
                "give weights W instead, or use the reduced system, which needs omega only"
            )
        roots.append(fmpq(p, q))
    return fmpq_mat(omega.nrows(), omega.ncols(), roots)


@dataclass(frozen=True, eq=False)
class _Block:
    """X^+ for k vectors X of length t: ``numerator`` (k x t) over ``denominator``, on the guessed subset."""

    numerator: PolyMatrix
    denominator: fmpq_mpoly
    dependencies: tuple[fmpq_mpoly, ...]


def _pseudo_inverse(vectors: PolyMatrix, J: Subset, context: fmpq_mpoly_ctx) -> _Block:
    k, t, zero = len(vectors), len(vectors[0]), context.constant(0)
    if tuple(sorted(set(J))) != J or not all(0 <= i < k for i in J):
        raise InputError("guess", f"increasing subsets of 0..{k - 1}", repr(J))
    gram = [[sum((x * y for x, y in zip(a, b, strict=True)), zero) for b in vectors] for a in vectors]
    adj = adjugate(principal(gram, J), context)
    numerator = [[zero for _ in range(t)] for _ in range(k)]
    for i, row in enumerate(J):
        for s in range(t):
            numerator[row][s] = sum((adj[i][j] * vectors[J[j]][s] for j in range(len(J))), zero)
    dependencies = tuple(determinant(principal(gram, tuple(sorted((*J, j)))), context) for j in range(k) if j not in J)
    return _Block(numerator, determinant(principal(gram, J), context), dependencies)


def _applied(block: _Block, sketched: fmpq_mat, index: int) -> tuple[fmpq_mpoly, ...]:
    """The k polynomials of u_a = g_a P^+ (or v_b = Q^+ h_b), without the denominator."""
    zero = block.denominator.context().constant(0)
    return tuple(sum((x * sketched[index, s] for s, x in enumerate(row)), zero) for row in block.numerator)


def _weighted_target(patterns: Patterns) -> fmpq_mat:
    """W o A of the core. Multiplicities enter through the group sums of the sketches."""
    W = square_roots(patterns.omega)
    pairs = zip(W.entries(), patterns.A.entries(), strict=True)
    weighted = fmpq_mat(*patterns.shape, [w * a for w, a in pairs])
    if weighted.nrows() != patterns.rows.size or weighted.ncols() != patterns.columns.size:
        raise InternalError("a core has one row and one column a joint group")
    return weighted
