"""The demonstration's network over quarters: deposits as bytes, and the facts that are in force from them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from importlib.resources import files

from domain.organisations import Adhesion, Delegation, Directory, Organisation, OrganisationType, Service, Span
from domain.periods import Period
from domain.releases import EditionKind
from ingest.demo.files import good_csv, good_n1m_csv, nil_return
from publication.changes import changes
from publication.coverage import coverage_of
from publication.edition import Edition
from publication.facts import Facts, Line, Quarter, expected_of, periods_needed
from publication.tables.cil_pass import quarterly_tables
from publication.values import Number
from tests.publication_oracle import Deposit

QUARTERS = tuple(Period(year, quarter) for year in (2004, 2005) for quarter in (1, 2, 3, 4))
SERVICES = {"N1A": Service.ASA, "N1M": Service.MOB}
FIGURES = {
    Service.ASA: ("diagnostics_prealables", "engagements_reciproques", "diagnostics_complementaires"),
    Service.MOB: ("dossiers_individuels", "entreprises_concernees", "montant_facture_ht"),
}


def register() -> dict[str, bytes]:
    """The demonstration's register as CSV bytes."""
    source = files("ingest.demo.network")
    return {name: (source / f"{name}.csv").read_bytes() for name in ("organisations", "adhesions", "delegations")}


def network() -> Directory:
    """The same, as a value."""
    sheets = {
        name: list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
        for name, content in register().items()
    }
    return Directory(
        version=1,
        organisations=tuple(
            Organisation(
                code=one["code"],
                type=OrganisationType(one["type"]),
                nom=one["nom"],
                departement=one["departement"] or None,
                compte_sftp=one["compte_sftp"] or None,
                actif=span(one["actif_du"], one["actif_au"]),
            )
            for one in sheets["organisations"]
        ),
        adhesions=tuple(
            Adhesion(
                code_cil=one["code_cil"],
                code_plateforme=one["code_plateforme"],
                service=Service(one["service"]),
                dates=span(one["date_effet"], one["date_fin"]),
            )
            for one in sheets["adhesions"]
        ),
        delegations=tuple(
            Delegation(
                code_mandant=one["code_mandant"],
                code_realisateur=one["code_realisateur"],
                service=Service(one["service"]),
                dates=span(one["date_debut"], one["date_fin"]),
            )
            for one in sheets["delegations"]
        ),
    )


def span(first: str, last: str) -> Span:
    return Span(
        first=date.fromisoformat(first) if first else None,
        last=date.fromisoformat(last) if last else None,
    )


def deposit(directory: Directory, platform: str, collection: str, period: Period) -> Deposit:
    """A complete, good file."""
    made = (good_csv if collection == "N1A" else good_n1m_csv)(directory, platform, period)
    return Deposit(platform=platform, collection=collection, period=str(period), content=made.content)


def nil(directory: Directory, platform: str, collection: str, period: Period) -> Deposit:
    """« NEANT »."""
    made = nil_return(directory, platform, period, collection)
    return Deposit(platform=platform, collection=collection, period=str(period), content=made.content)


def all_deposits(directory: Directory, quarters: Iterable[Period] = QUARTERS) -> list[Deposit]:
    """Everything that every platform owes, in order."""
    return [
        deposit(directory, platform, collection, period)
        for period in quarters
        for platform in ("PF01", "PF02", "PF03", "PF04", "PF05")
        for collection in ("N1A", "N1M")
    ]


def edited(one: Deposit, edit: Mapping[str, str | None]) -> Deposit:
    """The same file with the first figure of some lines changed; None leaves the line out."""
    kept = []
    text, encoding = decoded(one.content)
    for line in text.splitlines():
        cells = line.split(";")
        if cells[1] not in edit:
            kept.append(line)
        elif (figure := edit[cells[1]]) is not None:
            kept.append(";".join([*cells[:3], figure, *cells[4:]]))
    return replace(one, content=("\r\n".join(kept) + "\r\n").encode(encoding))


