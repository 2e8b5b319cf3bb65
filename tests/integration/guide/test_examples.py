"""What the guide shows as right is accepted, with the demonstration's network; what it promises not to mind is not."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from domain.judgement import Judgement
from domain.organisations import Directory, Organisation, Service
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.context import JudgingContext
from ingest.demo.network_files import FIRST_PERIOD, write_network
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.register.reading import directory_of_folder
from ingest.settings import Settings
from ingest.stages.naming import read_name
from rendering.guide.examples import Example, example_period, example_table
from rendering.guide.mistakes import mistakes
from rendering.guide.pages import names_that_work
from schemas.collection import Collection

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2005, 4, 18, 10, 15, 2, tzinfo=PARIS)
SENDER, ACCOUNT = "PF03", "pf03"
EACH = pytest.mark.parametrize("collection", load_catalogue().collections, ids=lambda one: one.code)
Deposit = Callable[[str, bytes], Judgement]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(ReadingLimits()) as one:
        yield one


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    return directory_of_folder(write_network(tmp_path_factory.mktemp("network")))


@pytest.fixture
def deposit(reader: Reader, directory: Directory, tmp_path: Path) -> Deposit:
    judge = Judge(load_catalogue(), reader, Settings())

    def judged(name: str, content: bytes) -> Judgement:
        at = AT if "2005T" in name else AT.replace(year=2006)
        path = tmp_path / "file"
        path.write_bytes(content)
        dropped = DroppedFile(
            submission_id="20050418-101502-7f3a9c",
            account=ACCOUNT,
            box=Box.DEPOT,
            name=name,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            received_at=at,
            proof=ReceiptProof.CHANGE_TIME,
        )
        context = JudgingContext(
            account=ACCOUNT,
            received_at=at,
            now=at,
            zone=PARIS,
            first_period=FIRST_PERIOD,
            directory=directory,
            organisation=directory.of_account(ACCOUNT),
        )
        return judge.judge(path, dropped, context, tmp_path / "work")

    return judged


def expected(directory: Directory, collection: Collection, period: Period) -> dict[Service, list[Organisation]]:
    """The members whose lines the platform owes, or who may have one, for each service."""
    return {
        one: [directory.by_code[code] for code in directory.expected_lines(SENDER, one, period)]
        for one in collection.services
    }


def filled(directory: Directory, collection: Collection) -> tuple[Period, Example]:
    period = example_period(collection)
    return period, example_table(collection, period, expected(directory, collection, period))


def workbook(lines: Sequence[Sequence[object]], *, hidden: str | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Feuil1"
    for line in lines:
        sheet.append(list(line))
    if hidden is not None:
        other = book.create_sheet(hidden)
        other.append(["autre chose"])
        other.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@EACH
def test_the_example_filled_with_real_members_is_accepted_under_each_name_shown(
    deposit: Deposit, directory: Directory, collection: Collection
) -> None:
    period, example = filled(directory, collection)
    for name in names_that_work(collection, period, SENDER):
        judgement = deposit(f"{Path(name).stem}.csv", example.text.encode())
        assert judgement.verdict is Verdict.ACCEPTED, [one.findings for one in judgement.sections]
        (section,) = judgement.sections
        assert (section.collection, section.period) == (collection.code, period)
        assert section.complete
        assert section.records_read == len(example.rows)
        assert not [one for one in section.findings if one.severity.value != "info"]


@EACH
def test_what_the_page_says_does_not_matter_does_not(
    deposit: Deposit, directory: Directory, collection: Collection
) -> None:
    """Order of the columns, marks in the titles, a title above, notes below, a hidden sheet."""
    period, example = filled(directory, collection)
    lines = [
        ("Notre titre",),
        (),
        tuple(f"{title.upper()} (1)" for title in reversed(example.titles)),
        *(tuple(reversed(row)) for row in example.rows),
        (),
        ("Remarque : chiffres arrêtés fin mars.",),
    ]
    judgement = deposit(f"{collection.code}_{period.code}.xlsx", workbook(lines, hidden=collection.code))
    assert judgement.verdict is Verdict.ACCEPTED, [one.findings for one in judgement.sections]
    assert judgement.sections[0].records_read == len(example.rows)


@EACH
def test_neant_alone_or_under_the_titles_is_a_nil_return(
    deposit: Deposit, directory: Directory, collection: Collection
) -> None:
    period, example = filled(directory, collection)
    for text in ("NEANT\n", f"{example.text.splitlines()[0]}\nNEANT\n"):
        assert deposit(f"{collection.code}_{period.code}.csv", text.encode()).verdict is Verdict.NIL


@pytest.mark.parametrize(
    "collection", [one for one in load_catalogue().collections if one.expected_lines], ids=lambda one: one.code
)
def test_a_line_too_few_is_accepted_in_part_as_the_page_says(
    deposit: Deposit, directory: Directory, collection: Collection
) -> None:
    period = example_period(collection)
    members = expected(directory, collection, period)
    left = members[collection.services[-1]].pop()
    example = example_table(collection, period, members)
    judgement = deposit(f"{collection.code}_{period.code}.csv", example.text.encode())
    assert judgement.verdict is Verdict.PARTIALLY_ACCEPTED
    assert judgement.sections[0].missing_lines == (left.code,)


def codes_of(judgement: Judgement) -> set[str]:
    found = [*judgement.findings, *(one for section in judgement.sections for one in section.findings)]
    return {one.code for one in found}


def announced(collection: Collection, seen: str) -> set[str]:
    """The codes that the page gives for the mistake described so."""
    (one,) = [one for one in mistakes(collection, example_period(collection)) if seen in one.seen]
    return set(one.codes)


@pytest.mark.parametrize(
    ("seen", "pattern", "replacement"),
    [
        ("est sur deux lignes", r"\n(.+)\n$", r"\n\1\n\1\n"),
        ("nom du CIL/CCI n’est", r"\n(\w+);\w+;[^;]+;", r"\n\1;CIL de nulle part;;"),
        ("n.c.", r";12;", r";n.c.;"),
        ("env. 12", r";12;", r";env. 12;"),
        ("12,5", r";12;", r";12,5;"),
        ("1,250", r";12;", r";1,250;"),
        ("zéro de tête", r"\n\w+;", r"\n1;"),
        ("ou elle manque", r"^Dpt.;[^;]+;[^;]+;", r"Dpt.;Qui;Nom;"),
        ("de la période précédente", r"(?m)^([^;]+);", r"\1;4;"),
        ("personnes", r"(?m)$(?=\n)", r";1 85 05 78 006 084 91"),
    ],
)
def test_a_frequent_mistake_gets_a_code_that_the_page_gives_for_it(
    deposit: Deposit, directory: Directory, seen: str, pattern: str, replacement: str
) -> None:
    collection = load_catalogue().collections[0]
    period, example = filled(directory, collection)
    made = re.sub(pattern, replacement, example.text, count=0 if "(?m)" in pattern else 1)
    made = made.replace(";4;", ";Trimestre;", 1) if "précédente" in seen else made
    assert made != example.text
    judgement = deposit(f"{collection.code}_{period.code}.csv", made.encode())
    assert announced(collection, seen) & codes_of(judgement), (made[:300], judgement)


@pytest.mark.parametrize(
    ("seen", "stem"), [("ne dit pas la période", "{code} mars"), ("d’un autre organisme", "{code}_PF01_{period}")]
)
def test_a_wrong_name_gets_the_code_that_the_page_gives_for_it(
    deposit: Deposit, directory: Directory, seen: str, stem: str
) -> None:
    collection = load_catalogue().collections[0]
    period, example = filled(directory, collection)
    judgement = deposit(stem.format(code=collection.code, period=period.code) + ".csv", example.text.encode())
    assert judgement.verdict is Verdict.REJECTED
    assert announced(collection, seen) <= codes_of(judgement)


def test_two_sheets_alike_a_formula_without_result_and_a_document_are_told_as_the_page_says(
    deposit: Deposit, directory: Directory
) -> None:
    collection = load_catalogue().collections[0]
    period, example = filled(directory, collection)
    name = f"{collection.code}_{period.code}"
    lines = [example.titles, *example.rows]

    book = openpyxl.Workbook()
    for title in ("Feuil1", "Feuil1 (2)"):
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(list(line))
    del book["Sheet"]
    stream = io.BytesIO()
    book.save(stream)
    assert announced(collection, "se ressemblent") & codes_of(deposit(f"{name}.xlsx", stream.getvalue()))

    formulas = [lines[0], (*lines[1][:-1], "=1+1"), *lines[2:]]
    judgement = deposit(f"{name}.xlsx", workbook(formulas))
    assert announced(collection, "formules") <= codes_of(judgement)

    assert announced(collection, "PDF") <= codes_of(deposit(f"{name}.pdf", b"%PDF-1.4\n%\xe2\xe3\n1 0 obj\n"))


def test_the_page_of_the_drop_zone_names_files_that_work_and_pages_that_exist() -> None:
    path = Path(__file__).parents[3] / "inbox" / "README.md"
    text = path.read_text(encoding="utf-8")
    names = [one for one in re.findall(r"`([^`]+\.(?:csv|xlsx))`", text) if "2005" in one]
    assert len(names) == 3
    assert all(read_name(one, load_catalogue()).usable for one in names)
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) == 3
    assert all((path.parent / one).is_file() for one in links)
