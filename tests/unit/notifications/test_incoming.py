"""What is written when somebody answers, or when a message comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.incoming import Arrival, Correspondence, IncomingKind, Unforwarded
from domain.notices import Event
from notifications.incoming import bounced_notices, reply_notices

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2005, 4, 18, 22, 30, tzinfo=UTC)
ABOUT = Correspondence(
    message_id="<abc@uesl.example>",
    event="verdict",
    recipient="depot@pf03.example",
    subject="Accepté",
    written_at=NOW,
    organisation="PF03",
)
ARRIVAL = Arrival(
    kind=IncomingKind.REPLY,
    sender="zoe@pf03.example",
    sender_name="Zoé",
    subject="Re: Accepté",
    excerpt="Bonjour\nà tous",
)
MAIL = Unforwarded(number=1, sha256="a" * 64, kept="courrier/2005/20050418-abc.eml", received_at=NOW)


def reply(arrival=ARRIVAL, about=ABOUT):
    (notice,) = reply_notices(arrival, MAIL, about, to="p@uesl.example", directory=None, zone=PARIS)
    return notice


def test_answering_it_answers_the_person():
    notice = reply()
    assert notice.headers == {"Reply-To": "zoe@pf03.example"}
    assert notice.attachments == ("courrier:2005/20050418-abc.eml",)
    assert (notice.event, notice.recipient) == (Event.SYSTEM, "p@uesl.example")
    assert "19/04/2005" in notice.text  # in civil time


@pytest.mark.parametrize("sender", ["", "pas une adresse", "zoé@pf03.example", "a@b.c, d@e.f"])
def test_an_address_that_mail_cannot_carry_is_no_way_to_answer(sender):
    notice = reply(replace(ARRIVAL, sender=sender))
    assert notice.headers == {}
    assert "n’est pas lisible" in notice.text


def test_what_strangers_write_is_shown_and_never_obeyed():
    evil = "a\r\nBcc: evil@x.example\u202e<script>{who}\x00"
    notice = reply(Arrival(kind=IncomingKind.REPLY, sender=evil, sender_name=evil, subject=evil, excerpt=evil))
    assert not {"\r", "\n", "\u202e", "\x00"} & set(notice.subject)
    assert notice.headers == {}
    assert "<script>" not in notice.html
    assert "\u202e" not in notice.text + notice.html
    assert len(notice.subject) <= 78


def test_an_answer_to_the_alert_of_destroyed_data_is_not_quoted():
    assert "à tous" in reply().text
    assert "à tous" not in reply(about=replace(ABOUT, event=Event.ANONYMITY.value)).text


def test_a_person_who_answers_nothing_of_ours_is_handed_on_all_the_same():
    notice = reply(Arrival(kind=IncomingKind.REPLY), about=None)
    assert "Un expéditeur inconnu" in notice.text
    assert "(sans objet)" in notice.subject


def bounced(about=ABOUT, now=NOW, admin="admin@uesl.example"):
    arrival = Arrival(kind=IncomingKind.BOUNCE, status="5.1.1", detail="550 \x1b[31muser unknown" + "x" * 900)
    return bounced_notices(arrival, about, now=now, zone=PARIS, admin=admin)


def test_one_message_an_address_and_civil_day():
    (first,) = bounced()
    (other,) = bounced(replace(ABOUT, message_id="<def@uesl.example>", recipient="DEPOT@pf03.example"))
    (later,) = bounced(now=datetime(2005, 4, 19, 22, 30, tzinfo=UTC))
    assert first.cause_key == other.cause_key != later.cause_key
    assert "2005-04-19" in first.cause_key
    assert "\x1b" not in first.text


def test_nobody_is_written_to_about_an_address_of_their_own():
    assert bounced(replace(ABOUT, recipient="Admin@uesl.example")) == []
    assert bounced(admin=None) == []
