"""Section 4.1 of the format: instances that stand for a larger problem, and the files that they name."""

from __future__ import annotations

import copy
import functools
import hashlib
import io
import json
import math
import random
import zipfile

import jsonschema
import pytest
from certificate_builders import F, canonical, encode, fractions, step, text, witness
from opt_oracle import approx_opt
from source_builders import (
    COLUMNS,
    COMPACT,
    CORE,
    NAN,
    NPY,
    NPZ,
    ROWS,
    SUBJECT,
    TABLE,
    TABLE_NPY,
    compressed,
    labels,
    npy,
    npz,
    patterned,
    source,
)
from test_mutations import mutants_of, names_of, places, replaced
from test_verdicts import VALIDATOR

from wlra_exact import verify

HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': (5, 3), 'x': 1, }"
LINES = b"2,0,0\n0,1,1\n0,1,1\n2,0,0\n0,1,1\n"
LABELLED = b'id,x,y,z\n"a",2,0,0\nb,0,1,1\n1,0,1,1\n,2,0,0\n\xff,0,1,1\n'
C, LABELS = npy(CORE[0]), labels(*COLUMNS)


@pytest.fixture
def judged(tmp_path):
    """The verdict on a certificate beside a file of the given bytes, in words."""

    def judge(certificate, raw, name=None):
        (tmp_path / (name or certificate["instance"]["source"]["name"])).write_bytes(raw)
        result = verify.verify_text(text(certificate), str(tmp_path))
        return result.verdict if result.verdict == "valid" else f"{result.verdict}: {result.reason}"

    return judge


def about(raw, name="a.npz", **further):
    """The patterned certificate with this file as its source."""
    return patterned(source=source(raw, name), **further)


@pytest.mark.usefixtures("arithmetic")
class TestPatterns:
    def test_counts_and_labels_stand_for_the_larger_problem(self):
        by_labels = {"rows": {"labels": "0 1 1 0 1"}, "columns": {"labels": "1 0 1"}}
        for certificate in (patterned(), patterned(**by_labels), patterned(columns=by_labels["columns"])):
            result = verify.verify_text(text(certificate))
            assert (result.verdict, result.lower, result.upper) == ("valid", F(11, 2), 6)

    def test_the_root_has_the_opt_of_the_expanded_problem(self):
        rng = random.Random(4)
        for _ in range(5):
            core, omega = ([[rng.randint(low, 5) for _ in range(3)] for _ in range(3)] for low in (-5, 1))
            rho, gamma = ([0, 1, 2, *(rng.randrange(3) for _ in range(3))] for _ in range(2))
            A, W = ([[M[i][j] for j in gamma] for i in rho] for M in (core, omega))
            sides = {
                "rows": {"labels": " ".join(map(str, rho))},
                "columns": {"labels": " ".join(map(str, gamma))},
            }
            instance = {"A": encode(core), "omega": encode(omega), "k": 1, **sides}
            instance = verify.parse_instance(instance, "instance")
            root = verify.root_problem(instance)
            small = approx_opt(
                [[int(x) for x in row] for row in core], [[int(x) for x in row] for row in root.omega], 1
            )
            assert small == pytest.approx(approx_opt(A, W, 1), rel=1e-9)

    @pytest.mark.parametrize(
        "sides",
        [
            {"rows": {"counts": [2, 4]}},
            {"columns": {"counts": [1, 1]}},
            {"rows": {"labels": "0 1 1 1"}},
        ],
    )
    def test_other_counts_are_another_problem(self, sides):
        assert verify.verify_text(text(patterned(**sides))).verdict == "invalid"

    @pytest.mark.parametrize(
        "sides",
        [
            {"rows": {"counts": [2, 0]}},
            {"rows": {"counts": [2, -3]}},
            {"rows": {"counts": [2, 3, 1]}},
            {"rows": {"counts": [5]}},
            {"rows": {"counts": []}},
            {"rows": {"counts": [2, "3"]}},
            {"rows": {"counts": [2, 3], "labels": "0 1"}},
            {"rows": {"labels": "0 0 0"}},
            {"rows": {"labels": "0 1 2"}},
            {"rows": {"labels": "1 2"}},
            {"rows": {"labels": "-1 0 1"}},
            {"rows": {"labels": ""}},
            {"rows": {"labels": [0, 1]}},
            {"rows": [2, 3]},
            {"columns": {}},
            {"groups": [2]},
        ],
    )
    def test_counts_and_labels_of_another_form_are_malformed(self, sides):
        assert verify.verify_text(text(patterned(**sides))).verdict == "malformed"

    def test_one_side_alone_is_malformed(self):
        half = patterned()
        del half["instance"]["columns"]
        assert verify.verify_text(text(half)).verdict == "malformed"
        assert not VALIDATOR.is_valid(half)


