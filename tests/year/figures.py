"""Calm figures for the simulated year: every CIL/CCI keeps its level, so that only what is planted looks odd."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal

from domain.organisations import Directory, Service
from domain.periods import Period
from ingest.demo.files import N1A_COLUMNS, N1M_COLUMNS, csv_bytes

Change = Mapping[str, int]
"""CIL/CCI → by how much its first figure is multiplied; 0 leaves its line out."""


def _draw(*words: object, most: int) -> int:
    digest = hashlib.sha256("/".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:6]) % (most + 1)


def _level(code: str) -> int:
    return 12 + _draw(code, most=18)


def assistance(directory: Directory, platform: str, period: Period, change: Change | None = None) -> bytes:
    """An N1A of a platform as CSV."""
    rows = []
    for code in directory.expected_lines(platform, Service.ASA, period):
        factor = (change or {}).get(code, 1)
        one, first = directory.by_code[code], (_level(code) + _draw(code, period, most=6)) * factor
        if factor:
            engaged = _level(code) * 6 // 10 + _draw(code, period, "e", most=5)
            rows.append((one.departement, code, one.nom, first, engaged, 2 + _draw(code, period, "c", most=5)))
    return csv_bytes(N1A_COLUMNS, rows)


def mobilite(directory: Directory, platform: str, period: Period, change: Change | None = None) -> bytes:
    """An N1M of a platform as CSV."""
    rows = []
    for code in directory.expected_lines(platform, Service.MOB, period):
        factor = (change or {}).get(code, 1)
        one, cases = directory.by_code[code], _level(code) + _draw(code, period, "m", most=6)
        if factor:
            amount = Decimal(cases * (1400 + _draw(code, period, "€", most=200)) * factor)
            rows.append((one.departement, code, one.nom, cases, cases * 2 // 3, amount))
    return csv_bytes(N1M_COLUMNS, rows)


def nothing(columns: tuple[str, ...]) -> bytes:
    """A nil return."""
    return csv_bytes(columns, [("NEANT",)])
