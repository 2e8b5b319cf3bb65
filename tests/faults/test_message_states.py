"""The life of a message in `docs/explanation/life-of-a-file.md` against the outbox: those arrows, and no other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.clock import FixedClock
from domain.incoming import Arrival, IncomingKind
from domain.notices import Event, Notice
from ingest.database.engine import Database
from ingest.ledger.incoming import Found
from ingest.ledger.mailroom import Mailroom
from ingest.ledger.safekeeping import LastBackup, Restored, note_restored, resume_mail
from ingest.outbox import MailRoute, Outbox, enqueue, retry_messages, show_message
from notifications.delivery import Deferred, Delivery, Refused, Sent
from tests.faults.desk import AT
from tests.faults.test_states import diagrams

TRIGGERS = (
    "CREATE TABLE seen (was TEXT, is_now TEXT)",
    "CREATE TRIGGER born AFTER INSERT ON message BEGIN INSERT INTO seen VALUES ('[*]', NEW.state); END",
    (
        "CREATE TRIGGER changed AFTER UPDATE OF state ON message WHEN OLD.state <> NEW.state"
        " BEGIN INSERT INTO seen VALUES (OLD.state, NEW.state); END"
    ),
)


class Killed(BaseException):
    """Our process dies here."""


class Server:
    """A mail server that answers as it is told, and else takes what it gets."""

    def __init__(self, answer: Delivery | None = None) -> None:
        self.answer = answer

    @contextmanager
    def session(self) -> Iterator[Server]:
        yield self

    def probe(self) -> str | None:
        return None

    def deliver(self, _message: EmailMessage, *, sender: str, recipient: str) -> Delivery:
        assert sender
        assert recipient
        if self.answer is None:
            raise Killed
        return self.answer


class Post:
    """A database, and what is done with its messages; the database itself writes down each change of a state."""

    def __init__(self, database: Database) -> None:
        self.database, self.now, self.count = database, AT, 0
        with database.write() as connection:
            for statement in TRIGGERS:
                connection.execute(text(statement))

    def queue(self, recipient: str = "depot@pf03.example", *, held: bool = False) -> str:
        """One more message; its number."""
        self.count += 1
        one = Notice(
            cause_key=f"verdict:{self.count}",
            event=Event.VERDICT,
            recipient=recipient,
            recipient_name="Zoé",
            subject="Accepté",
            text="Bonjour\n",
            html="<p>Bonjour</p>",
        )
        with self.database.write() as connection:
            assert enqueue(connection, [one], self.now, mail_domain="uesl.example", held=held) == 1
        return str(self.count)

    def flush(self, answer: Delivery | None) -> None:
        """Another process, later, which sends what is due; None: it dies as it hands over."""
        self.now += timedelta(hours=2)
        route = MailRoute(sender="guichet@uesl.example", mail_domain="uesl.example")
        with suppress(Killed):
            Outbox(self.database, Server(answer), FixedClock(self.now), route).flush(self.now)

    def comes_back(self, number: str) -> None:
        arrival = Arrival(kind=IncomingKind.BOUNCE, returned=(str(show_message(self.database, number)["message_id"]),))
        Mailroom(self.database, mail_domain="uesl.example").take_in(
            Found(arrival=arrival, sha256=f"{self.now:%Y%m%d%H%M%S}".zfill(64), kept="mail"),
            self.now,
            lambda _about: (),
        )

    def restore(self) -> None:
        """What a restore from a backup does to messages; then the administrator lets mail go on."""
        backup = LastBackup(at=self.now, path="backup", rows=0, files=0, files_bytes=0)
        with self.database.write() as connection:
            note_restored(connection, Restored(at=self.now, backup="0" * 64, taken_at=self.now), backup, "test")
        resume_mail(self.database, self.now, "test", only_new=False)

    def is_now(self, number: str, wanted: str) -> None:
        assert show_message(self.database, number)["state"] == wanted

    def seen(self) -> set[tuple[str, str]]:
        with self.database.read() as connection:
            return {(was, now) for was, now in connection.execute(text("SELECT was, is_now FROM seen"))}


@pytest.fixture
def post(tmp_path: Path, sqlite_template: Path) -> Iterator[Post]:
    path = tmp_path / "guichet.sqlite3"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield Post(database)
    database.dispose()


def test_a_message_takes_the_arrows_of_the_page_and_no_other(post: Post) -> None:
    one = post.queue()
    post.flush(None)
    post.is_now(one, "sending")
    post.flush(Deferred(detail="450 later"))  # begins with what the dead one left
    post.is_now(one, "queued")
    post.flush(Refused(detail="550 unknown"))
    post.is_now(one, "failed")
    assert retry_messages(post.database) == 1
    post.flush(Sent())
    post.is_now(one, "sent")
    post.comes_back(one)
    post.is_now(one, "bounced")
    assert retry_messages(post.database) == 0, "its address must be mended first"
    assert retry_messages(post.database, one) == 1
    post.restore()
    post.is_now(one, "held")
    assert retry_messages(post.database) == 1
    post.flush(None)
    post.restore()
    post.is_now(one, "held")
    assert retry_messages(post.database, one) == 1
    post.flush(None)
    post.comes_back(one)
    post.is_now(one, "bounced")
    post.is_now(post.queue(held=True), "held")
    post.is_now(post.queue(recipient="nobody at all"), "failed")
    drawn = {(was, now) for was, now, _ in diagrams()[1] if now != "[*]"}
    assert post.seen() == drawn


def test_what_the_page_does_not_draw_is_noticed(post: Post) -> None:
    """The trigger sees every change, whoever makes it."""
    number = post.queue()
    with post.database.write() as connection:
        connection.execute(text("UPDATE message SET state = 'sent'"))
    post.is_now(number, "sent")
    assert post.seen() == {("[*]", "queued"), ("queued", "sent")}