@pytest.mark.usefixtures("arithmetic")
class TestSourcesOfPatterns:
    @pytest.mark.parametrize("kind", ["<f8", "<f4", "<i8", "<i4", "<i2", "|i1", "<u8", "<u4", "<u2", "|u1"])
    @pytest.mark.parametrize("version", [1, 2, 3])
    def test_every_type_of_numbers_is_read(self, judged, kind, version):
        raw = npy(SUBJECT, kind, version=version)
        assert judged(about(raw, "a.npy"), raw) == "valid"

    @pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_archives_with_and_without_weights_and_labels(self, judged, compression):
        core, ones = npy(CORE[0]), npy(CORE[1], "|i1")
        label = {"row_labels": labels(*ROWS, kind="|u1"), "col_labels": labels(*COLUMNS)}
        whole = npy(SUBJECT)
        for members in (
            {"A": core, **label},
            {**label, "W": ones, "A": core},
            {"A": core, "omega": ones, **label},
            {"A": whole},
            {"A": whole, "omega": npy([[1] * 3] * 5)},
        ):
            raw = npz(compression, **members)
            assert judged(about(raw), raw) == "valid"

    def test_core_rows_that_no_label_names_do_not_count(self, judged):
        core = [[7, 7, 7], [2, 0, 0], [0, 1, 1], [0, 1, 1], [2, 0, 5]]
        raw = npz(A=npy(core), row_labels=labels(1, 2, 3, 4, 2), col_labels=labels(0, 1, 1))
        assert judged(about(raw), raw) == "valid", "rows 1 and 4, and 2 and 3, agree on the columns that occur"

    def test_lines_that_are_equal_as_numbers_are_one(self, judged):
        A = [row[:] for row in SUBJECT]
        A[0][1], A[3][2] = -0.0, NAN
        W = [[1.0] * 3 for _ in A]
        raw = npz(A=npy(A), W=npy(W))
        assert judged(about(raw), raw).startswith("invalid"), "a missing entry makes another row"
        A[3][2] = 0.0
        raw = npz(A=npy(A), W=npy(W))
        assert judged(about(raw), raw) == "valid", "0 and -0 are one number"

    def test_an_entry_under_a_zero_weight_does_not_count(self, judged):
        core = ([[2, 0], [0, 1]], [[1, 0], [1, 1]])
        A = [[2, 7], [2, NAN], [0, 1]]
        raw = npz(A=npy(A), omega=npy([[1, 0], [1, 5], [1, 1]]))
        instance = {"A": core[0], "omega": core[1], "rows": [2, 1], "columns": [1, 1]}
        found = {key: fractions(instance[key]) for key in ("A", "omega")} | {
            k: instance[k] for k in ("rows", "columns")
        }
        stream = io.BytesIO(raw)
        verify.check_patterns(found, verify.open_arrays(stream, "npz"))
        found["rows"] = [1, 2]
        with pytest.raises(verify.Invalid, match="multiplicities of the file's rows"):
            verify.check_patterns(found, verify.open_arrays(stream, "npz"))

    def test_weights_are_squared_and_omega_is_not(self, judged):
        core = ([[2, 0], [0, 1]], [[4, 4], [9, 9]])
        for name, roots, accepted in (("W", 1, True), ("omega", 2, True), ("omega", 1, False), ("W", 2, False)):
            weights = [[2**roots] * 2, [3**roots] * 2]
            found = {"A": fractions(core[0]), "omega": fractions(core[1]), "rows": [1, 1], "columns": [1, 1]}
            arrays = verify.open_arrays(io.BytesIO(npz(A=npy(core[0]), **{name: npy(weights)})), "npz")
            if accepted:
                verify.check_patterns(found, arrays)
            else:
                with pytest.raises(verify.Invalid, match="row 0 of the core"):
                    verify.check_patterns(found, arrays)

    @pytest.mark.parametrize(
        ("raw", "message"),
        [
            (npy(SUBJECT[1:] + SUBJECT[:1]), "the multiplicities of the file's rows"),
            (npy([[2, 0, 0]] * 2 + [[0, 1, 1]] * 4), "the multiplicities of the file's rows"),
            (npy([[2, 0, 0]] * 2 + [[0, 1, 3]] * 3), "the multiplicities of the file's columns"),
            (npy([[2, 0, 0]] * 2 + [[0, 3, 3]] * 3), "row 1 of the core"),
            (npy([[2, 0, 0]] * 2 + [[NAN, 1, 1]] * 3), "row 1 of the core"),
            (npy([[2, 0, 0]] * 2 + [[float("inf"), 1, 1]] * 3), "finite numbers, got an infinity"),
            (npy(SUBJECT, tail=b"\0"), "got more"),
            (npy(SUBJECT)[:-1], "got fewer"),
            (npy(SUBJECT)[:-24], "got fewer"),
            (npy(SUBJECT, order="True"), "the multiplicities of the file's rows"),
            (npy(SUBJECT, order="True")[:-1], "got fewer"),
            (npy(SUBJECT, order="True", tail=b"\0"), "got more"),
            (npy(SUBJECT, order="Maybe"), "in row order"),
            (npy(SUBJECT).replace(b"<f8", b">f8"), "in row order"),
            (npy(SUBJECT).replace(b"<f8", b"|O8"), "in row order"),
            (
                npy(SUBJECT, header="{'descr': '<f8', 'fortran_order': False, 'shape': (5, 3), 'x': 1, }"),
                "in row order",
            ),
            (npy(SUBJECT).replace(b"(5, 3)", b"(15,) "), "in row order"),
            (npy([], shape=(0, 3)), "a matrix A"),
            (b"2,0,0\n", "the format NPY"),
            (b"", "the format NPY"),
        ],
    )
    def test_another_file_is_invalid(self, judged, raw, message):
        told = judged(about(raw, "a.npy"), raw)
        assert told.startswith("invalid: instance.source: ")
        assert message in told

    def test_a_header_ends_where_its_length_says(self, judged):
        told, items = b"{'descr': '<f8', 'fortran_order': False, 'shape': (5, 3), }", npy(SUBJECT)[-15 * 8 :]
        for length, verdict in ((200, "valid"), (2**16, "valid"), (2**16 + 1, "malformed")):
            start = b"\x93NUMPY\x02\0" + length.to_bytes(4, "little")
            raw = start + told.ljust(length - 1) + b"\n" + items
            assert judged(about(raw, "a.npy"), raw).startswith(verdict)
        start = b"\x93NUMPY\x02\0" + (2**16 + len(items)).to_bytes(4, "little")
        raw = start + told.ljust(2**16 - 1) + b"\n" + items  # the items lie in the header
        assert judged(about(raw, "a.npy"), raw).startswith("malformed: instance.source: too large: a header")

    @pytest.mark.parametrize("kind", ["<f8", "<i2"])
    def test_items_in_column_order(self, judged, monkeypatch, kind):
        raw = npy(list(map(list, zip(*SUBJECT, strict=True))), kind, order="True").replace(b"(3, 5)", b"(5, 3)")
        for size in (2**22, 50):
            monkeypatch.setattr(verify, "BLOCK_BYTES", size)
            assert judged(about(raw, "a.npy"), raw) == "valid"
        core = npy([[2, 0], [0, 1]], order="True")
        assert "in row order" in judged(about(raw := npz(A=core, row_labels=labels(*ROWS), col_labels=LABELS)), raw)

    @pytest.mark.parametrize(
        ("members", "message"),
        [
            ({"A": C, "row_labels": labels(*ROWS)}, "both arrays of labels"),
            ({"row_labels": labels(*ROWS), "col_labels": labels(*COLUMNS)}, "A, and omega or W"),
            ({"A": npy(SUBJECT), "omega": npy([[1] * 3] * 5), "W": npy([[1] * 3] * 5)}, "A, and omega or W"),
            ({"A": npy(SUBJECT), "B": npy(SUBJECT)}, "the arrays A omega W"),
            ({"A": npy(SUBJECT), "omega": npy([[1] * 3] * 4)}, "weights of the shape of A"),
            ({"A": npy(SUBJECT), "omega": npy([[1, 1, -1]] * 5)}, "weights >= 0"),
            ({"A": npy(SUBJECT), "omega": npy([[1, 1, NAN]] * 5)}, "weights >= 0"),
            ({"A": npy(SUBJECT), "W": npy([[1, 1, float("inf")]] * 5)}, "finite numbers"),
            ({"A": npy(SUBJECT), "W": npy([[1, 1, -1]] * 5)}, "weights >= 0"),
            ({"A": npy(SUBJECT), "W": npy([[1] * 3] * 5, tail=b"\0")}, "got more"),
            ({"A": C, "row_labels": labels(0, 1, 2), "col_labels": LABELS}, "row_labels from 0 to 1"),
            ({"A": C, "row_labels": labels(0, 1, -1), "col_labels": LABELS}, "row_labels from 0 to"),
            ({"A": C, "row_labels": npy([[0, 1]], "<i8"), "col_labels": LABELS}, "one list of integers"),
            ({"A": C, "row_labels": labels(*ROWS, kind="<f8"), "col_labels": LABELS}, "one list of integers"),
            ({"A": C, "row_labels": labels(*ROWS), "col_labels": labels(0, 1)}, "of the file's columns"),
        ],
    )
    def test_another_archive_is_invalid(self, judged, members, message):
        raw = npz(**members)
        told = judged(about(raw), raw)
        assert told.startswith("invalid: instance.source: ")
        assert message in told

    def test_a_damaged_archive_is_never_accepted(self, judged):
        for cut in range(0, len(NPZ), 37):
            assert judged(about(NPZ[:cut]), NPZ[:cut]).startswith(("invalid", "malformed"))
        twice = bytearray(NPZ.replace(b"col_labels", b"row_labels"))
        assert judged(about(bytes(twice)), bytes(twice)).startswith(("invalid", "malformed"))

    def test_a_file_with_another_sum_is_invalid(self, judged):
        certificate = about(NPY, "a.npy")
        assert judged(certificate, NPY) == "valid"
        assert "a file of SHA-256" in judged(certificate, NPY + b"\0")
        certificate["instance"]["source"]["sha256"] = hashlib.sha256(b"").hexdigest()
        assert "a file of SHA-256" in judged(certificate, NPY)

    def test_without_the_file_the_verdict_is_incomplete(self, tmp_path):
        certificate = about(NPY, "a.npy")
        for folder in (None, str(tmp_path), str(tmp_path / "nowhere")):
            result = verify.verify_text(text(certificate), folder)
            assert (result.verdict, result.lower) == ("incomplete", None)
            assert "no file 'a.npy' at hand" in result.reason
        (tmp_path / "a.npy").mkdir()
        assert verify.verify_text(text(certificate), str(tmp_path)).verdict == "incomplete"

    def test_a_missing_file_hides_no_wrong_step(self):
        certificate = about(NPY, "a.npy", rows={"counts": [2, 4]})
        assert verify.verify_text(text(certificate)).verdict == "invalid"

    @pytest.mark.parametrize("name", ["../a.npy", "/a.npy", "a/b.npy", "a\\b.npy", "c:a.npy", ".a.npy", "", "a\n.npy"])
    def test_a_name_with_a_path_is_malformed(self, name):
        certificate = about(NPY, "a.npy")
        certificate["instance"]["source"]["name"] = name
        assert verify.verify_text(text(certificate), "/").verdict == "malformed"
        assert not VALIDATOR.is_valid(certificate)

    @pytest.mark.parametrize("change", [{"sha256": "0" * 63}, {"sha256": "A" * 64}, {"format": "txt"}, {"size": 3}])
    def test_a_source_of_another_form_is_malformed(self, change):
        certificate = about(NPY, "a.npy")
        certificate["instance"]["source"] |= change
        assert verify.verify_text(text(certificate)).verdict == "malformed"
        assert not VALIDATOR.is_valid(certificate)


