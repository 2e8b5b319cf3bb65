"""Mail that arrives is written down once, does what it says once, and is never dropped; over each database."""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from domain.clock import FixedClock
from domain.incoming import IncomingKind
from domain.notices import Event, Notice
from domain.organisations import Contact, Directory, Organisation, OrganisationType, Role
from domain.periods import Period
from ingest.attachments import MailFiles
from ingest.catalogue import load_catalogue
from ingest.database.engine import Database
from ingest.database.tables import incoming, message
from ingest.doctor import Health, _incoming
from ingest.following import incoming as following
from ingest.following.incoming import read_mail
from ingest.incoming import folder as folders
from ingest.incoming.client import MailReader
from ingest.ledger import Ledger
from ingest.ledger.incoming import FORWARDS_A_DAY
from ingest.ledger.mailroom import Mailroom
from ingest.mail_queue import enqueue, list_messages, retry_messages, show_message
from ingest.settings import Settings
from tests import mail_kit as kit

NOW = datetime(2005, 4, 18, 9, 30, tzinfo=UTC)
ADMIN, PILOT = "admin@uesl.example", "pilotage@uesl.example"
DEPOSIT = "20050418-101502-7f3a9c"
DIRECTORY = Directory(
    version=1,
    organisations=(Organisation(code="PF03", type=OrganisationType.PF, nom="Plate-forme Rhône", compte_sftp="pf03"),),
    contacts=(Contact(organisation="PF03", courriel="autre@pf03.example", nom="Autre", role=Role.RESPONSABLE),),
)


class Killed(BaseException):
    """Our process dies here."""


@dataclass
class Room:
    """A mailroom over one database: mail is dropped, a pass reads it."""

    database: Database
    folder: Path
    home: Path
    reader: MailReader
    settings: dict[str, Any] = field(default_factory=dict)

    def wiring(self, now: datetime = NOW) -> Any:
        given = {
            "home": self.home,
            "inbox": self.home / "inbox",
            "mail_bounces": self.folder,
            "mail_from": kit.OURS,
            "mail_admin": ADMIN,
            "mail_reply_to": PILOT,
            "settle_seconds": 0,
            **self.settings,
        }
        settings = Settings(**given)
        return SimpleNamespace(
            settings=settings,
            clock=FixedClock(now),
            mail_reader=self.reader,
            mailroom=Mailroom(self.database, mail_domain="uesl.example"),
            ledger=Ledger(self.database, load_catalogue(), zone=ZoneInfo("Europe/Paris"), first_period=Period(2005, 1)),
            register=SimpleNamespace(current=lambda: DIRECTORY),
        )

    def read(self, now: datetime = NOW) -> int:
        return read_mail(self.wiring(now), now)

    def drop(self, content: bytes | str, name: str = "1113811304.M1P2.host") -> Path:
        path = self.folder / "new" / name
        path.write_bytes(kit.as_bytes(content) if isinstance(content, str) else content)
        return path

    def arrived(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(incoming).order_by(incoming.c.id)))

    def ours(self, **values: Any) -> None:
        """The message that the reports of the kit are about."""
        values = {"recipient": kit.GONE, "state": "sent", "message_id": kit.MESSAGE_ID, **values}
        notice = Notice(
            cause_key=f"verdict:{values['message_id']}:{values['recipient']}",
            event=values.get("event", Event.VERDICT),
            recipient=values["recipient"],
            recipient_name="Zoé",
            subject="Accepté",
            text="Bonjour",
            html="<p>Bonjour</p>",
            organisation="PF03",
            submission_id=DEPOSIT,
        )
        with self.database.write() as connection:
            enqueue(connection, [notice], NOW - timedelta(hours=1), mail_domain="uesl.example")
            changed = {"message_id": values["message_id"], "state": values["state"]}
            connection.execute(update(message).where(message.c.cause_key == notice.cause_key).values(**changed))

    def state(self, message_id: str = kit.MESSAGE_ID) -> str:
        return str(show_message(self.database, message_id)["state"])

    def told(self, *recipients: str) -> list[dict[str, Any]]:
        """Messages of the pass."""
        rows = [row for row in list_messages(self.database) if row["event"] == "system"]
        assert {row["recipient"] for row in rows} <= set(recipients)
        return [show_message(self.database, str(row["id"])) for row in rows]

    def left(self) -> list[str]:
        return sorted(path.name for below in ("new", "cur") for path in (self.folder / below).iterdir())

    def kept(self) -> list[Path]:
        return sorted((self.home / "courrier").glob("*/*.eml"))


