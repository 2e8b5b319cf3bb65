"""Texts as programs export them, and texts that should not be here at all: encodings, separators, names of people."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from domain.organisations import Directory
from domain.verdicts import Verdict
from tests.golden.wrong.case import Case, saved_anew
from tests.golden.wrong.grids import (
    Grid,
    as_book,
    as_csv,
    mend_book,
    mend_csv,
    n1a,
    n1m,
    plain,
    retype_csv,
    to_csv,
    with_column,
    without_column,
)

GOOD, MONEY = n1a(), n1m()
LABELLED = n1a(labels=True)
NO, CARE = Verdict.REJECTED, Verdict.ACCEPTED_WITH_WARNINGS
GONE = Verdict.DESTROYED
SECRET = frozenset({"G-12"})
DAY_ZERO = dt.date(1948, 1, 12)


def _xls(grid: Grid) -> bytes:
    buffer = io.BytesIO()
    book = xlwt.Workbook()
    sheet = book.add_sheet("Feuil1")
    for row, cells in enumerate(grid):
        for column, value in enumerate(cells):
            sheet.write(row, column, plain(value))
    book.save(buffer)
    return buffer.getvalue()


def _ods(grid: Grid) -> bytes:
    document = OpenDocumentSpreadsheet()
    table = Table(name="Feuille1")
    for cells in grid:
        row = TableRow()
        for value in cells:
            figure = isinstance(plain(value), int | float)
            cell = TableCell(valuetype="float", value=str(value)) if figure else TableCell(valuetype="string")
            cell.addElement(P(text=str(value)))
            row.addElement(cell)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _nir(number: int) -> str:
    """A number shaped like a real one, with its right key; the person does not exist."""
    body = 2_48_01_75_000_000 + 100_000 * number + number
    return f"{body}{97 - body % 97:02d}"


def _straight(cell: Any) -> Any:
    """The typographic apostrophe is not one of MS-DOS's characters."""
    return cell.replace("’", "'") if isinstance(cell, str) else cell


def _commas_everywhere(network: Directory) -> bytes:
    """A script that joins with commas without quoting: the decimal comma is one more separator."""
    return to_csv(MONEY(network), separator="|").replace(b"|", b",")


def _unicode_text(network: Directory) -> bytes:
    """« Texte Unicode (*.txt) » of Excel: UTF-16, tabs."""
    return to_csv(GOOD(network), encoding="utf-16", separator="\t")


CASES = (
    Case(
        name="text-of-dos",
        story="Le vieux logiciel de M. Lemaire écrit les accents de MS-DOS : on les reconnaît.",
        build=as_csv(GOOD, lambda grid: [[_straight(cell) for cell in row] for row in grid], encoding="cp850"),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="titles-of-dos",
        story="Le même logiciel, avec les intitulés en français comme titres.",
        build=as_csv(LABELLED, lambda grid: [[_straight(cell) for cell in row] for row in grid], encoding="cp850"),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="accents-read-twice",
        story="Mme Roy a ouvert puis enregistré un CSV avec le mauvais codage : « GÃ¢tinais ».",
        build=lambda network: to_csv(GOOD(network), encoding="utf-8").decode("cp1252", "replace").encode("utf-8-sig"),
        verdict=CARE,
        codes=frozenset({"N1A.R03"}),
        says=("accents",),
        mend=retype_csv(GOOD, *(f"C{row}" for row in range(2, 13))),
    ),
    Case(
        name="commas-everywhere",
        story="Le script de M. Blanchard sépare tout par des virgules, y compris les centimes.",
        file="N1M_2005T1.csv",
        build=_commas_everywhere,
        verdict=NO,
        codes=frozenset({"G-07"}),
        says=("virgule",),
        never=("videz la case",),
        mend=saved_anew(as_csv(MONEY)),
    ),
    Case(
        name="unicode-text",
        story="Mme Joubert a choisi « Texte Unicode » : on le lit.",
        file="N1A_2005T1.txt",
        build=_unicode_text,
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="two-marks-at-the-start",
        story="Deux programmes ont chacun ajouté leur marque invisible au début du fichier : on les ignore.",
        build=lambda network: b"\xef\xbb\xbf" + to_csv(GOOD(network)),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="semicolons-at-the-end",
        story="Excel a gardé dix colonnes vides : chaque ligne finit par « ;;;;;;;;;; ».",
        build=as_csv(GOOD, lambda grid: [[*row, *[None] * 10] for row in grid]),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="tabs-from-a-paste",
        story="M. Gaillard a collé le tableau dans le Bloc-notes : des tabulations.",
        file="N1A_2005T1.txt",
        build=as_csv(GOOD, encoding="cp1252", separator="\t"),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="old-excel",
        story="Mme Leroux travaille sous Excel 97.",
        file="N1A_2005T1.xls",
        build=lambda network: _xls(LABELLED(network)),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="libreoffice",
        story="M. Dufour travaille sous LibreOffice.",
        file="N1M_2005T1.ods",
        build=lambda network: _ods(MONEY(network)),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="quote-never-closed",
        story="Mme Meyer a tapé un guillemet de pouces dans un nom, dans le Bloc-notes.",
        build=lambda network: to_csv(GOOD(network)).replace(b"CIL du Mantois", b'"CIL du Mantois'),
        verdict=NO,
        codes=frozenset({"G-05"}),
        places=("ligne 8",),
        says=("guillemet",),
        mend=lambda content, _network: content.replace(b'"', b""),
    ),
    Case(
        name="numbers-of-people",
        story="M. Dupont a laissé la colonne des numéros de sécurité sociale d’un dossier par CIL.",
        build=as_csv(GOOD, with_column("G", "NIR", *(_nir(number) for number in range(11)))),
        verdict=GONE,
        codes=SECRET,
        places=("colonne G",),
        says=("détruit",),
        mend=mend_csv(without_column("G")),
    ),
    Case(
        name="names-of-people",
        story="Mme Fabre a gardé les colonnes « Nom du salarié » et « Date de naissance ».",
        file="N1A_2005T1.xlsx",
        build=as_book(
            GOOD,
            with_column("G", "Nom du salarié", *(f"Bernard-{'ABCDEFGHIJK'[number]}" for number in range(11))),
            with_column("H", "Date de naissance", *(str(DAY_ZERO + dt.timedelta(days=number)) for number in range(11))),
        ),
        verdict=GONE,
        codes=SECRET,
        places=("G", "H"),
        says=("détruit",),
        causes=2,
        mend=mend_book(lambda sheet: sheet.delete_cols(7, 2)),
    ),
    Case(
        name="phone-numbers",
        story="M. Caron a ajouté le téléphone et le courriel de ses correspondants.",
        build=as_csv(
            GOOD,
            with_column("G", "Téléphone", *(f"01 40 00 00 {number:02d}" for number in range(11))),
            with_column("H", "Courriel", *(f"contact{number}@cil.example" for number in range(11))),
        ),
        verdict=GONE,
        codes=SECRET,
        places=("G", "H"),
        says=("détruit",),
        causes=2,
        mend=mend_csv(without_column("H"), without_column("G")),
    ),
)
