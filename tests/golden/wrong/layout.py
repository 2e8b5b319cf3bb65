"""Tables that are not quite the table: titles missing or moved, columns shifted, two tables in one."""

from __future__ import annotations

from domain.organisations import Directory
from domain.verdicts import Verdict
from tests.golden.wrong.case import Case
from tests.golden.wrong.grids import (
    Grid,
    as_book,
    as_csv,
    made,
    mend_csv,
    n1a,
    n1m,
    opened,
    put,
    saved,
    to_book,
    with_column,
    with_first,
    without_column,
    without_rows,
)

GOOD, MONEY, LABELLED = n1a(), n1m(), n1a(labels=True)
NO, PART, CARE = Verdict.REJECTED, Verdict.PARTIALLY_ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS
BOOK = "N1A_2005T1.xlsx"
TITLES = (
    "Dpt.",
    "CIL/CCI qui réalise le service",
    "CIL/CCI",
    "Nb de diagnostics préalables",
    "Nb d’engagements réciproques",
    "Nb de diagnostics complémentaires",
)


def _shifted_table(grid: Grid) -> Grid:
    """A column inserted in the lines, not in the titles."""
    return [grid[0], *([*row[:2], "ASA", *row[2:]] for row in grid[1:])]


def _unshifted_table(grid: Grid) -> Grid:
    return [grid[0], *([*row[:2], *row[3:]] for row in grid[1:])]


def _transposed(grid: Grid) -> Grid:
    return [list(column) for column in zip(*grid, strict=True)]


def _one_under_the_other(network: Directory) -> bytes:
    return saved(to_book({"Feuil1": [*GOOD(network), [], *MONEY(network)]}))


def _in_two_sheets(content: bytes, network: Directory) -> bytes:
    """Each collection in its sheet, named by its code."""
    del network
    rows = [[cell.value for cell in row] for row in opened(content).worksheets[0].iter_rows()]
    return saved(to_book({"N1A": rows[:12], "N1M": rows[13:]}))


def _side_by_side(network: Directory) -> bytes:
    pairs = zip(GOOD(network), MONEY(network), strict=True)
    return saved(to_book({"Feuil1": [[*left, None, *right] for left, right in pairs]}))


def _parted(content: bytes, network: Directory) -> bytes:
    del network
    rows = [[cell.value for cell in row] for row in opened(content).worksheets[0].iter_rows()]
    return saved(to_book({"N1A": [row[:6] for row in rows], "N1M": [row[7:] for row in rows]}))


def _two_cells(content: bytes, network: Directory) -> bytes:
    del network
    book = opened(content)
    book["N1A"]["D5"].value = 7
    book["N1M"]["F2"].value = 12180.77
    return saved(book)


