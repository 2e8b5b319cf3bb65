"""Nothing queued is lost, nothing is doubled but for a counted cut, over each database."""

from __future__ import annotations

import io
import mailbox
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import openpyxl
import pytest

from domain.clock import FixedClock
from domain.errors import NotFound, Retry
from domain.notices import Event, Notice
from ingest.outbox import MailRoute, Outbox, enqueue, list_messages, outbox_from, retry_messages, show_message
from ingest.settings import Settings
from notifications.delivery import Ambiguous, Deferred, Delivery, Refused, Sent, Unreachable
from notifications.maildir import MaildirTransport

NOW = datetime(2005, 4, 18, 8, 15, tzinfo=UTC)
ADMIN = "admin@uesl.example"


class Killed(BaseException):
    """Our process dies here."""


class Script:
    """A transport that does what it is told; `handed` are the Message-IDs and recipients that it was given."""

    def __init__(self, *outcomes: Delivery | type[Killed]) -> None:
        self.outcomes = list(outcomes)
        self.handed: list[tuple[str, str]] = []
        self.messages: list[Any] = []

    @contextmanager
    def session(self) -> Iterator[Script]:
        yield self

    def probe(self) -> None:
        """Nothing is ever wrong."""

    def deliver(self, message, *, sender, recipient) -> Delivery:
        del sender
        self.handed.append((str(message["Message-ID"]), recipient))
        self.messages.append(message)
        outcome = self.outcomes.pop(0) if self.outcomes else Sent()
        if outcome is Killed:
            raise Killed
        assert isinstance(outcome, Delivery)
        return outcome


def notice(key="verdict:1", recipient="depot@pf03.example", submission="20050418-101502-7f3a9c", **values):
    return Notice(
        **{
            "cause_key": f"{key}:{recipient}",
            "event": Event.VERDICT,
            "recipient": recipient,
            "recipient_name": "Zoé",
            "subject": "Accepté",
            "text": "Bonjour\n",
            "html": "<p>Bonjour</p>",
            "submission_id": submission,
            **values,
        },
    )


@pytest.fixture
def queue(database):
    def queued(*notices, now=NOW, held=False):
        with database.write() as connection:
            return enqueue(connection, notices, now, mail_domain="uesl.example", held=held)

    return queued


@pytest.fixture
def outbox(database):
    def made(transport, mode="send", admin=ADMIN, **options):
        route = MailRoute(
            sender="guichet@uesl.example",
            mail_domain="uesl.example",
            mode=mode,
            reply_to="p@uesl.example",
            admin=admin,
        )
        return Outbox(database, transport, FixedClock(NOW), route, jitter=lambda: 0.0, **options)

    return made


def states(database):
    return [row["state"] for row in list_messages(database)]


def test_what_is_queued_is_sent_once(database, queue, outbox):
    queue(notice(), notice(key="verdict:2"))
    transport = Script()
    box = outbox(transport)
    assert box.flush(NOW).sent == 2
    assert box.flush(NOW + timedelta(days=1)).sent == 0
    assert len(transport.handed) == 2
    assert states(database) == ["sent", "sent"]


def test_the_same_cause_is_never_queued_twice(database, queue):
    assert queue(notice(), notice()) == 1
    assert queue(notice()) == 0
    assert len(list_messages(database)) == 1


def test_a_transaction_that_fails_queues_nothing(database):
    def fails():
        with database.write() as connection:
            enqueue(connection, [notice()], NOW, mail_domain="uesl.example")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert list_messages(database) == []


def test_one_thread_for_each_submission_and_recipient(database, queue, outbox):
    queue(notice(key="receipt"), notice(key="receipt", recipient="b@x.example"))
    queue(notice(key="verdict"), notice(key="other", submission="another"), notice(key="system", submission=None))
    rows = {row["message_id"]: row for row in list_messages(database)}
    first, other, answer, another, system = list(rows.values())
    assert answer["in_reply_to"] == first["message_id"]
    assert [row["in_reply_to"] for row in (first, other, another, system)] == [None] * 4
    transport = Script()
    outbox(transport).flush(NOW)
    assert transport.messages[2]["In-Reply-To"] == first["message_id"]


