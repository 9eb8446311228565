"""The verifier: says whether a certificate proves its bracket ``lower <= opt <= upper``.

    opt = inf { sum_ij Omega_ij (A_ij - X_ij)^2 : X real (m, n), rank X <= k }.

A certificate is a list of steps, each a small theorem about a problem (A, Omega, k) together with everything its check
needs. ``docs/certificate-format.md`` defines them; every rule below is one function whose docstring states its lemma.
A check is a substitution, a sign or a count: nothing is searched for, and there is no floating point.

Guarantee: ``valid`` is said only when the bracket follows from the lemmas by exact arithmetic. Whatever goes wrong
inside, the verdict is another one. Some true certificates are refused: those beyond the limits below.

This file imports the standard library only. Run it alone::

    python -I -S wlra_exact/verify.py CERTIFICATE...

One line a file; the exit code is that of the worst verdict, in the order invalid 1, malformed 2, incomplete 3, valid 0.
"""

from __future__ import annotations

import gc
import json
import math
import os
import re
import sys
import time
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import cached_property, lru_cache, partial, reduce
from itertools import accumulate, chain, combinations, combinations_with_replacement, islice, pairwise, product
from operator import add, call, length_hint, mul
from typing import IO, Any, NamedTuple, TypeAlias

__all__ = ["EXIT_CODES", "RULES", "Verdict", "check_files", "main", "verify_file", "verify_text"]

FORMAT = "wlra-certificate/1"
#: The exit code of each verdict.
EXIT_CODES = {"valid": 0, "invalid": 1, "malformed": 2, "incomplete": 3}
WORST_FIRST = ("invalid", "malformed", "incomplete", "valid")

# The limits of section 6 of the format. A file beyond one of them is refused as malformed, never accepted.
MAX_BYTES = 64 * 2**20  # of a file
MAX_MARKS = 4_000_000  # "[", "{" and ":" in a file, which bound its lists and objects
MAX_DEPTH = 40  # of nested lists and objects
MAX_NAME = 1000  # characters of an id, a rule's name, a premise
MAX_SHORT = 24  # characters of a rational that is worth remembering
MAX_INDEX = 10**18  # of a row, a column or a part
MAX_DIGITS = 100_000  # characters of a rational, digits of an integer in a row
MAX_EXPONENT = 20_000  # of a power of two
MAX_PRECISION = 2**12  # bits after the point in the rule geometric
MAX_BITS = 2**20  # of a common denominator
MAX_SHARED = 2**8  # of one that all lines of a matrix have
MAX_ROOM = 2**32  # bits of numbers held at once for one purpose
MAX_WORK = 2**36  # bits of the entries of one matrix whose semidefiniteness is checked
MANY_ROWS = 48  # of a factor whose products are computed row by row
MAX_COEFFICIENTS = 2**18  # of a polynomial of the rules bernstein and cad
MAX_DISTINCT = 2**26  # bytes of the distinct rows of a source
MAX_HEADER = 2**16  # bytes of the header of an array
MAX_ROUNDS = 2**40  # squared bits of what the rounds of the rule geometric evaluate
MAX_EFFORT = 2**42  # bits of what one step of these rules adds and multiplies, 2^10 more for each time

Q: TypeAlias = Fraction
Pair: TypeAlias = tuple[int, int]  # numerator and denominator in lowest terms
Cleared: TypeAlias = tuple[list[int], int]  # integers, and what they are to be divided by
Line: TypeAlias = tuple[Cleared, Cleared]  # a row or a column of A, and that of omega
Ints: TypeAlias = list[list[int]]
Payload: TypeAlias = dict[str, Any]
Polynomial: TypeAlias = dict[int, int]  # coefficients by exponents, which are the digits of the key
Columns: TypeAlias = list[tuple[list[Q], Q]]  # (a_j, s_j)
Moments: TypeAlias = Callable[[int, int], int]
Group: TypeAlias = tuple[tuple[int, ...], Ints, int]  # weights w, moments of the columns times q, q
Spend: TypeAlias = Callable[[int, int], None]  # counts work: so many times on so many bits


class Malformed(Exception):  # noqa: N818 (named for its verdict)
    """The file is not a certificate, or is beyond a limit."""


class Invalid(Exception):  # noqa: N818 (named for its verdict)
    """A step, or the claim, fails its check."""


def expect(holds: bool, expected: str, got: object) -> None:
    """Reject the step unless ``holds``; every rule speaks through these words."""
    if not holds:
        raise Invalid(f"expected {expected}, got {got if isinstance(got, str) else show(got)}")


def limit(holds: bool, what: str) -> None:
    """Refuse a file whose check would need too much time or memory."""
    if not holds:
        raise Malformed(f"too large: {what}")


# Numbers ------------------------------------------------------------------------------------------------------------


def bits(x: Q) -> int:
    """The number of binary digits that ``x`` takes."""
    p, q = x.as_integer_ratio()
    return p.bit_length() + q.bit_length()


def common(values: Sequence[Q]) -> Cleared:
    """(integers, q) with values[i] = integers[i] / q, for the least common denominator q."""
    return common_pairs(ratios(values))


def ratios(values: Iterable[Q]) -> list[Pair]:
    """Numerator and denominator of each value."""
    return [x.as_integer_ratio() for x in values]


