"""``wlra-exact falsify`` and ``wlra-exact score``: a user's own function, from a file or a module."""

import json
import sys
from pathlib import Path

import pytest

from wlra_exact import load_certificate, verify_file

sys.path.insert(0, str(Path(__file__).parents[1] / "testing"))

from library import write_library

FUNCTIONS = """
import numpy as np
from fractions import Fraction

def tail(A, omega, k):
    return np.sum(np.linalg.svd(np.sqrt(omega) * A, compute_uv=False)[k:] ** 2)

def zero(A, omega, k):
    return 0

def exact_only(A, omega, k):
    return sum((w * a for row, weights in zip(A, omega) for a, w in zip(row, weights)), Fraction(0)) * 0

def svd(A, omega, k):
    U, s, V = np.linalg.svd(A, full_matrices=False)
    return np.pad(U * s, ((0, 0), (0, k)))[:, :k], np.pad(V, ((0, k), (0, 0)))[:k]

def too_low(A, omega, k):
    return -1.0

def nothing(A, omega, k):
    return np.nan

def broken(A, omega, k):
    raise ValueError("no\\nidea")

number = 3

class Holder:
    bound = staticmethod(tail)
"""


@pytest.fixture
def here(run, tmp_path):
    (tmp_path / "user_functions.py").write_text(FUNCTIONS, encoding="utf-8")
    (tmp_path / "syntax_error.py").write_text("def f(:", encoding="utf-8")
    (tmp_path / "fails.py").write_text("import no_such_module_at_all", encoding="utf-8")
    return run


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return write_library(tmp_path_factory.mktemp("scores"))


def test_a_false_bound_exits_with_1_and_a_certificate(here, tmp_path):
    done = here("falsify", "user_functions.py:tail", "--positive", "--out", "no.json")
    assert done.exit_code == 1
    assert done.stdout.startswith("tail is no lower bound:\n  A = [[")
    assert "certificate: no.json; check it: wlra-exact verify no.json" in done.stdout
    assert verify_file(tmp_path / "no.json").verdict == "valid"
    assert all(w > 0 for w in load_certificate(tmp_path / "no.json").instance.omega.entries())


def test_a_true_bound_exits_with_0_and_says_that_nothing_is_proved(here, tmp_path):
    done = here("falsify", "user_functions.py:zero", "--examples", "20", "--out", "no.json")
    assert done.exit_code == 0
    assert "no counterexample among" in done.stdout
    assert done.stdout.endswith("this proves nothing\n")
    assert not (tmp_path / "no.json").exists()


def test_the_json_holds_the_counterexample(here):
    done = here("falsify", "user_functions.py:Holder.bound", "--json", "--rank", "1", "--rows", "2", "--columns", "3")
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert found["refuted"]
    assert found["counterexample"]["k"] == 1
    assert len(found["counterexample"]["A"]) <= 2
    assert (
        json.loads(here("falsify", "user_functions.py:zero", "--examples", "5", "--json").stdout)["counterexample"]
        is None
    )


def test_exact_functions_get_fractions(here):
    assert here("falsify", "user_functions.py:exact_only", "--exact", "--examples", "20").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["user_functions.py:absent"], "user_functions.py:absent: expected a function absent in user_functions.py"),
        (["user_functions.py:number"], "expected a function of (A, omega, k), got an object of type int"),
        (["user_functions.py"], "user_functions.py: expected MODULE:FUNCTION"),
        ([":f"], "expected MODULE:FUNCTION"),
        (["absent.py:f"], "absent.py: expected a Python file, got no such file"),
        (["no_such_module_at_all:f"], "expected a module that can be imported, got ModuleNotFoundError"),
        (["syntax_error.py:f"], "syntax_error.py: expected a module that can be imported, got SyntaxError"),
        (["fails.py:f"], "got ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        (["user_functions.py:nothing"], "nothing on A = [[0]], omega = [[1]], k = 1: expected a finite number"),
        (["user_functions.py:broken"], "expected a value, got ValueError: no idea"),
        (["user_functions.py:svd"], "expected a real number"),
        (["user_functions.py:zero", "--family", "dence"], "families: expected some of dense"),
        (["user_functions.py:zero", "--family", "masked", "--positive"], "expected one with positive weights"),
        (["user_functions.py:zero", "--tolerance", "x"], "tolerance: expected a rational of at least 0"),
        (["user_functions.py:zero", "--rows", "0"], "--rows: expected an integer of at least 1"),
        (["user_functions.py:zero", "--out", "absent/no.json"], "--out absent/no.json: expected an existing folder"),
        (["user_functions.py:tail", "--out", "user_functions.py"], "expected another file than the input"),
        ([], "wlra-exact falsify: Missing argument"),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_in_one_line(here, tmp_path, arguments, message):
    before = sorted(tmp_path.iterdir())
    done = here("falsify", *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert [path for path in sorted(tmp_path.iterdir()) if path.name != "__pycache__"] == before


def test_a_heuristic_is_scored_by_family(here, library):
    done = here("score", "user_functions.py:svd", "--library", library)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["family", "cases", "global"]
    assert [line.split()[0] for line in lines[1:6]] == ["dense", "masked", "uniform", "degenerate", "all"]
    assert lines[3].split()[1:5] == ["1", "1", "0", "0"], "with unit weights the SVD is the optimum"
    assert lines[6].startswith("global optimum reached in ")


def test_a_module_of_the_package_can_be_scored(here, library):
    done = here(
        "score", "wlra_exact.numeric.heuristics:alternate", "--library", library, "--family", "uniform", "--json"
    )
    found = json.loads(done.stdout)
    assert (found["name"], found["cases"], found["global"], found["share"]) == ("alternate", 1, 1, "1")
    assert found["rows"][0]["valid"]


def test_a_false_claim_exits_with_1_and_is_named(here, library):
    done = here("score", "user_functions.py:too_low", "--library", library, "--family", "dense")
    assert done.exit_code == 1
    assert "FALSE CLAIM on dense_2x3: below the certified lower bound" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["user_functions.py:nothing"], "expected a finite number, got nan"),
        (["user_functions.py:broken"], "expected a value, got ValueError: no idea"),
        (["user_functions.py:svd", "--family", "none"], "families: expected some of"),
        (["user_functions.py:svd", "--tolerance", "2"], "expected a rational of at least 0 and below 1, got 2"),
    ],
)  # fmt: skip
def test_a_heuristic_that_fails_is_refused_in_one_line(here, library, arguments, message):
    done = here("score", *arguments, "--library", library)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


def test_a_folder_without_a_library_is_refused(here, tmp_path):
    done = here("score", "user_functions.py:svd", "--library", tmp_path)
    assert done.exit_code == 2
    assert "expected a folder with an index.json" in done.stderr
