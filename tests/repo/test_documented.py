"""Every module and every public name is documented, and files stay small enough to be read.

A function or class is documented by its docstring, a constant by a comment above or beside it (or a string below it),
and a name that is passed on by the module that defines it.
"""

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "wlra_exact").rglob("*.py"))

LONGEST = 450
LONGEST_BY_MODULE = {"wlra_exact/verify.py": 2550}  # one file by design: a reader must be able to check it alone


def exported(tree: ast.Module) -> list[str]:
    """The names in ``__all__``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return list(ast.literal_eval(node.value))
    return []


def definitions(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Top-level name -> the statement that binds it."""
    found: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name: node for alias in node.names}
        elif isinstance(node, ast.If | ast.Try):
            found |= definitions(node.body + node.orelse)
    return found


def has_comment(node: ast.stmt, source: str, body: list[ast.stmt]) -> bool:
    """Whether an assignment has a comment above or beside it, or a string below it."""
    lines = source.splitlines()
    above = lines[node.lineno - 2].strip() if node.lineno > 1 else ""
    if (
        above.startswith("#")
        or "  # " in lines[(node.end_lineno or node.lineno) - 1]
        or "  # " in lines[node.lineno - 1]
    ):
        return True
    after = body[body.index(node) + 1 :][:1] if node in body else []
    return bool(after) and isinstance(after[0], ast.Expr) and isinstance(getattr(after[0].value, "value", None), str)


def undocumented(source: str) -> list[str]:
    """The exported names of a module without documentation; names it does not define are left to ``lazy_names``."""
    tree = ast.parse(source)
    bound = definitions(tree.body)
    missing = []
    for name in exported(tree):
        node = bound.get(name)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            documented = ast.get_docstring(node) is not None
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            documented = has_comment(node, source, tree.body)
        else:
            documented = True
        if not documented:
            missing.append(name)
    return missing


def lazy_names(source: str) -> list[str]:
    """The exported names that a module does not define: they come from its ``__getattr__``."""
    tree = ast.parse(source)
    bound = definitions(tree.body)
    return [name for name in exported(tree) if name not in bound]


@pytest.mark.parametrize("module", MODULES)
def test_the_module_has_a_docstring(module):
    assert ast.get_docstring(ast.parse((ROOT / module).read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", MODULES)
def test_every_exported_name_is_documented(module):
    source = (ROOT / module).read_text(encoding="utf-8")
    assert undocumented(source) == []
    imported = importlib.import_module(module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    for name in lazy_names(source):
        assert getattr(imported, name).__doc__


@pytest.mark.parametrize("module", MODULES)
def test_the_file_can_be_read_in_one_sitting(module):
    lines = (ROOT / module).read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_BY_MODULE.get(module, LONGEST)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('__all__ = ["f"]\ndef f(): ...', ["f"]),
        ('__all__ = ["f"]\ndef f():\n    """It is documented."""', []),
        ('__all__ = ["C"]\nfrom dataclasses import dataclass\n@dataclass\nclass C:\n    x: int', ["C"]),
        ('__all__ = ["X"]\n\nX = 1', ["X"]),
        ('__all__ = ["X"]\n#: The number.\nX = 1', []),
        ('__all__ = ["X"]\n\nX: int = 1  # the number', []),
        ('__all__ = ["X"]\n\nX = 1\n"""The number."""', []),
        ('__all__ = ["X"]\nfrom a import X', []),
        ('__all__ = ["f"]\nif True:\n    def f(): ...', ["f"]),
    ],
)
def test_the_check_finds_names_without_documentation(source, names):
    assert undocumented(source) == names


def test_the_check_knows_lazy_names():
    assert lazy_names('__all__ = ["a", "b"]\ndef a(): ...\ndef __getattr__(name): ...') == ["b"]
