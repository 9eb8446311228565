"""``critical`` and ``decide``: what they print, what their JSON carries, how they refuse."""

from __future__ import annotations

import json
import random
from fractions import Fraction

import pytest
from click.testing import CliRunner

from wlra_exact.cli import main

CYCLIC = {
    "A": [[-59, 11, 59], [11, 59, -59], [59, -59, 11]],
    "omega": [[9, 6, 1], [6, 1, 9], [1, 9, 6]],
    "k": 1,
}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "cyclic.json"
    path.write_text(json.dumps(CYCLIC))
    return str(path)


@pytest.fixture
def pair(tmp_path):
    path = tmp_path / "pair.json"
    path.write_text(json.dumps({"A": [[1, 2], [3, 5]], "omega": [[1, 2], [3, 5]], "k": 1}))
    return str(path)


def run(*arguments: str):
    return CliRunner().invoke(main, list(arguments))


def test_critical_prints_the_counts_the_values_and_the_polynomial_of_opt(table):
    result = run("critical", table, "--digits", "14")
    assert result.exit_code == 0
    assert "39 complex, 19 real, 7 local minima" in result.output
    assert result.output.count("43556.71549901655584...") == 4
    assert "root of 118971374760000*x^10" in result.output


def test_critical_json_carries_the_isolating_interval(pair):
    result = run("critical", pair, "--json")
    found = json.loads(result.output)
    assert result.exit_code == 0
    assert found["complex_count"] == 6
    assert [point["index"] for point in found["real"]] == [0, 1]
    assert len(found["real"][0]["point"]) == 2
    opt = found["opt"]
    lower, upper = Fraction(opt["lower"]), Fraction(opt["upper"])
    values = [sum(int(c) * x**i for i, c in enumerate(opt["polynomial"])) for x in (lower, upper)]
    assert values[0] * values[1] < 0
    assert lower < Fraction(opt["decimal"].rstrip(".")) < upper


def test_decide_answers_no_with_a_proof_and_yes_with_a_witness(table):
    no = json.loads(run("decide", table, "-t", "43556.7", "--json").output)
    assert (no["decision"], no["method"]) == ("no", "bernstein")
    assert len(no["bernstein"]["trees"]) == 3
    yes = json.loads(run("decide", table, "-t", "43556.8", "--json").output)
    assert yes["decision"] == "yes"
    assert Fraction(yes["witness"]["cost"]) < Fraction("43556.8")


@pytest.mark.parametrize(
    ("method", "threshold", "word"), [("cad", "43556", "NO: opt >="), ("cad", "43557", "YES: opt <")]
)
def test_decide_uses_the_method_asked_for(table, method, threshold, word):
    result = run("decide", table, "--threshold", threshold, "--method", method)
    assert result.exit_code == 0
    assert result.output.startswith(f"{word} {threshold}  (method {method})")


def test_an_unknown_answer_gives_its_reason_and_exit_code_3(table):
    result = run("decide", table, "--threshold", "43557", "--method", "bernstein")
    assert result.exit_code == 3
    assert "reason:" in result.output


@pytest.mark.parametrize(
    "arguments", [("decide", "--threshold", "soon"), ("decide", "--threshold", "1", "--method", "univariate")]
)
def test_bad_requests_are_refused_in_one_line(table, arguments):
    result = run(arguments[0], table, *arguments[1:])
    assert result.exit_code == 2
    assert result.output.startswith("error: ")
    assert result.output.count("\n") == 1


def test_a_table_beyond_the_method_is_refused_in_one_line():
    result = run("critical", "hair_eye", "--rank", "1", "--method", "elimination")
    assert result.exit_code == 2
    assert "elimination takes three rows" in result.output


