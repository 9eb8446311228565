"""Independence: one file, the standard library, no floats, and the same verdicts when it runs alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from base_certificates import BASES
from certificate_builders import text
from make_corpus import CORPUS, build

ROOT = Path(__file__).parents[2]
VERIFIER = ROOT / "wlra_exact" / "verify.py"
TREE = ast.parse(VERIFIER.read_text("utf-8"))
CODES = {"valid": 0, "invalid": 1, "malformed": 2, "incomplete": 3}


def run(*arguments):
    return subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def valid_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("valid")
    for name, base in BASES.items():
        (folder / f"{name}.json").write_text(text(base), encoding="utf-8")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("command", [("-I", "-S", VERIFIER), ("-m", "wlra_exact.verify")])
def test_it_runs_alone_and_as_a_module(command, valid_files):
    result = run(*command, *valid_files)
    assert result.stderr == ""
    assert result.returncode == 0
    assert [line.split(": ")[1].split(";")[0] for line in result.stdout.splitlines()] == ["valid"] * len(BASES)


@pytest.mark.parametrize("folder", ["invalid", "malformed", "incomplete"])
def test_it_rejects_the_corpus_alone(folder):
    files = [CORPUS / folder / f"{name}.json" for place, name in build() if place == folder]
    result = run("-I", "-S", VERIFIER, *files)
    assert result.stderr == ""
    assert result.returncode == CODES[folder]
    assert all(f".json: {folder}; " in line for line in result.stdout.splitlines())
    assert len(result.stdout.splitlines()) == len(files)


def test_it_imports_the_standard_library_only():
    names = set()
    for node in ast.walk(TREE):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module.partition(".")[0])
    assert names <= sys.stdlib_module_names
    assert "wlra_exact" not in names
    assert not {"importlib", "subprocess", "pickle", "socket", "random"} & names


def test_running_it_as_a_module_loads_no_other_module_of_the_package():
    code = (
        "import sys, wlra_exact.verify; "
        "print(sorted(name for name in sys.modules if name.startswith(('wlra_exact', 'flint', 'numpy', 'sympy'))))"
    )
    assert run("-c", code).stdout.strip() == "['wlra_exact', 'wlra_exact.verify']"


def test_it_has_no_floating_point():
    for node in ast.walk(TREE):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float | complex)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id in ("float", "complex", "eval", "exec", "round")), (
            node.lineno
        )
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "math":
            assert node.attr in ("gcd", "lcm", "comb", "prod", "isqrt"), node.lineno
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
            assert node.attr == "perf_counter_ns", node.lineno


def test_it_divides_rationals_only():
    """int / int would be a float: every true division in the file is listed here with what it divides."""
    divisions = {
        ast.unparse(node) for node in ast.walk(TREE) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
    }
    assert divisions == {
        "w * c / (w - c)",  # rationals
        "t / x",  # rationals
        "weights[i] / c[i]",  # rationals
        "z / c[i]",  # rationals
        "(self.upper - self.lower) / (self.upper or 1)",  # fractions
    }


def test_every_rule_has_its_lemma_and_its_tests():
    from wlra_exact.verify import RULES

    for name, rule in RULES.items():
        assert rule.__name__ == f"check_{name}"
        assert "Lemma" in rule.__doc__
        assert (Path(__file__).parent / f"test_rule_{name}.py").is_file()
        assert f"**`{name}`**" in (ROOT / "docs" / "certificate-format.md").read_text("utf-8")


def test_the_limits_are_those_of_the_format():
    from wlra_exact import verify

    page = (ROOT / "docs" / "certificate-format.md").read_text("utf-8")
    for value in (verify.MAX_MARKS, verify.MAX_DIGITS, verify.MAX_EXPONENT, verify.MAX_NAME):
        assert str(value) in page
    assert verify.MAX_BYTES == 64 * 2**20
    assert "64 MiB" in page
    for bits in (verify.MAX_BITS, verify.MAX_ROOM, verify.MAX_WORK, verify.MAX_COEFFICIENTS, verify.MAX_EFFORT):
        assert f"2^{{{bits.bit_length() - 1}}}" in page
    assert f"deeper than {verify.MAX_DEPTH}" in page