@pytest.fixture(scope="module")
def mail_reader(tmp_path_factory) -> Iterator[MailReader]:
    """The real process, one for all: it remembers nothing."""
    with MailReader(tmp_path_factory.mktemp("drafts"), memory_bytes=1 << 30) as reader:
        yield reader


@pytest.fixture
def room(database, tmp_path, mail_reader) -> Room:
    folder = tmp_path / "bounces"
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True)
    (tmp_path / "home").mkdir()
    return Room(database, folder, tmp_path / "home", mail_reader)


# ── what comes back ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", [kit.POSTFIX, kit.EXIM, kit.EXCHANGE, kit.QMAIL, kit.GMAIL, kit.SENDMAIL])
def test_a_message_that_came_back_is_bounced_and_the_administrator_told(room, text):
    room.ours()
    room.drop(text)
    assert room.read() == 1
    row = show_message(room.database, kit.MESSAGE_ID)
    assert row["state"] == "bounced"
    assert row["last_error"].startswith(("5.1.1 ", "5.1.10 ", "5.2.2 "))
    assert re.search(r" 55[02][ -]5", row["last_error"])
    (told,) = room.told(ADMIN)
    assert told["subject"].endswith(kit.GONE)
    assert kit.MESSAGE_ID in told["text"].replace("\n", "")
    (found,) = room.arrived()
    assert (found.kind, found.message_id, found.recipient.lower()) == ("bounce", kit.MESSAGE_ID, kit.GONE)
    assert room.left() == []
    (kept,) = room.kept()
    assert kept.read_bytes() == kit.as_bytes(text)
    assert found.kept == str(kept.relative_to(room.home))


def test_reading_again_changes_nothing(room):
    room.ours()
    for name in ("a", "b"):
        room.drop(kit.POSTFIX, name)
    assert room.read() == 1
    room.drop(kit.POSTFIX, "c")
    assert room.read(NOW + timedelta(days=3)) == 0
    assert len(room.arrived()) == len(room.kept()) == 1
    assert room.left() == []


def test_the_name_on_the_way_finds_the_message_when_nothing_else_does(room):
    room.ours()
    room.drop(kit.POSTFIX.replace(kit.RETURNED, ""))
    room.read()
    assert room.state() == "bounced"


def test_what_a_report_only_mentions_counts_for_the_same_address(room):
    room.ours()
    cut = kit.EXCHANGE.replace(kit.RETURNED, "")
    room.drop(cut.replace(kit.GONE.upper(), "somebody@else.example"), "1")
    room.read()
    assert room.state() == "sent"
    room.drop(cut, "2")
    room.read()
    assert room.state() == "bounced"


@pytest.mark.parametrize(("state", "after"), [("sending", "bounced"), ("queued", "queued"), ("failed", "failed")])
def test_only_what_a_server_took_can_come_back(room, state, after):
    room.ours(state=state)
    room.drop(kit.POSTFIX)
    room.read()
    assert room.state() == after
    assert len(room.arrived()) == 1


def test_what_came_back_and_was_never_ours_is_kept_and_nobody_is_told(room):
    room.drop(kit.POSTFIX)
    assert room.read() == 0
    (found,) = room.arrived()
    assert (found.kind, found.message_id) == ("bounce", None)
    assert len(room.kept()) == 1


def test_the_administrator_is_told_once_a_day_of_an_address(room):
    other = kit.MESSAGE_ID.replace("<0123", "<fedc")
    room.ours()
    room.ours(message_id=other)
    room.drop(kit.POSTFIX, "1")
    room.drop(kit.POSTFIX.replace("0123456789abcdef0123", "fedc456789abcdef0123"), "2")
    assert room.read() == 1
    assert (room.state(), room.state(other)) == ("bounced", "bounced")
    retry_messages(room.database, kit.MESSAGE_ID)
    with room.database.write() as connection:
        connection.execute(update(message).where(message.c.message_id == kit.MESSAGE_ID).values(state="sent"))
    room.drop(kit.POSTFIX.replace("10:15:04", "23:15:04"), "3")
    assert room.read(NOW + timedelta(days=1)) == 1
    assert len(room.told(ADMIN)) == 2


