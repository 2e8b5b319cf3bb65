"""Workbooks of every format, built by the libraries that programs use to write them."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P

from ingest.reading.raw import NoteCode, RawFile, RawSheet, ReadNote, Unreadable, UnreadableReason, Vocabulary

Rows = list[tuple[int, list[str | None]]]
Read = Callable[..., RawFile]
Sheets = Callable[..., tuple[RawSheet, ...]]


def xlsx(fill: Callable[[Any], None]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        fill(book)
    return buffer.getvalue()


def xls(fill: Callable[[Any], None]) -> bytes:
    buffer = io.BytesIO()
    book = xlwt.Workbook()
    fill(book)
    book.save(buffer)
    return buffer.getvalue()


def ods(*tables: Any, styles: tuple[Any, ...] = ()) -> bytes:
    document = OpenDocumentSpreadsheet()
    for style in styles:
        document.automaticstyles.addElement(style)
    for table in tables:
        document.spreadsheet.addElement(table)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def ods_table(name: str, rows: list[list[Any]], **attributes: Any) -> Any:
    table = Table(name=name, **attributes)
    for cells in rows:
        row = TableRow()
        for cell in cells:
            row.addElement(cell if not isinstance(cell, str) else ods_text(cell))
        table.addElement(row)
    return table


def ods_text(text: str, **attributes: Any) -> Any:
    cell = TableCell(**({"valuetype": "string"} | attributes if text else attributes))
    for line in text.split("\n") if text else ():
        cell.addElement(P(text=line))
    return cell


def note(sheet: RawSheet, code: NoteCode) -> ReadNote | None:
    return next((one for one in sheet.notes if one.code is code), None)


def fill_every_kind_of_value(book: Any) -> None:
    sheet = book.add_worksheet("N1A")
    for column, title in enumerate(["texte", "entier", "montant", "date", "heure", "oui", "long"]):
        sheet.write(0, column, title)
    sheet.write(1, 0, "Éclair  ")
    sheet.write(1, 1, 12)
    sheet.write(1, 2, 1234.5)
    sheet.write_datetime(1, 3, dt.datetime(2005, 3, 31), book.add_format({"num_format": "dd/mm/yyyy"}))  # noqa: DTZ001 - a cell
    sheet.write_datetime(1, 4, dt.datetime(2005, 3, 31, 10, 15), book.add_format({"num_format": "dd/mm/yyyy hh:mm"}))  # noqa: DTZ001 - same
    sheet.write_boolean(1, 5, True)
    sheet.write(1, 6, 12345678901234)


def test_every_kind_of_value_has_its_text(sheets: Sheets) -> None:
    (sheet,) = sheets(xlsx(fill_every_kind_of_value), "N1A_2005T1.xlsx")
    assert sheet.name == "N1A"
    assert sheet.preview(9)[1] == (
        2,
        ["Éclair  ", "12", "1234.5", "2005-03-31", "2005-03-31 10:15:00", "VRAI", "12345678901234"],
    )
    assert not sheet.notes


def test_rows_and_columns_have_the_numbers_that_excel_shows(sheets: Sheets) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write("C5", "code")
        sheet.write("D5", "valeur")
        sheet.write("C8", "a")

    (sheet,) = sheets(xlsx(fill), "x.xlsx")
    assert sheet.preview(9) == [(5, [None, None, "code", "valeur"]), (8, [None, None, "a", None])]


def test_hidden_sheets_are_named_and_read_apart(sheets: Sheets) -> None:
    def fill(book: Any) -> None:
        book.add_worksheet("Listes").hide()
        book.worksheets()[0].write("A1", "secret")
        book.add_worksheet("Très").very_hidden()
        shown = book.add_worksheet("N1A")
        shown.write("A1", "code")
        shown.activate()
        shown.set_first_sheet()
        book.add_chartsheet("Graphe").set_chart(chart(book))

    def chart(book: Any) -> Any:
        one = book.add_chart({"type": "line"})
        one.add_series({"values": "=N1A!$A$1:$A$2"})
        return one

    found = sheets(xlsx(fill), "x.xlsx")
    assert [(sheet.name, sheet.visible, sheet.path is not None) for sheet in found] == [
        ("Listes", False, True),
        ("Très", False, True),
        ("N1A", True, True),
        ("Graphe", True, False),
    ]
    assert note(found[3], NoteCode.NOT_A_WORKSHEET)


def test_merged_headers_are_told(sheets: Sheets) -> None:
    (sheet,) = sheets(xlsx(lambda book: book.add_worksheet().merge_range("A1:C1", "titre")), "x.xlsx")
    assert note(sheet, NoteCode.MERGED_CELLS) == ReadNote(code=NoteCode.MERGED_CELLS, count=1, cells=("A1:C1",))


def test_errors_keep_their_text_wherever_they_are(sheets: Sheets) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write("B2", 1)
        sheet.write_formula("A1", "=1/0", None, "#DIV/0!")
        sheet.write_formula("C3", "=NA()", None, "#N/A")

    (sheet,) = sheets(xlsx(fill), "x.xlsx")
    assert sheet.preview(9) == [
        (1, ["#DIV/0!", None, None]),
        (2, [None, "1", None]),
        (3, [None, None, "#N/A"]),
    ]
    assert note(sheet, NoteCode.ERROR_CELL) == ReadNote(code=NoteCode.ERROR_CELL, count=2, cells=("A1", "C3"))


def test_an_error_cell_costs_no_row(sheets: Sheets) -> None:
    """The library counts one row too few when the table does not begin in A1's row or error cells are left out."""

    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        for row in range(12):
            sheet.write(row, 0, row + 1)
            sheet.write(row, 1, 7)
        sheet.write_formula(4, 1, "=1/0", None, "#DIV/0!")

    (sheet,) = sheets(xlsx(fill), "x.xlsx")
    assert [number for number, _ in sheet.preview(20)] == list(range(1, 13))
    assert sheet.preview(20)[11] == (12, ["12", "7"])
    assert sheet.preview(20)[4] == (5, ["5", "#DIV/0!"])