@pytest.mark.usefixtures("arithmetic")
class TestText:
    @pytest.mark.parametrize(
        "raw",
        [
            LINES,
            LINES[:-1],
            LINES + b"\n\r\n",
            b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n"),
            b"x,y,z\n" + LINES,
            b'"x",1,2\n' + LINES,
            b"1,2,1/2\n" + LINES,  # no decimal: a header
            LINES.replace(b"1", b" 1 ").replace(b"0,0", b"-0,.0E7").replace(b"2,", b"+20.e-1,"),
            LABELLED,
            b"ROW,0,1,2\n" + LABELLED.partition(b"\n")[2],
            b",x,y,z\n7,2,0,0\n7,0,1,1\n7,0,1,1\n7,2,0,0\n7,0,1,1\n",
            b',0,1,2\n"a",2,0,0\n7,0,1,1\n7,0,1,1\n7,2,0,0\n7,0,1,1\n',
            b"eyes,x,y,z\na,2,0,0\n7,0,1,1\n7,0,1,1\n7,2,0,0\n7,0,1,1\n",
        ],
    )
    def test_rows_stand_below_the_header_and_beside_the_labels(self, judged, raw):
        assert judged(about(raw, "a.csv"), raw) == "valid"
        raw = raw.replace(b",", b"\t")
        assert judged(about(raw, "a.tsv"), raw) == "valid"

    @pytest.mark.parametrize(
        ("raw", "message"),
        [
            (b"2,0,0\n" + LINES, "multiplicities of the file's rows"),
            (LINES.replace(b"2,0,0", b"2,,0"), "the multiplicities of the file's columns"),
            (LINES.replace(b"2", b"2.0000000000000000001"), "row 0 of the core"),
            (LINES.replace(b"2", b"2e0001"), "a decimal or a missing entry"),
            (LINES + b"0,1,x\n", "a decimal or a missing entry"),
            (LINES + b"0,1,1_0\n", "a decimal or a missing entry"),
            (LINES + b"0,1,1/1\n", "a decimal or a missing entry"),
            (LINES + b"0,1,. 1\n", "a decimal or a missing entry"),
            (LINES + b"0,1,.\n", "a decimal or a missing entry"),
            (LINES + b'0,1,"1"\n', "a decimal or a missing entry"),
            (LINES + b"0,1,\xd9\xa1\n", "a decimal or a missing entry"),
            (LINES + b"0,1," + b"0" * 400 + b"1\n", "a decimal or a missing entry"),
            (LINES + b"0,1\n", "3 fields in a row"),
            (LINES + b"0,1,1,1\n", "3 fields in a row"),
            (LINES.replace(b"\n", b"\n\n", 1), "no blank line between rows"),
            (b"x,y\n" + LINES, "2 fields in a row"),
            (b"id,x,y\n" + LINES, "the file's"),
            (b"\n" + LINES, "two fields in line 1"),
            (b"2\n0\n", "two fields in line 1"),
            (b"x,y,z\n", "the format csv"),
            (b"", "two fields in line 1"),
        ],
    )
    def test_another_text_is_invalid(self, judged, raw, message):
        told = judged(about(raw, "a.csv"), raw)
        assert told.startswith("invalid: instance.source: ")
        assert message in told

    def test_too_many_distinct_lines_are_refused(self, judged, monkeypatch):
        monkeypatch.setattr(verify, "MAX_DISTINCT", 20)
        raw = LINES + b"0,1,1.000000000\n"
        assert judged(about(raw, "a.csv"), raw).startswith("malformed")