def test_nobody_is_told_that_their_own_address_does_not_work(room):
    room.ours(recipient=ADMIN)
    room.drop(kit.POSTFIX)
    assert room.read() == 0
    assert room.state() == "bounced"


def test_a_delay_is_noted_and_changes_nothing(room):
    room.ours()
    room.drop(kit.POSTFIX_DELAY)
    assert room.read() == 0
    assert room.state() == "sent"
    (found,) = room.wiring().mailroom.about(kit.MESSAGE_ID)
    assert (found["kind"], found["status"]) == ("delay", "4.4.1")


def test_what_came_back_goes_again_only_when_it_is_named(room):
    room.ours()
    room.drop(kit.POSTFIX)
    room.read()
    assert [row["message_id"] for row in list_messages(room.database, state="bounced")] == [kit.MESSAGE_ID]
    assert retry_messages(room.database) == 0
    assert retry_messages(room.database, kit.MESSAGE_ID) == 1
    assert room.state() == "queued"


def test_a_servers_words_are_escaped(room):
    room.ours()
    room.drop(kit.POSTFIX.replace("User\n    unknown", "\x1b[31m\u202eevil" + "x" * 5000))
    room.read()
    error = show_message(room.database, kit.MESSAGE_ID)["last_error"]
    assert "\x1b" not in error
    assert "\u202e" not in error
    assert len(error) <= 300


# ── what people write ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_person_wrote_is_handed_on_whole_and_once(room):
    room.ours()
    room.drop(kit.REPLY)
    assert room.read() == 1
    assert room.read() == 0
    (told,) = room.told(PILOT)
    assert told["subject"] == "Réponse au guichet\u00a0: Re: Accepté"
    assert told["headers"] == {"Reply-To": kit.GONE}
    for words in ("Zoé Martin <depot@pf03.example>", "Plate-forme Rhône (PF03)", DEPOSIT, "que dois-je déclarer"):
        assert words in told["text"]
    (name,) = told["attachments"]
    files = MailFiles(room.home, room.home / "inbox", most_bytes=10**6)
    assert files(None, name) == kit.as_bytes(kit.REPLY)
    (found,) = room.arrived()
    assert found.forwarded_at == NOW
    assert found.message_id == kit.MESSAGE_ID


def test_somebody_known_who_answers_nothing_is_named(room):
    room.drop(kit.REPLY.replace(kit.GONE, "Autre@pf03.example"))
    room.read()
    (told,) = room.told(PILOT)
    assert "Plate-forme Rhône (PF03)" in told["text"]
    assert "non reconnu" in told["text"]


def test_with_nobody_to_hand_it_to_it_waits_and_doctor_says_so(room):
    room.settings = {"mail_reply_to": None, "mail_admin": None}
    room.drop(kit.REPLY)
    assert room.read() == 0
    assert len(room.kept()) == 1
    warnings = [one for one in _incoming(room.wiring()) if one.health is Health.WARNING]
    assert "1 message(s) that people wrote were handed to nobody" in warnings[0].detail
    room.settings = {"mail_reply_to": None}
    assert room.read(NOW + timedelta(days=2)) == 1
    assert len(room.told(ADMIN)) == 1
    assert [one.health for one in _incoming(room.wiring())] == [Health.OK]


def test_nobody_is_handed_their_own_words(room):
    room.drop(kit.REPLY.replace(kit.GONE, PILOT.title()), "1")
    room.drop(kit.REPLY.replace(kit.GONE, ADMIN), "2")
    room.read()
    assert sorted(row["recipient"] for row in room.told(ADMIN, PILOT)) == [ADMIN, PILOT]
    room.settings = {"mail_admin": None}
    room.drop(kit.REPLY.replace(kit.GONE, PILOT).replace("11:00:00", "12:00:00"), "3")
    assert room.read() == 0


