"""The compliance matrix as people read it."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.compliance import ComplianceStatus
from rendering.compliance import MARKS, matrix_lines
from rendering.view import Tone


def row(**values: Any) -> dict[str, Any]:
    return {
        "account": "pf03",
        "organisation": "PF03",
        "collection": "N1A",
        "slug": "assistance_trimestrielle",
        "period": "2005T1",
        "due_at": "2005-04-30T23:59:59+02:00",
        "status": "open",
        "nil": False,
        "days_late": 0,
        "first_received_at": None,
        "first_accepted_at": None,
        "complete_at": None,
        "last_corrected_at": None,
        "waived_reason": None,
        "extended_until": None,
        **values,
    }


def told(*rows: dict[str, Any]) -> list[str]:
    return [line.text.replace("\u00a0", " ") for line in matrix_lines(rows, {"PF03": "Plate-forme Nord"})]


def test_nothing_owed_is_said():
    assert told() == ["Rien n’est attendu."]


def test_a_line_says_who_what_and_when():
    assert told(row())[1] == "  PF03  Plate-forme Nord  N1A  ○ à déposer  échéance 30/04/2005"


def test_every_status_has_a_mark_of_its_own_unless_it_is_received():
    marks = [MARKS[status] for status in ComplianceStatus if status is not ComplianceStatus.LATE]
    assert len(set(marks)) == len(marks)


def test_lateness_is_counted_in_the_title_and_told_on_the_line():
    title, line = told(row(status="overdue", days_late=10))
    assert title == "1er trimestre 2005 – 1 dépôt sur 1 encore attendus, dont 1 en retard"
    assert line.endswith("! en retard  échéance 30/04/2005, 10 jours de retard")


def test_what_was_received_shows_its_day_and_a_nil_return():
    line = told(row(status="on_time", complete_at="2005-04-18T10:15:02+02:00", nil=True))[1]
    assert line.endswith("✓ reçu dans les délais  le 18/04/2005, état néant")
    assert told(row(status="on_time", complete_at="2005-04-18T10:15:02+02:00"))[0].endswith("tout est reçu (1 dépôt)")


def test_an_extension_and_a_waiver_are_told():
    extended = row(due_at="2005-05-15T23:59:59+02:00", extended_until="2005-05-15")
    assert told(extended)[1].endswith("échéance 15/05/2005 (délai accordé)")
    assert told(row(status="waived", waived_reason="aucun adhérent"))[1].endswith("– dispensé  motif : aucun adhérent")


def test_an_outage_of_ours_is_told_with_the_hour_and_the_reason():
    reason = "guichet fermé du 30/04/2005 à 22 h 10 au 02/05/2005 à 8 h 00"
    excused = {"due_at": "2005-05-03T08:00:00+02:00", "excused_until": "2005-05-03T08:00:00+02:00"}
    assert told(row(**excused, excused_reason=reason))[1].endswith(f"échéance 03/05/2005 à 8 h 00 ({reason})")
    received = row(**excused, excused_reason=reason, status="on_time", complete_at="2005-05-02T09:00:00+02:00")
    assert told(received)[1].endswith(f"le 02/05/2005 ({reason})")
    later = row(
        **{**excused, "due_at": "2005-05-15T23:59:59+02:00"}, excused_reason=reason, extended_until="2005-05-15"
    )
    assert told(later)[1].endswith("échéance 15/05/2005 (délai accordé)")


def test_a_reason_cannot_drive_the_terminal():
    assert "\x1b" not in told(row(status="waived", waived_reason="\x1b[2Jvide"))[1]


def test_the_latest_period_comes_first_and_colours_follow_the_status():
    lines = matrix_lines([row(), row(period="2005T2", status="upcoming")], {})
    assert lines[0].text.startswith("2e trimestre 2005 – à venir")
    overdue = matrix_lines([row(status="overdue")], {})
    assert overdue[1].tone is Tone.BAD


def test_a_past_day_is_said_first_and_that_nothing_was_known_is_said():
    day = date(2005, 5, 9)
    assert [line.text for line in matrix_lines([], {}, known_on=day)] == [
        "On ne savait rien attendre le lundi 9 mai 2005."
    ]
