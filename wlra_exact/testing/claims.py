"""What a user's function says about an instance: called with care, and read as exact numbers.

A bound or a heuristic is a function of ``(A, omega, k)``. It receives

- float arrays, and then the instance it is judged on is *the one that those floats are*: ``binary64_instance`` rounds
  every entry to the nearest binary64 first, and a binary64 is a dyadic rational;
- with ``exact=True`` nested lists of ``fractions.Fraction``.

Whatever comes back is exact as well: an int, a Fraction, or a float as the dyadic rational it is.

Guarantee: the function gets its own copies; an exception, NaN, an infinity or a value that is no number becomes one
``InputError`` that says on which instance.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import canonical, exact, exact_binary64
from wlra_exact.errors import InputError
from wlra_exact.numeric.convert import approx_array
from wlra_exact.problem.instance import Instance

__all__ = [
    "Bound",
    "Heuristic",
    "binary64_instance",
    "call_on",
    "claimed_bound",
    "claimed_value",
    "describe",
    "name_of",
]

#: A claimed lower bound: from (A, omega, k) to a number that is never above opt.
Bound = Callable[..., object]

#: A heuristic: from (A, omega, k) to factors (U, V), or to a number that claims to be an upper bound on opt.
Heuristic = Callable[..., object]

Factors = tuple[fmpq_mat, fmpq_mat]


def binary64_instance(instance: Instance) -> Instance:
    """The instance whose entries are the binary64 numbers nearest to those of the given one.

    Raises:
        InputError: for an entry beyond the range of binary64.

    >>> from wlra_exact.algebra.exact import matrix
    >>> binary64_instance(Instance(matrix([["1/2", "1/3"]]), matrix([[1, 1]]), 1)).A
    [1/2, 6004799503160661/18014398509481984]
    """
    A, omega = (_rounded(name, M) for name, M in (("A", instance.A), ("omega", instance.omega)))
    return Instance(A, omega, instance.k)


def _rounded(name: str, M: fmpq_mat) -> fmpq_mat:
    array = approx_array(M)
    if not np.isfinite(array).all():
        raise InputError(name, "entries in the range of binary64", "a larger one; exact=True has no such limit")
    return fmpq_mat(M.nrows(), M.ncols(), [exact_binary64(x) for x in array.ravel().tolist()])


def describe(instance: Instance) -> str:
    """An instance in one line.

    >>> from wlra_exact.algebra.exact import matrix
    >>> describe(Instance(matrix([["1/2", 3]]), matrix([[1, 2]]), 1))
    'A = [[1/2, 3]], omega = [[1, 2]], k = 1'
    """
    A, omega = (
        "[" + ", ".join("[" + ", ".join(map(canonical, row)) + "]" for row in M.tolist()) + "]"
        for M in (instance.A, instance.omega)
    )
    return f"A = {A}, omega = {omega}, k = {instance.k}"


def name_of(function: Callable[..., object]) -> str:
    """What a message calls a function."""
    return str(getattr(function, "__name__", None) or type(function).__name__)


def call_on(function: Callable[..., object], instance: Instance, *, exact: bool = False) -> object:
    """What the function returns for an instance.

    Raises:
        InputError: when it raises.
    """
    arguments: tuple[Any, Any]
    if exact:
        arguments = _fractions(instance.A), _fractions(instance.omega)
    else:
        arguments = approx_array(instance.A), approx_array(instance.omega)
    try:
        with np.errstate(all="ignore"):  # a NaN is reported below, once
            return function(*arguments, instance.k)
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())[:200]
        raise InputError(_where(function, instance), "a value", f"{type(error).__name__}: {text}") from error


def claimed_bound(bound: Bound, instance: Instance, *, exact: bool = False) -> fmpq:
    """The number that a bound returns, exactly.

    Raises:
        InputError: when it raises, or returns NaN, an infinity, or something that is no real number.

    >>> from wlra_exact.algebra.exact import matrix
    >>> one = Instance(matrix([[1, 2]]), matrix([[1, 1]]), 1)
    >>> claimed_bound(lambda A, omega, k: A.sum() / 4, one)
    3/4
    """
    return _number(call_on(bound, instance, exact=exact), bound, instance)


def claimed_value(heuristic: Heuristic, instance: Instance, *, exact: bool = False) -> tuple[fmpq, Factors | None]:
    """The upper bound on opt that a heuristic claims, and its factors (U, V) if it returned a pair.

    With factors the bound is their exact cost, floats taken as the dyadic rationals they are, so it is true.

    Raises:
        InputError: when it raises, or returns neither a finite number nor finite factors of shapes (m, k) and (k, n).
    """
    found = call_on(heuristic, instance, exact=exact)
    if not isinstance(found, tuple | list):
        return _number(found, heuristic, instance), None
    where, (m, n), k = _where(heuristic, instance), instance.shape, instance.k
    expected = f"a number, or U of shape {m}x{k} and V of shape {k}x{n}"
    if len(found) != 2:
        raise InputError(where, expected, f"{len(found)} values")
    factors = []
    for rows, shape in zip(found, ((m, k), (k, n)), strict=True):
        try:
            array = np.array(rows.tolist() if isinstance(rows, fmpq_mat) else rows, dtype=object)
        except ValueError as error:  # rows of different lengths
            raise InputError(where, expected, "rows of different lengths") from error
        if array.shape != shape:
            raise InputError(where, expected, f"shape {'x'.join(map(str, array.shape)) or 'of a number'}")
        factors.append(fmpq_mat(*shape, [_number(x, heuristic, instance) for x in array.ravel().tolist()]))
    U, V = factors
    return instance.cost(U, V), (U, V)


def _fractions(M: fmpq_mat) -> list[list[Fraction]]:
    return [[Fraction(int(x.p), int(x.q)) for x in row] for row in M.tolist()]


def _where(function: Callable[..., object], instance: Instance) -> str:
    text = describe(instance)
    return f"{name_of(function)} on {text if len(text) <= 400 else text[:400] + '...'}"


def _number(value: object, function: Callable[..., object], instance: Instance) -> fmpq:
    if isinstance(value, np.ndarray) and value.shape == ():
        value = value.item()
    try:
        if not isinstance(value, str):
            return exact(value)
    except TypeError:
        pass
    ratio = getattr(value, "as_integer_ratio", None)  # floats of every width, and decimals
    if ratio is None or isinstance(value, bool | np.bool_):
        raise InputError(_where(function, instance), "a real number", f"{str(value)[:60]!r} ({type(value).__name__})")
    try:
        p, q = ratio()
    except (ValueError, OverflowError) as error:
        raise InputError(_where(function, instance), "a finite number", str(value)) from error
    return fmpq(int(p), int(q))
