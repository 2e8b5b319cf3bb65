"""A ledger over each database, and a driver that deposits judged files the way the pipeline does."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from domain.findings import Finding, Severity, count_by_severity
from domain.judgement import Detected, Judgement, SectionJudgement
from domain.notices import Event, Notice
from domain.organisations import Adhesion, Directory, Organisation, OrganisationType, Service, Span
from domain.outcome import Outcome
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.database import tables
from ingest.database.engine import Database
from ingest.ledger import Ledger

PARIS = ZoneInfo("Europe/Paris")
N1A, N1M = "N1A", "N1M"
SLUGS = {N1A: "assistance_trimestrielle", N1M: "mobilite_trimestrielle"}
AMOUNTS = {
    N1A: ("diagnostics_prealables", "engagements_reciproques", "diagnostics_complementaires"),
    N1M: ("dossiers_individuels", "entreprises_concernees", "montant_facture_ht"),
}


def paris(text: str) -> datetime:
    """An instant in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def two_platforms(version: int = 1) -> Directory:
    """PF03 serves both services, PF07 assistance only; four CIL."""
    since = Span(first=date(2003, 1, 1))
    organisations = [
        Organisation(code="PF03", type=OrganisationType.PF, nom="Plate-forme Rhône", compte_sftp="pf03"),
        Organisation(code="PF07", type=OrganisationType.PF, nom="Plate-forme Nord", compte_sftp="pf07"),
    ]
    organisations += [
        Organisation(code=f"CIL00{number}", type=OrganisationType.CIL, nom=f"CIL {number}") for number in range(1, 5)
    ]
    adhesions = [
        ("CIL001", "PF03", Service.ASA),
        ("CIL002", "PF03", Service.ASA),
        ("CIL001", "PF03", Service.MOB),
        ("CIL003", "PF07", Service.ASA),
    ]
    return Directory(
        version=version,
        organisations=tuple(organisations),
        adhesions=tuple(
            Adhesion(code_cil=cil, code_plateforme=platform, service=service, dates=since)
            for cil, platform, service in adhesions
        ),
    )


