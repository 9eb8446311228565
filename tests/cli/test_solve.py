"""``solve``: the screen, the certificate, the exit codes, on instances with known values."""

import dataclasses
import json
import re
from fractions import Fraction

import numpy as np
import pytest

from wlra_exact.algebra.exact import matrix
from wlra_exact.cli.outcome import outcome
from wlra_exact.cli.solve import solve
from wlra_exact.problem.instance import Instance
from wlra_exact.search.portfolio import METHODS
from wlra_exact.search.solve import solve_instance

TWO_MINIMA = {0: ("1.95999", "1.96001"), 1: ("2.269131", "2.269133"), 9: ("2.714748", "2.714750")}


@pytest.fixture
def interrupted():
    """Branch on the symmetric problem until the listener says so: the result, its bracket open."""
    omega = matrix([[9, 6, 1], [6, 1, 9], [1, 9, 6]])
    problem = Instance(matrix([[-59, 11, 59], [11, 59, -59], [59, -59, 11]]), omega, 1)

    def run_until(enough):
        def listen(event):
            if enough(event):
                raise KeyboardInterrupt

        return solve_instance(problem, method="columns", progress=listen)

    return run_until


def printed(done, name):
    """The number that a run prints after a label."""
    return Fraction(re.search(rf"^{name} +(\S+)", done.stdout, re.MULTILINE)[1])


@pytest.mark.parametrize("a", TWO_MINIMA)
def test_the_two_by_two_family_has_its_known_values(run, verify_isolated, tmp_path, a):
    (tmp_path / "A.csv").write_text("1,1.1\n1,-1\n")
    (tmp_path / "omega.csv").write_text(f"{1 + a},1\n1,{1 + a}\n")
    done = run("solve", "A.csv", "--omega", "omega.csv", "--rank", 1, "--out", "A.json")
    assert done.exit_code == 0, done.output
    low, high = map(Fraction, TWO_MINIMA[a])
    assert low <= printed(done, "lower") <= printed(done, "upper") <= high
    checked = verify_isolated("A.json")
    assert checked.returncode == 0, checked.stdout
    assert ": valid;" in checked.stdout


def test_the_printed_bracket_contains_the_certified_one(run, tmp_path):
    done = run("solve", "hair_eye", "-k", 1, "--omega", "1/expected", "--out", "h.json", "--digits", 7)
    claim = json.loads((tmp_path / "h.json").read_text())["claim"]
    assert printed(done, "lower") <= Fraction(claim["lower"]) <= Fraction(claim["upper"]) <= printed(done, "upper")
    assert Fraction("138.2897") < printed(done, "lower") <= printed(done, "upper") < Fraction("138.2900")


def test_the_screen_tells_where_things_are_and_fits_a_terminal(run, tmp_path):
    done = run("solve", "lsat6", "--rank", 1, "--out", "c.json")
    size = (tmp_path / "c.json").stat().st_size
    for words in (
        "lsat6 (bundled), 1000x5",
        "cost = sum omega (A-X)^2",
        "merge rows 997x5 -> 29x5",
        "spectral on 5x5: opt >= 628.04",
        f"c.json, {size} bytes",
        "wlra-exact verify c.json",
    ):
        assert words in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stderr == ""


def test_weights_are_squared_and_omega_is_not(run, tmp_path):
    (tmp_path / "A.csv").write_text("3,1,-2\n4,1,5\n-9,2,6\n")
    (tmp_path / "W.csv").write_text("1,2,3\n2,5,4\n1,1,3\n")
    (tmp_path / "omega.csv").write_text("1,4,9\n4,25,16\n1,1,9\n")
    squared = run("solve", "A.csv", "-k", 1, "--weights", "W.csv")
    linear = run("solve", "A.csv", "-k", 1, "--omega", "omega.csv")
    assert "weights W = W.csv are squared: cost = sum W^2 (A-X)^2" in squared.stdout
    assert "omega = omega.csv: cost = sum omega (A-X)^2" in linear.stdout
    assert printed(squared, "upper") == printed(linear, "upper")


@pytest.mark.parametrize("rank", [2, 3])
def test_a_rank_of_the_smaller_side_or_more_is_solved_exactly(run, verify_isolated, tmp_path, rank):
    (tmp_path / "A.csv").write_text("1,2,3\n4,5,7/3\n")
    done = run("solve", "A.csv", "--rank", rank, "--out", "c.json")
    assert done.exit_code == 0
    claim = json.loads((tmp_path / "c.json").read_text())["claim"]
    assert (claim["lower"], claim["upper"]) == ("0", "0")
    assert "opt = 0 exactly" in done.stdout
    assert verify_isolated("c.json").returncode == 0


def test_the_input_s_own_rank_and_weights_count(run, tmp_path):
    (tmp_path / "A.json").write_text('{"A": [[1, "1.1"], [1, -1]], "omega": [[2, 1], [1, 2]], "k": 1}')
    np.savez(tmp_path / "A.npz", A=np.array([[1.0, 1.5], [1.0, -1.0]]), W=np.array([[2.0, 1.0], [1.0, 2.0]]))
    done = run("solve", "A.json")
    assert done.exit_code == 0
    assert Fraction("2.269131") < printed(done, "lower") <= printed(done, "upper") < Fraction("2.269133")
    assert "omega from the table's file" in done.stdout
    assert run("solve", "A.npz", "--rank", 1).exit_code == 0
    assert run("solve", "A.json", "--rank", 1).exit_code == 0


