"""The kit of a table of both services: each missing line as the collection writes it, and the cumuls to reckon anew."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from domain.verdicts import Verdict
from schemas.cil_pass.n2s import ITEMS
from tests.completing_kit import PARIS, network

if TYPE_CHECKING:
    from tests.completing_kit import Counter, Table

KIT = "a_corriger_satisfaction.csv"
TITLES = ["Niveau", "CIL/CCI", "Service concerné", "Item", "Nb de prestations réalisées", "Nombre total par ligne"]
ANSWERS = ["Très satisfait", "Satisfait", "Peu satisfait", "Pas satisfait"]
FIGURES = ["50", "20", "8", "7", "3", "2"]


@pytest.fixture
def two(desk: Counter) -> Counter:
    desk.directory = network(count=2)
    desk.opens_at = datetime(2006, 1, 18, 10, 15, 2, tzinfo=PARIS)  # the year has ended
    return desk


def survey(*members: str) -> Table:
    """Every item of these CIL/CCI, then the cumuls."""
    told = [["C", code, item[:3], item, *FIGURES] for code in members for item in ITEMS]
    sums = [str(len(members) * int(one)) for one in FIGURES]
    return [[*TITLES, *ANSWERS], *told, *(["P", "", item[:3], item, *sums] for item in ITEMS)]


def test_a_missing_member_comes_back_as_all_its_lines_and_the_cumuls_that_change(two: Counter) -> None:
    first = two.drop("N2S_2005.csv", survey("CIL001"))
    assert first.section.verdict is Verdict.PARTIALLY_ACCEPTED
    kit = first.kit(KIT)
    told = [(line[1], *line[3:7]) for line in kit[1:]]
    assert [one[:4] for one in told] == [
        *(("", "C", "CIL002", item[:3]) for item in ITEMS),
        *(("", "P", "", item[:3]) for item in ITEMS),
    ]
    assert [one[4][:4] for one in told] == [*ITEMS, *ITEMS]
    assert all("cumul" in line[2].lower() for line in kit[9:])

    filled = [kit[0]]
    for line in kit[1:]:
        figures = FIGURES if line[3] == "C" else [str(2 * int(one)) for one in FIGURES]
        filled.append([*line[:7], *figures, *line[13:]])
    second = two.drop("corrections.csv", filled)
    assert (second.section.verdict, second.in_force, second.section.records_accepted) == (Verdict.ACCEPTED, True, 24)


def test_where_nothing_was_accepted_the_cumuls_come_back_once_with_the_whole_table(two: Counter) -> None:
    lines = survey("CIL001")
    lines[-1][4] = "7"  # a cumul that is no sum: all or nothing
    first = two.drop("N2S_2005.csv", lines)
    assert first.section.verdict is Verdict.REJECTED
    kit = first.kit(KIT)
    assert sum(line[3] == "P" for line in kit[1:]) == len(ITEMS)
    assert sum(line[4] == "CIL002" for line in kit[1:]) == len(ITEMS)


REPORT = (
    "code_cil",
    "service",
    *(f"nb_contacts_{one}" for one in ("visite", "telephone", "courrier", "courriel", "autre")),
)
REPORT_TITLES = [*REPORT, "nb_contacts_total", "nb_entreprises_touchees"]
OF_SERVICE = {
    "ASA": (
        "nb_relations_contractualisees",
        "nb_cas_satisfaction",
        "nb_cas_enquetes",
        "nb_partenaires_contactes",
        "nb_dossiers_sous_traitants",
    ),
    "MOB": ("nb_missions_realisees", "chiffre_affaires_ht", "nb_accords_partenariats"),
}


def report(*lines: tuple[str, str]) -> Table:
    """A report of these CIL/CCI and services, right otherwise."""
    titles = [*REPORT_TITLES, *OF_SERVICE["ASA"], *OF_SERVICE["MOB"]]
    figures = ["3", "1", "1", "0", "0", "5", "2"]
    told = [
        [
            code,
            one,
            *figures,
            *("1" if one == "ASA" else "" for _ in range(5)),
            *("1" if one == "MOB" else "" for _ in range(3)),
        ]
        for code, one in lines
    ]
    return [titles, *told]


def test_a_line_missing_for_one_service_says_which(two: Counter) -> None:
    first = two.drop("N2R_2005.csv", report(("CIL001", "ASA"), ("CIL001", "MOB"), ("CIL002", "ASA")))
    assert first.section.verdict is Verdict.PARTIALLY_ACCEPTED
    (missing,) = [one for one in first.section.findings if one.code == "N2R.R02"]
    assert "mobilité" in missing.message
    assert "sa ligne" in str(missing.hint)
    kit = first.kit("a_corriger_rapport_activite.csv")
    assert [line[3:5] for line in kit[1:]] == [["CIL002", "MOB"]]

    kit[1][5:] = report(("CIL002", "MOB"))[1][2:]
    second = two.drop("corrections.csv", kit)
    assert (second.section.verdict, second.in_force, second.section.records_accepted) == (Verdict.ACCEPTED, True, 4)