@pytest.mark.usefixtures("arithmetic")
class TestCompression:
    @pytest.mark.parametrize(
        "raw",
        [
            TABLE_NPY,
            npy([[NAN if x is None else x for x in row] for row in TABLE], "<f4", version=2),
        ],
    )
    def test_groups_of_rows_are_derived_again(self, judged, raw):
        assert judged(compressed(raw), raw) == "valid"

    def test_groups_across_many_blocks(self, judged, monkeypatch):
        monkeypatch.setattr(verify, "BLOCK_BYTES", 32)
        assert judged(compressed(), TABLE_NPY) == "valid"

    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            (b"2,0\n0,1\n0,-1\n3,\n", "valid"),
            (b"2,0\n.5e-1,1\n-0.05,-1\n3,\n", "another"),
            (b"20e-1,0\n0,.1e+1\n0,-1.0\n3, NaN\n", "valid"),
            (b"x,y\n2,0\n0,1\n3,NA\n0,-1\n", "valid"),
            (b"2,0\n0,1\n0,-1\n3,1\n", "1 groups of rows"),
            (b"2,0\n0,1\n0,-1\n,3\n", "core weights as those"),
            (b"x,y\n2,0\n0,1\n0,-1\n3.0001,\n", "Gram matrix of the file's rows at (0, 0)"),
            (b"x,y,z\n2,0,0\n0,1,0\n0,-1,0\n3,,0\n", "3 columns as in the file"),
        ],
    )
    def test_groups_of_lines(self, judged, monkeypatch, raw, expected):
        for size in (2**22, 32):
            monkeypatch.setattr(verify, "BLOCK_BYTES", size)
            told = judged(compressed(raw, "t.csv"), raw)
            assert expected in told
            assert told.startswith("valid" if expected == "valid" else "invalid")

    def test_weights_make_groups_too(self, judged):
        whole = [[2, 0], [0, 1], [0, -1], [3, 9]]
        raw = npz(A=npy(whole, "<i2"), omega=npy([[1, 1]] * 3 + [[1, 0]], "<f4"))
        assert judged(compressed(raw, "t.npz"), raw) == "valid"
        raw = npz(A=npy(whole, "<i2"), W=npy([[1, 1]] * 3 + [[1, 0]], "|u1"))
        assert judged(compressed(raw, "t.npz"), raw) == "valid"
        raw = npz(A=npy(whole, "<i2"), W=npy([[1, 1]] * 3 + [[2, 0]], "|u1"))
        assert judged(compressed(raw, "t.npz"), raw).startswith("invalid")

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ([[2, 0], [0, 1], [3, NAN], [0, -2]], "Gram matrix of the file's rows at (1, 1)"),
            ([[2, 1], [0, 1], [0, -1], [3, NAN]], "Gram matrix"),
            ([[2, 0], [0, 1], [0, -1], [4, NAN]], "Gram matrix of the file's rows at (0, 0)"),
            ([[3, NAN], [2, 0], [0, 1], [0, -1]], "core weights as those of the file's group"),
            ([[2, 0], [0, 1], [0, -1]], "1 groups of rows as in the file"),
            ([[2, 0], [0, 1], [0, -1], [3, NAN], [NAN, 0]], "2 groups of rows, got more"),
            ([[2, 0, 0], [0, 1, 0], [0, -1, 0], [3, NAN, 0]], "3 columns as in the file"),
            ([[2, 0], [0, 1], [0, -1], [NAN, 3]], "core weights as those of the file's group"),
            ([[2, 0], [0, 1], [0, float("-inf")], [3, NAN]], "finite numbers"),
        ],
    )
    def test_another_table_is_invalid(self, judged, rows, message):
        raw = npy(rows)
        told = judged(compressed(raw), raw)
        assert told.startswith("invalid: instance.source: ")
        assert message in told

    def test_rows_without_weights_stand_for_rows_without_weights(self, judged):
        """A group that observes nothing must not bring weights into the core."""
        raw = npy([[NAN, NAN], [NAN, NAN]])
        certificate = compressed(raw)
        certificate["steps"] = [
            step("l", "nonnegative", ["instance"]),
            witness("u", "instance", [[0]], [[0, 0]]),
        ]
        certificate["claim"] = {"lower": "0", "upper": "25", "lower_step": "l", "upper_step": "u"}
        for a, w, verdict in (("0", "0", "valid"), ("5", "1", "invalid: instance.source")):
            certificate["instance"] |= {"A": [["0", a]], "omega": [["0", w]], "groups": [1]}
            assert judged(certificate, raw).startswith(verdict)

    def test_labels_and_groups_do_not_go_together(self, judged):
        raw = npz(A=npy(TABLE_ROWS), row_labels=labels(0, 1, 2, 3), col_labels=labels(0, 1))
        assert "without labels" in judged(compressed(raw, "t.npz"), raw)

    @pytest.mark.parametrize("groups", [[3, 1], [2], [2, 0, 1], [2, 1, 0], [], ["2", "1"], [3.0]])
    def test_groups_of_another_form_are_malformed(self, groups):
        assert verify.verify_text(text(compressed(groups=groups))).verdict == "malformed"

    def test_groups_need_a_source(self):
        certificate = compressed()
        del certificate["instance"]["source"]
        assert verify.verify_text(text(certificate)).verdict == "malformed"
        assert not VALIDATOR.is_valid(certificate)

    def test_too_many_columns_are_refused(self, judged, monkeypatch):
        monkeypatch.setattr(verify, "MAX_MARKS", 200)
        assert judged(compressed(), TABLE_NPY) == "valid"
        monkeypatch.setattr(verify, "MAX_MARKS", 7)
        with pytest.raises(verify.Malformed, match="Gram matrices"):
            verify.check_moments(
                {"A": fractions(COMPACT[0]), "omega": fractions(COMPACT[1]), "groups": [2, 1]},
                verify.open_arrays(io.BytesIO(TABLE_NPY), "npy"),
            )


