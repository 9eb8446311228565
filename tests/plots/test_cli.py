"""--plot on the commands that have it: a picture is written, or refused before the work."""

import json
import sys

import pytest
from click.testing import CliRunner

from wlra_exact.cli import main

SYMMETRIC = {"A": [[-59, 11, 59], [11, 59, -59], [59, -59, 11]], "omega": [[9, 6, 1], [6, 1, 9], [1, 9, 6]], "k": 1}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.json").write_text(json.dumps(SYMMETRIC))
    (tmp_path / "two.json").write_text(json.dumps({"A": [[1, "1.1"], [1, -1]], "omega": [[10, 1], [1, 10]], "k": 1}))
    (tmp_path / "zero.json").write_text(json.dumps({"A": [[1, 2], [2, 4]], "k": 1}))
    return lambda *arguments: CliRunner().invoke(main, arguments)


@pytest.mark.parametrize(
    "line",
    [
        "solve two.json --plot p.png",
        "solve zero.json --plot p.svg",
        "critical two.json --plot p.svg",
        "critical s.json --plot p.pdf",
        "decide two.json --threshold 3 --plot p.png",
        "decide s.json --threshold 43000 --plot p.png",
    ],
)
def test_a_command_draws_its_picture(run, tmp_path, line):
    done = run(*line.split())
    assert done.exit_code == 0, done.output
    picture = tmp_path / line.split()[-1]
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[picture.suffix]
    assert picture.read_bytes().startswith(start)


def test_show_draws_each_view(run, tmp_path):
    assert run("solve", "two.json", "--out", "two_cert.json").exit_code == 0
    assert run("decide", "s.json", "--threshold", "43000", "--out", "s_cert.json").exit_code == 0
    for file, view in (("two_cert", "residuals"), ("two_cert", "line"), ("s_cert", "cells")):
        done = run("show", f"{file}.json", "--view", view, "--plot", f"{view}.png")
        assert done.exit_code == 0, done.output
        assert (tmp_path / f"{view}.png").stat().st_size > 1000
    wrong = run("show", "two_cert.json", "--view", "cells", "--plot", "wrong.png")
    assert wrong.exit_code == 2
    assert not (tmp_path / "wrong.png").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("solve two.json --plot p.txt", "expected a name that ends in"),
        ("solve two.json --plot nowhere/p.png", "expected a file in an existing folder"),
        ("decide hair_eye -k 2 --threshold 3 --plot p.png", "k (m - k) = 1 or 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(run, tmp_path, line, message):
    done = run(*line.split(), *(["--out", "c.json"] if line.startswith("solve") else []))
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "c.json").exists()


def test_without_matplotlib_one_line_says_what_to_install(run, monkeypatch):
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "matplotlib" else found(name))
    done = run("solve", "two.json", "--plot", "p.png")
    assert (done.exit_code, done.stderr) == (2, "error: --plot needs matplotlib: pip install 'wlra-exact[plots]'\n")


def test_without_matplotlib_the_package_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("wlra_exact.plots")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'wlra-exact\[plots\]'"):
        __import__("wlra_exact.plots")
