"""Deposits of a year for the small network: cases and lists as the demonstration invents them."""

from __future__ import annotations

from datetime import date

from domain.organisations import Adhesion, Directory, Organisation, OrganisationType, Service, Span
from domain.periods import Period
from ingest.demo import lists
from ingest.demo.cases import Volume, as_csv, cases_of
from ingest.sftp.closes import record_close

from .conftest import Desk, paris

YEAR = Period(2005)
CASES = Volume(service=Service.ASA, cases=1200)
PLATFORMS = {"PF01": ("CIL001", "CIL002", "CIL003"), "PF02": ("CIL004", "CIL005", "CIL006")}


def year_network() -> Directory:
    """Two platforms for the assistance alone, six CIL in two régions; people at the platforms and at one CIL."""
    kinds = {**dict.fromkeys(PLATFORMS, OrganisationType.PF)}
    kinds |= {one: OrganisationType.CIL for members in PLATFORMS.values() for one in members}
    return Directory(
        version=0,
        organisations=tuple(
            Organisation(
                code=code,
                type=kind,
                nom=f"Organisme {code}",
                departement="69" if code <= "CIL003" else "33",
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


def cases(directory: Directory, platform: str, volume: Volume = CASES) -> bytes:
    """The cases of a platform."""
    return as_csv(dict(cases_of(directory, YEAR, volume))[platform])


def received(desk: Desk, platform: str, collection: str, content: bytes, at: str) -> str:
    """A deposit of the year; its name."""
    desk.count += 1
    name = f"{collection}_2005_{desk.count:02d}.csv"
    inbox = desk.folder / "inbox"
    path = inbox / platform.lower() / "depot" / name
    path.write_bytes(content)
    record_close(inbox, path.stat(), account=platform.lower(), folder="depot", name=name, at=paris(at))
    return name


def whole_year(desk: Desk, at: str, directory: Directory | None = None, volume: Volume = CASES) -> list[str]:
    """Everything that the platforms owe for the year, received at that instant, and a pass; the editions made."""
    register = directory or year_network()
    for platform in ("PF01", "PF02"):
        received(desk, platform, "N2A", cases(register, platform, volume), at)
        received(desk, platform, "N2S", as_csv(lists.satisfaction(register, platform, YEAR)), at)
        received(desk, platform, "N2P", as_csv(lists.partnerships(platform, YEAR)), at)
    return desk.once(at)
