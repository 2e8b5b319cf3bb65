"""When editions are announced and leave: rules over the calendar (contract §10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.periods import Period
from domain.publishing import (
    Announced,
    PeriodState,
    kind_at,
    to_announce,
    to_distribute,
    to_make,
    to_offer,
    waits_for_mail,
)
from domain.releases import EditionKind, Release
from domain.workdays import OfficeHours, WorkingDays

PARIS = ZoneInfo("Europe/Paris")
HOURS = OfficeHours(days=WorkingDays(is_holiday=lambda _: False), zone=PARIS)
OFFICIAL, FINAL, REVISED = EditionKind.OFFICIAL, EditionKind.FINAL, EditionKind.REVISED


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def edition(kind: EditionKind, made: str, number: int = 1, *, sent: str = "", **values: object) -> Release:
    return replace(
        Release(
            id=number, period="2005T1", number=number, kind=kind, created_at=at(made), dated_on=at(made).date(),
            content_hash=str(number), distributed_at=at(sent) if sent else None,
        ),
        **values,  # type: ignore[arg-type]
    )  # fmt: skip


def state(*editions: Release, announced: tuple[Announced, ...] = (), **values: object) -> PeriodState:
    made = PeriodState(
        period=Period(2005, 1), due_on=date(2005, 4, 30), last_due_at=at("2005-04-30T23:59:59"), complete=False,
        editions=editions, announced=announced,
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type]


def told(kind: EditionKind, day: str) -> Announced:
    return Announced(kind=kind, for_on=date.fromisoformat(day))


MADE = edition(OFFICIAL, "2005-05-01T00:10")
FRIDAY = told(OFFICIAL, "2005-05-02")


def test_an_official_edition_is_announced_before_it_is_made() -> None:
    assert to_announce(state(), at("2005-04-28T12:00"), HOURS, None) is None
    assert to_announce(state(), at("2005-04-29T07:59"), HOURS, None) is None
    assert to_announce(state(), at("2005-04-29T08:00"), HOURS, None) == FRIDAY
    assert to_announce(state(announced=(FRIDAY,)), at("2005-04-29T09:00"), HOURS, None) is None


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2005-05-01T10:00", False),
        ("2005-05-02T08:59", False),
        ("2005-05-02T09:00", True),
        ("2005-05-02T18:00", False),
        ("2005-05-03T08:30", False),
        ("2005-05-03T09:00", True),
    ],
)
def test_it_leaves_at_nine_of_a_working_day(now: str, *, leaves: bool) -> None:
    found = to_distribute(state(MADE, announced=(FRIDAY,)), at(now), HOURS)
    assert found == (MADE if leaves else None)


def test_nothing_leaves_without_having_been_announced() -> None:
    assert to_distribute(state(MADE), at("2005-05-02T09:00"), HOURS) is None
    assert to_announce(state(MADE), at("2005-05-02T09:00"), HOURS, None) == told(OFFICIAL, "2005-05-03")


def test_what_was_announced_as_official_may_be_final_by_then() -> None:
    final = edition(FINAL, "2005-04-30T17:00")
    found = state(final, announced=(FRIDAY,), complete=True)
    assert to_announce(found, at("2005-05-02T08:00"), HOURS, None) is None
    assert to_distribute(found, at("2005-05-02T09:00"), HOURS) == final


def test_a_late_official_edition_keeps_its_announcement() -> None:
    late = edition(OFFICIAL, "2005-05-03T10:00")
    assert to_distribute(state(late, announced=(FRIDAY,)), at("2005-05-03T10:05"), HOURS) == late


SENT = edition(FINAL, "2005-05-15T00:10", 2, sent="2005-05-17T09:00")
FIRST = edition(REVISED, "2005-06-20T10:00", 3)


def test_a_former_announcement_does_not_stand_for_a_later_edition() -> None:
    first = replace(FIRST, distributed_at=at("2005-06-21T09:00"))
    second = edition(REVISED, "2005-07-11T10:00", 4)
    found = state(SENT, first, second, announced=(told(REVISED, "2005-06-21"),))
    sent_on = date(2005, 6, 21)
    assert to_distribute(found, at("2005-07-11T11:00"), HOURS, sent_on) is None
    assert to_announce(found, at("2005-07-11T11:00"), HOURS, sent_on) == told(REVISED, "2005-07-12")


def test_revised_mails_wait_for_a_week_after_those_of_any_period() -> None:
    found = state(SENT, FIRST)
    sent_on = date(2005, 6, 20)
    assert to_announce(found, at("2005-06-21T10:00"), HOURS, sent_on) is None
    assert to_announce(found, at("2005-06-24T10:00"), HOURS, sent_on) == told(REVISED, "2005-06-27")
    hasty = replace(found, announced=(told(REVISED, "2005-06-21"),))
    assert to_distribute(hasty, at("2005-06-21T10:00"), HOURS, sent_on) is None
    assert to_distribute(hasty, at("2005-06-21T10:00"), HOURS, None) == FIRST


def test_what_replaces_an_announced_edition_leaves_in_its_place() -> None:
    second = edition(REVISED, "2005-06-21T08:10", 4)
    found = state(SENT, FIRST, second, announced=(told(REVISED, "2005-06-21"),))
    assert to_distribute(found, at("2005-06-21T09:00"), HOURS) == second


@pytest.mark.parametrize(
    "editions",
    [
        (replace(MADE, held_by="x"),),
        (edition(EditionKind.PROVISIONAL, "2005-04-20T10:00", held_by="x"), replace(MADE, number=2)),
        (replace(MADE, withdrawn_at=at("2005-05-01T12:00")),),
        (replace(MADE, to_distribute=False),),
        (replace(MADE, distributed_at=at("2005-05-01T12:00")),),
    ],
    ids=["held", "held before", "withdrawn", "says nothing new", "sent"],
)
def test_what_stays(editions: tuple[Release, ...]) -> None:
    found = state(*editions, announced=(FRIDAY,))
    assert waits_for_mail(found) is None
    assert to_distribute(found, at("2005-05-02T09:00"), HOURS) is None


def test_a_held_period_is_not_announced() -> None:
    held = edition(EditionKind.PROVISIONAL, "2005-04-20T10:00", held_by="x")
    assert to_announce(state(held), at("2005-04-29T08:00"), HOURS, None) is None


def test_history_is_made_and_never_leaves() -> None:
    found = state(stale_changed_at=at("2006-01-01T10:00"), history=True)
    assert kind_at(found, at("2006-01-01T10:05"), HOURS) is FINAL
    assert to_make(found, at("2006-01-02T10:00"), HOURS, HOURS.at(date(2006, 1, 2), 9) - HOURS.at(date(2006, 1, 2), 8))
    assert to_announce(found, at("2006-01-02T10:00"), HOURS, None) is None
    assert waits_for_mail(replace(found, editions=(MADE,))) is None


# ── a year ───────────────────────────────────────────────────────────────────────────────────────────────────────


def year(*editions: Release, announced: tuple[Announced, ...] = (), **values: object) -> PeriodState:
    mine = tuple(replace(one, period="2005") for one in editions)
    due = {"due_on": date(2006, 2, 14), "last_due_at": at("2006-02-14T23:59:59")}
    return replace(state(*mine, announced=announced, **values), period=Period(2005), **due)  # type: ignore[arg-type]


PREPARED = edition(OFFICIAL, "2006-02-15T00:10")


def test_the_tables_of_a_year_are_never_sent_by_themselves() -> None:
    ready = year(PREPARED, announced=(told(OFFICIAL, "2006-02-15"),))
    for now in ("2006-02-15T09:00", "2006-02-16T09:00", "2006-06-01T09:00"):
        assert to_distribute(ready, at(now), HOURS) is None
        assert to_announce(ready, at(now), HOURS, None) is None
    assert to_announce(year(), at("2006-02-14T09:00"), HOURS, None) is None


@pytest.mark.parametrize(
    ("now", "kind"),
    [("2006-02-14T12:00", None), ("2006-02-15T00:00", OFFICIAL), ("2006-03-01T00:00", FINAL)],
)
def test_a_year_has_its_kinds_reckoned_from_its_own_due_day(now: str, kind: EditionKind | None) -> None:
    assert to_make(year(), at(now), HOURS, timedelta(0)) is kind


def test_the_central_body_is_told_once_of_what_it_may_send() -> None:
    assert to_offer(year(PREPARED), at("2006-02-15T07:00"), HOURS) is None
    ready = to_offer(year(PREPARED), at("2006-02-15T09:00"), HOURS)
    assert ready == told(OFFICIAL, "2006-02-15")
    assert to_offer(year(PREPARED, announced=(ready,)), at("2006-02-20T09:00"), HOURS) is None
    assert to_offer(state(MADE), at("2005-05-02T09:00"), HOURS) is None
    held = replace(PREPARED, held_by="a")
    assert to_offer(year(held), at("2006-02-15T09:00"), HOURS) is None


def test_of_revised_editions_it_is_told_once_a_week_until_it_orders() -> None:
    sent = replace(PREPARED, distributed_at=at("2006-02-16T10:00"))
    first = edition(REVISED, "2006-04-03T10:00", 2)
    second = edition(REVISED, "2006-04-05T10:00", 3)
    said = (told(OFFICIAL, "2006-02-15"), told(REVISED, "2006-04-03"))
    assert to_offer(year(sent, first, announced=said[:1]), at("2006-04-03T11:00"), HOURS) == said[1]
    assert to_offer(year(sent, first, second, announced=said), at("2006-04-06T11:00"), HOURS) is None
    assert to_offer(year(sent, first, second, announced=said), at("2006-04-10T11:00"), HOURS) == told(
        REVISED, "2006-04-10"
    )
    ordered = replace(first, distributed_at=at("2006-04-04T10:00"))
    assert to_offer(year(sent, ordered, second, announced=said), at("2006-04-06T11:00"), HOURS) == told(
        REVISED, "2006-04-06"
    )
