"""Every quantity the paper states, as an exact integer for a problem of any size.

A ``Setting`` holds the sizes (m, n, k, distinct weight patterns r, distinct joint patterns p, bits H of the integer
entries of A and W, accuracy eps); each theorem becomes a function from a setting to ``Quantities``: variables,
constraints, degree, bits of the largest coefficient, distinct denominators, rank guesses, log2 of the lower and upper
bound, search steps, log2 of the cost of one decision and of the whole. Constants that the paper hides in O(.) are the
fields of ``Constants``, with documented defaults.

    Lemma 3.7   opt <= ||W o A||^2 < m n 2^{4H}
    Lemma 4.1   v = k (m + n), one constraint, degree 4; the lower bound is Thm 3.5 on the ball of ``full``
    Thm 5.1     v = (r_rows + r_columns) k t + 1, t = ceil(c k / eps); degree 4 k (r_rows + r_columns) + 2
    Thm 6.1     the same system, written down in time linear in m + n, decided once a search step
    Thm 1.2     Thm 6.1, then one search an entry of U and V, all repeated O(log 1/delta) times
    ours        the full system on joint patterns and one chart, k (p_rows + p_columns - k) variables, gap theorem

Guarantee: integers only. Lower bounds are rounded down, upper bounds and costs up. The bits are proved bounds on the
coefficients of the systems that ``full`` and ``sketched`` build (for sketches with numerators below 2^(bits + 6)).
The lower bound of Thm 5.1 is the formula as the paper applies it: it holds with high probability for the sketched
minimum, and only where the set is compact (``Quantities.is_proved`` is False; docs/theory.md has counterexamples).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError
from wlra_exact.systems.bounds import ceil_log2, gap_exponent, jpt_exponent
from wlra_exact.systems.sketch import sketch_size

__all__ = [
    "THEOREMS",
    "Constants",
    "Quantities",
    "Setting",
    "decision_log2",
    "enumeration",
    "exact_compression",
    "lemma_3_7",
    "lemma_4_1",
    "search_steps",
    "theorem_1_2",
    "theorem_5_1",
    "theorem_6_1",
]


@dataclass(frozen=True)
class Constants:
    """The constants hidden in O(.), named.

    Attributes:
        sketch: c in t = ceil(c k / eps) (Lemma 3.8); 2 makes the expected excess at most eps.
        decision: c in (m d)^{c v} (Thm 3.4).
        height: c in poly(H) = H^c (Thm 3.4).
        sketch_bits: binary digits after the point of the rational sketches.
        inverse_delta: 1/delta, where delta is the failure probability aimed at by repetition (Thm 1.2).
        repetitions: c in ceil(c log2(1/delta)) repetitions.
    """

    sketch: str = "2"
    decision: int = 1
    height: int = 1
    sketch_bits: int = 30
    inverse_delta: int = 100
    repetitions: int = 1


@dataclass(frozen=True)
class Setting:
    """The sizes of a problem: all that the paper's statements depend on.

    Attributes:
        m, n: shape.
        k: rank.
        r_rows, r_columns: distinct rows and columns of W.
        p_rows, p_columns: distinct joint rows and columns (of W together with W o A).
        bits: H; entries of A and W are integers below 2^H in absolute value.
        eps: accuracy, 0 < eps <= 1/2, as text.
        positive_weights: whether no weight is zero, so that opt is attained in a known ball.
        constants: the hidden constants.

    Raises:
        InputError: for sizes that no problem has.

    >>> Setting(m=10, n=10, k=1, r_rows=2, r_columns=2, p_rows=3, p_columns=3, bits=8).sketch_size
    4
    """

    m: int
    n: int
    k: int
    r_rows: int
    r_columns: int
    p_rows: int
    p_columns: int
    bits: int
    eps: str = "1/2"
    positive_weights: bool = True
    constants: Constants = field(default_factory=Constants)

    def __post_init__(self) -> None:
        fits = (
            1 <= self.r_rows <= self.p_rows <= self.m
            and 1 <= self.r_columns <= self.p_columns <= self.n
            and 1 <= self.k <= max(self.m, self.n)
            and self.bits >= 1
        )
        if not fits:
            raise InputError("setting", "1 <= r <= p <= n, 1 <= k <= max(m, n), bits >= 1", repr(self))
        if not 0 < exact(self.eps) <= exact("1/2"):
            raise InputError("eps", "a number above 0, at most 1/2", self.eps)

    @property
    def sketch_size(self) -> int:
        """The sketch dimension t of Lemma 3.8."""
        return sketch_size(self.k, self.eps, self.constants.sketch)


@dataclass(frozen=True)
class Quantities:
    """What a theorem predicts for a setting; None where it says nothing.

    Attributes:
        theorem: its name.
        variables, constraints, degree, bits: the size of its system, threshold constraint not counted.
        denominators: distinct denominators.
        log2_guesses: log2 of the number of rank guesses.
        log2_lower: opt is 0 or at least 2^log2_lower.
        log2_upper: opt is at most 2^log2_upper.
        steps: threshold decisions of a binary search in the exponent, the test for 0 included.
        log2_decision: log2 of one decision's cost, (m d)^{c v} H^c.
        log2_total: log2 of steps, guesses and decisions together.
        is_proved: whether log2_lower needs no unchecked hypothesis.
    """

    theorem: str
    variables: int
    constraints: int
    degree: int
    bits: int
    denominators: int
    log2_guesses: int
    log2_lower: int | None
    log2_upper: int
    steps: int | None
    log2_decision: int
    log2_total: int
    is_proved: bool


def lemma_3_7(setting: Setting) -> int:
    """An exponent e with ||W o A||_F^2 <= 2^e for integer entries of H bits: ceil log2(m n) + 4 H.

    >>> lemma_3_7(Setting(m=2, n=4, k=1, r_rows=1, r_columns=1, p_rows=1, p_columns=1, bits=5))
    23
    """
    return ceil_log2(setting.m * setting.n) + 4 * setting.bits


def search_steps(log2_lower: int, log2_upper: int, eps: object) -> int:
    """Decisions to find opt up to a factor 1 + eps between two powers of two, the test for 0 included.

    The grid 2^lower (1 + eps)^i has at most (upper - lower) / eps + 1 intervals, since log2(1 + eps) >= eps on [0, 1];
    bisecting their index takes log2 of that many decisions.

    >>> search_steps(-1000, 24, "1/2")
    13
    """
    grid = int((exact(log2_upper - log2_lower) / exact(eps)).ceil()) + 1
    return 1 + max(0, ceil_log2(max(grid, 1)))


def decision_log2(setting: Setting, variables: int, constraints: int, degree: int, bits: int) -> int:
    """log2 of (m d)^{c v} H^c', the cost of one decision (Thm 3.4), rounded up."""
    c = setting.constants
    return c.decision * variables * ceil_log2(max(2, constraints * degree)) + c.height * ceil_log2(max(bits, 1))


