"""What arrives is told apart: what came back, what a machine answered, what a person wrote. Nothing breaks it."""

from __future__ import annotations

import pytest

from domain.incoming import Arrival, IncomingKind
from ingest.incoming import mime
from ingest.incoming.judging import EXCERPT_CHARS, arrival
from ingest.incoming.reports import DETAIL_CHARS, MOST_RECIPIENTS
from tests import mail_kit as kit


def judged(text: str) -> Arrival:
    return arrival(kit.as_bytes(text), ours=(kit.OURS,))


BOUNCES = {
    "postfix": (kit.POSTFIX, "5.1.1", "550 5.1.1"),
    "exim": (kit.EXIM, "5.1.1", "550 5.1.1"),
    "exchange": (kit.EXCHANGE, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
    "qmail": (kit.QMAIL, "5.1.1", "550 5.1.1 User unknown"),
    "gmail": (kit.GMAIL, "5.1.1", "550-5.1.1 The email account"),
    "sendmail": (kit.SENDMAIL, "5.2.2", "552 5.2.2 Mailbox full"),
    "french": (kit.FRENCH_TEXT, "5.1.1", "550 5.1.1 utilisateur inconnu"),
}


@pytest.mark.parametrize("server", BOUNCES)
def test_what_came_back_is_known_whoever_gives_it_back(server):
    text, status, words = BOUNCES[server]
    found = judged(text)
    assert found.kind is IncomingKind.BOUNCE
    assert found.returned == (kit.MESSAGE_ID,)
    assert found.status == status
    assert words in found.detail
    if server != "french":
        assert kit.GONE in {one.lower() for one in found.recipients}


@pytest.mark.parametrize("server", BOUNCES)
def test_windows_line_ends_change_nothing(server):
    text = BOUNCES[server][0]
    assert arrival(kit.as_bytes(text).replace(b"\n", b"\r\n"), ours=(kit.OURS,)) == judged(text)


def test_the_name_on_the_way_is_read():
    assert judged(kit.POSTFIX).envelope_id == kit.ENVELOPE_ID
    assert not judged(kit.EXCHANGE).envelope_id


def test_a_report_may_name_the_message_only_in_what_it_answers():
    cut = kit.EXCHANGE.replace(kit.RETURNED, "")
    found = judged(cut)
    assert found.kind is IncomingKind.BOUNCE
    assert found.returned == ()
    assert found.referred == (kit.MESSAGE_ID,)


def test_of_a_message_that_enclosed_another_the_outer_one_came_back():
    outer = "<ffff@uesl.example>"
    enclosing = kit.RETURNED.replace(kit.MESSAGE_ID, outer)
    text = kit.GMAIL.replace(
        f"{kit.RETURNED}\nBonjour",
        f"{enclosing}MIME-Version: 1.0\nContent-Type: message/rfc822\n\n{kit.RETURNED}\nBonjour",
    )
    assert judged(text).returned == (outer,)


@pytest.mark.parametrize("text", [kit.POSTFIX_DELAY, kit.EXIM_DELAY])
def test_a_delay_is_no_return(text):
    assert judged(text).kind is IncomingKind.DELAY


def test_the_worst_of_several_recipients_counts():
    more = "Action: delivered\nFinal-Recipient: rfc822; other@pf03.example\nStatus: 2.0.0\n\n"
    text = kit.POSTFIX.replace("Final-Recipient:", f"{more}Final-Recipient:", 1)
    found = judged(text)
    assert found.kind is IncomingKind.BOUNCE
    assert found.recipients == (kit.GONE,)


@pytest.mark.parametrize(
    "text",
    [kit.OUT_OF_OFFICE_FR, kit.VACATION_EN, kit.READ_RECEIPT, kit.POSTFIX_RELAYED],
)
def test_a_machine_that_answers_is_known(text):
    assert judged(text).kind is IncomingKind.AUTOMATIC


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied (vacation)",
        "Auto-Submitted: AUTO-GENERATED; owner-email=x",
        "Precedence: auto_reply",
        "Precedence: Junk",
        "X-Autoreply-From: x@y.example",
        "Return-Path: <>",
    ],
)
def test_each_sign_of_a_machine_is_enough(header):
    assert judged(f"{header}\n{kit.REPLY}").kind is IncomingKind.AUTOMATIC


@pytest.mark.parametrize("header", ["Auto-Submitted: no", "Precedence: list", "X-Mailer: Outlook", "Auto-Submitted:"])
def test_what_a_persons_mail_may_carry_is_no_sign(header):
    assert judged(f"{header}\n{kit.REPLY}").kind is IncomingKind.REPLY


def test_a_person_who_answers_is_read():
    found = judged(kit.REPLY)
    assert found.kind is IncomingKind.REPLY
    assert (found.sender_name, found.sender) == ("Zoé Martin", kit.GONE)
    assert found.subject == "Re: Accepté"
    assert found.referred == (kit.MESSAGE_ID,)
    assert found.excerpt == "Bonjour,\nLe CIL de l'Ain a fermé ; que dois-je déclarer ?\nZoé"


def test_a_person_who_talks_of_a_return_is_a_person():
    assert judged(kit.TALK_ABOUT_A_BOUNCE).kind is IncomingKind.REPLY


def test_a_daemon_in_words_that_nobody_knows_is_not_guessed():
    text = kit.QMAIL.replace("failure notice", "bonjour").replace("qmail-send", "maison")
    assert judged(text).kind is IncomingKind.AUTOMATIC
    assert judged(text.replace("Return-Path: <>", "Return-Path: <root@x.example>", 1)).kind is IncomingKind.REPLY


@pytest.mark.parametrize("text", [kit.OUR_OWN, kit.FROM_OURSELVES])
def test_our_own_mail_is_known(text):
    assert judged(text).kind is IncomingKind.OTHER


def test_a_report_sent_under_our_own_address_is_a_report():
    text = kit.POSTFIX.replace("MAILER-DAEMON@relay.uesl.example (Mail Delivery System)", kit.OURS)
    assert judged(text).kind is IncomingKind.BOUNCE


@pytest.mark.parametrize("name", kit.HOSTILE)
def test_hostile_mail_is_told_in_bounded_room(name):
    found = arrival(kit.HOSTILE[name], ours=(kit.OURS,))
    assert isinstance(found.kind, IncomingKind)
    for text in (found.sender, found.sender_name, found.subject):
        assert len(text) <= mime.SHOWN_CHARS
    assert len(found.detail) <= DETAIL_CHARS
    assert len(found.excerpt) <= EXCERPT_CHARS
    assert len(found.recipients) <= MOST_RECIPIENTS
