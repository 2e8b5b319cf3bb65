"""Copies of editions: one for each address, with its message or not at all, over both databases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, update

from domain.errors import CannotDo, NotFound
from domain.notices import Event, Notice
from domain.periods import Period
from domain.publishing import Announced
from domain.releases import DeliveryState, EditionKind, Release
from ingest.database.engine import Database
from ingest.database.tables import delivery, effect, event, message
from ingest.ledger import releases
from ingest.ledger.deliveries import Deliveries, Letter
from ingest.ledger.releases import NewRelease

from .conftest import Driver, paris
from .test_ledger_concurrency import together

NOW = paris("2005-05-02T09:00")
T1 = Period(2005, 1)
NEW = NewRelease(
    period=T1,
    number=1,
    kind=EditionKind.OFFICIAL,
    created_at=paris("2005-05-01T00:10"),
    dated_on=date(2005, 5, 1),
    content_hash="0" * 64,
    directory_version=1,
    rules_version="test",
    complete=True,
    changed_cells=0,
    replaces=None,
    ordered_by=None,
    sections=frozenset(),
)


def made(database: Database, **values: object) -> Release:
    """An edition."""
    new = replace(NEW, **values)  # type: ignore[arg-type]
    with database.write() as connection:
        releases.create(connection, new)
        return releases.named(connection, f"{new.period.code}/{new.number}").release


def letter(address: str, *editions: Release, organisations: Iterable[str] = ("CIL001",)) -> Letter:
    """What `address` gets of these editions."""
    key = "+".join(f"{one.period}:{one.name}" for one in editions)
    return Letter(
        notice=Notice(
            cause_key=f"release:{key}:{address.lower()}",
            event=Event.RELEASE,
            recipient=address,
            recipient_name="",
            subject="Tableaux",
            text="Texte",
            html="<p>Texte</p>",
        ),
        organisations=tuple(organisations),
        release_ids=tuple(one.id for one in editions),
    )


@pytest.fixture
def book(driver: Driver) -> Deliveries:
    return Deliveries(driver.database, mail_domain="uesl.example")


def rows(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        query = select(delivery.c.organisation, delivery.c.recipient).order_by(delivery.c.id)
        return [(row.organisation, row.recipient) for row in connection.execute(query)]


def test_each_address_is_served_once_whatever_is_asked_again(driver: Driver, book: Deliveries) -> None:
    one = made(driver.database)
    first = [letter("a@x.example", one, organisations=("CIL001", "CIL002")), letter("b@x.example", one)]
    assert book.queue(first, [one.id], NOW) == 2
    assert [found.id for found in book.begun()] == [one.id]
    again = [letter("A@X.example", one), letter("b@x.example", one), letter("c@x.example", one)]
    assert book.queue(again, [one.id], NOW) == 1
    assert rows(driver.database) == [
        ("CIL001", "a@x.example"), ("CIL002", "a@x.example"), ("CIL001", "b@x.example"), ("CIL001", "c@x.example"),
    ]  # fmt: skip
    assert driver.count("message") == 3
    assert book.served([one.id]) == {f"{who}@x.example": frozenset({one.id}) for who in "abc"}


def test_what_is_finished_is_dated_once_and_asks_for_the_folders(driver: Driver, book: Deliveries) -> None:
    one = made(driver.database)
    book.queue([letter("a@x.example", one)], [one.id], NOW)
    assert book.finish([one], NOW, unreachable=("CIL003",), accounts=("pf03", "pf07"))
    assert not book.finish([one], NOW, unreachable=("CIL003",), accounts=("pf03", "pf07"))
    assert book.begun() == ()
    assert book.queue([letter("late@x.example", one)], [one.id], NOW) is None
    with driver.database.read() as connection:
        assert releases.named(connection, "2005T1").release.distributed_at == NOW
        asked = connection.execute(select(effect.c.account, effect.c.payload)).all()
        told = connection.execute(select(event.c.kind).where(event.c.kind == "release_distributed")).all()
    assert [row.account for row in asked] == ["pf03", "pf07"]
    assert all(row.payload == {"period": "2005T1"} for row in asked)
    assert len(told) == 1
    lost = [copy for copy in book.copies([one]) if not copy.recipient]
    assert [(copy.organisation, copy.state, copy.error) for copy in lost] == [
        ("CIL003", DeliveryState.FAILED, "no address in the register")
    ]


@pytest.mark.parametrize(("how", "messages"), [("hold", 1), ("withdraw", 0)])
def test_an_edition_that_is_held_or_taken_back_stops(driver: Driver, book: Deliveries, how: str, messages: int) -> None:
    one = made(driver.database)
    book.queue([letter("a@x.example", one)], [one.id], NOW)
    with driver.database.write() as connection:
        getattr(releases, how)(connection, one, author="test", reason="faux", now=NOW)
    assert book.queue([letter("b@x.example", one)], [one.id], NOW) is None
    assert not book.finish([one], NOW, unreachable=(), accounts=())
    assert book.begun() == ()
    assert driver.count("message") == messages


def test_two_processes_at_once_serve_everybody_once(driver: Driver, book: Deliveries) -> None:
    one, two = made(driver.database), made(driver.database, period=Period(2005, 2))
    numbers = [one.id, two.id]
    letters = [letter(f"{number}@x.example", one, two) for number in range(30)]

    done: list[tuple[int, bool]] = []

    def work() -> None:
        queued = sum(book.queue(letters[start : start + 5], numbers, NOW) or 0 for start in range(0, 30, 5))
        done.append((queued, book.finish([one, two], NOW, unreachable=(), accounts=("pf03",))))

    assert together(work, work) == []
    assert sum(queued for queued, _ in done) == 30
    assert sorted(finished for _, finished in done) == [False, True]
    assert driver.count("message") == 30
    assert driver.count("delivery") == 60
    assert driver.count("effect") == 2


def test_the_state_of_a_copy_is_that_of_its_message(driver: Driver, book: Deliveries) -> None:
    one = made(driver.database)
    every = ("queued", "sending", "held", "sent", "failed", "bounced")
    letters = [letter(f"{state}@x.example", one) for state in every]
    book.queue(letters, [one.id], NOW)
    with driver.database.write() as connection:
        for who in letters:
            state = who.notice.recipient.partition("@")[0]
            mine = message.c.recipient == who.notice.recipient
            connection.execute(update(message).where(mine).values(state=state))
    states = {copy.recipient.partition("@")[0]: copy.state.value for copy in book.copies([one])}
    assert states == {
        "queued": "queued", "sending": "queued", "held": "queued", "sent": "sent", "failed": "failed",
        "bounced": "bounced",
    }  # fmt: skip
    assert book.retry([one], author="test", now=NOW, addresses=["FAILED@x.example"]) == 1
    assert book.retry([one], author="test", now=NOW) == 1
    assert book.retry([one], author="test", now=NOW) == 0
    again = {copy.recipient.partition("@")[0]: (copy.state.value, copy.retries) for copy in book.copies([one])}
    assert again["failed"] == again["bounced"] == ("retried", 1)
    assert again["sent"] == ("sent", 0)


def test_one_more_gets_what_is_distributed_and_stands(driver: Driver, book: Deliveries) -> None:
    one = made(driver.database)
    with pytest.raises(CannotDo, match="not distributed"):
        book.send([letter("a@x.example", one)], one, author="test", now=NOW)
    book.finish([one], NOW, unreachable=(), accounts=())
    assert book.send([letter("a@x.example", one)], one, author="test", now=NOW) == 1
    assert book.send([letter("A@x.example", one)], one, author="test", now=NOW) == 0
    assert rows(driver.database) == [("CIL001", "a@x.example")]


def test_an_announcement_is_told_once(book: Deliveries) -> None:
    told = [(T1, Announced(kind=EditionKind.OFFICIAL, for_on=date(2005, 5, 2)))]
    more = [*told, (Period(2005, 2), Announced(kind=EditionKind.REVISED, for_on=date(2005, 5, 2)))]
    seen: list[list[Period]] = []

    def compose(periods: object) -> list[Notice]:
        seen.append(list(periods))  # type: ignore[call-overload]
        return [letter(f"{len(seen)}@x.example").notice]

    assert book.announce(told, NOW, compose) == 1
    assert book.announce(told, NOW, compose) is None
    assert book.announce(more, NOW, compose) == 1
    assert seen == [[T1], [Period(2005, 2)]]


def test_the_last_revised_distribution_of_any_period(driver: Driver, book: Deliveries) -> None:
    official = made(driver.database)
    revised = made(driver.database, period=Period(2005, 2), kind=EditionKind.REVISED)
    book.finish([official], NOW, unreachable=(), accounts=())
    assert book.revised_at() is None
    later = paris("2005-09-02T09:00")
    book.finish([revised], later, unreachable=(), accounts=())
    assert book.revised_at() == later


def test_editions_by_name(driver: Driver, book: Deliveries) -> None:
    one, two = made(driver.database), made(driver.database, number=2, kind=EditionKind.FINAL)
    for name in (None, "2005T1"):
        assert [found.id for found in book.chosen(name)] == [one.id, two.id]
    assert [found.id for found in book.chosen("2005T1/official-v01")] == [one.id]
    for unknown in ("2005T2", "2005T1/final-v01", "x"):
        with pytest.raises(NotFound):
            book.chosen(unknown)
