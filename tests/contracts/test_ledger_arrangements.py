"""More time and waivers, over both databases (contract §3, §8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from domain.arrangements import Arranged
from domain.errors import CannotDo, NotFound
from domain.notices import Event, Notice
from domain.periods import Period
from ingest.catalogue import load_catalogue
from ingest.database import tables
from ingest.ledger.arrangements import Request

from .conftest import paris, two_platforms

if TYPE_CHECKING:
    from .conftest import Driver

NOW = "2005-05-10T09:00"


@pytest.fixture
def opened(driver: Driver) -> Driver:
    driver.ledger.open_obligations(two_platforms(), paris("2005-04-02T09:00"))
    return driver


def request(who: str = "pf03", collection: str = "N1A") -> Request:
    found = load_catalogue().by_code(collection)
    assert found is not None
    return Request(who=who, collection=found, period=Period(2005, 1), reason="panne", author="Mme Durand")


def told(granted: Sequence[Arranged]) -> list[Notice]:
    return [
        Notice(
            cause_key=f"deadline:{one.organisation}",
            event=Event.DEADLINE,
            recipient="depot@pf.example",
            recipient_name="",
            subject="Délai",
            text="Délai",
            html="<p>Délai</p>",
        )
        for one in granted
    ]


def extend(driver: Driver, day: str, who: str = "pf03", collection: str = "N1A") -> tuple[Arranged, ...]:
    return driver.ledger.extend(request(who, collection), date.fromisoformat(day), now=paris(NOW), compose=told)


def test_an_extension_reopens_what_is_overdue_and_is_told_in_the_same_transaction(opened: Driver) -> None:
    assert opened.status(NOW)["status"] == "overdue"
    [granted] = extend(opened, "2005-05-20")
    assert granted.due_at == paris("2005-05-20T23:59:59")
    assert granted.former_due_at == paris("2005-04-30T23:59:59")
    line = opened.status(NOW)
    assert (line["status"], line["extended_until"], line["days_late"]) == ("open", "2005-05-20", 0)
    assert opened.status("2005-05-21T00:00:00")["status"] == "overdue"
    assert opened.count("message") == 1


def test_an_extension_makes_a_deposit_within_it_punctual(opened: Driver) -> None:
    opened.deposit("2005-05-04T10:00")
    assert opened.status(NOW)["status"] == "late"
    extend(opened, "2005-05-20")
    line = opened.status(NOW)
    assert (line["status"], line["complete_at"]) == ("on_time", "2005-05-04T10:00:00+02:00")


def test_everybody_can_be_given_time_and_who_gains_nothing_is_left_alone(opened: Driver) -> None:
    extend(opened, "2005-06-30")
    granted = extend(opened, "2005-05-20", who="ALL")
    assert [one.organisation for one in granted] == ["PF07"]
    assert opened.status(NOW)["extended_until"] == "2005-06-30"


def test_an_extension_is_never_shortened_nor_in_the_past(opened: Driver) -> None:
    extend(opened, "2005-06-30")
    with pytest.raises(CannotDo, match="never shortened"):
        extend(opened, "2005-05-20")
    with pytest.raises(CannotDo, match="is past"):
        extend(opened, "2005-05-09")


def test_who_owes_nothing_is_named(opened: Driver) -> None:
    with pytest.raises(NotFound, match="'pf07' does not owe N1M for 2005T1"):
        extend(opened, "2005-05-20", who="pf07", collection="N1M")


def test_a_waiver_ends_the_obligation_and_keeps_who_and_why(opened: Driver) -> None:
    [waived] = opened.ledger.waive(request("PF03"), now=paris(NOW), compose=told)
    assert waived.due_at is None
    line = opened.status(NOW)
    assert (line["status"], line["waived_reason"]) == ("waived", "panne")
    with opened.database.read() as connection:
        kept = connection.execute(
            select(tables.event).where(tables.event.c.kind == "obligation_waived"),
        ).one()
    assert (kept.author, kept.data["reason"]) == ("Mme Durand", "panne")
    with pytest.raises(CannotDo, match="waived already"):
        opened.ledger.waive(request("PF03"), now=paris(NOW), compose=told)
    with pytest.raises(CannotDo, match="waived already"):
        extend(opened, "2005-05-20")


def test_the_register_does_not_lift_what_was_granted(opened: Driver) -> None:
    extend(opened, "2005-05-20")
    opened.ledger.waive(request("PF07"), now=paris(NOW), compose=told)
    opened.ledger.open_obligations(two_platforms(version=2), paris(NOW))
    assert opened.status(NOW)["extended_until"] == "2005-05-20"
    lines = opened.ledger.compliance(paris(NOW), period="2005T1", account="pf07")
    assert [one["status"] for one in lines] == ["waived"]


def test_what_was_granted_outlives_a_register_that_was_wrong_for_a_moment(opened: Driver) -> None:
    extend(opened, "2005-05-20")
    wrong = replace(two_platforms(2), adhesions=())
    opened.ledger.open_obligations(wrong, paris(NOW))
    assert opened.status(NOW)["status"] == "waived"
    with opened.database.read() as connection:  # PF07 was granted nothing: what was never owed goes
        assert set(connection.execute(select(tables.obligation.c.organisation)).scalars()) == {"PF03"}
    opened.ledger.open_obligations(two_platforms(3), paris(NOW))
    line = opened.status(NOW)
    assert (line["status"], line["extended_until"]) == ("open", "2005-05-20")


def test_what_is_deposited_already_is_not_waived(opened: Driver) -> None:
    opened.deposit("2005-04-18T10:00")
    with pytest.raises(CannotDo, match="nothing to waive"):
        opened.ledger.waive(request("PF03"), now=paris(NOW), compose=told)


def test_nothing_is_granted_when_the_message_cannot_be_composed(opened: Driver) -> None:
    def fails(_granted: Sequence[Arranged]) -> Sequence[Notice]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        opened.ledger.extend(request(), date(2005, 5, 20), now=paris(NOW), compose=fails)
    assert opened.status(NOW)["extended_until"] is None