def test_a_message_put_off_is_tried_again_later_and_later_with_the_same_id(database, queue, outbox):
    queue(notice())
    transport = Script(*[Deferred(detail="450 grey")] * 5)
    box = outbox(transport)
    now = NOW
    for minutes in (1, 5, 15, 60, 360):
        assert box.flush(now).deferred == 1
        assert box.flush(now + timedelta(minutes=minutes, seconds=-1)).deferred == 0
        now += timedelta(minutes=minutes)
    assert box.flush(now).sent == 1
    assert len(transport.handed) == 6
    assert len(set(transport.handed)) == 1
    assert show_message(database, "1")["attempts"] == 6


def test_five_days_of_deferrals_give_up_and_tell_the_administrator_once(database, queue, outbox):
    queue(notice())
    transport = Script(*[Deferred(detail="450 later")] * 24)
    box = outbox(transport)
    now, failed = NOW, 0
    for _ in range(40):
        failed += box.flush(now).deferred
        now += timedelta(hours=6)
    rows = list_messages(database)
    assert rows[0]["state"] == "failed"
    assert now - NOW > timedelta(days=5)
    assert [(row["recipient"], row["state"]) for row in rows[1:]] == [(ADMIN, "sent")]


def test_a_refusal_fails_that_message_alone_and_the_administrator_is_told_once(database, queue, outbox):
    queue(notice(recipient="nobody@x.example"), notice())
    box = outbox(Script(Refused(detail="550 5.1.1 no such user")))
    report = box.flush(NOW)
    assert (report.sent, report.failed) == (1, 1)
    box.flush(NOW)
    box.flush(NOW)
    rows = list_messages(database)
    assert [row["state"] for row in rows] == ["failed", "sent", "sent"]
    assert rows[2]["recipient"] == ADMIN
    assert "550 5.1.1 no such user" in show_message(database, str(rows[2]["id"]))["text"]


def test_a_refused_alert_to_the_administrator_alerts_nobody(database, queue, outbox):
    queue(notice(event=Event.SYSTEM, recipient=ADMIN, submission=None))
    outbox(Script(Refused(detail="550"))).flush(NOW)
    assert states(database) == ["failed"]


def test_a_server_that_is_away_costs_no_message_an_attempt(database, queue, outbox):
    queue(notice(), notice(key="verdict:2"))
    transport = Script(Unreachable(detail="refused"), Unreachable(detail="refused"))
    box = outbox(transport)
    report = box.flush(NOW)
    assert (report.sent, report.unreachable) == (0, "refused")
    assert box.flush(NOW + timedelta(seconds=10)).unreachable is not None
    assert len(transport.handed) == 1
    assert [row["attempts"] for row in list_messages(database)] == [0, 0]
    box.flush(NOW + timedelta(minutes=1))
    later = NOW + timedelta(days=9)
    assert box.flush(later).sent == 2
    assert states(database) == ["sent", "sent"]


def test_an_ambiguous_cut_is_counted_and_repeated_with_the_same_id(database, queue, outbox):
    queue(notice())
    transport = Script(Ambiguous(detail="cut"))
    box = outbox(transport)
    assert box.flush(NOW).ambiguous == 1
    assert box.flush(NOW + timedelta(minutes=2)).sent == 1
    assert len(set(transport.handed)) == 1
    assert show_message(database, "1")["ambiguous"] == 1


def test_a_process_killed_between_hand_over_and_writing_repeats_that_message_alone(database, queue, outbox):
    queue(notice(key="1"), notice(key="2"), notice(key="3"))
    transport = Script(Sent(), Killed)
    with pytest.raises(Killed):
        outbox(transport).flush(NOW)
    report = outbox(transport).flush(NOW + timedelta(hours=1))
    assert (report.sent, report.ambiguous) == (2, 1)
    identifiers = [identifier for identifier, _ in transport.handed]
    assert len(identifiers) == 4
    assert len(set(identifiers)) == 3
    assert [row["ambiguous"] for row in list_messages(database)] == [0, 1, 0]


def test_a_restart_on_one_machine_does_not_wait_for_the_claim_to_end(database, queue, outbox):
    queue(notice())
    with pytest.raises(Killed):
        outbox(Script(Killed)).flush(NOW)
    sent = outbox(Script()).flush(NOW).sent
    assert sent == (1 if database.dialect == "sqlite" else 0)


