"""What is written to those for whom the desk was closed at the due instant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.arrangements import Arranged
from domain.notices import Event
from domain.organisations import Role, Service
from domain.periods import Period
from notifications.outages import outage_notices

DUE = datetime(2005, 4, 30, 21, 59, 59, tzinfo=UTC)
MOVED = datetime(2005, 5, 3, 6, 0, tzinfo=UTC)
REASON = "guichet fermé du 30/04/2005 à 22\u00a0h\u00a010 au 02/05/2005 à 8\u00a0h\u00a000"


def moved(collection: str = "N1A", organisation: str = "PF03", due_at: datetime = MOVED) -> Arranged:
    return Arranged(
        organisation=organisation,
        account=organisation.lower(),
        collection=collection,
        period=Period(2005, 1),
        reason=REASON,
        former_due_at=DUE,
        due_at=due_at,
    )


@pytest.fixture
def told(sample):
    directory = sample.directory(
        ("PF03", "asa@pf03.example", Role.DEPOT, Service.ASA),
        ("PF03", "mob@pf03.example", Role.DEPOT, Service.MOB),
        ("PF03", "tout@pf03.example", Role.DEPOT, None),
        ("PF03", "chef@pf03.example", Role.RESPONSABLE, None),
    )

    def make(*excused):
        found = outage_notices(excused, directory, zone=sample.zone, known=sample.known, admin="admin@uesl.example")
        return {one.recipient: one for one in found}

    return make


def test_each_person_reads_what_they_deposit_in_one_message(told):
    notices = told(moved("N1M"), moved("N1A"))
    assert sorted(notices) == ["asa@pf03.example", "mob@pf03.example", "tout@pf03.example"]
    assert "N1M" not in notices["asa@pf03.example"].text
    assert "N1A" not in notices["mob@pf03.example"].text
    both = notices["tout@pf03.example"].text
    assert both.index("N1A") < both.index("N1M")


def test_the_message_says_until_when_and_why(told):
    one = told(moved())["asa@pf03.example"]
    assert one.event is Event.DEADLINE
    assert one.subject == "Guichet fermé à l’échéance\u00a0: délai jusqu’au 03/05/2005 (PF03)"
    text = " ".join(one.text.replace("\u00a0", " ").split())
    assert "vous avez jusqu’au mardi 3 mai 2005 à 8 h 00" in text
    assert "échéance du samedi 30 avril 2005 à 23 h 59 reportée au mardi 3 mai 2005 à 8 h 00" in text
    assert "guichet fermé du 30/04/2005 à 22 h 10 au 02/05/2005 à 8 h 00" in text


def test_with_several_due_instants_the_first_is_in_the_subject(told):
    later = datetime(2005, 5, 5, 10, tzinfo=UTC)
    one = told(moved("N1A", due_at=later), moved("N1M"))["tout@pf03.example"]
    assert "03/05/2005" in one.subject
    assert "jeudi 5 mai 2005" in " ".join(one.text.split())


def test_the_same_excuse_is_never_a_second_message_and_another_is(told):
    [first], [again], [other] = (
        {one.cause_key for one in told(excused).values() if one.recipient == "asa@pf03.example"}
        for excused in (moved(), moved(), moved(due_at=datetime(2005, 5, 5, 10, tzinfo=UTC)))
    )
    assert first == again != other


def test_who_has_no_contact_is_told_to_the_administrator(told):
    assert list(told(moved(organisation="PF99"))) == ["admin@uesl.example"]
