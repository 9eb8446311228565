"""Large files of numbers that a certificate names instead of repeating them: NPY and NPZ, read block by block.

What the format calls a *source* is a file in one folder, known by its name and its SHA-256. Only files that the
verifier can read are opened here: arrays, little-endian, of integers or binary floats, in row or column order; ``A`` in
an NPY file, and in an NPZ file ``A``, at most one of ``omega`` and ``W``, and both or none of ``row_labels`` and
``col_labels``. Text is read by ``problem.source_text``.

Guarantee: items are handed on as they are in the file; at most one block of each array is in memory at a time. An array
in column order inside an archive is unpacked to a temporary file for it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from wlra_exact.errors import InputError
from wlra_exact.problem.field import shown

__all__ = ["BLOCK_BYTES", "SOURCE_NAME", "SOURCE_TYPES", "ArrayFile", "Source", "open_source"]

_KEYS = ("A", "omega", "W", "row_labels", "col_labels")
_LABELS = ("row_labels", "col_labels")
#: Types of items that a source may have.
SOURCE_TYPES = ("<f8", "<f4", "<i8", "<i4", "<i2", "|i1", "<u8", "<u4", "<u2", "|u1")
#: Names of files that a certificate may carry.
SOURCE_NAME = re.compile(r"(?!\.)[^/\\:\x00-\x1f\x7f]{1,255}")

#: Bytes that are read at a time.
BLOCK_BYTES = 2**21
_PAGE_BYTES, _MOST_BLOCK_BYTES = 2**12, 2**27


@dataclass(frozen=True)
class Source:
    """A file as a certificate names it.

    Attributes:
        name: without its folder.
        sha256: 64 hexadecimal digits.
        format: "npy", "npz", "csv" or "tsv".
    """

    name: str
    sha256: str
    format: str

    def to_json(self) -> dict[str, str]:
        """The field ``source`` of the format."""
        return {"name": self.name, "sha256": self.sha256, "format": self.format}


@dataclass(frozen=True)
class _Header:
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int  # bytes before the items
    turned: bool = False  # in column order


@dataclass(frozen=True)
class ArrayFile:
    """An NPY or NPZ file whose arrays are read block by block.

    Attributes:
        path: of the file.
        format: "npy" or "npz".
        headers: what each array is, by name.
    """

    path: Path
    format: str
    headers: dict[str, _Header]

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of A."""
        m, n = self.headers["A"].shape
        return m, n

    @property
    def weights(self) -> str | None:
        """The name of the array of weights, "omega" or "W", if there is one."""
        return next((name for name in ("omega", "W") if name in self.headers), None)

    @property
    def labelled(self) -> bool:
        """Whether the file holds a core and labels."""
        return _LABELS[0] in self.headers

    def named(self) -> Source:
        """The file as a certificate names it; all of it is read once for its sum."""
        if not SOURCE_NAME.fullmatch(self.path.name):
            raise InputError(str(self.path), "a name that a certificate may carry", shown(self.path.name))
        with self.path.open("rb") as stream:
            return Source(self.path.name, hashlib.file_digest(stream, "sha256").hexdigest(), self.format)

    def dtype(self, name: str) -> np.dtype[Any]:
        """The type of an array's items."""
        return self.headers[name].dtype

    def blocks(self, *names: str) -> Iterator[tuple[NDArray[Any], ...]]:
        """The rows of some arrays of one length, a block at a time; a block may be overwritten by the next one.

        An NPY file is mapped into memory, which the system may take back at any time; archives are read into a buffer.

        Raises:
            InputError: when the file ends early.
        """
        if self.format == "npy":
            yield from ((block,) for block in self._strips(self.path, "A", self._height(names)))
            return
        height = self._height(names)
        with ExitStack() as stack:
            yield from zip(*(self._unpacked(name, height, stack) for name in names), strict=True)

    def _height(self, names: Sequence[str]) -> int:
        """Rows of a block."""
        heights = []
        for header in (self.headers[name] for name in names):
            size, width = BLOCK_BYTES, int(np.prod(header.shape[1:], dtype=np.int64)) * header.dtype.itemsize
            if header.turned:
                # A block is a strip of every column; strips should be at least as long as pages are.
                size = max(size, min(header.shape[1] * _PAGE_BYTES, _MOST_BLOCK_BYTES))
            heights.append(max(1, size // width))
        return min(heights)

    def _strips(self, file: Path | IO[bytes], name: str, height: int) -> Iterator[NDArray[Any]]:
        """Rows of an array in a file that holds nothing behind it, mapped into memory."""
        header = self.headers[name]
        m, n = header.shape
        try:
            # Outside Windows the map may be longer than the file would be: sizes are compared first.
            size = file.stat().st_size if isinstance(file, Path) else file.seek(0, os.SEEK_END)
            if size < header.start + m * n * header.dtype.itemsize:
                raise ValueError("the end of the file")
            items = np.memmap(file, header.dtype, "r", header.start, (m, n), "F" if header.turned else "C")
        except (OSError, ValueError) as error:
            raise InputError(f"{self.path}, {name}", "as many items as the array's shape says", str(error)) from error
        for first in range(0, m, height):
            yield np.ascontiguousarray(items[first : first + height])

    def _unpacked(self, name: str, height: int, stack: ExitStack) -> Iterator[NDArray[Any]]:
        """Rows of an array in an archive."""
        header = self.headers[name]
        member = stack.enter_context(stack.enter_context(zipfile.ZipFile(self.path)).open(f"{name}.npy"))
        if header.turned:
            with tempfile.TemporaryFile() as file:
                shutil.copyfileobj(member, file, BLOCK_BYTES)
                yield from self._strips(file, name, height)
            return
        member.read(header.start)
        count, width = header.shape[0], int(np.prod(header.shape[1:], dtype=np.int64)) * header.dtype.itemsize
        buffer = memoryview(bytearray(min(height, count) * width))
        for first in range(0, count, height):
            size = min(height, count - first)
            _fill(member, buffer[: size * width], f"{self.path}, {name}")
            yield np.frombuffer(buffer[: size * width], dtype=header.dtype).reshape(size, *header.shape[1:])

    def whole(self, name: str) -> NDArray[Any]:
        """All of an array."""
        return np.concatenate([block.copy() for (block,) in self.blocks(name)])


def _fill(stream: IO[bytes], buffer: memoryview, where: str) -> None:
    done = 0
    while done < len(buffer):
        count = stream.readinto(buffer[done:])  # type: ignore[attr-defined]
        if not count:
            raise InputError(where, "as many items as the array's shape says", "the end of the file")
        done += count


def open_source(path: str | os.PathLike[str]) -> ArrayFile | None:
    """The arrays of a file that may be a certificate's source, or None for a file of another kind.

    Returns:
        None for another suffix, for arrays of other types or of another number of dimensions, and for whatever the
        ordinary readers refuse: they say why.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(Path(folder, "A.npy"), np.eye(3))
    ...     np.save(Path(folder, "B.npy"), np.asfortranarray(np.ones((2, 3))))
    ...     [open_source(Path(folder, name)).shape for name in ("A.npy", "B.npy")]
    [(3, 3), (2, 3)]
    """
    file = Path(path)
    kind = file.suffix.lower().removeprefix(".")
    if kind not in ("npy", "npz") or not file.is_file():
        return None
    try:
        if kind == "npy":
            with file.open("rb") as stream:
                headers = {"A": _header(stream)}
        else:
            with zipfile.ZipFile(file) as archive:
                names = [info.filename for info in archive.infolist()]
                members = {name.removesuffix(".npy"): archive.open(name) for name in names}
                headers = {name: _header(member) for name, member in members.items()}
                if len(members) != len(names) or not all(name.endswith(".npy") for name in names):
                    return None
                if any(
                    info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in archive.infolist()
                ):
                    return None
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile, EOFError):
        return None
    found = ArrayFile(file, kind, headers)
    return found if _readable(found) else None


def _header(stream: IO[bytes]) -> _Header:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, column_order, dtype = read(stream)
    if dtype.str not in SOURCE_TYPES or 0 in shape:
        raise ValueError("no array for a certificate")
    return _Header(shape, dtype, stream.tell(), column_order and len(shape) == 2)


def _readable(found: ArrayFile) -> bool:
    headers = found.headers
    if not {"A"} <= headers.keys() <= {*_KEYS} or {"omega", "W"} <= headers.keys():
        return False
    if len(headers.keys() & {*_LABELS}) == 1:
        return False
    shape = headers["A"].shape
    if len(shape) != 2 or any(headers[name].shape != shape for name in ("omega", "W") if name in headers):
        return False
    return all(
        len(headers[name].shape) == 1 and headers[name].dtype.kind in "iu" for name in _LABELS if name in headers
    )
