"""Tables in NumPy's formats: NPY (one array) and NPZ (``A`` with ``omega`` or ``W``).

Floats are the dyadic rationals that they are, integers are integers, NaN is a missing entry. In NPZ files ``omega``
weighs the squared residual and ``W`` is squared. Pickled objects are never loaded: they could run code.

Guarantee: nothing here rounds; a file that is damaged or holds something else is an ``InputError``.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

from wlra_exact.errors import InputError
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.field import shown
from wlra_exact.problem.table import Table
from wlra_exact.problem.weighting import omega_of_table

__all__ = ["parse_npy", "parse_npz"]

_KEYS = ("A", "omega", "W")


def parse_npy(raw: bytes, name: str) -> Table:
    """The table in an NPY file.

    Args:
        raw: the whole file.
        name: what error messages call the file.

    Raises:
        InputError: for a damaged file, pickled objects, text or complex numbers, or another number of dimensions.
    """
    return table_from(_array(io.BytesIO(raw), name), name=name)


def parse_npz(raw: bytes, name: str) -> Table:
    """The table in an NPZ file with the key A and at most one of omega and W.

    Args:
        raw: the whole file.
        name: what error messages call the file.

    Raises:
        InputError: as ``parse_npy``, for other keys, and for weights that do not fit.
    """
    arrays = _members(raw, name)
    for key in arrays:
        if key not in _KEYS:
            raise InputError(name, f"the keys {', '.join(_KEYS)}", shown(key))
    if "A" not in arrays:
        raise InputError(name, "the key A", "none")
    if "omega" in arrays and "W" in arrays:
        raise InputError(name, "one of the keys omega and W", "both")
    table = table_from(arrays["A"], name=f"{name}, A")
    for key in ("omega", "W"):
        if key in arrays:
            weights = table_from(arrays[key], name=f"{name}, {key}")
            omega = omega_of_table(weights, table.observed, squared=key == "W", name=f"{name}, {key}")
            return Table(table.A, table.observed, omega=omega)
    return table


def _members(raw: bytes, name: str) -> dict[str, np.ndarray[Any, Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = {member: archive.read(member) for member in archive.namelist()}
    except Exception as error:  # a damaged archive fails in many ways, all of them the file's fault
        raise InputError(name, "an NPZ file", _reason(error)) from error
    return {
        member.removesuffix(".npy"): _array(io.BytesIO(part), f"{name}, {member}") for member, part in members.items()
    }


def _array(stream: io.BytesIO, name: str) -> np.ndarray[Any, Any]:
    try:
        array: np.ndarray[Any, Any] = np.lib.format.read_array(stream, allow_pickle=False)
    except Exception as error:  # a damaged header fails in many ways, all of them the file's fault
        raise InputError(name, "an array in NPY format, without pickled objects", _reason(error)) from error
    return array


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 120 else text[:117] + "..."
