"""How a sheet is arranged: merged cells, hidden sheets, filters, everything in one column."""

from __future__ import annotations

from typing import Any

from domain.organisations import Directory
from domain.verdicts import Verdict
from tests.golden.wrong.case import Case
from tests.golden.wrong.grids import (
    as_book,
    as_csv,
    made,
    mend_book,
    n1a,
    opened,
    put,
    saved,
    to_book,
    to_csv,
    with_first,
)

GOOD = n1a()
NO, PART, CARE = Verdict.REJECTED, Verdict.PARTIALLY_ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS
BOOK = "N1A_2005T1.xlsx"


def _merged_departements(sheet: Any) -> None:
    sheet.merge_cells("A3:A4")
    sheet.merge_cells("A5:A6")


def _two_titles(sheet: Any) -> None:
    sheet.unmerge_cells("B1:C1")
    sheet["C1"].value = "CIL/CCI"


def _two_figures(sheet: Any) -> None:
    sheet.unmerge_cells("D5:D6")
    sheet["D5"].value, sheet["D6"].value = 7, 8


def _locked(sheet: Any) -> None:
    sheet.protection.enable()


def _filtered(sheet: Any) -> None:
    sheet.auto_filter.ref = "A1:F12"
    for row in (5, 6, 11):
        sheet.row_dimensions[row].hidden = True


def _hidden_table(network: Directory) -> bytes:
    book = to_book({"Accueil": [["Bonjour,"], ["les chiffres sont prêts."]], "N1A": GOOD(network)})
    book["N1A"].sheet_state = "hidden"
    return saved(book)


def _shown(content: bytes, network: Directory) -> bytes:
    del network
    book = opened(content)
    book["N1A"].sheet_state = "visible"
    return saved(book)


def _each_line_in_one_cell(network: Directory) -> bytes:
    """A CSV opened with all in column A, then saved: each line becomes one quoted field."""
    text = to_csv(GOOD(network), encoding="utf-8").decode()
    return "".join(f'"{line}"\r\n' for line in text.splitlines()).encode("utf-8-sig")


def _split_again(content: bytes, network: Directory) -> bytes:
    """Données > Convertir, with the semicolon."""
    del network
    return content.replace(b'"', b"")


CASES = (
    Case(
        name="merged-data-cells",
        story="Mme Huet a fusionné les cellules du département quand deux CIL sont du même : on comprend.",
        file=BOOK,
        build=as_book(GOOD, then=_merged_departements),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="merged-titles",
        story="M. Imbert a fusionné deux titres : « CIL/CCI qui réalise le service » couvre le code et le nom.",
        file=BOOK,
        build=as_book(
            GOOD, put(B1="CIL/CCI qui réalise le service", C1=None), then=lambda sheet: sheet.merge_cells("B1:C1")
        ),
        verdict=CARE,
        codes=frozenset({"G-07"}),
        says=("colonne C n’a pas de titre",),
        never=("corrigez son titre",),
        mend=mend_book(_two_titles),
    ),
    Case(
        name="merged-figures",
        story="M. Imbert a fusionné deux cellules de chiffres : un seul nombre pour deux CIL.",
        file=BOOK,
        build=as_book(GOOD, then=lambda sheet: sheet.merge_cells("D5:D6")),
        verdict=PART,
        codes=frozenset({"G-10"}),
        places=("D6",),
        says=("fusion",),
        mend=mend_book(_two_figures),
    ),
    Case(
        name="hidden-sheet",
        story="Mme Jacob a masqué la feuille du tableau ; il ne reste qu’un mot d’accueil.",
        file=BOOK,
        build=_hidden_table,
        verdict=NO,
        codes=frozenset({"G-06"}),
        says=("masquée", "« N1A »"),
        mend=_shown,
    ),
    Case(
        name="locked-sheet",
        story="Mme Jacob a verrouillé la feuille contre les modifications, sans mot de passe à l’ouverture.",
        file=BOOK,
        build=as_book(GOOD, then=_locked),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="filtered-rows",
        story="M. Joly a laissé un filtre : trois lignes sont cachées à l’écran, mais bien dans le fichier.",
        file=BOOK,
        build=as_book(GOOD, then=_filtered),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="table-in-the-second-sheet",
        story="M. Joly a mis le mode d’emploi dans la première feuille, le tableau dans la deuxième.",
        file=BOOK,
        build=lambda network: saved(
            to_book({"Mode d’emploi": [["Remplissez la deuxième feuille."]], "Feuil2": GOOD(network)})
        ),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="all-in-one-column",
        story="Mme Klein a ouvert le CSV d’un double clic : tout est dans la colonne A, et elle l’a enregistré.",
        build=_each_line_in_one_cell,
        verdict=NO,
        codes=frozenset({"G-06"}),
        places=("ligne 1",),
        says=("une seule colonne", "Convertir"),
        mend=_split_again,
    ),
    Case(
        name="all-in-one-column-of-a-workbook",
        story="M. Lemoine a fait de même, et l’a enregistré en classeur.",
        file=BOOK,
        build=lambda network: saved(
            to_book({"N1A": [[line] for line in to_csv(GOOD(network), encoding="utf-8").decode().splitlines()]})
        ),
        verdict=NO,
        codes=frozenset({"G-06"}),
        places=("ligne 1",),
        says=("une seule colonne", "Convertir"),
        mend=lambda content, _network: saved(
            to_book({"N1A": [row[0].value.split(";") for row in opened(content)["N1A"].iter_rows()]})
        ),
    ),
    Case(
        name="column-of-row-numbers",
        story="Mme Muller a ajouté une colonne sans titre, pour ses propres coches.",
        file=BOOK,
        build=as_book(GOOD, put(**{f"G{row}": "x" for row in range(2, 13)})),
        verdict=CARE,
        codes=frozenset({"G-07"}),
        places=("G2",),
        says=("colonne G", "pas de titre"),
        mend=mend_book(lambda sheet: sheet.delete_cols(7)),
    ),
    Case(
        name="logo-and-title-block",
        story="M. Nicolas a laissé le logo, le titre et trois lignes blanches au-dessus du tableau.",
        file=BOOK,
        build=as_book(
            made(n1a(labels=True)),
            with_first(["UESL"], ["Suivi de l’activité du CIL-PASS assistance"], ["1er Trimestre 2005"], [], [], []),
            then=lambda sheet: sheet.merge_cells("A2:F2"),
        ),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="formatted-far-below",
        story="Mme Olivier a mis des bordures jusqu’à la ligne 400 : les lignes blanches ne gênent pas.",
        build=as_csv(GOOD, lambda grid: [*grid, *([""] * 6 for _ in range(300))]),
        verdict=Verdict.ACCEPTED,
    ),
)
