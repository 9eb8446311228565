"""Attacks on instances that stand for a larger problem (section 4.1 of the format).

The files of ``SOURCES`` lie beside the certificates that name them.
"""

from __future__ import annotations

from certificate_builders import F, canonical, encode, step, witness
from source_builders import (
    COMPACT,
    NAN,
    NPY,
    NPZ,
    SUBJECT,
    TABLE_NPY,
    compressed,
    labels,
    npy,
    npz,
    patterned,
    source,
)

#: A table whose only row observes nothing: opt = 0.
EMPTY_NPY = npy([[NAN, NAN], [NAN, NAN]])
#: The core with labels for other rows: row 0 once, row 1 four times.
OTHER_NPZ = npz(A=npy([[2, 0], [0, 1]]), row_labels=labels(0, 1, 1, 1, 1), col_labels=labels(0, 1, 1))

#: Sources beside the files of a folder.
SOURCES = {
    ("invalid", "subject.npy"): NPY,
    ("invalid", "subject.npz"): NPZ,
    ("invalid", "swapped.npy"): npy(SUBJECT[1:] + SUBJECT[:1]),
    ("invalid", "other.npz"): OTHER_NPZ,
    ("invalid", "table.npy"): TABLE_NPY,
    ("invalid", "unobserved.npy"): EMPTY_NPY,
    ("invalid", "turned.npy"): npy(SUBJECT, order="True"),
    ("invalid", "subject.csv"): b"2,0,0\n0,1,1\n0,1,1\n2,0,0\n0,1,1\n",
    ("invalid", "decimals.csv"): b"x,y\n2,0\n0,1\n0,-.1e1\n3,\n",
    ("invalid", "short.csv"): b"id,x\na,2\nb\nc,2\n",
    ("invalid", "labels.csv"): b"id,x,y\n2,0,0\n0,1,1\n0,1,1\n2,0,0\n0,1,1\n",
}


def beside(name):
    """The field ``source`` for a file of the corpus."""
    return source(SOURCES["invalid", name], name)


def instances():
    yield (
        "patterns_other_counts",
        "the lower bound of 2 and 3 equal rows is claimed for 2 and 2",
        "opt >= 11/2 for a problem with a smaller opt",
        patterned(rows={"counts": [2, 2]}),
    )
    yield (
        "patterns_labels_for_other_counts",
        "labels that give one core row too few",
        "opt >= 11/2 for a problem with a smaller opt",
        patterned(rows={"labels": "0 1 1 0"}),
    )
    yield (
        "patterns_core_as_the_whole",
        "the multiplicities are there, but the step is about the core as it is written",
        "a bound of the core for the larger problem",
        _about_the_core(),
    )
    yield (
        "source_other_sum",
        "the sum is that of another file",
        "opt >= 11/2 for another file",
        patterned(source={**beside("subject.npy"), "sha256": beside("subject.npz")["sha256"]}),
    )
    yield (
        "source_other_format",
        "the file is an archive and called an array",
        "opt >= 11/2 for a file that nobody read",
        patterned(source={**beside("subject.npz"), "format": "npy"}),
    )
    yield (
        "source_other_order",
        "the file's rows appear in another order than the core's",
        "a core that is not the one derived from the file",
        patterned(source=beside("swapped.npy")),
    )
    yield (
        "source_other_labels",
        "the file's labels have other counts",
        "opt >= 11/2 for a problem with a smaller opt",
        patterned(source=beside("other.npz")),
    )
    yield (
        "source_of_one_row_fewer",
        "four rows are claimed of a file of five",
        "a bracket of another problem",
        patterned(rows={"counts": [1, 3]}, source=beside("subject.npy")),
    )
    yield (
        "source_in_column_order",
        "the items of a file in column order are taken row by row",
        "opt >= 11/2 for another matrix",
        patterned(source=beside("turned.npy")),
    )
    yield (
        "source_text_of_one_row_more",
        "six rows are claimed of a text of five",
        "a bracket of another problem",
        patterned(rows={"counts": [2, 4]}, source=beside("subject.csv")),
    )
    yield (
        "source_text_of_another_delimiter",
        "a text with commas is called one with tabs",
        "opt >= 11/2 for a file that nobody read",
        patterned(source={**beside("subject.csv"), "format": "tsv"}),
    )
    yield (
        "source_text_labels_as_data",
        "the column of labels is counted among the data",
        "a bracket of another problem",
        patterned(columns={"counts": [1, 2]}, source=beside("labels.csv")),
    )
    yield (
        "source_text_label_alone",
        "a line that ends behind its label is taken for a missing entry",
        "a bracket of a text that is not rectangular",
        _with_a_short_line(),
    )
    yield (
        "source_text_other_moments",
        "a core row twice as long as the text's rows allow",
        "opt >= 15/8 for rows that are not the text's",
        _with_core([[2, 0], [0, 2], [3, 0]], COMPACT[1], "decimals.csv"),
    )
    rows = ([[2, 0], [0, 2], [3, 0]], COMPACT[1])
    yield (
        "source_other_moments",
        "a core row twice as long as the file's rows allow",
        "opt >= 15/8 for rows that are not the file's",
        _with_core(*rows),
    )
    yield (
        "source_other_weights",
        "the first group's rows carry twice the weight",
        "a bound of a heavier problem",
        _with_core(COMPACT[0], [[2, 2], [2, 2], [1, 0]]),
    )
    yield (
        "source_group_without_weights",
        "a group that observes nothing is given a weight in its second column",
        "a cost where the file has none",
        _unobserved(),
    )


