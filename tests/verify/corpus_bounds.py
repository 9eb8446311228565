"""Attacks on the rules that bound: positive semidefiniteness, shapes, signs and ranks."""

from __future__ import annotations

from base_certificates import DIAGONAL, changed, payload
from certificate_builders import F, certificate, dyadic, minors, spectral, step_of, witness, zero_proof


def minors_and_psd():
    yield (
        "minors_threshold_too_high",
        "tau = 9/8 with the multipliers that prove 1",
        "opt >= 9/8, but it is 1",
        changed(
            "minors",
            lambda c: (
                step_of(c, "s1")["payload"].update(threshold="9/8"),
                c["claim"].update(lower="9/8", upper="9/8"),
            ),
        ),
    )
    for name, multipliers, comment in (
        ("rows", dyadic([[1], [1]], -1), "a row of multipliers too many"),
        ("columns", dyadic([[1, 0]], -1), "a column of multipliers too many"),
        ("empty", dyadic([], 0), "no multipliers"),
    ):
        content = payload("minors", "s1", multipliers=multipliers)
        yield (f"minors_multipliers_{name}", comment, "a form that is not zero on rank 1", content)
    rank_two = ([[2, 0, 0], [0, 1, 0], [0, 0, 1]], [[1] * 3] * 3, 2)
    tau, multipliers = F(7, 4), [[31, 0, 0], [0, 31, 0], [0, 0, 62]]
    steps = [
        minors("m", "instance", rank_two, tau, multipliers),
        witness("u", "instance", [[1, 0], [0, 1], [0, 0]], [[2, 0, 0], [0, 1, 0]]),
    ]
    yield (
        "minors_for_rank_two",
        "2x2 minors do not vanish on rank 2",
        "opt >= 7/4 for diag(2, 1, 1), k = 2, whose opt is 1",
        certificate(rank_two, tau, 1, steps),
    )
    proof = {"exponents": [-1] * 4, "factor": ["4", "-2 0", "0 0 0", "0 0 0 0"]}
    yield (
        "psd_too_small",
        "a proof for the first four rows only",
        "nothing about the last row",
        payload("minors", "s1", psd=proof),
    )
    proof = {"exponents": [-1] * 6, "factor": ["4", "-2 0", "0 0 0", "0 0 0 0", "-1 0 0 0 0", "0 0 0 0 0 0"]}
    yield (
        "psd_too_large",
        "a proof with a row too many",
        "a true bound, by a wrong proof",
        payload("minors", "s1", psd=proof),
    )
    yield (
        "psd_zero_factor",
        "M is not diagonally dominant by itself",
        "a true bound, without proof",
        payload("minors", "s1", psd=zero_proof(5)),
    )
    factor = ["4", "-2 0", "0 0 0", "0 0 0 0", "1 0 0 0 0"]
    yield (
        "psd_sign",
        "one sign of the factor is wrong",
        "a true bound, without proof",
        payload("minors", "s1", psd={"exponents": [-1] * 5, "factor": factor}),
    )


def orthogonal():
    def update(**values):
        return payload("orthogonal", "s1", **values)

    skew = ["-23 12 4", "13 -35 13", "4 13 -32"]
    claim = "a bound for a form B that is not zero between the components of X"
    yield ("orthogonal_y1_not_symmetric", "Y1 is not symmetric", claim, update(Y1={"exponent": -6, "rows": skew}))
    yield ("orthogonal_y2_not_symmetric", "Y2 is not symmetric", claim, update(Y2={"exponent": -6, "rows": skew}))
    yield ("orthogonal_y1_shape", "Y1 has two rows", claim, update(Y1={"exponent": -6, "rows": skew[:2]}))
    indefinite = [["1", "2", "0"], ["2", "1", "0"], ["0", "0", "1"]]
    proof = {"exponents": [0] * 3, "factor": ["1", "2 1", "0 0 1"]}
    yield ("orthogonal_g_indefinite", "G1 is no inner product", claim, update(G1=indefinite, psd_G1=proof))
    lopsided = [["1", "1/4", "0"], ["0", "2", "0"], ["0", "0", "1"]]
    yield ("orthogonal_g_not_symmetric", "G1 is not symmetric", claim, update(G1=lopsided))
    yield ("orthogonal_g_shape", "G1 is 1x1", claim, update(G1=[["1"]], psd_G1={"exponents": [0], "factor": ["1"]}))
    semidefinite = [["1", "0", "0"], ["0", "0", "0"], ["0", "0", "1"]]
    proof = {"exponents": [0] * 3, "factor": ["1", "0 0", "0 0 1"]}
    yield (
        "orthogonal_g_semidefinite",
        "G2 is singular: a zero on the diagonal of f",
        claim,
        update(G2=semidefinite, psd_G2=proof),
    )
    proof = {"exponents": [0] * 3, "factor": ["0", "0 0", "0 0 0"]}
    yield (
        "orthogonal_g_unproved",
        "G1 > 0, but its factor is zero and proves >= 0 only",
        "a true bound, by a weaker proof",
        update(psd_G1=proof),
    )
    yield (
        "orthogonal_threshold_too_high",
        "tau = 9 with the multipliers that prove 5",
        "opt >= 9, but it is 7.855...",
        changed(
            "orthogonal", lambda c: (step_of(c, "s1")["payload"].update(threshold="9"), c["claim"].update(lower="9"))
        ),
    )
    yield (
        "orthogonal_rank_three",
        "the multipliers for k = 2 claim a bound for k = 3, whose opt is 0",
        "opt >= 5, but it is 0",
        changed("orthogonal", raise_rank),
    )
    minus = {"exponent": -6, "rows": ["-59 13 -23", "14 -41 15", "10 15 -68"]}
    yield ("orthogonal_multipliers_negated", "L has the wrong sign", claim, update(multipliers=minus))


