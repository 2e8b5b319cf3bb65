"""Files with a personal datum planted in them, and files that only look so; the same ones at every run (a seed)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import xlwt
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from ingest.catalogue import load_catalogue
from schemas.collection import Collection
from schemas.columns import Column, Kind

SEED = 20051
BORN = datetime(1969, 5, 12)  # noqa: DTZ001 - a cell has no zone
ENTERED = datetime(2006, 3, 12)  # noqa: DTZ001 - same
Cell = str | int | float | datetime | None
Lines = list[list[Cell]]
CATALOGUE = load_catalogue()
QUARTERLY, YEARLY = ("N1A", "N1M"), ("N2A", "N2M")
ALL_FORMATS = ("csv", "xlsx", "ods")


def with_key(thirteen: str) -> str:
    """A made-up NIR with the key that the register of persons computes."""
    return f"{thirteen}{97 - int(thirteen.replace('2A', '19').replace('2B', '18')) % 97:02d}"


@dataclass(frozen=True)
class Made:
    """A file: its name, its bytes, and in a planted one the texts that must be found nowhere afterwards."""

    label: str
    name: str
    content: bytes
    planted: tuple[str, ...] = ()


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


def titles_of(collection: Collection) -> list[Cell]:
    """The labels of the columns that are expected."""
    return [column.label for column in columns_of(collection)]


def columns_of(collection: Collection) -> list[Column]:
    """Without those that repeat what the name of the file says."""
    return [column for column in collection.columns if column.context is None]


def good_cell(column: Column, rank: int, random: Random) -> Cell:  # noqa: PLR0911 - a kind, a value
    """What may stand there."""
    if column.key and column.kind is Kind.COUNT:
        return rank
    if column.kind in {Kind.COUNT, Kind.AMOUNT}:
        low = column.minimum or 0
        return random.randint(low, min(column.maximum or low + 40, low + 40))
    if column.kind is Kind.MEMBER:
        return ("CIL001", "CIL002", "CCI003")[(rank - 1) % 3]
    if column.name == "departement":
        return ("01", "63", "69")[(rank - 1) % 3]
    if column.register:
        return ("CIL de l'Ain", "Logis d'Auvergne", "CCI de Lyon")[(rank - 1) % 3]
    if column.kind is Kind.YES_NO:
        return random.choice("ON")
    if column.kind is Kind.POSTAL:
        return random.choice(("69003", "01000", "20137", "97410"))
    if column.codes:
        return random.choice(sorted(column.codes))
    if column.kind is Kind.DATE:
        return "12/03/2005"
    return f"2005-{rank:02d}"


def good_lines(collection: Collection, count: int, random: Random) -> Lines:
    """Titles and records."""
    columns = columns_of(collection)
    return [titles_of(collection), *([good_cell(one, rank, random) for one in columns] for rank in range(1, count + 1))]


def place_of(collection: Collection, *kinds: Kind) -> int:
    """The index of the first column of one of these kinds, that is no key."""
    return next(i for i, one in enumerate(columns_of(collection)) if one.kind in kinds and not one.key)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def csv(lines: Lines, encoding: str = "utf-8-sig", separator: str = ";") -> bytes:
    """As office programs write it."""

    def cell(value: Cell) -> str:
        shown = "" if value is None else f"{value:%d/%m/%Y}" if isinstance(value, datetime) else str(value)
        return f'"{shown}"' if separator in shown or "\n" in shown else shown

    return "".join(separator.join(map(cell, line)) + "\r\n" for line in lines).encode(encoding)


def xlsx(lines: Lines, change: Callable[[Any, Any], None] | None = None) -> bytes:
    """A workbook; `change` plants what is not a cell."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Feuil1"
    for line in lines:
        sheet.append(line)
    if change is not None:
        change(book, sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def xls(lines: Lines, hidden: Lines | None = None) -> bytes:
    """An old workbook."""
    book = xlwt.Workbook()
    for name, rows in (("Feuil1", lines), *((("Listes", hidden),) if hidden else ())):
        sheet = book.add_sheet(name)
        sheet.visibility = int(name == "Listes")
        for row, line in enumerate(rows):
            for column, value in enumerate(line):
                if value is not None:
                    sheet.write(row, column, value)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"))
)
_HIDDEN_STYLE = (
    '<office:automatic-styles><style:style style:name="cachee" style:family="table">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
)


