"""What the central body is told: once, with its messages, and the pages that go with it, over both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from domain.anomalies import Oddity
from domain.bulletins import Bulletin, BulletinKind, ChangeKind
from domain.justifications import Justification, Subject
from domain.notices import Event, Notice
from domain.periods import Period
from domain.steps import Step
from domain.submissions import Box
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.database.tables import bulletin, effect, message, step_said
from ingest.ledger import EffectKind
from ingest.ledger.arrangements import Request
from ingest.ledger.bulletins import Order

from .conftest import Driver, notice, paris, two_platforms
from .test_ledger_concurrency import another, together

if TYPE_CHECKING:
    from pathlib import Path

MONDAY = date(2005, 5, 2)
N1A = next(one for one in load_catalogue().collections if one.code == "N1A")


@dataclass
class Composer:
    """Composes one message a bulletin, and remembers them."""

    told: list[Bulletin] = field(default_factory=list)

    def __call__(self, made: Bulletin) -> Sequence[Notice]:
        self.told.append(made)
        return [
            Notice(
                cause_key=f"{made.kind}:{made.day}",
                event=Event.WEEKLY if made.kind is BulletinKind.WEEKLY else Event.DIGEST,
                recipient="pilotage@example.org",
                recipient_name="",
                subject="Sujet",
                text="Texte",
                html="<p>Texte</p>",
            )
        ]

    @property
    def kinds(self) -> list[tuple[str, str, ChangeKind]]:
        """Of the last bulletin: organisation, collection, change."""
        return [(one.standing.organisation, one.standing.collection, one.kind) for one in self.told[-1].changes]


def tell(
    driver: Driver, at: str, kind: BulletinKind = BulletinKind.DIGEST, compose: Composer | None = None
) -> list[tuple[str, str, ChangeKind]] | None:
    """The changes told at that instant; None when nothing was."""
    now = paris(at)
    composer = compose or Composer()
    driver.ledger.open_obligations(driver.directory or two_platforms(), now)
    day = MONDAY if kind is BulletinKind.WEEKLY else now.date()
    order = Order(kind=kind, day=day, accounts=("uesl",))
    return composer.kinds if driver.ledger.tell_central_body(order, now, composer) else None


def asked(driver: Driver, kind: EffectKind) -> list[tuple[str, dict[str, Any]]]:
    """Accounts and payloads of the effects of that kind."""
    query = select(effect.c.account, effect.c.payload).where(effect.c.kind == kind.value).order_by(effect.c.id)
    with driver.database.read() as connection:
        return [(row.account, row.payload) for row in connection.execute(query)]


def test_a_digest_leaves_only_when_something_changed_and_tells_it_once(driver: Driver) -> None:
    assert tell(driver, "2005-04-18T08:00") is None
    driver.deposit("2005-04-18T10:00")
    assert tell(driver, "2005-04-19T08:00") == [("PF03", "N1A", ChangeKind.ON_TIME)]
    assert tell(driver, "2005-04-20T08:00") is None
    assert (driver.count("bulletin"), driver.count("message")) == (3, 3)


def test_one_look_a_day(driver: Driver) -> None:
    """What comes after the morning's look is told the next morning, also when that look found nothing."""
    assert tell(driver, "2005-04-18T08:00") is None
    driver.deposit("2005-04-18T10:00")
    order = Order(kind=BulletinKind.DIGEST, day=paris("2005-04-18T10:30").date(), accounts=("uesl",))
    assert driver.ledger.told_so_far(paris("2005-04-18T10:30")).last_digest_on == order.day
    assert not driver.ledger.tell_central_body(order, paris("2005-04-18T10:30"), Composer())
    assert tell(driver, "2005-04-19T08:00") == [("PF03", "N1A", ChangeKind.ON_TIME)]


def test_a_clock_a_year_ahead_does_not_silence_the_days_before(driver: Driver) -> None:
    tell(driver, "2006-05-02T08:00")
    ahead = Order(kind=BulletinKind.WEEKLY, day=date(2006, 5, 1), accounts=("uesl",))
    assert driver.ledger.tell_central_body(ahead, paris("2006-05-02T08:00"), Composer())
    told = driver.ledger.told_so_far(paris("2005-05-02T09:00"))
    assert (told.last_digest_on, told.last_weekly_on, told.last_weekly_made_on) == (None, None, None)
    assert tell(driver, "2005-05-02T09:00", BulletinKind.WEEKLY) is not None
    told = driver.ledger.told_so_far(paris("2005-05-03T08:00"))
    assert (told.last_weekly_on, told.last_weekly_made_on) == (MONDAY, MONDAY)


