"""What UESL is told of platforms that stay late: to whom, grouped how, in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.compliance import ComplianceDates, ComplianceStatus
from domain.notices import Event
from domain.organisations import Organisation, OrganisationType, Role
from domain.steps import Step
from notifications.escalations import escalation_notices
from tests.calling_kit import at, call, overdue

PILOT, HEAD, ADMIN = "pilotage@uesl.example", "dg@uesl.example", "admin@uesl.example"
DEPOT, CHIEF = "depot@pf03.example", "chef@pf03.example"
NOW = at(5, 16, 12)
PF09 = {"organisation": "PF09", "account": "pf09"}


def flat(text: str) -> str:
    """On one line, no-break spaces made plain."""
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


@pytest.fixture
def directory(sample):
    found = sample.directory(
        ("UESL", PILOT, Role.PILOTAGE, None),
        ("UESL", HEAD, Role.DIRECTION, None),
        ("PF03", DEPOT, Role.DEPOT, None),
        ("PF03", CHIEF, Role.RESPONSABLE, None),
    )
    other = Organisation(code="PF09", type=OrganisationType.PF, nom="Plate-forme <b>Neuf</b>", compte_sftp="pf09")
    return replace(found, organisations=(*found.organisations, other))


@pytest.fixture
def notices(sample, directory):
    def make(*calls, register=directory, **values):
        known = {code: replace(one, expected_lines=not one.cases) for code, one in sample.known.items()}
        return escalation_notices(
            calls, register, NOW, zone=sample.zone, known=known, reply_to=PILOT, admin=ADMIN, **values
        )

    return make


def test_a_week_late_is_told_to_those_who_steer(notices):
    [told] = notices(call(NOW, (Step.AFTER_7, overdue())))
    assert (told.recipient, told.event) == (PILOT, Event.OVERDUE)
    assert flat(told.subject) == "En retard de 16 jours : PF03, N1A 1er trimestre 2005"
    for words in ("PF03 Plate-forme Bourgogne", "16 jours de retard", "Rien n’a été reçu.", DEPOT, CHIEF):
        assert words in flat(told.text)
    for words in ("« decisions »", "guichet deadline extend PF03 N1A 2005T1 --until", "guichet deadline waive"):
        assert words in flat(told.text)


def test_two_weeks_late_is_told_to_the_direction_too(notices):
    told = notices(call(NOW, (Step.AFTER_15, overdue())))
    assert [one.recipient for one in told] == [PILOT, HEAD]
    assert "Appeler PF03 : c’était la dernière relance" in flat(told[0].text)


@pytest.mark.parametrize("step", [Step.OPENING, Step.BEFORE_1, Step.AFTER_1, Step.REPEATED])
def test_what_has_not_gone_so_far_is_none_of_their_business(notices, step):
    assert notices(call(NOW, (step, overdue()))) == []


def test_one_message_says_all_platforms_the_longest_late_first(notices):
    younger = overdue(due_at=at(5, 9), **PF09)
    pilot, head = notices(
        call(NOW, (Step.AFTER_7, younger)), call(NOW, (Step.AFTER_15, overdue()), (Step.AFTER_1, overdue("N1M")))
    )
    assert flat(pilot.subject) == "En retard de 16 jours : 2 plates-formes, 2 dépôts"
    assert pilot.text.index("PF03") < pilot.text.index("PF09")
    assert "Pour PF09, rien si vous préférez attendre" in flat(pilot.text)
    assert "2 dépôts sont toujours attendus, 16 jours après l’échéance pour le plus ancien." in flat(pilot.text)
    assert "<b>Neuf" not in pilot.html
    assert "PF09" not in head.text
    assert "N1M" not in pilot.text
    assert "1 dépôt est toujours attendu, 16 jours après l’échéance." in flat(head.text)


def test_a_person_with_both_roles_gets_one_message(sample, notices):
    register = sample.directory(("UESL", PILOT, Role.PILOTAGE, None), ("UESL", PILOT.upper(), Role.DIRECTION, None))
    [told] = notices(
        call(NOW, (Step.AFTER_15, overdue())), call(NOW, (Step.AFTER_7, overdue(**PF09))), register=register
    )
    assert "PF03" in told.text
    assert "PF09" in told.text


def test_nobody_at_uesl_is_told_to_somebody_else(sample, notices):
    [alone] = notices(
        call(NOW, (Step.AFTER_7, overdue())), register=sample.directory(("UESL", HEAD, Role.DIRECTION, None))
    )
    assert alone.recipient == HEAD
    assert "complétez-le" in flat(alone.text)
    [nobody] = notices(call(NOW, (Step.AFTER_15, overdue())), register=sample.directory())
    assert nobody.recipient == ADMIN
    register = sample.directory(("UESL", "depot@uesl.example", Role.DEPOT, None))
    [some] = notices(call(NOW, (Step.AFTER_15, overdue())), register=register)
    assert some.recipient == "depot@uesl.example"  # as for the digest


def test_the_same_platforms_have_the_same_cause_and_another_one_another(notices):
    first, again = (notices(call(NOW, (Step.AFTER_7, overdue())))[0] for _ in range(2))
    [other] = notices(call(NOW, (Step.AFTER_7, overdue(**PF09))))
    assert first.cause_key == again.cause_key != other.cause_key
    assert first.cause_key.startswith("escalation:2005-05-16:")


def test_what_was_said_before_and_the_punctuality_are_told(notices):
    late = overdue()
    said = {
        late.key: [(Step.AFTER_1, date(2005, 5, 2)), (Step.BEFORE_7, date(2005, 4, 22)), (Step.AFTER_7, NOW.date())]
    }
    [told] = notices(call(NOW, (Step.AFTER_7, late)), rates={("PF03", "N1A"): (3, 4)}, said=said)
    assert "Déjà écrit : le 22 avril (J-7) et le 2 mai (J+1)" in flat(told.text)
    assert "Sur les 4 dernières périodes, 3 étaient dans les délais" in flat(told.text)


@pytest.mark.parametrize(
    ("rate", "words"),
    [((0, 4), "aucune n’était dans les délais"), ((1, 4), "1 était dans les délais"), ((2, 4), "2 étaient")],
)
def test_the_punctuality_agrees(notices, rate, words):
    assert words in flat(notices(call(NOW, (Step.AFTER_7, overdue())), rates={("PF03", "N1A"): rate})[0].text)


@pytest.mark.parametrize("rates", [{}, {("PF03", "N1A"): (0, 1)}, {("PF03", "N1A"): (0, 0)}])
def test_no_history_is_no_rate(notices, rates):
    assert "dernières périodes" not in flat(notices(call(NOW, (Step.AFTER_7, overdue())), rates=rates)[0].text)


def test_where_it_stands_is_said_about_them_not_to_them(notices):
    refused = overdue(dates=ComplianceDates(first_received_at=at(4, 28)))
    lacking = overdue("N1M", status=ComplianceStatus.INCOMPLETE, missing_lines=("CIL020",))
    [told] = notices(call(NOW, (Step.AFTER_7, refused), (Step.AFTER_7, lacking)))
    text = flat(told.text)
    assert "Refusé : ce qui a été déposé" in text
    assert "il manque 1 ligne : CIL020" in text
    assert "vous avez déposé" not in text
