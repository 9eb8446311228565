"""Floats live in ``wlra_exact/numeric`` alone.

Every other module is read as a syntax tree; a float or complex literal, or the builtin ``float`` or ``complex`` in
anything but an annotation, is refused there. (Annotations compute nothing: a time limit in seconds may be one.
``int / int`` is found by mypy, since results are declared to be ``fmpq``.)
"""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "wlra_exact"

#: Modules outside the quarantine that may name floats, each with its reason.
EXCEPTIONS = {
    "algebra/exact.py": "exact_binary64 is where a float is declared to be meant as the dyadic rational that it is",
    "problem/arrays.py": "the door for Python objects must recognise floats to take them as dyadic rationals",
    "plots/style.py": "a picture is measured in inches and points; no number of an instance passes through here",
    "problem/field.py": "binary64=True asks for the binary64 number nearest to a text, which only float() can say",
}

MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def float_uses(source: str) -> list[str]:
    """Where a module names floats: 'line 3: 0.5'."""
    tree = ast.parse(source)
    annotations = set()
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            if isinstance(annotation := getattr(node, field, None), ast.AST):
                annotations.update(ast.walk(annotation))
    uses = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            uses.append(f"line {node.lineno}: {node.value}")
        if isinstance(node, ast.Name) and node.id in ("float", "complex") and node not in annotations:
            uses.append(f"line {node.lineno}: {node.id}")
    return uses


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith("numeric/")])
def test_a_module_outside_the_quarantine_names_no_float(module):
    uses = float_uses((PACKAGE / module).read_text(encoding="utf-8"))
    if module in EXCEPTIONS:
        assert uses, "this module needs no exception any more"
    else:
        assert uses == []


def test_every_exception_names_a_module():
    assert set(EXCEPTIONS) <= set(MODULES)


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("x = 0.5", ["line 1: 0.5"]),
        ("x = 1\ny = [1e3]", ["line 2: 1000.0"]),
        ("x = 2j", ["line 1: 2j"]),
        ("def f(x: int = 0.5) -> int: ...", ["line 1: 0.5"]),
        ("x: float = float(1)", ["line 1: float"]),
        ("x = map(float, y)", ["line 1: float"]),
        ("f'{x:.1f} {0.5}'", ["line 1: 0.5"]),
        ("def f(x: float | None, *y: float) -> list[float]: ...", []),
        ("x = 1 // 2\n# 0.5\ny = '0.5'", []),
    ],
)
def test_the_check_finds_every_spelling_of_a_float(source, uses):
    assert float_uses(source) == uses