def decoded(content: bytes) -> tuple[str, str]:
    try:
        return content.decode("utf-8-sig"), "utf-8-sig"
    except UnicodeDecodeError:
        return content.decode("cp1252"), "cp1252"


def facts(directory: Directory, deposits: Iterable[Deposit], period: Period) -> Facts:
    """What is in force from these deposits: the last one of each platform, collection and quarter."""
    last: dict[tuple[str, str, str], Deposit] = {}
    for one in deposits:
        if not one.withdrawn:
            last[one.platform, one.collection, one.period] = one
    quarters = {
        (service, when): _quarter(
            directory,
            service,
            when,
            [one for one in last.values() if SERVICES[one.collection] is service and one.period == str(when)],
        )
        for service in Service
        for when in periods_needed(period)
    }
    return Facts(period=period, directory=directory, quarters=quarters)


def _quarter(directory: Directory, service: Service, period: Period, deposits: Iterable[Deposit]) -> Quarter:
    lines: dict[str, Line] = {}
    empty = set()
    for one in deposits:
        body = list(csv.reader(io.StringIO(decoded(one.content)[0]), delimiter=";"))[1:]
        if body and body[0][0] == "NEANT":
            empty.add(one.platform)
            continue
        for row in body:
            read: dict[str, Number] = {
                name: Decimal(cell.replace(",", ".")) if "," in cell else int(cell)
                for name, cell in zip(FIGURES[service], row[3:6], strict=True)
            }
            lines[row[1]] = Line(member=row[1], platform=one.platform, figures=read)
    expected = expected_of(directory, service, period) if QUARTERS[0] <= period else {}
    return Quarter(service=service, period=period, expected=expected, lines=lines, nil=frozenset(empty))


@dataclass(frozen=True, kw_only=True)
class Story:
    """A quarter whose tables have something of everything, and what they said before."""

    before: Facts
    after: Facts

    def edition(self) -> Edition:
        """The third edition of the quarter."""
        old, new = quarterly_tables(self.before), quarterly_tables(self.after)
        return Edition(
            period=self.after.period,
            kind=EditionKind.REVISED,
            number=3,
            dated_on=date(2005, 11, 14),
            tables=new,
            coverage=coverage_of(self.after),
            names={one.code: one.nom for one in self.after.directory.organisations},
            changes=changes(old, new),
            replaces="official-v02",
        )


def few_members(directory: Directory) -> Directory:
    """The same network with a handful of CIL/CCI, those of the story."""
    kept = {
        "CIL001",
        "CIL014",
        "CIL017",
        "CIL026",
        "CIL027",
        "CIL028",
        "CIL030",
        "CIL031",
        "CIL041",
        "CIL043",
        "CCI005",
    }
    return replace(
        directory,
        adhesions=tuple(one for one in directory.adhesions if one.code_cil in kept),
        delegations=tuple(one for one in directory.delegations if one.code_mandant in kept),
    )


THIRD = Period(2005, 3)


def story(period: Period = THIRD, directory: Directory | None = None) -> Story:
    """Missing (PF05 assistance), partial (PF04 without CIL031), nil (PF05 mobilité), moved, corrected, late."""
    directory = directory or network()
    gone = {
        ("PF05", "N1A", str(period)),
        ("PF05", "N1M", str(period)),
        ("PF04", "N1A", str(period)),
        ("PF02", "N1A", str(period)),
        ("PF03", "N1A", str(period.preceding)),
    }
    quarters = [when for when in QUARTERS if when <= period]
    before = [
        *(one for one in all_deposits(directory, quarters) if (one.platform, one.collection, one.period) not in gone),
        edited(deposit(directory, "PF04", "N1A", period), {"CIL031": None}),
        nil(directory, "PF05", "N1M", period),
    ]
    corrected = edited(deposit(directory, "PF01", "N1A", period), {"CIL001": "41"})
    late = deposit(directory, "PF02", "N1A", period)
    return Story(
        before=facts(directory, before, period),
        after=facts(directory, [*before, late, corrected], period),
    )
