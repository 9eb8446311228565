"""Hypothesis strategies: instances of every family, patterned instances, polynomial systems.

Every number is drawn as an integer, so examples shrink towards few rows and columns, rank 1, small entries, weights 1
and the family ``dense``: matrices that can be read.

Guarantee: what is drawn is a legal problem; nothing is known about its opt.
"""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.patterns import Patterns, patterns_from_labels
from wlra_exact.systems.system import Constraint, PolynomialSystem, Relation, make_context
from wlra_exact.testing.families import FAMILIES, POSITIVE, Size, build

__all__ = ["Range", "instances", "patterned_instances", "systems"]

#: Least and largest value, both included.
Range = tuple[int, int]

_RELATIONS: tuple[Relation, ...] = ("<=", "<", "=", ">", ">=", "!=")


def instances(
    *,
    rows: Range = (1, 4),
    columns: Range = (1, 5),
    ranks: Range = (1, 3),
    values: int = 9,
    weights: int = 9,
    families: Iterable[str] | None = None,
    positive: bool = False,
) -> st.SearchStrategy[Instance]:
    """Instances of the families of ``testing.families``.

    Args:
        rows: how many: the least and the largest number.
        columns: how many, likewise.
        ranks: k, likewise; capped below min(m, n), where opt would be 0 for every table, and at least 1.
        values: entries of A are made of integers up to this size.
        weights: so are those of omega.
        families: keys of ``FAMILIES``; None takes all.
        positive: only families whose weights are all positive.

    Raises:
        InputError: for empty or negative ranges, or an unknown family.

    >>> from hypothesis import find
    >>> find(instances(), lambda instance: instance.A.rank() == 2).A
    [0, 1]
    [1, 0]
    """
    for name, given in (("rows", rows), ("columns", columns), ("ranks", ranks)):
        _check_range(name, given)
    chosen = tuple(FAMILIES) if families is None else tuple(families)
    if not chosen or not set(chosen) <= set(FAMILIES):
        raise InputError("families", "some of " + ", ".join(FAMILIES), ", ".join(map(str, chosen)) or "none")
    if positive:
        chosen = tuple(name for name in chosen if name in POSITIVE)
        if not chosen:
            raise InputError("families", "one with positive weights: " + ", ".join(POSITIVE), "none of them")

    @st.composite
    def drawn(draw: st.DrawFn) -> Instance:
        family = draw(st.sampled_from(chosen))
        m, n = draw(st.integers(*rows)), draw(st.integers(*columns))
        most = max(1, min(ranks[1], min(m, n) - 1))
        k = draw(st.integers(min(ranks[0], most), most))
        return build(family, lambda least, top: draw(st.integers(least, top)), Size(m, n, k, values, weights))

    return drawn()


def patterned_instances(
    core: st.SearchStrategy[Instance] | None = None, *, rows: int = 12, columns: int = 12
) -> st.SearchStrategy[Patterns]:
    """Problems with few distinct rows and columns: a core and labels, never expanded.

    Args:
        core: strategy for the core; None takes ``instances(rows=(1, 3), columns=(1, 3))``.
        rows: most labels of rows.
        columns: most labels of columns.

    >>> from hypothesis import find
    >>> found = find(patterned_instances(), lambda patterns: max(patterns.rows.multiplicities) >= 3)
    >>> found.rows.multiplicities, found.collapsed().omega
    ((3,), [3])
    """
    if min(rows, columns) < 1:
        raise InputError("labels", "at least one row and one column", f"{rows} and {columns}")
    cores = instances(rows=(1, 3), columns=(1, 3)) if core is None else core

    @st.composite
    def drawn(draw: st.DrawFn) -> Patterns:
        instance = draw(cores)
        labels = [
            draw(st.lists(st.integers(0, length - 1), min_size=1, max_size=most))
            for length, most in zip(instance.shape, (rows, columns), strict=True)
        ]
        k = min(instance.k, max(map(len, labels)))
        return patterns_from_labels(instance.A, instance.omega, k, *labels)

    return drawn()


def systems(
    *, variables: Range = (1, 2), constraints: Range = (1, 3), degree: int = 2, coefficients: int = 4
) -> st.SearchStrategy[PolynomialSystem]:
    """Polynomial systems with few variables and integer coefficients, without an objective.

    Args:
        variables: how many, from x1 on.
        constraints: how many.
        degree: of each variable in each term.
        coefficients: integers up to this size.

    >>> from hypothesis import find
    >>> print(find(systems(), lambda system: system.degree() == 2).constraints[0])
    x1^2 <= 0
    """
    for name, given in (("variables", variables), ("constraints", constraints)):
        _check_range(name, given)

    @st.composite
    def drawn(draw: st.DrawFn) -> PolynomialSystem:
        names = tuple(f"x{i + 1}" for i in range(draw(st.integers(*variables))))
        ring = make_context(names)
        found = []
        for _ in range(draw(st.integers(*constraints))):
            p = ring.constant(draw(st.integers(-coefficients, coefficients)))
            for _ in range(draw(st.integers(1, 3))):
                term = ring.constant(draw(st.integers(-coefficients, coefficients)))
                for x in ring.gens():
                    term *= x ** draw(st.integers(0, degree))
                p += term
            found.append(Constraint(p, draw(st.sampled_from(_RELATIONS))))
        return PolynomialSystem(ring, names, tuple(found))

    return drawn()


def _check_range(name: str, given: object) -> None:
    """Refuse whatever is no range of positive integers.

    Raises:
        InputError: naming the argument.
    """
    match given:
        case (int(least), int(most)) if 1 <= least <= most:
            return
    raise InputError(name, "a pair of integers, 1 <= least <= most", repr(given))
