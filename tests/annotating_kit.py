"""What the tests of annotated copies share: a small network, wrong files, and a desk from a file to its copy."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from domain.judgement import Judgement
from domain.organisations import Adhesion, Directory, Organisation, OrganisationType, Service, Span
from domain.outcome import Outcome, SectionOutcome
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from ingest.annotating.client import Annotated, Annotator
from ingest.context import Completable, CompletionState, JudgingContext, NamedSection, NoLedger
from ingest.judging import Judge
from rendering.answer import verdict_document
from rendering.workbooks.annotation import AnnotationPlan
from rendering.workbooks.plan import plan_of

PARIS = ZoneInfo("Europe/Paris")
SUBMISSION = "20050418-101502-7f3a9c"
Line = Sequence[Any]
TITLES: Line = (
    "Dpt.",
    "CIL/CCI qui réalise le service",
    "Nb de diagnostics préalables (1)",
    "Nb d’engagements réciproques (2)",
    "Nb de diagnostics complémentaires (3)",
)
MOBILITY_TITLES: Line = (
    "Dpt.",
    "CIL/CCI qui réalise le service (1)",
    "Nb de dossiers individuels (2)",
    "Nb d’entreprises concernées (3)",
    "Montant facturé (2) HT en €",
)
WRONG: Sequence[Line] = (
    ("01", "CIL001", -3, 5, 2),
    ("63", "CIL002", 7, "deux", 0),
    ("99", "CCI003", 3, 3, 1),
)
MOBILITY_WRONG: Sequence[Line] = (
    ("01", "CIL001", 4, 2, 1250.5),
    ("63", "CIL002", "beaucoup", 0, 0),
    ("69", "CCI003", 2, 2, 800),
)


def network() -> Directory:
    members = (
        ("CIL001", OrganisationType.CIL, "CIL de l'Ain", "01"),
        ("CIL002", OrganisationType.CIL, "Logis d'Auvergne", "63"),
        ("CCI003", OrganisationType.CCI, "CCI de Lyon", "69"),
    )
    return Directory(
        version=7,
        organisations=(
            Organisation(code="UESL", type=OrganisationType.UESL, nom="UESL", compte_sftp="uesl"),
            Organisation(code="PF03", type=OrganisationType.PF, nom="Plate-forme Centre-Est", compte_sftp="pf03"),
            *(Organisation(code=code, type=kind, nom=nom, departement=place) for code, kind, nom, place in members),
        ),
        adhesions=tuple(
            Adhesion(code_cil=code, code_plateforme="PF03", service=service, dates=Span())
            for code, *_ in members
            for service in Service
        ),
    )


class OneDeposit(NoLedger):
    """A ledger in which the deposit that was answered is known, and nothing of it was accepted."""

    def sections_of(self, account: str, submission_id: str) -> tuple[NamedSection, ...]:
        del account
        if submission_id != SUBMISSION:
            return ()
        codes = ("N1A", "N1M")
        return tuple(NamedSection(collection=code, period=Period(2005, 1), read=True) for code in codes)

    def completion(self, account: str, submission_id: str, collection: str, period: Period) -> Completable | None:
        del account, collection, period
        if submission_id != SUBMISSION:
            return None
        return Completable(state=CompletionState.NOTHING_ACCEPTED, base=submission_id)


@dataclass(frozen=True)
class Answer:
    """A file, its judgement, and its annotated copy (`name` is the deposit's)."""

    name: str
    original: Path
    judgement: Judgement
    plan: AnnotationPlan
    copy: Annotated

    def book(self, **options: Any) -> Any:
        return openpyxl.load_workbook(self.copy.path, **options)


@dataclass
class Desk:
    """Judges a file dropped by PF03 and annotates it."""

    judge: Judge
    annotator: Annotator
    folder: Path
    directory: Directory
    count: int = 0

    def judged(self, name: str, content: bytes, *, box: Box = Box.DEPOT) -> tuple[Path, Judgement, AnnotationPlan]:
        self.count += 1
        work = self.folder / f"work-{self.count}"
        work.mkdir()
        path = work / "original"
        path.write_bytes(content)
        at = datetime(2005, 4, 18, 10, 15, 2, tzinfo=PARIS)
        organisation = self.directory.of_account("pf03")
        context = JudgingContext(
            account="pf03",
            received_at=at,
            now=at,
            zone=PARIS,
            first_period=Period(2005, 1),
            box=box,
            directory=self.directory,
            ledger=OneDeposit(),
            organisation=organisation,
        )
        dropped = DroppedFile(
            submission_id=SUBMISSION,
            account="pf03",
            box=box,
            name=name,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            received_at=at,
            proof=ReceiptProof.CHANGE_TIME,
        )
        judgement = self.judge.judge(path, dropped, context, work / "judging")
        outcome = Outcome(
            dropped=dropped,
            organisation=organisation,
            judgement=judgement,
            sections=tuple(SectionOutcome(judgement=one, in_force=False) for one in judgement.sections),
        )
        known = self.judge.catalogue.collections
        facts = {one.code: one for one in (known.values() if hasattr(known, "values") else known)}
        return path, judgement, plan_of(verdict_document(outcome, PARIS, facts), judgement, facts)

    def __call__(self, name: str, content: bytes, *, box: Box = Box.DEPOT, **changes: Any) -> Answer:
        path, judgement, plan = self.judged(name, content, box=box)
        return self.annotated(name, path, judgement, replace(plan, **changes))

    def annotated(self, name: str, path: Path, judgement: Judgement, plan: AnnotationPlan) -> Answer:
        self.count += 1
        room = self.folder / f"annotating-{self.count}"
        room.mkdir()
        made = self.annotator.annotate(
            path,
            format=judgement.detected.format or "csv",
            tables=judgement.tables,
            plan=plan,
            workdir=room,
        )
        assert made is not None
        return Answer(name=name, original=path, judgement=judgement, plan=plan, copy=made)


def saved(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def through_office(path: Path, folder: Path, kind: str = "xlsx") -> Path:
    """The workbook opened and saved by LibreOffice."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: `apt-get install libreoffice-calc`")
    folder.mkdir(exist_ok=True)
    subprocess.run(
        [
            office,
            "--headless",
            f"-env:UserInstallation=file://{folder}/profile",
            "--convert-to",
            kind,
            "--outdir",
            folder,
            path,
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder / f"{path.stem}.{kind}"


def links_of(sheet: Any) -> set[str]:
    """Where the cells of a sheet lead."""
    cells = (cell for row in sheet.iter_rows() for cell in row)
    return {cell.hyperlink.location for cell in cells if cell.hyperlink is not None and cell.hyperlink.location}


def texts_of(sheet: Any) -> list[str]:
    """All texts of a sheet, row by row."""
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
