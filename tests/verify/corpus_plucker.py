"""Attacks on the rule plucker."""

from __future__ import annotations

from certificate_builders import F, canonical, certificate, clone, step, step_of, witness
from plucker_builders import PLUCKER_BASES, payload


def changed(name, change, lower=None):
    """A base with another payload, and the claim that it would prove."""
    content = clone(PLUCKER_BASES[name])
    found = step_of(content, "s1")["payload"]
    change(found)
    if lower is not None:
        found["threshold"] = content["claim"]["lower"] = canonical(lower)
    return content


def row_changed(place, value):
    def change(rows):
        entries = rows[0].split()
        entries[place] = str(value)
        rows[0] = " ".join(entries)

    return change


def plucker_proofs():
    true, false = "a true bound, in a wrong form", "opt >= 5 where opt is 4.64..."
    nothing = lambda _: None  # noqa: E731
    yield ("plucker_threshold_above_opt", "tau = 5, rank 2", false, changed("plane", nothing, 5))
    yield ("plucker_threshold_above_opt_rank_one", "tau = 1.01", "opt > 1", changed("line", nothing, F(101, 100)))
    yield (
        "plucker_price_changed",
        "the first coefficient of a price moved, so that the last price is another",
        "a bound by prices that are too high",
        changed("mask", lambda c: row_changed(0, 10**8)(c["prices"]["rows"])),
    )
    yield (
        "plucker_prices_exchanged",
        "the prices of two groups",
        "a bound by prices of other groups",
        changed("plane", lambda c: c["prices"]["rows"].reverse()),
    )
    yield (
        "plucker_multiplier_of_other_sign",
        "the relation enters with the other sign",
        true,
        changed(
            "plane",
            lambda c: c["groups"][0]["multipliers"].update(
                rows=[" ".join(str(-int(x)) for x in row.split()) for row in c["groups"][0]["multipliers"]["rows"]]
            ),
        ),
    )
    yield (
        "plucker_monomial_off_the_basis",
        "a multiplier of the relation on p_23 p_23 in a group without weights in row 3",
        true,
        changed("plane", lambda c: row_changed(20, 1)(c["groups"][1]["multipliers"]["rows"])),
    )
    yield (
        "plucker_factor_of_zeros",
        "no squares: what is left is not dominated",
        false,
        changed(
            "plane",
            lambda c: c["groups"][0]["psd"].update(
                factor=[" ".join("0" for _ in row.split()) for row in c["groups"][0]["psd"]["factor"]]
            ),
        ),
    )
    yield (
        "plucker_factor_too_large",
        "squares that exceed the form: negative remainders",
        false,
        changed("plane", lambda c: c["groups"][0]["psd"].update(exponents=[0] * 21)),
    )
    yield ("plucker_group_left_out", "two groups of three", false, changed("plane", lambda c: c["groups"].pop()))
    yield ("plucker_group_twice", "four groups", true, changed("plane", lambda c: c["groups"].append(c["groups"][0])))
    yield ("plucker_price_left_out", "one price", false, changed("plane", lambda c: c["prices"]["rows"].pop()))
    yield (
        "plucker_price_too_many",
        "a price for the last group too: it need not be what is left of tau",
        false,
        changed("line", lambda c: c["prices"]["rows"].append("0 0 0"), 2),
    )
    yield (
        "plucker_relation_left_out",
        "no row of multipliers",
        true,
        changed("plane", lambda c: c["groups"][0]["multipliers"]["rows"].pop()),
    )
    yield (
        "plucker_relation_for_rank_one",
        "a relation between four rows where there is none",
        true,
        changed("line", lambda c: c["groups"][0]["multipliers"]["rows"].append("0 0 0")),
    )
    yield (
        "plucker_basis_of_all_products",
        "21 rows in the proof of a group with 15",
        true,
        changed("plane", lambda c: c["groups"][1].update(psd=c["groups"][0]["psd"])),
    )
    ones = [[1] * 4] * 4
    yield (
        "plucker_rank_three",
        "k = 3: other relations",
        "opt >= 4.6 of a matrix of rank one",
        certificate(
            (ones, ones, 3), F(payload("plane")["threshold"]), 16,
            [
                step("l", "plucker", ["instance"], **payload("plane")),
                witness("u", "instance", [[0] * 3] * 4, [[0] * 4] * 3),
            ],
        ),
    )  # fmt: skip
    yield (
        "plucker_rank_of_all_rows",
        "k = m: one minor",
        "opt >= 7/8 where opt is 0",
        certificate(
            ([[2, 0], [0, 1]], [[1, 1], [1, 1]], 2), F(payload("line")["threshold"]), 1,
            [
                step("l", "plucker", ["instance"], **payload("line")),
                witness("u", "instance", [[1, 0], [0, 1]], [[2, 0], [0, 0]]),
            ],
        ),
    )  # fmt: skip
    loose = ([[1, 2], [0, 0]], [[1, 1], [0, 0]], 1)
    yield (
        "plucker_without_groups",
        "every column fits exactly: no group",
        "opt >= 0.99 where opt = 0",
        certificate(
            loose, F(payload("line")["threshold"]), 5,
            [step("l", "plucker", ["instance"], **payload("line")), witness("u", "instance", [[0], [0]], [[0, 0]])],
        ),
    )  # fmt: skip
    many = ([[0]] * 16, [[1]] * 16, 1)
    yield (
        "plucker_sixteen_minors",
        "more than the rule is for",
        "a true bound, beyond the rule",
        certificate(
            many, 0, 0,
            [
                step("l", "plucker", ["instance"], **(payload("line") | {"threshold": "0"})),
                witness("u", "instance", [[0]] * 16, [[0]]),
            ],
        ),
    )  # fmt: skip


def malformed_plucker():
    nothing = "nothing: it is no certificate"

    def without(key):
        return changed("line", lambda c: c.pop(key))

    yield ("payload_plucker_no_groups", "an empty list", nothing, changed("line", lambda c: c.update(groups=[])))
    yield ("payload_plucker_without_prices", "no prices", nothing, without("prices"))
    yield ("payload_plucker_without_threshold", "no threshold", nothing, without("threshold"))
    yield (
        "payload_plucker_without_multipliers",
        "no multipliers",
        nothing,
        changed("line", lambda c: c["groups"][0].pop("multipliers")),
    )
    yield ("payload_plucker_unknown_key", "a matrix", nothing, changed("line", lambda c: c["groups"][0].update(N=[])))
    yield (
        "payload_plucker_price_as_numbers",
        "a list of numbers",
        nothing,
        changed("mask", lambda c: c["prices"]["rows"].__setitem__(0, [0] * 6)),
    )
    yield ("payload_plucker_threshold", "a number", nothing, changed("line", lambda c: c.update(threshold=0)))
