"""Templates of the demonstration's network, filled in as people and scripts do, and a desk that judges them."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from domain.judgement import Judgement
from domain.organisations import Directory, OrganisationType
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from ingest.catalogue import Catalogue, load_catalogue
from ingest.context import JudgingContext, may_send
from ingest.demo.network_files import write_network
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.register.reading import directory_of_folder
from ingest.settings import Settings
from ingest.templates import template_order
from rendering.workbooks.template import TemplateOrder, template_workbook
from rendering.workbooks.template_plan import TemplatePlan
from schemas.columns import Kind

PARIS = ZoneInfo("Europe/Paris")
PERIOD = Period(2005, 1)
FIGURES = {Kind.COUNT: (9, 6, 4, 2), Kind.AMOUNT: (2500.5, 1800.25, 1200.1, 900)}


@dataclass(frozen=True)
class Template:
    """One template and what it was made for."""

    order: TemplateOrder
    content: bytes

    @property
    def plan(self) -> TemplatePlan:
        return TemplatePlan(order=self.order)

    def filled(self, change: Callable[[Any, TemplatePlan], None] | None = None) -> bytes:
        """Filled in by a script, which computes no formula."""
        book = openpyxl.load_workbook(io.BytesIO(self.content))
        sheet, plan = book[self.order.sheet_name], self.plan
        for row in range(plan.first_row, plan.last_expected_row + 1):
            for rank, one in enumerate(plan.to_fill):
                sheet.cell(row + 1, one.index + 1).value = FIGURES[one.column.kind][rank % 4]
        if change is not None:
            change(sheet, plan)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    return directory_of_folder(write_network(tmp_path_factory.mktemp("network")))


@pytest.fixture(scope="session")
def templates(catalogue: Catalogue, directory: Directory) -> list[Template]:
    """Those of every quarterly collection for every platform that owes it."""
    orders = [
        template_order(catalogue, directory, collection, PERIOD, account=one.compte_sftp or "", zone=PARIS)
        for collection in catalogue.collections
        if collection.periodicity is PERIOD.periodicity
        for one in directory.organisations
        if one.type is OrganisationType.PF and may_send(collection, one)
    ]
    made = [Template(order=order, content=template_workbook(order)) for order in orders if order.expected]
    assert len(made) >= 8
    return made


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with Reader(ReadingLimits()) as one:
        yield one


@dataclass
class Desk:
    """Judges bytes under a name, as dropped by an account on 18 April."""

    judge: Judge
    folder: Path
    directory: Directory
    numbers: list[int] = field(default_factory=list)

    def __call__(self, account: str, name: str, content: bytes, *, year: int = 2005) -> Judgement:
        self.numbers.append(len(self.numbers))
        path, workdir = self.folder / f"file-{len(self.numbers)}", self.folder / f"work-{len(self.numbers)}"
        path.write_bytes(content)
        at = datetime(year, 4, 18, 10, 15, 2, tzinfo=PARIS)
        context = JudgingContext(
            account=account,
            received_at=at,
            now=at,
            zone=PARIS,
            first_period=PERIOD,
            directory=self.directory,
            organisation=self.directory.of_account(account),
        )
        dropped = DroppedFile(
            submission_id="20050418-101502-7f3a9c",
            account=account,
            box=Box.DEPOT,
            name=name,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            received_at=at,
            proof=ReceiptProof.CHANGE_TIME,
        )
        return self.judge.judge(path, dropped, context, workdir)


@pytest.fixture
def desk(reader: Reader, tmp_path: Path, catalogue: Catalogue, directory: Directory) -> Desk:
    return Desk(judge=Judge(catalogue, reader, Settings()), folder=tmp_path, directory=directory)


class Office:
    """LibreOffice without a window."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder, self.program = folder, program

    def saved_as(self, extension: str, files: dict[str, bytes]) -> dict[str, bytes]:
        """The files opened, computed and saved in that format, by name."""
        source, target = self.folder / f"to-{extension}", self.folder / f"as-{extension}"
        source.mkdir(exist_ok=True)
        for name, content in files.items():
            (source / name).write_bytes(content)
        subprocess.run(
            [
                self.program,
                f"-env:UserInstallation=file://{self.folder}/profile",
                "--headless",
                "--convert-to",
                extension,
                "--outdir",
                str(target),
                *(str(source / name) for name in files),
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )
        return {name: (target / name).with_suffix(f".{extension}").read_bytes() for name in files}


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    return Office(tmp_path_factory.mktemp("office"), program)
