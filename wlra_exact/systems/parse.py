r"""Read the texts of ``export`` back, as polynomials.

Each reader accepts the dialect its writer produces, with free spacing, and refuses anything else by name. Polynomials
are read by one small grammar over tokens

    sum := [-] product ((+|-) product)*    product := power ([*] power)*    power := atom [(^|**) integer]
    atom := integer [/ integer] | name | ( sum ) | Rational(p, q) | \frac{p}{q}

with names looked up among the declared variables; SMT-LIB terms are s-expressions.

Guarantee: coefficients are read exactly; a text that is no system raises InputError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpz

from wlra_exact.errors import InputError
from wlra_exact.systems.export import DIALECTS, qepcad_name
from wlra_exact.systems.system import Constraint, PolynomialSystem, Relation, make_context

__all__ = ["parse"]

_TOKEN = re.compile(r"\s*(?:(\d+)|([A-Za-z][A-Za-z0-9_]*)|(\*\*|[-+*/^(),{}]))", re.ASCII)
_RELATION = re.compile(r"<=|>=|!=|/=|<|>|=")
_FUNCTIONS: Mapping[str, Relation] = {"Eq": "=", "Ne": "!=", "Lt": "<", "Le": "<=", "Gt": ">", "Ge": ">="}

#: Exponents beyond this are a damaged file, not a system of this package.
_MAX_EXPONENT = 10_000


def parse(text: str, dialect: str) -> PolynomialSystem:
    r"""The system that a text states.

    Args:
        text: as written by ``export``.
        dialect: a name in ``export.DIALECTS``.

    Raises:
        InputError: for an unknown dialect, or a text outside its dialect.

    >>> print(*parse("x,y\n0\nx^2+1/2*y-3,\nx*y\n", "msolve").constraints, sep="; ")
    x^2 + 1/2*y - 3 = 0; x*y = 0
    """
    readers: Mapping[str, Callable[[str], PolynomialSystem]] = {
        "smt2": _smt2,
        "msolve": _msolve,
        "qepcad": _qepcad,
        "sympy": _sympy,
        "latex": _latex,
    }
    if dialect not in readers:
        raise InputError("format", f"one of {', '.join(DIALECTS)}", repr(dialect))
    try:
        return readers[dialect](text)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(f"{dialect} text", "a system", f"{type(error).__name__}: {str(error)[:80]}") from error


class _Reader:
    """One pass over the tokens of a polynomial."""

    def __init__(self, text: str, context: fmpq_mpoly_ctx) -> None:
        self.context = context
        self.variables = dict(zip(context.names(), context.gens(), strict=True))
        self.tokens: list[str] = []
        position = 0
        text = text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise InputError("polynomial", "numbers, names and + - * / ^ ( )", repr(text[position : position + 20]))
            self.tokens.append(match[0].strip())
            position = match.end()
        self.next = 0

    def polynomial(self) -> fmpq_mpoly:
        result = self._sum()
        if self.next != len(self.tokens):
            raise InputError("polynomial", "its end", repr(self.tokens[self.next]))
        return result

    def _peek(self) -> str:
        return self.tokens[self.next] if self.next < len(self.tokens) else ""

    def _take(self, expected: str = "") -> str:
        token = self._peek()
        if not token or (expected and token != expected):
            raise InputError("polynomial", expected or "a number or a name", repr(token))
        self.next += 1
        return token

    def _sum(self) -> fmpq_mpoly:
        sign = -1 if self._peek() == "-" and self._take() else 1
        total = self._product() * sign
        while self._peek() in {"+", "-"}:
            sign = 1 if self._take() == "+" else -1
            total += self._product() * sign
        return total

    def _product(self) -> fmpq_mpoly:
        result = self._power()
        while self._peek() == "*" or re.match(r"[A-Za-z0-9(]", self._peek()):
            if self._peek() == "*":
                self._take()
            result *= self._power()
        return result

    def _power(self) -> fmpq_mpoly:
        base = self._atom()
        if self._peek() in {"^", "**"}:
            self._take()
            exponent = int(self._braced())
            if exponent > _MAX_EXPONENT:
                raise InputError("polynomial", f"exponents of at most {_MAX_EXPONENT}", str(exponent))
            return base**exponent
        return base

    def _braced(self) -> str:
        if self._peek() != "{":
            return self._take()
        self._take("{")
        number = self._take()
        self._take("}")
        return number

    def _atom(self) -> fmpq_mpoly:
        token = self._take()
        if token.isdigit():
            if self._peek() == "/":
                self._take()
                return self._constant(token, self._take())
            return self._constant(token, "1")
        if token == "(":
            inside = self._sum()
            self._take(")")
            return inside
        if token == "Rational":
            self._take("(")
            top = self._take()
            self._take(",")
            bottom = self._take()
            self._take(")")
            return self._constant(top, bottom)
        if token == "frac":
            top = self._braced()
            return self._constant(top, self._braced())
        if token not in self.variables:
            raise InputError("polynomial", f"a variable among {', '.join(self.variables)}", repr(token))
        return self.variables[token]

    def _constant(self, top: str, bottom: str) -> fmpq_mpoly:
        if not (top.isdigit() and bottom.isdigit()) or fmpz(bottom) == 0:
            raise InputError("polynomial", "a rational number", f"{top}/{bottom}")
        return self.context.constant(fmpq(fmpz(top), fmpz(bottom)))


def _condition(text: str, context: fmpq_mpoly_ctx) -> Constraint:
    found = _RELATION.search(text)
    if found is None or text[found.end() :].strip() != "0":
        raise InputError("condition", "polynomial, relation, 0", repr(text[:60]))
    relations: Mapping[str, Relation] = {
        "<=": "<=",
        ">=": ">=",
        "<": "<",
        ">": ">",
        "=": "=",
        "!=": "!=",
        "/=": "!=",
    }
    return Constraint(_Reader(text[: found.start()], context).polynomial(), relations[found[0]])


def _system(context: fmpq_mpoly_ctx, constraints: list[Constraint]) -> PolynomialSystem:
    return PolynomialSystem(context, tuple(context.names()), tuple(constraints))


def _msolve(text: str) -> PolynomialSystem:
    head, characteristic, body = text.split("\n", 2)
    if characteristic.strip() != "0":
        raise InputError("msolve text", "characteristic 0", repr(characteristic))
    context = make_context(name.strip() for name in head.split(","))
    parts = [part for part in body.split(",") if part.strip()]
    return _system(context, [Constraint(_Reader(part, context).polynomial(), "=") for part in parts])


def _qepcad(text: str) -> PolynomialSystem:
    layout = re.fullmatch(r"\[(.*?)\]\s*\((.*?)\)\s*0\s*((?:\(E \w+\))*)\s*\[(.*)\]\.\s*finish\s*", text, re.DOTALL)
    if layout is None:
        raise InputError("qepcad text", "[names] (variables) 0 quantifiers [formula].", repr(text[:60]))
    original = dict(pair.strip().split(" = ") for pair in layout[1].split(",") if pair.strip())
    names = [name.strip() for name in layout[2].split(",") if name.strip()]
    if any(qepcad_name(original[name]) != name for name in names):
        raise InputError("qepcad text", "a table of its variable names", repr(layout[1][:60]))
    context = make_context(names)
    short = _system(context, [_condition(part, context) for part in layout[4].split("/\\")])
    renamed = make_context(original[name] for name in names)
    constraints = [Constraint(renamed.from_dict(c.polynomial.to_dict()), c.relation) for c in short.constraints]
    return _system(renamed, constraints)


def _sympy(text: str) -> PolynomialSystem:
    symbols = re.search(r"symbols\(\[(.*?)\]", text)
    if symbols is None:
        raise InputError("sympy text", "a line with symbols([...])", repr(text[:60]))
    context = make_context(re.findall(r'"(\w+)"', symbols[1]))
    constraints = []
    for line in text[symbols.end() :].splitlines()[2:]:
        found = re.fullmatch(r"\s*(\w\w)\((.*), 0\),", line)
        if found is not None and found[1] in _FUNCTIONS:
            constraints.append(Constraint(_Reader(found[2], context).polynomial(), _FUNCTIONS[found[1]]))
        elif line.strip() != "]":
            raise InputError("sympy text", "a relation such as Le(..., 0)", repr(line[:60]))
    return _system(context, constraints)


def _latex(text: str) -> PolynomialSystem:
    layout = re.fullmatch(r"% variables: (.*?)\n\\begin\{gather\*\}\n(.*)\n\\end\{gather\*\}\s*", text, re.DOTALL)
    if layout is None:
        raise InputError("latex text", "a line with the variables and a gather* environment", repr(text[:60]))
    context = make_context(name.strip() for name in layout[1].split(","))
    plain = re.sub(r"([A-Za-z])_\{([0-9,]+)\}", lambda m: m[1] + m[2].replace(",", "_"), layout[2])
    plain = re.sub(r"\\mathit\{(.*?)\}", lambda m: m[1].replace(r"\_", "_"), plain)
    for command, sign in ((r"\le", "<="), (r"\ge", ">="), (r"\ne", "!="), (r"\frac", "frac")):
        plain = plain.replace(command, sign)
    parts = [part for part in plain.split("\\\\\n") if part.strip()]
    return _system(context, [_condition(part, context) for part in parts])


_Term = str | list["_Term"]


def _smt2(text: str) -> PolynomialSystem:
    commands = _expressions(re.findall(r"[()]|[^\s()]+", re.sub(r";[^\n]*", "", text)))
    names = [str(c[1]) for c in commands if c[0] == "declare-fun"]
    context = make_context(names)
    variables = dict(zip(names, context.gens(), strict=True))
    constraints = []
    for command in commands:
        if command[0] == "assert":
            constraints.append(_smt2_condition(command[1], variables, context))
        elif command[0] not in {"set-logic", "declare-fun", "check-sat"}:
            raise InputError("smt2 text", "set-logic, declare-fun, assert or check-sat", repr(command[0]))
    return _system(context, constraints)


def _smt2_condition(term: _Term, variables: dict[str, fmpq_mpoly], context: fmpq_mpoly_ctx) -> Constraint:
    negated = isinstance(term, list) and term[0] == "not"
    inner = term[1] if negated else term
    relations: Mapping[str, Relation] = {"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
    if not isinstance(inner, list) or len(inner) != 3 or inner[2] != "0" or str(inner[0]) not in relations:
        raise InputError("smt2 text", "a comparison with 0", str(term)[:60])
    relation = relations[str(inner[0])]
    if negated and relation != "=":
        raise InputError("smt2 text", "not only before =", str(term)[:60])
    return Constraint(_smt2_term(inner[1], variables, context), "!=" if negated else relation)


def _smt2_term(term: _Term, variables: dict[str, fmpq_mpoly], context: fmpq_mpoly_ctx) -> fmpq_mpoly:
    if isinstance(term, str):
        return variables[term] if term in variables else context.constant(fmpz(term))
    arguments = [_smt2_term(t, variables, context) for t in term[1:]]
    match term[0], arguments:
        case "-", [p]:
            return -p
        case "+", _:
            return sum(arguments, context.constant(0))
        case "*", _:
            product = context.constant(1)
            for p in arguments:
                product *= p
            return product
        case "/", [p, q] if p.is_constant() and q.is_constant() and not q.is_zero():
            return p / q.leading_coefficient()
        case _:
            raise InputError("smt2 text", "+, *, unary - or a quotient of integers", str(term[0]))


def _expressions(tokens: list[str]) -> list[list[_Term]]:
    stack: list[list[_Term]] = [[]]
    for token in tokens:
        if token == "(":
            stack.append([])
        elif token == ")":
            inner = stack.pop()
            stack[-1].append(inner)
        else:
            stack[-1].append(token)
    (top,) = stack
    return [command for command in top if isinstance(command, list)]