def test_a_message_in_another_process_s_hands_is_left_to_it(queue, outbox):
    queue(notice())
    seen = []

    class Rival(Script):
        def deliver(self, message, *, sender, recipient):
            other = Script()
            rival = outbox(other)
            rival._fresh = False
            rival.flush(NOW)
            seen.extend(other.handed)
            return super().deliver(message, sender=sender, recipient=recipient)

    assert outbox(Rival()).flush(NOW).sent == 1
    assert seen == []


def test_what_was_sent_while_the_database_went_away_is_not_sent_again(database, queue, outbox, monkeypatch):
    queue(notice())
    transport = Script()
    box = outbox(transport)
    real = database.write
    calls = iter([True, False, False])

    @contextmanager
    def flaky():
        if not next(calls, True):
            raise Retry("the database does not answer")
        with real() as connection:
            yield connection

    monkeypatch.setattr(database, "write", flaky)
    for _ in range(2):
        with pytest.raises(Retry):
            box.flush(NOW)
    assert states(database) == ["sending"]
    box.flush(NOW)
    assert states(database) == ["sent"]
    assert len(transport.handed) == 1


def test_no_write_transaction_is_open_while_talking_to_the_server(database, queue, outbox):
    queue(notice())

    class Writes(Script):
        def deliver(self, message, *, sender, recipient):
            queue(notice(key="meanwhile"))
            return super().deliver(message, sender=sender, recipient=recipient)

    assert outbox(Writes()).flush(NOW).sent == 1
    assert len(list_messages(database)) == 2


class Kept(dict[tuple[str, str], bytes]):
    """Files of answers, by deposit and name."""

    def __call__(self, submission_id, name):
        return self.get((submission_id, name))


DEPOSIT = "20050418-101502-7f3a9c"


def with_a_file(**values):
    return notice(attachments=("annote.xlsx",), **values)


def files_of(message):
    return {part.get_filename(): part.get_content() for part in message.iter_attachments()}


def test_a_file_is_read_when_its_message_leaves(database, queue, outbox):
    queue(with_a_file(), notice(key="without"))
    assert show_message(database, "1")["attachments"] == ["annote.xlsx"]
    transport, kept = Script(Deferred(detail="450 later")), Kept()
    box = outbox(transport, attachment=kept)
    kept[DEPOSIT, "annote.xlsx"] = b"made in the meantime"
    box.flush(NOW)
    assert box.flush(NOW + timedelta(minutes=2)).sent == 1
    first, without, again = transport.messages
    assert files_of(first) == files_of(again) == {"annote.xlsx": b"made in the meantime"}
    assert first.as_bytes() == again.as_bytes()
    assert files_of(without) == {}


def test_a_file_that_is_gone_stops_no_message(database, queue, outbox):
    queue(with_a_file())
    transport = Script()
    assert outbox(transport, attachment=Kept()).flush(NOW).sent == 1
    (note,) = transport.messages[0].iter_attachments()
    assert note.get_filename() == "LISEZ-MOI.txt"
    assert f"retours/{DEPOSIT}/annote.xlsx" in note.get_content()
    assert states(database) == ["sent"]


def test_a_file_that_the_server_does_not_want_stays_and_the_words_go(database, queue, outbox):
    queue(with_a_file())
    transport = Script(Refused(detail="MAIL: 552 5.3.4 message too big"))
    report = outbox(transport, attachment=Kept({(DEPOSIT, "annote.xlsx"): b"x"})).flush(NOW)
    assert (report.sent, report.failed) == (1, 0)
    refused, bare = transport.messages
    assert refused["Message-ID"] == bare["Message-ID"]
    assert list(files_of(refused)) == ["annote.xlsx"]
    assert list(files_of(bare)) == ["LISEZ-MOI.txt"]
    assert states(database) == ["sent"]


