"""Which collection and period each sheet is, and what stops a section before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.findings import Finding, Severity
from domain.judgement import SectionJudgement
from domain.organisations import Organisation, OrganisationType
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.catalogue import Catalogue
from ingest.stages.identify import Identified, IdentifiedSection, is_register_deposit
from ingest.stages.periods import close_of

Line = Sequence[str | None]
Identify = Callable[..., tuple[Identified, ...]]
PARIS = ZoneInfo("Europe/Paris")
T1 = Period(2005, 1)


def only(sections: tuple[Identified, ...]) -> Identified:
    assert len(sections) == 1
    return sections[0]


def accepted(section: Identified) -> IdentifiedSection:
    assert isinstance(section, IdentifiedSection), section
    return section


def refused(section: Identified, code: str) -> Finding:
    assert isinstance(section, SectionJudgement)
    assert section.verdict is Verdict.REJECTED
    blocking = [finding for finding in section.findings if finding.severity is Severity.BLOCKING]
    assert [finding.code for finding in blocking] == [code]
    assert section.finding_counts["blocking"] == 1
    return blocking[0]


def test_the_name_of_the_file_says_collection_and_period(identified: Identify, titles: Line, data: list[Line]) -> None:
    section = accepted(only(identified("N1A_2005T1.csv", [titles, *data])))
    assert (section.collection.code, section.period, section.sheet, section.nil) == ("N1A", T1, None, False)
    assert section.findings == ()


def test_the_long_name_is_accepted_from_its_own_account(identified: Identify, titles: Line, data: list[Line]) -> None:
    for name in ("N1A_PF03_2005T1_v01.csv", "N1A_pf03_2005T1_v99.csv"):
        assert accepted(only(identified(name, [titles, *data]))).period == T1


def test_the_code_of_somebody_else_in_the_name_is_refused(identified: Identify, titles: Line, data: list[Line]) -> None:
    section = only(identified("N1A_PF04_2005T1_v01.csv", [titles, *data]))
    finding = refused(section, "G-02")
    assert (finding.value, finding.expected) == ("PF04", "PF03")
    assert isinstance(section, SectionJudgement)
    assert (section.collection, section.period) == ("N1A", T1)


def test_titles_and_period_columns_make_up_for_the_name(identified: Identify, titles: Line, data: list[Line]) -> None:
    lines = [("annee", "trimestre", *titles), *[("2005", "1", *line) for line in data]]
    assert accepted(only(identified("envoi.csv", lines))).period == T1


def test_without_a_period_anywhere_the_right_names_are_given(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    finding = refused(only(identified("envoi.csv", [titles, *data])), "G-01")
    assert finding.hint is not None
    assert "N1A_2005T1.csv" in finding.hint


@pytest.mark.parametrize("name", ["N1A_T1-2005.csv", "N1A_2005Q1.csv", "N1A 1er trimestre 2005.csv"])
def test_a_period_written_otherwise_gets_the_exact_name(
    identified: Identify, titles: Line, data: list[Line], name: str
) -> None:
    finding = refused(only(identified(name, [titles, *data])), "G-01")
    assert finding.hint is not None
    assert "N1A_2005T1.csv" in finding.hint
    assert "N1A_2005T2" not in finding.hint


def test_a_guess_that_the_columns_contradict_is_refused(identified: Identify, titles: Line, data: list[Line]) -> None:
    lines = [("annee", "trimestre", *titles), *[("2004", "4", *line) for line in data]]
    refused(only(identified("N1A_T1-2005.csv", lines)), "G-04")


def test_lines_of_several_periods_without_a_name_are_refused(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    lines = [("annee", "trimestre", *titles), ("2005", "1", *data[0]), ("2004", "4", *data[1])]
    finding = refused(only(identified("envoi.csv", lines)), "G-04")
    assert "2004T4" in finding.message


def test_a_year_for_a_quarterly_collection_is_refused_with_the_names_of_its_ended_quarters(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    finding = refused(only(identified("N1A_2005.csv", [titles, *data])), "G-04")
    assert finding.hint is not None
    assert [quarter for quarter in (1, 2, 3, 4) if f"N1A_2005T{quarter}.csv" in finding.hint] == [1]


def test_a_period_that_has_not_ended_is_refused(identified: Identify, titles: Line, data: list[Line]) -> None:
    finding = refused(only(identified("N1A_2005T2.csv", [titles, *data])), "G-04")
    assert "30/06/2005" in finding.message


def test_a_period_ends_at_midnight_in_paris(identified: Identify, titles: Line, data: list[Line]) -> None:
    before = datetime(2005, 3, 31, 23, 59, 59, tzinfo=PARIS)
    after = datetime(2005, 4, 1, 0, 0, 1, tzinfo=PARIS)
    refused(only(identified("N1A_2005T1.csv", [titles, *data], at=before)), "G-04")
    accepted(only(identified("N1A_2005T1.csv", [titles, *data], at=after)))


def test_a_closed_period_is_refused_only_when_periods_close(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    late = datetime(2006, 4, 1, 9, tzinfo=PARIS)
    accepted(only(identified("N1A_2005T1.csv", [titles, *data], at=late)))
    refused(only(identified("N1A_2005T1.csv", [titles, *data], at=late, close_after_months=12)), "G-04")
    accepted(only(identified("N1A_2005T1.csv", [titles, *data], at=late, close_after_months=13)))


def test_periods_close_on_the_last_day_of_a_month() -> None:
    assert close_of(T1, None) is None
    assert close_of(T1, 12) == date(2006, 3, 31)
    assert close_of(T1, 1) == date(2005, 4, 30)
    assert close_of(Period(2005), 2) == date(2006, 2, 28)


def test_a_period_outside_the_collections_life_is_refused(
    identified: Identify,
    catalogue: Catalogue,
    titles: Line,
    data: list[Line],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection = catalogue.by_code("N1A")
    assert collection is not None
    monkeypatch.setitem(vars(collection), "first_period", Period(2005, 1))
    refused(only(identified("N1A_2004T4.csv", [titles, *data])), "G-04")
    accepted(only(identified("N1A_2005T1.csv", [titles, *data])))


def test_a_collection_is_refused_from_another_kind_of_sender(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    member = Organisation(code="CIL001", type=OrganisationType.CIL, nom="CIL de l'Ain", compte_sftp="cil001")
    finding = refused(
        only(identified("N1A_2005T1.csv", [titles, *data], account="cil001", organisation=member)), "G-03"
    )
    assert "Plates-formes" in finding.message


def test_a_collection_not_open_yet_is_said_so(identified: Identify, titles: Line) -> None:
    finding = refused(only(identified("N1X_2005.csv", [titles])), "G-01")
    assert "pas encore ouverte" in finding.message


def test_an_unidentified_file_is_refused_and_never_quoted(identified: Identify) -> None:
    section = only(identified("N1B_2005T1.csv", [("secret", "DURAND"), ("x", "y")]))
    finding = refused(section, "G-01")
    assert finding.hint is not None
    assert "N1A_2005T1.csv" in finding.hint
    assert "secret" not in str(section)
    assert "DURAND" not in str(section)
    assert isinstance(section, SectionJudgement)
    assert (section.collection, section.slug, section.period) == (None, None, None)


def test_a_file_named_right_without_titles_is_told_what_it_begins_with(identified: Identify) -> None:
    finding = refused(only(identified("N1A_2005T1.csv", [("01", "CIL001", "3", "2", "1")])), "G-06")
    assert "CIL001" in finding.message
    assert finding.expected is not None
    assert "Nb de diagnostics préalables" in finding.expected


def test_a_cumul_in_the_place_of_the_quarter_is_refused(identified: Identify, titles: Line) -> None:
    lines = [titles, (None, None, "Cumul depuis le 1/1", "Trimestre", "Trimestre"), ("01", "CIL001", "1", "1", "1")]
    assert refused(only(identified("N1A_2005T1.csv", lines)), "G-06").cell == "C1"


def test_name_and_titles_that_contradict_each_other_are_refused(
    identified: Identify, mobility_titles: Line, data: list[Line]
) -> None:
    finding = refused(only(identified("N1A_2005T1.csv", [mobility_titles, *data])), "G-01")
    assert "N1M" in finding.message


def test_titles_of_two_collections_are_no_answer(identified: Identify, titles: Line, mobility_titles: Line) -> None:
    finding = refused(only(identified("envoi.csv", [(*titles, *mobility_titles[2:]), ("01",)])), "G-01")
    assert "N1A et N1M" in finding.message


@pytest.mark.parametrize(
    "lines",
    [
        [("NEANT",)],
        [("néant",)],
        [("État Néant",)],
        [("Suivi de l'activité",), (), (None, "NÉANT.")],
    ],
)
def test_neant_without_titles_is_a_nil_return(identified: Identify, lines: list[Line]) -> None:
    section = accepted(only(identified("N1A_2005T1.csv", lines)))
    assert section.nil
    assert section.header is None
    assert [finding.code for finding in section.findings] == ["G-24"]


@pytest.mark.parametrize(
    "after",
    [
        [("NEANT",)],
        [(None, "état néant")],
        [("NEANT",) * 5],
        [("NEANT",), ("Total service CIL-PASS assistance", None, "0", "0", "0")],
    ],
)
def test_neant_under_the_titles_is_a_nil_return(identified: Identify, titles: Line, after: list[Line]) -> None:
    section = accepted(only(identified("N1A_2005T1.csv", [("UESL",), titles, *after])))
    assert section.nil
    assert section.header is not None


def test_neant_beside_figures_is_refused(identified: Identify, titles: Line, data: list[Line]) -> None:
    assert refused(only(identified("N1A_2005T1.csv", [titles, *data, ("NEANT",)])), "G-08").row == 4


def test_a_whole_column_that_names_another_platform_is_refused(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    lines = [("Plate-forme", *titles), *[("PF04", *line) for line in data]]
    finding = refused(only(identified("N1A_2005T1.csv", lines)), "G-02")
    assert (finding.cell, finding.value, finding.expected) == ("A2", "PF04", "PF03")


@pytest.mark.parametrize("text", ["PF03", "pf03", "Plate-forme Centre"])
def test_the_platform_may_be_told_by_its_code_or_name(
    identified: Identify, titles: Line, data: list[Line], text: str
) -> None:
    lines = [("Plate-forme", *titles), *[(text, *line) for line in data], ("TOTAL", None, None, "7", "3", "1")]
    accepted(only(identified("N1A_2005T1.csv", lines)))


@pytest.mark.parametrize(
    ("column", "texts"), [("annee", ("2004", "2004")), ("trimestre", ("2", "T2")), ("trimestre", ("2004T1", "2004T1"))]
)
def test_a_whole_column_that_tells_another_period_is_refused(
    identified: Identify,
    titles: Line,
    data: list[Line],
    column: str,
    texts: tuple[str, str],
) -> None:
    lines = [(column, *titles), *[(text, *line) for text, line in zip(texts, data, strict=True)]]
    assert refused(only(identified("N1A_2005T1.csv", lines)), "G-04").cell == "A2"


def test_one_line_of_another_period_is_left_to_the_line(identified: Identify, titles: Line, data: list[Line]) -> None:
    lines = [("annee", "trimestre", *titles), ("2005", "1er", *data[0]), ("2004", "1", *data[1])]
    accepted(only(identified("N1A_2005T1.csv", lines)))


def test_a_title_of_another_quarter_is_a_question(identified: Identify, titles: Line, data: list[Line]) -> None:
    section = accepted(only(identified("N1A_2005T1.csv", [("4e trimestre 2004",), titles, *data])))
    assert [(finding.code, finding.severity, finding.row) for finding in section.findings] == [
        ("G-04", Severity.WARNING, 1)
    ]
    section = accepted(only(identified("N1A_2005T1.csv", [("1er trimestre 2005",), titles, *data])))
    assert section.findings == ()


def test_the_command_line_may_say_collection_and_period(
    identified: Identify, catalogue: Catalogue, titles: Line, data: list[Line]
) -> None:
    forced = (catalogue.by_code("N1A"), T1)
    assert accepted(only(identified("brouillon.csv", [titles, *data], forced=forced))).period == T1
    assert accepted(only(identified("N1A_PF04_2004T4.csv", [titles, *data], forced=forced))).period == T1


# -- workbooks ---------------------------------------------------------------------------------------------------------


def test_each_sheet_of_a_workbook_is_a_section(
    identified: Identify, titles: Line, mobility_titles: Line, data: list[Line]
) -> None:
    sections = identified(
        "N1A_2005T1.xlsx", ("N1A", [titles, *data]), ("mobilite trimestrielle", [mobility_titles, *data])
    )
    assert [(one.collection.code, one.period, one.sheet) for one in map(accepted, sections)] == [
        ("N1A", T1, "N1A"),
        ("N1M", T1, "mobilite trimestrielle"),
    ]


def test_sheets_without_a_telling_name_are_identified_by_their_titles(
    identified: Identify,
    titles: Line,
    mobility_titles: Line,
    data: list[Line],
) -> None:
    sections = identified("2005T1.xlsx", ("Feuil1", [titles, *data]), ("Feuil2", [mobility_titles, *data]))
    assert [accepted(one).collection.code for one in sections] == ["N1A", "N1M"]


def test_sheets_may_have_their_own_periods(identified: Identify, titles: Line, data: list[Line]) -> None:
    sections = identified("envoi.xlsx", ("N1A_2005T1", [titles, *data]), ("N1A 2004T4", [titles, *data]))
    assert [accepted(one).period for one in sections] == [T1, Period(2004, 4)]


def test_other_sheets_are_ignored_and_told(identified: Identify, titles: Line, data: list[Line]) -> None:
    section = accepted(
        only(identified("N1A_2005T1.xlsx", ("Données", [titles, *data]), ("Notice", [("Lisez-moi",)]), ("Feuil3", [])))
    )
    assert [(finding.code, finding.severity) for finding in section.findings] == [("G-22", Severity.INFO)]
    assert "Notice" in section.findings[0].message
    assert "Feuil3" not in section.findings[0].message


def test_a_sheet_of_a_collection_not_open_is_ignored_with_a_warning(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    section = accepted(only(identified("envoi_2005T1.xlsx", ("N1A", [titles, *data]), ("N1X", [("x",)]))))
    assert [(finding.code, finding.severity) for finding in section.findings] == [("G-22", Severity.WARNING)]


def test_a_sheet_name_that_its_titles_contradict_is_refused(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    sections = identified("2005T1.xlsx", ("N1M", [titles, *data]), ("Feuil2", [("x",)]))
    finding = refused(only(sections), "G-01")
    assert "feuille" in finding.message


def test_a_sheet_that_contradicts_the_file_name_is_refused(
    identified: Identify, mobility_titles: Line, data: list[Line]
) -> None:
    refused(only(identified("N1A_2005T1.xlsx", ("N1M", [mobility_titles, *data]))), "G-01")
    refused(only(identified("N1A_2005T1.xlsx", ("N1M_2005T1", [mobility_titles, *data]), ("x", [("y",)]))), "G-01")


def test_a_sheet_of_another_period_than_the_file_is_refused(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    refused(only(identified("N1A_2005T1.xlsx", ("N1A_2004T4", [titles, *data]))), "G-04")


def test_two_sheets_for_one_collection_and_period_are_both_refused(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    sections = identified("N1A_2005T1.xlsx", ("N1A", [titles, *data]), ("N1A (2)", [titles, *data]))
    assert len(sections) == 2
    for section in sections:
        assert "N1A (2)" in refused(section, "G-01").message


def test_a_bad_sheet_does_not_stop_a_good_one(identified: Identify, mobility_titles: Line, data: list[Line]) -> None:
    sections = identified("2005T1.xlsx", ("N1A", [("a", "b")]), ("N1M", [mobility_titles, *data]))
    refused(sections[0], "G-06")
    assert accepted(sections[1]).collection.code == "N1M"


def test_nil_and_figures_in_one_workbook(identified: Identify, titles: Line, data: list[Line]) -> None:
    sections = identified("2005T1.xlsx", ("N1A", [titles, *data]), ("N1M", [("NEANT",)]))
    assert [accepted(one).nil for one in sections] == [False, True]


def test_a_workbook_of_unknown_sheets_is_refused(identified: Identify) -> None:
    finding = refused(only(identified("envoi.xlsx", ("Feuil1", [("a",)]), ("Feuil2", [("b",)]))), "G-01")
    assert "2 feuilles" in finding.message


def test_a_file_with_nothing_in_it_is_refused(identified: Identify) -> None:
    section = only(identified("N1A_2005T1.xlsx", ("Feuil1", [])))
    refused(section, "G-08")
    assert isinstance(section, SectionJudgement)
    assert section.collection == "N1A"


def test_an_account_of_nobody_is_left_to_the_register_checks(
    identified: Identify, titles: Line, data: list[Line]
) -> None:
    accepted(only(identified("N1A_2005T1.csv", [titles, *data], organisation=None)))
    refused(only(identified("N1A_PF03_2005T1.csv", [titles, *data], organisation=None, account="pf09")), "G-02")


def test_the_register_is_deposited_by_uesl_alone() -> None:
    uesl = Organisation(code="UESL", type=OrganisationType.UESL, nom="UESL")
    assert is_register_deposit("Annuaire_2005.xlsx", uesl)
    assert not is_register_deposit("N1A_2005T1.csv", uesl)
    assert not is_register_deposit("annuaire.xlsx", replace(uesl, type=OrganisationType.PF))
    assert not is_register_deposit("annuaire.xlsx", None)


def test_findings_read_as_french(identified: Identify, titles: Line, data: list[Line]) -> None:
    """A no-break space stands before a colon, and apostrophes are typographic."""
    section: Any = only(identified("N1A_2005.csv", [titles, *data]))
    text = section.findings[0].message + section.findings[0].hint
    assert " :" not in text
    assert "'" not in text
