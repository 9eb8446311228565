"""Limits of size and depth, and what happens when the verifier itself fails."""

from __future__ import annotations

import pytest
from base_certificates import BASES
from certificate_builders import clone, dyadic, malformed, step, text, zero_proof

from wlra_exact import verify
from wlra_exact.verify import verify_file

BASE = text(BASES["minors"])


class TestLimits:
    def test_a_file_above_the_limit_is_refused_unread(self, tmp_path):
        path = tmp_path / "large.json"
        with open(path, "wb") as stream:
            stream.truncate(10 * verify.MAX_BYTES)
        result = verify_file(str(path))
        assert result.reason == f"too large: more than {verify.MAX_BYTES} bytes"
        assert result.size == verify.MAX_BYTES + 1

    @pytest.mark.parametrize("path", ["", "no/such/file", "/", "a\0b", "x" * 5000])
    def test_an_unreadable_file_is_malformed(self, path):
        assert verify_file(path).verdict == "malformed"

    def test_too_many_lists_are_refused_before_they_are_built(self):
        assert malformed("[" * (verify.MAX_MARKS + 1)).startswith("too large: more than")

    def test_a_huge_common_denominator_is_refused(self, monkeypatch):
        """Coprime denominators of 2000 digits each would make every entry of M a number of the size of the file."""
        monkeypatch.setattr(verify, "MAX_BITS", 2**16)
        n = 20
        base = clone(BASES["minors"])
        A = [[f"1/{10**2000 + 2 * j + 1}" for j in range(n)]]
        base["instance"] = {"A": A, "omega": [["1"] * n], "k": 1}
        base["steps"][0]["payload"] |= {"multipliers": dyadic([]), "psd": zero_proof(n + 1)}
        assert malformed(text(base)) == "step s1 (rule minors): too large: a common denominator of more than 65536 bits"

    def test_exponents_that_would_fill_memory_are_refused(self):
        n = 1500
        base = clone(BASES["minors"])
        base["instance"] = {"A": [["0"] * n], "omega": [["1"] * n], "k": 1}
        base["steps"][0]["payload"] |= {
            "multipliers": dyadic([]),
            "psd": zero_proof(n + 1) | {"exponents": [20_000, *[-20_000] * n]},
        }
        assert malformed(text(base)) == "step s1 (rule minors): too large: the matrix of psd"

    def test_weights_that_would_fill_memory_are_refused(self):
        """Each merge multiplies 10000 weights by a number of 400000 bits: c is free, for the rows of A are zero."""
        n = 10_000
        base = clone(BASES["minors"])
        base["instance"] = {"A": [["0"] * n] * 2, "omega": [["1"] * n] * 2, "k": 1}
        members = [[1, "1", "9" * 90_000]]
        base["steps"].insert(0, step("r", "merge", ["instance"], axis="row", groups=[{"into": 0, "members": members}]))
        assert malformed(text(base)) == "step r (rule merge): too large: the weights of the merged rows"
        group = {"members": [[0, "1"]], "rows": [["0"] * n] * 2, "weights": ["9" * 90_000] * 2}
        base["steps"][0] = step("r", "gram", ["instance"], axis="row", groups=[group])
        assert malformed(text(base)) == "step r (rule gram): too large: the weights of the new rows"

    def test_many_copies_of_a_large_problem_are_refused(self, monkeypatch):
        monkeypatch.setattr(verify, "MAX_ROOM", 10_000)
        base = clone(BASES["minors"])
        base["steps"] = [step(f"r{i}", "transpose", ["instance"]) for i in range(100)] + base["steps"]
        assert malformed(text(base)).endswith("too large: the problems")

    @pytest.mark.parametrize("error", [MemoryError, RecursionError, ZeroDivisionError, KeyError, AssertionError])
    def test_the_unforeseen_is_never_valid(self, monkeypatch, error):
        def fail(premises, payload):
            raise error("boom")

        monkeypatch.setitem(verify.RULES, "witness", fail)
        assert malformed(BASE) == f"{error.__name__}: {show_of(error)}"


def show_of(error):
    return verify.show(str(error("boom")))