def lemma_4_1(setting: Setting) -> Quantities:
    """Lemma 4.1: all k (m + n) entries are variables.

    The lower bound is Thm 3.5 on the ball of ``full.bounded_full_system``; it is proved when all weights are positive.

    >>> found = lemma_4_1(Setting(m=3, n=3, k=1, r_rows=3, r_columns=3, p_rows=3, p_columns=3, bits=4))
    >>> found.variables, found.degree, found.log2_lower
    (6, 4, -56623104)
    """
    v = setting.k * (setting.m + setting.n)
    spread = ceil_log2(setting.m * setting.n)
    bits = spread + 4 * setting.bits + 1
    # The ball's R^2 <= k + 4 m n 2^{4H}: one bit more than the cost's coefficients, twice.
    lower = jpt_exponent(v, 1, 4, bits + 2)
    return _quantities(
        "Lemma 4.1", setting, (v, 1, 4, bits), denominators=0, log2_guesses=0, lower=(lower, setting.positive_weights)
    )


def theorem_5_1(setting: Setting) -> Quantities:
    """Thm 5.1: the sketched system with one auxiliary variable and a product of r_rows + r_columns denominators.

    >>> found = theorem_5_1(Setting(m=9, n=9, k=1, r_rows=2, r_columns=2, p_rows=2, p_columns=2, bits=4))
    >>> found.variables, found.degree, found.denominators, found.log2_guesses
    (17, 18, 4, 4)
    """
    found = _sketched("Thm 5.1", setting)
    writing = ceil_log2(setting.m * setting.n * setting.k * setting.sketch_size)
    return replace(found, log2_total=1 + max(found.log2_total, writing))


def theorem_6_1(setting: Setting) -> Quantities:
    """Thm 6.1: the value. The system of Thm 5.1, written in one pass over m + n indices and p_rows p_columns terms."""
    found = _sketched("Thm 6.1", setting)
    t, terms = setting.sketch_size, setting.p_rows * setting.p_columns * setting.k
    writing = ceil_log2((setting.m + setting.n + terms) * t)
    return replace(found, log2_total=1 + max(found.log2_total, writing))


def theorem_1_2(setting: Setting) -> Quantities:
    """Thm 7.1 and 1.2: the factors. One search an entry of U and V, repeated ceil(c log2(1/delta)) times."""
    found = theorem_6_1(setting)
    c = setting.constants
    entries = setting.k * (setting.m + setting.n)
    repetitions = max(1, c.repetitions * ceil_log2(c.inverse_delta))
    extra = ceil_log2((entries + 1) * repetitions)
    return replace(found, theorem="Thm 1.2", log2_total=found.log2_total + extra)


