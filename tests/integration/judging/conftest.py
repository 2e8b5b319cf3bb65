"""A real reading process, a small network, and files as office software writes them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pytest
import xlwt
from odf import opendocument, table, text

from domain.judgement import Judgement, SectionJudgement
from domain.organisations import Adhesion, Delegation, Directory, Organisation, OrganisationType, Service, Span
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from ingest.catalogue import load_catalogue
from ingest.context import JudgingContext, NoLedger
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.settings import Settings

PARIS = ZoneInfo("Europe/Paris")
Cell = str | int | float | None
Line = Sequence[Cell]
Sheets = Sequence[tuple[str, Sequence[Line]]]

TITLES: Line = (
    "Dpt.",
    "CIL/CCI qui réalise le service",
    "Nb de diagnostics préalables (1)",
    "Nb d'engagements réciproques (2)",
    "Nb de diagnostics complémentaires (3)",
)
MOBILITY_TITLES: Line = (
    "Dpt.",
    "CIL/CCI qui réalise le service (1)",
    "Nb de dossiers individuels (2)",
    "Nb d'entreprises concernées (3)",
    "Montant facturé (2) HT en €",
)
DATA: Sequence[Line] = (("01", "CIL001", 12, 5, 2), ("63", "CIL002", 7, 1, 0), ("69", "CCI003", 3, 3, 1))
MOBILITY_DATA: Sequence[Line] = (
    ("01", "CIL001", 4, 2, 1250.5),
    ("63", "CIL002", 0, 0, 0),
    ("69", "CCI003", 2, 2, 800),
)


def _network() -> Directory:
    kinds = OrganisationType
    members = (
        ("CIL001", kinds.CIL, "CIL de l'Ain", "01"),
        ("CIL002", kinds.CIL, "Logis d'Auvergne", "63"),
        ("CCI003", kinds.CCI, "CCI de Lyon", "69"),
        ("CIL004", kinds.CIL, "CIL du Var", "83"),
    )
    platforms = (("PF03", "Plate-forme Centre-Est", "pf03"), ("PF04", "Plate-forme Sud", "pf04"))
    return Directory(
        version=7,
        organisations=(
            Organisation(code="UESL", type=kinds.UESL, nom="UESL", compte_sftp="uesl"),
            *(Organisation(code=code, type=kinds.PF, nom=nom, compte_sftp=account) for code, nom, account in platforms),
            *(Organisation(code=code, type=kind, nom=nom, departement=place) for code, kind, nom, place in members),
        ),
        adhesions=tuple(
            Adhesion(
                code_cil=code, code_plateforme="PF04" if code == "CIL004" else "PF03", service=service, dates=Span()
            )
            for code, *_ in members
            for service in Service
        ),
        delegations=(Delegation(code_mandant="CIL004", code_realisateur="CIL001", service=Service.MOB, dates=Span()),),
    )


@dataclass
class KnownDeposits(NoLedger):
    """A ledger in which one deposit, of these bytes, is in force."""

    sha256: str = ""

    def is_duplicate(self, account: str, collection: str, period: Period, sha256: str) -> str | None:
        del account, collection, period
        return "20050402-090000-abcdef" if sha256 == self.sha256 else None

    def lines_in_force_elsewhere(
        self,
        collection: str,
        period: Period,
        account: str,
        members: AbstractSet[str] | None = None,
        *,
        service: Service | None = None,
    ) -> dict[str, str]:
        del collection, period, account, members, service
        return {}

    def rows_of(self, submission_id: str, collection: str) -> Iterator[dict[str, Any]]:
        del submission_id, collection
        return iter(())


@dataclass
class Desk:
    """Judges bytes under a name, as dropped by PF03 on 18 April 2005."""

    judge: Judge
    folder: Path
    directory: Directory = field(default_factory=_network)
    ledger: KnownDeposits = field(default_factory=KnownDeposits)
    _count: int = 0

    def __call__(
        self, name: str, content: bytes | str, *, box: Box = Box.DEPOT, forced: Any = None, **values: Any
    ) -> Judgement:
        if isinstance(content, str):
            content = content.encode()
        self._count += 1
        path, workdir = self.folder / f"file-{self._count}", self.folder / f"work-{self._count}"
        path.write_bytes(content)
        at = values.pop("at", datetime(2005, 4, 18, 10, 15, 2, tzinfo=PARIS))
        account = values.pop("account", "pf03")
        context = JudgingContext(
            **{
                "account": account,
                "received_at": at,
                "now": at,
                "zone": PARIS,
                "first_period": Period(2005, 1),
                "box": box,
                "directory": self.directory,
                "organisation": self.directory.of_account(account),
                "ledger": self.ledger,
                **values,
            }
        )
        dropped = DroppedFile(
            submission_id="20050418-101502-7f3a9c",
            account=account,
            box=box,
            name=name,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            received_at=at,
            proof=ReceiptProof.CHANGE_TIME,
        )
        return self.judge.judge(path, dropped, context, workdir, forced=forced)


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with Reader(ReadingLimits()) as one:
        yield one


@pytest.fixture
def desk(reader: Reader, tmp_path: Path) -> Desk:
    return Desk(judge=Judge(load_catalogue(), reader, Settings()), folder=tmp_path)


@dataclass(frozen=True)
class Files:
    """Writes tables as files of every format."""

    titles = TITLES
    data = DATA
    mobility_titles = MOBILITY_TITLES
    mobility_data = MOBILITY_DATA

    def table(self, *extra: Line) -> list[Line]:
        return [TITLES, *DATA, *extra]

    def mobility(self) -> list[Line]:
        return [MOBILITY_TITLES, *MOBILITY_DATA]

    def official(self, quarter: str = "1er Trimestre 2005") -> list[Line]:
        """The matrix as published: titles, sub-titles, total and notes (S1-6, S1-7)."""
        return [
            ("UESL",),
            ("Suivi de l'activité du CIL-PASS assistance",),
            (quarter,),
            (),
            TITLES,
            (None, None, "Trimestre", "Trimestre", "Trimestre"),
            *DATA,
            ("Total service CIL-PASS assistance", None, 22, 9, 3),
            (),
            ("(1) Sont comptés les diagnostics que le CIL/CCI considère comme terminés",),
        ]

    def csv(self, lines: Sequence[Line], *, separator: str = ";", encoding: str = "utf-8") -> bytes:
        def cell(value: Cell) -> str:
            shown = "" if value is None else str(value).replace(".", ",") if isinstance(value, float) else str(value)
            return f'"{shown}"' if separator in shown or '"' in shown else shown

        body = "".join(separator.join(cell(value) for value in line) + "\r\n" for line in lines)
        return body.encode(encoding)

    def xlsx(self, *sheets: tuple[str, Sequence[Line]], hidden: Sequence[str] = ()) -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, lines in sheets:
            sheet = book.create_sheet(name)
            for line in lines:
                sheet.append(list(line))
            if name in hidden:
                sheet.sheet_state = "hidden"
        return _saved(book.save)

    def xls(self, *sheets: tuple[str, Sequence[Line]]) -> bytes:
        book = xlwt.Workbook()
        for name, lines in sheets:
            sheet = book.add_sheet(name)
            for row, line in enumerate(lines):
                for column, value in enumerate(line):
                    if value is not None:
                        sheet.write(row, column, value)
        return _saved(book.save)

    def ods(self, *sheets: tuple[str, Sequence[Line]]) -> bytes:
        document = opendocument.OpenDocumentSpreadsheet()
        for name, lines in sheets:
            sheet = table.Table(name=name)
            for line in lines:
                row = table.TableRow()
                for value in line:
                    row.addElement(_ods_cell(value))
                sheet.addElement(row)
            document.spreadsheet.addElement(sheet)
        return _saved(document.write)


def _ods_cell(value: Cell) -> Any:
    if value is None:
        return table.TableCell()
    if isinstance(value, str):
        cell = table.TableCell(valuetype="string")
    else:
        cell = table.TableCell(valuetype="float", value=str(value))
    cell.addElement(text.P(text=str(value)))
    return cell


def _saved(save: Callable[[Any], Any]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def records() -> Callable[[SectionJudgement], list[dict[str, Any]]]:
    """The records that a section would load, without their row numbers."""

    def read(section: SectionJudgement) -> list[dict[str, Any]]:
        assert section.rows is not None
        with pa.OSFile(str(section.rows)) as source, pa.ipc.open_stream(source) as stream:
            rows = stream.read_all().to_pylist()
        return [{name: value for name, value in row.items() if name != "row"} for row in rows]

    return read
