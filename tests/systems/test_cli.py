"""The commands ``system`` and ``bounds``."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from wlra_exact.cli import main
from wlra_exact.cli.system import shown
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


@pytest.mark.parametrize("kind", ["reduced", "sketched"])
def test_every_form_of_denominators_is_written(table, kind):
    sizes = {}
    for form in ("product", "separate", "cleared"):
        extra = ["--kind", kind, "--form", form, "--sketch-size", 1]
        result = run("system", table, "-k", 1, "--threshold", 1, *extra)
        assert result.exit_code == 0, result.output
        sizes[form] = len(parse(result.stdout, "smt2").variables)
        on_chart = run("system", table, "-k", 1, "--threshold", 1, *extra, "--chart")
        assert len(parse(on_chart.stdout, "smt2").variables) == sizes[form] - 1
    assert sizes["cleared"] == 2
    assert sizes["product"] == 3
    assert sizes["separate"] == (3 if kind == "reduced" else 4)


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
        (["--threshold", 1, "--kind", "sketched", "--eps", 2], "eps: expected a number above 0 and at most 1/2"),
        (["--threshold", 1, "--out", "/no/such/folder/file"], "--out"),
    ],
)
def test_mistakes_end_in_one_line(table, arguments, message):
    result = run("system", table, "-k", 1, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_smt_solvers_get_a_long_threshold_and_a_short_consequence(table):
    ask = ["system", table, "-k", 1, "--chart", "--strict", "--threshold"]
    long = parse(run(*ask, f"{10**30 // 3}/{10**30}").stdout, "smt2")
    short = parse(run(*ask, "333334e-6").stdout, "smt2")
    exact = parse(run(*ask, f"{10**30 // 3}/{10**30}", "--format", "sympy").stdout, "sympy")
    assert len(exact.constraints) == 2
    assert set(long.constraints) == set(short.constraints) | set(exact.constraints)
    assert long.constraints[0] in short.constraints


def test_a_terminal_sees_long_lines_cut_and_a_pipe_sees_all():
    line = "(assert " + "x" * 1000 + ")"
    cut = shown(f"short\n{line}\nshort\n").split("\n")
    assert cut[0] == cut[2] == "short"
    assert cut[1].startswith(line[:240])
    assert cut[1].endswith(f"... {len(line) - 240} more characters")
    piped = run("system", "hair_eye", "-k", 1, "--threshold", 100, "--omega", "1/expected").stdout
    assert "more characters" not in piped
    assert parse(piped, "smt2").constraints


def test_bounds_put_theory_beside_the_certified_bracket(table):
    result = run("bounds", table, "-k", 1)
    assert result.exit_code == 0, result.output
    assert "theory <= lower <= upper <= ||W o A||^2: holds" in result.stdout
    assert "Lemma 4.1" in result.stdout


def test_bounds_count_the_decisions_of_the_search_beside_the_prediction(table):
    result = run("bounds", table, "-k", 1, "--search")
    assert "search steps from the bound of Lemma 4.1: 21 predicted, 20 made\n" in result.stdout
    told = json.loads(run("bounds", table, "-k", 1, "--search", "--no-bracket", "--json").stdout)
    assert told["search"] == {"theorem": "Lemma 4.1", "predicted": 21, "made": 20, "reached": True}
    assert int(told["predictions"][0]["steps"]) == 21


def test_bounds_as_json_are_exact(table):
    result = run("bounds", table, "-k", 1, "--no-bracket", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["norm"] == "5"
    assert report["lower"] is None
    assert int(report["predictions"][0]["log2_lower"]) == -376832
    assert report["variables"]["reduced, one chart"] == 1


def test_bounds_count_every_system_as_predicted_and_as_built(table):
    report = json.loads(run("bounds", table, "-k", 1, "--no-bracket", "--json").stdout)
    assert report["formulas"] == report["variables"]
    assert report["variables"]["sketched, product form"] == 2 * 4 + 1
    irrational = json.loads(
        run("bounds", "hair_eye", "-k", 1, "--omega", "1/expected", "--no-bracket", "--json").stdout
    )
    assert "no rational square roots" in irrational["unbuilt"]["sketched, product form"]


def test_a_file_with_labels_is_the_problem_of_its_indices_not_of_its_core(tmp_path):
    labelled = tmp_path / "labelled.npz"
    core = {"A": np.array([[1, 2], [3, 5]]), "omega": np.array([[1, 4], [9, 1]])}
    np.savez(labelled, row_labels=np.arange(3000) % 2, col_labels=np.arange(2000) % 2, **core)
    report = json.loads(run("bounds", labelled, "-k", 1, "--json").stdout)
    assert (report["setting"]["m"], report["setting"]["n"]) == (3000, 2000)
    assert report["formulas"]["full"] == 5000
    assert report["chain_holds"]
    # The weights are squares, and stay so: multiplicities 1500 * 1000 are not.
    result = run("system", labelled, "-k", 1, "--threshold", 10**6, "--kind", "sketched", "--sketch-size", 1)
    assert result.exit_code == 0, result.output
    # The best V for u = (1, 2) costs (82 - 55^2 / 37) + (41 - 18^2 / 8) for each of the 1500 * 1000 copies: 1114864.86.
    for threshold, holds in ((1114865, True), (1114864, False)):
        reduced = parse(run("system", labelled, "-k", 1, "--threshold", threshold).stdout, "smt2")
        assert reduced.is_satisfied_by({"u1_1": 1, "u2_1": 2}) is holds


def test_bounds_say_that_an_unattained_infimum_is_zero(tmp_path):
    hole = tmp_path / "hole.csv"
    hole.write_text(",1\n1,0\n")
    result = run("bounds", hole, "-k", 1)
    assert "opt = 0 by the gap theorem" in result.stdout
    report = json.loads(run("bounds", hole, "-k", 1, "--json").stdout)
    assert (report["lower"], report["is_zero"]) == ("0", True)
    assert report["upper"] != "0"


def test_bounds_without_a_search_say_so(table):
    result = run("bounds", table, "-k", 1, "--no-bracket")
    assert "certified lower      log2 >= ?\n" in result.stdout


def test_bounds_print_the_bracket_in_decimals_too(tmp_path):
    (tmp_path / "diagonal.csv").write_text("2,0\n0,1\n")
    lines = run("bounds", tmp_path / "diagonal.csv", "-k", 1).stdout.splitlines()
    [lower, upper, norm] = [line for line in lines if "  opt " in line]
    assert 0.998 < float(lower.rpartition("opt >= ")[2]) <= 1
    assert 1 <= float(upper.rpartition("opt <= ")[2]) < 1.001
    assert norm == "||W o A||^2          log2 <= 3         opt <= 5.00000000"


def test_an_accuracy_outside_the_theorem_is_refused(table):
    result = run("bounds", table, "-k", 1, "--no-bracket", "--eps", "3/4")
    assert result.exit_code == 2
    assert "eps: expected a number above 0, at most 1/2" in result.stderr


def test_an_accuracy_whose_bound_has_too_many_digits_is_refused_at_once(table):
    result = run("bounds", table, "-k", 1, "--no-bracket", "--eps", "1e-9")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "the exponent itself has more than" in result.stderr
