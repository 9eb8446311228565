"""MODULE:FUNCTION on the command line: a function of the user's, imported where the user stands.

MODULE is a dotted name, looked up in the current folder first, or the path of a file that ends in ``.py``. FUNCTION may
be dotted too. Importing a module runs it.

Guarantee: whatever goes wrong in the import is one line.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from wlra_exact.errors import InputError

__all__ = ["load_function"]


def load_function(spec: str) -> Callable[..., Any]:
    """The function that ``MODULE:FUNCTION`` names.

    Raises:
        InputError: when there is no such module or function, or importing fails.

    >>> load_function("math:gcd")(4, 6)
    2
    """
    module_name, colon, name = spec.rpartition(":")
    if not colon or not module_name or not name:
        raise InputError(spec[:80] or "MODULE:FUNCTION", "MODULE:FUNCTION, such as bounds.py:my_bound", "no function")
    found: Any = _module(module_name)
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise InputError(spec, f"a function {name} in {module_name}", "none of that name") from error
    if not callable(found):
        raise InputError(spec, "a function of (A, omega, k)", f"an object of type {type(found).__name__}")
    function: Callable[..., Any] = found
    return function


def _module(name: str) -> ModuleType:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        if not name.endswith(".py"):
            return importlib.import_module(name)
        path = Path(name)
        if not path.is_file():
            raise InputError(name, "a Python file", "no such file")
        found = importlib.util.spec_from_file_location(path.stem, path)
        assert found is not None  # a name in .py has a loader
        assert found.loader is not None
        module = importlib.util.module_from_spec(found)
        sys.modules.setdefault(path.stem, module)  # dataclasses look their module up
        found.loader.exec_module(module)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())[:200]
        raise InputError(name, "a module that can be imported", f"{type(error).__name__}: {text}") from error
    return module
