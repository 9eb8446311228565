"""One reduction at a time: the step against a slow reading of docs/certificate-format.md, the cost identity, the lift.

Everything here is exact. The reference computes with ``Fraction`` and shares no code with the package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import exact, matrix
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import Reduction, find_blocks, find_gram, find_merge, find_transpose
from wlra_exact.problem.reductions.lift import least_squares, pivots_of, rounded_rows

Rows = list[list[Fraction]]

FINDERS: dict[str, Callable[[Instance], Reduction | None]] = {
    "transpose": find_transpose,
    "blocks": find_blocks,
    "merge row": lambda instance: find_merge(instance, "row"),
    "merge column": lambda instance: find_merge(instance, "column"),
    "gram row": lambda instance: find_gram(instance, "row"),
    "gram column": lambda instance: find_gram(instance, "column"),
}
LINE_FINDERS = {name: find for name, find in FINDERS.items() if " " in name}

VALUES = [Fraction(p, q) for q in (1, 1, 2, 3) for p in range(-4, 5)]
WEIGHTS = [Fraction(w) for w in ("0", "1", "1", "2", "1/2")]
SCALES = [Fraction(s) for s in ("1", "1", "2", "1/3")]
MULTIPLES = [Fraction(c) for c in ("0", "1", "-1", "-3/2")]


def choices(draw: st.DrawFn, table: list[Fraction], count: int) -> list[Fraction]:
    """``count`` entries of the table, from one draw (many small draws are slow)."""
    return [table[byte % len(table)] for byte in draw(st.binary(min_size=count, max_size=count))]


@st.composite
def instances(draw: st.DrawFn, k_max: int = 2) -> Instance:
    """Few weight patterns, scaled; rows fresh or multiples of earlier ones; either orientation."""
    m, n = draw(st.integers(2, 6)), draw(st.integers(2, 5))
    patterns = [choices(draw, WEIGHTS, n) for _ in range(draw(st.integers(1, 3)))]
    which = draw(st.lists(st.sampled_from(patterns), min_size=m, max_size=m))
    omega = [[s * w for w in pattern] for s, pattern in zip(choices(draw, SCALES, m), which, strict=True)]
    A = [choices(draw, VALUES, n) for _ in range(m)]
    for i, (source, c) in enumerate(
        zip(draw(st.binary(min_size=m, max_size=m)), choices(draw, MULTIPLES, m), strict=True)
    ):
        if source % (2 * i + 1) < i:
            A[i] = [c * x for x in A[source % (2 * i + 1)]]
    instance = Instance(matrix(A), matrix(omega), draw(st.integers(1, min(k_max, m, n))))
    return instance.transpose() if draw(st.booleans()) else instance


def fractions(M: fmpq_mat) -> Rows:
    return [[Fraction(int(x.p), int(x.q)) for x in row] for row in M.tolist()]


def random_matrix(draw: st.DrawFn, m: int, n: int) -> fmpq_mat:
    return fmpq_mat(m, n, list(map(exact, choices(draw, VALUES, m * n))))


# --- The rules, read from docs/certificate-format.md, section 3.1 ---


def flipped(M: Rows) -> Rows:
    return [list(column) for column in zip(*M, strict=True)]


def read(text: str) -> Fraction:
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?", text)
    value = Fraction(text)
    assert str(value) == text
    return value


def read_merge(A: Rows, omega: Rows, payload: dict[str, Any]) -> list[tuple[Rows, Rows]]:
    assert set(payload) == {"axis", "groups"}
    if payload["axis"] == "column":
        ((A, omega),) = read_merge(flipped(A), flipped(omega), {**payload, "axis": "row"})
        return [(flipped(A), flipped(omega))]
    assert payload["axis"] == "row"
    used: list[int] = []
    new_omega, gone = [list(row) for row in omega], set()
    for group in payload["groups"]:
        assert set(group) == {"into", "members"}
        p, factor = group["into"], Fraction(1)
        used.append(p)
        for i, s_text, c_text in group["members"]:
            used.append(i)
            gone.add(i)
            s, c = read(s_text), read(c_text)
            assert s > 0
            assert omega[i] == [s * w for w in omega[p]]
            assert all(A[i][j] == c * A[p][j] for j in range(len(A[0])) if omega[p][j] > 0)
            factor += s * c * c
        new_omega[p] = [factor * w for w in omega[p]]
    assert len(set(used)) == len(used)
    kept = [i for i in range(len(A)) if i not in gone]
    return [([A[i] for i in kept], [new_omega[i] for i in kept])]


def read_gram(A: Rows, omega: Rows, payload: dict[str, Any]) -> list[tuple[Rows, Rows]]:
    assert set(payload) == {"axis", "groups"}
    if payload["axis"] == "column":
        ((A, omega),) = read_gram(flipped(A), flipped(omega), {**payload, "axis": "row"})
        return [(flipped(A), flipped(omega))]
    n, used, added_A, added_omega = len(A[0]), [], [], []
    for group in payload["groups"]:
        assert set(group) == {"members", "rows", "weights"}
        members = [(i, read(s)) for i, s in group["members"]]
        assert members[0][1] == 1
        base = omega[members[0][0]]
        support = [j for j in range(n) if base[j] > 0]
        used += [i for i, _ in members]
        assert all(s > 0 and omega[i] == [s * w for w in base] for i, s in members)
        rows = [[read(x) for x in row] for row in group["rows"]]
        weights = [read(d) for d in group["weights"]]
        assert len(rows) == len(weights)
        assert all(d > 0 for d in weights)
        assert all(len(row) == n and not any(row[j] for j in range(n) if j not in support) for row in rows)
        for j in support:
            for l in support:
                left = sum(s * A[i][j] * A[i][l] for i, s in members)
                assert left == sum(d * row[j] * row[l] for d, row in zip(weights, rows, strict=True))
        added_A += rows
        added_omega += [[d * w for w in base] for d in weights]
    assert len(set(used)) == len(used)
    kept = [i for i in range(len(A)) if i not in used]
    return [([A[i] for i in kept] + added_A, [omega[i] for i in kept] + added_omega)]


def read_blocks(A: Rows, omega: Rows, payload: dict[str, Any]) -> list[tuple[Rows, Rows]]:
    children, cells = [], set()
    for block in payload["blocks"]:
        rows, columns = block["rows"], block["columns"]
        for chosen, bound in ((rows, len(A)), (columns, len(A[0]))):
            assert chosen
            assert chosen == sorted(set(chosen))
            assert 0 <= chosen[0] <= chosen[-1] < bound
        block_cells = {(i, j) for i in rows for j in columns}
        assert not block_cells & cells
        cells |= block_cells
        children.append(tuple([[M[i][j] for j in columns] for i in rows] for M in (A, omega)))
    return children


def read_step(parent: Instance, rule: str, payload: dict[str, Any]) -> list[Instance]:
    A, omega = fractions(parent.A), fractions(parent.omega)
    if rule == "transpose":
        assert payload == {}
        children = [(flipped(A), flipped(omega))]
    else:
        children = {"merge": read_merge, "gram": read_gram, "blocks": read_blocks}[rule](A, omega, payload)
    return [Instance(matrix(child_A), matrix(child_omega), parent.k) for child_A, child_omega in children]


def least_cost(A: Rows, omega: Rows, V: Rows) -> Fraction:
    """The least cost over all matrices with rows in the row space of V: Gram-Schmidt in each row's inner product."""
    total = Fraction(0)
    for a, w in zip(A, omega, strict=True):

        def inner(x: list[Fraction], y: list[Fraction], w: list[Fraction] = w) -> Fraction:
            return sum((c * p * q for c, p, q in zip(w, x, y, strict=True)), Fraction(0))

        basis: list[list[Fraction]] = []
        for v in [*V, a]:
            rest = list(v)
            for b in basis:
                if inner(b, b):
                    rest = [x - inner(v, b) / inner(b, b) * y for x, y in zip(rest, b, strict=True)]
            basis.append(rest)
        total += inner(basis[-1], basis[-1])
    return total