def ods(lines: Lines, hidden: Lines | None = None, note: str = "", title: str = "") -> bytes:
    """An open document; `note` is a comment on its first cell, `title` a property. By hand: thousands of rows soon."""
    remark = f"<office:annotation><text:p>{escape(note)}</text:p></office:annotation>" if note else ""
    sheets = _ods_table("Feuil1", lines, remark=remark) + (
        _ods_table("Listes", hidden, style=' table:style-name="cachee"') if hidden else ""
    )
    body = f"<office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body>"
    about = f'<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">{escape(title)}</dc:title>'
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in (("/", _ODS), ("content.xml", "text/xml"), ("meta.xml", "text/xml"))
    )
    return _zip(
        {
            "mimetype": _ODS.encode(),
            "content.xml": _ods_part("content", _HIDDEN_STYLE + body),
            "meta.xml": _ods_part("meta", f"<office:meta>{about}</office:meta>"),
            "META-INF/manifest.xml": (
                '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                f"{entries}</manifest:manifest>"
            ).encode(),
        }
    )


def _ods_part(name: str, inside: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-{name} {_SPACES} office:version="1.2">'
        f"{inside}</office:document-{name}>"
    ).encode()


def _ods_table(name: str, lines: Lines, *, remark: str = "", style: str = "") -> str:
    rows = "".join(f"<table:table-row>{''.join(map(_ods_cell, line))}</table:table-row>" for line in lines)
    if remark:
        head, cell, rest = rows.partition("<text:p>")
        rows = head + remark + cell + rest
    return f'<table:table table:name="{name}"{style}>{rows}</table:table>'


def _ods_cell(value: Cell) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, datetime):
        return f'<table:table-cell office:value-type="date" office:date-value="{value:%Y-%m-%d}"/>'
    if isinstance(value, str):
        shown = f"<text:p>{escape(value)}</text:p>"
        return f'<table:table-cell office:value-type="string">{shown}</table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def saved(kind: str, lines: Lines) -> bytes:
    """Lines as a file of one of the kinds."""
    makers: dict[str, Callable[[Lines], bytes]] = {
        "csv": csv,
        "csv-1252": lambda rows: csv(rows, "cp1252"),
        "csv-utf16": lambda rows: csv(rows, "utf-16", "\t"),
        "xlsx": xlsx,
        "ods": ods,
        "xls": xls,
    }
    return makers[kind](lines)


def named(collection: str, kind: str, stem: str = "") -> str:
    """A name that says what the file is."""
    period = "2005T1" if collection in QUARTERLY else "2005"
    return f"{collection}_{period}{stem}.{kind.partition('-')[0]}"


# ── what is planted ──────────────────────────────────────────────────────────────────────────────────────────────


def a_nir(random: Random, place: str | None = None) -> str:
    """A NIR of nobody, key right."""
    where = place or f"{random.randint(1, 95):02d}"
    where = "02" if where == "20" else where
    return with_key(
        f"{random.choice('12')}{random.randint(30, 85)}{random.randint(1, 12):02d}{where}"
        f"{random.randint(1, 900):03d}{random.randint(1, 999):03d}"
    )


def spaced(nir: str, gap: str = " ") -> str:
    """As it is read."""
    parts = (nir[:1], nir[1:3], nir[3:5], nir[5:7], nir[7:10], nir[10:13], nir[13:])
    return gap.join(parts)


def nirs(random: Random) -> dict[str, str]:
    """What destroys a file whatever its collection, by the way it is written."""
    nir = a_nir(random)
    return {
        "nir": nir,
        "nir spaced": spaced(nir),
        "nir no-break": spaced(nir, "\u00a0"),
        "nir dotted": spaced(nir, "."),
        "nir dashed": spaced(nir, "-"),
        "nir slashed": spaced(nir, "/"),
        "nir and key": f"{nir[:13]} {nir[13:]}",
        "nir corse A": a_nir(random, "2A"),
        "nir corse B": spaced(a_nir(random, "2B")),
        "nir in words": f"assurée {spaced(nir)} (ouvrant droit)",
        "nir labelled": f"NIR:{nir}",
        "nir month unknown": with_key("2692049588157"),
        "nir month foreign": spaced(with_key("1695599588157")),
        "nir key told": f"{spaced(nir[:13].ljust(13))[:-1].strip()} clé {nir[13:]}",
    }


