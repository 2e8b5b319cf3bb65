"""OLE compound files (.xls and others of the nineties): what they hold, before any reader opens them.

A reader followed a chain of sectors that loops and took all the memory of the machine; here every chain is walked
once, with each sector allowed once.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.reading.reasons import UnreadableReason
from ingest.reading.refusals import RefusedError

__all__ = ["BinarySheet", "CompoundFile", "scan_book"]

FIRST_SPECIAL = 0xFFFFFFFB
"""From here on a sector number is a mark: end of chain, free…"""
MAX_DIRECTORY_ENTRIES = 4096
ENTRY_BYTES = 128
HEADER_DIFAT = 109
_STREAM, _ROOT = 2, 5
_SECTOR_SHIFTS = (9, 12)


def _corrupt() -> RefusedError:
    return RefusedError(UnreadableReason.CORRUPT, kind="ole")


class CompoundFile:
    """The streams of a compound file, by name."""

    def __init__(self, data: bytes) -> None:
        """Read the allocation table and the directory.

        Raises:
            RefusedError: damaged, or a chain that loops.
        """
        if len(data) < 512:  # noqa: PLR2004 - size of the header
            raise _corrupt()
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in _SECTOR_SHIFTS or mini_shift != 6:  # noqa: PLR2004 - fixed by the format
            raise _corrupt()
        self._data = data
        self._sector_bytes = 1 << shift
        directory, _, cutoff, mini_start, _, difat_start, _ = struct.unpack_from("<7L", data, 48)
        self._cutoff = cutoff
        self._fat = self._allocation_table(difat_start)
        self._mini_fat = self._words(mini_start)
        self._entries = dict(self._directory(directory))
        root = next((entry for entry in self._entries.values() if entry[0] == _ROOT), None)
        self._mini_stream = self._chain_bytes(root[1]) if root and self._mini_fat else b""
        for name in self.streams:
            self._check_chain(name)

    @property
    def streams(self) -> frozenset[str]:
        """The names of the streams."""
        return frozenset(name for name, entry in self._entries.items() if entry[0] == _STREAM)

    def read(self, name: str) -> bytes:
        """The content of a stream."""
        _, start, size = self._entries[name]
        if size >= self._cutoff:
            return self._chain_bytes(start)[:size]
        pieces = [self._mini_stream[sector * 64 : sector * 64 + 64] for sector in self._chain(start, self._mini_fat)]
        return b"".join(pieces)[:size]

    def _check_chain(self, name: str) -> None:
        _, start, size = self._entries[name]
        if size:
            table = self._fat if size >= self._cutoff else self._mini_fat
            for _ in self._chain(start, table):
                pass

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._sector_bytes
        return self._data[start : start + self._sector_bytes]

    def _allocation_table(self, difat_start: int) -> list[int]:
        listed = struct.unpack_from(f"<{HEADER_DIFAT}L", self._data, 76)
        numbers = [number for number in listed if number < FIRST_SPECIAL]
        words_per_sector = self._sector_bytes // 4
        visited: set[int] = set()
        sector = difat_start
        while sector < FIRST_SPECIAL:
            words = self._unpack(self._sector(sector))
            if sector in visited or len(words) < words_per_sector:
                raise _corrupt()
            visited.add(sector)
            numbers += [number for number in words[:-1] if number < FIRST_SPECIAL]
            sector = words[-1]
        if len(numbers) != len(set(numbers)) or len(numbers) > len(self._data) // self._sector_bytes:
            raise _corrupt()
        table: list[int] = []
        for number in numbers:
            table += self._unpack(self._sector(number))
        return table

    @staticmethod
    def _unpack(data: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(data) // 4}L", data[: len(data) // 4 * 4])

    def _chain(self, start: int, table: list[int]) -> Iterator[int]:
        visited: set[int] = set()
        sector = start
        while sector < FIRST_SPECIAL:
            if sector in visited or sector >= len(table):
                raise _corrupt()
            visited.add(sector)
            yield sector
            sector = table[sector]

    def _chain_bytes(self, start: int) -> bytes:
        return b"".join(self._sector(sector) for sector in self._chain(start, self._fat))

    def _words(self, start: int) -> list[int]:
        return list(self._unpack(self._chain_bytes(start)))

    def _directory(self, start: int) -> Iterator[tuple[str, tuple[int, int, int]]]:
        data = self._chain_bytes(start)
        if len(data) > MAX_DIRECTORY_ENTRIES * ENTRY_BYTES:
            raise _corrupt()
        for at in range(0, len(data) - ENTRY_BYTES + 1, ENTRY_BYTES):
            name_bytes, kind = struct.unpack_from("<HB", data, at + 64)
            start_sector, size = struct.unpack_from("<LL", data, at + 116)
            if kind in {_STREAM, _ROOT}:
                name = data[at : at + min(max(name_bytes - 2, 0), 62)].decode("utf-16-le", "replace")
                yield name, (kind, start_sector, size)


_FORMULA, _BOOLERR, _BOF, _EOF, _BOUNDSHEET, _FILEPASS = 0x0006, 0x0205, 0x0809, 0x000A, 0x0085, 0x002F
_ERROR_RESULT, _EMPTY_RESULT, _CALCULATE_ON_LOAD = 2, 3, 0x02
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


@dataclass(slots=True)
class BinarySheet:
    """What the records of one sheet say beyond its values; places are (row, column) from 0."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    uncached: list[tuple[int, int]] = field(default_factory=list)
    """Formulas stored without a result."""
    calculated_on_load: list[tuple[int, int]] = field(default_factory=list)
    """Formulas worth 0 whose writer left the computing to the spreadsheet program."""