@dataclass
class Driver:
    """Deposits judged files. Times are Paris civil times as text; each judging comes a minute after the receipt."""

    database: Database
    ledger: Ledger
    workdir: Path
    directory: Directory | None = field(default_factory=two_platforms)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def dropped(
        self,
        at: str,
        *,
        account: str = "pf03",
        box: Box = Box.DEPOT,
        content: str | None = None,
    ) -> DroppedFile:
        """A file received at `at`; `content` stands for its bytes."""
        number = next(self.numbers)
        received_at = paris(at)
        return DroppedFile(
            submission_id=f"{received_at:%Y%m%d-%H%M%S}-{number:06x}",
            account=account,
            box=box,
            name=f"N1A_2005T1_{number}.csv",
            size=100,
            sha256=hashlib.sha256((content or f"bytes {number}").encode()).hexdigest(),
            received_at=received_at,
            proof=ReceiptProof.SFTP_CLOSE,
        )

    def section(
        self,
        verdict: Verdict = Verdict.ACCEPTED,
        *,
        collection: str = N1A,
        period: str = "2005T1",
        rows: Sequence[tuple[int, str, int]] = ((2, "CIL001", 10), (3, "CIL002", 20)),
        complete: bool | None = None,
        findings: Sequence[Finding] = (),
        **values: Any,
    ) -> SectionJudgement:
        """A judged section; rows are (row number, CIL, figure)."""
        loads = verdict.loads and verdict is not Verdict.NIL
        kept = list(rows) if loads else []
        whole = verdict in {Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS, Verdict.NIL}
        if verdict is Verdict.PARTIALLY_ACCEPTED and not findings:
            findings = (error_on(9),)
        return SectionJudgement(
            collection=collection,
            slug=SLUGS.get(collection, collection.lower()),
            period=Period.parse(period),
            sheet=None,
            verdict=verdict,
            records_read=len(rows),
            records_accepted=len(kept),
            records_rejected=len(rows) - len(kept),
            findings=tuple(findings),
            finding_counts=count_by_severity(findings),
            complete=whole if complete is None else complete,
            nil=verdict is Verdict.NIL,
            rows=self.spool(collection, kept) if kept else None,
            **values,
        )

    def spool(self, collection: str, rows: Sequence[tuple[int, str, int]]) -> Path:
        """Accepted rows as the judge spools them."""
        first, second, third = AMOUNTS[collection]
        figures = [figure for _, _, figure in rows]
        exact = pa.decimal128(12, 2)
        last = (
            pa.array([Decimal(f"{figure}.10") for figure in figures], exact)
            if collection == N1M
            else pa.array(figures, pa.int64())
        )
        columns = {
            "code_plateforme": pa.array(["PF03"] * len(rows)),
            "annee": pa.array([2005] * len(rows), pa.int64()),
            "trimestre": pa.array([1] * len(rows), pa.int64()),
            "departement": pa.array(["69"] * len(rows)),
            "code_cil": pa.array([cil for _, cil, _ in rows]),
            "nom_cil": pa.array([None] * len(rows), pa.string()),
            first: pa.array(figures, pa.int64()),
            second: pa.array(figures, pa.int64()),
            third: last,
            "row": pa.array([row for row, _, _ in rows], pa.int32()),
        }
        batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
        path = self.workdir / f"rows-{next(self.numbers)}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        return path

    def judgement(self, *sections: SectionJudgement, **values: Any) -> Judgement:
        """A judgement of these sections."""
        values.setdefault("directory_version", None if self.directory is None else self.directory.version)
        return Judgement(
            detected=Detected(format="csv", encoding="utf-8", separator=";", header_row=1),
            sections=sections,
            rules_version="test",
            judged_at=datetime(2005, 4, 18, 8, 16, tzinfo=UTC),
            **values,
        )

    def claim(self, dropped: DroppedFile) -> bool:
        """First transaction."""
        return self.ledger.claim(
            dropped,
            organisation="PF03",
            claimed_at=dropped.received_at,
            compose=lambda: ({"submission": dropped.submission_id}, [notice(dropped, Event.RECEIPT)]),
        )

    def record(
        self,
        dropped: DroppedFile,
        judgement: Judgement,
        *,
        now: datetime | None = None,
        compose: Callable[[Outcome], Any] | None = None,
    ) -> Outcome:
        """Second transaction."""
        return self.ledger.record_verdict(
            dropped,
            judgement,
            directory=self.directory,
            now=now or dropped.received_at + timedelta(minutes=1),
            compose=compose or answer,
        )

    def deposit(self, at: str, verdict: Verdict = Verdict.ACCEPTED, **values: Any) -> Outcome:
        """Both transactions of a file of one section; its id is `.dropped.submission_id`."""
        about_file = {name: values.pop(name) for name in ("account", "box", "content") if name in values}
        dropped = self.dropped(at, **about_file)
        self.claim(dropped)
        return self.record(dropped, self.judgement(self.section(verdict, **values)))

    def in_force(self, period: str = "2005T1", collection: str = N1A, at: str | None = None) -> set[str]:
        """Submissions with rows in force."""
        rows = self.ledger.rows_in_force(SLUGS[collection], period, None if at is None else paris(at))
        return {row["submission_id"] for row in rows}

    def count(self, table: str) -> int:
        """Rows of a table of the engine."""
        with self.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(tables.metadata.tables[table])).scalar_one())

    def status(self, now: str, collection: str = N1A, organisation: str = "PF03") -> dict[str, Any]:
        """The line of `guichet status` of one obligation of 2005T1."""
        lines = self.ledger.compliance(paris(now), period="2005T1", account=organisation)
        return next(line for line in lines if line["collection"] == collection)


def error_on(row: int) -> Finding:
    """An error on a record."""
    return Finding(code="G-10", severity=Severity.ERROR, message="valeur négative", row=row, cell=f"E{row}", value="-3")


def notice(dropped: DroppedFile, event: Event) -> Notice:
    """A message about a deposit."""
    return Notice(
        cause_key=f"{event}:{dropped.submission_id}:a@example.org",
        event=event,
        recipient="a@example.org",
        recipient_name="A",
        subject="Sujet",
        text="Texte",
        html="<p>Texte</p>",
        submission_id=dropped.submission_id,
    )


def answer(outcome: Outcome) -> tuple[dict[str, Any], list[Notice]]:
    """The least that `compose` can give."""
    return (
        {"submission": outcome.dropped.submission_id, "verdict": outcome.judgement.verdict.value},
        [notice(outcome.dropped, Event.VERDICT)],
    )


@pytest.fixture
def driver(database: Database, tmp_path: Path) -> Driver:
    """A ledger over a fresh database, go-live 2005T1."""
    ledger = Ledger(database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1))
    return Driver(database=database, ledger=ledger, workdir=tmp_path)


@pytest.fixture
def is_postgresql(database_url: str) -> bool:
    return make_url(database_url).get_backend_name() == "postgresql"