# --- Properties ---


@pytest.mark.parametrize("name", FINDERS)
def test_a_step_read_from_its_payload_defines_the_same_children(name: str) -> None:
    found = 0

    @settings(max_examples=80, deadline=None, derandomize=True)
    @given(instances())
    def check(instance: Instance) -> None:
        nonlocal found
        reduction = FINDERS[name](instance)
        if reduction is not None:
            found += 1
            payload = json.loads(json.dumps(dict(reduction.payload)))
            assert reduction.rule == name.split(maxsplit=1)[0]
            assert read_step(instance, reduction.rule, payload) == list(reduction.children)

    check()
    assert found >= 15, "the strategy no longer exercises this reduction"


@pytest.mark.parametrize("name", LINE_FINDERS)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_merge_and_gram_keep_the_least_cost_for_every_row_space(name: str, data: st.DataObject) -> None:
    instance = data.draw(instances())
    reduction = LINE_FINDERS[name](instance)
    if reduction is None:
        return
    (child,) = reduction.children
    if name.endswith("column"):
        instance, child = instance.transpose(), child.transpose()
    V = fractions(random_matrix(data.draw, instance.k, instance.shape[1]))
    before = least_cost(fractions(instance.A), fractions(instance.omega), V)
    assert before == least_cost(fractions(child.A), fractions(child.omega), V)


