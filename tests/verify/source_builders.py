"""Source files and the instances that stand for them, written from the format's definition (no NumPy, no package).

``patterned()`` and ``compressed()`` are valid certificates of ``SUBJECT`` and ``TABLE``; the files of these are
``NPY``, ``NPZ`` and ``TABLE_NPY``.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile

from base_certificates import DIAGONAL
from certificate_builders import F, certificate, minors, step, witness

NAN = float("nan")
CODES = {
    "<f8": "d", "<f4": "f", "<i8": "q", "<i4": "i", "<i2": "h", "|i1": "b", "<u8": "Q", "<u4": "I", "<u2": "H",
    "|u1": "B",
}  # fmt: skip


def npy(values, kind="<f8", *, shape=None, version=1, header=None, order="False", tail=b""):
    """The bytes of an array in the format NPY; ``values`` is a list of rows, or a list of integers with ``shape``."""
    flat = values if shape is not None else [x for row in values for x in row]
    shape = (len(values), len(values[0])) if shape is None else shape
    told = f"({', '.join(map(str, shape))},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"
    text = header or f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {told}, }}"
    size = 2 if version == 1 else 4
    text += " " * (-(9 + size + len(text)) % 16) + "\n"
    start = b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(size, "little") + text.encode("ascii")
    return start + struct.pack(f"<{len(flat)}{CODES[kind]}", *flat) + tail


def npz(compression=zipfile.ZIP_STORED, **members):
    """The bytes of an archive in the format NPZ."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, raw in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), raw, compression)
    return stream.getvalue()


def labels(*values, kind="<i8"):
    """An array of labels."""
    return npy(list(values), kind, shape=(len(values),))


def source(raw, name, kind=None):
    """The field ``source`` for a file of these bytes."""
    return {"name": name, "sha256": hashlib.sha256(raw).hexdigest(), "format": kind or name.rpartition(".")[2]}


# Patterned: diag(2, 1) with row 0 twice, row 1 three times, column 0 once, column 1 twice.

#: The core, with the weights of one entry each.
CORE = DIAGONAL
#: Labels whose first appearances are in order, and their counts.
ROWS, COLUMNS = [0, 1, 1, 0, 1], [0, 1, 1]
#: The larger problem's A; its omega is 1.
SUBJECT = [[CORE[0][i][j] for j in COLUMNS] for i in ROWS]
#: The problem that steps are about; opt = 6 (columns 2 sqrt(2) e_0 and sqrt(6) e_1 are orthogonal: 8 and 6).
ROOT = (CORE[0], [[2, 4], [3, 6]], 1)
NPY = npy(SUBJECT)
NPZ = npz(A=npy(CORE[0]), row_labels=labels(*ROWS), col_labels=labels(*COLUMNS))


def patterned_steps():
    """Opt of ``ROOT`` is at least 11/2, by minors with multipliers found by hand, and at most 6."""
    lower = minors("s1", "instance", ROOT, F(11, 2), [[192]])
    return [lower, witness("s2", "instance", [[1], [0]], [[2, 0]])]


def patterned(**further):
    """The certificate; ``further`` replaces ``rows``, ``columns`` or adds ``source``."""
    sides = {"rows": {"counts": [2, 3]}, "columns": {"counts": [1, 2]}}
    return certificate(CORE, F(11, 2), 6, patterned_steps(), **{**sides, **further})


def about(raw, name="a.npz", **further):
    """The patterned certificate with a file of these bytes as its source."""
    return patterned(source=source(raw, name), **further)


# Compressed: four rows, the last without its second entry; k = 1.

#: The table; None is NaN in the file.
TABLE = [[2, 0], [0, 1], [0, -1], [3, None]]
#: Two groups: three rows with all weights become two, the one with a missing entry stays.
COMPACT = ([[2, 0], [0, 1], [3, 0]], [[1, 1], [2, 2], [1, 0]], 1)
TABLE_ROWS = [[NAN if x is None else x for x in row] for row in TABLE]
TABLE_NPY = npy(TABLE_ROWS)


def compressed_steps():
    """Opt of ``COMPACT`` is 2: the column [2, 0, 3] is fitted, the other one costs 2 and the rows are orthogonal."""
    free = [{"rows": [0, 1], "columns": [0, 1]}]
    block = (COMPACT[0][:2], COMPACT[1][:2], 1)
    return [
        step("s0", "blocks", ["instance"], blocks=free),
        minors("s1", "s0/0", block, F(15, 8), [[64]]),
        step("s2", "combine", ["s0", "s1"]),
        witness("s3", "instance", [[2], [0], [3]], [[1, 0]]),
    ]


def compressed(raw=TABLE_NPY, name="table.npy", **further):
    """The certificate of ``TABLE``."""
    fields = {"groups": [2, 1], "source": source(raw, name), **further}
    return certificate(COMPACT, F(15, 8), 2, compressed_steps(), **fields)
