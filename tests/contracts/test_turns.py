"""Answers and mail: whoever has little to come does not wait for the much of another; a mail follows its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from domain.notices import Event, Notice
from ingest.database.engine import Database
from ingest.ledger.effects import EffectKind, ask, due_effects, effect_failed, write_done
from ingest.mail_due import messages_due
from ingest.mail_queue import enqueue, list_messages
from notifications.attachments import HANDED_OUT

NOW = datetime(2005, 4, 18, 8, 15, tzinfo=UTC)
ONE, TWO = "20050418-101502-aaaaaa", "20050418-101503-bbbbbb"


def asked(database: Database, account: str, *deposits: str, kinds: Sequence[EffectKind] = (EffectKind.RECU,)) -> None:
    with database.write() as connection:
        for deposit in deposits:
            ask(connection, NOW, account, deposit, {kind: {} for kind in kinds})


def queued(database: Database, recipient: str, *keys: str, deposit: str | None = None, attached: str = "") -> None:
    notices = [
        Notice(
            cause_key=key,
            event=Event.VERDICT,
            recipient=recipient,
            recipient_name="",
            subject=key,
            text="Bonjour\n",
            html="<p>Bonjour</p>",
            submission_id=deposit,
            attachments=(attached,) if attached else (),
        )
        for key in keys
    ]
    with database.write() as connection:
        enqueue(connection, notices, NOW, mail_domain="uesl.example")


def leaving(database: Database, limit: int = 100) -> list[str]:
    """The subjects of the messages that leave now, in their order."""
    subjects = {row["id"]: row["subject"] for row in list_messages(database)}
    with database.read() as connection:
        return [subjects[number] for number, _thread in messages_due(connection, NOW, limit)]


def test_accounts_take_turns_with_their_answers(database: Database) -> None:
    asked(database, "pf01", *(f"20050418-101502-{number:06x}" for number in range(30)))
    asked(database, "pf02", ONE, TWO)
    due = due_effects(database, NOW, 4)
    assert [one.account for one in due] == ["pf01", "pf02", "pf01", "pf02"]
    assert [one.submission_id for one in due if one.account == "pf02"] == [ONE, TWO]


def test_the_page_of_an_account_comes_after_what_is_due_of_all(database: Database) -> None:
    asked(database, "pf01", TWO, kinds=[EffectKind.SITUATION])
    asked(database, "pf01", ONE, kinds=[EffectKind.SITUATION])
    asked(database, "pf02", TWO, kinds=[EffectKind.RECU, EffectKind.ANSWER, EffectKind.SITUATION])
    due = due_effects(database, NOW, 1)
    assert [(one.account, one.kind.value) for one in due] == [
        ("pf02", "recu"),
        ("pf02", "answer"),  # the rest of the same deposit
        ("pf01", "situation"),  # one page, as the account asked for it once more than its turn
    ]


def test_people_take_turns_with_their_mail_each_in_order(database: Database) -> None:
    queued(database, "a@example", *(f"a{number}" for number in range(20)))
    queued(database, "b@example", "b0", "b1")
    assert leaving(database, 5) == ["a0", "b0", "a1", "b1", "a2"]


@pytest.mark.parametrize("kind", [EffectKind.RECU, EffectKind.ANSWER])
def test_a_mail_waits_for_the_files_that_it_speaks_of(database: Database, kind: EffectKind) -> None:
    asked(database, "pf01", ONE, kinds=[kind])
    queued(database, "a@example", "about one", deposit=ONE)
    queued(database, "a@example", "about two", deposit=TWO)
    queued(database, "a@example", "about none")
    assert leaving(database) == ["about two", "about none"]
    with database.write() as connection:
        write_done(connection, due_effects(database, NOW, 10), NOW)
    assert leaving(database) == ["about one", "about two", "about none"]


def test_a_mail_does_not_wait_for_files_that_cannot_be_written(database: Database) -> None:
    asked(database, "pf01", ONE, kinds=[EffectKind.ANSWER])
    queued(database, "a@example", "about one", deposit=ONE)
    [effect] = due_effects(database, NOW, 10)
    effect_failed(database, effect.id, "disk full", NOW + timedelta(minutes=5))
    assert leaving(database) == ["about one"]


def test_a_mail_does_not_wait_for_the_archive(database: Database) -> None:
    asked(database, "pf01", ONE, kinds=[EffectKind.ARCHIVE, EffectKind.SITUATION])
    queued(database, "a@example", "about one", deposit=ONE)
    assert leaving(database) == ["about one"]


def test_a_reminder_waits_for_the_template_that_it_attaches(database: Database) -> None:
    for account in ("pf01", "pf011"):
        queued(database, f"{account}@example", account, attached=f"{HANDED_OUT}{account}/modeles/N1A_2005T1.xlsx")
    with database.write() as connection:
        ask(connection, NOW, "pf01", None, {EffectKind.MODELES: {}})
    assert leaving(database) == ["pf011"]
    with database.write() as connection:
        write_done(connection, due_effects(database, NOW, 10), NOW)
    assert leaving(database) == ["pf01", "pf011"]