TABLE_ROWS = [[NAN if x is None else x for x in row] for row in TABLE]


# Whatever mutant is accepted, its claim is true of the file


def fractions_text(rows):
    return [[str(F(x)) for x in row] for row in rows]


@functools.cache
def opt_of_text(problem, k):
    A, omega = map(fractions, json.loads(problem))
    return approx_opt(A, omega, k, starts=8)


def true_of(certificate, A, omega):
    """Whether a claim holds for (A, omega), as far as brute force sees."""
    k, claim = certificate["instance"]["k"], certificate["claim"]
    opt = opt_of_text(json.dumps([fractions_text(A), fractions_text(omega)]), k)
    slack = 1e-9 * max(1.0, opt)
    return float(F(claim["lower"])) - slack <= opt <= float(F(claim["upper"])) + slack


def subject_of(certificate):
    """The problem that a patterned instance without a source stands for."""
    instance = certificate["instance"]
    A, omega = fractions(instance["A"]), fractions(instance["omega"])
    if sum(sum(instance[side].get("counts", [])) for side in ("rows", "columns")) > 100:  # too many to write out
        counts = [instance[side]["counts"] for side in ("rows", "columns")]
        return A, [
            [w * r * c for w, c in zip(row, counts[1], strict=True)] for row, r in zip(omega, counts[0], strict=True)
        ]
    rho, gamma = (
        [int(x) for x in side["labels"].split()]
        if "labels" in side
        else [i for i, count in enumerate(side["counts"]) for _ in range(count)]
        for side in (instance["rows"], instance["columns"])
    )
    return tuple([[M[i][j] for j in gamma] for i in rho] for M in (A, omega))


