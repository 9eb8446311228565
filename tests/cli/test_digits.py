"""Many digits on the command line: any gap, ``show --digits`` beyond Python's own limit, and ``show --algebraic``."""

import json

import pytest


@pytest.fixture
def table(tmp_path):
    (tmp_path / "t.json").write_text(
        json.dumps({"A": [[3, 1, 2], [1, -3, 5]], "omega": [[1, 4, 1], [4, 1, 9]], "k": 1})
    )
    return "t.json"


def test_the_digits_that_are_asked_for_are_certified_shown_and_recognised(run, table, verify_isolated):
    assert run("solve", table, "--gap", "1e-400", "--out", "t.cert").exit_code == 0
    assert verify_isolated("t.cert").returncode == 0
    text = run("show", "t.cert", "--algebraic", "--digits", "30").stdout
    assert "opt = 16.9755947325631844673195348715..." in " ".join(text.split())
    assert "degree 10" in text
    assert "proved: it is the least critical value" in text
    assert "no polynomial of degree 3 or less" in run("show", "t.cert", "--algebraic", "--degree", "3").stdout


def test_more_digits_than_python_turns_into_text(run, table):
    done = run("solve", table, "--gap", "1e-4400", "--digits", "4405", "--out", "t.cert")
    assert done.exit_code == 0
    words = run("show", "t.cert", "--digits", "5000").stdout.split()
    assert len(words[words.index("claim") + 1]) == 5001


@pytest.mark.parametrize("gap", ["1/1" + 60 * "0", "1e-60", "0.000000000000000000001"])
def test_any_rational_or_decimal_is_a_gap(run, table, gap):
    assert run("solve", table, "--gap", gap).exit_code == 0


@pytest.mark.parametrize("gap", ["1e-99999", "0", "-1e-100", "tiny"])
def test_other_text_is_not(run, table, gap):
    done = run("solve", table, "--gap", gap)
    assert done.exit_code == 2
    assert "gap" in done.stderr
