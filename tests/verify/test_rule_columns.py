"""Rule columns: what it proves, and what it rejects (its matrices: test_columns_matrices)."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from base_certificates import DIAGONAL
from box_builders import (
    BOX_BASES,
    COLUMN_PAYLOADS,
    CUT,
    columns,
    nothing,
    problem_in,
    row_text,
    unit,
    variable_count,
)
from certificate_builders import (
    F,
    apply,
    canonical,
    clone,
    fractions,
    problem_of,
    reason,
    step_of,
    text,
    verdict,
    zero_proof,
)

from wlra_exact import verify
from wlra_exact.verify import BoxBound, Invalid


def least_cost_on_box(instance, pivots, lower, upper, points=21):
    """The least cost on a grid of the box, with the best Y: in floating point, never below the true least."""
    A, omega = (np.array(fractions(instance[key]), dtype=float) for key in ("A", "omega"))
    m, k, least = A.shape[0], instance["k"], np.inf
    others = [i for i in range(m) if i not in pivots]
    axes = [np.linspace(float(F(a)), float(F(b)), points) for a, b in zip(lower, upper, strict=True)]
    for R in np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes)):
        U = np.zeros((m, k))
        U[pivots], U[others] = np.eye(k), R.reshape(m - k, k)
        now = 0.0
        for w, a in zip(omega.T, A.T, strict=True):
            root = np.sqrt(w)
            V = np.linalg.lstsq(root[:, None] * U, root * a, rcond=None)[0]
            now += float((w * (a - U @ V) ** 2).sum())
        least = min(least, now)
    return least


@pytest.mark.parametrize("name", COLUMN_PAYLOADS)
def test_the_threshold_is_below_the_least_cost_on_the_box(name):
    instance, payload = COLUMN_PAYLOADS[name]
    bound = apply("columns", [problem_in(instance)], payload)
    assert isinstance(bound, BoxBound)
    least = least_cost_on_box(instance, payload["pivots"], payload["lower"], payload["upper"])
    assert 0 < bound.value <= least + 1e-9


@pytest.mark.parametrize("name", BOX_BASES)
def test_the_bases_are_valid(name):
    base = BOX_BASES[name]
    result = verdict(base)
    assert (result.verdict, result.lower) == ("valid", F(base["claim"]["lower"])), result.reason


def test_no_columns_prove_zero_and_no_more():
    for tau, accepted in ((0, True), (-1, True), (F(1, 10**9), False)):
        payload = nothing("s", "instance", DIAGONAL, [0], unit(1), tau)["payload"]
        if accepted:
            assert apply("columns", [problem_of(*DIAGONAL)], payload).value == tau
        else:
            with pytest.raises(Invalid, match="psd to leave row 0 diagonally dominant"):
                apply("columns", [problem_of(*DIAGONAL)], payload)


def test_a_column_without_rows_outside_the_pivots_takes_part():
    """Column 0 observes the pivot only (v is free: its least cost is 0), column 1 both rows, column 2 none."""
    whole = ([[2, 0, 0], [0, 1, 0]], [[1, 1, 0], [0, 1, 0]], 1)
    parts = [(0, [], [-1]), (1, [], [31, 0, -44, 0, 0, 4, 32]), (2, [0], [-1])]
    payload = columns("s", "instance", whole, [0], unit(1), -1, [60], parts)["payload"]
    assert apply("columns", [problem_of(*whole)], payload).value == -1
    payload["columns"][2]["variables"] = "1"
    with pytest.raises(Invalid, match="diagonally dominant"):
        apply("columns", [problem_of(*whole)], payload)


def test_one_column_is_enough():
    whole, box = ([[0], [1]], [[1], [1]], 1), unit(1)
    payload = columns("s", "instance", whole, [0], box, F(1, 4), [0], [(0, [], [8, 0, 0, 12, 0, 0, 16])])["payload"]
    assert apply("columns", [problem_of(*whole)], payload).value == F(1, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pivots": [0, 1]}, "expected 1 pivots of more than 1 rows, got 2"),
        ({"pivots": [2]}, "expected increasing pivots below 2"),
        ({"lower": []}, "expected 1 bounds on each side, got 0 and 1"),
        ({"upper": ["1", "1"]}, "expected 1 bounds on each side, got 1 and 2"),
        ({"lower": ["1"]}, "expected lower below upper"),
        ({"lower": ["2"]}, "expected lower below upper"),
        ({"total_box": ""}, "integers >= 0 in total_box"),
        ({"total_box": "-1"}, "integers >= 0 in total_box"),
        ({"total_box": "1 1"}, "integers >= 0 in total_box"),
        ({"threshold": "7/8"}, "expected psd to leave row 0 diagonally dominant"),
        ({"psd": zero_proof(3)}, "expected 2 rows in psd, got 3"),
        ({"psd": zero_proof(1)}, "expected 2 rows in psd, got 1"),
        ({"columns": []}, "expected psd to leave row 0 diagonally dominant"),
    ],
)
def test_a_wrong_payload_is_rejected(change, message):
    base = clone(BOX_BASES["cut"])
    step_of(base, "s1")["payload"] |= change
    assert message in reason(base)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"column": 2}, "expected increasing columns below 2, got 2"),
        ({"bare": [0]}, "expected pivot row 0 not observed in column 0, got observed"),
        ({"bare": [1]}, "expected increasing bare below 1"),
        ({"variables": "-4 0 51 106 -52 26"}, "expected 7 variables of column 0, got 6"),
        ({"variables": "-4 0 51 106 -52 26 0 0"}, "expected 7 variables of column 0, got 8"),
        ({"variables": ""}, "expected 7 variables of column 0, got 0"),
        ({"variables": "-4 0 51 103 -52 26 0"}, "expected S_a positive semidefinite"),
        ({"variables": "-4 0 51 106 -52 -26 0"}, "expected S_a positive semidefinite"),
        ({"variables": "-4 0 51 -106 52 -26 0"}, "expected S_a positive semidefinite"),
        ({"variables": "-4 0 51 -1 0 0 0"}, "expected S_a positive semidefinite"),
        ({"variables": "-4 0 51 106 -52 26 9"}, "expected psd to leave row"),
        ({"variables": "-1 0 51 106 -52 26 0"}, "expected psd to leave row"),
        ({"exponent": -4}, "expected psd to leave row"),
        ({"psd": zero_proof(4)}, "expected psd to leave row"),
        ({"psd": zero_proof(5)}, "expected 4 rows in psd, got 5"),
        ({"psd": zero_proof(3)}, "expected 4 rows in psd, got 3"),
    ],
)
def test_a_wrong_column_is_rejected(change, message):
    base = clone(BOX_BASES["cut"])
    step_of(base, "s1")["payload"]["columns"][0] |= change
    assert message in reason(base)


def test_the_only_entry_of_a_bare_s_is_not_negative():
    base = clone(BOX_BASES["bare"])
    part = step_of(base, "s0")["payload"]["columns"][2]
    assert part["bare"] == [0]
    for position in (6, 7):
        values = part["variables"].split(" ")
        values[position] = "-1"
        changed = clone(base)
        step_of(changed, "s0")["payload"]["columns"][2]["variables"] = " ".join(values)
        assert "expected S_a positive semidefinite" in reason(changed)


def test_columns_come_once_and_in_order():
    for order in ([1, 0], [0, 0], [1, 1]):
        base = clone(BOX_BASES["cut"])
        payload = step_of(base, "s1")["payload"]
        payload["columns"] = [payload["columns"][i] for i in order]
        assert "expected increasing columns below 2" in reason(base)


def test_bare_indices_increase():
    base = clone(BOX_BASES["pair"])
    part = step_of(base, "s0")["payload"]["columns"][3]
    for bare in ([0], [1, 1], [1, 0], [0, 1]):
        part["bare"] = bare
        assert "bare" in reason(base) or "not observed" in reason(base)


def test_pivots_increase():
    base = clone(BOX_BASES["pair"])
    for pivots in ([1, 0], [0, 0], [1, 1], [0, 3]):
        step_of(base, "s0")["payload"]["pivots"] = pivots
        assert "expected increasing pivots below 3" in reason(base)


@pytest.mark.parametrize("k", [2, 3, 10**18])
def test_a_rank_of_the_number_of_rows_has_no_chart(k):
    whole, payload = (DIAGONAL[0], DIAGONAL[1], k), step_of(BOX_BASES["cut"], "s1")["payload"]
    for pivots in ([0], [0, 1]):
        with pytest.raises(Invalid, match="pivots of more than"):
            apply("columns", [problem_of(*whole)], {**payload, "pivots": pivots})


def test_the_premise_is_one_problem():
    P, payload = problem_of(*DIAGONAL), step_of(BOX_BASES["cut"], "s1")["payload"]
    bound = apply("columns", [P], payload)
    for premises in ([], [P, P], [bound], [bound, P], [P, bound]):
        with pytest.raises(Invalid, match="premise"):
            apply("columns", premises, payload)


def test_a_larger_box_needs_a_larger_proof():
    """The threshold of the half box is false beyond it: opt = 1, and cost 1 is reached at R = 0 of chart 0."""
    (lower, upper), parts = CUT[0]
    steps_ = [columns("s", "instance", DIAGONAL, [1], box, F(5, 4), [10], parts) for box in ((lower, upper), unit(1))]
    P = problem_of(*DIAGONAL)
    assert apply("columns", [P], steps_[0]["payload"]).value == F(5, 4)
    with pytest.raises(Invalid, match="diagonally dominant"):
        apply("columns", [P], steps_[1]["payload"])


# Sizes: a small file cannot ask for much


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.update(exponent=-20_000), "the matrix of psd"),
        (lambda p: p.update(exponent=20_000), "the matrix of psd"),
        (lambda p: p["columns"][1].update(exponent=20_000), "the matrix of psd"),
        (lambda p: (p["columns"][1].update(exponent=-20_000), p.update(threshold="0")), "the matrix of psd"),
        (lambda p: p.update(upper=[f"{10**1500 + 1}/{10**1500}"]), "the matrix of column 0"),
    ],
)
def test_the_bits_of_the_matrices_are_limited_before_they_are_built(change, message, monkeypatch):
    """At the real limit d = 600 small integers times 2^-20000 would fill gigabytes."""
    base = clone(BOX_BASES["cut"])
    change(step_of(base, "s1")["payload"])
    assert "too large" not in verdict(base).reason
    monkeypatch.setattr(verify, "MAX_ROOM", 60_000)
    assert reason(base) == f"malformed: step s1 (rule columns): too large: {message}"


def test_denominators_that_share_no_factor_are_limited(monkeypatch):
    """The bounds of a box, the data and the weights of a column go over one denominator each."""
    monkeypatch.setattr(verify, "MAX_SHARED", 80)
    monkeypatch.setattr(verify, "MAX_BITS", 80)
    primes = [F(1, 10**9 + p) for p in (7, 9, 21, 33)]
    box, ones = (["0"] * 3, [canonical(1 + x) for x in primes[:3]]), [[1]] * 4
    for A, omega, upper in (
        (ones, ones, box[1]),
        ([[x] for x in primes], ones, ["1"] * 3),
        (ones, [[x] for x in primes], ["1"] * 3),
    ):
        payload = nothing("s", "instance", (A, omega, 1), [0], (["0"] * 3, upper))["payload"]
        count = variable_count((A, omega, 1), [0], 0, [])
        part = {"column": 0, "bare": [], "exponent": 0, "variables": row_text([0] * count), "psd": zero_proof(8)}
        with pytest.raises(verify.Malformed, match="too large: a common denominator"):
            apply("columns", [problem_of(A, omega, 1)], {**payload, "columns": [part]})


def test_many_unions_of_a_large_box_are_limited(monkeypatch):
    base = clone(BOX_BASES["cut"])
    base["steps"][4:4] = [{**step_of(base, "s4"), "id": f"t{i}"} for i in range(50)]
    assert verdict(base).verdict == "valid"
    monkeypatch.setattr(verify, "MAX_ROOM", 5000)
    assert reason(base).endswith("too large: the problems")


def test_every_pair_of_bases_shares_no_bound():
    """A statement about one problem says nothing about another, even an equal one."""
    whole = BOX_BASES["cut"]["instance"]
    for one, other in combinations([problem_in(whole), problem_in(whole)], 2):
        bound = apply("columns", [one], step_of(BOX_BASES["cut"], "s1")["payload"])
        with pytest.raises(Invalid, match="statements about boxes for the problem"):
            apply("chart_cover", [other, bound, bound], {})
    assert "s1" in text(BOX_BASES["cut"])
