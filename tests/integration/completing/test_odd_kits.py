"""Correction kits as people send them back: titles twice, two kits in one sheet, NEANT, words for a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from domain.verdicts import Verdict
from tests.completing_kit import as_csv, good_lines, table

if TYPE_CHECKING:
    from tests.completing_kit import Answered, Counter, Table

FIGURE = 5
MOBILITY = (
    "Dpt.",
    "CIL/CCI qui réalise le service",
    "Nb de dossiers individuels",
    "Nb d'entreprises concernées",
    "Montant facturé HT en €",
)


@pytest.fixture
def kit(desk: Counter) -> Table:
    """The kit of a deposit where CIL003 has a figure that is not one, mended."""
    lines = good_lines()
    lines[2][2] = "douze"
    titles, line = desk.drop("N1A_2005T1.csv", table(*lines)).kit()
    return [titles, [*line[:FIGURE], "12", *line[FIGURE + 1 :]]]


@pytest.mark.parametrize("titles_first", [True, False])
def test_titles_that_stand_twice_name_no_deposit(desk: Counter, kit: Table, titles_first: bool) -> None:
    titles, line = kit
    second = desk.drop("x.csv", [titles, titles, line] if titles_first else [titles, line, titles])
    assert (second.section.verdict, second.codes) == (Verdict.ACCEPTED, ["G-21"])
    assert desk.figures()["CIL003"] == (12, 2, 1)


def test_two_kits_one_under_the_other_are_a_second_table(desk: Counter, kit: Table) -> None:
    """The figures of the second never become figures of the first."""
    mobility = [["01", line[1], "1", "1", "500"] for line in good_lines()]
    mobility[4][2] = "n.c."
    number = kit[1][0]
    other = [[*kit[0][:3], *MOBILITY, "justification"], [number, "6", "", *mobility[4], ""]]
    before = desk.figures()
    second = desk.drop("x.csv", [*kit, *other])
    assert second.section.verdict is Verdict.REJECTED
    assert "commence à la ligne 3" in told(second)
    assert desk.figures() == before


def test_a_table_of_the_other_collection_underneath_is_never_read_as_this_one(desk: Counter) -> None:
    lines = good_lines()
    other = [list(MOBILITY), ["01", lines[5][1], "1", "1", "500"]]
    second = desk.drop("N1A_2005T1.csv", as_csv([*table(*lines[:5]), *other]))
    assert second.section.verdict is Verdict.REJECTED
    assert "commence à la ligne 7" in told(second)


def test_neant_in_a_kit_is_a_nil_return_and_waits(desk: Counter, kit: Table) -> None:
    titles, line = kit
    second = desk.drop("x.csv", [titles, [*line[:3], "NEANT", "", "", "", "", ""]])
    assert (second.section.verdict, second.in_force) == (Verdict.NIL, False)
    among = desk.drop("y.csv", [titles, line, [*line[:3], "NEANT", "", "", "", "", ""]])
    assert among.codes == ["G-08"]
    assert "La ligne 3 dit NEANT" in told(among)


def test_a_number_copied_with_its_sign_is_the_number(desk: Counter, kit: Table) -> None:
    second = desk.drop("x.csv", [kit[0], [f"N° {kit[1][0]}", *kit[1][1:]]])
    assert (second.section.verdict, second.codes) == (Verdict.ACCEPTED, [])


def test_what_is_no_number_is_not_called_a_deposit(desk: Counter, kit: Table) -> None:
    second = desk.drop("x.csv", [kit[0], ["voir mail", *kit[1][1:]]])
    assert told(second) == "Ce qui est écrit dans la colonne guichet_depot n’est pas un numéro de dépôt."


@pytest.mark.parametrize("name", ["annote.csv", "N1A_2005T1.csv"])
def test_our_own_front_sheet_saved_alone_is_told_for_what_it_is(desk: Counter, name: str) -> None:
    rows = [["Guichet – réponse au dépôt 20050418-101502-abc000", ""], ["Accepté en partie", ""], ["Gravité", "Où"]]
    second = desk.drop(name, as_csv(rows))
    assert second.codes == ["G-06"]
    assert "que la feuille « À corriger » de notre réponse" in told(second)


def test_the_annotated_copy_of_a_rehearsal_names_no_deposit(desk: Counter) -> None:
    """What `guichet check --answers` makes is mended and dropped like any file."""
    rows = [[*line, mark] for line, mark in zip(table(*good_lines()), ["guichet_depot", *["aucun"] * 6], strict=True)]
    second = desk.drop("N1A_2005T1.csv", rows)
    assert (second.section.verdict, second.codes, second.section.completes) == (Verdict.ACCEPTED, [], None)


def told(answered: Answered) -> str:
    """The blocking message."""
    return next(one.message for one in answered.section.findings if one.severity.value == "blocking").replace(
        "\u00a0", " "
    )