PERSONAL: dict[str, str] = {
    "nir without key": "2690549588157",
    "nir wrong key": "269054958815781",
    "phone": "0123456789",
    "phone spaced": "01 23 45 67 89",
    "phone dotted": "06.12.34.56.78",
    "phone dashed": "06-12-34-56-78",
    "phone +33": "+33 6 12 34 56 78",
    "phone 0033": "0033612345678",
    "phone (0)": "+33 (0)1 23 45 67 89",
    "phone in words": "tél. 06 12 34 56 78",
    "email": "marie.durand@example.org",
    "email in words": "écrire à m.durand@wanadoo.example",
    "birth": "12/05/1969",
    "birth iso": "1969-05-12",
    "birth short": "12/05/69",
    "birth dots": "12.05.1969",
    "birth in words": "12 mai 1969",
    "born on": "né le 12/05/1969",
    "born in": "née en 1969",
    "name civil": "Mme Durand",
    "name M.": "M. DUPONT",
    "name Monsieur": "Monsieur de Kerouac",
    "name pair": "Paul DURAND",
    "name reversed": "DURAND Paul",
    "name alone": "Dupont",
    "name rare": "KOWALCZYK Sandrine",
    "address": "12 rue du Port",
    "address bis": "3 bis, avenue Foch",
    "address square": "7 place de la Mairie",
    "employer": "Employeur : Société Untel",
    "matricule": "matricule A12345",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
    "iban tight": "FR7630006000011234567890189",
    "free": "a perdu son travail en mars et vit chez sa soeur avec ses enfants",
}
"""What destroys a file of cases, in a column of a list."""
SENTENCES: dict[str, str] = {
    "civil": "Le dossier de Mme Durand a été refusé par le bailleur.",
    "M.": "Relogement de M. Dupont reporté deux fois.",
    "pair": "Plainte de Paul Martin contre le partenaire.",
    "reversed": "Dossier MARTIN Paul, rappelé sans suite.",
    "phone": "Rappeler au 06 12 34 56 78 après 18 heures.",
    "email": "Réponse à envoyer à p.martin@example.org au plus tôt.",
    "born": "Salariée née le 12/05/1969, deux enfants.",
    "address": "Visite au 12 rue du Port, porte close.",
    "employer": "Employeur : Transports Untel.",
    "nir": "N° 2 69 05 49 588 157 80 transmis par erreur.",
    "nir13": "N° 2690549588157 transmis par erreur.",
    "iban": "Virement sur FR76 3000 6000 0112 3456 7890 189 refusé.",
    "matricule": "Matricule n° 45678 de la personne.",
}
TITLED: Sequence[tuple[str, Cell]] = (
    ("Nom", "DURAND"),
    ("Prénom", "Paule"),
    ("Nom et prénom", "DURAND Paule"),
    ("Nom/Prénom", "Durand Paule"),
    ("Nom du demandeur", "DURAND"),
    ("NOM DU SALARIÉ", "DURAND"),
    ("Salarié", "DURAND Paule"),
    ("Bénéficiaire", "Mme DURAND"),
    ("Demandeur", "Martin"),
    ("Identité", "DURAND Paule"),
    ("Tél. port.", "0612345678"),
    ("Tél.", 612345678),
    ("Téléphone", "01 23 45 67 89"),
    ("Mobile", "06.12.34.56.78"),
    ("Date naiss.", "12/05/1969"),
    ("Date de naissance", BORN),
    ("Né(e) le", "12/05/1969"),
    ("DDN", "120569"),
    ("Lieu de naissance", "Lyon"),
    ("Adresse", "12 rue du Port"),
    ("Adresse du demandeur", "Le Bourg"),
    ("Domicile", "Lyon 3e"),
    ("Courriel", "p.durand@example.org"),
    ("E-mail", "p.durand@example.org"),
    ("NIR", "2690549588157"),
    ("N° SS", "2690549588157"),
    ("N° sécu", "2,69055E+14"),
    ("N° de sécurité sociale", 2690549588157),
    ("Employeur", "Transports Untel"),
    ("Matricule", "A1234"),
    ("RIB", "30006000011234567890189"),
    ("Conjoint", "Paul DURAND"),
    ("E-mail", "p.martin@example.org"),
)
"""Titles and what fills them: in every deposit."""


def planted() -> list[Made]:
    """The variants, the same at every run."""
    random = Random(SEED)  # noqa: S311 - the same files at every run
    return [
        *_in_cells(random),
        *_in_titled(random),
        *_in_sentences(random),
        *_in_rows(random),
        *_outside(random),
        *_undeclared(random),
    ]


