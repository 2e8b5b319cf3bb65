"""Names and periods: what the file is, for which quarter, by whom."""

from __future__ import annotations

from domain.organisations import Directory
from domain.periods import Period
from domain.verdicts import Verdict
from tests.golden.wrong.case import Case, saved_anew, untouched
from tests.golden.wrong.grids import (
    as_book,
    as_csv,
    mend_book,
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
)

GOOD, FORMER = n1a(), n1a(period=Period(2004, 4))
NO, CARE = Verdict.REJECTED, Verdict.ACCEPTED_WITH_WARNINGS
NAME, PERIOD = frozenset({"G-01"}), frozenset({"G-04"})
RIGHT = "N1A_2005T1.csv"


def _two_sheets(network: Directory) -> bytes:
    return saved(to_book({"N1A": GOOD(network), "N1A (2)": GOOD(network)}))


def _without_second_sheet(content: bytes, network: Directory) -> bytes:
    del network
    book = opened(content)
    del book["N1A (2)"]
    return saved(book)


CASES = (
    Case(
        name="no-period-in-the-name",
        story="Mme Vidal a nommé son fichier « assistance.csv ».",
        file="assistance.csv",
        build=as_csv(GOOD),
        verdict=NO,
        codes=NAME,
        says=(RIGHT,),
        mend=untouched,
        mended_name=RIGHT,
    ),
    Case(
        name="export-3",
        story="Mme Vidal dépose le fichier comme le navigateur l’a téléchargé : « export (3).csv ».",
        file="export (3).csv",
        build=as_csv(GOOD),
        verdict=NO,
        codes=NAME,
        says=(RIGHT,),
        mend=untouched,
        mended_name=RIGHT,
    ),
    Case(
        name="period-the-other-way-round",
        story="M. Boyer écrit la période à sa façon : T1-2005.",
        file="N1A T1-2005.csv",
        build=as_csv(GOOD),
        verdict=NO,
        codes=NAME,
        says=(RIGHT,),
        mend=untouched,
        mended_name=RIGHT,
    ),
    Case(
        name="fifth-quarter",
        story="M. Boyer a tapé 2005T5.",
        file="N1A_2005T5.csv",
        build=as_csv(GOOD),
        verdict=NO,
        codes=NAME,
        says=("2005T5",),
        mend=untouched,
        mended_name=RIGHT,
    ),
    Case(
        name="year-without-quarter",
        story="Mme Lucas n’a mis que l’année dans le nom.",
        file="N1A_2005.csv",
        build=as_csv(GOOD),
        verdict=NO,
        codes=PERIOD,
        says=(RIGHT, "trimestre"),
        never=("N1A_2005T2.csv",),
        mend=untouched,
        mended_name=RIGHT,
    ),
    Case(
        name="not-ended-period",
        story="Mme Lucas prépare déjà le trimestre en cours et le dépose par erreur sous son nom.",
        file="N1A_2005T2.csv",
        build=as_csv(GOOD),
        verdict=NO,
        codes=PERIOD,
        says=("30/06/2005",),
        mend=untouched,
        mended_name=RIGHT,
    ),
    Case(
        name="last-quarters-file-renamed",
        story="M. Olivier a repris le fichier du trimestre dernier et changé le nom, mais pas la colonne trimestre.",
        build=as_csv(FORMER, with_column("A", "annee", 2004), with_column("B", "trimestre", 4)),
        verdict=NO,
        codes=PERIOD,
        says=("4e trimestre 2004", "1er trimestre 2005"),
        mend=saved_anew(as_csv(GOOD, with_column("A", "annee", 2005), with_column("B", "trimestre", 1))),
    ),
    Case(
        name="last-quarters-title",
        story="M. Olivier a oublié de changer le trimestre dans le titre, au-dessus du tableau.",
        file="N1A_2005T1.xlsx",
        build=as_book(GOOD, with_first(["Suivi de l’activité du CIL-PASS assistance"], ["4ème Trimestre 2004"], [])),
        verdict=CARE,
        codes=PERIOD,
        places=("ligne 2",),
        says=("4e trimestre 2004",),
        mend=mend_book(lambda sheet: sheet.__setitem__("A2", "1er Trimestre 2005")),
    ),
    Case(
        name="one-line-of-another-quarter",
        story="Mme Adam a étiré la colonne trimestre à la souris : la dernière ligne dit 2 au lieu de 1.",
        build=as_csv(GOOD, with_column("A", "trimestre", *[1] * 10, 2)),
        verdict=Verdict.PARTIALLY_ACCEPTED,
        codes=frozenset({"G-20"}),
        places=("A12",),
        mend=mend_csv(put(A12=1)),
    ),
    Case(
        name="all-quarters-in-one-file",
        story="M. Garcia envoie tout l’historique dans un seul tableau, sans période dans le nom.",
        file="assistance_trimestrielle.csv",
        build=lambda network: as_csv(
            GOOD,
            with_column("A", "annee", 2005),
            with_column("B", "trimestre", 1),
            lambda grid: [*grid, *([2004, 4, *row] for row in FORMER(network)[1:])],
        )(network),
        verdict=NO,
        codes=PERIOD,
        says=("2004T4", "2005T1", "un fichier par période"),
        never=("2004T1", "2005T4"),
        mend=mend_csv(lambda grid: grid[:12]),
        mended_name=RIGHT,
    ),
    Case(
        name="another-platforms-code-in-the-name",
        story="Mme David a repris le modèle de nom d’une collègue : N1A_PF04_2005T1_v01.csv.",
        file="N1A_PF04_2005T1_v01.csv",
        build=as_csv(GOOD),
        verdict=NO,
        codes=frozenset({"G-02"}),
        says=("PF04", "PF03"),
        mend=untouched,
        mended_name=RIGHT,
    ),
    Case(
        name="mobilite-named-assistance",
        story="M. Bertrand a interverti les noms de ses deux fichiers : la mobilité s’appelle N1A.",
        build=as_csv(n1m()),
        verdict=NO,
        codes=NAME,
        says=("N1A", "N1M", "N1M_2005T1.csv"),
        mend=untouched,
        mended_name="N1M_2005T1.csv",
    ),
    Case(
        name="misspelt-collection",
        story="Mme Morin a tapé N1B, avec des titres de colonnes en abrégé.",
        file="N1B_2005T1.csv",
        build=as_csv(GOOD, put(D1="diag.", E1="eng.", F1="compl.")),
        verdict=NO,
        codes=NAME,
        says=("N1B", "N1A"),
        mend=mend_csv(put(D1="diagnostics_prealables", E1="engagements_reciproques", F1="diagnostics_complementaires")),
        mended_name=RIGHT,
    ),
    Case(
        name="collection-not-open",
        story="Mme Morin dépose les réclamations de l’année, dont la collecte n’est pas encore ouverte.",
        file="R9C_2004.csv",
        build=lambda _network: "numero;vecteur\r\n1;A\r\n".encode("utf-8-sig"),
        verdict=NO,
        codes=NAME,
        says=("R9C", "pas encore ouverte"),
    ),
    Case(
        name="another-platform-in-its-column",
        story="M. Girard a copié la colonne « Plate-forme » du fichier d’un collègue : PF04 partout.",
        build=as_csv(GOOD, with_column("A", "code_plateforme", "PF04")),
        verdict=NO,
        codes=frozenset({"G-02"}),
        says=("PF04", "PF03"),
        mend=mend_csv(without_column("A")),
    ),
    Case(
        name="two-sheets-for-the-same-quarter",
        story="Mme Andre a gardé l’ancienne version dans une deuxième feuille : N1A et « N1A (2) ».",
        file="Activite_PF03_2005T1.xlsx",
        build=_two_sheets,
        verdict=NO,
        codes=NAME,
        says=("N1A (2)",),
        causes=2,
        mend=_without_second_sheet,
    ),
)