def scan_book(book: bytes) -> list[BinarySheet]:
    """The sheets of a `Workbook` stream, in order.

    The reader that we use gives error cells as empty, and empty is not an error.

    Raises:
        RefusedError: the workbook is encrypted.
    """
    offsets: list[int] = []
    for kind, at, length in _records(book, 0):
        if kind == _FILEPASS:
            raise RefusedError(UnreadableReason.ENCRYPTED)
        if kind == _BOUNDSHEET and length >= 4:  # noqa: PLR2004 - a record of at least one offset
            offsets.append(struct.unpack_from("<L", book, at)[0])
    return [_scan_sheet(book, offset) for offset in offsets]


def _scan_sheet(book: bytes, offset: int) -> BinarySheet:
    sheet = BinarySheet()
    for kind, at, length in _records(book, offset):
        if kind == _BOOLERR and length >= 8 and book[at + 7]:  # noqa: PLR2004 - layout of the record
            sheet.errors[_place(book, at)] = _ERRORS.get(book[at + 6], "#N/A")
        elif kind == _FORMULA and length >= 16:  # noqa: PLR2004 - same
            if book[at + 12 : at + 14] == b"\xff\xff" and book[at + 6] == _ERROR_RESULT:
                sheet.errors[_place(book, at)] = _ERRORS.get(book[at + 8], "#N/A")
            if book[at + 14] & _CALCULATE_ON_LOAD and book[at + 6] == _EMPTY_RESULT:
                sheet.uncached.append(_place(book, at))
            elif book[at + 14] & _CALCULATE_ON_LOAD and not any(book[at + 6 : at + 14]):
                sheet.calculated_on_load.append(_place(book, at))
    return sheet


def _place(book: bytes, at: int) -> tuple[int, int]:
    row, column = struct.unpack_from("<HH", book, at)
    return row, column


def _records(book: bytes, offset: int) -> Iterator[tuple[int, int, int]]:
    """The records of one substream: kind, place and length of the data."""
    depth = 0
    while offset + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, offset)
        if offset + 4 + length > len(book):
            return
        yield kind, offset + 4, length
        depth += (kind == _BOF) - (kind == _EOF)
        if kind == _EOF and depth <= 0:
            return
        offset += 4 + length