def test_a_file_wins_over_a_bundled_table(run, tmp_path):
    assert "hair_eye (bundled), 4x4" in run("solve", "hair_eye", "-k", 1).stdout
    (tmp_path / "hair_eye").mkdir()
    assert "hair_eye (bundled), 4x4" in run("solve", "hair_eye", "-k", 1).stdout
    (tmp_path / "hair_eye").rmdir()
    (tmp_path / "hair_eye").write_text("1,2\n3,4\n")
    done = run("solve", "hair_eye", "-k", 1)
    assert done.exit_code == 2
    assert "no suffix" in done.stderr


def test_decimals_are_decimals_unless_binary64_is_asked_for(run, tmp_path):
    (tmp_path / "A.csv").write_text("0.1,2\n3,4\n")
    run("solve", "A.csv", "-k", 1, "--out", "decimal.json")
    run("solve", "A.csv", "-k", 1, "--binary64", "--out", "binary.json")
    entries = [
        json.loads((tmp_path / f"{name}.json").read_text())["instance"]["A"][0][0] for name in ("decimal", "binary")
    ]
    assert entries == ["1/10", "3602879701896397/36028797018963968"]


def test_a_gap_that_is_out_of_reach_exits_3_with_a_true_certificate(run, verify_isolated, tmp_path):
    (tmp_path / "A.csv").write_text("7,-3,2\n-1,8,4\n3,3,-9\n")
    (tmp_path / "omega.csv").write_text("1,9,4\n25,1,9\n4,16,1\n")
    done = run("solve", "A.csv", "-k", 1, "--omega", "omega.csv", "--method", "spectral", "--out", "c.json")
    assert done.exit_code == 3
    words = " ".join(done.stdout.split())
    assert "NOT reached (--method spectral does no better); exit code 3" in words
    assert "go on --method auto tries every rule that applies" in words
    assert Fraction(0) < printed(done, "lower") < printed(done, "upper")
    assert verify_isolated("c.json").returncode == 0


def test_a_search_that_was_stopped_says_how_to_go_on(interrupted):
    result = interrupted(lambda event: event.lower > 0)
    end, advice = outcome(result, "1e-6", None, "columns", "my A.json")
    assert end == "NOT reached (interrupted); exit code 3"
    assert advice == "--resume 'my A.json' and a longer --time-limit: the tree goes on where it stands"
    small = dataclasses.replace(result, reached=True)
    assert outcome(small, "1e-6", None, "columns", None) == ("reached (upper <= gap x cost of X = 0)", "")
    assert "what --out keeps" in outcome(result, "1e-6", None, "columns", None)[1]


def test_a_search_without_a_tree_that_proves_something_would_begin_anew(interrupted):
    result = interrupted(lambda event: event.nodes == 1)
    assert result.lower == 0
    assert "branching has not passed the bound" in outcome(result, "1e-6", None, "columns", "A.json")[1]
    late = dataclasses.replace(result, interrupted=False)
    assert outcome(late, "1e-6", "0.000001", "columns", "A.json")[0] == "NOT reached (out of time); exit code 3"


def test_verbose_tells_every_event_on_standard_error(run):
    done = run("solve", "hair_eye", "-k", 1, "--verbose")
    assert "descent" in done.stderr
    assert ["spectral" in line for line in done.stderr.splitlines()[-2:]] == [True, False]
    assert "| [5841.95655, 5841.95656] | gap " in done.stderr.splitlines()[-1]


def test_the_certificate_names_its_input_but_no_folder(run, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "A.csv").write_text("1,2\n3,5\n")
    run("solve", tmp_path / "folder" / "A.csv", "-k", 1, "--out", "c.json")
    text = (tmp_path / "c.json").read_text()
    assert json.loads(text)["provenance"]["input"]["table"] == "A.csv"
    assert str(tmp_path) not in text


def test_the_same_seed_gives_the_same_certificate(run, tmp_path):
    certificates = []
    for name in ("a.json", "b.json"):
        run("solve", "va_deaths", "-k", 1, "--seed", 5, "--out", name)
        certificate = json.loads((tmp_path / name).read_text())
        del certificate["provenance"]
        certificates.append(certificate)
    assert certificates[0] == certificates[1]


def test_the_help_names_every_method():
    option = next(parameter for parameter in solve.params if parameter.name == "method")
    assert all(method in option.help for method in METHODS)


def test_bounds_on_boxes_and_on_parts_beside_them_are_not_told_as_bounds_on_opt(run, tmp_path):
    table, weights = tmp_path / "A.csv", tmp_path / "W.csv"
    table.write_text("8,0,0,8\n0.5,1,0,0\n0,0,1,0.5\n")
    weights.write_text("1,0,0,1\n1,1,1,0\n0,1,1,1\n")
    options = ["--rank", "1", "--omega", weights, "--gap", "1e-3", "--method", "columns", "--out", tmp_path / "c.json"]
    done = run("solve", table, *options)
    steps = json.loads((tmp_path / "c.json").read_text())["steps"]
    assert "spectral" in {step["rule"] for step in steps}
    assert re.search(r"^proved by +chart_cover on 3x4, \d+ steps: opt >= 0\.99\d+$", done.stdout, re.MULTILINE)
    assert re.search(r"^reductions +none applies$", done.stdout, re.MULTILINE)
