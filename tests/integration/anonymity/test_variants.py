"""Two hundred files with a personal datum, of which none gets through; two hundred without, none is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.judgement import Judgement
from domain.organisations import Adhesion, Directory, Organisation, OrganisationType, Service, Span
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.context import JudgingContext, NoLedger
from ingest.inbox.names import printable
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.settings import Settings
from tests.anonymity_kit import Made, clean, planted

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2006, 2, 10, 10, 15, 2, tzinfo=PARIS)
PLANTED, CLEAN = planted(), clean()
MEMBERS = (
    ("CIL001", OrganisationType.CIL, "CIL de l'Ain", "01"),
    ("CIL002", OrganisationType.CIL, "Logis d'Auvergne", "63"),
    ("CCI003", OrganisationType.CCI, "CCI de Lyon", "69"),
    ("CIL004", OrganisationType.CIL, "CIL Jean Moulin", "69"),
    ("CIL005", OrganisationType.CIL, "Martin Logement", "69"),
)
DIRECTORY = Directory(
    version=7,
    organisations=(
        Organisation(code="PF03", type=OrganisationType.PF, nom="Plate-forme Centre-Est", compte_sftp="pf03"),
        *(Organisation(code=code, type=kind, nom=nom, departement=place) for code, kind, nom, place in MEMBERS),
    ),
    adhesions=tuple(
        Adhesion(code_cil=code, code_plateforme="PF03", service=service, dates=Span())
        for code, *_ in MEMBERS
        for service in Service
    ),
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Made], Judgement]]:
    """Judges as the service does, stage after stage, in the limited child."""
    folder = tmp_path_factory.mktemp("anonymity")
    with Reader(ReadingLimits()) as reader:
        judge = Judge(load_catalogue(), reader, Settings())

        def run(made: Made) -> Judgement:
            path = folder / "original"
            path.write_bytes(made.content)
            return judge.judge(path, _dropped(made), _context(), folder / "work")

        yield run


def _dropped(made: Made) -> DroppedFile:
    return DroppedFile(
        submission_id="20060210-101502-7f3a9c",
        account="pf03",
        box=Box.DEPOT,
        name=printable(made.name.encode()),
        size=len(made.content),
        sha256=hashlib.sha256(made.content).hexdigest(),
        received_at=AT,
        proof=ReceiptProof.CHANGE_TIME,
    )


def _context() -> JudgingContext:
    return JudgingContext(
        account="pf03",
        received_at=AT,
        now=AT,
        zone=PARIS,
        first_period=Period(2005, 1),
        box=Box.DEPOT,
        directory=DIRECTORY,
        organisation=DIRECTORY.of_account("pf03"),
        ledger=NoLedger(),
    )


def test_there_are_two_hundred_of_each() -> None:
    assert len(PLANTED) >= 200
    assert len(CLEAN) >= 200
    assert len({made.label for made in PLANTED}) > 150


@pytest.mark.parametrize("made", PLANTED, ids=[made.label for made in PLANTED])
def test_no_planted_datum_gets_through(judged: Callable[[Made], Judgement], made: Made, tmp_path: Path) -> None:
    """The file is destroyed, and the answer tells the rule and the place without a word of the file."""
    del tmp_path
    judgement = judged(made)
    assert judgement.destroy, made.name
    assert {section.verdict for section in judgement.sections} == {Verdict.DESTROYED}
    findings = [finding for section in judgement.sections for finding in section.findings]
    assert {finding.code for finding in findings} == {"G-12"}
    assert all(finding.value is None and finding.label is None for finding in findings)
    assert not [one for one in made.planted if one in str(judgement)]
    assert all(section.rows is None for section in judgement.sections)


@pytest.mark.parametrize("made", CLEAN, ids=[made.label for made in CLEAN])
def test_no_clean_file_is_destroyed(judged: Callable[[Made], Judgement], made: Made) -> None:
    judgement = judged(made)
    told = [finding.message for section in judgement.sections for finding in section.findings if finding.code == "G-12"]
    assert not judgement.destroy, told
    assert not told