def test_a_message_about_no_deposit_has_files_of_its_own(queue, outbox):
    template, mail = "diffusion:pf03/modeles/N1A_PF03_2005T2.xlsx", "courrier:2005/abc.eml"
    queue(notice(submission=None, attachments=(template, mail, "annote.xlsx")))
    transport = Script()
    kept = Kept({(None, template): b"template", (None, mail): b"Subject: essai\n\nBonjour\n"})
    assert outbox(transport, attachment=kept).flush(NOW).sent == 1
    workbook, enclosed = message_from_bytes(transport.messages[0].as_bytes(), policy=default).iter_attachments()
    assert (workbook.get_filename(), workbook.get_content()) == ("N1A_PF03_2005T2.xlsx", b"template")
    assert enclosed.get_content()["Subject"] == "essai"


def test_a_template_that_the_server_does_not_want_waits_in_its_folder(database, queue, outbox):
    template = "diffusion:pf03/modeles/N1A_PF03_2005T2.xlsx"
    queue(notice(submission=None, attachments=(template,)))
    transport = Script(Refused(detail="MAIL: 552 5.3.4 message too big"))
    assert outbox(transport, attachment=Kept({(None, template): b"x"})).flush(NOW).sent == 1
    (note,) = transport.messages[1].iter_attachments()
    assert "diffusion/modeles/N1A_PF03_2005T2.xlsx" in note.get_content()
    assert states(database) == ["sent"]


def test_an_address_that_is_refused_fails_with_its_file_as_without(database, queue, outbox):
    queue(with_a_file())
    transport = Script(*[Refused(detail="RCPT: 550 no such user")] * 2)
    assert outbox(transport, attachment=Kept({(DEPOSIT, "annote.xlsx"): b"x"})).flush(NOW).failed == 1
    assert states(database)[0] == "failed"


def test_killed_after_the_hand_over_the_file_goes_again_with_its_message(queue, outbox):
    queue(with_a_file())
    transport, kept = Script(Killed), Kept({(DEPOSIT, "annote.xlsx"): b"x"})
    with pytest.raises(Killed):
        outbox(transport, attachment=kept).flush(NOW)
    outbox(transport, attachment=kept).flush(NOW + timedelta(hours=1))
    first, again = transport.messages
    assert first.as_bytes() == again.as_bytes()


def test_a_redirected_message_carries_its_file(queue, outbox):
    queue(with_a_file())
    transport = Script()
    kept = Kept({(DEPOSIT, "annote.xlsx"): b"x"})
    outbox(transport, mode="redirect:essais@uesl.example", attachment=kept).flush(NOW)
    assert transport.handed[0][1] == "essais@uesl.example"
    assert list(files_of(transport.messages[0])) == ["annote.xlsx"]


def test_the_settings_ask_for_the_files_of_the_answers(database, queue, tmp_path):
    folder = tmp_path / "answers" / DEPOSIT
    folder.mkdir(parents=True)
    book = openpyxl.Workbook()
    book.active["A1"] = "À corriger"
    book.save(folder / "annote.xlsx")
    queue(with_a_file(), with_a_file(key="other", submission="20050418-101502-000000"))
    settings = Settings(home=tmp_path, inbox=tmp_path / "inbox")
    assert outbox_from(database, settings, FixedClock(NOW)).flush().sent == 2
    messages = mailbox.Maildir(tmp_path / "mail", factory=None, create=False)
    parsed = [message_from_bytes(messages.get_bytes(key), policy=default) for key in sorted(messages.keys())]
    found = [files_of(one) for one in parsed]
    assert sorted(name for one in found for name in one) == ["LISEZ-MOI.txt", "annote.xlsx"]
    (content,) = (one["annote.xlsx"] for one in found if "annote.xlsx" in one)
    assert openpyxl.load_workbook(io.BytesIO(content)).active["A1"].value == "À corriger"


def test_a_stop_is_heard_between_two_messages(queue, outbox):
    queue(notice(key="1"), notice(key="2"))
    transport = Script()
    assert outbox(transport).flush(NOW, stop=lambda: bool(transport.handed)).sent == 1


def test_hold_keeps_everything_and_send_lets_it_go(queue, outbox):
    queue(notice())
    transport = Script()
    assert outbox(transport, mode="hold").flush(NOW).held == 1
    assert transport.handed == []
    assert outbox(transport).flush(NOW).sent == 1


