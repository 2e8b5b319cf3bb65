"""Lines that are no line of the table, or not where they should be: titles again, notes, sums, shifted cells."""

from __future__ import annotations

from domain.verdicts import Verdict
from tests.golden.wrong.case import Case
from tests.golden.wrong.grids import (
    Grid,
    as_book,
    as_csv,
    mend_csv,
    n1a,
    retype_csv,
    with_last,
    with_row,
    without_rows,
)

GOOD, LABELLED = n1a(), n1a(labels=True)
NO, PART, CARE = Verdict.REJECTED, Verdict.PARTIALLY_ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS
BOOK = "N1A_2005T1.xlsx"
SUMS = [111, 58, 13]


def _shifted_line(grid: Grid) -> Grid:
    """A semicolon too many on one line: all that follows is one column to the right."""
    grid[4] = [*grid[4][:3], "", *grid[4][3:]]
    return grid


def _codes_one_line_down(grid: Grid) -> Grid:
    """A cell inserted at the top of the codes: each code stands beside the next line's figures."""
    codes = [row[1] for row in grid[1:]]
    moved = [codes[-1], *codes[:-1]]
    return [grid[0], *([row[0], code, *row[2:]] for row, code in zip(grid[1:], moved, strict=True))]


def _subtotals(grid: Grid) -> Grid:
    """A line of subtotal after each département of two CIL, as the pivot table pasted them."""
    return [
        *grid[:4],
        ["Sous-total 45", None, None, 18, 11, 1],
        *grid[4:6],
        ["Sous-total 75", None, None, 15, 7, 2],
        *grid[6:],
    ]


CASES = (
    Case(
        name="one-line-shifted",
        story="M. Meunier a tapé un point-virgule de trop : une ligne est décalée d’une colonne.",
        build=as_csv(GOOD, _shifted_line),
        verdict=PART,
        codes=frozenset({"G-07", "G-10"}),
        places=("5",),
        says=("décalée",),
        never=("demandez-le au CIL/CCI",),
        mend=mend_csv(lambda grid: [*grid[:4], [*grid[4][:3], *grid[4][4:]], *grid[5:]]),
    ),
    Case(
        name="codes-one-line-down",
        story="M. Renaud a inséré une cellule en haut des codes : chacun est en face de la ligne d’après.",
        build=as_csv(GOOD, _codes_one_line_down),
        verdict=CARE,
        codes=frozenset({"N1A.R03", "N1A.R04"}),
        says=("décal",),
        mend=retype_csv(GOOD, *(f"B{row}" for row in range(2, 13))),
    ),
    Case(
        name="titles-twice",
        story="M. Guerin a collé deux pages imprimées : les titres reviennent au milieu du tableau, on les saute.",
        build=as_csv(GOOD, lambda grid: [*grid[:7], list(grid[0]), *grid[7:]]),
        verdict=Verdict.ACCEPTED,
        places=("ligne 8",),
        says=("titres",),
    ),
    Case(
        name="titles-and-units",
        story="Mme Noel a mis une ligne d’unités sous les titres : on la reconnaît.",
        file=BOOK,
        build=as_book(LABELLED, with_row(2, [None, None, None, "Nb", "Nb", "Nb"])),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="comments-under-the-table",
        story="M. Roussel explique ses chiffres sous le tableau, en deux phrases.",
        file=BOOK,
        build=as_book(
            GOOD,
            with_last(
                [],
                ["Le CIL de la Beauce a fermé une semaine en février, d’où la baisse."],
                ["Merci de nous rappeler pour toute question."],
            ),
        ),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="signature-block",
        story="Mme Perez signe sous le tableau.",
        file=BOOK,
        build=as_book(
            LABELLED,
            with_last(
                ["Total service CIL-PASS assistance", None, None, *SUMS],
                [],
                ["(1) terminés dans le trimestre"],
                ["Fait à Paris, le 15/04/2005", None, None, None, "La directrice"],
                [None, None, None, None, "A. Perez"],
            ),
        ),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="subtotals-among-the-lines",
        story="Mme Jean a collé un tableau croisé, avec ses sous-totaux par département : on les reconnaît.",
        file=BOOK,
        build=as_book(GOOD, _subtotals),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="sum-without-a-name",
        story="M. Lacroix a cliqué sur Somme sous les colonnes, sans écrire « TOTAL » devant : on le comprend.",
        build=as_csv(GOOD, with_last([None, None, None, *SUMS])),
        verdict=Verdict.ACCEPTED,
        places=("ligne 13",),
        says=("TOTAL",),
    ),
    Case(
        name="wrong-total",
        story="Mme Maillard a corrigé une ligne après avoir tapé le total à la main.",
        build=as_csv(GOOD, with_last(["TOTAL", None, None, 121, 58, 13])),
        verdict=CARE,
        codes=frozenset({"N1A.R05"}),
        places=("D13",),
        says=("121", "111"),
        mend=mend_csv(without_rows(13)),
    ),
    Case(
        name="only-titles",
        story="M. Martel a déposé le modèle sans y avoir écrit une ligne.",
        build=as_csv(GOOD, lambda grid: grid[:1]),
        verdict=NO,
        codes=frozenset({"G-08"}),
        says=("aucune ligne", "NEANT"),
        mend=lambda content, network: mend_csv(lambda grid: [*grid, *GOOD(network)[1:]])(content, network),
    ),
    Case(
        name="empty-template",
        story="Mme Pons a déposé le modèle rempli de ses CIL, sans les chiffres.",
        build=as_csv(GOOD, lambda grid: [grid[0], *([*row[:3], None, None, None] for row in grid[1:])]),
        verdict=NO,
        codes=frozenset({"G-10"}),
        places=("D2",),
        says=("vide",),
        mend=retype_csv(GOOD, *(f"{letter}{row}" for letter in "DEF" for row in range(2, 13))),
    ),
    Case(
        name="nil-among-lines",
        story="M. Prevost a écrit NEANT pour un CIL sans activité, entre les autres lignes.",
        build=as_csv(GOOD, with_row(5, ["NEANT"])),
        verdict=NO,
        codes=frozenset({"G-08"}),
        places=("ligne 5",),
        says=("Supprimez la ligne NEANT",),
        mend=mend_csv(without_rows(5)),
    ),
)