def test_a_sender_has_so_many_a_day_and_the_others_do_not_wait(room):
    for number in range(FORWARDS_A_DAY + 3):
        room.drop(kit.REPLY.replace("c0ffee", f"c{number:02}"), f"{number:02}")
    room.drop(kit.REPLY.replace(kit.GONE, "else@pf07.example"), "zz")
    assert room.read() == FORWARDS_A_DAY + 1
    assert room.read(NOW + timedelta(hours=2)) == 0
    assert room.read(NOW + timedelta(days=1)) == 3
    assert len(room.kept()) == FORWARDS_A_DAY + 4


def test_what_waited_too_long_is_kept_and_told_by_doctor_only(room):
    room.settings = {"mail_reply_to": None, "mail_admin": None}
    room.drop(kit.REPLY)
    room.read()
    room.settings = {}
    assert room.read(NOW + timedelta(days=30)) == 0
    assert room.wiring().mailroom.tally() == (1, 0)


@pytest.mark.parametrize(
    "text",
    [kit.OUT_OF_OFFICE_FR, kit.VACATION_EN, kit.READ_RECEIPT, kit.OUR_OWN, kit.FROM_OURSELVES],
    ids=["absence", "vacation", "receipt", "ours", "loop"],
)
def test_machines_and_ourselves_are_kept_and_never_answered(room, text):
    room.ours()
    room.drop(text)
    assert room.read() == 0
    assert len(room.kept()) == 1
    assert room.arrived()[0].kind in {"automatic", "other"}
    assert room.state() == "sent"


def test_hostile_mail_is_kept_once_and_harms_nothing(room):
    for name, content in kit.HOSTILE.items():
        room.drop(content, name)
    room.read()
    room.read()
    assert len(room.arrived()) == len(kit.HOSTILE)
    assert sorted(path.read_bytes() for path in room.kept()) == sorted(kit.HOSTILE.values())
    assert room.left() == []


# ── the folder ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("moment", ["keep", "take_in", "remove", "hand_on"])
@pytest.mark.parametrize("text", [kit.POSTFIX, kit.REPLY])
def test_a_crash_in_between_does_nothing_twice(room, monkeypatch, moment, text):
    room.ours()
    room.drop(text)
    owner = Mailroom if moment in {"take_in", "hand_on"} else folders.MailFolder

    def dies(*_args: Any, **_options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, moment, dies)
        if moment == "hand_on" and text == kit.POSTFIX:
            room.read()
        else:
            with pytest.raises(Killed):
                room.read()
    room.read()
    room.read()
    assert len(room.arrived()) == len(room.kept()) == len(room.told(ADMIN, PILOT)) == 1
    assert room.left() == []


def test_two_that_read_at_once_do_it_once(room):
    room.ours()
    for number in range(12):
        room.drop(
            kit.REPLY.replace("c0ffee", f"c{number:02}").replace(kit.GONE, f"p{number}@pf03.example"), f"{number}"
        )
    room.drop(kit.POSTFIX, "zz")
    begin, failures = threading.Barrier(2), []

    def reads() -> None:
        begin.wait(10)
        try:
            room.read()
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=reads) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert not failures
    room.read()
    assert len(room.arrived()) == len(room.told(ADMIN, PILOT)) == 13
    assert room.left() == []


def test_what_is_still_being_written_is_left(room, tmp_path):
    (room.folder / "tmp" / "1").write_bytes(kit.as_bytes(kit.REPLY))
    room.drop(kit.REPLY, ".hidden")
    assert room.read() == 0
    assert room.arrived() == []
    plain = tmp_path / "plain"
    plain.mkdir()
    room.folder, room.settings = plain, {"settle_seconds": 3600}
    (plain / "a.eml").write_bytes(kit.as_bytes(kit.REPLY))
    assert room.read() == 0
    assert (plain / "a.eml").exists()
    assert room.arrived() == []


def test_a_plain_folder_of_eml_files_is_read_and_the_rest_left_and_told_once(room, tmp_path):
    plain = tmp_path / "plain"
    (plain / "dossier").mkdir(parents=True)
    room.folder = plain
    (plain / "a.EML").write_bytes(kit.as_bytes(kit.REPLY))
    (plain / "notes.txt").write_bytes(b"x")
    (plain / ".caché").write_bytes(b"x")
    assert room.read() == 2
    assert room.read() == 0
    assert sorted(path.name for path in plain.iterdir()) == [".caché", "dossier", "notes.txt"]
    (stranger,) = [row for row in room.told(ADMIN, PILOT) if row["recipient"] == ADMIN]
    assert "notes.txt" in stranger["text"]
    assert "foreign_mail" in stranger["text"]


