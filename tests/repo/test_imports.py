"""Importing the package imports nothing heavy, and the verifier imports the standard library alone."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"numpy", "scipy", "flint", "sympy", "mpmath", "gmpy2", "clarabel", "hypothesis", "rich", "click", "matplotlib"}


def modules_after(statement: str) -> set[str]:
    program = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_importing_the_package_imports_nothing_heavy():
    modules = modules_after("import wlra_exact")
    assert "wlra_exact" in modules
    assert modules & HEAVY == set()


def test_the_check_sees_a_heavy_import():
    assert "flint" in modules_after("import wlra_exact.algebra.exact")


def imported_packages(source: str) -> set[str]:
    """The top-level packages that a module imports, wherever in it; a relative import counts as '.'."""
    packages = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            packages |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            packages.add("." if node.level else (node.module or "").partition(".")[0])
    return packages


def test_the_verifier_imports_the_standard_library_only():
    packages = imported_packages((ROOT / "wlra_exact" / "verify.py").read_text(encoding="utf-8"))
    assert packages <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("source", "packages"),
    [
        ("import os.path, numpy as np", {"os", "numpy"}),
        ("def f():\n    from flint import fmpq", {"flint"}),
        ("from . import errors\nfrom .errors import InputError", {"."}),
    ],
)
def test_the_check_finds_imports_wherever_they_are(source, packages):
    assert imported_packages(source) == packages
