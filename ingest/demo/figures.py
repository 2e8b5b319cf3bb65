"""Plausible figures for the demonstration: the same for the same CIL/CCI and quarter, on every machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from domain.periods import Period


@dataclass(frozen=True, kw_only=True, slots=True)
class Assistance:
    """One line of N1A."""

    diagnostics_prealables: int
    engagements_reciproques: int
    diagnostics_complementaires: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Mobilite:
    """One line of N1M; the amount in euros without tax."""

    dossiers_individuels: int
    entreprises_concernees: int
    montant_facture_ht: Decimal


def _draw(*words: object, low: int, high: int) -> int:
    digest = hashlib.sha256("/".join(map(str, words)).encode()).digest()
    return low + int.from_bytes(digest[:6]) % (high - low + 1)


def _weight(code: str) -> int:
    """How busy a CIL/CCI is: a few are large, most are small."""
    return (3, 5, 5, 8, 12, 20)[_draw(code, "size", low=0, high=5)]


def assistance(code: str, period: Period) -> Assistance:
    """The quarter of a CIL/CCI for CIL-PASS assistance; engagements rest on diagnostics."""
    first = _weight(code) + _draw(code, period, "diagnostics", low=0, high=4)
    return Assistance(
        diagnostics_prealables=first,
        engagements_reciproques=first * _draw(code, period, "engagements", low=40, high=75) // 100,
        diagnostics_complementaires=first * _draw(code, period, "complementaires", low=5, high=25) // 100,
    )


def mobilite(code: str, period: Period) -> Mobilite:
    """The quarter of a CIL/CCI for CIL-PASS mobilité; no dossier, no amount."""
    cases = _weight(code) * _draw(code, period, "dossiers", low=0, high=100) // 100
    companies = max(1, cases * _draw(code, period, "entreprises", low=50, high=100) // 100) if cases else 0
    cents = cases * _draw(code, period, "tarif", low=95_000, high=240_000)
    return Mobilite(
        dossiers_individuels=cases,
        entreprises_concernees=companies,
        montant_facture_ht=Decimal(cents) / 100,
    )
