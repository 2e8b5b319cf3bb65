"""The kit of a table of both services: each missing line as the collection writes it, and the cumuls to reckon anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from domain.verdicts import Verdict
from schemas.cil_pass.n2s import ITEMS
from tests.completing_kit import network

if TYPE_CHECKING:
    from tests.completing_kit import Counter, Table

KIT = "a_corriger_satisfaction.csv"
TITLES = ["Niveau", "CIL/CCI", "Service concerné", "Item", "Nb de prestations réalisées", "Nombre total par ligne"]
ANSWERS = ["Très satisfait", "Satisfait", "Peu satisfait", "Pas satisfait"]
FIGURES = ["50", "20", "8", "7", "3", "2"]


@pytest.fixture
def two(desk: Counter) -> Counter:
    desk.directory = network(count=2)
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


def test_a_line_missing_for_one_service_says_which(two: Counter) -> None:
    titles = ["code_cil", "service", "nb_contacts_total", "nb_entreprises_touchees"]
    first = two.drop("N2R_2005.csv", [titles, ["CIL001", "ASA", "1", "1"], ["CIL001", "MOB", "1", "1"]])
    hints = {one.hint for one in first.section.findings if one.code == "N2R.R02"}
    assert not any("4" in str(hint) for hint in hints)
    kit = first.kits.get("a_corriger_rapport_activite.csv")
    assert kit is not None
    lines = [line.split(";") for line in kit.decode("utf-8-sig").splitlines()]
    assert [line[3:5] for line in lines[1:] if not line[1]] == [["CIL002", "ASA"], ["CIL002", "MOB"]]
