"""Reading a register: the same messages as for any deposit, for a folder and for a workbook."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

from domain.errors import CannotDo
from domain.findings import Finding, Severity
from ingest.demo.network_files import write_network
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.register.checking import check_register
from ingest.register.exporting import sheets_of, workbook_bytes
from ingest.register.reading import RegisterReading, directory_of_folder, read_register
from ingest.register.snapshot import same_content
from schemas.annuaire import SHEETS


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(ReadingLimits()) as one:
        yield one


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return write_network(tmp_path / "annuaire")


def read(path: Path, reader: Reader, tmp_path: Path) -> RegisterReading:
    return read_register(path, reader, tmp_path / "work")


def change(path: Path, before: str, after: str, encoding: str = "utf-8-sig") -> None:
    text = path.read_bytes().decode("utf-8-sig")
    assert before in text
    path.write_bytes(text.replace(before, after).encode(encoding))


def errors(reading: RegisterReading) -> list[Finding]:
    return [one for one in reading.findings if one.severity is Severity.ERROR]


def test_the_demonstration_network_has_nothing_but_remarks(network: Path, reader: Reader, tmp_path: Path) -> None:
    reading = read(network, reader, tmp_path)
    findings = (*reading.findings, *check_register(reading.snapshot, collections={"N1A", "N1M"}))
    assert {one.severity for one in findings} <= {Severity.INFO}
    assert len(reading.snapshot.organisations) > 45
    assert {one.value.departement for one in reading.snapshot.organisations} >= {"2A", "974", "01"}


def test_a_workbook_and_a_folder_say_the_same(network: Path, reader: Reader, tmp_path: Path) -> None:
    directory = directory_of_folder(network)
    path = tmp_path / "annuaire.xlsx"
    path.write_bytes(workbook_bytes(directory))
    reading = read(path, reader, tmp_path)
    assert reading.findings == ()
    assert same_content(reading.snapshot.directory(), directory)
    assert reading.detected.format == "xlsx"


def test_cp1252_french_labels_and_french_dates_are_understood(network: Path, reader: Reader, tmp_path: Path) -> None:
    directory = directory_of_folder(network)
    change(
        network / "adhesions.csv",
        "code_cil;code_plateforme;service;date_effet;date_fin",
        "CIL/CCI;Plate-forme;Service;Date d’effet;Date de fin",
        "cp1252",
    )
    text = (network / "adhesions.csv").read_bytes().decode("cp1252")
    (network / "adhesions.csv").write_bytes(text.replace("2003-09-01", "01/09/2003").encode("cp1252"))
    reading = read(network, reader, tmp_path)
    assert errors(reading) == []
    assert same_content(reading.snapshot.directory(), directory)


def test_a_bad_cell_is_shown_with_its_place(network: Path, reader: Reader, tmp_path: Path) -> None:
    change(network / "organisations.csv", "CIL du Val de Loire;37", "CIL du Val de Loire;377")
    change(network / "adhesions.csv", "CIL003;PF01;ASA;2003-09-01", "CIL003;PF01;ASA;31/02/2003")
    reading = read(network, reader, tmp_path)
    found = {(one.code, one.cell, one.value) for one in errors(reading)}
    assert ("G-11", "organisations!D8", "377") in found
    assert ("G-10", "adhesions!D6", "31/02/2003") in found
    assert all(one.hint and one.label and one.expected for one in errors(reading))
    assert reading.snapshot.damaged == {"CIL001"}
    later = [one.code for one in check_register(reading.snapshot) if one.value == "CIL001"]
    assert "ANN.R08" not in later, "what is already said of its own row is not said again"


def test_a_missing_column_stops_the_sheet_and_says_what_is_expected(
    network: Path,
    reader: Reader,
    tmp_path: Path,
) -> None:
    change(network / "adhesions.csv", "date_fin", "fin_reelle")
    reading = read(network, reader, tmp_path)
    assert [one.code for one in errors(reading)] == ["G-06"]
    assert "date_fin" in errors(reading)[0].message
    assert not reading.whole


def test_an_unknown_column_is_named_with_the_nearest_one(network: Path, reader: Reader, tmp_path: Path) -> None:
    change(network / "obligations.csv", "motif", "motif;remarques")
    reading = read(network, reader, tmp_path)
    assert [(one.code, one.severity) for one in reading.findings] == [("G-07", Severity.WARNING)]


def test_an_absent_sheet_is_an_error_but_for_obligations(network: Path, reader: Reader, tmp_path: Path) -> None:
    (network / "obligations.csv").unlink()
    assert read(network, reader, tmp_path).findings == ()
    (network / "delegations.csv").unlink()
    found = errors(read(network, reader, tmp_path))
    assert [one.code for one in found] == ["ANN.R01"]
    assert "delegations" in found[0].message


def test_an_empty_file_says_to_keep_the_titles(network: Path, reader: Reader, tmp_path: Path) -> None:
    (network / "delegations.csv").write_bytes(b"")
    found = errors(read(network, reader, tmp_path))
    assert [one.code for one in found] == ["ANN.R01"]


def test_other_files_and_sheets_are_mentioned_only(network: Path, reader: Reader, tmp_path: Path) -> None:
    (network / "brouillon.csv").write_text("a;b\n1;2\n")
    (network / "lisez-moi.txt").write_text("…")
    found = read(network, reader, tmp_path).findings
    assert [(one.code, one.severity) for one in found] == [("G-22", Severity.INFO)]


def test_lost_zeros_are_restored_with_a_warning(network: Path, reader: Reader, tmp_path: Path) -> None:
    change(network / "organisations.csv", "CIL du Bugey;01", "CIL du Bugey;1")
    reading = read(network, reader, tmp_path)
    assert [(one.code, one.severity) for one in reading.findings] == [("G-19", Severity.WARNING)]
    assert reading.snapshot.directory().by_code["CIL037"].departement == "01"


def test_codes_are_taken_whatever_their_case(network: Path, reader: Reader, tmp_path: Path) -> None:
    directory = directory_of_folder(network)
    change(network / "adhesions.csv", "CIL001;PF01;ASA", "cil001;pf01;asa")
    assert same_content(read(network, reader, tmp_path).snapshot.directory(), directory)


def test_a_hand_made_workbook_with_a_title_and_real_dates_is_read(
    network: Path,
    reader: Reader,
    tmp_path: Path,
) -> None:
    directory = directory_of_folder(network)
    path = tmp_path / "Annuaire UESL.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        day = workbook.add_format({"num_format": "dd/mm/yyyy"})
        for slug, rows in sheets_of(directory).items():
            page = workbook.add_worksheet(slug.upper())
            page.write_string(0, 0, "Annuaire du réseau")
            for column, one in enumerate(SHEETS[slug].columns):
                page.write_string(2, column, one.label)
            for number, row in enumerate(rows, start=3):
                for column, cell in enumerate(row):
                    if cell is not None and not isinstance(cell, (str, bool)):
                        page.write_datetime(number, column, cell, day)
                    elif cell is not None:
                        page.write_string(number, column, str(cell))
        workbook.add_worksheet("Notes").write_string(0, 0, "à jour en avril")
    reading = read(path, reader, tmp_path)
    assert [one.code for one in reading.findings] == ["G-22"]
    assert same_content(reading.snapshot.directory(), directory)


def test_nothing_there_is_said_in_one_line(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match="nothing at"):
        read(tmp_path / "absent", reader, tmp_path)