def exact_compression(setting: Setting) -> Quantities:
    """Ours: joint patterns merged, one chart, no sketch, no auxiliary variable; the gap theorem, zero weights allowed.

    >>> found = exact_compression(Setting(m=9, n=9, k=1, r_rows=2, r_columns=2, p_rows=2, p_columns=2, bits=4))
    >>> found.variables, found.degree, found.is_proved
    (3, 4, True)
    """
    k, rows, columns = setting.k, setting.p_rows, setting.p_columns
    bits = ceil_log2(setting.m * setting.n) + 4 * setting.bits + 1
    if k >= min(rows, columns):
        # The collapsed matrix has no more rows or columns than the rank: opt = 0 and nothing is searched.
        return Quantities("ours", 0, 0, 0, bits, 0, 0, None, lemma_3_7(setting), 0, 0, 0, True)
    v = k * (rows + columns - k)
    entry = (1 << setting.bits) + k
    weight = setting.m * setting.n << (2 * setting.bits)
    lower = gap_exponent(v, 4, ceil_log2(weight * entry * entry), ceil_log2(2 * weight * entry))
    return _quantities("ours", setting, (v, 1, 4, bits), denominators=0, log2_guesses=0, lower=(lower, True))


def enumeration(setting: Setting) -> int:
    """log2 of the trivial enumeration: every one of the k (m + n) entries of U and V runs over all H-bit values.

    >>> enumeration(Setting(m=3, n=3, k=1, r_rows=3, r_columns=3, p_rows=3, p_columns=3, bits=4))
    24
    """
    return setting.k * (setting.m + setting.n) * setting.bits


#: The statements that fill a table's columns, by name.
THEOREMS: Mapping[str, Callable[[Setting], Quantities]] = {
    "Lemma 4.1": lemma_4_1,
    "Thm 5.1": theorem_5_1,
    "Thm 6.1": theorem_6_1,
    "Thm 1.2": theorem_1_2,
    "ours": exact_compression,
}


def _sketched(theorem: str, setting: Setting) -> Quantities:
    k, t, blocks = setting.k, setting.sketch_size, setting.r_rows + setting.r_columns
    v = blocks * k * t + 1
    degree = 4 * k * blocks + 2
    lower = jpt_exponent(v, 2, degree, _sketched_bits(setting))
    # Two constraints for the bound: q y = 1, and the ball that Thm 3.5 asks for.
    size = (v, 1, degree, _sketched_bits(setting))
    return _quantities(theorem, setting, size, denominators=blocks, log2_guesses=k * blocks, lower=(lower, False))


def _sketched_bits(setting: Setting) -> int:
    """Bits of p and q of Thm 5.1 with integer coefficients, from sums of absolute coefficients.

    A Gram determinant of k vectors of length t has norm at most k! t^k =: D, and so has each entry of g P^T adj(P P^T)
    once g is an integer vector and divided by max|g|. With b sketch bits, a residual over its own two denominators has
    norm at most D^2 (2^{H + 2b} + k G_rows G_columns), and multiplying its square by the squares of the others gives p.
    """
    k, t, H, b = setting.k, setting.sketch_size, setting.bits, setting.constants.sketch_bits
    determinant = math.factorial(k) * t**k
    g_rows, g_columns = (count << (2 * H + b + 6) for count in (setting.n, setting.m))
    residual = (1 << (H + 2 * b)) + k * g_rows * g_columns
    blocks = setting.r_rows + setting.r_columns
    return ceil_log2((setting.m * setting.n << (2 * H)) * determinant ** (2 * blocks) * residual**2) + 1


def _quantities(
    theorem: str,
    setting: Setting,
    size: tuple[int, int, int, int],
    *,
    denominators: int,
    log2_guesses: int,
    lower: tuple[int, bool],
) -> Quantities:
    variables, constraints, degree, bits = size
    upper = lemma_3_7(setting)
    steps = search_steps(lower[0], upper, setting.eps)
    # A decision has the system's constraints and the threshold.
    decision = decision_log2(setting, variables, max(constraints, 1) + (denominators > 0), degree, bits)
    total = ceil_log2(steps) + log2_guesses + decision
    return Quantities(
        theorem=theorem,
        variables=variables,
        constraints=constraints,
        degree=degree,
        bits=bits,
        denominators=denominators,
        log2_guesses=log2_guesses,
        log2_lower=lower[0],
        log2_upper=upper,
        steps=steps,
        log2_decision=decision,
        log2_total=total,
        is_proved=lower[1],
    )
