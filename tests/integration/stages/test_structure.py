"""Titles, unknown columns, lines that are no record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from domain.findings import Severity
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from schemas.collection import Collection
from tests.stages_kit import N1A_GOOD, N1A_TITLES, codes, judge, rows_of, section


def test_a_good_table_is_accepted_without_a_word(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, N1A_GOOD), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED
    assert judged.complete
    assert judged.findings == ()
    assert (judged.records_read, judged.records_accepted, judged.records_rejected) == (3, 3, 0)
    assert rows_of(judged)[0] == {
        "code_plateforme": "PF03",
        "annee": 2005,
        "trimestre": 1,
        "departement": "01",
        "code_cil": "CIL001",
        "nom_cil": "CIL de l’Ain",
        "diagnostics_prealables": 10,
        "engagements_reciproques": 4,
        "diagnostics_complementaires": 1,
        "row": 2,
    }


def test_technical_names_in_any_order_are_as_good_as_french_labels(tmp_path: Path) -> None:
    titles = ["diagnostics_complementaires", "engagements_reciproques", "diagnostics_prealables", "nom_cil"]
    lines = [["1", "4", "10", "CIL de l'Ain"], ["0", "0", "0", "LOGIS AISNE"], ["2", "7", "7", "cci de l’allier"]]
    judged = judge(section("N1A", titles, lines), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED
    assert [row["code_cil"] for row in rows_of(judged)] == ["CIL001", "CIL002", "CCI003"]
    assert [row["departement"] for row in rows_of(judged)] == ["01", "02", "03"]


def test_a_code_column_beside_the_official_name_column_is_understood(tmp_path: Path) -> None:
    titles = ["Code CIL", *N1A_TITLES[1:]]
    lines = [
        ["CIL001", "CIL de l’Ain", "1", "1", "1"],
        ["CIL002", "Logis Aisne", "1", "1", "1"],
        ["CCI003", "CCI de l'Allier", "0", "0", "0"],
    ]
    judged = judge(section("N1A", titles, lines), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED


def test_a_missing_column_blocks_and_the_near_title_is_named(tmp_path: Path) -> None:
    titles = [*N1A_TITLES[:4], "Nb de diagnostics complets"]
    judged = judge(section("N1A", titles, N1A_GOOD), tmp_path)
    assert judged.verdict is Verdict.REJECTED
    missing = next(finding for finding in judged.findings if finding.code == "G-06")
    assert missing.column == "diagnostics_complementaires"
    assert "Nb de diagnostics complets" in (missing.hint or "")
    assert (judged.records_read, judged.records_rejected) == (3, 3)
    assert "G-18" in codes(judged)


def test_all_missing_columns_are_named_at_once(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES[:2], [["01", "CIL001"]]), tmp_path)
    assert codes(judged).count("G-06") == 3


def test_a_title_written_twice_blocks(tmp_path: Path) -> None:
    judged = judge(section("N1A", [*N1A_TITLES, N1A_TITLES[2]], [[*line, "5"] for line in N1A_GOOD]), tmp_path)
    assert judged.verdict is Verdict.REJECTED
    assert "C et F" in next(finding for finding in judged.findings if finding.code == "G-06").message


def test_an_unknown_column_is_ignored_with_a_warning_only_when_it_holds_something(tmp_path: Path) -> None:
    titles = [*N1A_TITLES, "Observations"]
    empty = judge(section("N1A", titles, N1A_GOOD), tmp_path)
    assert empty.verdict is Verdict.ACCEPTED
    full = judge(section("N1A", titles, [N1A_GOOD[0], [*N1A_GOOD[1], "voir note"], N1A_GOOD[2]]), tmp_path)
    assert full.verdict is Verdict.ACCEPTED_WITH_WARNINGS
    (warning,) = full.findings
    assert (warning.code, warning.row) == ("G-07", 1)
    assert "Observations" in warning.message


def test_the_reserved_columns_of_the_correction_kit_are_nothing(tmp_path: Path) -> None:
    titles = [*N1A_TITLES, "guichet_depot", "justification"]
    judged = judge(section("N1A", titles, [[*line, "20050410-100000-abcdef", "oui"] for line in N1A_GOOD]), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED


def test_cells_beyond_the_titles_of_a_workbook_are_a_warning(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [[*N1A_GOOD[0], "12"], *N1A_GOOD[1:]], name="N1A"), tmp_path)
    assert codes(judged) == ["G-07"]
    assert judged.verdict is Verdict.ACCEPTED_WITH_WARNINGS


def test_a_figure_pushed_out_of_its_column_in_a_csv_is_an_error_of_the_line(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [[*N1A_GOOD[0], "50"], *N1A_GOOD[1:]]), tmp_path)
    assert judged.verdict is Verdict.PARTIALLY_ACCEPTED
    fault = next(finding for finding in judged.findings if finding.severity is Severity.ERROR)
    assert (fault.code, fault.cell) == ("G-07", "F2")


def test_a_table_without_a_line_is_not_a_nil_return(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, []), tmp_path)
    assert judged.verdict is Verdict.REJECTED
    assert "G-08" in codes(judged)
    assert not judged.missing_lines


def test_a_nil_return_has_no_row_and_is_complete(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [["NEANT"]], nil=True), tmp_path)
    assert judged.verdict is Verdict.NIL
    assert judged.complete
    assert judged.nil
    assert judged.records_read == 0
    assert judged.missing_lines == ()


@pytest.mark.parametrize("label", ["TOTAL", "Total", "total général", "Total service CIL-PASS assistance", "  Total  "])
@pytest.mark.parametrize("place", [0, 1])
def test_a_line_of_totals_is_compared_and_not_loaded(tmp_path: Path, label: str, place: int) -> None:
    total = ["", "", "17", "11", "3"]
    total[place] = label
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, total]), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED
    assert judged.records_read == 3


def test_a_wrong_total_is_a_warning_that_says_both_figures(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, ["", "TOTAL", "18", "", "trois"]]), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED_WITH_WARNINGS
    assert [(one.code, one.cell, one.value, one.expected) for one in judged.findings] == [
        ("N1A.R05", "C5", "18", "17"),
        ("N1A.R05", "E5", "trois", None),
    ]


def test_totals_are_compared_with_the_lines_read_rejected_ones_included(tmp_path: Path) -> None:
    lines = [*N1A_GOOD, ["46", "CIL009", "5", "0", "0"], ["", "TOTAL", "22", "11", "3"]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert codes(judged) == ["N1A.R01"]


def test_a_total_that_sums_a_bad_cell_is_not_another_thing_to_mend(tmp_path: Path) -> None:
    """A spreadsheet adds 2,5 like any number."""
    lines = [["01", "CIL001", "2,5", "2", "1"], *N1A_GOOD[1:], ["", "TOTAL", "9,5", "9", "3"]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert [one.severity for one in judged.findings if one.code == "N1A.R05"] == [Severity.INFO]


def test_a_total_over_an_unreadable_cell_says_that_it_was_not_checked(tmp_path: Path) -> None:
    lines = [["01", "CIL001", "n.d.", "4", "1"], *N1A_GOOD[1:], ["", "TOTAL", "17", "11", "3"]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    told = next(finding for finding in judged.findings if finding.code == "N1A.R05")
    assert told.severity is Severity.INFO


def test_subtotals_notes_and_signatures_are_no_record(tmp_path: Path) -> None:
    lines = [
        N1A_GOOD[0],
        ["", "Sous-total région", "10", "4", "1"],
        *N1A_GOOD[1:],
        ["", "TOTAL", "17", "11", "3"],
        ["(1) Sont comptés les diagnostics que le CIL/CCI considère comme terminés"],
        ["Fait à Moulins, le 8 avril 2005"],
    ]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED
    assert judged.records_read == 3
    assert codes(judged) == ["G-21"]


@pytest.mark.parametrize(
    "closing",
    [
        ["Fait à Moulins, le 8 avril 2005", "", "", "Le responsable"],
        ["", "Visa", "", "", "Date : 08/04/2005"],
        ["(1) voir la note", "", "définitif"],
    ],
)
@pytest.mark.parametrize("total", [[], [["", "TOTAL", "17", "11", "3"]]])
def test_a_signature_over_several_cells_is_no_record(
    tmp_path: Path, closing: list[str], total: list[list[str]]
) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, *total, closing]), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED
    assert (judged.records_read, codes(judged)) == (3, ["G-21"])


def test_a_line_with_a_figure_is_never_a_signature(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, ["Date à voir", "", "12"]]), tmp_path)
    assert (judged.records_read, judged.records_rejected) == (4, 1)


@pytest.mark.parametrize("label", ["Total PF03", "T O T A L", "Total Plate-forme Centre", "Total 1er trimestre 2005"])
def test_a_total_of_the_whole_table_is_compared_whatever_it_is_called(tmp_path: Path, label: str) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, [label, "", "18", "11", "3"]]), tmp_path)
    assert (judged.records_read, codes(judged)) == (3, ["N1A.R05"])


def test_a_line_with_one_cell_that_is_no_note_is_a_record_with_errors(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, ["", "CIL009"]]), tmp_path)
    assert judged.records_read == 4
    assert judged.records_rejected == 1


def test_row_numbers_are_those_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    judged = judge(
        section("N1A", N1A_TITLES, [N1A_GOOD[0], N1A_GOOD[1], ["03", "CCI003", "x", "7", "2"]], first_row=4), tmp_path
    )
    fault = next(finding for finding in judged.findings if finding.row)
    assert (fault.row, fault.cell) == (7, "C7")


def _cases() -> Collection:
    collection = load_catalogue().by_code("N1A")
    assert collection is not None
    return replace(collection, cases=True)


def test_an_unknown_column_of_cases_blocks_and_is_named_by_its_letter_only(tmp_path: Path) -> None:
    rules = load_catalogue().rule_sets["N1A"]
    judged = judge(section(_cases(), [*N1A_TITLES, "Nom de naissance"], N1A_GOOD), tmp_path, rules=rules)
    assert judged.verdict is Verdict.REJECTED
    blocking = next(finding for finding in judged.findings if finding.code == "G-07")
    assert "F" in blocking.message
    assert "naissance" not in str(judged.findings)


def test_an_untitled_column_of_cases_blocks_only_when_it_holds_something(tmp_path: Path) -> None:
    rules = load_catalogue().rule_sets["N1A"]
    assert judge(section(_cases(), N1A_TITLES, N1A_GOOD, width=8), tmp_path, rules=rules).verdict is Verdict.ACCEPTED
    full = judge(section(_cases(), N1A_TITLES, [[*N1A_GOOD[0], "Dupont"]], width=8), tmp_path, rules=rules)
    assert full.verdict is Verdict.REJECTED


def test_no_value_of_a_case_is_ever_quoted(tmp_path: Path) -> None:
    rules = load_catalogue().rule_sets["N1A"]
    lines = [
        ["Dupont-A", "Dupont-B", "Dupont-C", "-4242", "1"],
        ["01", "CIL001", "1", "4343", "4444"],
        ["", "TOTAL", "4545", "Dupont-D", ""],
    ]
    judged = judge(section(_cases(), N1A_TITLES, lines), tmp_path, rules=rules)
    told = str(judged.findings)
    for secret in ("Dupont", "4242", "4343", "4444", "4545"):
        assert secret not in told