CASES = (
    Case(
        name="table-shifted",
        story="Le logiciel de Mme Leclerc ajoute le service après le code, sans titre : tout est décalé.",
        build=as_csv(GOOD, _shifted_table),
        verdict=NO,
        codes=frozenset({"G-07", "G-10", "N1A.R03"}),
        says=("décal",),
        mend=mend_csv(_unshifted_table),
    ),
    Case(
        name="transposed",
        story="Mme Roche a mis les CIL en colonnes et les chiffres en lignes.",
        file=BOOK,
        build=as_book(GOOD, _transposed),
        verdict=NO,
        codes=frozenset({"G-06", "G-07"}),
        says=("Transposé",),
        mend=lambda content, _network: saved(
            to_book({"Feuil1": _transposed([[cell.value for cell in row] for row in opened(content)["Feuil1"]])})
        ),
    ),
    Case(
        name="misspelt-title",
        story="M. Schmitt a retapé un titre avec des fautes : « diagnostic prealable ».",
        build=as_csv(GOOD, put(D1="Nb diagnostic préalabes")),
        verdict=NO,
        codes=frozenset({"G-06", "G-07"}),
        says=("colonne D", "Renommez-la"),
        mend=mend_csv(put(D1="Nb de diagnostics préalables")),
    ),
    Case(
        name="missing-column",
        story="Mme Barbier n’a pas la colonne des diagnostics complémentaires.",
        build=as_csv(GOOD, without_column("F")),
        verdict=NO,
        codes=frozenset({"G-06"}),
        says=("Nb de diagnostics complémentaires", "Ajoutez cette colonne"),
        mend=lambda content, network: mend_csv(
            with_column("F", "Nb de diagnostics complémentaires", *(row[5] for row in GOOD(network)[1:]))
        )(content, network),
    ),
    Case(
        name="column-twice",
        story="M. Arnaud a copié la colonne des engagements à côté d’elle-même pour la vérifier.",
        build=as_csv(GOOD, lambda grid: [[*row[:5], row[4], row[5]] for row in grid]),
        verdict=NO,
        codes=frozenset({"G-06"}),
        says=("deux fois (E et F)",),
        mend=mend_csv(without_column("F")),
    ),
    Case(
        name="column-of-their-own",
        story="Mme Carpentier ajoute une colonne « Suivi par ».",
        build=as_csv(GOOD, with_column("G", "Suivi par", "équipe A")),
        verdict=CARE,
        codes=frozenset({"G-07"}),
        places=("G1",),
        says=("« Suivi par »", "ignorée"),
        mend=mend_csv(without_column("G")),
    ),
    Case(
        name="code-and-name-swapped",
        story="M. Charles a interverti les colonnes du code et du nom : on s’y retrouve.",
        build=as_csv(GOOD, lambda grid: [grid[0], *([row[0], row[2], row[1], *row[3:]] for row in grid[1:])]),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="mobilite-titles-on-assistance",
        story="Mme Dumas a repris l’en-tête de la mobilité pour le tableau de l’assistance.",
        build=as_csv(GOOD, put(D1="Nb de dossiers individuels", E1="Nb d’entreprises concernées", F1="Montant HT")),
        verdict=NO,
        codes=frozenset({"G-01"}),
        says=("N1A", "N1M"),
        mend=mend_csv(put(D1="diagnostics_prealables", E1="engagements_reciproques", F1="diagnostics_complementaires")),
    ),
    Case(
        name="titles-on-two-rows",
        story="Mme Dumas a gardé la présentation officielle : un bandeau fusionné, puis le détail des titres.",
        file=BOOK,
        build=as_book(
            GOOD,
            without_rows(1),
            with_first(
                ["Dpt.", "CIL/CCI qui réalise le service", "CIL/CCI", "Diagnostics et engagements"],
                [None, None, None, *TITLES[3:]],
            ),
            then=lambda sheet: sheet.merge_cells("D1:F1"),
        ),
        verdict=Verdict.ACCEPTED,
    ),
    Case(
        name="cumul-in-the-place-of-the-quarter",
        story="M. Gerard envoie le cumul depuis janvier, comme dans son tableau de bord.",
        build=as_csv(GOOD, put(D1="Nb de diagnostics préalables cumul")),
        verdict=NO,
        codes=frozenset({"G-06"}),
        places=("D1",),
        says=("cumul", "titre"),
        mend=mend_csv(put(D1="Nb de diagnostics préalables")),
    ),
    Case(
        name="no-titles",
        story="M. Gerard a supprimé la ligne de titres, « puisqu’on sait ce que c’est ».",
        build=as_csv(GOOD, without_rows(1)),
        verdict=NO,
        codes=frozenset({"G-06"}),
        places=("ligne 1",),
        says=("ligne de titres", "Dpt. | CIL/CCI qui réalise le service | CIL/CCI | ", "Nb de diagnostics préalables"),
        mend=mend_csv(with_first(TITLES)),
    ),
    Case(
        name="two-tables-one-under-the-other",
        story="Mme Fleury a mis la mobilité sous l’assistance, dans la même feuille.",
        file="Activite_PF03_2005T1.xlsx",
        build=_one_under_the_other,
        verdict=NO,
        codes=frozenset({"G-01"}),
        says=("N1A", "N1M", "dans sa feuille"),
        mend=_in_two_sheets,
    ),
    Case(
        name="two-tables-side-by-side",
        story="M. Hamon a mis la mobilité à droite de l’assistance.",
        file="Activite_PF03_2005T1.xlsx",
        build=_side_by_side,
        verdict=NO,
        codes=frozenset({"G-01"}),
        says=("N1A", "N1M", "dans sa feuille"),
        mend=_parted,
    ),
    Case(
        name="both-services-with-two-faults",
        story="Mme Raynaud dépose les deux services dans un classeur, avec une faute dans chacun.",
        file="Activite_PF03_2005T1.xlsx",
        build=lambda network: saved(
            to_book(
                {
                    "N1A": made(LABELLED, put(D5="n.c."))(network),
                    "N1M": made(n1m(labels=True), put(F2="12.180"))(network),
                }
            )
        ),
        verdict=PART,
        codes=frozenset({"G-10"}),
        places=("D5", "F2"),
        says=("n.c.", "12.180"),
        causes=2,
        mend=_two_cells,
    ),
)
