"""What a spreadsheet does to what is in its cells: lost zeros, dates for figures, formulas without a result."""

from __future__ import annotations

from typing import Any

from domain.organisations import Directory
from domain.verdicts import Verdict
from tests.golden.wrong.case import Case, Mend
from tests.golden.wrong.grids import (
    Grid,
    as_book,
    as_csv,
    calculated,
    mend_book,
    mend_csv,
    n1a,
    n1m,
    opened,
    plain,
    put,
    retype_book,
    retype_csv,
)

GOOD, MONEY = n1a(), n1m()
NO, PART, CARE = Verdict.REJECTED, Verdict.PARTIALLY_ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS
BOOK = "N1A_2005T1.xlsx"


def _numbers_for_departements(grid: Grid) -> Grid:
    return [grid[0], *([int(row[0]) if row[0].isdecimal() else row[0], *row[1:]] for row in grid[1:])]


def _as_text(sheet: Any) -> None:
    """The column given the format Text, its codes typed again."""
    for (cell,) in sheet["A2:A9"]:
        cell.number_format, cell.value = "@", f"{int(cell.value):02d}"


def _dates(sheet: Any) -> None:
    """The format Date put on a column of figures, which stay what they are: 4 shows as 04/01/1900."""
    for (cell,) in sheet["D2:D12"]:
        cell.number_format = "dd/mm/yyyy"


def _formulas(grid: Grid) -> Grid:
    return [grid[0], *([*row[:3], f"={row[3] - 1}+1", *row[4:]] for row in grid[1:])]


def _calculated_and_saved(content: bytes, network: Directory) -> bytes:
    """What opening the workbook in Excel and saving it does: the formulas stay, with their results."""
    formulas = {cell.coordinate: cell.value for (cell,) in opened(content).worksheets[0]["D2:D12"]}
    results = {f"D{row}": cells[3] for row, cells in enumerate(GOOD(network), start=1)}
    return calculated({cell: (text, results[cell]) for cell, text in formulas.items()}, GOOD)(network)


def _recalculated(good, cell: str, formula: str, sheet: str) -> Mend:
    """The formula mended: it points at the right cells again."""

    def mend(content: bytes, network: Directory) -> bytes:
        del content
        row, column = int(cell[1:]) - 1, ord(cell[0]) - ord("A")
        return calculated({cell: (formula, plain(good(network)[row][column]))}, good, sheet)(network)

    return mend


CASES = (
    Case(
        name="lost-zeros",
        story="Mme Petit a ouvert le CSV dans Excel, qui a mangé le zéro du département de l’Ain.",
        account="pf04",
        build=as_csv(n1a("PF04"), put(A2="1")),
        verdict=CARE,
        codes=frozenset({"G-19"}),
        places=("A2",),
        says=("zéro", "format Texte"),
        mend=mend_csv(put(A2="01")),
    ),
    Case(
        name="lost-zeros-in-a-workbook",
        story="M. Aubert a tapé les départements en nombres : 8 au lieu de 08.",
        account="pf02",
        file=BOOK,
        build=as_book(n1a("PF02"), _numbers_for_departements),
        verdict=CARE,
        codes=frozenset({"G-19"}),
        places=("A2",),
        says=("zéro", "format Texte"),
        mend=mend_book(_as_text),
    ),
    Case(
        name="figures-turned-to-dates",
        story="Mme Brun a mis le format Date sur la colonne des diagnostics : 4 s’affiche 04/01/1900.",
        file=BOOK,
        build=as_book(GOOD, then=_dates),
        verdict=NO,
        codes=frozenset({"G-10"}),
        places=("D2", "D12"),
        says=("date", "04/01/1900", "format Nombre"),
        mend=retype_book(GOOD, *(f"D{row}" for row in range(2, 13))),
    ),
    Case(
        name="third-of-january",
        story="M. Caron a tapé « 3/1 » pour dire trois dont un : Excel en a fait le 3 janvier.",
        build=as_csv(GOOD, put(F12="03-janv")),
        verdict=PART,
        codes=frozenset({"G-10"}),
        places=("F12",),
        says=("03-janv", "date"),
        mend=retype_csv(GOOD, "F12"),
    ),
    Case(
        name="dates-for-figures",
        story="Mme Denis a collé les dates de saisie à la place des engagements.",
        build=as_csv(GOOD, put(E2="12/04/2005", E3="12/04/2005", E4="13/04/2005")),
        verdict=PART,
        codes=frozenset({"G-10"}),
        places=("E2", "E3", "E4"),
        says=("date",),
        mend=retype_csv(GOOD, "E2", "E3", "E4"),
    ),
    Case(
        name="formulas-never-calculated",
        story="Le logiciel de M. Evrard écrit un classeur avec des formules que personne n’a encore calculées.",
        file=BOOK,
        build=as_book(GOOD, _formulas),
        verdict=NO,
        codes=frozenset({"G-10"}),
        places=("D2", "D12"),
        says=("formule", "nregistre"),
        mend=_calculated_and_saved,
    ),
    Case(
        name="broken-reference",
        story="Mme Fabre a supprimé la feuille dont une formule se servait : #REF!",
        file=BOOK,
        build=calculated({"E7": ("=#REF!+1", "#REF!")}, GOOD),
        verdict=PART,
        codes=frozenset({"G-10"}),
        places=("E7",),
        says=("#REF!", "formule"),
        mend=_recalculated(GOOD, "E7", "=4+1", "N1A"),
    ),
    Case(
        name="division-by-nothing",
        story="M. Gilbert calcule un montant moyen, et un CIL n’a aucun dossier : #DIV/0!",
        file="N1M_2005T1.xlsx",
        build=calculated({"F6": ("=0/D6", "#DIV/0!")}, MONEY, "N1M"),
        verdict=PART,
        codes=frozenset({"G-10"}),
        places=("F6",),
        says=("#DIV/0!", "formule"),
        mend=_recalculated(MONEY, "F6", "=D6*1000", "N1M"),
    ),
    Case(
        name="apostrophe-before-a-code",
        story="Mme Jacob a forcé le format Texte par une apostrophe, et l’export l’a gardée : « '08 ».",
        account="pf02",
        build=as_csv(n1a("PF02"), put(A2="'08")),
        verdict=PART,
        codes=frozenset({"G-11"}),
        places=("A2",),
        says=("'08",),
        mend=retype_csv(n1a("PF02"), "A2"),
    ),
)
