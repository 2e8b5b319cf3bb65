"""A desk gets its register, as an administrator gives it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ingest.wiring import Wiring


def import_register(wiring: Wiring, network: Path, now: datetime) -> None:
    """Import the folder of CSV files, which must be in order."""
    result = wiring.register.import_from(
        network, wiring.new_reader(), author="test", now=now, confirmed=True, accounts=wiring.accounts
    )
    assert result.imported, result.sentence