def test_no_link_is_followed_and_what_is_no_file_does_not_hold_us(room, tmp_path):
    secret = tmp_path / "secret.eml"
    secret.write_bytes(kit.as_bytes(kit.REPLY))
    (room.folder / "new" / "1").symlink_to(secret)
    os.mkfifo(room.folder / "new" / "2")
    (room.folder / "new" / "3").mkdir()
    room.drop(kit.REPLY.replace("c0ffee", "other"), "4")
    assert room.read() == 4
    assert room.read() == 0
    assert room.left() == ["1", "2", "3"]
    assert secret.exists()
    assert len(room.arrived()) == 1


def test_a_mail_that_cannot_be_read_is_told_and_taken_once_it_can(room, monkeypatch):
    room.drop(kit.REPLY, "closed")
    really_opens = os.open

    def refuses(path, *given, **options):  # a test that runs as root could not be refused
        if path == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return really_opens(path, *given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(folders.os, "open", refuses)
        assert room.read() == 1
        assert room.read() == 0
    assert "unreadable_mail" in room.told(ADMIN)[0]["text"]
    room.read()
    assert len(room.arrived()) == 1
    assert room.left() == []


def test_a_mail_too_large_is_left(room, monkeypatch):
    monkeypatch.setattr(folders, "MOST_BYTES", 100)
    room.drop(kit.REPLY)
    assert room.read() == 1
    assert room.left() == ["1113811304.M1P2.host"]


def test_what_is_left_is_never_in_the_way_of_what_comes_after_it(room, monkeypatch):
    monkeypatch.setattr(following, "MOST_AT_ONCE", 3)
    for number in range(5):
        (room.folder / "new" / f"0{number}").symlink_to("/nowhere")
    for number in range(4):
        room.drop(f"From: <a{number}@x.example>\nSubject: bonjour\n\n{number}\n", f"1{number}")
    room.read()
    assert len(room.arrived()) == 3
    room.read()
    assert len(room.arrived()) == 4


def test_one_mail_that_cannot_be_handed_on_does_not_hold_up_the_others(room, monkeypatch):
    compose = following.reply_notices

    def fails(said, *rest, **named):
        if said.sender == "bad@x.example":
            raise ZeroDivisionError
        return compose(said, *rest, **named)

    monkeypatch.setattr(following, "reply_notices", fails)
    for number, sender in enumerate(("bad@x.example", "good@x.example")):
        room.drop(f"From: <{sender}>\nSubject: bonjour\n\nbonjour\n", f"1{number}")
    assert room.read() == 1
    assert [(one.sender, one.forwarded_at is not None) for one in room.arrived()] == [
        ("bad@x.example", False),
        ("good@x.example", True),
    ]


def test_a_missing_folder_is_told_by_doctor_and_costs_nothing(room, tmp_path):
    room.folder = tmp_path / "nowhere"
    assert room.read() == 0
    (found,) = _incoming(room.wiring())
    assert found.health is Health.FAULT
    assert "does not exist" in found.detail


def test_our_own_maildir_is_never_eaten(room):
    room.settings = {"mail_url": f"maildir:{room.folder}"}
    room.drop(kit.OUR_OWN)
    assert room.read() == 0
    assert len(room.left()) == 1
    assert next(_incoming(room.wiring())).health is Health.FAULT


def test_a_mail_already_looked_at_by_somebody_is_read_too(room):
    room.drop(kit.REPLY).rename(room.folder / "cur" / "1:2,S")
    assert room.read() == 1
    assert room.left() == []


def test_every_kind_has_its_word_in_the_table(room):
    for number, kind in enumerate(IncomingKind):
        with room.database.write() as connection:
            row = {"sha256": f"{number:064}", "received_at": NOW, "kind": kind.value, "kept": "x"}
            connection.execute(incoming.insert().values(**row))
    assert {row.kind for row in room.arrived()} == set(IncomingKind)