def _about_the_core():
    certificate = patterned()
    certificate["steps"][1]["payload"] = {"U": encode([[1], [0]]), "V": encode([[2, 0]])}
    certificate["claim"]["upper"] = "1"
    certificate["claim"]["lower"] = "1"
    return certificate


def _with_a_short_line():
    certificate = patterned(rows={"counts": [2, 1]}, columns={"counts": [1]}, source=beside("short.csv"))
    certificate["instance"] |= {"A": encode([[2], [0]]), "omega": encode([[1], [0]])}
    certificate["steps"] = [step("l", "nonnegative", ["instance"]), witness("u", "instance", [[1], [0]], [[2]])]
    certificate["claim"] = {"lower": "0", "upper": "0", "lower_step": "l", "upper_step": "u"}
    return certificate


def _with_core(A, omega, name="table.npy"):
    certificate = compressed(source=beside(name))
    certificate["instance"] |= {"A": encode(A), "omega": encode(omega)}
    certificate["steps"] = [step("l", "nonnegative", ["instance"]), witness("u", "instance", [[0]] * 3, [[0, 0]])]
    certificate["claim"] = {"lower": "0", "upper": canonical(F(100)), "lower_step": "l", "upper_step": "u"}
    return certificate


def _unobserved():
    certificate = _with_core([[0, 5]], [[0, 1]])
    certificate["instance"] |= {"groups": [1], "source": beside("unobserved.npy")}
    certificate["steps"][1] = witness("u", "instance", [[0]], [[0, 0]])
    return certificate


def malformed_instances():
    def bad(name, comment, certificate):
        return name, comment, "a problem that the format does not know", certificate

    yield bad("patterns_count_of_zero", "a core row that does not occur", patterned(rows={"counts": [5, 0]}))
    yield bad("patterns_negative_count", "a core row that occurs less than never", patterned(rows={"counts": [6, -1]}))
    yield bad("patterns_one_count_short", "fewer counts than core rows", patterned(rows={"counts": [5]}))
    yield bad("patterns_label_missing", "a core row that no label names", patterned(rows={"labels": "0 0 0 0 0"}))
    yield bad("patterns_label_out_of_range", "a label without a core row", patterned(rows={"labels": "0 1 2"}))
    both = {"counts": [2, 3], "labels": "0 1 1 0 1"}
    yield bad("patterns_counts_and_labels", "two ways of saying how often", patterned(rows=both))
    half = patterned()
    del half["instance"]["columns"]
    yield bad("patterns_of_rows_alone", "rows occur several times, columns are not said", half)
    yield bad("patterns_and_groups", "patterned and compressed at once", patterned(groups=[2]))
    for name, change in (
        ("path", {"name": "../subject.npy"}),
        ("drive", {"name": "c:subject.npy"}),
        ("hidden_file", {"name": ".subject.npy"}),
        ("control_character", {"name": "subject\n.npy"}),
        ("short_sum", {"sha256": "0" * 63}),
        ("capital_sum", {"sha256": "A" * 64}),
        ("text_format", {"format": "txt"}),
    ):
        yield bad(f"source_{name}", "a source of another form", patterned(source={**beside("subject.npy"), **change}))
    yield bad("groups_of_another_sum", "three core rows in groups of 2 and 2", compressed(groups=[2, 2]))
    yield bad("groups_empty_group", "a group without a core row", compressed(groups=[2, 0, 1]))
    alone = compressed()
    del alone["instance"]["source"]
    yield bad("groups_without_a_source", "rows are compressed, and nobody says of which file", alone)


def incomplete_instances():
    would = "a bracket of a file that is not at hand"
    yield (
        "source_not_at_hand",
        "the core is bracketed, the file is not there",
        would,
        patterned(source=source(NPY, "absent.npy")),
    )
    yield (
        "source_of_groups_not_at_hand",
        "the compressed core is bracketed, the file is not there",
        would,
        compressed(name="absent.npy"),
    )
