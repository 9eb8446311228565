"""Section 4.1 of the format: instances given by patterns, and the arrays that they stand for."""

from __future__ import annotations

import hashlib
import io
import random
import zipfile

import jsonschema
import pytest
from certificate_builders import F, encode, fractions, text
from opt_oracle import approx_opt
from source_builders import (
    COLUMNS,
    CORE,
    NAN,
    NPY,
    NPZ,
    ROWS,
    SUBJECT,
    about,
    compressed,
    labels,
    npy,
    npz,
    patterned,
)
from test_verdicts import VALIDATOR

from wlra_exact import verify

C, LABELS = npy(CORE[0]), labels(*COLUMNS)


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
            instance = verify.parse_instance(instance)
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
            (npy(SUBJECT, order="Maybe"), "a known type"),
            (npy(SUBJECT).replace(b"<f8", b">f8"), "a known type"),
            (npy(SUBJECT).replace(b"<f8", b"|O8"), "a known type"),
            (
                npy(SUBJECT, header="{'descr': '<f8', 'fortran_order': False, 'shape': (5, 3), 'x': 1, }"),
                "a known type",
            ),
            (npy(SUBJECT).replace(b"(5, 3)", b"(15,) "), "a known type"),
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

    @pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    @pytest.mark.parametrize("size", [2**22, 50])
    def test_arrays_of_an_archive_in_column_order(self, judged, monkeypatch, compression, size):
        monkeypatch.setattr(verify, "BLOCK_BYTES", size)
        monkeypatch.setattr(verify, "MAX_STRIPS", 2)
        turned = npy(list(map(list, zip(*SUBJECT, strict=True))), order="True").replace(b"(3, 5)", b"(5, 3)")
        weights = npy([[1] * 3] * 5)
        for members, told in (
            ({"A": turned, "W": weights}, "valid"),
            ({"A": turned, "W": weights.replace(b"False", b"True ")}, "a known type"),
            ({"A": turned, "W": npy([[1] * 3] * 5, order="True")}, "valid"),
            ({"A": turned[:-1], "W": weights}, "got fewer"),
            ({"A": turned + b"x", "W": weights}, "got more"),
            ({"A": npy(SUBJECT, order="True"), "W": weights}, "the multiplicities of the file's rows"),
        ):
            raw = npz(compression, **members)
            assert told in judged(about(raw), raw)
        core, rows = npy([[2, 0], [0, 1]], order="True"), npy(ROWS, "<i8", shape=(5,), order="True")
        raw = npz(compression, A=core, row_labels=rows, col_labels=LABELS)
        assert judged(about(raw), raw) == "valid"

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


def test_the_schema_accepts_what_stands_for_a_larger_problem():
    for certificate in (patterned(), about(NPY, "a.npy"), compressed(), patterned(rows={"labels": "0 1 1 0 1"})):
        try:
            VALIDATOR.validate(certificate)
        except jsonschema.ValidationError as error:
            pytest.fail(error.message)
