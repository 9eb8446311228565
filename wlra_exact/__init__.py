"""Certified weighted low-rank approximation: exact brackets on the global optimum, with checkable certificates.

    opt(A, omega, k) = inf { sum_ij omega_ij (A_ij - X_ij)^2 : X real (m, n), rank X <= k }.

``solve`` returns a bracket lower <= opt <= upper together with a certificate of both sides; ``verify_file`` and
``verify_text`` check one with a verifier that shares no code with the solver. Names are imported when they are first
used, so that importing the package costs nothing.

>>> result = solve([[2, 0], [0, 1]], rank=1)
>>> verify_text(result.certificate.to_json()).verdict
'valid'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wlra_exact.algebra.guess import AlgebraicGuess, guess_algebraic
    from wlra_exact.certificate import Certificate, load_certificate
    from wlra_exact.errors import Decision, InputError, InternalError, UnsupportedError, WlraError
    from wlra_exact.problem.compressed import Compressed
    from wlra_exact.problem.instance import Instance
    from wlra_exact.problem.patterned import Patterned, patterned
    from wlra_exact.problem.read import Table, build_instance, read_table
    from wlra_exact.problem.subject import read_subject
    from wlra_exact.search.compare import Comparison, compare
    from wlra_exact.search.progress import Event
    from wlra_exact.search.solve import Result, solve, solve_instance
    from wlra_exact.verify import Verdict, verify_file, verify_text

__version__ = "0.1.0"

__all__ = [
    "AlgebraicGuess",
    "Certificate",
    "Comparison",
    "Compressed",
    "Decision",
    "Event",
    "InputError",
    "Instance",
    "InternalError",
    "Patterned",
    "Result",
    "Table",
    "UnsupportedError",
    "Verdict",
    "WlraError",
    "build_instance",
    "compare",
    "dataset_names",
    "guess_algebraic",
    "load_certificate",
    "load_dataset",
    "patterned",
    "read_subject",
    "read_table",
    "solve",
    "solve_instance",
    "verify_file",
    "verify_text",
]

#: Where each public name lives that is not defined here.
_HOMES = {
    "AlgebraicGuess": "wlra_exact.algebra.guess",
    "Certificate": "wlra_exact.certificate",
    "Comparison": "wlra_exact.search.compare",
    "Compressed": "wlra_exact.problem.compressed",
    "Decision": "wlra_exact.errors",
    "Event": "wlra_exact.search.progress",
    "InputError": "wlra_exact.errors",
    "Instance": "wlra_exact.problem.instance",
    "InternalError": "wlra_exact.errors",
    "Patterned": "wlra_exact.problem.patterned",
    "Result": "wlra_exact.search.solve",
    "Table": "wlra_exact.problem.table",
    "UnsupportedError": "wlra_exact.errors",
    "Verdict": "wlra_exact.verify",
    "WlraError": "wlra_exact.errors",
    "build_instance": "wlra_exact.problem.weighting",
    "compare": "wlra_exact.search.compare",
    "guess_algebraic": "wlra_exact.algebra.guess",
    "load_certificate": "wlra_exact.certificate",
    "patterned": "wlra_exact.problem.patterned",
    "read_subject": "wlra_exact.problem.subject",
    "read_table": "wlra_exact.problem.read",
    "solve": "wlra_exact.search.solve",
    "solve_instance": "wlra_exact.search.solve",
    "verify_file": "wlra_exact.verify",
    "verify_text": "wlra_exact.verify",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# The bundled tables stand above the search, which imports this file: so they are reached by name, not by an import.


def dataset_names() -> tuple[str, ...]:
    """The names of the bundled tables.

    >>> dataset_names()[0]
    'hair_eye'
    """
    names: tuple[str, ...] = importlib.import_module("wlra_exact.datasets").names()
    return names


def load_dataset(name: str) -> Table:
    """The bundled table of that name, exactly as published.

    Raises:
        InputError: for another name.

    >>> load_dataset("hair_eye").shape
    (4, 4)
    """
    table: Table = importlib.import_module("wlra_exact.datasets").load(name)
    return table