@pytest.mark.parametrize("by", ["counts", "labels"])
def test_every_accepted_mutant_of_a_patterned_instance_is_true(by):
    base = patterned()
    if by == "labels":
        base = patterned(rows={"labels": "0 1 1 0 1"}, columns={"labels": "0 1 1"})
    seen = accepted = 0
    for path, value in places(base):
        if path[0] not in ("instance", "claim"):
            continue
        for other in mutants_of(value, names_of(base)):
            if other == value and type(other) is type(value):
                continue
            mutant = replaced(base, path, other)
            seen += 1
            if verify.verify_text(mutant).verdict == "valid":
                accepted += 1
                assert true_of(json.loads(mutant), *subject_of(json.loads(mutant))), (path, other)
    assert seen > 100
    assert 0 < accepted < seen / 2


@pytest.mark.parametrize("kind", ["npy", "npz", "compressed"])
def test_every_accepted_mutant_of_an_instance_with_a_source_is_true_of_the_file(kind, tmp_path):
    ones = [[1] * 3] * 5
    raw, base, subject = {
        "npy": (NPY, about(NPY, "a.npy"), (SUBJECT, ones)),
        "npz": (NPZ, about(NPZ), (SUBJECT, ones)),
        "compressed": (
            TABLE_NPY, compressed(), ([[x or 0 for x in row] for row in TABLE], [[1, 1]] * 3 + [[1, 0]]),
        ),
    }[kind]  # fmt: skip
    (tmp_path / base["instance"]["source"]["name"]).write_bytes(raw)
    seen = accepted = 0
    for path, value in places(base):
        for other in mutants_of(value, names_of(base)):
            if path[0] == "provenance" or (other == value and type(other) is type(value)):
                continue
            mutant = replaced(base, path, other)
            seen += 1
            if verify.verify_text(mutant, str(tmp_path)).verdict == "valid":
                accepted += 1
                if path == ("instance",):
                    assert "source" not in other, "without its source the claim is about the core alone"
                else:
                    assert path[0] in ("claim", "steps"), "nothing of the instance may change beside its file"
                assert true_of(json.loads(mutant), *subject), (path, other)
    assert seen > 300
    assert 0 < accepted < seen / 2