def common_pairs(pairs: Sequence[Pair]) -> Cleared:
    """The same for numerators and denominators."""
    q = 1
    for _, denominator in pairs:
        if q % denominator:
            q = math.lcm(q, denominator)
            limit(q.bit_length() <= MAX_BITS, f"a common denominator of more than {MAX_BITS} bits")
    limit(q.bit_length() * len(pairs) <= MAX_ROOM, "the numbers over one common denominator")
    return [numerator * (q // denominator) for numerator, denominator in pairs], q


def common_rows(rows: Sequence[Sequence[Q]]) -> tuple[Ints, int]:
    """``common`` for a matrix: one denominator for all entries."""
    flat, q = common([x for row in rows for x in row])
    width = len(rows[0])
    return [flat[i : i + width] for i in range(0, len(flat), width)], q


def total(values: Sequence[Q]) -> Q:
    """The sum of the values."""
    numerators, q = common(values)
    return Fraction(sum(numerators), q)


def times_power(x: int, e: int) -> int:
    """The integer x 2^e; x is divisible by 2^-e when e is negative."""
    return x << e if e >= 0 else x >> -e


def decimal(x: Fraction, digits: int, up: bool) -> str:
    """``x`` rounded up or down to so many significant decimal digits.

    >>> decimal(Fraction(2, 3), 4, up=False), decimal(Fraction(2, 3), 4, up=True), decimal(Fraction(-1, 8), 4, up=True)
    ('0.6666', '0.6667', '-0.125')
    """
    context = Context(digits, ROUND_CEILING if up else ROUND_FLOOR, Emin=MIN_EMIN, Emax=MAX_EMAX)
    return str(context.divide(Decimal(x.numerator), Decimal(x.denominator)))


def show(x: object) -> str:
    """``x`` for a message: short whatever it is, and printable."""
    if isinstance(x, bool | None):
        return str(x)
    if isinstance(x, str):
        return ascii(x) if len(x) <= 60 else f"{x[:60]!a}... ({len(x)} characters)"
    if isinstance(x, list | dict):
        return f"{'a list' if isinstance(x, list) else 'an object'} of {len(x)}"
    if isinstance(x, tuple):
        return "x".join(map(str, x))
    q = Fraction(x)  # type: ignore[call-overload]
    return str(q) if bits(q) <= 160 else f"about {decimal(q, 9, up=False)}"


# Syntax: what is malformed (sections 2 and 4 of the format) -----------------------------------------------------------

RATIONAL = re.compile(r"(0|-?[1-9][0-9]*)(?:/([1-9][0-9]*))?")
INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
INTEGERS = re.compile(r"(?:INT(?: INT)*+)?".replace("INT", rf"(?:0|-?[1-9][0-9]{{0,{MAX_DIGITS - 1}}}+)"))

Form: TypeAlias = Callable[[Any], Any]  # reads a value, or raises Malformed


def bad(expected: str, got: object) -> Malformed:
    """The exception for a value of the wrong form; whoever reads what holds the value puts the place in front."""
    return Malformed(f": expected {expected}, got {show(got)}")


def at(place: str, error: Malformed) -> Malformed:
    """The error with the place in front, unless its text says where already."""
    return Malformed(f"{place}{error}") if str(error).startswith((":", ".", ",", "[")) else error


def form(accepts: Callable[[Any], bool], expected: str) -> Form:
    """The form of the values that a test accepts."""

    def read(x: Any) -> Any:
        if not accepts(x):
            raise bad(expected, x)
        return x

    return read


def word(pattern: str) -> Form:
    """The form of a short string that matches."""
    matches = re.compile(pattern).fullmatch
    return form(lambda x: type(x) is str and len(x) <= MAX_NAME and bool(matches(x)), f"a string of the form {pattern}")


def integer(least: int, most: int) -> Form:
    """The form of a JSON integer in a range."""

    def read(x: Any) -> int:
        if type(x) is int and least <= x <= most:
            return x
        raise bad(f"an integer from {least} to {most}", x)

    return read


def reader(expected: Any) -> Form:
    """The form of a structure.

    Expected is {key: form} for an object with exactly these keys (one written "key?" may be absent), [form, least] for
    a list of at least so many, (form, ...) for a list of one value each, or a Form.
    """
    if isinstance(expected, dict):
        return read_object({key.rstrip("?"): reader(inner) for key, inner in expected.items()}, list(expected))
    if isinstance(expected, list):
        return read_list(reader(expected[0]), expected[1])
    if not isinstance(expected, tuple):
        found: Form = expected
        return found
    forms = tuple(map(reader, expected))

    def read(x: Any) -> list[Any]:
        if type(x) is not list or len(x) != len(forms):
            raise bad(f"a list of {len(forms)}", x)
        return list(map(call, forms, x))

    return read


def read_object(known: dict[str, Form], keys: list[str]) -> Form:
    """The form of an object; keys that may be absent end in "?"."""
    needed = known.keys() & keys

    def read(x: Any) -> Payload:
        if type(x) is not dict or not needed <= x.keys() <= known.keys():
            raise bad(f"an object with the keys '{' '.join(keys)}'", " ".join(x) if type(x) is dict else x)
        result: Payload = {}
        try:
            for key, value in x.items():
                result[key] = known[key](value)
        except Malformed as error:
            raise at(f".{list(x)[len(result)]}", error) from None
        return result

    return read


def read_list(inner: Form, least: int) -> Form:
    """The form of a list of at least so many."""

    def read(x: Any) -> list[Any]:
        if type(x) is not list or len(x) < least:
            raise bad(f"a list of at least {least}" if least else "a list", x)
        rest = iter(x)
        try:
            return list(map(inner, rest))
        except Malformed as error:
            raise at(f"[{len(x) - length_hint(rest) - 1}]", error) from None

    return read


def read_pair(x: Any) -> Pair:
    """Numerator and denominator of a rational in canonical form."""
    match = RATIONAL.fullmatch(x) if type(x) is str and len(x) <= MAX_DIGITS else None
    if match is None:
        raise bad(f"a rational in canonical form of at most {MAX_DIGITS} characters", x)
    p, q = int(match[1]), int(match[2] or 1)
    if match[2] and (q == 1 or math.gcd(p, q) != 1):
        raise bad("a rational in lowest terms", x)
    return p, q


def read_rational(x: Any) -> Q:
    """A rational in canonical form."""
    return Fraction(*read_pair(x))


def read_numbers(read_one: Form) -> tuple[Form, Form]:
    """The forms of a number and of a list of numbers; short numbers are remembered, as they come often."""
    remembered = lru_cache(maxsize=2**12)(read_one)

    def read(x: Any) -> Any:
        return remembered(x) if type(x) is str and len(x) <= MAX_SHORT else read_one(x)

    one_by_one = read_list(read, 0)

    def read_all(x: Any) -> Any:
        try:
            if type(x) is list and set(map(type, x)) == {str} and max(map(len, x)) <= MAX_SHORT:
                return list(map(remembered, x))
        except Malformed:
            pass
        return one_by_one(x)  # says where

    return read, read_all


parse_rational, parse_vector = read_numbers(read_rational)
parse_pair, parse_ratios = read_numbers(read_pair)


def read_members(count: int, least: int) -> Form:
    """The form of a list of at least so many members: an index, and the ratios of so many rationals."""
    one_by_one = read_list(reader((INDEX, *[parse_pair] * count)), least)

    def read(x: Any) -> Any:
        if type(x) is list and set(map(type, x)) == {list} and set(map(len, x)) == {1 + count} and len(x) >= least:
            indices, *columns = map(list, zip(*x, strict=True))
            if set(map(type, indices)) == {int} and min(indices) >= 0 and max(indices) <= MAX_INDEX:
                try:
                    return list(zip(indices, *map(parse_ratios, columns), strict=True))
                except Malformed:
                    pass
        return one_by_one(x)  # says where

    return read


def parse_matrix(x: Any, vector: Form = parse_vector) -> list[list[Any]]:
    """A non-empty matrix of rationals."""
    if type(x) is not list or not x:
        raise bad("a non-empty list of rows", x)
    rows: list[list[Any]] = []
    for i, row in enumerate(x):
        try:
            rows.append(vector(row))
            if not row or len(row) != len(rows[0]):
                raise bad(f"a list of {max(1, len(rows[0]))}", row)
        except Malformed as error:
            raise at(f", row {i}", error) from None
    return rows


parse_pairs = partial(parse_matrix, vector=parse_ratios)


def parse_integers(x: Any) -> str:
    """A row of integers, left as it is."""
    if type(x) is str and INTEGERS.fullmatch(x) is not None:
        return x
    raise bad("integers and single spaces", x)


def parse_proof(x: Any) -> Payload:
    """A PSD proof; its size is the rule's business."""
    proof: Payload = PROOF(x)
    for i, row in enumerate(proof["factor"]):
        if not row or row.count(" ") != i:
            raise at(f".factor, row {i}", bad(f"{i + 1} integers", row))
    if len(proof["factor"]) != len(proof["exponents"]):
        raise bad(f"{len(proof['exponents'])} rows of the factor", proof["factor"])
    return proof


def parse_object(depth: int) -> Form:
    """The form of an object at that depth of the file about which nothing else is known."""

    def read(x: Any) -> Any:
        if type(x) is not dict:
            raise bad("an object", x)
        level: list[Any] = [x]  # the lists and objects at each depth
        for _ in range(depth, MAX_DEPTH + 1):
            level = [z for y in level for z in (y.values() if type(y) is dict else y) if type(z) in (list, dict)]
        if level:
            raise Malformed(f"JSON: nesting deeper than {MAX_DEPTH}")
        return x

    return read


def parse_step(x: Any) -> Payload:
    """A step; the payload of an unknown rule may be any object."""
    step: Payload = STEP(x)
    try:
        step["payload"] = READERS.get(step["rule"], UNKNOWN)(step["payload"])
    except Malformed as error:
        raise at(f"step {show(step['id'])}", error) from None
    return step


NAME = word(r"[a-z][a-z0-9_]*")
PREMISE = word(r"[a-z][a-z0-9_]*(?:/(?:0|[1-9][0-9]{0,17}))?")
AXIS = word("row|column")
TREE = form(lambda x: type(x) is str and re.fullmatch("[.0-9]+", x) is not None, "a string of dots and digits")
INDEX = integer(0, MAX_INDEX)
EXPONENT = integer(-MAX_EXPONENT, MAX_EXPONENT)
PROOF = reader({"exponents": [EXPONENT, 1], "factor": [parse_integers, 1]})
STEP = reader({"id": NAME, "rule": NAME, "premises": [PREMISE, 0], "payload": lambda x: x})
UNKNOWN = parse_object(4)
DYADIC = {"exponent": EXPONENT, "rows": [parse_integers, 0]}
BLOCK = {"rows": [INDEX, 1], "columns": [INDEX, 1]}
MERGE_GROUP = {"into": INDEX, "members": read_members(2, 0)}
GRAM_GROUP = {"members": read_members(1, 1), "rows": [parse_vector, 0], "weights": parse_vector}
REGION = {"normals": DYADIC, "offsets": parse_vector, "multipliers": DYADIC}
HALF = (INDEX, INDEX, form(lambda x: type(x) is int and x in (-1, 1), "1 or -1"), parse_rational)
ROUND = {"multipliers": DYADIC, "cuts": [HALF, 0], "scalings?": [(AXIS, *HALF), 0]}
SQUARE = {"root": [parse_integers, 1], "rest": [parse_integers, 1]}
SAMPLE = {"at": parse_vector, "cuts": parse_vector}
COLUMN = {"column": INDEX, "bare": [INDEX, 0], "exponent": EXPONENT, "variables": parse_integers, "psd": parse_proof}
PAYLOADS: dict[str, dict[str, Any]] = {
    "transpose": {},
    "blocks": {"blocks": [BLOCK, 1]},
    "merge": {"axis": AXIS, "groups": [MERGE_GROUP, 0]},
    "gram": {"axis": AXIS, "groups": [GRAM_GROUP, 0]},
    "nonnegative": {},
    "combine": {},
    "minors": {"threshold": parse_rational, "multipliers": DYADIC, "psd": parse_proof, "region?": REGION},
    "orthogonal": {"threshold": parse_rational, "region?": REGION}
    | dict.fromkeys(("G1", "G2"), parse_matrix)
    | dict.fromkeys(("Y1", "Y2", "multipliers"), DYADIC)
    | dict.fromkeys(("psd_G1", "psd_G2", "psd_K", "psd_M"), parse_proof),
    "spectral": {"a": parse_vector, "b": parse_vector, "t": parse_rational, "Z": DYADIC}
    | {"psd_Z": parse_proof, "psd": parse_proof, "target?": parse_matrix},
    "projections": {"c": parse_vector, "t": parse_rational, "root": DYADIC, "psd": parse_proof}
    | {"groups": [{"z": parse_rational, "root": DYADIC, "psd": parse_proof}, 1]},
    "columns": {"pivots": [INDEX, 1], "lower": parse_vector, "upper": parse_vector, "threshold": parse_rational}
    | {"exponent": EXPONENT, "total_box": parse_integers, "psd": parse_proof, "columns": [COLUMN, 0]},
    "bernstein": {"threshold": parse_rational, "trees": [TREE, 1]},
    "plucker": {"threshold": parse_rational, "prices": DYADIC}
    | {"groups": [{"multipliers": DYADIC, "psd": parse_proof}, 1]},
    "cad": {"threshold": parse_rational, "pivots": [INDEX, 1], "square?": SQUARE}
    | {"factors": [{"power": INDEX, "coefficients": parse_integers}, 0], "samples": [SAMPLE, 0]},
    "split": {"coordinate": INDEX, "point": parse_rational},
    "chart_cover": {},
    "cut": {"first": INDEX, "second": INDEX},
    "geometric": {"threshold": parse_rational, "precision": integer(1, MAX_PRECISION), "half_spaces": [HALF, 0]}
    | {"rounds": [ROUND, 1], "cycle": [(INDEX, INDEX), 0]},
    "witness": {"U": parse_pairs, "V": parse_pairs},
}
READERS = {rule: reader(payload) for rule, payload in PAYLOADS.items()}
INLINE = {"A": parse_matrix, "omega": parse_matrix, "k": integer(1, 10**18)}
COUNT = integer(1, 10**18 - 1)
SOURCE = {"name": word(r"(?!\.)[^/\\:\x00-\x1f\x7f]{1,255}"), "sha256": word("[0-9a-f]{64}")}
SOURCE |= {"format": word("np[yz]|[ct]sv")}


SIDE_COUNTS = reader({"counts": [COUNT, 1]})
SIDE_LABELS = reader({"labels": parse_integers})


def parse_side(x: Any) -> list[int]:
    """How often each line of a core occurs, given by counts or by labels."""
    if type(x) is dict and "labels" not in x:
        counts: list[int] = SIDE_COUNTS(x)["counts"]
        return counts
    found = Counter(integers(SIDE_LABELS(x)["labels"]))
    if not found or sorted(found) != list(range(len(found))):
        raise bad("labels 0, 1, ... of which each occurs", "others or none")
    return [found[label] for label in range(len(found))]


#: The three kinds of instances: all entries, a core and what it stands for, Gram matrices (section 4.1).
INSTANCES = tuple(
    reader(INLINE | further)
    for further in (
        {},
        {"rows": parse_side, "columns": parse_side, "source?": SOURCE},
        {"groups": [COUNT, 1], "source": SOURCE},
    )
)


def parse_instance(x: Any) -> dict[str, Any]:
    """An instance with all its entries, or a core and what it stands for."""
    kind = 0 if type(x) is not dict else 2 if "groups" in x else int("rows" in x)
    instance: dict[str, Any] = INSTANCES[kind](x)
    p, q = len(instance["A"]), len(instance["A"][0])
    for key, size in (("rows", p), ("columns", q)):
        if len(instance.get(key, range(size))) != size:
            raise at(f".{key}", bad(f"counts or labels of {size} {key}", instance[key]))
    if sum(instance.get("groups", [p])) != p:
        raise at(".groups", bad(f"{p} rows in all", Fraction(sum(instance["groups"]))))
    return instance


CERTIFICATE = reader(
    {
        "format": form(lambda x: x == FORMAT, f'"{FORMAT}"'),
        "instance": parse_instance,
        "claim": {"lower": parse_rational, "upper": parse_rational, "lower_step": NAME, "upper_step": NAME},
        "steps": [parse_step, 0],
        "provenance": parse_object(2),
    }
)


def parse_json(text: str) -> Any:
    """Strict JSON: no duplicate keys, no floats, no NaN, canonical integers of at most 18 digits, bounded nesting."""

    def distinct_keys(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) != len(items):
            raise Malformed("JSON: expected distinct keys, got one twice")
        return result

    def canonical_integer(token: str) -> int:
        if (len(token) > 18 and INTEGER.fullmatch(token) is None) or token == "-0":
            raise Malformed(f"JSON: expected canonical integers of at most 18 digits, got {show(token)}")
        return int(token)

    def refuse(token: str) -> Any:
        raise Malformed(f"JSON: expected no numbers but integers, got {show(token)}")

    limit(sum(map(text.count, "[{:")) <= MAX_MARKS, f"more than {MAX_MARKS} lists, objects and keys")
    hooks: dict[str, Any] = {"parse_int": canonical_integer, "parse_float": refuse, "parse_constant": refuse}
    try:
        root = json.loads(text, object_pairs_hook=distinct_keys, **hooks)
    except ValueError as error:
        raise Malformed(f"JSON: {error}") from None
    except RecursionError:
        raise Malformed(f"JSON: nesting deeper than {MAX_DEPTH}") from None
    return root


def read_certificate(text: str) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """The instance, the claim and the steps, or Malformed."""
    root = parse_json(text)
    try:
        certificate = CERTIFICATE(root)
    except Malformed as error:
        raise at("certificate", error) from None
    if next(iter(root)) != "format":
        raise Malformed("certificate: expected format as the first key")
    A, omega = certificate["instance"]["A"], certificate["instance"]["omega"]
    if (len(omega), len(omega[0])) != (len(A), len(A[0])):
        raise at("instance.omega", bad(f"the shape of A, {len(A)}x{len(A[0])}", (len(omega), len(omega[0]))))
    for i, (row, weights) in enumerate(zip(A, omega, strict=True)):
        if min(w.numerator for w in weights) > 0:
            continue
        for j, (x, w) in enumerate(zip(row, weights, strict=True)):
            if w.numerator < 0:
                raise at(f"instance.omega, row {i}, column {j}", bad("a weight >= 0", w))
            if x and not w:
                raise at(f"instance.A, row {i}, column {j}", bad("0 under a zero weight", x))
    names = ["instance", *(step["id"] for step in certificate["steps"])]
    if len(set(names)) != len(names):
        raise Malformed("steps: expected distinct ids other than instance")
    return certificate["instance"], certificate["claim"], certificate["steps"]


# Statements -----------------------------------------------------------------------------------------------------------


def cleared(rows: Sequence[Sequence[Q]]) -> list[Cleared]:
    """``common`` for each row; all rows have the same denominator if there is a short one."""
    flat = list(chain.from_iterable(rows))
    denominators, width = {x.denominator for x in flat}, len(rows[0])
    q, room = 1, 0
    for denominator in denominators:
        q = math.lcm(q, denominator) if q.bit_length() <= MAX_SHARED else q
    if q.bit_length() <= MAX_SHARED:
        factors = {denominator: q // denominator for denominator in denominators}
        integers = [x.numerator if q == 1 else x.numerator * factors[x.denominator] for x in flat]
        return [(integers[i : i + width], q) for i in range(0, len(flat), width)]
    found = []
    for row in rows:
        found.append(common(row))
        room += width * found[-1][1].bit_length()
        limit(room <= MAX_ROOM, "the lines over common denominators")
    return found


def lines(A: Sequence[Sequence[Q]], omega: Sequence[Sequence[Q]]) -> list[Line]:
    """The rows of A and omega in integers."""
    return list(zip(cleared(A), cleared(omega), strict=True))


def turned(rows: list[Line]) -> list[Line]:
    """The columns of A and omega in integers when all rows have the same short denominator; else nothing."""
    (_, q_A), (_, q_omega) = rows[0]
    if max(q_A, q_omega) >> MAX_SHARED or any(row[0][1] != q_A or row[1][1] != q_omega for row in rows):
        return []
    A, omega = (zip(*(row[part][0] for row in rows), strict=True) for part in (0, 1))
    return [((list(a), q_A), (list(w), q_omega)) for a, w in zip(A, omega, strict=True)]


class Problem:
    """(A, omega, k). Two problems are the same only when they are the same object."""

    def __init__(self, A: list[list[Q]], omega: list[list[Q]], k: int) -> None:
        self.A, self.omega, self.k = A, omega, k

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n)."""
        return len(self.A), len(self.A[0])

    @cached_property
    def rows(self) -> list[Line]:
        """The rows in integers."""
        return lines(self.A, self.omega)

    @cached_property
    def columns(self) -> list[Line]:
        """The columns in integers."""
        return turned(self.rows) or lines(list(zip(*self.A, strict=True)), list(zip(*self.omega, strict=True)))

    def transpose(self) -> Problem:
        """The problem of A^T and omega^T."""
        A, omega = (list(map(list, zip(*matrix, strict=True))) for matrix in (self.A, self.omega))
        child = Problem(A, omega, self.k)
        if "rows" in self.__dict__ and (columns := turned(self.rows)):
            child.rows = columns
        return child

    def room(self) -> int:
        """Bits of all entries, 64 for each more than its digits."""
        return sum(64 + bits(x) for matrix in (self.A, self.omega) for row in matrix for x in row)


class Reduction(NamedTuple):
    """opt(problem) >= the sum of opt over the children, which may be submatrices that share no entry."""

    problem: Problem
    children: tuple[Problem, ...]
    submatrices: bool = False


class Bound(NamedTuple):
    """The statement opt(problem) >= value (side "lower") or opt(problem) <= value (side "upper")."""

    side: str
    problem: Problem
    value: Q


class BoxBound(NamedTuple):
    """The statement cost(X) >= value for all X whose row factor is [I; R] on the pivots with lower <= R <= upper."""

    problem: Problem
    pivots: list[int]
    lower: list[Q]
    upper: list[Q]
    value: Q

    def room(self) -> int:
        """Bits of all bounds, 64 for each more than its digits."""
        return sum(64 + bits(x) for x in (*self.lower, *self.upper))


class RegionBound(NamedTuple):
    """The statement opt >= value, if a best sequence is infinitely often in the region.

    The region holds the X with [-t, N] [1; x] >= 0 for every row [-t, N]. A best sequence: X of rank <= k with costs
    that tend to opt, and sum_j omega_ij x_ij (a_ij - x_ij) -> 0 in each row and column. Lemma: there is one. On the
    closure of the observed parts the cost is least at some x, where scaling a row or a column of x makes it no less.
    """

    problem: Problem
    region: list[list[Q]]
    value: Q

    def room(self) -> int:
        """Bits of all half-spaces, 64 for each entry more than its digits."""
        return sum(64 + bits(x) for row in self.region for x in row)


Known: TypeAlias = Problem | Reduction | Bound | BoxBound | RegionBound


def one_problem(premises: Sequence[Known]) -> Problem:
    """The only premise, which must be a problem."""
    expect(len(premises) == 1, "one premise", len(premises))
    if not isinstance(premises[0], Problem):
        raise Invalid("expected a problem as premise, got a statement")
    return premises[0]


# Reductions (section 3.1) ---------------------------------------------------------------------------------------------


def check_transpose(premises: Sequence[Known], payload: Payload) -> Reduction:
    """Child (A^T, Omega^T, k). Lemma: rank X = rank X^T, so opt is the same."""
    P = one_problem(premises)
    return Reduction(P, (P.transpose(),))


def check_blocks(premises: Sequence[Known], payload: Payload) -> Reduction:
    """Children: submatrices whose sets of entries are disjoint.

    Lemma: a submatrix of X has at most the rank of X, and the terms of the cost are non-negative.
    """
    P = one_problem(premises)
    m, n = P.shape
    used = bytearray(m * n)
    children = []
    for block in payload["blocks"]:
        rows, columns = block["rows"], block["columns"]
        for indices, size in ((rows, m), (columns, n)):
            expect(all(i < j for i, j in pairwise(indices)), "increasing indices", "others")
            expect(indices[-1] < size, f"indices below {size}", indices[-1])
        for entry in (i * n + j for i in rows for j in columns):
            if used[entry]:
                expect(False, "blocks that share no entry", f"entry {divmod(entry, n)} twice")
            used[entry] = 1
        A, omega = ([[matrix[i][j] for j in columns] for i in rows] for matrix in (P.A, P.omega))
        children.append(Problem(A, omega, P.k))
    return Reduction(P, tuple(children), submatrices=True)


def on_rows(P: Problem, axis: str) -> Problem:
    """P, transposed when a rule for rows is applied to columns."""
    return P if axis == "row" else P.transpose()


def distinct(indices: Sequence[int], size: int) -> set[int]:
    """The indices as a set: in range and without repetition."""
    expect(max(indices, default=0) < size, f"indices below {size}", max(indices, default=0))
    expect(len(set(indices)) == len(indices), "an index in one place only", "one in two places")
    return set(indices)


def expect_multiples(P: Problem, name: str, support: Sequence[int], p: int, members: list[tuple[int, Pair]]) -> None:
    """Reject unless row i of A or of Omega is s times row p on the support, and s > 0 for Omega, for each (i, s)."""
    M, at, rows = P.A if name == "A" else P.omega, int(name == "Omega"), P.rows
    (model, q), whole = rows[p][at], len(support) == P.shape[1]
    model = model if whole else [model[j] for j in support]
    for i, (numerator, denominator) in members:
        row, q_row = rows[i][at]
        entries = row if whole else [row[j] for j in support]
        left, right = denominator * q, numerator * q_row
        if [x * left for x in entries] != [x * right for x in model] or (at and right <= 0):
            s = Fraction(numerator, denominator)
            expect(s > 0 or name == "A", "s > 0", s)
            j = next(j for j in support if M[i][j] != s * M[p][j])
            expect(False, f"{name}[{i}][{j}] = {show(s)} {name}[{p}][{j}]", M[i][j])


def check_merge(premises: Sequence[Known], payload: Payload) -> Reduction:
    """Rows with Omega_i = s Omega_p, s > 0, and A_i = c A_p on the support go into row p.

    Lemma: for a given row space the least cost of row i is s c^2 times that of row p, so the weights
    (1 + sum s c^2) Omega_p keep opt.
    """
    parent, axis, groups = one_problem(premises), payload["axis"], payload["groups"]
    P = on_rows(parent, axis)
    m, n = P.shape
    gone = [i for group in groups for i, _, _ in group["members"]]
    distinct([*gone, *(group["into"] for group in groups)], m)
    factors: dict[int, Q] = {}
    for group in groups:
        p, members = group["into"], group["members"]
        support = [j for j, w in enumerate(P.omega[p]) if w]
        expect_multiples(P, "Omega", range(n), p, [(i, s) for i, s, _ in members])
        expect_multiples(P, "A", support, p, [(i, c) for i, _, c in members])
        terms = {1: 1}  # numerators by denominators of 1 + sum s c^2
        for _, (x, q), (y, r) in members:
            terms[q * r * r] = terms.get(q * r * r, 0) + x * y * y
        factors[p] = total([Fraction(x, q) for q, x in terms.items()])
    limit(n * sum(map(bits, factors.values())) <= MAX_ROOM, "the weights of the merged rows")
    kept = sorted(set(range(m)).difference(gone))
    omega = [[factors[i] * w for w in P.omega[i]] if i in factors else P.omega[i] for i in kept]
    return Reduction(parent, (on_rows(Problem([P.A[i] for i in kept], omega, P.k), axis),))


def check_gram(premises: Sequence[Known], payload: Payload) -> Reduction:
    """Rows with weights s_i omega become rows l_t with weights d_t omega when sum s A_i^T A_i = sum d l_t^T l_t.

    Lemma: for a given row space the least cost of a row a with weights s omega is s a Q a^T with one Q >= 0, zero off
    the support of omega, so the cost of the group depends on sum s A_i^T A_i on that support only.
    """
    parent, axis, groups = one_problem(premises), payload["axis"], payload["groups"]
    P = on_rows(parent, axis)
    m, n = P.shape
    gone = distinct([i for group in groups for i, _ in group["members"]], m)
    limit(n * sum(bits(d) for group in groups for d in group["weights"]) <= MAX_ROOM, "the weights of the new rows")
    A = [P.A[i] for i in range(m) if i not in gone]
    omega = [P.omega[i] for i in range(m) if i not in gone]
    for group in groups:
        members, rows, weights = group["members"], group["rows"], group["weights"]
        first, s_first = members[0]
        expect(s_first == (1, 1), "s = 1 for the first member", Fraction(*s_first))
        expect_multiples(P, "Omega", range(n), first, members)
        expect(len(weights) == len(rows), f"{len(rows)} weights for the new rows", len(weights))
        support = [j for j, w in enumerate(P.omega[first]) if w]
        for row, d in zip(rows, weights, strict=True):
            expect(d > 0, "weights d > 0", d)
            expect(len(row) == n, f"new rows of {n} entries", len(row))
            expect(sum(map(bool, row)) == sum(bool(row[j]) for j in support), "0 off the support", "another entry")
        old, q_old = second_moments([P.rows[i][0] for i, _ in members], [s for _, s in members], support)
        new, q_new = second_moments(cleared(rows), ratios(weights), support) if rows else (lambda j, l: 0, 1)
        for j in range(len(support)):
            for l in range(j + 1):
                if old(j, l) * q_new != new(j, l) * q_old:
                    expect(False, "the Gram matrix of the members", f"another at {support[j], support[l]}")
        A += rows
        omega += [[d * w for w in P.omega[first]] for d in weights]
    expect(len(A) > 0, "at least one row left", 0)
    return Reduction(parent, (on_rows(Problem(A, omega, P.k), axis),))


def second_moments(rows: list[Cleared], scales: list[Pair], support: list[int]) -> tuple[Moments, int]:
    """(g, q) with g(j, l) / q = sum_i scales_i row_i[support_j] row_i[support_l] for the ``cleared`` rows."""
    pairs = zip(scales, (d * d for _, d in rows), strict=True)
    weights, q = common_pairs([s if d == 1 else Fraction(s[0], s[1] * d).as_integer_ratio() for s, d in pairs])
    columns = [[row[j] for row, _ in rows] for j in support]
    scaled = [list(map(mul, weights, column)) for column in columns]
    return (lambda j, l: sum(map(mul, scaled[j], columns[l]))), q


# Lower bounds (section 3.2) -------------------------------------------------------------------------------------------


def check_nonnegative(premises: Sequence[Known], payload: Payload) -> Bound:
    """Yields 0. Lemma: the cost is a sum of squares with non-negative weights."""
    return Bound("lower", one_problem(premises), Fraction(0))


def check_combine(premises: Sequence[Known], payload: Payload) -> Bound | BoxBound:
    """Yields sum tau_i. Lemma: opt(P) >= sum opt(P_i) by the reduction, and opt(P_i) >= tau_i for each child.

    One child, a submatrix with all rows, may be bounded on a chart box; then the sum holds there. Lemma: the submatrix
    of X = [I; R] V on these columns is [I; R] V_1, and its submatrices on the others have rank <= k.
    """
    reduction = premises[0] if premises else None
    if not isinstance(reduction, Reduction):
        raise Invalid("expected a reduction as the first premise, got another or none")
    P, children = reduction.problem, reduction.children
    bounds = [x for x in premises[1:] if isinstance(x, BoxBound) or (isinstance(x, Bound) and x.side == "lower")]
    expect(len(bounds) == len(premises) - 1, "lower statements as the other premises", "another premise")
    expect(len(bounds) == len(children), f"{len(children)} lower statements", len(bounds))
    for i, (bound, child) in enumerate(zip(bounds, children, strict=True)):
        expect(bound.problem is child, f"a statement about child {i}", "one about another problem")
    value = total([bound.value for bound in bounds])
    boxes = [x for x in bounds if isinstance(x, BoxBound)]
    if not boxes:
        return Bound("lower", P, value)
    expect(len(boxes) == 1, "one statement about a box", len(boxes))
    expect(reduction.submatrices, "submatrices beside a statement about a box", "another reduction")
    box, m = boxes[0], P.shape[0]
    expect(box.problem.shape[0] == m, f"a box of all {m} rows", box.problem.shape[0])
    return BoxBound(P, box.pivots, box.lower, box.upper, value)


def integers(row: str) -> list[int]:
    """The integers of a row."""
    return list(map(int, row.split(" "))) if row else []


def integer_matrix(dyadic: Payload, m: int, n: int, name: str) -> Ints:
    """The (m, n) matrix of the integers of a dyadic matrix."""
    expect(len(dyadic["rows"]) == m, f"{m} rows in {name}", len(dyadic["rows"]))
    for i, row in enumerate(dyadic["rows"]):
        count = row.count(" ") + 1 if row else 0
        expect(count == n, f"{n} integers in {name}, row {i}", count)
    return list(map(integers, dyadic["rows"]))


def symmetric(M: Sequence[Sequence[Any]], name: str) -> None:
    """Reject a square matrix that is not symmetric."""
    for i, row in enumerate(M):
        for j in range(i):
            if row[j] != M[j][i]:
                expect(False, f"{name} symmetric", f"{show(row[j])} at {i, j} and {show(M[j][i])} at {j, i}")


def expect_size(payload: Payload, name: str, size: int) -> None:
    """Reject a PSD proof of another size; later work is then bounded by what the file holds."""
    expect(len(payload[name]["exponents"]) == size, f"{size} rows in {name}", len(payload[name]["exponents"]))


def check_psd(payload: Payload, name: str, size: int, q: int, row: Callable[[int], Sequence[int]]) -> bool:
    """Reject M unless it is proved positive semidefinite; return whether the factor proves it definite.

    The integers row(i) begin with entries 0..i of row i of q M.
    Lemma: when R = D M D - f f^T, D = diag(2^-e_i), has R_ii >= sum_{j != i} |R_ij| for all i, then R >= 0, and
    D M D >= f f^T >= 0. If the triangular f has no zero on its diagonal, f f^T > 0.
    """
    exponents, slack = payload[name]["exponents"], [0] * size
    expect_size(payload, name, size)
    top = max(0, 2 * max(exponents))  # makes q 2^top R integral
    width = q.bit_length() + top - 2 * min(0, *exponents)
    limit(size * size * width <= MAX_WORK, f"the matrix of {name}")
    scale, factor = q << top, list(map(integers, payload[name]["factor"]))
    for i, products in enumerate(own_products(factor)):
        entries, shift = row(i), top - exponents[i]
        for j in range(i):
            off_diagonal = abs((entries[j] << shift - exponents[j]) - scale * products[j])
            slack[i] -= off_diagonal
            slack[j] -= off_diagonal
        slack[i] += (entries[i] << shift - exponents[i]) - scale * products[i]
    for i, x in enumerate(slack):
        expect(x >= 0, f"{name} to leave row {i} diagonally dominant", Fraction(x, scale) if x < 0 else 0)
    return all(f[-1] for f in factor)


def own_products(f: Ints) -> Iterator[list[int]]:
    """The rows of f f^T up to the diagonal, for a triangular f.

    When f is large, each of its columns is kept as one integer, whose digits to the base 2^w are the entries so far of
    the rows that are not zero. A row of products is then one sum of such integers, and |product| < 2^(w - 1) makes its
    digits unique.
    """
    if len(f) < MANY_ROWS:
        yield from ([sum(map(mul, row, other)) for other in f[: i + 1]] for i, row in enumerate(f))
        return
    largest = max(max(map(abs, row)) for row in f)
    size = (2 * largest.bit_length() + len(f).bit_length() + 8) // 8  # bytes of a digit
    limit(8 * size * len(f) ** 2 <= MAX_ROOM, "the products of a factor")
    columns, halves, kept = list[int](), 0, list[int]()
    for i, row in enumerate(f):
        columns.append(0)
        products = [0] * (i + 1)
        if any(row):
            shift = 8 * size * len(kept)
            columns = [c + (x << shift) if x else c for c, x in zip(columns, row, strict=True)]
            halves += 1 << shift + 8 * size - 1
            kept.append(i)
            digits = (sum(map(mul, row, columns)) + halves).to_bytes(size * len(kept), "little")
            for at, j in zip(range(0, len(digits), size), kept, strict=True):
                products[j] = int.from_bytes(digits[at : at + size], "little") - (1 << 8 * size - 1)
        yield products


def minor_blocks(P: Problem, dyadic: Payload) -> dict[tuple[int, int], Ints]:
    """For i > i' the (n, n) block of 2^-e L with rows (i, .) and columns (i', .).

    The coefficient of X_i'j' X_ij - X_i'j X_ij' for i' < i, j' < j is 2 lambda: the block is skew, with lambda below
    its diagonal.
    """
    m, n = P.shape
    multipliers = integer_matrix(dyadic, math.comb(m, 2), math.comb(n, 2), "multipliers")
    blocks = {}
    for (i_low, i), row in zip(combinations(range(m), 2), multipliers, strict=True):
        block = blocks[i, i_low] = [[0] * n for _ in range(n)]
        for (j_low, j), multiplier in zip(combinations(range(n), 2), row, strict=True):
            block[j][j_low], block[j_low][j] = multiplier, -multiplier
    return blocks


def region_terms(P: Problem, region: Payload) -> tuple[list[list[Q]], int, Callable[[int], list[int]]]:
    """The rows l_a = [-t_a, N_a] of a region's half-spaces, and (q, row) of T = sum_a sum_{b<a} p_ab sym(l_a, l_b).

    Here sym(l, l') = (l l'^T + l' l^T)/2, b = -1 stands for [1, 0], and p >= 0. The integers row(i) are the entries of
    row i of q T up to the diagonal. Lemma: on the region l_a [1; x] >= 0, so [1; x]^T T [1; x] >= 0.
    """
    size, offsets = P.shape[0] * P.shape[1], region["offsets"]
    e_N, e_p = (region[name]["exponent"] for name in ("normals", "multipliers"))
    unit = Fraction(times_power(1, max(0, e_N)), times_power(1, max(0, -e_N)))
    normals = integer_matrix(region["normals"], len(offsets), size, "normals")
    lines = [[-t, *(x * unit for x in normal)] for t, normal in zip(offsets, normals, strict=True)]
    rows = region["multipliers"]["rows"]
    expect(0 < len(lines) == len(rows), f"a row of multipliers for each of {len(lines)} half-spaces", len(rows))
    L, q = common_rows([[Fraction(1)] + [Fraction(0)] * size, *lines])
    width = max(abs(x).bit_length() for l in L for x in l)
    limit(len(L) * (len(L) + size) * size * (2 * width + max(0, e_p)) <= MAX_WORK, "the region")
    C = []  # sum_{b<a} p_ab l_b for every half-space a
    for a, p in enumerate(map(integers, rows), start=1):
        expect(len(p) == a, f"{a} multipliers of half-space {a - 1}", len(p))
        expect(min(p) >= 0, "multipliers of the region >= 0", min(p))
        C.append([times_power(sum(map(mul, p, column)), max(0, e_p)) for column in zip(*L[:a], strict=True)])

    def row(i: int) -> list[int]:
        terms = [(l[i], c[i], l, c) for l, c in zip(L[1:], C, strict=True)]
        return [sum(x * c[j] + y * l[j] for x, y, l, c in terms) for j in range(i + 1)]

    return lines, 2 * q * q << max(0, -e_p), row


def check_cost_bound(
    P: Problem, payload: Payload, name: str, q_form: int, form_row: Callable[[int, int, int], list[int]]
) -> Bound | RegionBound:
    """Yields tau when M_0 - tau E_00 + pad(N) - T >= 0, for N with x^T N x <= 0 on rank <= k (the caller's lemma).

    T is 0, or of ``region_terms``: then tau holds on the region. The integers form_row(i, j, unit) are the entries of
    row (i, j) of unit N up to the diagonal, for q_form | unit.
    Lemma: cost(X) - tau = [1; x]^T (M_0 - tau E_00) [1; x] >= -x^T N x + [1; x]^T T [1; x] >= 0.
    """
    (m, n), tau = P.shape, payload["threshold"]
    entries = [(w, a) for weights, row in zip(P.omega, P.A, strict=True) for w, a in zip(weights, row, strict=True)]
    corner = total([w * a * a for w, a in entries]) - tau
    cost, q = common([corner, *(-w * a for w, a in entries), *(w for w, _ in entries)])
    lines, q_T, T_row = region_terms(P, payload["region"]) if "region" in payload else ([], 1, None)
    unit = math.lcm(q, q_form, q_T)

    def row(p: int) -> list[int]:
        result = [unit // q * cost[p]]
        if p:
            result += form_row(*divmod(p - 1, n), unit)
            result[p] += unit // q * cost[m * n + p]
        return [x - unit // q_T * y for x, y in zip(result, T_row(p), strict=True)] if T_row else result

    check_psd(payload, name, 1 + m * n, unit, row)
    return RegionBound(P, lines, tau) if lines else Bound("lower", P, tau)


def check_minors(premises: Sequence[Known], payload: Payload) -> Bound | RegionBound:
    """Yields tau for k = 1 when M_0 - tau E_00 + pad(L) >= 0, L a combination of the 2x2 minors of X.

    Lemma: x^T L x = 0 on rank <= 1.
    """
    P = one_problem(premises)
    expect(P.k == 1, "rank 1", P.k)
    expect_size(payload, "psd", 1 + P.shape[0] * P.shape[1])
    multipliers, blocks = payload["multipliers"], minor_blocks(P, payload["multipliers"])

    def form_row(i: int, j: int, unit: int) -> list[int]:
        c = times_power(unit, multipliers["exponent"])
        return [c * x for low in range(i) for x in blocks[i, low][j]] + [0] * (j + 1)

    q_form = 1 << max(0, -multipliers["exponent"])
    return check_cost_bound(P, payload, "psd", q_form, form_row)


def check_orthogonal(premises: Sequence[Known], payload: Payload) -> Bound | RegionBound:
    """Yields tau when K = L - B >= 0 and M_0 - tau E_00 + pad(B + K/k) >= 0, B = G2 (x) Y1 + Y2 (x) G1, G1, G2 > 0.

    Lemma: the singular value decomposition in the inner products G2, G1 gives X = sum of k terms X_l of rank <= 1 with
    x_l^T B x_l' = 0 for l != l', and x_l^T L x_l = 0. So x^T (B + K/k) x <= sum x_l^T (B + K) x_l = 0, where
    x^T K x <= k sum x_l^T K x_l is Cauchy-Schwarz.
    """
    P = one_problem(premises)
    m, n = P.shape
    expect_size(payload, "psd_K", m * n)
    expect_size(payload, "psd_M", 1 + m * n)
    G: dict[str, tuple[Ints, int]] = {}
    for name, size in (("G1", n), ("G2", m)):
        shape = (len(payload[name]), len(payload[name][0]))
        expect(shape == (size, size), f"{name} of shape {size}x{size}", shape)
        symmetric(payload[name], name)
        rows, q = G[name] = common_rows(payload[name])
        definite = check_psd(payload, f"psd_{name}", size, q, rows.__getitem__)
        expect(definite, f"no zero on the diagonal of the factor of psd_{name}", "one")
    (G1, q1), (G2, q2) = G["G1"], G["G2"]
    Y1, Y2 = integer_matrix(payload["Y1"], n, n, "Y1"), integer_matrix(payload["Y2"], m, m, "Y2")
    symmetric(Y1, "Y1")
    symmetric(Y2, "Y2")
    blocks = minor_blocks(P, payload["multipliers"])
    e_L, e_1, e_2 = (payload[name]["exponent"] for name in ("multipliers", "Y1", "Y2"))
    q_form = math.lcm(q1, q2) << max(0, -e_L, -e_1, -e_2)

    def form_row(i: int, j: int, unit: int, beta: int) -> list[int]:  # of unit (L + beta B)
        c, c1, c2 = times_power(unit, e_L), times_power(unit // q2, e_1) * beta, times_power(unit // q1, e_2) * beta
        entries: list[int] = []
        for low in range(i):
            g, y = c1 * G2[i][low], c2 * Y2[i][low]
            entries += [g * y1 + y * g1 + c * x for y1, g1, x in zip(Y1[j], G1[j], blocks[i, low][j], strict=True)]
        g, y = c1 * G2[i][i], c2 * Y2[i][i]
        return entries + [g * y1 + y * g1 for y1, g1 in zip(Y1[j][: j + 1], G1[j][: j + 1], strict=True)]

    check_psd(payload, "psd_K", m * n, q_form, lambda p: form_row(*divmod(p, n), q_form, -1))
    k = P.k  # B + K/k = (L + (k - 1) B)/k
    return check_cost_bound(P, payload, "psd_M", k * q_form, lambda i, j, unit: form_row(i, j, unit // k, k - 1))


def check_spectral(premises: Sequence[Known], payload: Payload) -> Bound:
    """Yields (m-k) t - tr(D_a Z) - delta when a b^T <= Omega, Z >= 0 and B D_b B^T + Z - t D_a^-1 >= 0.

    Lemma: w (A - x)^2 >= c (B - x)^2 - (w c/(w - c)) (A - B)^2 for 0 < c < w, so cost(X) + delta is at least the sum of
    the m - k least eigenvalues of S = D_a^(1/2) B D_b B^T D_a^(1/2) (Eckart-Young-Mirsky), and
    S >= t I - D_a^(1/2) Z D_a^(1/2).
    """
    P = one_problem(premises)
    m, n = P.shape
    a, b, t, B = payload["a"], payload["b"], payload["t"], payload.get("target", P.A)
    expect(P.k <= m, f"a rank of at most {m}", P.k)
    expect((len(a), len(b)) == (m, n), f"a of {m} and b of {n} entries", f"{len(a)} and {len(b)}")
    expect((len(B), len(B[0])) == (m, n), f"target of shape {m}x{n}", (len(B), len(B[0])))
    expect(min(*a, *b) > 0, "a and b positive", min(*a, *b))
    deficits = []
    for i in range(m):
        for j in range(n):
            w, c, difference = P.omega[i][j], a[i] * b[j], P.A[i][j] - B[i][j]
            if c > w:
                expect(False, f"a[{i}] b[{j}] at most {show(w)}", c)
            if difference:
                expect(c < w, f"the target equal to A at {i, j}, where a b = Omega", B[i][j])
                deficits.append(w * c / (w - c) * difference * difference)
    Z, e = integer_matrix(payload["Z"], m, m, "Z"), payload["Z"]["exponent"]
    symmetric(Z, "Z")
    unit_Z = 1 << max(0, -e)
    check_psd(payload, "psd_Z", m, unit_Z, lambda i: [times_power(unit_Z, e) * z for z in Z[i]])

    (target, q_target), (columns, q_b), (diagonal, q_t) = common_rows(B), common(b), common([t / x for x in a])
    q_square = q_target * q_target * q_b
    unit = math.lcm(q_square, q_t) * unit_Z

    def row(i: int) -> list[int]:
        weighted, c, c_Z = list(map(mul, columns, target[i])), unit // q_square, times_power(unit, e)
        entries = [c * sum(map(mul, weighted, target[j])) + c_Z * Z[i][j] for j in range(i + 1)]
        entries[i] -= unit // q_t * diagonal[i]
        return entries

    check_psd(payload, "psd", m, unit, row)
    trace = total([a[i] * Z[i][i] for i in range(m)]) * Fraction(times_power(unit_Z, e), unit_Z)
    return Bound("lower", P, (m - P.k) * t - trace - total(deficits))


def check_projections(premises: Sequence[Known], payload: Payload) -> Bound:
    """Yields sum_g z_g (|S_g| - k) - t (m - k) - sum_i c_i R_ii, for c > 0, z_g >= 0, Y_g and R = root^T root.

    For the columns with positive weights on the rows S_g, B_g + Y_g - z_g D_c^-1 >= 0 on S_g, where B_g = sum_j s_j a_j
    a_j^T and s_j = min omega_ij / c_i over S_g; and R + t D_c^-1 - sum_g Y_g >= 0.
    Lemma: let W contain the columns of X, dim W = k. The least sum_S c_i (a_i - x_i)^2 over x in W is a^T Z_S a with
    Z_S >= 0 and tr(D_c^-1 Z_S) >= |S| - k; and Z_S <= Z for all rows, Z <= D_c, tr(D_c^-1 Z) = m - k. So a group costs
    at least <B_g, Z_S> >= z_g (|S_g| - k) - <Y_g, Z>, and <sum_g Y_g, Z> <= <R + t D_c^-1, Z>, which is at most
    sum_i c_i R_ii + t (m - k).
    """
    P, c, t = one_problem(premises), payload["c"], payload["t"]
    m, k, parts = P.shape[0], P.k, payload["groups"]
    expect(len(c) == m > k, f"c of {m} entries, more than {k}", len(c))
    expect(min(c) > 0, "c positive", min(c))
    groups = columns_by_support(P, c)
    expect(len(parts) == len(groups), f"a part for each of {len(groups)} groups, at least one", len(parts))
    expect_size(payload, "psd", m)
    spend = meter("the matrices of the roots")
    twice = [2 * part["root"]["exponent"] for part in (*parts, payload)]
    powers = [Fraction(1 << max(0, e), 1 << max(0, -e)) for e in twice]
    integral, unit = common([*(t / x for x in c), *powers])
    T, bounds = [[0] * i + [x] for i, x in enumerate(integral[:m])], [-t * (m - k)]
    for (S, columns), part, power, factor in zip(groups.items(), parts, powers, integral[m:], strict=False):
        Y = squared(part["root"], m, spend)
        check_projection(S, c, columns, part, Y, power)
        bounds.append(part["z"] * (len(S) - k))
        add_multiple(T, Y, -factor, unit, spend)
    R = squared(payload["root"], m, spend)
    bounds += [-x * powers[-1] * row[-1] for x, row in zip(c, R, strict=True)]
    add_multiple(T, R, integral[-1], unit, spend)
    check_psd(payload, "psd", m, unit, T.__getitem__)
    return Bound("lower", P, total(bounds))


def columns_by_support(P: Problem, c: Sequence[Q]) -> dict[tuple[int, ...], Columns]:
    """[(a_j, s_j), ...] by S: columns with positive weights on S, more than k rows, and s_j = min omega_ij / c_i."""
    groups: dict[tuple[int, ...], Columns] = {}
    columns = P.transpose()
    for a, weights in zip(columns.A, columns.omega, strict=True):
        S = tuple(i for i, w in enumerate(weights) if w)
        if len(S) > P.k:
            groups.setdefault(S, []).append((a, min(weights[i] / c[i] for i in S)))
    return groups


def check_projection(S: Sequence[int], c: Sequence[Q], columns: Columns, part: Payload, Y: Ints, power: Q) -> None:
    """Reject z and Y power unless z >= 0 and B + Y power - z D_c^-1 >= 0 on the rows S."""
    z = part["z"]
    expect(z >= 0, "z >= 0", z)
    moment, q = second_moments(cleared([a for a, _ in columns]), ratios(s for _, s in columns), list(S))
    (b, y, *inverse), unit = common([Fraction(1, q), power, *(z / c[i] for i in S)])

    def row(i: int) -> list[int]:
        return [b * moment(i, j) + y * Y[S[i]][S[j]] - inverse[i] * (i == j) for j in range(i + 1)]

    check_psd(part, "psd", len(S), unit, row)


def squared(root: Payload, m: int, spend: Spend) -> Ints:
    """The lower triangle of root^T root for the integers of a dyadic matrix of m columns."""
    rows = integer_matrix(root, len(root["rows"]), m, "root")
    spend((len(rows) + 1) * m * m, max((x.bit_length() for row in rows for x in row), default=0) ** 2)
    columns = list(zip(*rows, strict=True)) or [()] * m
    return [[sum(map(mul, columns[i], columns[j])) for j in range(i + 1)] for i in range(m)]


def add_multiple(T: Ints, Y: Ints, factor: int, unit: int, spend: Spend) -> None:
    """Add factor Y to T, lower triangles; Y >= 0 has its longest entry on the diagonal."""
    m, width = len(T), unit.bit_length() + factor.bit_length() + max(row[-1].bit_length() for row in Y)
    spend(m * m, width)
    limit(m * m * width <= MAX_ROOM, "the sum of the matrices of the roots")
    for row, entries in zip(T, Y, strict=True):
        row[:] = [x + factor * y for x, y in zip(row, entries, strict=True)]


def check_bernstein(premises: Sequence[Known], payload: Payload) -> Bound:
    """Yields tau when H >= 0 on [-1, 1]^d for the chart of every set of pivots: no Bernstein coefficient is negative.

    Columns with more than k positive weights are grouped, omega_j = s_j w. With U = [I; R] on the pivots, D = diag(w),
    den_g = |U^T D U| and num_g = sum_j s_j |[a_j U]^T D [a_j U]|: H = (sum_g num_g/den_g - tau) prod_g den_g.
    Lemma: den_g >= 0 is not the zero polynomial, and where it is positive num_g/den_g is the least cost of its group.
    So cost(X) >= tau on a dense part of every unit box, hence on all of it, and these boxes cover rank <= k.
    """
    P, tau, trees = one_problem(premises), payload["threshold"], payload["trees"]
    m, k, d = P.shape[0], P.k, P.k * (P.shape[0] - P.k)
    expect(1 <= d <= 10, "1 to 10 coordinates k (m - k)", d)
    charts = list(combinations(range(m), k))
    expect(len(trees) == len(charts), f"{len(charts)} trees", len(trees))
    groups, spend = column_groups(P), meter("the polynomials of the charts and their boxes")
    for pivots, tree in zip(charts, trees, strict=True):
        # R_a = 2 t_a - 1 with 0 <= t_a <= 1
        check_tree(tree, excess(P, groups, pivots, tau, {1: 2, 0: -1}, spend), 2 * len(groups) + 1, d, spend)
    return Bound("lower", P, tau)


def check_plucker(premises: Sequence[Known], payload: Payload) -> Bound:
    """Yields tau for k <= 2 when |p|^2 num_g - s_g den_g >= 0 on the minors p of U for all groups, sum s_g = tau |p|^2.

    num_g and den_g are quadratic forms in the k x k minors p, as are the prices s_g. With multipliers h_r of the
    quadratic relations between minors the form |p|^2 num_g - s_g den_g - sum_r h_r relation_r is z^T M z, M >= 0, for
    the monomials z of degree 2 that hold a minor of rows with weights.
    Lemma: relations vanish on minors. Where all den_g > 0, as in `bernstein` on a dense set, num_g/den_g >= s_g/|p|^2.
    """
    P, tau = one_problem(premises), payload["threshold"]
    m, k = P.shape[0], P.k
    expect(1 <= k <= 2 and k < m, "rank 1 or 2, below the number of rows", k)
    expect(math.comb(m, k) <= 15, "at most 15 minors", math.comb(m, k))
    minors = list(combinations(range(m), k))
    pairs = list(combinations_with_replacement(range(len(minors)), 2))
    groups, parts, spend = column_groups(P), payload["groups"], meter("the forms in the minors")
    expect(0 < len(groups) == len(parts), f"a part for each of {len(groups)} groups, at least one", len(parts))
    prices = integer_matrix(payload["prices"], len(groups) - 1, len(pairs), "prices")
    e_s = payload["prices"]["exponent"]
    shift = max(0, -e_s)  # all prices in units of 1 / (tau's denominator 2^shift)
    unit, top = tau.denominator << shift, tau.numerator << shift
    prices = [[times_power(tau.denominator * x, shift + e_s) for x in row] for row in prices]
    spend(len(groups) * len(pairs), unit.bit_length() + bits(tau) + max(0, e_s))
    prices.append([top * (a == b) - sum(column) for (a, b), *column in zip(pairs, *prices, strict=True)])
    for group, part, price in zip(groups, parts, prices, strict=True):
        check_price(minors, group, part, dict(zip(pairs, price, strict=True)), unit, spend)
    return Bound("lower", P, tau)


def check_price(
    minors: Sequence[tuple[int, ...]], group: Group, part: Payload, price: dict[Any, int], unit: int, spend: Spend
) -> None:
    """Reject the price of one group, integers times 1 / unit, unless its matrix M is proved semidefinite.

    A monomial of minors is a sum of 5^place; the places begin with the minors of rows with weights. N = D^-1 f f^T D^-1
    of the psd proof is a first M; whatever z^T N z lacks, p_a p_b p_c p_d with places a <= b <= c <= d, is put at
    (ac, bd). So z^T M z is the form.
    """
    k, size, w = len(minors[0]), len(minors), group[0]
    bare = [T for T in minors if not all(w[i] for i in T)]
    places = {T: 5**i for i, T in enumerate([*(T for T in minors if T not in bare), *bare])}
    p: dict[tuple[int, ...], Polynomial] = {T: {place: 1} for T, place in places.items()}
    num, den = group_fraction(p, group, k)
    relations = []
    for a, b, c, d in combinations(range(max(map(max, minors)) + 1), 4) if k == 2 else ():
        terms = ((1, (a, b), (c, d)), (-1, (a, c), (b, d)), (1, (a, d), (b, c)))
        relations.append({places[S] + places[T]: sign for sign, S, T in terms})
    e, exponents = part["multipliers"]["exponent"], part["psd"]["exponents"]
    multipliers = integer_matrix(part["multipliers"], len(relations), len(price), "multipliers")
    basis = [(x, y) for x, y in combinations_with_replacement(range(size), 2) if x < size - len(bare)]
    expect_size(part, "psd", len(basis))
    shift = max(0, -e, -2 * min(exponents))
    unit_M = 2 * unit * group[2] << shift
    width = unit_M.bit_length() + max(0, e, 2 * max(exponents))
    spend(len(basis) ** 3 + 10 * len(price) * (len(num) + size + len(relations)), width)
    form: Polynomial = {}  # times unit_M
    add_product(form, {2 * place: 1 for place in places.values()}, num, 2 * unit << shift)
    monomials = [places[minors[x]] + places[minors[y]] for x, y in price]
    add_product(form, dict(zip(monomials, price.values(), strict=True)), den, -2 << shift)
    for relation, row in zip(relations, multipliers, strict=True):
        add_product(form, dict(zip(monomials, row, strict=True)), relation, -times_power(unit_M, e))
    factor, at = [integers(row) for row in part["psd"]["factor"]], {pair: i for i, pair in enumerate(basis)}
    M: Ints = []
    for i, f in enumerate(factor):
        M.append([])
        for j in range(i + 1):
            x = times_power(unit_M * sum(map(mul, f, factor[j])), exponents[i] + exponents[j])
            M[i].append(x)
            monomial = sum(5**place for place in (*basis[i], *basis[j]))
            form[monomial] = form.get(monomial, 0) - (x if i == j else 2 * x)
    for monomial, x in form.items():
        if x:
            a, b, c, d = (place for place in range(size) for _ in range(monomial // 5**place % 5))
            expect((b, d) in at, "two minors of rows with weights in every monomial", monomial)
            i, j = at[b, d], at[a, c]
            M[max(i, j)][min(i, j)] += x if i == j else x // 2
    check_psd(part, "psd", len(basis), unit_M, M.__getitem__)


def meter(what: str) -> Spend:
    """A function that adds up work, so many times on numbers of so many bits, and refuses too much of it."""
    spent = 0

    def spend(times: int, width: int) -> None:
        nonlocal spent
        spent += times * (width + 2**10)
        limit(spent <= MAX_EFFORT, what)

    return spend


def column_groups(P: Problem) -> list[Group]:
    """(w, sum_j s_j a_j a_j^T times q, q) for the columns with more than k positive weights, omega_j = s_j w."""
    members: dict[tuple[int, ...], Columns] = {}
    columns = P.transpose()
    for a, weights in zip(columns.A, columns.omega, strict=True):
        w, q = common(weights)
        if len(w) - w.count(0) > P.k:
            s = math.gcd(*w)
            members.setdefault(tuple(x // s for x in w), []).append((a, Fraction(s, q)))
    groups, rows = [], range(P.shape[0])
    for key, group in members.items():
        moment, q = second_moments(cleared([a for a, _ in group]), ratios(s for _, s in group), list(rows))
        groups.append((key, [[moment(i, l) for l in rows] for i in rows], q))
    return groups


def excess(
    P: Problem, groups: Sequence[Group], pivots: Sequence[int], tau: Q, coordinate: Polynomial, spend: Spend
) -> list[int]:
    """A positive multiple of H on a chart, R_a = coordinate(t_a): the coefficients of all t^e, the last t_a fastest.

    H has a degree below 2 len(groups) + 1 in every t_a.
    """
    m, k, d, base = P.shape[0], P.k, P.k * (P.shape[0] - P.k), 2 * len(groups) + 1
    limit(base**d <= MAX_COEFFICIENTS, f"{base}^{d} coefficients of a polynomial")
    U: list[list[Polynomial]] = [[{0: 1} if i == pivot else {} for pivot in pivots] for i in range(m)]
    for place, (i, l) in enumerate((i, l) for i in range(m) if i not in pivots for l in range(k)):
        U[i][l] = {e * base ** (d - 1 - place): c for e, c in coordinate.items()}
    N, D = cost_fraction(U, groups, spend)
    c_N, c_D = tau.denominator, tau.numerator
    limit(base**d * (widest(N) + widest(D) + bits(tau) + 64) <= MAX_ROOM, "the coefficients of a chart")
    return [c_N * N.get(e, 0) - c_D * D.get(e, 0) for e in range(base**d)]


def add_product(result: Polynomial, p: Polynomial, q: Polynomial, factor: int = 1) -> None:
    """Add factor p q to the result."""
    for e, x in p.items():
        for f, y in q.items():
            result[e + f] = result.get(e + f, 0) + factor * x * y


def widest(p: Polynomial) -> int:
    """The bits of the largest coefficient."""
    return max((x.bit_length() for x in p.values()), default=0)


def group_fraction(minors: dict[tuple[int, ...], Polynomial], group: Group, k: int) -> tuple[Polynomial, Polynomial]:
    """(num_g, den_g), both times the q of the group, by Cauchy-Binet on the minors of U of k rows."""
    w, moments, q = group
    support = [i for i in range(len(w)) if w[i]]
    num: Polynomial = {}
    den: Polynomial = {}
    for rows in combinations(support, k):
        add_product(den, minors[rows], minors[rows], q * math.prod(w[i] for i in rows))
    for rows in combinations(support, k + 1):
        weight, without = math.prod(w[i] for i in rows), [minors[rows[:x] + rows[x + 1 :]] for x in range(k + 1)]
        for (x, i), (y, l) in product(enumerate(rows), repeat=2):
            add_product(num, without[x], without[y], (-1) ** (x + y) * weight * moments[i][l])
    return num, den


def cost_fraction(U: list[list[Polynomial]], groups: Sequence[Group], spend: Spend) -> tuple[Polynomial, Polynomial]:
    """(N, D) with N / D = sum_g num_g/den_g, D a positive multiple of prod_g den_g: Cauchy-Binet on the minors of U."""
    m, k = len(U), len(U[0])
    minors: dict[tuple[int, ...], Polynomial] = {(): {0: 1}}  # of the first columns of U, by rows
    for l in range(k):
        narrow, minors = minors, {rows: {} for rows in combinations(range(m), l + 1)}
        for rows, minor in minors.items():
            for x, i in enumerate(rows):
                add_product(minor, narrow[rows[:x] + rows[x + 1 :]], U[i][l], (-1) ** (x + l))
    N: Polynomial = {}
    D: Polynomial = {0: 1}
    for group in groups:
        num, den = group_fraction(minors, group, k)
        spend((len(N) + len(D)) * (len(num) + len(den)), (widest(N) + widest(D)) * (widest(num) + widest(den)))
        parts, N, D = ((N, den), (D, num), (D, den)), {}, {}
        for result, (p, factor) in zip((N, N, D), parts, strict=True):
            add_product(result, p, factor)
    return N, D


def check_tree(tree: str, box: list[int], base: int, d: int, spend: Spend) -> None:
    """Reject unless bisections end in boxes without a negative Bernstein coefficient; box has the powers of t.

    A line c_0, ..., c_n along an axis of a box stands for sum_j c_j x^j y^(n-j), where x, y >= 0 with x + y = 1 say how
    far it is from the ends: c_j is binomial(n, j) times a Bernstein coefficient, up to a positive factor.
    """

    def shift(line: list[int]) -> list[int]:  # puts x + y for y, as in t^j (x + y)^(n-j)
        for stop in range(base, 1, -1):
            line[:stop] = accumulate(line[:stop])
        return line

    def low(line: list[int]) -> list[int]:  # puts x/2 for x and y + x/2 for y, and multiplies by 2^n
        return [c << base - 1 - j for j, c in enumerate(shift(line))]

    def high(line: list[int]) -> list[int]:
        return low(line[::-1])[::-1]

    def along(axis: int, box: list[int], change: Callable[[list[int]], list[int]]) -> list[int]:
        block, stride, box = base ** (d - axis), base ** (d - axis - 1), box.copy()
        spend(len(box) * base, max(c.bit_length() for c in box) + base)
        for start in (i for first in range(0, len(box), block) for i in range(first, first + stride)):
            box[start : start + block : stride] = change(box[start : start + block : stride])
        return box

    for axis in range(d):
        box = along(axis, box, shift)
    pending = [box]
    for symbol in tree:
        expect(bool(pending), "the end of a tree after its last leaf", "more")
        box = pending.pop()
        if symbol == ".":
            expect(min(box) >= 0, "no negative Bernstein coefficient at a leaf", min(box))
            continue
        expect(int(symbol) < d, f"a coordinate below {d}", int(symbol))
        pending += [along(int(symbol), box, half) for half in (high, low)]
        width = max(c.bit_length() for c in (*pending[-2], *pending[-1]))
        limit(len(pending) * (len(box) * (width + 64) + 2**10) <= MAX_ROOM, "the boxes of a tree")
    expect(not pending, "a tree with a leaf for every box", f"{len(pending)} boxes without one")


def check_cad(premises: Sequence[Known], payload: Payload) -> Bound:
    """Yields tau when H >= 0 on R^d, d <= 2, for one chart: H is a square times T, and T >= 0 by one or more samples.

    d = 1: T has no negative Bernstein coefficient between the cuts of the one sample, nor beyond them.
    d = 2: D(x) = product of the powers of the factors is the resultant of T and dT/dy up to a constant. Between samples
    D has at most one root, none beyond them; where none separates them, one has cuts, and T(x, .) >= 0 as for d = 1.
    Lemma: where D != 0 the roots of T(x, .) are simple and continuous in x, so their number is constant between roots
    of D: none where a sample says so, and T > 0 there. These strips are dense in R^2, and the chart among rank <= k.
    """
    P, tau, pivots = one_problem(premises), payload["threshold"], payload["pivots"]
    m, k, d = P.shape[0], P.k, P.k * (P.shape[0] - P.k)
    expect(1 <= d <= 2, "1 or 2 coordinates k (m - k)", d)
    rising = len(pivots) == k and all(a < b for a, b in pairwise([-1, *pivots, m]))
    expect(rising, f"{k} increasing rows below {m} as pivots", "others")
    groups, spend = column_groups(P), meter("the polynomials of the chart")
    base, H = 2 * len(groups) + 1, excess(P, groups, pivots, tau, {1: 1}, spend)
    if not any(H):
        return Bound("lower", P, tau)
    T = [H[j::base] for j in range(base)]  # T[j][i] belongs to x^i y^j
    if "square" in payload:
        T = check_square(payload["square"], H, base, d, spend)
    while not any(T[-1]):
        T.pop()
    content, samples = math.gcd(*(c for row in T for c in row)), payload["samples"]
    T = [[c // content for c in row] for row in T]
    for i, sample in enumerate(samples):
        expect(len(sample["at"]) == d - 1, f"{d - 1} coordinates of sample {i}", len(sample["at"]))
    if d == 1:
        expect(len(samples) == 1 and not payload["factors"], "one sample and no factor", "others")
        expect(bool(samples[0]["cuts"]), "a cut", "none")
        check_nonnegative_line([row[0] for row in T], samples[0]["cuts"], spend)
        return Bound("lower", P, tau)
    factors = [(factor["power"], integers(factor["coefficients"])) for factor in payload["factors"]]
    check_resultant(T, factors, spend)
    expect(bool(samples), "a sample", "none")
    xs = [sample["at"][0] for sample in samples]
    expect(all(a < b for a, b in pairwise(xs)), "samples in increasing order", "others")
    roots, shown = sum(sign_changes(on_section(f, None, xs[0], spend)) for _, f in factors), False
    expect(roots == 0, "no change of signs below the samples", roots)
    for x, sample, (low, high) in zip(xs, samples, pairwise([*xs, None]), strict=True):
        p, q = x.numerator, x.denominator
        for _, f in factors:
            expect(value_at(f, p, q, spend) != 0, "samples that are no roots of a factor", x)
        if sample["cuts"]:
            check_nonnegative_line([value_at(row, p, q, spend) for row in T], sample["cuts"], spend)
            shown = True
        roots = sum(sign_changes(on_section(f, low, high, spend)) for _, f in factors)
        expect(roots <= (high is not None), "at most one change of signs between samples, none above", roots)
        if roots or high is None:
            expect(shown, "a sample with cuts between any two changes of signs", "none")
            shown = False
    return Bound("lower", P, tau)


def check_square(square: Payload, H: Sequence[int], base: int, d: int, spend: Spend) -> Ints:
    """The rest T, when H is root^2 T up to a positive factor; row j of a polynomial has the coefficients of y^j."""
    root, rest = ([integers(row) for row in square[key]] for key in ("root", "rest"))
    (s_x, s_y), (t_x, t_y) = ((max(1, *map(len, rows)) - 1, len(rows) - 1) for rows in (root, rest))
    fits = 2 * s_x + t_x < base ** (d - 1) and 2 * s_y + t_y < base
    expect(fits, "a square and a rest of the degrees of H", "others")
    S, T = ({i * base + j: c for j, row in enumerate(rows) for i, c in enumerate(row) if c} for rows in (root, rest))
    twice: Polynomial = {}
    whole: Polynomial = {}
    spend(len(S) ** 2, widest(S) ** 2)
    add_product(twice, S, S)
    spend(len(twice) * len(T), widest(twice) * widest(T))
    add_product(whole, twice, T)
    lead = next(e for e, c in enumerate(H) if c)
    ours, told = H[lead], whole.get(lead, 0)
    spend(len(H), (abs(ours) + abs(told)).bit_length() * (widest(whole) + max(map(int.bit_length, H))))
    same = ours * told > 0 and all(c * told == whole.get(e, 0) * ours for e, c in enumerate(H))
    expect(same, "the root's square times the rest to be H", "another polynomial")
    width = base ** (d - 1)
    return [[*row, *[0] * (width - len(row))] for row in rest]


def check_resultant(T: Ints, factors: Sequence[tuple[int, list[int]]], spend: Spend) -> None:
    """Reject unless the product of the powers is the resultant of T and dT/dy (T itself without y) times a number."""
    n, a = len(T) - 1, max(i for row in T for i, c in enumerate(row) if c)
    t = max(i + j for j, row in enumerate(T) for i, c in enumerate(row) if c)
    degree = min((2 * n - 1) * a, (2 * n - 1) * (t - n) + n * (n - 1)) if n else a
    for power, f in factors:
        expect(power >= 1 and len(f) >= 2 and f[-1] != 0, "a power and a factor of degree 1 or more", "another")
    told = sum(power * (len(f) - 1) for power, f in factors)
    expect(told <= degree, f"a degree of at most {degree}", told)
    known: tuple[int, int] | None = None
    for x in range(-(degree // 2), degree - degree // 2 + 1):  # two polynomials of this degree that agree so often
        line = [value_at(row, x, 1, spend) for row in T]
        value = line[-1]  # 0 where the degree falls
        if n and value:
            value = resultant(line, [j * c for j, c in enumerate(line)][1:], spend)
        values = [(value_at(f, x, 1, spend), power) for power, f in factors]
        spend(1, sum(value.bit_length() * power for value, power in values) ** 2)
        claimed = math.prod(value**power for value, power in values)
        if known is None and claimed:
            known = value, claimed
            expect(value != 0, "the factors of the resultant", "those of another polynomial")
        v, c = known or (1, 1)
        spend(2, v.bit_length() * claimed.bit_length() + c.bit_length() * value.bit_length())
        expect(value * c == claimed * v, "the factors of the resultant", f"another value at {x}")


def resultant(f: list[int], g: list[int], spend: Spend) -> int:
    """The resultant of two polynomials, deg f > deg g >= 0, by subresultants: every division is exact."""
    sign, lead, h = 1, 1, 1
    while len(g) > 1:
        r, delta = f, len(f) - len(g)
        if len(f) % 2 == len(g) % 2 == 0:
            sign = -sign
        for top in range(len(f) - 1, len(g) - 2, -1):  # g[-1]^(delta + 1) f modulo g
            spend(2 * top + 1, max(map(int.bit_length, r)) * max(map(int.bit_length, g)))
            lower = [0] * (top - len(g) + 1) + g[:-1]
            r = [g[-1] * c - r[top] * b for c, b in zip(r[:top], lower, strict=True)]
        while r and r[-1] == 0:
            r.pop()
        if not r:
            return 0
        spend(3, (delta * (lead.bit_length() + h.bit_length())) ** 2)
        divisor = lead * h**delta
        f, g = g, [c // divisor for c in r]
        lead = f[-1]
        h = lead**delta // h ** (delta - 1)
    power = len(f) - 1
    spend(2, (power * (g[0].bit_length() + h.bit_length())) ** 2)
    value: int = g[0] ** power // h ** (power - 1)
    return sign * value


def value_at(f: Sequence[int], p: int, q: int, spend: Spend) -> int:
    """q^n f(p/q) for f = sum_{i <= n} f_i x^i."""
    width = max(map(int.bit_length, f)) + len(f) * (p.bit_length() + q.bit_length() + 1)
    spend(2 * len(f), width * (p.bit_length() + q.bit_length()))
    result, scale = 0, 1
    for c in reversed(f):
        result = result * p + c * scale
        scale *= q
    return result


def on_section(f: Sequence[int], low: Q | None, high: Q | None, spend: Spend) -> list[int]:
    """Coefficients, each up to a positive factor, of f in t > 0: x = (low + high t)/(1 + t), low + t or high - t.

    Lemma (Descartes): without a change of signs f has no root between low and high, with one change it has one.
    Between two ends these are binomials times the Bernstein coefficients.
    """
    ends = [x for x in (low, high) if x is not None]
    (start, *stop), q = common(ends)
    n, width = len(f) - 1, max(map(int.bit_length, f))
    sizes = q.bit_length() + start.bit_length() + sum(map(int.bit_length, stop)) + 2
    limit((width + n * sizes) * len(f) <= MAX_ROOM, "a polynomial on a section")
    spend(len(f) ** 2, (width + n * sizes) * (1 + sizes // 32))
    line, scale = list(f[::-1]), 1  # of q^n f((start + s)/q), the highest power first
    for i in range(n + 1):
        line[i] *= scale
        scale *= q
    for end in range(n + 1, 1, -1):
        line[:end] = accumulate(line[:end], lambda total, c: total * start + c)
    if low is None:
        return [-c if i % 2 else c for i, c in enumerate(reversed(line))]
    if not stop:
        return line
    width_s, scale = stop[0] - start, 1
    for i in range(n, -1, -1):  # s = width_s t/(1 + t)
        line[i] *= scale
        scale *= width_s
    line.reverse()
    for end in range(n + 1, 1, -1):
        line[:end] = accumulate(line[:end])
    return line


def sign_changes(line: Sequence[int]) -> int:
    """How often the sign changes, zeros left out."""
    signs = [c > 0 for c in line if c]
    return sum(a != b for a, b in pairwise(signs))


def check_nonnegative_line(line: Sequence[int], cuts: Sequence[Q], spend: Spend) -> None:
    """Reject unless no coefficient is negative on the sections between the cuts and beyond them."""
    expect(all(a < b for a, b in pairwise(cuts)), "cuts in increasing order", "others")
    for low, high in pairwise([None, *cuts, None]):
        least = min(on_section(line, low, high, spend))
        expect(least >= 0, "no negative coefficient between cuts", least)


# Lower bounds on chart boxes (section 3.3) ----------------------------------------------------------------------------


def check_columns(premises: Sequence[Known], payload: Payload) -> BoxBound:
    """Yields tau on a box of the chart of the pivots, R = c + r o xi with |xi_a| <= 1.

    Lemma: for each column j, M_j >= 0 says cost_j >= s_j(xi) + sum_a (1 - xi_a^2) (1, v_l) S_a (1, v_l)^T >= s_j(xi),
    since the relations vanish and S_a >= 0. The last matrix says sum_j s_j(xi) >= tau + sum_a t_a (1 - xi_a^2) >= tau.
    Columns that are left out cost at least 0.
    """
    P = one_problem(premises)
    (m, n), k, pivots = P.shape, P.k, payload["pivots"]
    lower, upper, tau, d = payload["lower"], payload["upper"], payload["threshold"], (m - k) * k
    expect(len(pivots) == k < m, f"{k} pivots of more than {k} rows", len(pivots))
    expect(all(i < j for i, j in pairwise(pivots)) and pivots[-1] < m, f"increasing pivots below {m}", "others")
    expect(len(lower) == len(upper) == d, f"{d} bounds on each side", f"{len(lower)} and {len(upper)}")
    expect(all(x < y for x, y in zip(lower, upper, strict=True)), "lower below upper", "another")
    expect_size(payload, "psd", 1 + d)
    ends, q_ends = common([*lower, *upper])
    c = [x + y for x, y in zip(ends[:d], ends[d:], strict=True)]  # over 2 q_ends, as is r
    r = [y - x for x, y in zip(ends[:d], ends[d:], strict=True)]
    exponents = [payload["exponent"], *(part["exponent"] for part in payload["columns"])]
    least = min(exponents)  # S is the sum of the prices and of the t_a, times 2^-least
    unit = tau.denominator << max(0, -least)
    limit((1 + d) ** 2 * (unit.bit_length() + max(0, *exponents)) <= MAX_ROOM, "the matrix of psd")
    t = integers(payload["total_box"])
    expect(len(t) == d and min(t) >= 0, f"{d} integers >= 0 in total_box", "others")
    S = [[0] * (1 + a) + [x << payload["exponent"] - least] for a, x in enumerate(t)]
    S.insert(0, [-sum(t) << payload["exponent"] - least])
    others, last = [i for i in range(m) if i not in pivots], -1
    for part in payload["columns"]:
        j, before, last = part["column"], last, part["column"]
        expect(before < j < n, f"increasing columns below {n}", j)
        observed = P.columns[j][1][0]
        seen = [position for position, i in enumerate(others) if observed[i]]
        place = [position * k + l for position in seen for l in range(k)]  # of the local coordinates in the box
        rows = [others[position] for position in seen]
        prices = iter(check_column(P, part, pivots, rows, [c[a] for a in place], [r[a] for a in place], 2 * q_ends))
        place, shift = [0, *(1 + a for a in place)], part["exponent"] - least
        for size, high in enumerate(place, start=1):
            row = S[high]
            for low in place[:size]:
                row[low] += next(prices) << shift
    scale = times_power(unit, least)
    T = [[scale * x for x in row] for row in S]
    T[0][0] -= unit // tau.denominator * tau.numerator
    check_psd(payload, "psd", 1 + d, unit, T.__getitem__)
    return BoxBound(P, pivots, lower, upper, tau)


def place_in(x: int, y: int) -> int:
    """Where the entries (x, y) and (y, x) of a symmetric matrix are in its lower triangle, written row by row."""
    return x * (x + 1) // 2 + y if x >= y else y * (y + 1) // 2 + x


class Layout(NamedTuple):
    """How the entries of M_j depend on the variables and on the residuals; ``place_in`` numbers the entries."""

    squares: list[list[int]]  # for each xi_a the variables of S_a: its only entry, or corner, off, other
    plus: list[tuple[int, int]]  # (entry, variable): the variable is added to the entry
    minus: list[tuple[int, int]]  # or subtracted
    moved: list[tuple[int, int, int, int, int]]  # (entry, entry, +-1, variable, a): +-c_a, +-r_a times it are added
    pivots: dict[int, list[int]]  # the entries of the square of the residual of pivot row l
    rows: list[list[int]]  # and of those of the other rows


@lru_cache(maxsize=8)
def column_layout(k: int, bare: tuple[int, ...], d: int) -> Layout:
    """The layout for d local coordinates. The rows of M_j are 1, xi_a, v_l for each l that is not bare, xi_a v_l."""
    v = {l: 1 + d + position for position, l in enumerate(l for l in range(k) if l not in bare)}
    local = [(1 + a, 1 + d + len(v) + a, a % k) for a in range(d)]  # positions of xi_a and xi_a v_l, and l
    last = math.comb(d + 2, 2)
    plus, minus = list[tuple[int, int]](), [(x, x) for x in range(last)]  # minus the prices
    squares, moved = [], []
    for xi, xv, l in local:  # - (1 - xi_a^2) (1, v_l) S_a (1, v_l)^T
        before, after = ([0, v[l]], [xi, xv]) if l in v else ([0], [xi])
        squares.append(list(range(last, last := last + math.comb(len(before) + 1, 2))))
        for signed, (x, *more) in ((minus, before), (plus, after)):
            places = [(x, x), *((z, y) for y in more for z in (x, y))]
            signed += [(place_in(*place), i) for i, place in zip(squares[-1], places, strict=True)]
    for xi, xv, l in local:  # 1 (xi_a v_l) - xi_a v_l = 0
        if l in v:
            plus.append((place_in(0, xv), last))
            minus.append((place_in(xi, v[l]), last))
            last += 1
    for a, b in chain(*(combinations(range(l, d, k), 2) for l in range(k))):
        for x, y, signed, sign in ((a, b, plus, 1), (b, a, minus, -1)):  # R_a (R_b v_l) - R_b (R_a v_l) = 0,
            if a % k in v:  # xi in place of R
                signed.append((place_in(local[x][0], local[y][1]), last))
            else:
                moved.append((place_in(0, local[y][1]), place_in(local[x][0], local[y][1]), sign, last, x))
        last += 1
    forms = [[0, *chain(*([v[l], xv] if l in v else [xv] for _, xv, l in local[a : a + k]))] for a in range(0, d, k)]
    pivots, rows = [
        [[place_in(x, y) for size, x in enumerate(form, start=1) for y in form[:size]] for form in group]
        for group in ([[0, x] for x in v.values()], forms)
    ]
    return Layout(squares, plus, minus, moved, dict(zip(v, pivots, strict=True)), rows)


def check_column(
    P: Problem, part: Payload, pivots: list[int], rows: list[int], c: list[int], r: list[int], q_box: int
) -> list[int]:
    """Reject unless M_j >= 0, for centres c / q_box and radii r / q_box of the local coordinates.

    Returns the lower triangle of 2^-e Q, the prices, row by row.
    """
    j, k, bare, d, e = part["column"], P.k, part["bare"], len(c), part["exponent"]
    (A, q_A), (omega, q_omega) = P.columns[j]
    if bare:
        expect(all(x < y for x, y in pairwise(bare)) and bare[-1] < k, f"increasing bare below {k}", "others")
        for l in bare:
            expect(omega[pivots[l]] == 0, f"pivot row {pivots[l]} not observed in column {j}", "observed")
    size = 1 + 2 * d + k - len(bare)
    expect_size(part, "psd", size)
    values = integers(part["variables"])
    count = math.comb(d + 2, 2) + len(rows) * (4 * k - 3 * len(bare)) + k * math.comb(len(rows), 2)
    if len(values) != count:
        expect(False, f"{count} variables of column {j}", len(values))
    layout = column_layout(k, tuple(bare), d)
    for S in layout.squares:
        corner, off, other = (values[i] for i in S) if len(S) == 3 else (values[S[0]], 0, 0)
        if corner < 0 or other < 0 or corner * other < off * off:
            expect(False, "S_a positive semidefinite", "another")

    q_form = q_A * q_box
    unit = q_omega * q_form**2 << max(0, -e)  # makes unit M_j integral
    if size * size * (unit.bit_length() + max(0, e)) > MAX_ROOM:
        limit(False, f"the matrix of column {j}")
    M = [0] * math.comb(size + 1, 2)
    for place, i in layout.plus:
        M[place] += values[i]
    for place, i in layout.minus:
        M[place] -= values[i]
    scale = times_power(unit, e)
    M = [scale * x for x in M]
    for constant, linear, sign, i, a in layout.moved:
        multiplier = sign * (scale // q_box) * values[i]
        M[constant] += multiplier * c[a]
        M[linear] += multiplier * r[a]
    residuals = [(pivots[l], places, [-q_form]) for l, places in layout.pivots.items() if omega[pivots[l]]]
    for position, (i, places) in enumerate(zip(rows, layout.rows, strict=True)):
        form = []  # A_ij - X_ij, times q_form, but for the constant
        for a in range(position * k, position * k + k):
            form += [-q_form] if a % k in bare else [-q_A * c[a], -q_A * r[a]]
        residuals.append((i, places, form))
    for i, places, form in residuals:
        residual, weight = [q_box * A[i], *form], omega[i] << max(0, -e)
        squares = [x * y for size, x in enumerate(residual, start=1) for y in residual[:size]]
        for place, square in zip(places, squares, strict=True):
            M[place] += weight * square
    check_psd(part, "psd", size, unit, lambda x: M[place_in(x, 0) : place_in(x + 1, 0)])
    return values[: math.comb(d + 2, 2)]


def box_bounds(premises: Sequence[Known]) -> tuple[Problem, list[BoxBound]]:
    """A problem, and statements about boxes for it."""
    P = one_problem(premises[:1])
    bounds = [bound for bound in premises[1:] if isinstance(bound, BoxBound) and bound.problem is P]
    expect(len(bounds) == len(premises) - 1, "statements about boxes for the problem", "another premise")
    return P, bounds


def check_split(premises: Sequence[Known], payload: Payload) -> BoxBound:
    """Yields the least of two bounds on the union of two boxes that share the cut R_a = point.

    Lemma: every R of the union has R_a <= point or R_a >= point.
    """
    P, bounds = box_bounds(premises)
    expect(len(bounds) == 2, "two statements about boxes", len(bounds))
    (left, right), a, point = bounds, payload["coordinate"], payload["point"]
    expect(left.pivots == right.pivots, "one chart", "two")
    expect(a < len(left.lower), f"a coordinate below {len(left.lower)}", a)
    expect(left.upper[a] == point == right.lower[a], f"boxes that meet at {show(point)}", "others")
    for i in range(len(left.lower)):
        same = left.lower[i] == right.lower[i] and left.upper[i] == right.upper[i]
        expect(i == a or same, "boxes that differ in one coordinate", f"others in coordinate {i}")
    upper = [right.upper[a] if i == a else x for i, x in enumerate(left.upper)]
    return BoxBound(P, left.pivots, left.lower, upper, min(left.value, right.value))


def check_chart_cover(premises: Sequence[Known], payload: Payload) -> Bound:
    """Yields the least of the bounds on boxes that contain the unit boxes of all C(m, k) charts.

    Lemma: a space of dimension k has a basis [I; R] on the k rows whose minor is largest in absolute value, and then
    |R| <= 1 entry by entry (Cramer). So these boxes cover every X of rank <= k.
    """
    P, bounds = box_bounds(premises)
    m, charts = P.shape[0], 1
    expect(P.k < m, f"a rank below {m}", P.k)
    for i in range(min(P.k, m - P.k)):  # C(m, i + 1) from C(m, i); they increase
        charts = charts * (m - i) // (i + 1)
        if charts > len(bounds):
            break
    expect(charts == len(bounds), "one statement for each set of pivots", len(bounds))
    for bound, pivots in zip(bounds, combinations(range(m), P.k), strict=True):
        expect(bound.pivots == list(pivots), f"the chart of {list(pivots)!r:.80}", f"{bound.pivots!r:.80}")
        expect(max(bound.lower) <= -1 and min(bound.upper) >= 1, "a box that contains [-1, 1]", "another")
    return Bound("lower", P, min(bound.value for bound in bounds))


# Lower bounds on regions (section 3.4) --------------------------------------------------------------------------------


def check_cut(premises: Sequence[Known], payload: Payload) -> Bound | RegionBound:
    """Yields the least of two bounds on the region of all half-spaces but two opposite ones.

    Lemma: <N, X> >= t or <N, X> <= t for every X; in the first case X lies in the first region, else in the second.
    """
    P = one_problem(premises[:1])
    bounds = [bound for bound in premises[1:] if isinstance(bound, RegionBound) and bound.problem is P]
    expect(len(bounds) == len(premises) - 1 == 2, "two statements about regions for the problem", len(premises) - 1)
    regions = [list(bound.region) for bound in bounds]
    for region, name in zip(regions, ("first", "second"), strict=True):
        expect(payload[name] < len(region), f"a half-space below {len(region)}", payload[name])
    cut, opposite = (region.pop(payload[name]) for region, name in zip(regions, ("first", "second"), strict=True))
    expect(cut == [-x for x in opposite], "opposite half-spaces", "others")
    rest = regions[0] + [line for line in regions[1] if line not in regions[0]]
    value = min(bound.value for bound in bounds)
    return RegionBound(P, rest, value) if rest else Bound("lower", P, value)


End: TypeAlias = int | None  # of an interval, in units of 2^-p; None is infinite


def floor_at(x: Q, p: int) -> int:
    """floor(2^p x)."""
    return (x.numerator << p) // x.denominator


def half_line(interval: tuple[End, End], sign: int, t: Q, p: int) -> tuple[End, End]:
    """The interval cut with sign x >= t, rounded outwards."""
    (low, high), end = interval, floor_at(t, p)
    if sign > 0:
        return (end if low is None else max(low, end)), high
    return low, (-end if high is None else min(high, -end))


def log_series(s: int, p: int) -> int:
    """At most 2^p log((1 + x) / (1 - x)) for x = s / 2^p in [0, 1/3], and by less than 2 p + 14."""
    power, result, odd = s, 0, 1
    while power:
        result += power // odd
        power = (power * s >> p) * s >> p
        odd += 2
    return 2 * result


def log_bounds(y: int, log_2: int, p: int) -> tuple[int, int]:
    """Integers around 2^p log y for y >= 1, where log_2 = log_series(2^p // 3, p)."""
    k = y.bit_length() - 1
    below = k * log_2 + log_series(((y - (1 << k)) << p) // (y + (1 << k)), p)
    return below, below + (k + 1) * (2 * p + 16)


def least_of(
    P: Problem, multipliers: Ints, e: int, log_2: int, p: int, place: tuple[int, int], interval: tuple[End, End]
) -> int:
    """The least term of one entry of P."""
    i, j = place
    return least_term(P.A[i][j], P.omega[i][j], multipliers[i][j], e, interval, log_2, p)


def least_term(a: Q, w: Q, multiplier: int, e: int, interval: tuple[End, End], log_2: int, p: int) -> int:
    """At most 2^p (w (a - x)^2 - lambda log|2^p x|) for all x of the interval, x != 0 if lambda = 2^e multiplier != 0.

    Lemma: with the weight W 2^-p <= w the derivative for x > 0 has the sign of 2 W 2^-p x (x - a) - lambda. For
    lambda > 0 the term is least at the greater root T, moved into the interval; for lambda < 0 there or at the end that
    is nearest to 0, which must not be 0. For x < 0 put -x and -a. T is an integer square root away.
    """
    low, high = interval
    expect(low is None or high is None or low <= high, "a non-empty interval", "an empty one")
    W = floor_at(w, p)
    if not multiplier:
        d = max(0, 0 if low is None else low + floor_at(-a, p), 0 if high is None else floor_at(a, p) - high)
        return W * d * d >> 2 * p
    expect(W > 0, "multipliers where the weights are positive", "another")
    u, v, shift = a.numerator**2, a.denominator**2, e + 3 * p
    up, down = max(0, shift), max(0, -shift)
    square = ((u * W << 2 * p + down) + (2 * multiplier * v << up)) // (v * W << down)  # 2^2p (a^2 + 2 lambda / w)
    values = []
    for value, l, h in ((a, low, high), (-a, None if high is None else -high, None if low is None else -low)):
        if h is None or h >= 1:
            below, above, start = floor_at(value, p), -floor_at(-value, p), max(0, l or 0)
            expect(multiplier > 0 or start > 0, "intervals away from 0 under negative multipliers", "another")
            points = [(start, start)] if multiplier < 0 else []
            if square >= 0:
                root = math.isqrt(square)
                points.append((below + root >> 1, above + root + 2 >> 1))
            for pair in points:
                s, S = (max(start, x if h is None else min(x, h)) for x in pair)
                d = max(0, s - above, below - S)
                log = log_bounds(s, log_2, p)[0] if multiplier < 0 else log_bounds(S, log_2, p)[1]
                values.append((W * d * d >> 2 * p) + times_power(-multiplier * log, e))
    expect(len(values) > 0, "an interval with numbers other than 0 under a multiplier", "0 alone")
    return min(values)


def scaling_range(a: Q, w: Q, interval: tuple[End, End], p: int) -> tuple[End, int]:
    """The least 2^p w x (a - x) on an interval in units of 2^-p, rounded down, and the greatest, rounded up.

    Lemma: the parabola is greatest at a/2, moved into the interval, and least at one of its ends.
    """
    if not w:
        return 0, 0
    (low, high), twice = interval, a.numerator << p  # a/2 in units, times 2 v
    u, v, r, s = a.numerator, a.denominator, w.numerator, w.denominator
    ends = [(r * x * (twice - v * x), s * v << p) for x in interval if x is not None]
    least = min(x // y for x, y in ends) if len(ends) == 2 else None
    if (low is None or 2 * v * low <= twice) and (high is None or 2 * v * high >= twice):
        return least, -(-(r * u * u << p) // (4 * s * v * v))
    return least, max(-(-x // y) for x, y in ends)


def check_geometric(premises: Sequence[Known], payload: Payload) -> Bound | RegionBound:
    """Yields tau from multipliers of log|x_ij|, k = 1.

    Lemma: when the multipliers of every row and of every column sum to 0, sum lambda_ij log|x_ij| = 0 on X = u v^T, so
    cost(X) >= the sum of the least terms over intervals that hold the entries. A part of an interval may be cut off
    where it makes that sum reach tau, or keeps the sum of omega x (a - x) over a row or a column away from 0, which is
    its limit on best sequences. Round a cycle the entries at even and at odd places have one product.
    """
    P = one_problem(premises)
    expect(P.k == 1, "rank 1", P.k)
    (m, n), p, tau, rounds = P.shape, payload["precision"], payload["threshold"], payload["rounds"]
    intervals: dict[tuple[int, int], tuple[End, End]] = dict.fromkeys(product(range(m), range(n)), (None, None))

    def cut(half: list[Any], sign: int = 1) -> tuple[End, End]:
        i, j, side, t = half
        expect(i < m and j < n, f"an entry of a matrix of shape {m}x{n}", (i, j))
        return half_line(intervals[i, j], sign * side, sign * t, p)

    dyadics = [done["multipliers"] for done in rounds]
    longest = max((len(word) for dyadic in dyadics for row in dyadic["rows"] for word in row.split(" ")), default=0)
    width = 4 * p + max(abs(dyadic["exponent"]) for dyadic in dyadics) + 4 * longest
    width += max(bits(a) + bits(w) for a, w in zip(chain(*P.A), chain(*P.omega), strict=True))
    effort = sum(m * n + len(done["cuts"]) + len(done.get("scalings", ())) * (m + n) for done in rounds) * width**2
    limit(len(payload["half_spaces"]) * m * n <= MAX_ROOM >> 6, "the region")
    limit(effort <= MAX_ROUNDS, "the rounds of multipliers")
    for half in payload["half_spaces"]:
        intervals[half[0], half[1]] = cut(half)
    log_2, wanted, bound = log_series((1 << p) // 3, p), -floor_at(-tau, p), 0
    for done in rounds:
        e, multipliers = done["multipliers"]["exponent"], integer_matrix(done["multipliers"], m, n, "multipliers")
        for lines in (multipliers, zip(*multipliers, strict=True)):
            expect(not any(map(sum, lines)), "multipliers with zero sums over rows and columns", "others")
        least = partial(least_of, P, multipliers, e, log_2, p)
        terms = {place: least(place, interval) for place, interval in intervals.items()}
        bound = sum(terms.values())
        for half in done["cuts"]:
            place = half[0], half[1]
            away = least(place, cut(half, -1))
            expect(bound - terms[place] + away >= wanted, f"what is cut off at {place} to cost tau", "less")
        for half in done["cuts"]:
            intervals[half[0], half[1]] = cut(half)
        for axis, *half in done.get("scalings", ()):
            i, j = place = half[0], half[1]
            line = [(i, b) for b in range(n)] if axis == "row" else [(a, j) for a in range(m)]
            kept, intervals[place] = cut(half), cut(half, -1)
            ranges = [scaling_range(P.A[i][j], P.omega[i][j], intervals[i, j], p) for i, j in line]
            least_sum = None if any(low is None for low, _ in ranges) else sum(low or 0 for low, _ in ranges)
            zero = (least_sum is None or least_sum <= 0) and sum(high for _, high in ranges) >= 0
            expect(not zero, f"no scaling of a {axis} to be best in what is cut off at {place}", "one")
            intervals[place] = kept
    empty = any(low is not None and high is not None and low > high for low, high in intervals.values())
    if payload["cycle"]:
        expect_contradiction([tuple(place) for place in payload["cycle"]], intervals)
    elif not empty:
        expect(bound >= wanted, f"least terms of at least {show(tau)} in all", Fraction(bound, 1 << p))
    region: list[list[Q]] = []
    for i, j, side, t in payload["half_spaces"]:
        region.append([-t, *(Fraction(side * (at == i * n + j)) for at in range(m * n))])
    return RegionBound(P, region, tau) if region else Bound("lower", P, tau)


def expect_contradiction(cycle: list[tuple[int, ...]], intervals: dict[Any, tuple[End, End]]) -> None:
    """Reject unless the signs of the entries round a cycle contradict each other on every matrix of rank <= 1."""
    expect(len(cycle) % 2 == 0, "a cycle of even length", len(cycle))
    steps = list(zip(cycle, cycle[1:] + cycle[:1], strict=True))
    turns = [all(x[(t + b) % 2] == y[(t + b) % 2] for t, (x, y) in enumerate(steps)) for b in (0, 1)]
    expect(any(turns), "entries that share a row and a column in turn", "others")
    negative = 0
    for t, place in enumerate(cycle):
        expect(place in intervals, "entries of the matrix", "another")
        (low, high), least = intervals[place], 1 - t % 2  # every other entry is not 0
        if low is None or low < least:
            expect(high is not None and high <= -least, "entries of known signs", f"another at {place}")
            negative += 1
    expect(negative % 2 == 1, "an odd number of negative entries", negative)


# Upper bounds (section 3.5) -------------------------------------------------------------------------------------------


def check_witness(premises: Sequence[Known], payload: Payload) -> Bound:
    """Yields cost(U V). Lemma: rank(U V) <= k."""
    P = one_problem(premises)
    m, n = P.shape
    U, V = payload["U"], payload["V"]
    expect((len(U), len(U[0])) == (m, P.k), f"U of shape {m}x{P.k}", (len(U), len(U[0])))
    expect((len(V), len(V[0])) == (P.k, n), f"V of shape {P.k}x{n}", (len(V), len(V[0])))
    flat, q_v = common_pairs([x for row in V for x in row])
    rows = [flat[l * n : l * n + n] for l in range(P.k)]
    costs: dict[int, int] = {}  # numerators by denominators
    for ((a, q_a), (w, q_w)), U_i in zip(P.rows, U, strict=True):
        u, q_u = common_pairs(U_i)
        q_x = q_u * q_v
        products = [[q_a * x * y for y in row] for x, row in zip(u, rows, strict=True)]
        residuals = [x * q_x - y for x, y in zip(a, reduce(lambda x, y: list(map(add, x, y)), products), strict=True)]
        q = q_w * (q_a * q_x) ** 2
        costs[q] = costs.get(q, 0) + sum(map(mul, w, map(mul, residuals, residuals)))
    return Bound("upper", P, total([Fraction(x, q) for q, x in costs.items()]))


#: The check of each rule: premises and payload in, the proved statement out.
RULES: dict[str, Callable[[Sequence[Known], Payload], Reduction | Bound | BoxBound | RegionBound]] = {
    "transpose": check_transpose,
    "blocks": check_blocks,
    "merge": check_merge,
    "gram": check_gram,
    "nonnegative": check_nonnegative,
    "combine": check_combine,
    "minors": check_minors,
    "orthogonal": check_orthogonal,
    "spectral": check_spectral,
    "projections": check_projections,
    "bernstein": check_bernstein,
    "plucker": check_plucker,
    "cad": check_cad,
    "columns": check_columns,
    "split": check_split,
    "chart_cover": check_chart_cover,
    "cut": check_cut,
    "geometric": check_geometric,
    "witness": check_witness,
}


# Instances that stand for a larger problem (section 4.1) --------------------------------------------------------------

LABELS = ("row_labels", "col_labels")
MEMBERS = ("A", "omega", "W", *LABELS)  # of an NPZ file
NPY_HEADER = re.compile(
    rb"\{'descr': '([<|][fiu][1248])', 'fortran_order': (True|False), "
    rb"'shape': \(([0-9]{1,18}),(?: ([0-9]{1,18}))?\), \} *\n"
)
DECIMAL = re.compile(rb"(?=[+-]?\.?[0-9])([+-]?[0-9]{0,400})(?:\.([0-9]{0,400}))?(?:[eE]([+-]?[0-9]{1,3}))?")
MISSING = (b"", b"na", b"n/a", b"nan", b"null", b"none")
CORNERS = (b"", b"row", b"rows", b"id", b"index", b"label", b"labels", b"name", b"names", b"unnamed: 0")
#: For each type of items the array's code, and for floating-point numbers the bits of the fraction.
TYPES = {b"<f8": ("Q", 52), b"<f4": ("I", 23), b"<i8": ("q", 0), b"<i4": ("i", 0), b"<i2": ("h", 0), b"|i1": ("b", 0)}
TYPES |= {b"<u8": ("Q", 0), b"<u4": ("I", 0), b"<u2": ("H", 0), b"|u1": ("B", 0)}
BLOCK_BYTES = 2**22  # bytes of a source that are read at a time
MAX_STRIPS = 64  # of an array in column order


def root_problem(instance: dict[str, Any]) -> Problem:
    """The problem that steps call ``instance``.

    Lemma (patterns): among the rows of one label the cheapest may stand for all, and columns likewise. So the larger
    problem has the opt of the core with the weights r_a c_b Omega_ab, r and c the multiplicities.
    """
    A, omega, k = (instance[key] for key in ("A", "omega", "k"))
    if "rows" in instance:
        pairs = zip(omega, instance["rows"], strict=True)
        omega = [[x * (r * c) for x, c in zip(row, instance["columns"], strict=True)] for row, r in pairs]
    return Problem(A, omega, k)


def check_source(instance: dict[str, Any], folder: str | None) -> str:
    """Reject unless the file that the instance names stands for it; return what was left unchecked, or ""."""
    source = instance.get("source")
    if source is None:
        return ""
    path = os.path.join(folder or "", source["name"])
    if folder is None or not os.path.isfile(path):
        return f"instance: not checked, no file {show(source['name'])} at hand; the bracket holds for the core"
    import hashlib
    import zipfile

    try:
        with open(path, "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            expect(digest == source["sha256"], f"a file of SHA-256 {source['sha256']}", digest)
            stream.seek(0)
            arrays = (open_text if source["format"].endswith("sv") else open_arrays)(stream, source["format"])
            (check_moments if "groups" in instance else check_patterns)(instance, arrays)
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:  # a damaged archive
        raise Invalid(f"instance.source: expected the format {source['format']}, got {show(str(error))}") from None
    except (Invalid, Malformed) as error:
        raise type(error)(f"instance.source: {error}") from None
    return ""


class Items(NamedTuple):
    """An array in the format NPY, of one or two dimensions, whose items are yet to be read."""

    stream: IO[bytes]
    start: int  # where the items begin
    turned: bool  # in column order
    shape: tuple[int, ...]
    code: str
    fraction: int
    base: int = 2

    @property
    def width(self) -> int:
        """The bytes of a row."""
        return math.prod(self.shape[1:]) * array(self.code).itemsize

    def blocks(self, height: int) -> Iterator[bytes]:
        """The bytes of so many rows at a time; rejects an array that is too short or too long."""
        limit(self.width <= MAX_DISTINCT, "a row of a source")
        # An archive is unpacked again for every strip of an array in column order: few strips, then, of several blocks.
        tall = height * -(-self.shape[0] // (height * MAX_STRIPS)) if self.turned else height
        for first in range(0, self.shape[0], tall):
            count = min(tall, self.shape[0] - first)
            raw = self.strips(first, count) if self.turned else self.stream.read(count * self.width)
            expect(len(raw) == count * self.width, "as many items as the shape says", "fewer")
            yield from (raw[i : i + height * self.width] for i in range(0, len(raw), height * self.width))
        expect(not self.stream.read(1), "as many items as the shape says", "more")

    def strips(self, first: int, count: int) -> bytes:
        """Some rows of an array in column order, in row order."""
        (m, n), rows = self.shape, array(self.code, bytes(count * self.width))
        for j in range(n):
            self.stream.seek(self.start + (j * m + first) * rows.itemsize)
            raw = self.stream.read(count * rows.itemsize)
            expect(len(raw) == count * rows.itemsize, "as many items as the shape says", "fewer")
            rows[j::n] = array(self.code, raw)
        return rows.tobytes()  # after the last rows the stream stands at the array's end

    def rows(self) -> Iterator[bytes]:
        """The bytes of one row at a time."""
        for raw in self.blocks(max(1, BLOCK_BYTES // self.width)):
            yield from (raw[i : i + self.width] for i in range(0, len(raw), self.width))

    def words(self, raw: bytes) -> array[int]:
        """The items as integers: themselves, or the bits of floating-point numbers."""
        items = array(self.code, raw)
        if sys.byteorder == "big":
            items.byteswap()
        return items

    def scaled(self, item: int) -> tuple[int, int] | None:
        """(x, e) with the item's value x 2^e, None for NaN."""
        if not self.fraction:
            return item, 0
        top = 2047 if self.fraction == 52 else 255
        high, x = item >> self.fraction, item & ((1 << self.fraction) - 1)
        e = high & top
        if e == top:
            expect(x > 0, "finite numbers", "an infinity")
            return None
        x |= bool(e) << self.fraction
        return (-x if high > top else x), max(e, 1) - (top >> 1) - self.fraction


class Lines(NamedTuple):
    """Delimited text below its header; the items of a row are its fields, without the label."""

    stream: IO[bytes]
    delimiter: bytes
    labels: bool
    shape: tuple[int, int]  # (0, n): the rows are not counted before
    base: int = 10

    def rows(self) -> Iterator[bytes]:
        """The lines, without their labels; rejects other numbers of fields. Blank lines may end the file."""
        for line in self.stream:
            row = line.rstrip(b"\r\n")
            if not row:
                break
            fields = self.shape[1] + self.labels
            expect(row.count(self.delimiter) == fields - 1, f"{fields} fields in a row", show(repr(row)))
            yield row.partition(self.delimiter)[2] if self.labels else row
        expect(not any(line.strip(b"\r\n") for line in self.stream), "no blank line between rows", "one")

    def blocks(self, height: int) -> Iterator[bytes]:
        """So many rows at a time, one behind the other."""
        rows = self.rows()
        while some := list(islice(rows, height)):
            yield self.delimiter.join(some)

    def words(self, raw: bytes) -> list[bytes]:
        """The fields."""
        return raw.split(self.delimiter)

    def scaled(self, item: bytes) -> tuple[int, int] | None:
        """(x, e) with the field's value x 10^e, None for a missing entry."""
        match = DECIMAL.fullmatch(item.strip(b" "))
        if match is None:
            expect(item.strip(b" ").lower() in MISSING, "a decimal or a missing entry", show(repr(item)))
            return None
        whole, fraction, exponent = match.groups()
        fraction = fraction or b""
        return int(whole + fraction), int(exponent or 0) - len(fraction)


def open_text(stream: IO[bytes], kind: str) -> dict[str, Any]:
    """The table in a file of the format CSV or TSV, which stands behind the header, if there is one."""
    start = 3 if stream.read(3) == b"\xef\xbb\xbf" else 0
    stream.seek(start)
    delimiter = b"," if kind == "csv" else b"\t"
    lines = [stream.readline() for _ in range(2)]
    heads, below = ([field.strip(b' "').lower() for field in line.rstrip(b"\r\n").split(delimiter)] for line in lines)

    def text(field: bytes) -> bool:
        return field not in MISSING and not DECIMAL.fullmatch(field)

    header = any(map(text, heads)) or (not heads[0] and text(below[0]))
    labels = header and (heads[0] in CORNERS or text(below[0]))
    expect(len(heads) > 1, "two fields in line 1", "one")
    stream.seek(start + len(lines[0]) * header)
    return {"A": Lines(stream, delimiter, labels, (0, len(heads) - labels))}


def item_value(items: Items | Lines, item: Any) -> Q | None:
    """The rational that an item is, None where it is missing."""
    pair = items.scaled(item)
    return None if pair is None else Fraction(pair[0] * items.base ** max(pair[1], 0), items.base ** max(-pair[1], 0))


def open_arrays(stream: IO[bytes], kind: str) -> dict[str, Items]:
    """The arrays in a file of the format NPY or NPZ, by name."""
    streams, arrays = {"A": stream}, {}
    if kind == "npz":
        import zipfile

        archive = zipfile.ZipFile(stream)
        names = [info.filename for info in archive.infolist() if info.compress_type in (0, zipfile.ZIP_DEFLATED)]
        expect({*names} <= {f"{name}.npy" for name in MEMBERS}, f"the arrays {' '.join(MEMBERS)}", "others")
        streams = {name.removesuffix(".npy"): archive.open(name) for name in names}
        expect(len(streams) == len(archive.infolist()), "distinct arrays, stored or deflated", "others")
        expect("A" in streams and not {"omega", "W"} <= streams.keys(), "A, and omega or W or none", "others")
        expect(len(streams.keys() & {*LABELS}) != 1, "both arrays of labels or none", "one")
    for name, member in streams.items():
        magic = member.read(8)
        expect(magic in [b"\x93NUMPY" + bytes([version, 0]) for version in (1, 2, 3)], "the format NPY", "another")
        size = int.from_bytes(member.read(2 if magic[6] == 1 else 4), "little")
        limit(size <= MAX_HEADER, f"a header of more than {MAX_HEADER} bytes")
        match = NPY_HEADER.fullmatch(member.read(size))
        if match is None or match[1] not in TYPES:
            raise Invalid(f"expected {name} of a known type, in a known order, got another header")
        shape = tuple(int(x) for x in match.groups()[2:] if x)
        turned = match[2] == b"True" and len(shape) == 2
        items = arrays[name] = Items(member, member.tell(), turned, shape, *TYPES[match[1]])
        if name in LABELS:
            expect(len(items.shape) == 1 and not items.fraction, f"{name} one list of integers", "another array")
        expect(len(items.shape) == 2 - (name in LABELS) and 0 not in items.shape, f"a matrix {name}", items.shape)
    shapes = {items.shape for name, items in arrays.items() if name not in LABELS}
    expect(len(shapes) == 1, "weights of the shape of A", "others")
    return arrays


def weight(w: Q | None, squared: bool) -> Q:
    """The weight that an item stands for."""
    expect(w is not None and w >= 0, "weights >= 0", w)
    return w * w if squared else w  # type: ignore[operator, return-value]


def merged(lines: Iterable[Hashable], counts: Iterable[int]) -> dict[Any, int]:
    """The distinct lines in order of first appearance, each with the sum of its counts."""
    sums: dict[Hashable, int] = {}
    for line, count in zip(lines, counts, strict=True):
        sums[line] = sums.get(line, 0) + count
    return sums


def tally(lines: Iterator[bytes]) -> dict[bytes, int]:
    """How often each line occurs, in order of first appearance."""
    found: Counter[bytes] = Counter()
    longest = 0
    while some := list(islice(lines, 64)):
        found.update(some)
        longest = max(longest, *map(len, some))
        limit(len(found) * longest <= MAX_DISTINCT, f"more than {MAX_DISTINCT} bytes of distinct rows")
    return found


def check_patterns(instance: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Reject unless core and multiplicities are the distinct rows and columns of the source, by first appearance."""
    A, W = arrays["A"], arrays.get("omega") or arrays.get("W")
    raw_rows = A.rows() if W is None else (a + w for a, w in zip(A.rows(), W.rows(), strict=True))
    zero, one = Fraction(0), Fraction(1)

    def cells(row: bytes) -> list[tuple[Any, ...]]:
        if W is None:
            return [(item,) for item in A.words(row)]
        return list(zip(A.words(row[: A.width]), W.words(row[A.width :]), strict=True))

    def value(cell: tuple[Any, ...]) -> tuple[Q, Q]:
        a = item_value(A, cell[0])
        if a is None:
            return zero, zero
        w = one if W is None else weight(item_value(W, cell[1]), "W" in arrays)
        return (a, w) if w else (zero, zero)

    if LABELS[0] in arrays:
        limit(math.prod(A.shape) <= MAX_MARKS, f"a core of more than {MAX_MARKS} entries in a source")
        core, sides = list(map(cells, raw_rows)), []
        for name, size in zip(LABELS, A.shape, strict=True):
            labels: Counter[int] = Counter()
            for raw in arrays[name].blocks(BLOCK_BYTES // 8):
                labels.update(arrays[name].words(raw))
                expect(0 <= min(labels) and max(labels) < size, f"{name} from 0 to {size - 1}", "others")
            sides.append(labels)
        table, r, c = [[core[i][j] for j in sides[1]] for i in sides[0]], [*sides[0].values()], [*sides[1].values()]
    else:
        found = tally(raw_rows)
        table, r, c = list(map(cells, found)), [*found.values()], [1] * A.shape[1]
    columns = merged(zip(*table, strict=True), c)  # equal items are equal numbers, so few are read
    values = {cell: value(cell) for column in columns for cell in column}
    rows = merged(zip(*([values[cell] for cell in column] for column in columns), strict=True), r)
    columns = merged(zip(*rows, strict=True), columns.values())
    for key, lines in (("rows", rows), ("columns", columns)):
        expect(instance[key] == list(lines.values()), f"the multiplicities of the file's {key}", "others")
    for i, row in enumerate(zip(*columns, strict=True)):
        core_row = zip(instance["A"][i], instance["omega"][i], strict=True)
        expect(tuple(core_row) == row, f"row {i} of the core as in the file", "another")


def check_moments(instance: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Reject unless for every row of weights w of the source sum A_i^T A_i is sum d_t l_t^T l_t over its core rows.

    Lemma: for a given row space both sides cost the same (see ``check_gram``), so opt is the same.
    """
    A, W = arrays["A"], arrays.get("omega") or arrays.get("W")
    n, groups = A.shape[1], instance["groups"]
    expect(LABELS[0] not in arrays, "a file without labels", "labels")
    expect(len(instance["A"][0]) == n, f"{n} columns as in the file", len(instance["A"][0]))
    limit(len(groups) * n * n <= MAX_MARKS, f"more than {MAX_MARKS} entries of Gram matrices")
    height, zero, one = max(1, BLOCK_BYTES // (8 * n)), Fraction(0), Fraction(1)
    weights: dict[int, Q] = {}
    sums: dict[tuple[Q, ...], dict[tuple[int, int], Q]] = {}
    for raw, *raw_w in zip(*(items.blocks(height) for items in (A, W) if items is not None), strict=True):
        words = A.words(raw)
        columns = [list(map(A.scaled, words[j::n])) for j in range(n)]
        omega = [[zero if x is None else one for x in column] for column in columns]
        if W is not None:
            words = W.words(*raw_w)
            needed = {w for j in range(n) for x, w in zip(columns[j], words[j::n], strict=True) if x is not None}
            weights |= {w: weight(item_value(W, w), "W" in arrays) for w in needed.difference(weights)}
            omega = [[x and weights[w] for x, w in zip(omega[j], words[j::n], strict=True)] for j in range(n)]
        members: dict[tuple[Q, ...], list[int]] = {}
        for i, key in enumerate(zip(*omega, strict=True)):
            members.setdefault(key, []).append(i)
        for key, chosen in members.items():
            support = [j for j, w in enumerate(key) if w]
            picked = [[columns[j][i] or (0, 0) for i in chosen] for j in support]
            exponents = {y for column in picked for x, y in column if x}
            e = min(exponents, default=0)
            powers = {y: A.base ** (y - e) for y in exponents}
            whole = [[x and x * powers[y] for x, y in column] for column in picked]
            unit = Fraction(A.base ** max(0, 2 * e), A.base ** max(0, -2 * e))
            G = sums.setdefault(key, {(j, l): zero for j in support for l in support if l <= j})
            for j, l in G:
                G[j, l] += sum(map(mul, whole[support.index(j)], whole[support.index(l)])) * unit
        expect(len(sums) <= len(groups), f"{len(groups)} groups of rows", "more")
    expect(len(sums) == len(groups), f"{len(sums)} groups of rows as in the file", len(groups))
    rows = zip(instance["A"], instance["omega"], strict=True)
    for (w, G), count in zip(sums.items(), groups, strict=True):
        first = next((j for j, x in enumerate(w) if x), 0)
        new = list(islice(rows, count))
        for _, omega_t in new:  # omega_t = d w, d > 0
            proportional = all(x * w[first] == omega_t[first] * y for x, y in zip(omega_t, w, strict=True))
            expect(proportional and any(omega_t) == any(w), "core weights as those of the file's group", "others")
        for (j, l), moment in G.items():
            found = total([omega_t[first] * row[j] * row[l] for row, omega_t in new])
            expect(found == w[first] * moment, f"the Gram matrix of the file's rows at {j, l}", "another")


# The certificate ------------------------------------------------------------------------------------------------------


def check_certificate(raw: bytes, folder: str | None) -> tuple[Fraction, Fraction, str]:
    """The claim (lower, upper) and what was left unchecked: "" when the certificate is valid."""
    limit(len(raw) <= MAX_BYTES, f"more than {MAX_BYTES} bytes")
    instance, claim, steps = read_certificate(raw.decode("utf-8"))
    root = root_problem(instance)
    known: dict[str, Known | None] = {"instance": root}  # None: rests on a rule that is unknown here
    room, unchecked = root.room(), ""
    for step in steps:
        name, place = step["id"], f"step {step['id']} (rule {step['rule']})"
        try:
            limit(room <= MAX_ROOM, "the problems")
            premises = [find(known, premise) for premise in step["premises"]]
            if step["rule"] not in RULES or None in premises:
                unchecked = unchecked or f"{place}: not checked, this verifier does not know the rule"
                known[name] = None
                continue
            statement = RULES[step["rule"]]([premise for premise in premises if premise is not None], step["payload"])
        except (Invalid, Malformed) as error:
            raise type(error)(f"{place}: {error}") from None
        known[name] = statement
        room += statement.room() if isinstance(statement, BoxBound | RegionBound) else 0
        for i, child in enumerate(statement.children if isinstance(statement, Reduction) else ()):
            known[f"{name}/{i}"] = child
            room += child.room()
    for side in ("lower", "upper"):
        check_claim(side, claim[side], claim[f"{side}_step"], known)
    lower, upper = claim["lower"], claim["upper"]
    if lower > upper:
        raise Invalid(f"claim: expected lower <= upper, got {show(lower)} and {show(upper)}")
    return lower, upper, check_source(instance, folder) or unchecked


def find(known: dict[str, Known | None], name: str) -> Known | None:
    """What the premise ``name`` stands for; None when it rests on an unchecked step."""
    step = name.partition("/")[0]
    if name not in known and known.get(step, "missing") is not None:
        raise Invalid(f"expected the instance, an earlier step or its child as premise, got {show(name)}")
    return known.get(name)


def check_claim(side: str, value: Q, name: str, known: dict[str, Known | None]) -> None:
    """Reject unless the step is a statement about the instance that is as strong as the claim, or is unchecked."""
    statement = known.get(name, "missing")
    if statement is None:
        return
    if not isinstance(statement, Bound) or statement.side != side or statement.problem is not known["instance"]:
        raise Invalid(f"claim: expected {side}_step to be of kind {side} and about the instance, got {show(name)}")
    if value > statement.value if side == "lower" else value < statement.value:
        raise Invalid(f"claim: expected {side} to follow from {show(statement.value)}, got {show(value)}")


# The command ----------------------------------------------------------------------------------------------------------


class Verdict(NamedTuple):
    """What the verifier says of one file.

    Attributes:
        verdict: "valid", "invalid", "malformed" or "incomplete".
        reason: where and why, for any verdict but "valid"; else "".
        lower: the proved lower bound; None unless valid.
        upper: the proved upper bound; None unless valid.
        seconds: how long the check took.
        size: bytes of the file.
    """

    verdict: str
    reason: str
    lower: Fraction | None
    upper: Fraction | None
    seconds: Fraction
    size: int

    def line(self) -> str:
        """The verdict as one line of text."""
        parts = [self.verdict, self.reason]
        if self.lower is not None and self.upper is not None:
            gap = (self.upper - self.lower) / (self.upper or 1)
            parts = [
                self.verdict,
                f"{show(self.lower)} <= opt <= {show(self.upper)}",
                f"opt in [{decimal(self.lower, 12, up=False)}, {decimal(self.upper, 12, up=True)}]",
                f"relative gap {decimal(gap, 3, up=True)}",
            ]
        seconds, milliseconds = divmod(int(self.seconds * 1000), 1000)
        return "; ".join([*parts, f"{self.size} bytes", f"{seconds}.{milliseconds:03d} s"])


def judge(read: Callable[[], bytes], folder: str | None) -> Verdict:
    """The verdict on the bytes that ``read`` returns; whatever is raised, it is not "valid"."""
    start, size = time.perf_counter_ns(), 0
    lower: Fraction | None = None
    upper: Fraction | None = None
    digits, collecting = sys.get_int_max_str_digits(), gc.isenabled()
    try:
        gc.disable()  # a check makes lists and tuples, no cycles
        sys.set_int_max_str_digits(0)  # MAX_DIGITS is the limit here
        raw = read()
        size = len(raw)
        lower, upper, reason = check_certificate(raw, folder)
        verdict = "incomplete" if reason else "valid"
    except Invalid as error:
        verdict, reason = "invalid", str(error)
    except Malformed as error:
        verdict, reason = "malformed", str(error)
    except OSError as error:
        verdict, reason = "malformed", f"the file cannot be read: {error.strerror or type(error).__name__}"
    except Exception as error:  # noqa: BLE001 (MemoryError and the unforeseen: refused, never accepted)
        verdict, reason = "malformed", f"{type(error).__name__}: {show(str(error))}"
    finally:
        sys.set_int_max_str_digits(digits)
        if collecting:
            gc.enable()
    if verdict != "valid":
        lower = upper = None
    return Verdict(verdict, reason, lower, upper, Fraction(time.perf_counter_ns() - start, 10**9), size)


def verify_text(text: str, data: str | None = None) -> Verdict:
    """The verdict on a certificate given as text.

    Args:
        text: the certificate.
        data: the folder of the file that its instance may name; None when there is none.

    Returns:
        A ``Verdict``; nothing is raised.

    >>> verify_text("{}").verdict
    'malformed'
    """
    return judge(lambda: text.encode("utf-8"), data)


def verify_file(path: str, data: str | None = None) -> Verdict:
    """The verdict on a file; one that cannot be read is malformed.

    Args:
        path: of the certificate.
        data: the folder of the file that its instance may name; by default that of the certificate.

    Returns:
        A ``Verdict``; nothing is raised.

    >>> verify_file("no such file").verdict
    'malformed'
    """

    def read() -> bytes:
        with open(path, "rb") as stream:
            return stream.read(MAX_BYTES + 1)

    return judge(read, (os.path.dirname(path) or ".") if data is None else data)


def check_files(paths: Sequence[str], data: str | None) -> int:
    """Print one line a file; return the exit code of the worst verdict."""
    verdicts = set()
    for path in paths:
        result = verify_file(path, data)
        verdicts.add(result.verdict)
        print(f"{path if path.isprintable() and path.isascii() else ascii(path)}: {result.line()}", flush=True)
    return next(EXIT_CODES[verdict] for verdict in WORST_FIRST if verdict in verdicts)


def main(argv: Sequence[str] | None = None) -> int:
    """The command: ``check_files`` with the arguments of the command line."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="verify",
        description="Check certificates of weighted low-rank approximation: one line a file.",
        epilog="Exit code: 1 if a file is invalid, else 2 if malformed, else 3 if incomplete, else 0: all are valid.",
    )
    parser.add_argument("certificates", nargs="+", metavar="CERTIFICATE", help="a wlra-certificate/1 file")
    parser.add_argument("--data", metavar="DIR", help="folder of the files that instances name; default: beside each")
    arguments = parser.parse_args(argv)
    return check_files(arguments.certificates, arguments.data)


if __name__ == "__main__":
    sys.exit(main())