def test_formulas_without_their_value_are_told(sheets: Sheets) -> None:
    """The library openpyxl writes formulas without computing them."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"], sheet["A2"] = "code", "=1+1", "=A1"
    buffer = io.BytesIO()
    book.save(buffer)
    (read,) = sheets(buffer.getvalue(), "x.xlsx")
    assert read.preview(9) == [(1, ["code"])]
    assert note(read, NoteCode.FORMULA_UNCACHED) == ReadNote(
        code=NoteCode.FORMULA_UNCACHED,
        count=2,
        cells=("B1", "A2"),
    )


def test_formulas_with_their_value_are_values(sheets: Sheets) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_formula("A1", "=1+1", None, 2)
        sheet.write_formula("A2", '="x"', None, "x")

    (sheet,) = sheets(xlsx(fill), "x.xlsx")
    assert sheet.preview(9) == [(1, ["2"]), (2, ["x"])]
    assert not sheet.notes


def test_a_zero_that_may_be_a_placeholder_is_told(sheets: Sheets) -> None:
    """XlsxWriter stores 0 for every formula and asks Excel to compute on opening."""
    (sheet,) = sheets(xlsx(lambda book: book.add_worksheet().write_formula("B2", "=1+1")), "x.xlsx")
    assert note(sheet, NoteCode.CALCULATED_ON_LOAD) == ReadNote(
        code=NoteCode.CALCULATED_ON_LOAD,
        count=1,
        cells=("B2",),
    )


def test_a_stray_cell_in_the_last_row_costs_nothing(sheets: Sheets) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write("A1", "code")
        sheet.write("F2", 1)
        sheet.write("A1048576", "x")

    (sheet,) = sheets(xlsx(fill), "x.xlsx")
    assert [row for row, _ in sheet.preview(9)] == [1, 2, 1_048_576]


def test_formatted_blank_cells_far_away_are_nothing(sheets: Sheets) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write("A1", "code")
        sheet.write_blank("XFD1048576", None, book.add_format({"bold": True}))

    (sheet,) = sheets(xlsx(fill), "x.xlsx")
    assert (sheet.n_rows, sheet.n_columns) == (1, 1)


def test_a_sheet_too_large_for_any_memory_is_refused_with_its_size(refusal: Callable[..., Unreadable]) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write("A1", "code")
        sheet.write("XFD1048576", "x")

    refused = refusal(xlsx(fill), "x.xlsx")
    assert refused.reason is UnreadableReason.TOO_MANY_CELLS
    assert (refused.detail["rows"], refused.detail["last_column"]) == (1_048_576, "XFD")


def test_a_protected_sheet_is_an_ordinary_sheet(sheets: Sheets) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write("A1", "code")
        sheet.protect("secret")

    assert sheets(xlsx(fill), "x.xlsx")[0].preview(1) == [(1, ["code"])]


def test_the_content_decides_and_the_mismatch_is_told(read: Read) -> None:
    data = xlsx(lambda book: book.add_worksheet().write("A1", "code"))
    for name, told in (("x.xlsx", False), ("X.XLSX", False), ("x.csv", True), ("x.xls", True), ("x", True)):
        outcome = read(data, name)
        assert outcome.format == "xlsx"
        assert any(one.code is NoteCode.EXTENSION_MISMATCH for one in outcome.notes) is told


def test_a_csv_under_the_name_of_a_workbook_is_read_when_it_is_plainly_one(
    read: Read,
    refusal: Callable[..., Unreadable],
) -> None:
    assert read(b"code;valeur\n1;2\n", "export.xls").format == "csv"
    assert read(b"code;valeur\n1;2\n", "export.xlsx", Vocabulary.of(["code"])).format == "csv"
    assert refusal(b"code;valeur\n1;2\n", "export.xlsx").reason is UnreadableReason.CORRUPT
    assert refusal(b"Bonjour, voici le fichier\n", "export.xls").reason is UnreadableReason.CORRUPT


def test_a_macro_workbook_is_read_as_any_other(read: Read) -> None:
    data = xlsx(lambda book: book.add_worksheet().write("A1", "code"))
    macro = rezipped(
        data,
        lambda _, part: part.replace(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
    )
    outcome = read(macro, "x.xlsm")
    assert (outcome.format, outcome.notes) == ("xlsm", ())


def rezipped(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info)))
    return buffer.getvalue()


def test_utf16_parts_are_read_by_the_second_reader(read: Read) -> None:
    data = xlsx(lambda book: book.add_worksheet("Été").write("B2", "été"))

    def to_utf16(name: str, part: bytes) -> bytes:
        text = part.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
        return text.encode("utf-16") if name in {"xl/workbook.xml", "xl/sharedStrings.xml"} else part

    outcome = read(rezipped(data, to_utf16), "x.xlsx")
    assert outcome.sheets[0].preview(9) == [(2, [None, "été"])]
    assert [one.code for one in outcome.notes] == [NoteCode.FALLBACK_READER]


# --- XLS ---


def test_an_old_workbook_has_the_same_texts(sheets: Sheets) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_sheet("N1A")
        sheet.write(2, 2, "été")
        sheet.write(2, 3, 12)
        sheet.write(2, 4, dt.datetime(2005, 3, 31), xlwt.easyxf(num_format_str="DD/MM/YYYY"))  # noqa: DTZ001 - a cell
        sheet.row(3).set_cell_error(2, "#DIV/0!")
        sheet.write_merge(0, 0, 0, 3, "titre")
        book.add_sheet("Listes").visibility = 1

    found = sheets(xls(fill), "x.xls")
    assert found[0].preview(9) == [
        (1, ["titre", None, None, None, None]),
        (3, [None, None, "été", "12", "2005-03-31"]),
        (4, [None, None, "#DIV/0!", None, None]),
    ]
    assert note(found[0], NoteCode.ERROR_CELL) == ReadNote(code=NoteCode.ERROR_CELL, count=1, cells=("C4",))
    assert note(found[0], NoteCode.MERGED_CELLS) == ReadNote(code=NoteCode.MERGED_CELLS, count=1, cells=("A1:D1",))
    assert (found[1].visible, found[1].n_rows) == (False, 0)


# --- ODS ---


def test_an_open_document_has_the_same_texts(sheets: Sheets) -> None:
    data = ods(
        ods_table(
            "N1A",
            [
                ["texte", "entier", "date", "durée", "oui", "lignes"],
                [
                    "Éclair",
                    TableCell(valuetype="float", value="12"),
                    TableCell(valuetype="date", datevalue="2005-03-31T10:15:00"),
                    TableCell(valuetype="time", timevalue="PT255H10M10S"),
                    TableCell(valuetype="boolean", booleanvalue="true"),
                    "a\nb",
                ],
                [ods_text("", numbercolumnsrepeated=3), ods_text("x", numbercolumnsrepeated=2)],
            ],
        ),
    )
    (sheet,) = sheets(data, "x.ods")
    assert sheet.preview(9)[1:] == [
        (2, ["Éclair", "12", "2005-03-31 10:15:00", "255:10:10", "VRAI", "a\nb"]),
        (3, [None, None, None, "x", "x", None]),
    ]


def test_repeated_blank_rows_of_an_open_document_only_move_the_numbers(sheets: Sheets) -> None:
    table = ods_table("N1A", [["code"]])
    table.addElement(gap := TableRow(numberrowsrepeated=1_048_570))
    gap.addElement(TableCell(numbercolumnsrepeated=1024))
    table.addElement(row := TableRow(numberrowsrepeated=2))
    row.addElement(ods_text("a"))
    (sheet,) = sheets(ods(table), "x.ods")
    assert sheet.preview(9) == [(1, ["code"]), (1_048_572, ["a"]), (1_048_573, ["a"])]


def test_hidden_sheets_of_an_open_document_are_read_apart(sheets: Sheets) -> None:
    hidden = Style(name="ta2", family="table")
    hidden.addElement(TableProperties(display="false"))
    found = sheets(
        ods(ods_table("Listes", [["secret"]], stylename=hidden), ods_table("N1A", [["code"]]), styles=(hidden,)),
        "x.ods",
    )
    assert [(sheet.name, sheet.visible, sheet.path is not None) for sheet in found] == [
        ("Listes", False, True),
        ("N1A", True, True),
    ]


def test_formulas_errors_and_merged_cells_of_an_open_document_are_told(sheets: Sheets) -> None:
    (sheet,) = sheets(
        ods(
            ods_table(
                "N1A",
                [
                    [ods_text("titre", numbercolumnsspanned=2, numberrowsspanned=1), CoveredTableCell()],
                    [TableCell(formula="of:=1+1"), ods_text("#DIV/0!", formula="of:=1/0")],
                    [TableCell(formula="of:=1+1", valuetype="float", value="2")],
                ],
            )
        ),
        "x.ods",
    )
    assert sheet.preview(9) == [(1, ["titre", None]), (2, [None, "#DIV/0!"]), (3, ["2", None])]
    assert note(sheet, NoteCode.MERGED_CELLS) == ReadNote(code=NoteCode.MERGED_CELLS, count=1, cells=("A1:B1",))
    assert note(sheet, NoteCode.FORMULA_UNCACHED) == ReadNote(code=NoteCode.FORMULA_UNCACHED, count=1, cells=("A2",))
    assert note(sheet, NoteCode.ERROR_CELL) == ReadNote(code=NoteCode.ERROR_CELL, count=1, cells=("B2",))


# --- refusals ---


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "parts", "reason"),
    [
        ("x.zip", {"a.csv": b"1;2"}, UnreadableReason.ARCHIVE),
        ("x.docx", {"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}, UnreadableReason.WORD),
        ("x.pptx", {"[Content_Types].xml": b"<a/>", "ppt/presentation.xml": b"<a/>"}, UnreadableReason.PRESENTATION),
        ("x.xlsb", {"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b"\0"}, UnreadableReason.XLSB),
        ("x.numbers", {"Index/Document.iwa": b"\0"}, UnreadableReason.NUMBERS),
        (
            "x.odt",
            {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<a/>"},
            UnreadableReason.WORD,
        ),
        ("x.xlsx", {"[Content_Types].xml": b"<a/>"}, UnreadableReason.CORRUPT),
        ("x.xlsx", {"../xl/workbook.xml": b"<a/>"}, UnreadableReason.ZIP_SUSPICIOUS),
        ("x.xlsx", {"/xl/workbook.xml": b"<a/>"}, UnreadableReason.ZIP_SUSPICIOUS),
        ("x.xlsx", {"xl/workbook.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}, UnreadableReason.DTD),
        ("x.xlsx", {"xl/a.xml": "<!DOCTYPE a []><a/>".encode("utf-16")}, UnreadableReason.DTD),
        ("x.xlsx", {"xl/a.xml": b"<?xml version='1.0' encoding='UTF-7'?><a/>"}, UnreadableReason.DTD),
        ("x.xlsx", {f"p{n}": b"" for n in range(2_001)}, UnreadableReason.ZIP_ENTRIES),
        ("x.xlsx", {"xl/workbook.xml": b"<a>" + b" " * 30_000_000 + b"</a>"}, UnreadableReason.ZIP_BOMB),
        ("x.xlsx", {f"{n}.bin": bytes(19_000_000) for n in range(27)}, UnreadableReason.UNPACKED_TOO_BIG),
        (
            "x.ods",
            {
                "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
                "META-INF/manifest.xml": b"<m><encryption-data/></m>",
                "content.xml": b"\x01",
            },
            UnreadableReason.ENCRYPTED,
        ),
    ],
)
def test_packages_that_are_no_workbook_are_named(
    refusal: Callable[..., Unreadable],
    name: str,
    parts: dict[str, bytes],
    reason: UnreadableReason,
) -> None:
    assert refusal(zipped(parts), name).reason is reason


def test_sizes_that_lie_are_counted_for_real(refusal: Callable[..., Unreadable]) -> None:
    data = bytearray(zipped({"xl/workbook.xml": b"<a>" + b" " * 30_000_000 + b"</a>"}))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert refusal(bytes(data), "x.xlsx").reason is UnreadableReason.ZIP_BOMB


def test_a_damaged_part_is_not_read_in_part(refusal: Callable[..., Unreadable]) -> None:
    data = bytearray(xlsx(fill_every_kind_of_value))
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"sheet1.xml"))
    data[at + 16] ^= 0xFF  # the checksum in the directory
    assert refusal(bytes(data), "x.xlsx").reason is UnreadableReason.CORRUPT


@pytest.mark.parametrize("keep", [30, 200, 1000, -30, -1])
def test_a_workbook_cut_short_is_refused(refusal: Callable[..., Unreadable], keep: int) -> None:
    assert refusal(xlsx(fill_every_kind_of_value)[:keep], "x.xlsx").reason is UnreadableReason.CORRUPT


def test_a_workbook_with_nothing_in_it_is_empty(refusal: Callable[..., Unreadable]) -> None:
    assert refusal(xlsx(lambda book: book.add_worksheet()), "x.xlsx").reason is UnreadableReason.EMPTY


def test_a_workbook_may_lie_anywhere_under_any_name(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "sans extension é\udce9 (1)"
    path.write_bytes(xlsx(fill_every_kind_of_value))
    assert read(path, "N1A\udce9.xlsx").format == "xlsx"
