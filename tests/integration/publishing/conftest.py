"""A small network and its desk; each `at` is a command of its own, by a clock that stands there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.clock import FixedClock
from domain.organisations import Adhesion, Directory, Organisation, OrganisationType, Service, Span
from domain.periods import Period
from ingest.once import PassReport, one_pass
from ingest.settings import load_settings
from ingest.sftp.closes import record_close
from ingest.wiring import Wiring

PARIS = ZoneInfo("Europe/Paris")
PLATFORMS = {"PF01": ("CIL01", "CIL02"), "PF02": ("CIL03",)}


def paris(text: str) -> datetime:
    """An instant in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def network(names: dict[str, str] | None = None) -> Directory:
    """Two platforms for the assistance alone, three CIL; `names` other than their codes."""
    named = names or {}
    kinds = {**dict.fromkeys(PLATFORMS, OrganisationType.PF)}
    kinds |= {one: OrganisationType.CIL for members in PLATFORMS.values() for one in members}
    return Directory(
        version=0,
        organisations=tuple(
            Organisation(
                code=code,
                type=kind,
                nom=named.get(code, f"Organisme {code}"),
                departement="69",
                compte_sftp=code.lower() if kind is OrganisationType.PF else None,
            )
            for code, kind in kinds.items()
        ),
        adhesions=tuple(
            Adhesion(code_cil=cil, code_plateforme=platform, service=Service.ASA, dates=Span(first=date(2003, 1, 1)))
            for platform, members in PLATFORMS.items()
            for cil in members
        ),
    )


@dataclass
class Desk:
    """Deposits as the built-in server leaves them, and whole passes."""

    folder: Path
    count: int = 0
    reports: list[PassReport] = field(default_factory=list)

    def at(self, instant: str) -> Wiring:
        return Wiring(load_settings(self.folder / "guichet.toml", environ={}), FixedClock(paris(instant)))

    def register(self, directory: Directory, at: str) -> None:
        with self.at(at) as wiring:
            wiring.register.replace(directory, author="test", now=paris(at), source="test")
            for account in PLATFORMS:
                wiring.accounts.make_folders(account.lower())

    def received(self, platform: str, period: str, figures: dict[str, int] | None, at: str) -> str:
        """A deposit of the assistance: CIL → figure (None: « état néant »); its name."""
        self.count += 1
        name = f"N1A_{period}_{self.count:02d}.csv"
        header = "code_cil;diagnostics_prealables;engagements_reciproques;diagnostics_complementaires"
        lines = ["NEANT"] if figures is None else [f"{cil};{one};{one};{one}" for cil, one in figures.items()]
        inbox = self.folder / "inbox"
        path = inbox / platform.lower() / "depot" / name
        path.write_text("\r\n".join([header, *lines]) + "\r\n")
        record_close(inbox, path.stat(), account=platform.lower(), folder="depot", name=name, at=paris(at))
        return name

    def once(self, at: str) -> list[str]:
        """One pass; the editions that it made, as `2005T1/final-v01`."""
        before = self.editions()
        with self.at(at) as wiring:
            self.reports.append(one_pass(wiring))
        return [one for one in self.editions() if one not in before]

    def deposit(self, platform: str, period: str, figures: dict[str, int] | None, at: str) -> list[str]:
        """A deposit received at that instant, and a pass."""
        self.received(platform, period, figures, at)
        return self.once(at)

    def editions(self) -> list[str]:
        root = self.folder / "var" / "releases"
        return sorted(f"{one.parent.name}/{one.name}" for one in root.glob("*/*-v*") if one.is_dir())

    def current(self, period: str) -> str:
        return str((self.folder / "var" / "releases" / period / "current").readlink())

    def document(self, edition: str, name: str = "manifest.json") -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "var" / "releases" / edition / name).read_bytes())
        return found

    def lines(self, edition: str, table: str = "D1") -> dict[str, str]:
        """CIL (or TOTAL) → the first figure of a table's line, as its CSV has it."""
        text = (self.folder / "var" / "releases" / edition / f"{table}.csv").read_text(encoding="utf-8-sig")
        rows = [line.split(";") for line in text.splitlines()]
        place = rows[0].index("code_cil")
        return {row[place]: row[place + 2] for row in rows[1:]}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Open since 2 April 2005, for 2005T1 and what follows."""
    (tmp_path / "guichet.toml").write_text('settle_seconds = 0\nfirst_period = "2005T1"\n')
    one = Desk(tmp_path)
    one.register(network(), "2005-04-02T09:00")
    return one


FIRST, NEXT = Period(2005, 1), Period(2005, 2)


@pytest.fixture
def open_desk(desk: Desk) -> Desk:
    """With people to write to."""
    settings = desk.folder / "guichet.toml"
    settings.write_text(settings.read_text() + 'mail_reply_to = "pilotage@uesl.example"\n')
    from .readers import register  # noqa: PLC0415 - it needs this module

    desk.register(register(), "2005-04-02T10:00")
    with desk.at("2005-04-02T10:01") as wiring:
        wiring.accounts.make_folders("uesl")
    return desk