def _in_cells(random: Random) -> Iterator[Made]:
    for index, (kind, value) in enumerate([*nirs(random).items()] * 3):
        code = (*QUARTERLY, *YEARLY)[index % 4]
        yield _cell_of(code, kind, value, (*ALL_FORMATS, "csv-1252", "xls", "csv-utf16")[index % 6], random)
    for index, (kind, value) in enumerate([*PERSONAL.items()] * 2):
        yield _cell_of(YEARLY[(index + index // len(PERSONAL)) % 2], kind, value, ALL_FORMATS[index % 3], random)
    for kind in ("xlsx", "ods"):
        yield _cell_of("N2A", "a real date", BORN, kind, random, "1969-05-12")
    yield _cell_of("N2A", "a number", 269054958815780, "xlsx", random, "269054958815780")
    yield _cell_of("N1A", "a number", 269054958815780, "ods", random, "269054958815780")


def _cell_of(  # noqa: PLR0917 - what is planted, where, in what
    code: str, kind: str, value: Cell, made: str, random: Random, canary: str = ""
) -> Made:
    collection = CATALOGUE.by_code(code)
    assert collection is not None
    lines = good_lines(collection, 6, random)
    row = random.choice((1, 3, 6))
    listed = (Kind.CODE, Kind.YES_NO, Kind.POSTAL) if code in YEARLY else (Kind.COUNT,)
    lines[row][place_of(collection, *listed)] = value
    return Made(f"{code} {kind} row {row} {made}", named(code, made), saved(made, lines), (canary or str(value),))


def _in_titled(random: Random) -> Iterator[Made]:
    for index, (title, filled) in enumerate(TITLED):
        code = YEARLY[0] if index % 8 == 7 else QUARTERLY[index % 2]  # in cases, a cell tells without its title
        collection, made = CATALOGUE.by_code(code), (*ALL_FORMATS, "xls")[index % 4]
        assert collection is not None
        value = f"{filled:%d/%m/%Y}" if isinstance(filled, datetime) and made == "xls" else filled
        lines = [
            [*line, extra]
            for line, extra in zip(good_lines(collection, 4, random), (title, None, None, None, value), strict=True)
        ]
        yield Made(f"{code} title {title} {made}", named(code, made), saved(made, lines), (str(value),))


def _in_sentences(random: Random) -> Iterator[Made]:
    collection = CATALOGUE.by_code("N2I")
    if collection is None:
        return
    for index, (kind, value) in enumerate(SENTENCES.items()):
        lines = good_lines(collection, 3, random)
        free = [i for i, one in enumerate(columns_of(collection)) if one.free_text]
        for line in lines[1:]:
            line[free[0]] = "Accord résilié sans préavis par le bailleur."
        lines[1 + index % 3][free[index % len(free)]] = value
        made = ALL_FORMATS[index % 3]
        yield Made(f"N2I {kind} {made}", named("N2I", made), saved(made, lines), (value,))


def _in_rows(random: Random) -> Iterator[Made]:
    """Far down, at the very end, above and under the table."""
    for code, made, row in (
        ("N2A", "csv", 1),
        ("N2A", "csv", 2500),
        ("N2A", "csv", 5000),
        ("N2M", "xlsx", 5000),
        ("N2A", "ods", 5000),
    ):
        collection = CATALOGUE.by_code(code)
        assert collection is not None
        lines = good_lines(collection, 20, random)
        lines += [[*line] for _ in range(249) for line in lines[1:]]  # drawing them all takes longer than reading them
        lines[row][place_of(collection, Kind.YES_NO)] = "DURAND Paule"
        yield Made(f"{code} row {row} of 5000 {made}", named(code, made), saved(made, lines), ("DURAND Paule",))
    for code, made in (("N1A", "csv"), ("N2A", "xlsx"), ("N1M", "ods")):
        collection = CATALOGUE.by_code(code)
        assert collection is not None
        nir = spaced(a_nir(random))
        lines = good_lines(collection, 3, random)
        yield Made(f"{code} above {made}", named(code, made), saved(made, [[f"Dossier {nir}"], *lines]), (nir,))
        yield Made(f"{code} under {made}", named(code, made), saved(made, [*lines, [], [f"Dossier {nir}"]]), (nir,))
        lines[0].append(nir)
        yield Made(f"{code} as a title {made}", named(code, made), saved(made, lines), (nir,))
        yield Made(
            f"{code} list of persons {made}",
            f"export_{random.randint(1, 99)}.{made}",
            saved(made, [["Nom", "Prénom", "Ville"], ["DURAND", "Paule", "Lyon"], ["MARTIN", "Paul", "Bron"]]),
            ("DURAND", "MARTIN"),
        )
        yield Made(f"unidentified {made}", f"export.{made}", saved(made, [["x", "y"], ["a", nir]]), (nir,))


def _outside(random: Random) -> Iterator[Made]:
    """Where nobody looks."""
    for code in ("N1A", "N2A"):
        collection = CATALOGUE.by_code(code)
        assert collection is not None
        nir = a_nir(random)
        hidden: Lines = [["Nom", "Prénom", "NIR"], ["DURAND", "Paule", nir]]
        for label, change in _changes(nir, hidden).items():
            content = xlsx(good_lines(collection, 3, random), change)
            yield Made(f"{code} {label} xlsx", named(code, "xlsx"), content, (nir,))
        lines = good_lines(collection, 3, random)
        yield Made(f"{code} hidden sheet ods", named(code, "ods"), ods(lines, hidden), (nir,))
        yield Made(
            f"{code} hidden persons ods", named(code, "ods"), ods(lines, [row[:2] for row in hidden]), ("DURAND",)
        )
        yield Made(f"{code} note ods", named(code, "ods"), ods(lines, note=f"voir {spaced(nir)}"), (spaced(nir),))
        yield Made(f"{code} property ods", named(code, "ods"), ods(lines, title=f"Dossier {nir}"), (nir,))
        yield Made(f"{code} hidden sheet xls", named(code, "xls"), xls(lines, hidden), (nir,))
        yield Made(f"{code} file name csv", named(code, "csv", f"_{nir}"), csv(lines), (nir,))
        yield Made(
            f"{code} file name xlsx", named(code, "xlsx", f"_{spaced(nir, '_')}"), xlsx(lines), (spaced(nir, "_"),)
        )
        yield Made(f"{code} packed", named(code, "zip"), _zip({"cas.csv": csv([["nom"], [nir]])}), (nir,))
        inner = xlsx([["nom"], [nir]])
        yield Made(f"{code} packed workbook", named(code, "zip"), _zip({"cas.xlsx": inner}), (nir,))
        yield Made(f"{code} broken", named(code, "csv"), b'a;b\r\n"x;' + nir.encode() + b"\0\1\2\3", (nir,))
    collection = CATALOGUE.by_code("N2A")
    assert collection is not None
    for label, note in (
        ("name", "voir Mme Durand"),
        ("phone", "rappeler au 06 12 34 56 78"),
        ("born", "né le 12/05/69"),
    ):
        lines = good_lines(collection, 3, random)

        def remark(_book: Any, sheet: Any, note: str = note) -> None:
            sheet["C2"].comment = Comment(f"Marie Martin:\n{note}", "Marie Martin")

        yield Made(f"N2A comment {label} xlsx", named("N2A", "xlsx"), xlsx(lines, remark), (note,))
        yield Made(f"N2A comment {label} ods", named("N2A", "ods"), ods(lines, note=note), (note,))


def _undeclared(random: Random) -> Iterator[Made]:
    """In cases, where no column is declared and where no table is."""
    for made, title, text in (("csv", "Divers", "M. Paul DURAND"), ("ods", "Observations", "situation difficile")):
        lines = _with_column(good_lines(_collection("N2A"), 3, random), title, text)
        yield Made(f"N2A undeclared {title} {made}", named("N2A", made), saved(made, lines), (text,))

    def draft(book: Any, _sheet: Any) -> None:
        other = book.create_sheet("Brouillon")
        for rank in range(8):
            other.append([rank, "Mme DURAND", f"06 12 34 56 {rank}0"])

    content = xlsx(good_lines(_collection("N2A"), 3, random), draft)
    yield Made("N2A a draft with persons", named("N2A", "xlsx"), content, ("DURAND",))


def _collection(code: str) -> Collection:
    collection = CATALOGUE.by_code(code)
    assert collection is not None
    return collection


def _with_column(lines: Lines, title: str, text: Cell) -> Lines:
    return [[*line, title if rank == 0 else text] for rank, line in enumerate(lines)]


def _changes(nir: str, hidden: Lines) -> dict[str, Callable[[Any, Any], None]]:  # noqa: C901 - one place each
    def in_hidden(state: str, lines: Lines) -> Callable[[Any, Any], None]:
        def change(book: Any, _sheet: Any) -> None:
            other = book.create_sheet("Listes")
            other.sheet_state = state
            for line in lines:
                other.append(line)

        return change

    def second(book: Any, _sheet: Any) -> None:
        book.create_sheet("Brouillon").append([spaced(nir)])

    def comment(_book: Any, sheet: Any) -> None:
        sheet["B2"].comment = Comment(f"voir {spaced(nir)}", "x")

    def defined(book: Any, _sheet: Any) -> None:
        book.defined_names["dossier"] = DefinedName("dossier", attr_text=f'"{nir}"')

    def properties(book: Any, _sheet: Any) -> None:
        book.properties.title = f"Dossier {spaced(nir)}"

    def keywords(book: Any, _sheet: Any) -> None:
        book.properties.keywords = nir

    def header(_book: Any, sheet: Any) -> None:
        sheet.oddHeader.center.text = f"Dossier {spaced(nir)}"

    def hidden_column(_book: Any, sheet: Any) -> None:
        sheet["Z3"] = nir
        sheet.column_dimensions["Z"].hidden = True

    def hidden_row(_book: Any, sheet: Any) -> None:
        sheet["B30"] = spaced(nir)
        sheet.row_dimensions[30].hidden = True

    def merged(_book: Any, sheet: Any) -> None:
        sheet["A40"] = spaced(nir)
        sheet.merge_cells("A40:D41")

    def sheet_name(book: Any, _sheet: Any) -> None:
        book.create_sheet(spaced(nir))

    def validation(_book: Any, sheet: Any) -> None:
        one = DataValidation(type="list", formula1='"O,N"', prompt=f"cf. {nir}")
        one.add("D2")
        sheet.add_data_validation(one)

    return {
        "hidden sheet": in_hidden("hidden", hidden),
        "very hidden sheet": in_hidden("veryHidden", hidden),
        "hidden persons": in_hidden("hidden", [row[:2] for row in hidden]),
        "second sheet": second,
        "comment": comment,
        "defined name": defined,
        "property": properties,
        "keyword": keywords,
        "header": header,
        "hidden column": hidden_column,
        "hidden row": hidden_row,
        "merged": merged,
        "sheet name": sheet_name,
        "validation": validation,
    }


def _zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


# ── clean files ──────────────────────────────────────────────────────────────────────────────────────────────────

TITLE_LINES: Sequence[str] = (
    "Établi par le service logement, tél. 01 23 45 67 89",
    "Contact : Mme Durand, 01 23 45 67 89, m.durand@plateforme.example",
    "Fait à Lyon le 12/03/2006",
    "Plate-forme Centre-Est – 12 rue du Port, 69003 Lyon – SIRET 732 829 320 00074",
    "Responsable : M. Paul DURAND, tél. 04.72.00.00.00 / 06 12 34 56 78",
    "Comité interprofessionnel du logement Jean Moulin",
    "Agrément n° 2005-069-0012 du 12/05/1985",
    "Tél. 01 23 45 67 89 01 23 45 67 80 fax 01 23 45 67 81",
    "IBAN de la Plate-forme : FR76 3000 6000 0112 3456 7890 189",
    "Exporté le 2006-02-14 10:15:00 par marie.martin",
)
OTHER_COLUMNS: Sequence[tuple[str, Sequence[Cell]]] = (
    ("SIRET", ("73282932000074", "732 829 320 00074", 73282932000074)),
    ("N° de dossier", (1234567890123, 269054958815781, "100000000000000")),
    ("Montant", (1234567890, "1 234 567 890", 9876543210.5)),
    ("Code postal", ("69003", 1000, "20137")),
    ("N° d'agrément", ("2005-069-0012", "A 12 345 678", "06-12-34-56")),
    ("Nom du CIL", ("CIL Jean Moulin", "CIL de l'Ain", "Martin Logement")),
    ("Nom", ("CIL Jean Moulin", "Logis d'Auvergne", "Comité Paul Bert")),
    ("Observations", ("rien à signaler", "vu", None)),
    ("Téléphone", (12, 7, 3)),
    ("Nb de contacts par téléphone", (612345678, 12, 0)),
    ("Bénéficiaires", (12, 5, 0)),
    ("Taux", (0.142857142857143, "12,5 %", 1)),
    ("Coefficient", (f"2.{with_key('2690549588157')[1:]}", "1.5", 2)),
    ("Date de saisie", ("12/03/2006", ENTERED, "2006-03-12")),
    ("Salarié", ("oui", "non", "oui")),
    ("Employeurs", (4, 5, 6)),
    ("Adresse", (None, "-", "néant")),
    ("Nom du dossier", (None, None, None)),
    ("Commune", ("Saint-Étienne", "Villeurbanne", "Bourg-en-Bresse")),
    ("SIREN", (732829320, "732 829 320", 612345678)),
)
IN_CASES: Sequence[tuple[Kind, Cell]] = (
    (Kind.CODE, "Ouvriers"),
    (Kind.CODE, "Professions intermédiaires"),
    (Kind.CODE, "intérim"),
    (Kind.CODE, "Artisans, commerçants et chefs d’entreprise"),
    (Kind.CODE, "non renseigné"),
    (Kind.CODE, "non communiqué par le demandeur, voir note"),
    (Kind.CODE, "divorce, séparation, décohabitation, ..."),
    (Kind.YES_NO, "sans objet"),
    (Kind.YES_NO, "ne sait pas"),
    (Kind.COUNT, "1 234,50"),
    (Kind.COUNT, "environ 1500"),
    (Kind.COUNT, 1234567890),
    (Kind.POSTAL, "Lyon"),
    (Kind.POSTAL, "69"),
    (Kind.MEMBER, "CIL Jean Moulin"),
    (Kind.MEMBER, "CIL de l'Ain"),
    (Kind.MEMBER, "Logis d'Auvergne"),
    (Kind.MEMBER, "Pierre et Logis"),
)
CALM: Sequence[str] = (
    "Accord résilié sans préavis par le bailleur.",
    "Le partenaire réclame 1 200 € de frais ; accord du 12/03/1988 non respecté.",
    "Le CIL Jean Moulin a saisi la Banque de France le 3 mars 2005.",
    "La résidence Jean Jaurès, rue Victor Hugo, reste indisponible.",
    "Courrier adressé à Monsieur le Directeur, à Madame la Préfète et au maire de Saint-Étienne.",
    "La situation de Mme X et de M. Y. a été traitée ; 3 places proposées.",
    "Le salarié et son conjoint ont refusé les 2 logements du foyer.",
    "Permanence tenue place Paul Martin, puis rue Anne Bernard.",
    "Convention n° 2005-069-0012, dossier 1234567890123, SIRET 732 829 320 00074.",
)


def clean() -> list[Made]:
    """The files that must pass, the same at every run."""
    random = Random(SEED + 1)  # noqa: S311 - same
    return [
        *_clean_titles(random),
        *_clean_columns(random),
        *_clean_cases(random),
        *_clean_sentences(random),
        *_clean_books(random),
        *_clean_oddments(random),
    ]


def _clean_titles(random: Random) -> Iterator[Made]:
    for index, line in enumerate(TITLE_LINES):
        for offset, made in enumerate((*ALL_FORMATS, "csv-1252", "xls")):
            code = (*QUARTERLY, *YEARLY)[(index + offset) % 4]
            collection = CATALOGUE.by_code(code)
            assert collection is not None
            lines = good_lines(collection, 5, random)
            place = index % 3
            above: Lines = [["Déclaration de l'exercice 2005"], [line], []]
            whole = [*above, *lines] if place < 2 else [[line], *lines, [], [line if index < 3 else "Fin"]]
            yield Made(f"{code} {line[:30]} {made}", named(code, made), saved(made, whole))


def _clean_columns(random: Random) -> Iterator[Made]:
    for index, (title, values) in enumerate(OTHER_COLUMNS):
        for offset, made in enumerate((*ALL_FORMATS, "csv-utf16")):
            code = QUARTERLY[(index + offset) % 2]
            collection = CATALOGUE.by_code(code)
            assert collection is not None
            lines = [
                [*line, extra] for line, extra in zip(good_lines(collection, 3, random), (title, *values), strict=True)
            ]
            yield Made(f"{code} column {title} {made}", named(code, made), saved(made, lines))


def _clean_cases(random: Random) -> Iterator[Made]:
    for index, (kind, value) in enumerate(IN_CASES):
        for offset, made in enumerate(ALL_FORMATS):
            code = YEARLY[(index + offset) % 2]
            collection = CATALOGUE.by_code(code)
            assert collection is not None
            lines = good_lines(collection, 20, random)
            if any(one.kind is kind and not one.key for one in columns_of(collection)):
                lines[random.randint(1, 20)][place_of(collection, kind)] = value
            yield Made(f"{code} {kind.value} {value} {made}", named(code, made), saved(made, lines))
    for made in ALL_FORMATS:  # numbers of cases as long as telephones and as NIR without key
        collection = CATALOGUE.by_code("N2A")
        assert collection is not None
        lines = good_lines(collection, 12, random)
        for rank, line in enumerate(lines[1:], start=1):
            line[place_of_key(collection)] = f"{612345600 + rank:010d}"
        yield Made(f"N2A long numbers {made}", named("N2A", made), saved(made, lines))


def place_of_key(collection: Collection) -> int:
    """The index of the number of a case."""
    return next(i for i, one in enumerate(columns_of(collection)) if one.key and one.kind is Kind.COUNT)


def _clean_sentences(random: Random) -> Iterator[Made]:
    for code in ("N2I", "N2P"):
        collection = CATALOGUE.by_code(code)
        if collection is None:
            continue
        free = [i for i, one in enumerate(columns_of(collection)) if one.free_text]
        for index, sentence in enumerate(CALM):
            made = ALL_FORMATS[index % 3]
            lines = good_lines(collection, 3, random)
            for line in lines[1:]:
                for place in free:
                    line[place] = sentence
            yield Made(f"{code} {sentence[:30]} {made}", named(code, made), saved(made, lines))


def _clean_books(random: Random) -> Iterator[Made]:
    def hidden(book: Any, sheet: Any) -> None:
        other = book.create_sheet("Listes")
        other.sheet_state = "hidden"
        for line in (["Code", "Libellé"], ["1", "CDI"], ["2", "CDD"]):
            other.append(line)
        sheet["B2"].comment = Comment("Marie Martin:\nà vérifier avec le CIL", "Marie Martin")
        book.properties.creator = book.properties.lastModifiedBy = "Marie Martin"
        book.properties.title = "Exercice 2005"
        sheet.oddFooter.center.text = "Contact : Mme Durand, 01 23 45 67 89"
        book.defined_names["taux"] = DefinedName("taux", attr_text="0.142857142857143")

    def contacts(book: Any, _sheet: Any) -> None:
        other = book.create_sheet("Contacts")
        for line in (
            ["Plate-forme Centre-Est"],
            ["Mme Durand", "01 23 45 67 89"],
            ["Paul Martin", "p.martin@pf.example"],
        ):
            other.append(line)

    for code in (*QUARTERLY, *YEARLY):
        collection = CATALOGUE.by_code(code)
        assert collection is not None
        lines = good_lines(collection, 4, random)
        yield Made(f"{code} an ordinary workbook", named(code, "xlsx"), xlsx(lines, hidden))
        yield Made(f"{code} a sheet of contacts", named(code, "xlsx"), xlsx(lines, contacts))
        yield Made(
            f"{code} notes ods", named(code, "ods"), ods(lines, [["Code"], ["1"]], note="à vérifier", title="2005")
        )
        yield Made(f"{code} a name of staff", named(code, "csv", "_v2_Marie_Martin_0612345678"), csv(lines))
        yield Made(f"{code} packed", named(code, "zip"), _zip({"cas.csv": csv(lines)}))


def _clean_oddments(random: Random) -> Iterator[Made]:
    """What is searched otherwise than a list: the foot of the table, dates, columns and tables that nobody declared."""
    for code in YEARLY:
        for line in (one for one in TITLE_LINES if one.startswith(("Contact", "Responsable"))):
            lines = good_lines(_collection(code), 3, random)
            yield Made(f"{code} under {line[:11]}", named(code, "csv"), csv([*lines, [], [line]]))
    for code in (*YEARLY, "N2I"):
        collection = _collection(code)
        lines = good_lines(collection, 3, random)
        days = [i for i, one in enumerate(columns_of(collection)) if one.kind is Kind.DATE]
        for place in days[:1]:
            lines[2][place] = "12/05/1985"
            yield Made(f"{code} an old day", named(code, "xlsx"), xlsx(lines))
    lines = _with_column(
        good_lines(_collection("N2A"), 3, random), "Divers", "à revoir avec la comptabilité le mois prochain"
    )
    yield Made("N2A a column of nobody", named("N2A", "csv"), csv(lines))
    yield Made("a table of names of things", "export.csv", csv([["Nom", "Total"], ["Projet Horizon", 12]]))
