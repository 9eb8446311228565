"""The commands ``system`` and ``bounds``."""

import json

import pytest
from click.testing import CliRunner

from wlra_exact.cli import main
from wlra_exact.systems.export import DIALECTS
from wlra_exact.systems.parse import parse


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "A.csv"
    path.write_text("2,0\n0,1\n")
    return str(path)


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", ["full", "reduced", "sketched"])
def test_every_kind_is_written_in_every_dialect(table, kind, dialect, tmp_path):
    out = tmp_path / "system.txt"
    extra = ["--sketch-size", 1] if kind == "sketched" else []
    result = run("system", table, "-k", 1, "--threshold", 1, "--kind", kind, "--format", dialect, "--out", out, *extra)
    assert result.exit_code == 0, result.output
    assert f"{kind} system:" in result.stderr
    assert parse(out.read_text(), dialect).constraints


def test_the_reduced_system_on_a_chart_has_one_variable(table):
    result = run("system", table, "--rank", 1, "--threshold", "3/2", "--chart", "--strict")
    assert result.exit_code == 0
    system = parse(result.stdout, "smt2")
    assert system.variables == ("u2_1",)
    assert system.is_satisfied_by({"u2_1": 0})
    assert not system.is_satisfied_by({"u2_1": 1})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--threshold", "x"], "--threshold: expected a number"),
        (["--threshold", 1, "--kind", "full", "--form", "product"], "--form"),
        (["--threshold", 1, "--kind", "sketched", "--form", "cleared"], "--form"),
        (["--threshold", 1, "--kind", "sketched", "--chart"], "--chart"),
        (["--threshold", 1, "--kind", "sketched", "--eps", 2], "0 < eps <= 1/2"),
        (["--threshold", 1, "--out", "/no/such/folder/file"], "--out"),
    ],
)
def test_mistakes_end_in_one_line(table, arguments, message):
    result = run("system", table, "-k", 1, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_bounds_put_theory_beside_the_certified_bracket(table):
    result = run("bounds", table, "-k", 1)
    assert result.exit_code == 0, result.output
    assert "theory <= lower <= upper <= ||W o A||^2: holds" in result.stdout
    assert "Lemma 4.1" in result.stdout


def test_bounds_as_json_are_exact(table):
    result = run("bounds", table, "-k", 1, "--no-bracket", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["norm"] == "5"
    assert report["lower"] is None
    assert int(report["predictions"][0]["log2_lower"]) == -376832
    assert report["variables"]["reduced, one chart"] == 1


def test_bounds_without_a_search_say_so(table):
    result = run("bounds", table, "-k", 1, "--no-bracket")
    assert "certified lower      log2 >= ?" in result.stdout


def test_an_accuracy_outside_the_theorem_is_refused(table):
    result = run("bounds", table, "-k", 1, "--no-bracket", "--eps", "3/4")
    assert result.exit_code == 2
    assert "eps: expected a number above 0, at most 1/2" in result.stderr


def test_an_accuracy_whose_bound_has_too_many_digits_is_refused_at_once(table):
    result = run("bounds", table, "-k", 1, "--no-bracket", "--eps", "1e-9")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "the exponent itself has more than" in result.stderr
