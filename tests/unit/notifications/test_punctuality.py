"""What is written about repeated lateness: to whom, and which dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.compliance import ComplianceDates, ComplianceStatus
from domain.notices import Event
from domain.organisations import Role, Service
from domain.periods import Period
from domain.steps import Step
from notifications.punctuality import punctuality_notices
from tests.calling_kit import at, call, overdue, standing

PILOT, HEAD, CHIEF, ASA = "pilotage@uesl.example", "dg@uesl.example", "chef@pf03.example", "asa@pf03.example"
NOW = at(11, 2, 12)
CODES = ("N1A", "N1M")


def flat(text: str) -> str:
    """On one line, no-break spaces made plain."""
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


def complete(period: Period, days_late: int, **values):
    """All there, so many days after the due day (or two days before)."""
    due = at(4, 30, 23, 59) if period.year == 2005 else at(1, 30, 23, 59)
    dates = ComplianceDates(complete_at=due + timedelta(days=days_late or -2))
    status = ComplianceStatus.LATE if days_late else ComplianceStatus.ON_TIME
    return standing(
        **{"period": period, "due_at": due, "status": status, "dates": dates, "days_late": days_late, **values}
    )


LAST = overdue(period=Period(2005, 3), due_at=at(10, 30, 23, 59), days_late=3)
PAST = (complete(Period(2004, 4), 0), complete(Period(2005, 1), 8), complete(Period(2005, 2), 0), LAST)


@pytest.fixture
def directory(sample):
    return sample.directory(
        ("PF03", ASA, Role.DEPOT, Service.ASA),
        ("PF03", CHIEF, Role.RESPONSABLE, None),
        ("UESL", PILOT, Role.PILOTAGE, None),
        ("UESL", HEAD, Role.DIRECTION, None),
    )


@pytest.fixture
def notices(sample, directory):
    def make(*told, history=None, register=directory, **values):
        history = {LAST.key: PAST} if history is None else history
        given = {"zone": sample.zone, "known": sample.known, "reply_to": PILOT, **values}
        return punctuality_notices(call(NOW, *told), history, register, NOW, **given)

    return make


def test_the_responsable_and_uesl_read_the_dates(notices):
    told = notices((Step.REPEATED, LAST))
    assert [one.recipient for one in told] == [CHIEF, HEAD, PILOT]
    assert {one.event for one in told} == {Event.PUNCTUALITY}
    for one in told:
        assert flat(one.subject) == "Retards répétés : N1A, 2 des 4 derniers trimestres (PF03)"
        text = flat(one.text)
        for words in (
            "✓ 4e trimestre 2004 – dans les délais",
            "✗ 1er trimestre 2005 – 8 jours de retard",
            "Complet : dimanche 8 mai 2005 à 23 h 59",
            "✗ 3e trimestre 2005 – 3 jours de retard",
            "Rien n’a été reçu.",
        ):
            assert words in text
    assert "dites-le en répondant à ce message" in flat(told[0].text)
    assert "ont été envoyées à chef@pf03.example" in flat(told[1].text)


def test_each_responsable_reads_only_of_their_service(sample, notices):
    register = sample.directory(
        ("PF03", CHIEF, Role.RESPONSABLE, Service.ASA), ("PF03", "mob@pf03.example", Role.RESPONSABLE, Service.MOB)
    )
    told = notices((Step.REPEATED, LAST), (Step.REPEATED, overdue("N1M")), register=register)
    texts = {one.recipient: one.text for one in told}
    assert ("N1M" in texts[CHIEF], "N1A" in texts["mob@pf03.example"]) == (False, False)


def test_without_a_responsable_the_depositors_read_it_and_why(sample, notices):
    [told] = notices((Step.REPEATED, LAST), register=sample.directory(("PF03", ASA, Role.DEPOT, None)))
    assert told.recipient == ASA
    assert "aucun « responsable »" in flat(told.text)


def test_what_the_platform_reads_that_uesl_knows_is_told_to_somebody_there(sample, notices):
    clerk = "depot@uesl.example"
    register = sample.directory(("PF03", CHIEF, Role.RESPONSABLE, None), ("UESL", clerk, Role.DEPOT, None))
    told = notices((Step.REPEATED, LAST), register=register)
    assert [one.recipient for one in told] == [CHIEF, clerk]
    assert "aucun correspondant « pilotage »" in flat(told[1].text)


def test_two_roles_at_uesl_are_one_message(sample, notices):
    register = sample.directory(
        ("PF03", CHIEF, Role.RESPONSABLE, None),
        ("UESL", PILOT, Role.PILOTAGE, None),
        ("UESL", PILOT, Role.DIRECTION, None),
    )
    assert [one.recipient for one in notices((Step.REPEATED, LAST), register=register)] == [CHIEF, PILOT]


def test_the_last_period_alone_is_told_when_no_other_is_known(notices):
    assert "✗ 3e trimestre 2005" in flat(notices((Step.REPEATED, LAST), history={})[0].text)


def test_a_delay_and_a_waiver_explain_the_dates(notices):
    granted = complete(
        Period(2005, 1), 8, extended_until=date(2005, 4, 30), first_due_at=at(4, 20), excused_reason=None
    )
    waived = standing(period=Period(2005, 2), status=ComplianceStatus.WAIVED, waived_reason="fusion")
    text = flat(notices((Step.REPEATED, LAST), history={LAST.key: (granted, waived, LAST)})[0].text)
    assert "Délai accordé jusqu’au samedi 30 avril 2005" in text
    assert "2e trimestre 2005 – dispense" in text


def test_years_are_feminine(notices):
    years = [complete(Period(year), 4) for year in (2003, 2004)]
    [told, *_] = notices((Step.REPEATED, years[1]), history={years[1].key: years})
    assert flat(told.subject) == "Retards répétés : N1A, les 2 dernières années (PF03)"


def test_the_same_lateness_of_two_collections_is_said_once(notices):
    both = tuple((complete(Period(2005, 1), 8, collection=code), replace(LAST, collection=code)) for code in CODES)
    told = notices(*((Step.REPEATED, last) for _, last in both), history={past[1].key: past for past in both})
    assert "N1A et N1M, les 2 derniers trimestres en retard. Voici" in flat(told[0].text)


def test_less_than_a_day_is_said_so(notices):
    late = complete(Period(2005, 1), 0, status=ComplianceStatus.LATE)
    text = flat(notices((Step.REPEATED, LAST), history={LAST.key: (late, LAST)})[0].text)
    assert "1er trimestre 2005 – moins d’un jour de retard" in text


def test_other_steps_are_not_said_here(notices):
    assert notices((Step.AFTER_1, LAST)) == []
    assert len(notices((Step.AFTER_1, overdue("N1M")), (Step.REPEATED, LAST))) == 3