def test_held_messages_leave_only_when_somebody_says_so(database, queue, outbox):
    queue(notice(), held=True)
    box = outbox(Script())
    assert box.flush(NOW).sent == 0
    assert retry_messages(database) == 1
    assert box.flush(NOW).sent == 1


def test_redirection_reaches_one_address_only(queue, outbox):
    queue(notice(), notice(recipient="b@x.example"))
    transport = Script()
    outbox(transport, mode="redirect:essais@uesl.example").flush(NOW)
    assert {recipient for _, recipient in transport.handed} == {"essais@uesl.example"}
    assert {message["To"] for message in transport.messages} == {"essais@uesl.example"}
    assert [message["X-Guichet-Original-To"] for message in transport.messages] == ["depot@pf03.example", "b@x.example"]


def test_an_address_that_mail_cannot_carry_fails_without_stopping_the_rest(database, queue, outbox):
    queue(notice(recipient="é@x.example"), notice(recipient="a@x.example\r\nBcc: b@x.example"), notice())
    assert outbox(Script()).flush(NOW).sent == 1
    assert states(database) == ["failed", "failed", "sent"]


def test_a_long_cause_key_fits_its_column(queue):
    assert queue(notice(key="k" * 300), notice(key="k" * 300 + "2")) == 2
    assert queue(notice(key="k" * 300)) == 0


def test_a_clock_that_jumps_back_does_not_hold_mail_for_ever(queue, outbox):
    queue(notice())
    transport = Script(Deferred(detail="450"), Deferred(detail="450"))
    box = outbox(transport)
    box.flush(NOW + timedelta(days=700))
    assert box.flush(NOW).deferred == 1


def test_messages_can_be_listed_shown_and_tried_again(database, queue, outbox):
    queue(notice())
    outbox(Script(Refused(detail="550")), admin=None).flush(NOW)
    (row,) = list_messages(database, state="failed")
    assert show_message(database, row["message_id"])["text"] == "Bonjour\n"
    assert retry_messages(database, row["message_id"]) == 1
    assert outbox(Script()).flush(NOW).sent == 1
    assert retry_messages(database, str(row["id"])) == 0
    with pytest.raises(NotFound):
        show_message(database, "404")
    with pytest.raises(NotFound):
        retry_messages(database, "<no@body>")


def test_the_backlog_counts_what_waits_and_since_when(queue, outbox):
    box = outbox(Script())
    assert box.backlog() == (0, None, 0)
    queue(notice())
    queue(notice(recipient="é@x"), now=NOW - timedelta(days=1))
    assert box.backlog() == (1, NOW, 1)


@pytest.mark.parametrize("seed", range(3))
def test_a_bad_server_loses_nothing_and_repeats_no_more_than_it_cuts(database, queue, outbox, seed):
    chance = random.Random(seed)  # noqa: S311 - fate, not a secret
    accepted: list[str] = []

    class Bad(Script):
        def deliver(self, message, *, sender, recipient):
            del sender, recipient
            kind = chance.choice([Sent, Sent, Sent, Deferred, Ambiguous, Ambiguous, Unreachable, Killed])
            if kind in (Sent, Killed) or (kind is Ambiguous and chance.random() < 0.5):
                accepted.append(str(message["Message-ID"]))
            if kind is Killed:
                raise Killed
            return kind(detail="as fate wills")

    queue(*(notice(key=f"verdict:{number}") for number in range(40)))
    now, box = NOW, outbox(Bad())
    for _ in range(400):
        try:
            box.flush(now)
        except Killed:
            box = outbox(Bad())
        now += timedelta(hours=1)
    rows = list_messages(database)
    assert {row["state"] for row in rows} == {"sent"}
    assert set(accepted) == {row["message_id"] for row in rows}
    assert len(accepted) - len(rows) <= sum(row["ambiguous"] for row in rows)


def test_a_maildir_holds_every_message_once(database, queue, outbox, tmp_path):
    queue(*(notice(key=f"verdict:{number}") for number in range(20)))
    transport = MaildirTransport(tmp_path / "mail")
    assert outbox(transport).flush(NOW).sent == 20
    box = mailbox.Maildir(tmp_path / "mail", create=False)
    assert sorted(str(one["Message-ID"]) for one in box) == sorted(row["message_id"] for row in list_messages(database))