@pytest.mark.parametrize("method", ["auto", "cad", "critical", "bernstein", "orthogonal", "columns"])
def test_no_is_written_as_a_proof_of_the_threshold(table, tmp_path, verify_isolated, method):
    out, threshold = tmp_path / "no.json", "43556" if method != "orthogonal" else "30000"
    result = run("decide", table, "-t", threshold, "--method", method, "--out", str(out))
    assert result.exit_code == 0
    assert result.output.startswith(f"NO: opt >= {threshold}  (method {method if method != 'auto' else 'bernstein'})")
    assert f"certificate: {out}, rules " in result.output
    assert ("rules cad witness;" in result.output) == (method in ("cad", "critical"))
    assert json.loads(out.read_text())["claim"]["lower"] == threshold
    assert "valid" in verify_isolated(out).stdout
    assert verify_isolated(out).returncode == 0


@pytest.mark.parametrize("method", ["auto", "cad", "critical", "orthogonal", "columns"])
def test_yes_is_written_as_a_witness(table, tmp_path, verify_isolated, method):
    out = tmp_path / "yes.json"
    result = run("decide", table, "-t", "43556.8", "--method", method, "--out", str(out), "--json")
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert (found["decision"], found["certificate"]) == ("yes", str(out))
    claim = json.loads(out.read_text())["claim"]
    assert claim["lower"] == "0"
    assert Fraction(claim["upper"]) < Fraction("43556.8")
    assert verify_isolated(out).returncode == 0


def test_one_parameter_is_certified_on_both_sides(pair, tmp_path, verify_isolated):
    for threshold, word in (("0.01", "NO"), ("0.04", "YES")):
        out = tmp_path / f"{word}.json"
        result = run("decide", pair, "-t", threshold, "--method", "univariate", "--out", str(out))
        assert result.output.startswith(word)
        assert verify_isolated(out).returncode == 0


def test_without_an_answer_no_certificate_is_written(table, tmp_path):
    out = tmp_path / "none.json"
    result = run("decide", table, "-t", "43557", "--method", "bernstein", "--out", str(out))
    assert result.exit_code == 3
    assert result.output.splitlines()[-1] == f"certificate: none found for this answer, {out} is not written"
    assert not out.exists()
    again = run("decide", table, "-t", "43557", "--method", "bernstein", "--out", str(out), "--json")
    assert json.loads(again.output)["certificate"] is None


def test_a_certificate_never_replaces_the_table_or_goes_nowhere(table, tmp_path):
    for out in (table, str(tmp_path), str(tmp_path / "none" / "c.json")):
        result = run("decide", table, "-t", "1", "--out", out)
        assert result.exit_code == 2
        assert result.output.startswith("error: --out ")


def test_opt_of_many_columns_is_exact_through_its_parameter(tmp_path):
    rng = random.Random(9)
    rows = [[[rng.randint(lo, 99) for _ in range(40)] for _ in range(2)] for lo in (-99, 1)]
    path = tmp_path / "wide.json"
    path.write_text(json.dumps({"A": rows[0], "omega": rows[1], "k": 1}))
    found = json.loads(run("critical", str(path), "--json").output)
    assert found["opt"] is None
    r = found["opt_parameter"]
    assert len(r["polynomial"]) == 4 * 40 - 1
    denominators = [Fraction(r[side]) for side in ("lower", "upper")]
    signs = [sum(int(c) * x**i for i, c in enumerate(r["polynomial"])) for x in denominators]
    assert signs[0] * signs[1] < 0
    u = [1, sum(denominators) / 2]
    cost = Fraction(0)
    for a, w in zip(zip(*rows[0], strict=True), zip(*rows[1], strict=True), strict=True):
        q = sum(y * x * x for y, x in zip(w, u, strict=True))
        l = sum(y * x * b for y, x, b in zip(w, u, a, strict=True))
        cost += sum(y * b * b for y, b in zip(w, a, strict=True)) - l * l / q
    assert abs(cost / Fraction(found["real"][0]["value"].rstrip(".")) - 1) < Fraction(1, 10**6)
    assert "degree 158" in run("critical", str(path)).output
