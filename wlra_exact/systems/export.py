"""Polynomial systems as text for other software: SMT-LIB 2, msolve, QEPCAD, sympy, LaTeX.

A text states exactly the system's real solution set:

- ``smt2``: SMT-LIB 2, logic QF_NRA; is there a real point? Coefficients stay rational.
- ``qepcad``: QEPCAD B input, closed existential formula; denominators are cleared (a positive factor keeps relations).
- ``msolve``: equations only, so an inequality gets a slack variable s over R: p <= 0 iff p + s^2 = 0 for some real s;
  p >= 0 iff p - s^2 = 0; p < 0 iff p s^2 + 1 = 0; p > 0 iff p s^2 - 1 = 0; p != 0 iff p s - 1 = 0.
  Such systems are rarely zero-dimensional: msolve then says so.
- ``sympy``: a Python text that defines the symbols and the list ``system``.
- ``latex``: for papers.

``parse`` reads every one of them back. An objective is no part of these texts: fix a threshold with ``below`` first.

Guarantee: parse(export(system)) is the system itself (sympy, smt2, latex), or ``integer_system`` of it (qepcad), or
``equation_system`` of it (msolve).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from flint import fmpq, fmpq_mpoly

from wlra_exact.algebra.exact import canonical
from wlra_exact.errors import InputError
from wlra_exact.systems.system import Constraint, PolynomialSystem, clear_denominators, make_context

__all__ = ["DIALECTS", "equation_system", "export", "integer_system", "qepcad_name"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_INDEXED = re.compile(r"([A-Za-z]+)([0-9]+(?:_[0-9]+)*)", re.ASCII)


def export(system: PolynomialSystem, dialect: str) -> str:
    """The system as text.

    Args:
        system: constraints without an objective.
        dialect: a name in ``DIALECTS``.

    Raises:
        InputError: for an unknown dialect, an objective left over, an empty system, or a variable name that the
            formats cannot carry.

    >>> ring = make_context(["x", "y"])
    >>> x, y = ring.gens()
    >>> disc = PolynomialSystem(ring, ("x", "y"), (Constraint(x**2 + y**2 / 2 - 1, "<="),))
    >>> print(export(disc, "smt2"), end="")
    (set-logic QF_NRA)
    (declare-fun x () Real)
    (declare-fun y () Real)
    (assert (<= (+ (* x x) (* (/ 1 2) y y) (- 1)) 0))
    (check-sat)
    >>> print(export(disc, "msolve"), end="")
    x,y,s1
    0
    2*x^2+y^2+2*s1^2-2
    """
    if dialect not in DIALECTS:
        raise InputError("format", f"one of {', '.join(DIALECTS)}", repr(dialect))
    if system.objective is not None:
        raise InputError("system", "no objective (fix a threshold with system.below first)", "an objective")
    if not system.variables or not system.constraints:
        raise InputError("system", "at least one variable and one constraint", "none")
    for name in system.variables:
        if not _NAME.fullmatch(name):
            raise InputError("variable", "letters, digits and underscores after a letter", repr(name))
    return DIALECTS[dialect](system)


def integer_system(system: PolynomialSystem) -> PolynomialSystem:
    """The same set with integer coefficients: each polynomial times the least common denominator, a positive number."""
    cleared = tuple(Constraint(clear_denominators(c.polynomial)[0], c.relation) for c in system.constraints)
    return PolynomialSystem(system.context, system.variables, cleared, system.objective)


def equation_system(system: PolynomialSystem) -> PolynomialSystem:
    """Integer equations, with one slack variable an inequality, whose real solutions project onto the system's set.

    >>> ring = make_context(["x"])
    >>> (x,) = ring.gens()
    >>> print(*equation_system(PolynomialSystem(ring, ("x",), (Constraint(x - 2, "<"),))).constraints)
    x*s1^2 - 2*s1^2 + 1 = 0
    """
    inequalities = [i for i, c in enumerate(system.constraints) if c.relation != "="]
    prefix = "s"
    while any(re.fullmatch(f"{prefix}[0-9]+", name) for name in system.variables):
        prefix += "s"
    names = system.variables + tuple(f"{prefix}{i + 1}" for i in range(len(inequalities)))
    context = make_context(names)
    slack_of = dict(zip(inequalities, context.gens()[len(system.variables) :], strict=True))
    padding = (0,) * len(inequalities)
    equations = []
    for i, c in enumerate(system.constraints):
        p = context.from_dict({(*monomial, *padding): a for monomial, a in c.polynomial.to_dict().items()})
        match c.relation:
            case "=":
                equation = p
            case "!=":
                equation = p * slack_of[i] - 1
            case "<=":
                equation = p + slack_of[i] ** 2
            case ">=":
                equation = p - slack_of[i] ** 2
            case "<":
                equation = p * slack_of[i] ** 2 + 1
            case ">":
                equation = p * slack_of[i] ** 2 - 1
        equations.append(Constraint(clear_denominators(equation)[0], "="))
    return PolynomialSystem(context, names, tuple(equations))


def qepcad_name(name: str) -> str:
    """A variable in QEPCAD, which knows letters and digits: underscores become the letter ``i``.

    >>> qepcad_name("u1_2")
    'u1i2'
    """
    return name.replace("_", "i")


def _smt2(system: PolynomialSystem) -> str:
    lines = ["(set-logic QF_NRA)"]
    lines += [f"(declare-fun {name} () Real)" for name in system.variables]
    for c in system.constraints:
        p = _smt2_polynomial(c.polynomial, system.variables)
        lines.append(f"(assert (not (= {p} 0)))" if c.relation == "!=" else f"(assert ({c.relation} {p} 0))")
    return "\n".join([*lines, "(check-sat)"]) + "\n"


def _smt2_polynomial(p: fmpq_mpoly, names: tuple[str, ...]) -> str:
    terms = []
    for monomial, c in _terms(p):
        factors = [name for name, e in zip(names, monomial, strict=True) for _ in range(e)]
        if c != 1 or not factors:
            factors.insert(0, _smt2_number(c))
        terms.append(f"(* {' '.join(factors)})" if len(factors) > 1 else factors[0])
    return f"(+ {' '.join(terms)})" if len(terms) > 1 else terms[0] if terms else "0"


def _smt2_number(c: fmpq) -> str:
    size = str(abs(c.p)) if c.q == 1 else f"(/ {abs(c.p)} {c.q})"
    return size if c > 0 else f"(- {size})"


def _msolve(system: PolynomialSystem) -> str:
    equations = equation_system(system)
    lines = [_polynomial_text(c.polynomial, equations.variables, "*", "^") for c in equations.constraints]
    return ",".join(equations.variables) + "\n0\n" + ",\n".join(lines) + "\n"


def _qepcad(system: PolynomialSystem) -> str:
    names = tuple(qepcad_name(name) for name in system.variables)
    if len(set(names)) != len(names):
        raise InputError("variables", "names that stay apart without underscores", ", ".join(system.variables))
    relations = {"!=": "/="}
    conditions = [
        f"{_polynomial_text(c.polynomial, names, ' ', '^')} {relations.get(c.relation, c.relation)} 0"
        for c in integer_system(system).constraints
    ]
    table = ", ".join(f"{short} = {name}" for short, name in zip(names, system.variables, strict=True))
    quantifiers = "".join(f"(E {name})" for name in names)
    formula = " /\\ ".join(conditions)
    return f"[ {table} ]\n({','.join(names)})\n0\n{quantifiers}[ {formula} ].\nfinish\n"


def _sympy(system: PolynomialSystem) -> str:
    relations = {"=": "Eq", "!=": "Ne", "<": "Lt", "<=": "Le", ">": "Gt", ">=": "Ge"}
    conditions = [
        f"    {relations[c.relation]}({_sympy_polynomial(c.polynomial, system.variables)}, 0),"
        for c in system.constraints
    ]
    quoted = ", ".join(f'"{name}"' for name in system.variables)
    head = [
        "from sympy import Eq, Ge, Gt, Le, Lt, Ne, Rational, symbols",
        "",
        f"[{', '.join(system.variables)}] = symbols([{quoted}], real=True)",
        "system = [",
    ]
    return "\n".join([*head, *conditions, "]"]) + "\n"


def _sympy_polynomial(p: fmpq_mpoly, names: tuple[str, ...]) -> str:
    return _polynomial_text(p, names, "*", "**", lambda c: str(c.p) if c.q == 1 else f"Rational({c.p}, {c.q})")


def _latex(system: PolynomialSystem) -> str:
    relations = {"<=": r"\le", ">=": r"\ge", "!=": r"\ne"}
    names = tuple(_latex_name(name) for name in system.variables)
    number: Callable[[fmpq], str] = lambda c: str(c.p) if c.q == 1 else rf"\frac{{{c.p}}}{{{c.q}}}"  # noqa: E731
    rows = []
    for c in system.constraints:
        text = _polynomial_text(c.polynomial, names, " ", "^", number, power="{{{}}}")
        rows.append(f"  {text} {relations.get(c.relation, c.relation)} 0")
    body = " \\\\\n".join(rows)
    return f"% variables: {', '.join(system.variables)}\n\\begin{{gather*}}\n{body}\n\\end{{gather*}}\n"


def _latex_name(name: str) -> str:
    match = _INDEXED.fullmatch(name)
    if match and len(match[1]) == 1:
        return f"{match[1]}_{{{match[2].replace('_', ',')}}}"
    escaped = name.replace("_", r"\_")
    return name if len(name) == 1 else rf"\mathit{{{escaped}}}"


def _polynomial_text(
    p: fmpq_mpoly,
    names: tuple[str, ...],
    times: str,
    to_the: str,
    number: Callable[[fmpq], str] = canonical,
    *,
    power: str = "{}",
) -> str:
    spaced = "" if (times, to_the) == ("*", "^") else " "
    text = ""
    for monomial, c in _terms(p):
        factors = [
            name if e == 1 else f"{name}{to_the}{power.format(e)}" for name, e in zip(names, monomial, strict=True) if e
        ]
        if abs(c) != 1 or not factors:
            factors.insert(0, number(abs(c)))
        sign = "-" if c < 0 else "+"
        text += (f"{spaced}{sign}{spaced}" if text else sign.replace("+", "")) + times.join(factors)
    return text or "0"


def _terms(p: fmpq_mpoly) -> list[tuple[tuple[int, ...], fmpq]]:
    return list(zip(p.monoms(), p.coeffs(), strict=True))


#: The writers, by the name of their format.
DIALECTS: Mapping[str, Callable[[PolynomialSystem], str]] = {
    "smt2": _smt2,
    "msolve": _msolve,
    "qepcad": _qepcad,
    "sympy": _sympy,
    "latex": _latex,
}
