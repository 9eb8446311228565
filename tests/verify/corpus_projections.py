"""Attacks on the rule projections."""

from __future__ import annotations

from certificate_builders import F, canonical, certificate, clone, dyadic, step, step_of, witness, zero_proof
from projections_builders import MASK, PROJECTIONS_BASES, RANK_ONE, content_of, payload


def changed(name, change, lower=None):
    """A base with another payload, and the claim that it would prove."""
    content = clone(PROJECTIONS_BASES[name])
    change(step_of(content, "s1")["payload"])
    if lower is not None:
        content["claim"]["lower"] = canonical(lower)
        content["claim"]["upper"] = canonical(max(lower, F(content["claim"]["upper"])))
    return content


def forged(problem, content, lower, upper):
    """A certificate of any payload and claim, with the witness 0."""
    k, m, n = problem[2], len(problem[0]), len(problem[0][0])
    steps = [
        step("s1", "projections", ["instance"], **content),
        witness("s2", "instance", [[0] * k] * m, [[0] * n] * k),
    ]
    return certificate(problem, lower, upper, steps)


def part(number, **values):
    return lambda c: c["groups"][number].update(values)


def projections_proofs():
    true = "a true bound, in a wrong form"
    yield (
        "projections_z_too_high",
        "z = 10 where the least eigenvalue that Y leaves is 9",
        "opt >= 15 where it is 13",
        changed("diagonal", part(0, z="10"), 15),
    )
    yield (
        "projections_t_too_low",
        "t = -1 without a root that pays for it",
        "opt >= 2 where it is 1",
        changed("line", lambda c: c.update(t="-1"), 2),
    )
    yield (
        "projections_root_left_out",
        "no R, so nothing pays for the Y",
        "opt >= 18 where it is 13",
        changed("diagonal", lambda c: c.update(root=dyadic([])), 18),
    )
    yield (
        "projections_root_of_the_group_left_out",
        "no Y, and none to pay for",
        "opt >= 18 where it is 13",
        changed("diagonal", lambda c: (c["groups"][0].update(root=dyadic([])), c.update(root=dyadic([]))), 18),
    )
    yield (
        "projections_c_too_small",
        "a quarter of c for the price of R",
        "opt >= 16.75 where it is 13",
        changed("diagonal", lambda c: c.update(c=["1/2", "1", "2"]), F(67, 4)),
    )
    yield (
        "projections_weight_that_is_not_the_least",
        "the roots for weights (2, 4, 8) / 2 in a column with weights (1, 1, 1)",
        "opt >= 13 where it is 10.856...",
        forged((RANK_ONE[0], [[1, F(1, 2), 3], [1, 1, 6], [1, 2, 12]], 1), payload("diagonal"), 13, 25),
    )
    negative = content_of([1, 1, 1], 0, [], [(-1, []), (0, []), (0, [])])
    negative["psd"] = zero_proof(3)
    for content, size in zip(negative["groups"], (2, 3, 2), strict=True):
        content["psd"] = zero_proof(size)
    yield ("projections_z_negative", "z = -1 is a bound of -1", true, forged(MASK, negative, -1, 64))
    ones = ([[1, 1], [1, 1]], [[1, 1], [1, 1]])
    for k in (2, 3):
        yield (
            f"projections_rank_{k}_of_two_rows",
            "t = 5, which would count 2 - k times, z = 1 as well",
            "opt >= 4 for k = 3, where it is 0" if k == 3 else "opt >= 0",
            forged((*ones, k), payload("line") | {"t": "5"}, (k - 2) * 4, 4),
        )
    yield (
        "projections_without_groups",
        "every column fits exactly: no group",
        "opt >= 1 where it is 0",
        forged(([[1, 2], [0, 0]], [[1, 1], [0, 0]], 1), payload("line"), 1, 5),
    )
    yield ("projections_group_left_out", "two groups of three", true, changed("mask", lambda c: c["groups"].pop()))
    yield (
        "projections_group_twice",
        "one group, counted twice",
        "opt >= 2 where it is 1",
        changed("line", lambda c: c["groups"].append(c["groups"][0]), 2),
    )
    yield (
        "projections_groups_exchanged",
        "the parts of the first and the last group",
        true,
        changed("mask", lambda c: c["groups"].reverse()),
    )
    yield (
        "projections_column_that_fits",
        "a part for a column with k weights",
        "opt >= 2 where it is 1",
        forged(
            ([[2, 0, 1], [0, 1, 0]], [[1, 1, 1], [1, 1, 0]], 1),
            payload("line") | {"groups": payload("line")["groups"] * 2},
            2,
            6,
        ),
    )
    yield (
        "projections_proof_of_all_rows",
        "three rows in the proof of a group with weights in two",
        true,
        changed("mask", part(0, psd=payload("mask")["groups"][1]["psd"])),
    )
    yield (
        "projections_proof_of_fewer_rows",
        "two rows in the last proof, of three",
        true,
        changed("mask", lambda c: c.update(psd=zero_proof(2))),
    )
    yield ("projections_c_zero", "c = 0 in a row", true, changed("mask", lambda c: c.update(c=["2", "1", "0"])))
    yield ("projections_c_negative", "c = -1 in a row", true, changed("mask", lambda c: c.update(c=["2", "1", "-1"])))
    yield ("projections_c_short", "two entries for three rows", true, changed("mask", lambda c: c.update(c=["2", "1"])))
    yield (
        "projections_root_of_fewer_columns",
        "two columns for three rows",
        true,
        changed("mask", part(0, root=dyadic([[-7, 10]], -3))),
    )
    yield (
        "projections_root_with_empty_rows",
        "rows without integers",
        true,
        changed("line", lambda c: c.update(root={"exponent": 0, "rows": ["", ""]})),
    )
    yield (
        "projections_factor_of_zeros",
        "no squares: what is left is not dominated",
        true,
        changed("plane", part(0, psd=zero_proof(4))),
    )


def malformed_projections():
    nothing = "nothing: it is no certificate"

    def without(key):
        return changed("line", lambda c: c.pop(key))

    for key in ("c", "t", "root", "psd", "groups"):
        yield (f"payload_projections_without_{key}", f"no {key}", nothing, without(key))
    for key in ("z", "root", "psd"):
        yield (
            f"payload_projections_group_without_{key}",
            f"no {key} in a group",
            nothing,
            changed("line", lambda c, key=key: c["groups"][0].pop(key)),
        )
    yield ("payload_projections_no_groups", "an empty list", nothing, changed("line", lambda c: c.update(groups=[])))
    yield ("payload_projections_unknown_key", "a matrix Y", nothing, changed("line", part(0, Y=[["1"]])))
    yield ("payload_projections_z", "a number", nothing, changed("line", part(0, z=1)))
    yield ("payload_projections_c", "numbers", nothing, changed("line", lambda c: c.update(c=[1, 1])))
    yield ("payload_projections_root_as_list", "a list", nothing, changed("line", lambda c: c.update(root=[])))
    yield (
        "payload_projections_threshold",
        "a bound, which is computed",
        nothing,
        changed("line", lambda c: c.update(threshold="1")),
    )
