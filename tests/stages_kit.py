"""Builds sections, registers and contexts in memory for the tests of the stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from domain.judgement import SectionJudgement
from domain.organisations import (
    Adhesion,
    Delegation,
    Directory,
    Organisation,
    OrganisationType,
    Service,
    Span,
)
from domain.periods import Period
from domain.text import normalise_header
from ingest.catalogue import load_catalogue
from ingest.context import JudgingContext, NoLedger
from ingest.reading.raw import ReadNote
from ingest.stages.check_rules import check_rules
from ingest.stages.check_schema import check_schema
from ingest.stages.sections import Header, IdentifiedSection
from rules.rule import RuleSet
from schemas.collection import Collection

N1A_TITLES = [
    "Dpt.",
    "CIL/CCI qui réalise le service",
    "Nb de diagnostics préalables (1)",
    "Nb d'engagements réciproques (2)",
    "Nb de diagnostics complémentaires (3)",
]
N1M_TITLES = [
    "Dpt.",
    "CIL/CCI qui réalise le service (1)",
    "Nb de dossiers individuels (2)",
    "Nb d'entreprises concernées (3)",
    "Montant facturé (2) HT en €",
]


@dataclass(frozen=True)
class MemorySheet:
    """A `RawSheet` whose rows are in memory, given in batches of `batch_rows`."""

    rows: tuple[tuple[int, tuple[str | None, ...]], ...]
    n_columns: int
    name: str | None = None
    index: int = 0
    notes: tuple[ReadNote, ...] = ()
    batch_rows: int = 1000

    def batches(self) -> Iterator[pa.RecordBatch]:
        names = ["row", *(f"c{index}" for index in range(self.n_columns))]
        for first in range(0, len(self.rows), self.batch_rows):
            part = self.rows[first : first + self.batch_rows]
            numbers = pa.array([row for row, _cells in part], pa.int32())
            texts = [
                pa.array([cells[index] if index < len(cells) else None for _row, cells in part], pa.string())
                for index in range(self.n_columns)
            ]
            yield pa.record_batch([numbers, *texts], names=names)

    def preview(self, count: int) -> list[tuple[int, list[str | None]]]:
        return [(row, [*cells, *[None] * (self.n_columns - len(cells))]) for row, cells in self.rows[:count]]


def section(
    code: str | Collection,
    titles: Sequence[str],
    lines: Sequence[Sequence[str | None]],
    *,
    period: str = "2005T1",
    nil: bool = False,
    first_row: int = 1,
    width: int | None = None,
    **sheet: Any,
) -> IdentifiedSection:
    """A section as identification would give it: titles at `first_row`, lines just under."""
    collection = code if isinstance(code, Collection) else load_catalogue().by_code(code)
    assert collection is not None
    columns: dict[str, int] = {}
    unknown: list[tuple[int, str]] = []
    for index, title in enumerate(titles):
        name = collection.header_names.get(normalise_header(title))
        if name is None or name in columns:
            unknown.append((index, title))
        else:
            columns[name] = index
    rows = [(first_row, tuple(titles)), *((first_row + 1 + place, tuple(line)) for place, line in enumerate(lines))]
    raw = MemorySheet(
        rows=tuple(rows),
        n_columns=width or max([len(titles), *(len(line) for line in lines)]),
        **sheet,
    )
    header = Header(
        row=first_row,
        columns=columns,
        labels={name: titles[index] for name, index in columns.items()},
        unknown=tuple(unknown),
        n_columns=len(titles),
        body_from=first_row + 1,
    )
    return IdentifiedSection(
        collection=collection,
        period=Period.parse(period),
        sheet=raw.name,
        raw=raw,  # type: ignore[arg-type]
        header=header,
        nil=nil,
    )


def cil(code: str, nom: str, departement: str = "01") -> Organisation:
    return Organisation(code=code, type=OrganisationType(code[:3]), nom=nom, departement=departement)


def network(**changes: Any) -> Directory:
    """PF03 with CIL001, CIL002, CCI003 for both services; PF05 with CIL009."""
    own = [
        cil("CIL001", "CIL de l’Ain", "01"),
        cil("CIL002", "Logis Aisne", "02"),
        cil("CCI003", "CCI de l'Allier", "03"),
    ]
    others = [cil("CIL009", "CIL du Lot", "46")]
    platforms = [
        Organisation(code="PF03", type=OrganisationType.PF, nom="Plate-forme Centre", compte_sftp="pf03"),
        Organisation(code="PF05", type=OrganisationType.PF, nom="Plate-forme Sud", compte_sftp="pf05"),
    ]
    adhesions = [
        Adhesion(code_cil=one.code, code_plateforme=platform, service=service, dates=Span())
        for platform, members in (("PF03", own), ("PF05", others))
        for one in members
        for service in Service
    ]
    made = Directory(version=1, organisations=(*platforms, *own, *others), adhesions=tuple(adhesions))
    return replace(made, **changes)


def delegation(mandant: str, performer: str, first: date | None = None, last: date | None = None) -> Delegation:
    return Delegation(
        code_mandant=mandant,
        code_realisateur=performer,
        service=Service.ASA,
        dates=Span(first=first, last=last),
    )


class Elsewhere(NoLedger):
    """A ledger in which other accounts have lines in force."""

    def __init__(self, lines: Mapping[str, str]) -> None:
        self.lines = lines

    def lines_in_force_elsewhere(
        self,
        collection: str,
        period: Period,
        account: str,
        members: AbstractSet[str] | None = None,
        *,
        service: Service | None = None,
    ) -> Mapping[str, str]:
        del collection, period, account, service
        return {code: other for code, other in self.lines.items() if members is None or code in members}


def context(directory: Directory | None = None, *, register: bool = True, **changes: Any) -> JudgingContext:
    """PF03 deposits on 10 April 2005; `register` False: no register at all."""
    if register and directory is None:
        directory = network()
    made = JudgingContext(
        account="pf03",
        received_at=datetime(2005, 4, 10, 8, tzinfo=UTC),
        now=datetime(2005, 4, 10, 8, 1, tzinfo=UTC),
        zone=ZoneInfo("Europe/Paris"),
        first_period=Period(2005, 1),
        directory=directory,
        organisation=None if directory is None else directory.by_code.get("PF03"),
    )
    return replace(made, **changes)


def judge(
    one: IdentifiedSection,
    workdir: Path,
    facts: JudgingContext | None = None,
    rules: RuleSet | None = None,
) -> SectionJudgement:
    """Run both stages."""
    facts = facts or context()
    rules = rules or load_catalogue().rules_for(one.collection)
    return check_rules(check_schema(one, facts, workdir), rules, facts)


def rows_of(judgement: SectionJudgement) -> list[dict[str, Any]]:
    """The accepted rows."""
    if judgement.rows is None:
        return []
    with pa.OSFile(str(judgement.rows), "rb") as source, pa.ipc.open_stream(source) as reader:
        return list(reader.read_all().to_pylist())


def codes(judgement: SectionJudgement) -> list[str]:
    """The codes of all findings, in order."""
    return [finding.code for finding in judgement.findings]


N1A_GOOD = [["01", "CIL001", "10", "4", "1"], ["02", "CIL002", "0", "0", "0"], ["03", "CCI003", "7", "7", "2"]]
N1M_GOOD = [["01", "CIL001", "3", "2", "1 234,50"], ["02", "CIL002", "0", "0", "0"], ["03", "CCI003", "1", "1", "500"]]
