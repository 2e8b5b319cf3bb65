"""The plan of an annotated copy says what the verdict says, at the places of the depositor's file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.findings import Finding, Severity, count_by_severity
from domain.judgement import Detected, Judgement, ReadTable, SectionJudgement, TablePlace
from domain.outcome import Outcome, SectionOutcome
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from domain.verdicts import Verdict
from rendering.answer import verdict_document
from rendering.view import view_of
from rendering.workbooks import remarks, styles
from rendering.workbooks.annotation import AnnotationPlan, Spot
from rendering.workbooks.front import TITLE, free_title, front_of, is_ours, location
from rendering.workbooks.plan import column_index, plan_of

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2005, 4, 18, 10, 15, 2, tzinfo=PARIS)
PLACE = TablePlace(
    sheet_index=1,
    header_row=3,
    body_from=4,
    columns={"code_cil": 1, "diagnostics": 4},
    labels={"code_cil": "CIL", "diagnostics": "Nb de diagnostics"},
    n_columns=6,
)


@dataclass(frozen=True)
class Facts:
    code: str = "N1A"
    label: str = "Activité"
    service: Any = None
    cases: bool = False
    quantities: tuple[Any, ...] = (SimpleNamespace(name="diagnostics"),)


def finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "code": "G-10",
        "severity": Severity.ERROR,
        "message": "« Nb de diagnostics » : le nombre est négatif.",
        "row": 9,
        "column": "diagnostics",
        "cell": "E9",
        "label": "Nb de diagnostics",
        "value": "-3",
        "hint": "Écrivez un nombre positif.",
    }
    return Finding(**{**values, **changes})


def planned(
    *findings: Finding,
    facts: Facts | None = None,
    place: TablePlace | None = PLACE,
    test: bool = False,
) -> tuple[Any, AnnotationPlan]:
    section = SectionJudgement(
        collection="N1A",
        slug="assistance",
        period=Period(2005, 1),
        sheet="Suivi",
        verdict=Verdict.PARTIALLY_ACCEPTED,
        records_read=3,
        records_accepted=2,
        records_rejected=1,
        findings=findings,
        finding_counts=count_by_severity(findings),
        table=place,
    )
    judgement = Judgement(
        detected=Detected(format="xlsx"),
        sections=(section,),
        rules_version="1",
        judged_at=AT,
        directory_version=1,
        tables=(ReadTable(index=1, name="Suivi", path=None, n_rows=9, n_columns=6),),
    )
    dropped = DroppedFile(
        submission_id="20050418-101502-7f3a9c",
        account="pf03",
        box=Box.ESSAI if test else Box.DEPOT,
        name="suivi.xlsx",
        size=1,
        sha256="0" * 64,
        received_at=AT,
        proof=ReceiptProof.CHANGE_TIME,
    )
    outcome = Outcome(
        dropped=dropped,
        organisation=None,
        judgement=judgement,
        sections=(SectionOutcome(judgement=section, in_force=False),),
    )
    document = verdict_document(outcome, PARIS, {})
    return document, plan_of(document, judgement, {"N1A": facts or Facts()})


def test_the_same_sentences_as_the_mail() -> None:
    document, plan = planned(finding())
    view = view_of(document)
    assert (plan.label, plan.headline, plan.actions) == (view.label, view.headline, view.actions)
    assert [cause.title for cause in plan.causes] == [cause.title for cause in view.sections[0].causes]
    assert plan.causes[0].spot == Spot(sheet_index=1, cell="E9")


def test_it_goes_through_json_and_back() -> None:
    _, plan = planned(finding(), finding(row=None, cell=None, column=None), test=True)
    assert AnnotationPlan.from_json(plan.to_json()) == plan
    assert plan.banner


def test_findings_of_one_cell_are_one_mark_as_grave_as_the_gravest() -> None:
    question = finding(severity=Severity.WARNING, message="Est-ce juste ?", code="N1A.R08")
    _, plan = planned(question, finding())
    (mark,) = plan.sheets[0].marks
    assert (mark.row, mark.column, mark.severity) == (9, 4, Severity.ERROR)
    assert mark.text.count("\n") == 1
    assert "Est-ce juste" in mark.text
    (note,) = plan.sheets[0].notes
    assert note.asks
    assert "(E9)" in note.text


def test_a_remark_marks_nothing_but_is_in_the_list() -> None:
    _, plan = planned(finding(severity=Severity.INFO))
    assert plan.sheets[0].marks == plan.sheets[0].notes == ()
    assert len(plan.findings) == 1


def test_a_row_without_a_cell_has_its_message_and_a_link_to_its_start() -> None:
    _, plan = planned(finding(cell=None, column=None, label=None))
    assert plan.sheets[0].marks == ()
    assert plan.sheets[0].notes[0].row == 9
    assert plan.findings[0].place == "ligne 9"
    assert plan.findings[0].spot == Spot(sheet_index=1, cell="A9")


def test_cases_are_never_asked_to_be_justified() -> None:
    question = finding(severity=Severity.WARNING, value=None)
    _, plan = planned(question, facts=Facts(cases=True))
    assert plan.sheets[0].titles == ("guichet_depot", "guichet_ligne", "guichet_messages")
    assert not plan.confirmable
    assert planned(question)[1].confirmable


def test_quantities_are_told_by_the_collection() -> None:
    assert planned(finding())[1].sheets[0].quantities == (4,)


def test_a_section_without_a_table_is_told_without_a_place() -> None:
    _, plan = planned(finding(), place=None)
    assert plan.sheets == ()
    assert plan.findings[0].spot is None


def test_a_row_with_very_many_findings_is_told_in_part() -> None:
    many = [finding(message=f"Motif {number} : " + "x" * 300) for number in range(100)]
    text = planned(*many)[1].sheets[0].marks[0].text
    assert len(text) < 5_000
    assert "autres points" in text


def test_what_hides_in_a_message_is_shown() -> None:
    _, plan = planned(finding(message="valeur \x1b[31m\u202e", value="a\x00b"))
    assert "\\x1b" in plan.findings[0].message
    assert plan.findings[0].value == "a\\x00b"


@pytest.mark.parametrize(("letters", "index"), [("A", 0), ("Z", 25), ("AA", 26), ("XFD", 16_383)])
def test_letters_of_a_column(letters: str, index: int) -> None:
    assert column_index(letters) == index


def test_the_list_starts_under_its_titles_and_links_with_quoted_names() -> None:
    _, plan = planned(finding())
    front = front_of(plan, {1: "L'été"}, ["les macros"])
    assert front.rows[front.list_head].cells[0].text == "Gravité"
    assert front.rows[front.list_head + 1].cells[1].location == "'L''été'!E9"
    assert any(cell.text == "– les macros" for row in front.rows for cell in row.cells)
    assert location("a'b", "A1") == "'a''b'!A1"


def test_our_sheet_is_known_again_and_only_ours() -> None:
    _, plan = planned(finding())
    marker = front_of(plan, {}, []).rows[0].cells[0].text
    assert is_ours(marker, TITLE)
    assert is_ours(marker, f"{TITLE} (2)")
    assert not is_ours(marker, "Suivi")
    assert not is_ours("ma liste", TITLE)


def test_a_title_that_is_taken_gets_a_number_and_stays_short() -> None:
    assert free_title(["à CORRIGER"]) == "À corriger (2)"
    assert free_title(["x" * 31], "x" * 40) == "x" * 27 + " (2)"


def test_a_comment_keeps_what_they_wrote_and_only_our_last_word() -> None:
    once = remarks.with_ours("à revoir", "un")
    assert remarks.with_ours(once, "deux") == "à revoir\nGuichet :\ndeux"
    assert remarks.without_ours(remarks.with_ours("", "un")) == ""


def test_colours_are_those_of_the_mails() -> None:
    assert styles.TONES["bad"] == ("96231F", "FBEBEA")
    assert styles.message_height("court") is None
    assert (styles.message_height("long " * 400) or 0) <= 100


def test_the_copy_tells_which_version_of_the_rules_judged() -> None:
    document, plan = planned()
    assert dict(plan.facts)["Règles appliquées"] == document["rules_version"]
