"""How the documents name a quarter and a cumul."""

from __future__ import annotations

from domain.periods import Period


def quarter_title(period: Period) -> str:
    """« 1er Trimestre 2005 » (S1-6)."""
    return f"{period.quarter}{'er' if period.quarter == 1 else 'ème'} Trimestre {period.year}"


def cumul_title(period: Period) -> str:
    """« Cumul depuis le 01/01/05 » (S1-10)."""
    return f"Cumul depuis le 01/01/{period.year % 100:02d}"


def year_title(period: Period) -> str:
    """« Année 2005 » (D0)."""
    return f"Année {period.year}"
