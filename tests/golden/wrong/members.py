"""Lines that are about nobody, about somebody else, or about the same CIL/CCI twice; lines that are not there."""

from __future__ import annotations

from typing import Any

from domain.verdicts import Verdict
from tests.golden.wrong.case import Case, saved_anew
from tests.golden.wrong.grids import (
    Grid,
    as_book,
    as_csv,
    mend_book,
    mend_csv,
    n1a,
    put,
    retype_csv,
    with_last,
    with_row,
    without_rows,
)

GOOD = n1a()
PART, CARE = Verdict.PARTIALLY_ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS
OTHER = Verdict.REJECTED


def _names_sorted_alone(grid: Grid) -> Grid:
    """Column C sorted, the others not."""
    names = sorted(row[2] for row in grid[1:])
    return [grid[0], *([*row[:2], name, *row[3:]] for row, name in zip(grid[1:], names, strict=True))]


def _names_only(grid: Grid) -> Grid:
    return [grid[0], *([row[0], None, str(row[2]).upper().replace("’", "'"), *row[3:]] for row in grid[1:])]


def _codes_back(sheet: Any) -> None:
    """CIL028 for 28; the one CCI is told by the name beside it."""
    for row in range(2, 13):
        kind = str(sheet.cell(row, 3).value)[:3]
        sheet.cell(row, 2).value = f"{kind}{sheet.cell(row, 2).value:03d}"


CASES = (
    Case(
        name="one-cil-of-another-platform",
        story="Mme Gauthier a laissé la ligne d’un CIL qui adhère à la plate-forme voisine.",
        build=as_csv(GOOD, with_row(5, ["59", "CIL010", "CIL de la Flandre maritime", 7, 3, 1])),
        verdict=PART,
        codes=frozenset({"N1A.R01"}),
        places=("B5",),
        says=("CIL010", "31/03/2005"),
        mend=mend_csv(without_rows(5)),
    ),
    Case(
        name="another-platforms-file",
        story="Mme Gauthier a déposé le fichier de PF02, reçu en copie, au lieu du sien.",
        build=as_csv(n1a("PF02")),
        verdict=OTHER,
        codes=frozenset({"N1A.R01", "N1A.R02"}),
        says=("PF02",),
        mend=saved_anew(as_csv(GOOD)),
    ),
    Case(
        name="typo-in-a-code",
        story="M. Robin a tapé la lettre O au lieu du zéro : CIL02O.",
        build=as_csv(GOOD, put(B5="CIL02O")),
        verdict=PART,
        codes=frozenset({"G-11", "N1A.R02"}),
        places=("B5",),
        says=("CIL02O", "CIL020"),
        never=("ajoutez la ligne manquante", "Ajoutez sa ligne"),
        mend=mend_csv(put(B5="CIL020")),
    ),
    Case(
        name="typo-in-a-name",
        story="M. Robin écrit les noms sans les codes, avec une faute : « CIL de la Rive gauhe ».",
        build=as_csv(GOOD, put(B6=None, C6="CIL de la Rive gauhe")),
        verdict=PART,
        codes=frozenset({"G-11", "N1A.R02"}),
        places=("C6",),
        says=("CIL de la Rive gauche (CIL021)",),
        never=("ajoutez la ligne manquante", "Ajoutez sa ligne"),
        mend=mend_csv(put(C6="CIL de la Rive gauche")),
    ),
    Case(
        name="names-in-capitals",
        story="Mme Picard laisse la colonne des codes vide et écrit les noms en capitales : on les reconnaît.",
        build=as_csv(GOOD, _names_only),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="codes-without-letters",
        story="Mme Masson n’écrit que le numéro des CIL, en nombres : 28 pour CIL028.",
        build=as_book(
            GOOD,
            lambda grid: [grid[0], *([row[0], int(row[1][3:]), *row[2:]] for row in grid[1:])],
        ),
        file="N1A_2005T1.xlsx",
        verdict=OTHER,
        codes=frozenset({"G-11", "N1A.R02"}),
        places=("B2",),
        says=("CIL028", "lettres"),
        mend=mend_book(_codes_back),
    ),
    Case(
        name="line-of-a-mandant",
        story="M. Lambert donne une ligne au Vexin français, qui a confié son service au Mantois.",
        build=as_csv(GOOD, with_last(["95", "CIL027", "CIL du Vexin français", 4, 2, 0])),
        verdict=CARE,
        codes=frozenset({"N1A.R06"}),
        places=("B13",),
        says=("CIL026",),
        mend=mend_csv(without_rows(13)),
    ),
    Case(
        name="a-line-is-missing",
        story="M. Fontaine a oublié la ligne du CIL du Sénonais.",
        build=as_csv(GOOD, without_rows(9)),
        verdict=PART,
        codes=frozenset({"N1A.R02"}),
        says=("CIL du Sénonais (CIL018)", "Ajoutez sa ligne"),
        mend=mend_csv(with_row(9, ["89", "CIL018", "CIL du Sénonais", 16, 8, 1])),
    ),
    Case(
        name="three-lines-are-missing",
        story="M. Fontaine a filtré le tableau avant de le copier : trois lignes manquent.",
        build=as_csv(GOOD, without_rows(5, 6, 11)),
        verdict=PART,
        codes=frozenset({"N1A.R02"}),
        says=("CIL020", "CIL021", "CIL022"),
        never=("Ajoutez sa ligne",),
        mend=saved_anew(as_csv(GOOD)),
    ),
    Case(
        name="same-cil-twice",
        story="Mme Chevalier a ajouté les chiffres corrigés d’un CIL sans enlever l’ancienne ligne.",
        build=as_csv(GOOD, with_last(["75", "CIL021", "CIL de la Rive gauche", 9, 4, 1])),
        verdict=PART,
        codes=frozenset({"G-09"}),
        places=("B6", "B13"),
        says=("Gardez une seule ligne",),
        mend=mend_csv(without_rows(6)),
        mended=Verdict.ACCEPTED,
    ),
    Case(
        name="wrong-departement",
        story="M. Perrin a tapé 54 au lieu de 45 pour l’Orléanais.",
        build=as_csv(GOOD, put(A3="54")),
        verdict=CARE,
        codes=frozenset({"N1A.R04"}),
        places=("A3",),
        says=("45",),
        mend=mend_csv(put(A3="45")),
    ),
    Case(
        name="departement-by-its-name",
        story="Mme Marchand écrit le nom des départements, avec des fautes : « Loirret », « Pariss ».",
        build=as_csv(GOOD, put(A3="Loirret", A4="Loirret", A5="Pariss")),
        verdict=PART,
        codes=frozenset({"G-11"}),
        places=("A3", "A4", "A5"),
        says=("45", "75"),
        mend=retype_csv(GOOD, "A3", "A4", "A5"),
        causes=2,
    ),
    Case(
        name="names-sorted-alone",
        story="M. Royer a trié la colonne des noms sans les autres : les noms ne sont plus en face des codes.",
        build=as_csv(GOOD, _names_sorted_alone),
        verdict=CARE,
        codes=frozenset({"N1A.R03"}),
        says=("CIL028",),
        mend=retype_csv(GOOD, *(f"C{row}" for row in range(2, 13))),
    ),
)