@pytest.mark.parametrize("kind", ["patterned", "compressed"])
def test_a_certificate_is_accepted_beside_other_items_only_when_it_is_true_of_them(kind, tmp_path):
    """Files with a few items changed, under their own sum."""
    rng = random.Random(kind)
    rows = SUBJECT if kind == "patterned" else TABLE_ROWS
    base = about(NPY, "a.npy") if kind == "patterned" else compressed()
    accepted = 0
    for _ in range(150):
        moved = [row[:] for row in rows]
        for _ in range(rng.randint(1, 2)):
            i, j = rng.randrange(len(moved)), rng.randrange(len(moved[0]))
            moved[i][j] = rng.choice([0.0, -0.0, NAN, 1.0, -1.0, 2.0, -2.0, 5e-324])
        if rng.random() < 0.3:
            rng.shuffle(moved)
        raw, certificate = npy(moved), copy.deepcopy(base)
        name = certificate["instance"]["source"]["name"]
        certificate["instance"]["source"] = source(raw, name)
        (tmp_path / name).write_bytes(raw)
        if verify.verify_text(text(certificate), str(tmp_path)).verdict == "valid":
            accepted += 1
            A = [[0 if math.isnan(x) else x for x in row] for row in moved]
            omega = [[int(not math.isnan(x)) for x in row] for row in moved]
            assert true_of(certificate, A, omega)
    assert 0 < accepted < 100


def test_the_oracle_sees_false_claims():
    false = patterned()
    false["claim"]["lower"] = canonical(F(601, 100))
    assert true_of(patterned(), *subject_of(patterned()))
    assert not true_of(false, *subject_of(false))


def test_the_schema_accepts_what_stands_for_a_larger_problem():
    for certificate in (patterned(), about(NPY, "a.npy"), compressed(), patterned(rows={"labels": "0 1 1 0 1"})):
        try:
            VALIDATOR.validate(certificate)
        except jsonschema.ValidationError as error:
            pytest.fail(error.message)
