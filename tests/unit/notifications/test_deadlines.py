"""What an organisation reads when UESL grants it more time or a waiver."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.arrangements import Arranged
from domain.notices import Event
from domain.organisations import Role, Service
from domain.periods import Period
from notifications.deadlines import deadline_notices

NOW = datetime(2005, 5, 10, 9, tzinfo=UTC)
DUE = datetime(2005, 4, 30, 21, 59, 59, tzinfo=UTC)
LATER = datetime(2005, 5, 15, 21, 59, 59, tzinfo=UTC)


@pytest.fixture
def notices(sample):
    directory = sample.directory(
        ("PF03", "asa@pf03.example", Role.DEPOT, Service.ASA),
        ("PF03", "mob@pf03.example", Role.DEPOT, Service.MOB),
    )

    def make(due_at, *, complete=False):
        granted = Arranged(
            organisation="PF03",
            account="pf03",
            collection="N1A",
            period=Period(2005, 1),
            reason="panne <b>générale</b>",
            former_due_at=DUE,
            due_at=due_at,
            complete=complete,
        )
        return deadline_notices([granted], directory, NOW, zone=sample.zone, known=sample.known)

    return make


def test_more_time_is_told_to_the_contacts_of_the_service(notices):
    [told] = notices(LATER)
    assert (told.recipient, told.event) == ("asa@pf03.example", Event.DEADLINE)
    assert told.subject == "Délai jusqu’au 15/05/2005\u00a0: N1A 1er trimestre 2005 (PF03)"
    for words in ("dimanche 15 mai 2005", "samedi 30 avril 2005", "panne"):
        assert words in told.text
    assert "<b>générale" not in told.html


def test_a_waiver_says_that_nothing_is_expected(notices):
    [told] = notices(None)
    assert told.subject.startswith("Dispense")
    assert "rien n’est plus attendu" in told.text
    assert "Nouvelle échéance" not in told.text


def test_two_grants_are_two_messages_and_one_grant_is_one(notices):
    [first], [again], [waived] = notices(LATER), notices(LATER), notices(None)
    assert first.cause_key == again.cause_key != waived.cause_key


def test_who_has_deposited_everything_is_not_asked_to_deposit(notices):
    [told] = notices(LATER, complete=True)
    assert "vous n’avez rien à faire" in " ".join(told.text.split())
    assert "pour déposer" not in told.text


def test_the_former_day_is_not_called_the_first_one(notices):
    [told] = notices(LATER)
    assert "Échéance précédente" in told.text  # an extension may follow another
