"""Section 4.1 of the format: compressed instances, and the tables that they stand for."""

from __future__ import annotations

import io

import pytest
from certificate_builders import fractions, step, text, witness
from source_builders import (
    COMPACT,
    NAN,
    TABLE,
    TABLE_NPY,
    TABLE_ROWS,
    compressed,
    labels,
    npy,
    npz,
)
from test_verdicts import VALIDATOR

from wlra_exact import verify


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
