"""An outage of ours never makes anyone late, over both databases (contract §8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from domain.arrangements import Arranged
from domain.notices import Event, Notice
from domain.outages import Closure
from domain.periods import Period
from domain.steps import Step
from domain.submissions import Box, ReceiptProof
from domain.verdicts import Verdict
from domain.workdays import OfficeHours, WorkingDays
from ingest.catalogue import load_catalogue
from ingest.database import tables
from ingest.ledger import Ledger
from ingest.ledger.arrangements import Request

from .conftest import N1M, PARIS, paris, two_platforms

if TYPE_CHECKING:
    from .conftest import Driver

BACK = "2005-05-02T08:00"
MOVED = "2005-05-03T08:00:00+02:00"
WEEKDAYS = WorkingDays(is_holiday=lambda _day: False)


@pytest.fixture
def desk(driver: Driver) -> Driver:
    """A desk that is not rehearsing, with what is owed for 2005T1 (due 2005-04-30)."""
    driver.ledger = Ledger(
        driver.database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1), working_days=WEEKDAYS
    )
    driver.ledger.open_obligations(two_platforms(), paris("2005-04-02T09:00"))
    return driver


def told(given: Sequence[Arranged]) -> list[Notice]:
    return [
        Notice(
            cause_key=f"outage:{one.organisation}:{one.collection}:{one.due_at}",
            event=Event.DEADLINE,
            recipient="depot@pf.example",
            recipient_name="",
            subject="Délai",
            text="Délai",
            html="<p>Délai</p>",
        )
        for one in given
    ]


def close(desk: Driver, since: str = "2005-04-30T22:10", until: str = BACK) -> Closure | None:
    """Seen open at `since`, then not before `until`."""
    desk.ledger.see_open(paris(since), back=False)
    return desk.ledger.see_open(paris(until), back=True)


def excuse(desk: Driver, now: str = BACK) -> list[tuple[str, str]]:
    given = desk.ledger.excuse_closures(paris(now), compose=told)
    return sorted((one.organisation, one.collection) for one in given)


def journal(desk: Driver, kind: str) -> list[Any]:
    with desk.database.read() as connection:
        return list(connection.execute(select(tables.event).where(tables.event.c.kind == kind)))


def recorded(desk: Driver) -> list[tuple[datetime, datetime]]:
    with desk.database.read() as connection:
        return [(row.from_at, row.until_at) for row in connection.execute(select(tables.closure))]


# -- the closure ------------------------------------------------------------------------------------------------------


def test_a_desk_that_was_never_open_was_not_closed(desk: Driver) -> None:
    assert desk.ledger.see_open(paris(BACK), back=True) is None
    assert recorded(desk) == []


def test_the_absence_is_recorded_once_and_told_to_the_journal(desk: Driver) -> None:
    assert close(desk) == Closure(from_at=paris("2005-04-30T22:10"), until_at=paris(BACK))
    assert desk.ledger.see_open(paris("2005-05-02T08:01"), back=False) is None
    assert recorded(desk) == [(paris("2005-04-30T22:10"), paris(BACK))]
    [line] = journal(desk, "closed")
    assert datetime.fromisoformat(line.data["since"]) == paris("2005-04-30T22:10")


def test_a_clock_that_went_back_records_nothing_and_the_next_sign_counts(desk: Driver) -> None:
    desk.ledger.see_open(paris("2007-04-30T22:10"), back=False)
    assert desk.ledger.see_open(paris("2005-05-02T08:00"), back=True) is None
    assert desk.ledger.see_open(paris("2005-05-04T08:00"), back=True) == Closure(
        from_at=paris("2005-05-02T08:00"), until_at=paris("2005-05-04T08:00")
    )


def test_two_machines_that_come_back_at_once_record_one_closure(desk: Driver) -> None:
    close(desk)
    with desk.database.write() as connection:
        connection.execute(
            tables.home_setting.update()
            .where(tables.home_setting.c.key == "seen_open_at")
            .values(value=paris("2005-04-30T22:10").isoformat())
        )
    assert desk.ledger.see_open(paris("2005-05-02T08:01"), back=True) is None
    assert len(recorded(desk)) == 1


# -- what fell due meanwhile ------------------------------------------------------------------------------------------


def test_what_fell_due_while_the_desk_was_closed_has_a_day_from_its_return(desk: Driver) -> None:
    assert desk.status("2005-05-01T12:00")["status"] == "overdue"
    close(desk)
    assert excuse(desk) == [("PF03", "N1A"), ("PF03", "N1M"), ("PF07", "N1A")]
    line = desk.status(BACK)
    assert (line["status"], line["due_at"], line["excused_until"], line["days_late"]) == ("open", MOVED, MOVED, 0)
    assert line["excused_reason"] == (
        "guichet fermé du 30/04/2005 à 22\u00a0h\u00a010 au 02/05/2005 à 8\u00a0h\u00a000"
    )
    assert desk.status("2005-05-03T08:00:01")["status"] == "overdue"
    assert [one.data["until"] for one in journal(desk, "deadline_excused")] == [
        paris("2005-05-03T08:00").astimezone(UTC).isoformat()
    ] * 3


def test_it_is_said_once(desk: Driver) -> None:
    close(desk)
    assert len(excuse(desk)) == 3
    assert excuse(desk) == excuse(desk, "2005-06-01T09:00") == []
    assert desk.count("message") == 3


def test_the_message_stands_for_that_days_reminder(desk: Driver) -> None:
    hours = OfficeHours(days=WEEKDAYS, zone=PARIS)
    close(desk)
    excuse(desk)
    said = desk.ledger.say_steps(paris("2005-05-02T08:01"), hours, lambda _calls: ())
    assert said == ()
    after = desk.ledger.say_steps(paris("2005-05-04T12:00"), hours, lambda _calls: ())
    told_now = {(one.standing.period.code, one.step) for call in after for one in call.sayings}
    assert told_now == {("2005T1", Step.AFTER_1)}


def test_a_deposit_in_the_given_time_is_punctual_and_one_after_it_is_late(desk: Driver) -> None:
    close(desk)
    excuse(desk)
    desk.deposit("2005-05-03T07:59")
    desk.deposit("2005-05-03T08:01", collection=N1M, rows=((2, "CIL001", 10),))
    assert desk.status("2005-05-04T09:00")["status"] == "on_time"
    assert desk.status("2005-05-04T09:00", N1M)["status"] == "late"


def test_a_deposit_made_while_nobody_looked_is_punctual_without_waiting_for_the_pass(desk: Driver) -> None:
    close(desk)
    dropped = desk.dropped("2005-05-01T10:00")
    desk.claim(dropped)
    outcome = desk.record(dropped, desk.judgement(desk.section()), now=paris("2005-05-02T08:00:20"))
    deadline = outcome.sections[0].deadline
    assert deadline is not None
    assert (deadline.status, deadline.due_at) == ("on_time", paris("2005-05-03T08:00"))
    assert deadline.excused_reason is not None
    assert excuse(desk) == [("PF03", "N1M"), ("PF07", "N1A")]


def test_who_deposited_in_time_keeps_the_due_instant_even_when_judged_after(desk: Driver) -> None:
    desk.deposit("2005-04-29T10:00")
    close(desk)
    desk.deposit("2005-04-30T23:00", account="pf07", rows=((2, "CIL003", 1),))
    assert excuse(desk) == [("PF03", "N1M")]
    assert desk.status(BACK)["excused_reason"] is None
    assert desk.status(BACK, organisation="PF07")["due_at"] == "2005-04-30T23:59:59+02:00"


def test_who_has_a_deposit_on_the_desk_waits_for_its_verdict(desk: Driver) -> None:
    dropped = desk.dropped("2005-04-30T22:30")
    desk.claim(dropped)
    close(desk)
    assert excuse(desk) == [("PF07", "N1A")]
    desk.record(dropped, desk.judgement(desk.section()), now=paris("2005-05-02T08:00:30"))
    assert excuse(desk) == [("PF03", "N1M")]
    assert desk.status(BACK)["status"] == "on_time"


def test_a_second_closure_at_the_moved_due_instant_moves_it_again(desk: Driver) -> None:
    close(desk)
    excuse(desk)
    close(desk, "2005-05-03T07:00", "2005-05-04T12:00")
    assert len(excuse(desk, "2005-05-04T12:00")) == 3
    assert desk.status("2005-05-04T12:00")["due_at"] == "2005-05-05T12:00:00+02:00"


def test_an_extension_that_lasts_longer_stands(desk: Driver) -> None:
    found = load_catalogue().by_code("N1A")
    assert found is not None
    request = Request(who="pf03", collection=found, period=Period(2005, 1), reason="panne", author="Mme Durand")
    until = paris("2005-05-20T00:00").date()
    desk.ledger.extend(request, until, now=paris("2005-04-20T09:00"), compose=lambda _: ())
    close(desk)
    assert ("PF03", "N1A") not in excuse(desk)
    assert desk.status(BACK)["due_at"] == "2005-05-20T23:59:59+02:00"


def test_a_waived_obligation_and_one_that_was_not_due_are_left_alone(desk: Driver) -> None:
    found = load_catalogue().by_code("N1A")
    assert found is not None
    request = Request(who="ALL", collection=found, period=Period(2005, 1), reason="grève", author="Mme Durand")
    desk.ledger.waive(request, now=paris("2005-04-20T09:00"), compose=lambda _: ())
    close(desk)
    assert excuse(desk) == [("PF03", "N1M")]
    close(desk, "2005-05-10T08:00", "2005-05-12T08:00")
    assert excuse(desk, "2005-05-12T08:00") == []


def test_a_register_imported_after_the_closure_is_excused_too_without_a_word_when_that_time_is_past(
    driver: Driver,
) -> None:
    driver.ledger = Ledger(
        driver.database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1), working_days=WEEKDAYS
    )
    close(driver)
    driver.deposit("2005-05-02T20:00")
    driver.ledger.open_obligations(two_platforms(), paris("2005-05-09T09:00"))
    assert excuse(driver, "2005-05-09T09:00") == []
    assert driver.status("2005-05-09T09:00")["status"] == "on_time"
    line = driver.status("2005-05-09T09:00", N1M)
    assert (line["status"], line["due_at"]) == ("overdue", MOVED)
    assert driver.count("message") == 2  # the deposit's own


def test_a_closure_that_ends_in_the_future_excuses_when_that_instant_comes(desk: Driver) -> None:
    close(desk, until="2005-05-10T08:00")
    assert excuse(desk, "2005-05-09T09:00") == []
    assert len(excuse(desk, "2005-05-10T08:00")) == 3


def test_a_rehearsal_records_nothing_and_excuses_nothing(desk: Driver) -> None:
    close(desk)
    rehearsing = Ledger(desk.database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1))
    assert rehearsing.see_open(paris("2005-05-20T08:00"), back=True) is None
    assert rehearsing.excuse_closures(paris(BACK), compose=told) == ()
    assert desk.status(BACK)["excused_reason"] is None
    assert len(recorded(desk)) == 1


def test_nothing_is_moved_when_the_message_cannot_be_composed(desk: Driver) -> None:
    def fails(_given: Sequence[Arranged]) -> Sequence[Notice]:
        raise RuntimeError

    close(desk)
    with pytest.raises(RuntimeError):
        desk.ledger.excuse_closures(paris(BACK), compose=fails)
    assert desk.status(BACK)["excused_reason"] is None
    assert len(excuse(desk)) == 3


# -- a verdict that we delayed ----------------------------------------------------------------------------------------


def judged_late(desk: Driver, verdict: Verdict = Verdict.REJECTED, hours: float = 30, **values: Any) -> Any:
    dropped = desk.dropped("2005-04-29T20:00", **values)
    desk.claim(dropped)
    judgement = desk.judgement(desk.section(verdict))
    return desk.record(dropped, judgement, now=dropped.received_at + timedelta(hours=hours))


def test_a_late_verdict_that_leaves_something_to_do_gives_until_the_next_working_day(desk: Driver) -> None:
    outcome = judged_late(desk, hours=30)  # Sunday 1 May at 2:00
    deadline = outcome.sections[0].deadline
    assert (deadline.due_at, deadline.status) == (paris("2005-05-02T23:59:59"), "to_correct")
    assert deadline.excused_reason == "verdict rendu le 01/05/2005 à 2\u00a0h\u00a000"
    [owed, _] = outcome.still_owed[::-1]
    assert (owed.collection, owed.excused_reason) == ("N1A", deadline.excused_reason)
    line = desk.status("2005-05-02T20:00")
    assert (line["status"], line["excused_until"]) == ("to_correct", "2005-05-02T23:59:59+02:00")
    [entry] = journal(desk, "deadline_excused")
    assert (entry.account, entry.data["collection"]) == ("pf03", "N1A")
    desk.deposit("2005-05-02T23:59:58")
    assert desk.status("2005-05-03T09:00")["status"] == "on_time"


@pytest.mark.parametrize(
    ("verdict", "hours", "values"),
    [
        (Verdict.REJECTED, 0.9, {}),
        (Verdict.ACCEPTED, 30, {}),
        (Verdict.REJECTED, 30, {"box": Box.ESSAI}),
    ],
)
def test_a_prompt_verdict_a_good_deposit_and_a_trial_give_nothing(
    desk: Driver, verdict: Verdict, hours: float, values: dict[str, Any]
) -> None:
    judged_late(desk, verdict, hours, **values)
    assert desk.status("2005-05-01T09:00")["excused_reason"] is None


def test_a_deposit_that_came_late_is_given_nothing(desk: Driver) -> None:
    dropped = desk.dropped("2005-05-02T10:00")
    desk.claim(dropped)
    desk.record(dropped, desk.judgement(desk.section(Verdict.REJECTED)), now=paris("2005-05-03T10:00"))
    assert desk.status("2005-05-03T10:00")["excused_reason"] is None


def test_a_file_of_before_go_live_was_not_judged_late(desk: Driver) -> None:
    dropped = desk.dropped("2005-04-29T10:00")
    imported = type(dropped)(
        submission_id=dropped.submission_id,
        account=dropped.account,
        box=dropped.box,
        name=dropped.name,
        size=dropped.size,
        sha256=dropped.sha256,
        received_at=dropped.received_at,
        proof=ReceiptProof.IMPORTED,
    )
    desk.claim(imported)
    desk.record(imported, desk.judgement(desk.section(Verdict.REJECTED)), now=paris("2005-06-03T10:00"))
    assert desk.status("2005-06-03T10:00")["excused_reason"] is None


def test_what_would_be_answered_now_is_no_verdict(desk: Driver) -> None:
    dropped = desk.dropped("2005-04-29T10:00")
    desk.claim(dropped)
    judgement = desk.judgement(desk.section(Verdict.REJECTED))
    outcome = desk.ledger.preview(dropped, judgement, directory=desk.directory, now=paris("2005-05-02T10:00"))
    assert outcome.sections[0].deadline is not None
    assert outcome.sections[0].deadline.excused_reason is None


def test_an_answer_read_back_says_why_the_due_instant_moved(desk: Driver) -> None:
    outcome = judged_late(desk)
    again = desk.record(outcome.dropped, desk.judgement(desk.section(Verdict.REJECTED)))
    assert again.sections[0].deadline == outcome.sections[0].deadline


def test_what_a_clock_a_year_ahead_excused_is_taken_back(desk: Driver) -> None:
    close(desk, "2005-04-20T10:00", "2006-04-20T10:00")
    assert ("PF03", "N1A") in excuse(desk, "2006-04-20T10:00")
    assert desk.status("2005-04-21T10:00")["due_at"] == "2006-04-21T10:00:00+02:00"
    assert desk.ledger.see_open(paris("2005-04-21T10:00"), back=False) is None
    assert desk.ledger.see_open(paris("2005-04-22T10:00"), back=True) is not None  # since the day before
    line = desk.status("2005-04-22T10:00")
    assert (line["due_at"], line["excused_until"], line["excused_reason"]) == ("2005-04-30T23:59:59+02:00", None, None)
    [known] = [
        one
        for one in desk.ledger.compliance_known(paris("2005-04-22T10:00"), period="2005T1", account="pf03")
        if one["collection"] == "N1A"
    ]
    assert known["excused_until"] is None
    assert excuse(desk, "2006-05-02T08:00") == []  # nor is what was late forgiven once the clock gets there
    assert desk.status("2005-05-02T08:00")["status"] == "overdue"


def test_beside_a_colleague_who_has_it_open_it_was_not_closed_and_of_all_that_begin_at_once_one_ends_it(
    desk: Driver,
) -> None:
    desk.ledger.see_open(paris("2005-04-30T22:10:00"), back=False)
    asked = iter([True, False, True])
    assert desk.ledger.see_open(paris("2005-05-01T02:00"), back=True, beside=lambda: next(asked)) is None
    ended = desk.ledger.see_open(paris("2005-05-02T08:00"), back=True, beside=lambda: next(asked))
    assert ended == Closure(from_at=paris("2005-05-01T02:00"), until_at=paris("2005-05-02T08:00"))
    assert desk.ledger.see_open(paris("2005-05-02T08:00:01"), back=True, beside=lambda: next(asked)) is None


def test_a_sign_that_comes_late_or_by_a_clock_a_little_behind_does_not_put_the_desk_back(desk: Driver) -> None:
    desk.ledger.see_open(paris("2005-04-30T22:10:00"), back=False)
    desk.ledger.see_open(paris("2005-04-30T22:06:00"), back=False)  # of a colleague, whose clock is behind
    assert desk.ledger.see_open(paris("2005-04-30T22:30:00"), back=True) == Closure(
        from_at=paris("2005-04-30T22:10:00"), until_at=paris("2005-04-30T22:30:00")
    )
    desk.ledger.see_open(paris("2005-04-30T20:00:00"), back=False)  # the clock was set back
    assert desk.ledger.see_open(paris("2005-04-30T20:10:00"), back=True) == Closure(
        from_at=paris("2005-04-30T20:00:00"), until_at=paris("2005-04-30T20:10:00")
    )
