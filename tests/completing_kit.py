"""A counter over a real ledger: files are dropped, judged, answered and loaded, so that a kit can come back."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl

from domain.judgement import Judgement, SectionJudgement
from domain.organisations import Adhesion, Directory, Organisation, OrganisationType, Service, Span
from domain.outcome import Outcome
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from ingest.answering.kit import write_kits
from ingest.answering.store import AnswerStore, accepted_name
from ingest.catalogue import load_catalogue
from ingest.context import JudgingContext
from ingest.database.engine import Database
from ingest.judging import Judge
from ingest.ledger import Ledger
from ingest.reading.client import Reader
from ingest.settings import Settings

PARIS = ZoneInfo("Europe/Paris")
SLUG = "assistance_trimestrielle"
KIT = f"a_corriger_{SLUG}.csv"
TITLES = (
    "Dpt.",
    "CIL/CCI qui réalise le service",
    "Nb de diagnostics préalables (1)",
    "Nb d'engagements réciproques (2)",
    "Nb de diagnostics complémentaires (3)",
)
FIGURES = ("diagnostics_prealables", "engagements_reciproques", "diagnostics_complementaires")
Table = list[list[str]]


def members(count: int = 6) -> tuple[str, ...]:
    """The adherents of PF03, from CIL001 on."""
    return tuple(f"CIL{number:03d}" for number in range(1, count + 1))


def network(version: int = 1, count: int = 6, left: Sequence[str] = ()) -> Directory:
    """PF03 with `count` adherents less those who left, PF05 with CIL101."""
    kinds = OrganisationType
    own, other = members(count), "CIL101"
    platforms = [
        Organisation(code=code, type=kinds.PF, nom=f"Plate-forme {code}", compte_sftp=code.lower())
        for code in ("PF03", "PF05")
    ]
    return Directory(
        version=version,
        organisations=(
            *platforms,
            *(Organisation(code=code, type=kinds.CIL, nom=f"Logis {code}", departement="01") for code in (*own, other)),
        ),
        adhesions=tuple(
            Adhesion(code_cil=code, code_plateforme="PF05" if code == other else "PF03", service=service, dates=Span())
            for code in (*own, other)
            if code not in left
            for service in Service
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came of a file: `kits` by name, as bytes."""

    submission_id: str
    outcome: Outcome
    kits: Mapping[str, bytes]

    @property
    def section(self) -> SectionJudgement:
        return self.outcome.judgement.sections[0]

    @property
    def in_force(self) -> bool:
        return self.outcome.sections[0].in_force

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.section.findings]

    def kit(self, name: str = KIT) -> Table:
        """The CSV kit as rows of text, titles first."""
        return read_csv(self.kits[name])


@dataclass
class Counter:
    """Drops files one hour after the other, from 18 April 2005, 10 h."""

    judge: Judge
    ledger: Ledger
    folder: Path
    directory: Directory = field(default_factory=network)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    opens_at: datetime = datetime(2005, 4, 18, 10, 15, 2, tzinfo=PARIS)

    @property
    def store(self) -> AnswerStore:
        return AnswerStore(self.folder / "home")

    def drop(
        self,
        name: str,
        content: bytes | Table,
        *,
        account: str = "pf03",
        box: Box = Box.DEPOT,
        before: Callable[[Judgement], None] = lambda _judgement: None,
    ) -> Answered:
        """Both transactions of a file; `before` is called between judging and recording."""
        content = content if isinstance(content, bytes) else as_csv(content)
        number = next(self.numbers)
        received_at = self.opens_at + timedelta(hours=number)
        dropped = DroppedFile(
            submission_id=f"{received_at:%Y%m%d-%H%M%S}-{number + 0xABC000:06x}",
            account=account,
            box=box,
            name=name,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            received_at=received_at,
            proof=ReceiptProof.CHANGE_TIME,
        )
        (self.folder / dropped.submission_id).write_bytes(content)
        organisation = self.directory.of_account(account)
        self.ledger.claim(
            dropped,
            organisation=organisation.code if organisation else None,
            claimed_at=received_at,
            compose=lambda: ({}, []),
        )
        return self.judged(dropped, before=before)

    def judged(
        self, dropped: DroppedFile, *, before: Callable[[Judgement], None] = lambda _judgement: None
    ) -> Answered:
        """Judge (again) and record."""
        workdir = self.folder / f"work-{next(self.numbers)}"
        judgement = self.judge.judge(self.folder / dropped.submission_id, dropped, self.context(dropped), workdir)
        with self.store.replacing(dropped.submission_id) as answer:
            for section in judgement.sections:
                if dropped.test and section.rows and section.slug and section.period:
                    shutil.copyfile(section.rows, answer / accepted_name(section.slug, section.period.code))
            write_kits(judgement, dropped.submission_id, answer, directory=self.directory)
        before(judgement)
        outcome = self.ledger.record_verdict(
            dropped,
            judgement,
            directory=self.directory,
            now=dropped.received_at + timedelta(minutes=1),
            compose=lambda _outcome: ({}, []),
        )
        kits = {name: path.read_bytes() for name, path in self.store.files(dropped.submission_id).items()}
        return Answered(submission_id=dropped.submission_id, outcome=outcome, kits=kits)

    def context(self, dropped: DroppedFile) -> JudgingContext:
        return JudgingContext(
            account=dropped.account,
            received_at=dropped.received_at,
            now=dropped.received_at,
            zone=PARIS,
            first_period=Period(2005, 1),
            directory=self.directory,
            organisation=self.directory.of_account(dropped.account),
            box=dropped.box,
            ledger=self.ledger.view(dropped.submission_id),
            answers=self.store,
        )

    def rows(self, period: str = "2005T1") -> list[Mapping[str, Any]]:
        """The rows in force of N1A."""
        return list(self.ledger.rows_in_force(SLUG, period))

    def figures(self) -> dict[str, tuple[int, ...]]:
        """`code_cil` → its figures in force."""
        return {row["code_cil"]: tuple(row[name] for name in FIGURES) for row in self.rows()}


def counter(database: Database, reader: Reader, folder: Path, **values: Any) -> Counter:
    """A counter over a database with the whole schema."""
    ledger = Ledger(database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1))
    return Counter(judge=Judge(load_catalogue(), reader, Settings()), ledger=ledger, folder=folder, **values)


def table(*lines: Sequence[str]) -> Table:
    """Titles, then these lines."""
    return [list(TITLES), *(list(line) for line in lines)]


def good_lines(count: int = 6) -> Table:
    """One right line for each adherent."""
    return [["01", code, str(place + 10), str(place), "1"] for place, code in enumerate(members(count))]


def as_csv(rows: Sequence[Sequence[str]], separator: str = ";") -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return stream.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Sequence[Sequence[str | int | float]], sheet: str = "Feuil1") -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = sheet
    for row in rows:
        book.active.append(list(row))
        for cell in book.active[book.active.max_row]:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def read_csv(content: bytes) -> Table:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def read_xlsx(content: bytes) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
