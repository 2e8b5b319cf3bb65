"""Where the demonstration's register lies, and what it says."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from domain.periods import Period
from schemas.annuaire import SHEETS

FIRST_PERIOD = Period(2005, 1)
"""The demonstration's first quarter owed."""


def write_network(folder: Path) -> Path:
    """Copy the register's CSV files into `folder` (made if missing): what `guichet directory import` takes."""
    folder.mkdir(parents=True, exist_ok=True)
    source = files("ingest.demo.network")
    for sheet in SHEETS:
        (folder / f"{sheet}.csv").write_bytes((source / f"{sheet}.csv").read_bytes())
    return folder
