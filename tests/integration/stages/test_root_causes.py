"""A root cause is told once, with what mending it brings; what only looks like one is told column by column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from domain.causes import CauseTally
from domain.findings import Severity
from domain.judgement import SectionJudgement
from domain.organisations import Adhesion, Service, Span
from domain.verdicts import Verdict
from tests.stages_kit import N1A_GOOD, N1A_TITLES, N1M_TITLES, cil, context, judge, network, rows_of, section

NAMED = ["Dpt.", "Code CIL", "Nom du CIL", *N1A_TITLES[2:]]


def told(judged: SectionJudgement) -> list[CauseTally]:
    """The causes that ask for something."""
    return [one for one in judged.causes if one.severity is not Severity.INFO and not one.consequence]


def plain(text: str | None) -> str:
    return (text or "").replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")


def titles(judged: SectionJudgement) -> list[str]:
    return [plain(one.title) for one in told(judged)]


# --- counting -------------------------------------------------------------------------------------------------------


def test_every_finding_is_counted_and_each_cause_knows_the_lines_that_it_alone_makes_bad(tmp_path: Path) -> None:
    lines = [["01", "CIL001", "abc", "4", "1"], ["02", "CIL002", "abc", "-1", "0"], ["03", "CCI003", "7", "-1", "2"]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path, context(max_findings=1))
    by_cause = {one.cause: one for one in told(judged)}
    words = by_cause["G-10:diagnostics_prealables:not-a-number"]
    assert (words.count, words.rows, words.cures, words.spans) == (2, 2, 1, ((2, 3),))
    negative = by_cause["G-10:engagements_reciproques:negative"]
    assert (negative.count, negative.rows, negative.cures) == (2, 2, 1)
    assert len(judged.findings) == 1
    assert judged.findings_truncated


def test_each_cause_keeps_examples_when_the_findings_are_too_many(tmp_path: Path) -> None:
    lines = [["01", "CIL001", "x", "4", "1"]] * 20 + [["02", "CIL002", "1", "-1", "0"]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path, context(max_findings=10))
    assert "G-10:engagements_reciproques:negative" in {one.cause for one in judged.findings}


def test_a_tolerance_overrun_is_a_consequence_and_never_something_to_mend(tmp_path: Path) -> None:
    lines = [["01", "CIL001", "x", "4", "1"], ["02", "CIL002", "x", "1", "0"], ["03", "CCI003", "7", "1", "2"]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert judged.verdict is Verdict.REJECTED
    assert [one.code for one in judged.causes if one.consequence] == ["G-17"]


# --- columns --------------------------------------------------------------------------------------------------------


def test_the_same_habit_in_several_columns_is_one_cause(tmp_path: Path) -> None:
    lines = [["01", "CIL001", "n.c.", "-", "1"], *N1A_GOOD[1:]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert titles(judged) == ["Colonnes C et D : le chiffre n'est pas donné."]
    assert told(judged)[0].cures == 1


def test_two_habits_in_two_columns_stay_two_causes(tmp_path: Path) -> None:
    lines = [["01", "CIL001", "n.c.", "12,5", "1"], *N1A_GOOD[1:]]
    assert len(told(judge(section("N1A", N1A_TITLES, lines), tmp_path))) == 2


def test_lost_zeros_are_the_column_s_cause(tmp_path: Path) -> None:
    lines = [[row[0].lstrip("0"), *row[1:]] for row in N1A_GOOD]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert titles(judged) == ["La colonne A « Dpt. » a perdu ses zéros de tête : ils ont été rétablis (3 cases)."]


def test_a_table_on_its_side_is_told_once(tmp_path: Path) -> None:
    grid = [list(row) for row in zip(N1A_TITLES, *N1A_GOOD, strict=True)]
    judged = judge(section("N1A", grid[0], grid[1:]), tmp_path)
    assert titles(judged) == ["Le tableau est tourné : ses titres sont dans une colonne au lieu d'être sur une ligne."]


def test_missing_columns_alone_are_no_table_on_its_side(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES[:3], [row[:3] for row in N1A_GOOD]), tmp_path)
    (title,) = titles(judged)
    assert title.startswith("Des colonnes manquent : ")


# --- shifted --------------------------------------------------------------------------------------------------------


def test_a_table_shifted_to_the_right_is_told_once(tmp_path: Path) -> None:
    lines = [["", *row[:4], row[4]] for row in N1A_GOOD]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert "Les colonnes semblent décalées d'une case vers la droite, à partir de la colonne B." in titles(judged)
    assert len([one for one in told(judged) if one.severity is not Severity.WARNING]) == 1


def test_a_table_shifted_to_the_left_is_told_once(tmp_path: Path) -> None:
    lines = [["CIL001", "10", "4", "1", ""], ["CIL002", "0", "0", "0", ""], ["CCI003", "7", "7", "2", ""]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert titles(judged) == ["Les colonnes semblent décalées d'une case vers la gauche, à partir de la colonne A."]


def test_names_in_the_departement_column_are_no_shift(tmp_path: Path) -> None:
    lines = [["Ain", *N1A_GOOD[0][1:]], ["Aisne", *N1A_GOOD[1][1:]], N1A_GOOD[2]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert not any("décal" in one for one in titles(judged))


def test_one_line_with_a_cell_too_many_is_shifted(tmp_path: Path) -> None:
    lines = [["01", "CIL001", "", "10", "4", "1"], *N1A_GOOD[1:]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert titles(judged) == ["La ligne 2 semble décalée d'une colonne vers la droite."]


# --- members --------------------------------------------------------------------------------------------------------


def wide_network():
    """PF05 with three members of its own."""
    more = [cil(f"CIL01{n}", f"CIL numéro {n}", "46") for n in range(3)]
    base = network()
    adhesions = [
        Adhesion(code_cil=one.code, code_plateforme="PF05", service=service, dates=Span())
        for one in more
        for service in Service
    ]
    return replace(base, organisations=(*base.organisations, *more), adhesions=(*base.adhesions, *adhesions))


def test_another_platform_s_file_is_recognised(tmp_path: Path) -> None:
    lines = [["46", f"CIL01{n}", "1", "1", "0"] for n in range(3)]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path, context(wide_network()))
    assert titles(judged) == ["Tous les CIL/CCI de la feuille sont ceux de PF05 (Plate-forme Sud)."]
    assert "autre plate-forme" in plain(told(judged)[0].hint)
    assert sorted(one.code for one in judged.causes if one.consequence) == ["G-17", "N1A.R02"]


def test_one_line_of_another_platform_is_no_wrong_file(tmp_path: Path) -> None:
    lines = [*N1A_GOOD, ["46", "CIL010", "1", "1", "0"]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path, context(wide_network()))
    (cause,) = [one for one in told(judged) if one.severity is Severity.ERROR]
    assert cause.title is None
    assert "PF05" not in "".join(one.message for one in judged.findings)


def test_a_missing_line_follows_from_a_line_that_is_not_recognised(tmp_path: Path) -> None:
    lines = [["01", "CIL00I", "10", "4", "1"], *N1A_GOOD[1:]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert [one.code for one in told(judged)] == ["G-11"]
    assert [one.code for one in judged.causes if one.consequence] == ["N1A.R02"]
    assert judged.missing_lines == ("CIL001",)
    assert judged.finding_counts["error"] == 2


def test_a_missing_line_is_its_own_cause_when_every_line_is_recognised(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, N1A_GOOD[1:]), tmp_path)
    assert [one.code for one in told(judged)] == ["N1A.R02"]


def test_codes_without_their_letters_are_one_cause(tmp_path: Path) -> None:
    lines = [[row[0], row[1][3:], *row[2:]] for row in N1A_GOOD]
    (title,) = titles(judge(section("N1A", N1A_TITLES, lines), tmp_path))
    assert "écrits sans leurs lettres (001 au lieu de CIL001)" in title


def test_a_code_without_its_zeros_is_completed_and_told(tmp_path: Path) -> None:
    lines = [["01", "CIL1", *N1A_GOOD[0][2:]], *N1A_GOOD[1:]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED_WITH_WARNINGS
    assert "CIL006 pour CIL6" in judged.findings[0].message
    spelt = [["01", "cil 001", *N1A_GOOD[0][2:]], *N1A_GOOD[1:]]
    assert judge(section("N1A", N1A_TITLES, spelt), tmp_path).findings == ()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["Logis Aisne", "CCI de l'Allier", "CIL de l’Ain"], "décalés d'une ligne"),
        (["CCI de l'Allier", "Logis Aisne", "CIL de l’Ain"], None),
    ],
)
def test_names_out_of_step_with_their_codes(tmp_path: Path, names: list[str], words: str | None) -> None:
    lines = [[row[0], row[1], name, *row[2:]] for row, name in zip(N1A_GOOD, names, strict=True)]
    judged = judge(section("N1A", NAMED, lines), tmp_path)
    found = [one for one in titles(judged) if "décalés d'une ligne" in one]
    assert bool(found) is (words is not None)


def test_spoilt_accents_are_told_as_such(tmp_path: Path) -> None:
    lines = [
        [N1A_GOOD[0][0], "CIL001", "CIL de lâ€™Ain", *N1A_GOOD[0][2:]],
        *([row[0], row[1], None, *row[2:]] for row in N1A_GOOD[1:]),
    ]
    (title,) = titles(judge(section("N1A", NAMED, lines), tmp_path))
    assert "les accents sont abîmés" in title


# --- lines that are no records --------------------------------------------------------------------------------------


def test_a_sum_without_a_name_is_a_total(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, ["", "", "17", "11", "3"]]), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED
    assert len(rows_of(judged)) == 3
    assert [one.cause for one in judged.findings] == ["G-21:sum"]


@pytest.mark.parametrize("last", [["", "", "18", "11", "3"], ["01", "", "17", "11", "3"], ["", "", "0", "0", "0"]])
def test_a_line_without_a_member_that_is_no_sum_is_a_bad_record(tmp_path: Path, last: list[str]) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, last]), tmp_path)
    assert judged.records_rejected == 1
    assert "TOTAL" in (judged.findings[-1].hint or "")


def test_titles_that_come_back_are_passed_over(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD[:1], N1A_TITLES, *N1A_GOOD[1:]]), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED
    assert "ligne 3" in plain(judged.findings[0].message)


def test_two_tables_with_the_same_members_are_told_once(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, N1A_TITLES, *N1A_GOOD]), tmp_path)
    (title,) = titles(judged)
    assert title.startswith("Deux tableaux se suivent dans la feuille (les titres reviennent ligne 5)")


def test_a_second_table_with_other_titles_blocks_and_names_its_row(tmp_path: Path) -> None:
    second = ["CIL/CCI qui réalise le service", "Dpt.", *N1A_TITLES[2:]]
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, second, ["CIL001", "01", "1", "1", "1"]]), tmp_path)
    assert judged.verdict is Verdict.REJECTED
    (blocking,) = [one for one in judged.findings if one.severity is Severity.BLOCKING]
    assert (blocking.row, "ligne 5" in plain(blocking.message)) == (5, True)
    assert judged.records_read == 3


@pytest.mark.parametrize(
    "comment",
    ["Le CIL de l'Ain a fermé une semaine, d'où la baisse.", "Merci de nous rappeler pour toute question."],
)
def test_a_sentence_under_the_table_is_a_comment(tmp_path: Path, comment: str) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, [comment]]), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED


def test_a_member_alone_on_its_line_is_no_comment(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD[:2], [None, "CIL de la Rive gauhe"]]), tmp_path)
    assert judged.records_read == 3


def test_the_amount_rule_of_another_collection_groups_too(tmp_path: Path) -> None:
    lines = [["01", "CIL001", "3", "2", "12.500"], ["02", "CIL002", "1", "1", "1.234"], ["03", "CCI003", "1", "1", "9"]]
    judged = judge(section("N1M", N1M_TITLES, lines), tmp_path)
    ambiguous = next(one for one in judged.causes if one.cause.endswith(":ambiguous"))
    assert (ambiguous.count, ambiguous.cures, ambiguous.spans) == (2, 2, ((2, 3),))
