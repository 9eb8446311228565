"""Section 4.1 of the format: files of delimited text that a patterned instance stands for."""

from __future__ import annotations

import io

import pytest
from source_builders import (
    about,
)

from wlra_exact import verify

LINES = b"2,0,0\n0,1,1\n0,1,1\n2,0,0\n0,1,1\n"
LABELLED = b'id,x,y,z\n"a",2,0,0\nb,0,1,1\n1,0,1,1\n,2,0,0\n\xff,0,1,1\n'


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

    def test_a_label_alone_is_no_row(self):
        """It would count as a missing entry: every line has as many delimiters as the first."""
        core = {"A": [["2"], ["0"]], "omega": [["1"], ["0"]], "k": 1, "rows": {"counts": [2, 1]}}
        instance = verify.parse_instance({**core, "columns": {"counts": [1]}})
        verify.check_patterns(instance, verify.open_text(io.BytesIO(b"id,x\na,2\nb,\nc,2\n"), "csv"))
        with pytest.raises(verify.Invalid, match="2 fields in a row"):
            verify.check_patterns(instance, verify.open_text(io.BytesIO(b"id,x\na,2\nb\nc,2\n"), "csv"))

    def test_too_many_distinct_lines_are_refused(self, judged, monkeypatch):
        monkeypatch.setattr(verify, "MAX_DISTINCT", 20)
        raw = LINES + b"0,1,1.000000000\n"
        assert judged(about(raw, "a.csv"), raw).startswith("malformed")
