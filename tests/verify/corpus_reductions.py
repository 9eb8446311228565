"""Attacks on the reductions: what would make a child cost more than its parent."""

from __future__ import annotations

from base_certificates import DIAGONAL, diagonal
from certificate_builders import F, certificate, minors, step, witness


def doubled(blocks_or_rule, rule="blocks", child=None):
    """diag(2, 1) counted twice by a wrong reduction: lower bound 2 for an opt of 1."""
    reduction = step("r", rule, ["instance"], **blocks_or_rule)
    return diagonal(
        2, [reduction, minors("m", "r/0", child or DIAGONAL, F(7, 8), [[31]]), step("c", "combine", ["r", "m"])]
    )


def reductions():
    twice = "opt >= 2 for diag(2, 1), whose opt is 1"
    whole = {"rows": [0, 1], "columns": [0, 1]}
    blocks = step("r", "blocks", ["instance"], blocks=[whole, whole])
    bounds = [minors(name, premise, DIAGONAL, F(7, 8), [[31]]) for name, premise in (("p", "r/0"), ("q", "r/1"))]
    yield (
        "blocks_overlap",
        "the whole matrix twice",
        "opt >= 7/4, but it is 1",
        diagonal(F(7, 4), [blocks, *bounds, step("c", "combine", ["r", "p", "q"])]),
    )
    corner = {"blocks": [whole, {"rows": [1], "columns": [1]}]}
    yield ("blocks_overlap_in_one_entry", "the second block is an entry of the first", twice, doubled(corner))
    for name, rows, comment in (
        ("repeated_row", [0, 0, 1], "a row twice in one block"),
        ("decreasing", [1, 0], "rows in decreasing order"),
        ("out_of_range", [0, 2], "a row that does not exist"),
    ):
        yield (f"blocks_{name}", comment, twice, doubled({"blocks": [{"rows": rows, "columns": [0, 1]}]}))

    def merge(groups, axis="row"):
        return {"axis": axis, "groups": groups}

    for name, groups, comment in (
        ("into_itself", [{"into": 0, "members": [[0, "1", "1"]]}], "row 0 goes into row 0 and counts twice"),
        ("wrong_multiple", [{"into": 0, "members": [[1, "1", "1"]]}], "row 1 is no multiple of row 0"),
        ("out_of_range", [{"into": 0, "members": [[2, "1", "1"]]}], "a member that does not exist"),
        ("zero_s", [{"into": 0, "members": [[1, "0", "0"]]}], "s = 0 forgets the weights of row 1"),
        ("into_out_of_range", [{"into": 2, "members": []}], "a target that does not exist"),
    ):
        yield (f"merge_{name}", comment, twice, doubled(merge(groups), "merge"))

    same = ([[2, 1], [2, 1], [0, 1]], [[1, 1], [1, 1], [1, 1]], 1)
    unlike = ([[2, 0], [2, 1], [0, 1]], [[1, 0], [1, 1], [1, 1]], 1)
    empty = ([[0, 0], [0, 0], [2, 1]], [[0, 0], [0, 0], [1, 1]], 1)
    for name, problem, groups, comment in (
        (
            "chain",
            same,
            [{"into": 0, "members": [[1, "1", "1"]]}, {"into": 1, "members": [[0, "1", "1"]]}],
            "row 1 goes into row 0, which goes into row 1: both vanish or both stay",
        ),
        ("member_twice", same, [{"into": 0, "members": [[1, "1", "1"], [1, "1", "1"]]}], "row 1 counts twice"),
        (
            "member_of_two_groups",
            same,
            [{"into": 0, "members": [[1, "1", "1"]]}, {"into": 2, "members": [[1, "1", "1"]]}],
            "row 1 goes into two rows",
        ),
        ("wrong_weights", same, [{"into": 0, "members": [[1, "2", "1"]]}], "the weights are not doubled"),
        ("negative_s", empty, [{"into": 0, "members": [[1, "-1", "2"]]}], "s < 0 on rows without weight"),
        (
            "weight_off_the_support",
            unlike,
            [{"into": 0, "members": [[1, "1", "1"]]}],
            "row 1 has a weight where row 0 has none, which the merged row forgets",
        ),
    ):
        A, omega, k = problem
        steps = [step("r", "merge", ["instance"], **merge(groups)), step("z", "nonnegative", ["instance"])]
        content = certificate((A, omega, k), 0, 100, [*steps, witness("u", "instance", [[1], [1], [1]], [[0, 0]])])
        yield (f"merge_{name}", comment, "a child with more weight than the instance, or less", content)

    def gram(members, rows, weights, **more):
        return {"axis": "row", "groups": [{"members": members, "rows": rows, "weights": weights}], **more}

    two = [[0, "1"], [1, "1"]]
    for name, change, comment in (
        ("larger", gram(two, [["4", "0"], ["0", "2"]], ["1", "1"]), "new rows twice as long as the old ones"),
        ("larger_weights", gram(two, [["2", "0"], ["0", "1"]], ["2", "2"]), "new weights twice the old ones"),
        ("off_diagonal", gram(two, [["2", "1"]], ["1"]), "the Gram matrix agrees on its diagonal only"),
        ("negative_weight", gram(two, [["2", "0"], ["0", "2"], ["0", "1"]], ["1", "1", "-3"]), "a negative weight"),
        ("zero_weight", gram(two, [["2", "0"], ["0", "1"], ["9", "9"]], ["1", "1", "0"]), "a weight of 0"),
        ("first_scale", gram([[0, "2"], [1, "2"]], [["2", "0"], ["0", "1"]], ["2", "2"]), "s = 2 for the first member"),
        ("short_row", gram(two, [["2"], ["0", "1"]], ["1", "1"]), "a new row of one entry"),
        ("missing_weight", gram(two, [["2", "0"], ["0", "1"]], ["1"]), "two new rows and one weight"),
        ("member_twice", gram([*two, [1, "1"]], [["2", "0"], ["0", "1"]], ["1", "2"]), "row 1 counts twice"),
        (
            "vanishing",
            {
                "axis": "row",
                "groups": [
                    {"members": [[0, "1"]], "rows": [], "weights": []},
                    {"members": [[1, "1"]], "rows": [], "weights": []},
                ],
            },
            "the rows vanish with their Gram matrix",
        ),
        (
            "shared_member",
            {
                "axis": "row",
                "groups": [
                    {"members": two, "rows": [["2", "0"], ["0", "1"]], "weights": ["1", "1"]},
                    {"members": [[0, "1"]], "rows": [["2", "0"]], "weights": ["1"]},
                ],
            },
            "row 0 is a member of two groups",
        ),
    ):
        yield (f"gram_{name}", comment, twice, doubled(change, "gram"))
    masked, zero = ([[2, 0], [3, 1]], [[1, 0], [1, 1]], 1), ([[0, 0], [0, 0]], [[1, 1], [1, 1]], 1)
    for name, problem, change, comment in (
        (
            "weight_off_the_support",
            masked,
            gram(two, [["2", "0"], ["3", "0"]], ["1", "1"]),
            "row 1 has a weight where row 0 has none, which the new rows forget",
        ),
        (
            "nothing_left",
            zero,
            gram([[0, "1"], [1, "1"]], [], []),
            "rows of zeros vanish and leave no row",
        ),
        ("entry_off_the_support", masked, gram([[0, "1"]], [["2", "5"]], ["1"]), "an entry under a zero weight"),
    ):
        steps = [step("r", "gram", ["instance"], **change), step("z", "nonnegative", ["instance"])]
        content = certificate(problem, 0, 100, [*steps, witness("u", "instance", [[1], [1]], [[0, 0]])])
        yield (f"gram_{name}", comment, "a child of another problem", content)