def raise_rank(content):
    """k = 3 for the 3x3 problem with its exact witness: opt = 0."""
    content["instance"]["k"] = 3
    step_of(content, "s2")["payload"] = {
        "U": [["1", "0", "0"], ["0", "1", "0"], ["0", "0", "1"]],
        "V": content["instance"]["A"],
    }
    content["claim"]["upper"] = "0"


def spectral_minorants():
    def attack(problem, t, claim, **arguments):
        lower = spectral("l", "instance", problem, t, **arguments)
        m, n, k = len(problem[0]), len(problem[0][0]), problem[2]
        upper = witness("u", "instance", [[0] * k] * m, [[0] * n] * k)
        return certificate(problem, claim, 1000, [lower, upper])

    yield (
        "spectral_minorant_too_large",
        "a b = 4 where the weights are 1",
        "opt >= 4 for diag(2, 1), whose opt is 1",
        attack(DIAGONAL, 1, 4, a=[4, 4], b=[1, 1]),
    )
    yield (
        "spectral_negative_minorant",
        "a < 0 and b < 0, so that a b = 1",
        "a bound from a form without meaning",
        attack(DIAGONAL, 1, 1, a=[-1, -1], b=[-1, -1]),
    )
    yield (
        "spectral_zero_minorant",
        "a = 0",
        "a bound from a division by 0",
        payload("spectral", "s1", a=["0", "1", "1"]),
    )
    yield (
        "spectral_target_where_tight",
        "the target is not A where a b = Omega",
        "opt >= 100 for diag(2, 1)",
        attack(DIAGONAL, 100, 100, a=[1, 1], b=[1, 1], target=[[20, 0], [0, 10]]),
    )
    yield (
        "spectral_target_shape",
        "a target with a row too many",
        "a bound for another matrix",
        payload("spectral", "s1", target=[["0"] * 3] * 4),
    )
    wide = ([[1, 1, 1]], [[1, 1, 1]], 3)
    yield (
        "spectral_rank_above_rows",
        "k = 3 > m = 1, so (m - k) t = 20 for t = -10",
        "opt >= 20, but it is 0",
        attack(wide, -10, 20, a=[1], b=[1, 1, 1]),
    )
    yield (
        "spectral_z_negative",
        "Z = -1 < 0 adds its trace to the bound",
        "opt >= 2 for diag(2, 1), whose opt is 1",
        attack(DIAGONAL, 0, 2, a=[1, 1], b=[1, 1], Z=[[-1, 0], [0, -1]]),
    )
    yield (
        "spectral_z_not_symmetric",
        "Z is not symmetric",
        "a bound from half a matrix",
        payload("spectral", "s1", Z={"exponent": -8, "rows": ["1 1 0", "0 1 0", "0 0 1"]}),
    )
    yield (
        "spectral_short_a",
        "a has two entries for three rows",
        "a bound for two rows",
        payload("spectral", "s1", a=["1", "1"]),
    )
    yield (
        "spectral_t_too_high",
        "t = 2 is above the least eigenvalue",
        "opt >= 2, but it is 1",
        payload("spectral", "s1", t="2"),
    )


def witnesses():
    U, V = [["1", "0"], ["0", "1"]], [["2", "0"], ["0", "1"]]
    yield (
        "witness_rank_too_high",
        "U has two columns for k = 1",
        "opt(diag(2, 1)) <= 0, but it is 1",
        changed(
            "minors", lambda c: (step_of(c, "s2")["payload"].update(U=U, V=V), c["claim"].update(upper="0", lower="0"))
        ),
    )
    yield (
        "witness_rank_mismatch",
        "V has two rows for k = 1",
        "a product without meaning",
        payload("minors", "s2", V=V),
    )
    yield ("witness_short", "U has one row for two", "a fit of one row only", payload("minors", "s2", U=[["1"]]))
    yield ("witness_narrow", "V has one column for two", "a fit of one column only", payload("minors", "s2", V=[["2"]]))
