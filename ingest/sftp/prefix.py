"""What of an upload has arrived without a hole."""

from __future__ import annotations

from typing import Final

_ISLANDS_KEPT: Final = 4096


class Prefix:
    """How much of a file has arrived without a hole: all that a resumed transfer may trust."""

    def __init__(self, length: int = 0) -> None:
        """Start with `length` bytes already there."""
        self.length = length
        self._islands: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Note that the bytes from `start` to `end` were written."""
        if start > self.length:
            if len(self._islands) < _ISLANDS_KEPT:
                self._islands.append((start, end))
            return
        self.length = max(self.length, end)
        while True:
            joined = [each for each in self._islands if each[0] <= self.length]
            if not joined:
                return
            self._islands = [each for each in self._islands if each[0] > self.length]
            self.length = max(self.length, *(each[1] for each in joined))

    def cut(self, length: int) -> None:
        """Note that the file was cut to `length` bytes."""
        self.length = min(self.length, length)
        self._islands = [(a, min(b, length)) for a, b in self._islands if a < length]