@pytest.mark.parametrize("name", LINE_FINDERS)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_lift_of_a_least_squares_witness_has_exactly_the_cost_of_the_child(name: str, data: st.DataObject) -> None:
    instance = data.draw(instances())
    reduction = LINE_FINDERS[name](instance)
    if reduction is None:
        return
    (child,) = reduction.children
    across = child.transpose() if name.endswith("column") else child
    V = random_matrix(data.draw, child.k, across.shape[1])
    U = matrix([least_squares(row(across.A, i), row(across.omega, i).entries(), V)[0].entries() for i in rows(across)])
    factors = (V.transpose(), U.transpose()) if name.endswith("column") else (U, V)
    lifted = reduction.lift([factors])
    assert lifted.exact
    assert instance.cost(*lifted.factors) == child.cost(*factors)


@pytest.mark.parametrize("name", LINE_FINDERS)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_lift_never_costs_more_than_the_child_and_merge_keeps_the_cost(name: str, data: st.DataObject) -> None:
    instance = data.draw(instances())
    reduction = LINE_FINDERS[name](instance)
    if reduction is None:
        return
    (child,) = reduction.children
    U, V = random_matrix(data.draw, child.shape[0], child.k), random_matrix(data.draw, child.k, child.shape[1])
    lifted = reduction.lift([(U, V)])
    assert lifted.exact
    assert instance.cost(*lifted.factors) <= child.cost(U, V)
    if reduction.rule == "merge":
        assert instance.cost(*lifted.factors) == child.cost(U, V)


@pytest.mark.parametrize("name", ["gram row", "gram column"])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_bits_make_short_numbers_and_cost_what_the_excess_says(name: str, data: st.DataObject) -> None:
    instance = data.draw(instances())
    reduction = LINE_FINDERS[name](instance)
    if reduction is None:
        return
    (child,) = reduction.children
    U, V = random_matrix(data.draw, child.shape[0], child.k), random_matrix(data.draw, child.k, child.shape[1])
    delta, bits = data.draw(st.sampled_from([(fmpq(1, 1000), 24), (fmpq(1, 10**12), 3)]))
    exact, rounded = reduction.lift([(U, V)]), reduction.lift([(U, V)], delta, bits)
    assert instance.cost(*rounded.factors) == instance.cost(*exact.factors) + rounded.excess
    assert rounded.excess <= delta
    fitted = rounded.U if name == "gram row" else rounded.V.transpose()
    sizes = [i for group in reduction.payload["groups"] for i, _ in group["members"]]
    assert all(is_dyadic(fitted[i, l]) for i in sizes for l in range(child.k))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_blocks_leave_terms_of_the_cost_out_and_never_add_any(data: st.DataObject) -> None:
    instance = data.draw(instances())
    reduction = find_blocks(instance)
    if reduction is None:
        return
    X = random_matrix(data.draw, *instance.shape)
    whole = Instance(instance.A - X, instance.omega, instance.k).norm()
    parts = fmpq(0)
    for block, child in zip(reduction.payload["blocks"], reduction.children, strict=True):
        X_b = matrix([[X[i, j] for j in block["columns"]] for i in block["rows"]])
        parts += Instance(child.A - X_b, child.omega, child.k).norm()
    assert parts <= whole


@settings(max_examples=80, deadline=None)
@given(instances())
def test_after_a_reduction_the_same_one_finds_nothing_more(instance: Instance) -> None:
    for find in FINDERS.values():
        reduction = find(instance)
        if reduction is not None:
            assert all(find(child) is None for child in reduction.children)
            assert all(sum(child.shape) < sum(instance.shape) for child in reduction.children) or (
                reduction.rule == "transpose"
            )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_least_squares_leaves_a_residual_orthogonal_to_the_factor(data: st.DataObject) -> None:
    g, n, k = (data.draw(st.integers(1, 4)) for _ in range(3))
    A, V = random_matrix(data.draw, g, n), random_matrix(data.draw, k, n)
    weights = [fmpq(abs(x)) for x in random_matrix(data.draw, 1, n).entries()]
    U, N = least_squares(A, weights, V)
    D = fmpq_mat(n, n, [weights[i] if i == j else fmpq(0) for i in range(n) for j in range(n)])
    assert V * D * V.transpose() == N
    assert (A - U * V) * D * V.transpose() == fmpq_mat(g, k)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 40))
def test_rounded_rows_are_dyadic_and_close_to_their_row(data: st.DataObject, bits: int) -> None:
    U = random_matrix(data.draw, 1, 3)
    rounded = rounded_rows(U, bits)
    assert all(is_dyadic(x) for x in rounded.entries())
    top = max(map(abs, U.entries()))
    assert all(abs(x - y) <= top / 2**bits for x, y in zip(U.entries(), rounded.entries(), strict=True))


def test_pivots_skip_dependent_columns() -> None:
    assert pivots_of(matrix([[0, 1, 2, 3], [0, 2, 4, 7]]).rref()) == [1, 3]


def is_dyadic(x: fmpq) -> bool:
    return int(x.q).bit_count() == 1


def rows(instance: Instance) -> range:
    return range(instance.shape[0])


def row(M: fmpq_mat, i: int) -> fmpq_mat:
    return fmpq_mat(1, M.ncols(), M.tolist()[i])