def test_what_becomes_late_is_told_and_its_growing_lateness_is_not(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00")
    tell(driver, "2005-04-19T08:00")
    late = [("PF07", "N1A", ChangeKind.OVERDUE), ("PF03", "N1M", ChangeKind.OVERDUE)]
    assert sorted(tell(driver, "2005-05-02T08:00") or []) == sorted(late)
    assert tell(driver, "2005-05-03T08:00") is None
    driver.deposit("2005-05-04T10:00", account="pf07")
    assert tell(driver, "2005-05-05T08:00") == [("PF07", "N1A", ChangeKind.LATE)]


def test_a_bulletin_is_written_with_its_message_or_not_at_all(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00")
    messages = driver.count("message")

    class Broken(Composer):
        def __call__(self, made: Bulletin) -> Sequence[Notice]:
            raise RuntimeError(str(made.day))

    with pytest.raises(RuntimeError, match="2005-04-19"):
        tell(driver, "2005-04-19T08:00", compose=Broken())
    assert (driver.count("bulletin"), driver.count("message")) == (0, messages)
    assert tell(driver, "2005-04-19T08:00") == [("PF03", "N1A", ChangeKind.ON_TIME)]


def test_the_weekly_page_always_leaves_once_a_week_and_keeps_a_dated_copy(driver: Driver) -> None:
    composer = Composer()
    assert tell(driver, "2005-05-02T08:00", BulletinKind.WEEKLY, composer) is not None
    assert tell(driver, "2005-05-03T08:00", BulletinKind.WEEKLY, composer) is None
    [made] = composer.told
    assert len(made.suivi.lines) == 3
    [(account, payload)] = asked(driver, EffectKind.SUIVI)
    assert (account, payload["dated"]) == ("uesl", "2005-05-02")
    assert tell(driver, "2005-05-03T08:00") is None, "the page told the changes"


def test_two_processes_tell_it_once(driver: Driver, database_url: str, tmp_path: Path) -> None:
    driver.deposit("2005-04-18T10:00")
    others = [driver, another(driver, database_url, tmp_path)]
    composer = Composer()
    now, order = paris("2005-04-19T08:00"), Order(kind=BulletinKind.DIGEST, day=date(2005, 4, 19))
    told: list[bool] = []
    raised = together(
        *(lambda one=one: told.append(one.ledger.tell_central_body(order, now, composer)) for one in others)  # type: ignore[misc]
    )
    others[1].database.dispose()
    assert raised == []
    assert sorted(told) == [False, True]
    assert (driver.count("bulletin"), len(composer.told)) == (1, 1)


def test_extensions_and_waivers_are_told(driver: Driver) -> None:
    tell(driver, "2005-04-18T08:00", BulletinKind.WEEKLY)
    now = paris("2005-04-20T10:00")
    request = Request(who="PF03", collection=N1A, period=Period(2005, 1), reason="panne", author="x")
    driver.ledger.extend(request, date(2005, 5, 10), now=now, compose=lambda _: [])
    driver.ledger.waive(replace(request, who="PF07"), now=now, compose=lambda _: [])
    told = [("PF03", "N1A", ChangeKind.EXTENDED), ("PF07", "N1A", ChangeKind.WAIVED)]
    assert tell(driver, "2005-04-21T08:00") == told


def test_a_withdrawal_is_told_when_it_opens_the_obligation_again(driver: Driver) -> None:
    number = driver.deposit("2005-04-18T10:00").dropped.submission_id
    tell(driver, "2005-04-19T08:00")
    driver.ledger.withdraw(number, reason="erreur", author="x", now=paris("2005-04-20T10:00"))
    assert tell(driver, "2005-04-21T08:00") == [("PF03", "N1A", ChangeKind.REOPENED)]


def test_missing_lines_are_named(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", Verdict.PARTIALLY_ACCEPTED, missing_lines=("CIL002",))
    composer = Composer()
    assert tell(driver, "2005-04-19T08:00", compose=composer) == [("PF03", "N1A", ChangeKind.INCOMPLETE)]
    assert composer.told[0].changes[0].standing.missing_lines == ("CIL002",)


def confirming(text: str) -> Justification:
    return Justification(subject=Subject(code="X.R01", column="c", record="r", value=text), text=text, message="Sûr ?")


def test_what_a_depositor_confirmed_is_told_once_and_never_that_of_a_trial(driver: Driver) -> None:
    driver.deposit("2005-04-17T10:00", box=Box.ESSAI, justifications=(confirming("pour voir"),))
    driver.deposit("2005-04-18T10:00", justifications=(confirming("exact"),))
    composer = Composer()
    tell(driver, "2005-04-19T08:00", compose=composer)
    assert [(one.organisation, one.text) for one in composer.told[0].confirmations] == [("PF03", "exact")]
    driver.deposit("2005-04-19T10:00", account="pf07", justifications=(confirming("aussi"),))
    tell(driver, "2005-04-20T08:00", compose=composer)
    assert [one.text for one in composer.told[1].confirmations] == ["aussi"]


def test_a_question_is_told_once_with_its_answer_and_not_as_a_confirmation_besides(driver: Driver) -> None:
    sure = confirming("exact")
    odd = Oddity(subject=sure.subject, message=sure.message, confirmation=sure.text)
    driver.deposit("2005-04-18T10:00", justifications=(sure,), oddities=(odd,))
    composer = Composer()
    tell(driver, "2005-04-19T08:00", compose=composer)
    assert [one.answer for one in composer.told[0].anomalies] == ["exact"]
    assert composer.told[0].confirmations == ()
    assert tell(driver, "2005-04-20T08:00") is None


def test_an_address_that_gets_nothing_is_told_once(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    lose = update(message).where(message.c.submission_id == dropped.submission_id).values(state="bounced")
    with driver.database.write() as connection:
        connection.execute(lose)
    composer = Composer()
    assert tell(driver, "2005-04-19T08:00", compose=composer) == []
    assert [one.address for one in composer.told[0].undelivered] == [notice(dropped, Event.RECEIPT).recipient]
    assert tell(driver, "2005-04-20T08:00") is None


def test_only_the_last_bulletin_is_remembered_in_full(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00")
    tell(driver, "2005-04-19T08:00")
    driver.deposit("2005-04-19T10:00", account="pf07")
    tell(driver, "2005-04-20T08:00")
    query = select(bulletin.c.snapshot).order_by(bulletin.c.id)
    with driver.database.read() as connection:
        first, last = connection.execute(query).scalars()
    assert first == {}
    assert last["obligations"]["PF07/N1A/2005T1"]["status"] == "on_time"


def test_a_line_counts_deposits_and_what_was_said_and_never_a_trial(driver: Driver) -> None:
    driver.ledger.open_obligations(two_platforms(), paris("2005-04-02T08:00"))
    driver.deposit("2005-04-17T10:00", box=Box.ESSAI)
    driver.deposit("2005-04-18T10:00", Verdict.REJECTED, rows=())
    driver.deposit("2005-04-18T11:00")
    said = {
        "organisation": "PF03",
        "collection": "N1A",
        "period": "2005T1",
        "due_on": date(2005, 4, 30),
        "said_on": date(2005, 4, 15),
        "said_at": paris("2005-04-15T08:00"),
    }
    with driver.database.write() as connection:
        connection.execute(step_said.insert(), {**said, "step": Step.BEFORE_15.value, "passed": False})
        connection.execute(step_said.insert(), {**said, "step": Step.BEFORE_7.value, "passed": True})
    whole = driver.ledger.suivi(paris("2005-04-19T08:00"))
    found = {(one.standing.organisation, one.standing.collection): one for one in whole.lines}
    assert (found["PF03", "N1A"].versions, found["PF03", "N1A"].said) == (2, (Step.BEFORE_15,))
    assert (found["PF07", "N1A"].versions, found["PF07", "N1A"].said) == (0, ())
    own = driver.ledger.suivi(paris("2005-04-19T08:00"), ["PF07"])
    assert [one.standing.organisation for one in own.lines] == ["PF07"]


def refresh(driver: Driver, at: str) -> bool:
    """The pass of the pages; whether there was something to do."""
    now: datetime = paris(at)
    driver.ledger.open_obligations(driver.directory or two_platforms(), now)
    if driver.ledger.pages_are_current(["uesl"], now):
        return False
    driver.ledger.refresh_pages(["uesl"], now)
    return True


def test_the_pages_are_asked_for_when_something_happened_and_each_day(driver: Driver) -> None:
    def written(at: str) -> None:
        driver.ledger.effects_done(driver.ledger.due_effects(paris(at)), paris(at))

    assert refresh(driver, "2005-04-18T08:00")
    assert not refresh(driver, "2005-04-18T08:01")
    written("2005-04-18T08:02")
    driver.deposit("2005-04-18T10:00")
    assert refresh(driver, "2005-04-18T10:05")
    written("2005-04-18T10:06")
    assert refresh(driver, "2005-04-19T00:01")
    assert len(asked(driver, EffectKind.SUIVI)) == 3


def test_pages_that_cannot_be_written_do_not_pile_up(driver: Driver) -> None:
    for day in range(18, 25):
        refresh(driver, f"2005-04-{day}T08:00")
    assert len(asked(driver, EffectKind.SUIVI)) == 1
    tell(driver, "2005-04-25T08:00", BulletinKind.WEEKLY)
    assert [payload.get("dated") for _, payload in asked(driver, EffectKind.SUIVI)] == [None, "2005-05-02"]


def test_without_an_account_at_uesl_only_the_platforms_pages_are_refreshed(driver: Driver) -> None:
    now = paris("2005-04-18T08:00")
    driver.ledger.open_obligations(two_platforms(), now)
    assert not driver.ledger.pages_are_current([], now)
    driver.ledger.refresh_pages([], now)
    assert driver.ledger.pages_are_current([], now)
    assert asked(driver, EffectKind.SUIVI) == []


def test_each_account_that_owes_gets_its_page_again_once_a_day(driver: Driver) -> None:
    def situations() -> list[str]:
        return [account for account, _ in asked(driver, EffectKind.SITUATION)]

    refresh(driver, "2005-04-18T08:00")
    driver.deposit("2005-04-18T10:00", account="pf07")
    before = len(situations())
    refresh(driver, "2005-04-19T08:00")
    refresh(driver, "2005-04-19T09:00")
    assert situations()[before:] == ["pf03"], "PF07 has deposited everything"
    before = len(situations())
    refresh(driver, "2005-05-01T00:10")
    assert sorted(situations()[before:]) == ["pf03", "pf07"], "the due instant has passed"
