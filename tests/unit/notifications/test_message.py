"""Messages are valid, the same at every attempt, and cannot be tampered with by what they speak of."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP, default

import pytest

from domain.notices import Event
from notifications.attachments import attached, left_behind
from notifications.message import Attachment, InvalidAddress, Letter, build, checked_address, stable_message_id
from notifications.smtp import _wire_form

LETTER = Letter(
    message_id="<abc@guichet.example>",
    event="verdict",
    recipient="depot@pf03.example",
    recipient_name="Zoé Dépôt",
    subject="Accepté\u00a0: N1A 1er trimestre 2005 (PF03)",
    text="Votre dépôt est accepté\u202f!\n" + "é" * 400 + "\n",
    html="<p>Votre dépôt</p>",
    date=datetime(2005, 4, 18, 8, 15, tzinfo=UTC),
    submission_id="20050418-101502-7f3a9c",
    in_reply_to="<first@guichet.example>",
)


def built(letter=LETTER, **values):
    return build(letter, sender="guichet@uesl.example", reply_to="pilotage@uesl.example", **values)


def parsed(letter=LETTER, **values):
    return message_from_bytes(built(letter, **values).as_bytes(policy=SMTP), policy=default)


def test_a_reader_finds_everything_again():
    message = parsed()
    assert message["Subject"] == LETTER.subject
    assert message["From"].addresses[0].display_name == "Guichet"
    assert message["To"].addresses[0].display_name == "Zoé Dépôt"
    assert message["Reply-To"] == "pilotage@uesl.example"
    assert message["Message-ID"] == "<abc@guichet.example>"
    assert message["In-Reply-To"] == message["References"] == "<first@guichet.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Guichet-Event"] == "verdict"
    assert message["X-Guichet-Submission"] == "20050418-101502-7f3a9c"
    assert message["Date"].datetime == LETTER.date


def test_text_comes_first_and_both_parts_are_quoted_printable():
    message = parsed()
    text, html = message.iter_parts()
    assert message.get_content_type() == "multipart/alternative"
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text["Content-Transfer-Encoding"] == html["Content-Transfer-Encoding"] == "quoted-printable"
    assert text.get_content().replace("\r\n", "\n") == LETTER.text


def test_on_the_wire_every_line_is_short_ascii():
    data = built().as_bytes(policy=SMTP)
    assert all(len(line) <= 78 for line in data.split(b"\r\n"))
    data.decode("ascii")


def test_every_attempt_has_the_same_bytes():
    assert built().as_bytes() == built().as_bytes()
    letter = replace(LETTER, attachments=(attached("annote.xlsx", bytes(range(256))),))
    assert built(letter).as_bytes() == built(letter).as_bytes()


def test_a_message_without_a_file_is_no_mixture():
    assert parsed().get_content_type() == "multipart/alternative"
    assert parsed()["Content-Language"] == "fr"


def test_files_go_beside_the_words_and_come_out_as_they_went_in():
    content = bytes(range(256)) * 50
    letter = replace(LETTER, attachments=(attached("annote.xlsx", content), attached("à corriger.csv", b"a;b\r\n")))
    message = parsed(letter)
    assert message.get_content_type() == "multipart/mixed"
    words, workbook, table = message.iter_parts()
    assert [one.get_content_type() for one in words.iter_parts()] == ["text/plain", "text/html"]
    assert workbook.get_content_type().endswith("spreadsheetml.sheet")
    assert table.get_content_type() == "text/csv"
    assert [one.get_filename() for one in (workbook, table)] == ["annote.xlsx", "à corriger.csv"]
    assert {one["Content-Transfer-Encoding"] for one in (workbook, table)} == {"base64"}
    assert {one.get_content_disposition() for one in (workbook, table)} == {"attachment"}
    assert workbook.get_content() == content
    data = built(letter).as_bytes(policy=SMTP)
    long = [line for line in data.split(b"\r\n") if len(line) > 78]
    assert all(line.startswith(b"Content-Type: application/vnd.") for line in long)
    data.decode("ascii")


@pytest.mark.parametrize("hostile", ["a\r\nBcc: evil@x.example", "a\x00b.xlsx", "\u202egpj.exe", 'a".exe', "é" * 900])
def test_no_name_of_a_file_adds_a_header(hostile):
    message = parsed(replace(LETTER, attachments=(Attachment(name=hostile, content=b"x"),)))
    assert message["Bcc"] is None
    _, part = message.iter_parts()
    assert part["Bcc"] is None
    assert "\n" not in part.get_filename()
    assert len(part.get_filename()) <= 80


def test_the_note_in_place_of_files_says_where_they_wait():
    note = left_behind(["annote.xlsx"], "20050418-101502-7f3a9c")
    assert note.name == "LISEZ-MOI.txt"
    text = note.content.decode("utf-8-sig")
    assert text.startswith("Ce fichier n’a pas pu être joint à ce message.")
    assert "retours/20050418-101502-7f3a9c/annote.xlsx\r\n" in text
    assert left_behind(["a.csv", "b.csv"], "x").content.decode("utf-8-sig").startswith("Ces fichiers n’ont pas")


@pytest.mark.parametrize(
    "hostile", ["a\r\nBcc: evil@x.example", "a\nb", "a\x00b", "a\udce9b", "\u202egpj.exe", "é" * 900]
)
def test_no_text_adds_a_header_or_stops_the_loop(hostile):
    message = parsed(
        replace(LETTER, subject=hostile, recipient_name=hostile, event=hostile, text=hostile, html=hostile)
    )
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]
    assert message["To"].addresses[0].addr_spec == "depot@pf03.example"


@pytest.mark.parametrize(
    "address",
    [
        "é@x.example",
        "a@éxample.fr",
        "a b@x.example",
        "a@x.example\r\nBcc: b@x",
        "a",
        "@x",
        "a@",
        "a@-x.example",
        "",
        "a@x.example, b@x.example",
        "<a@x.example>",
        "a" * 65 + "@x.example",
        "a@" + "x" * 260,
    ],
)
def test_an_address_that_mail_cannot_carry_is_refused(address):
    with pytest.raises(InvalidAddress):
        checked_address(address)
    with pytest.raises(InvalidAddress):
        built(replace(LETTER, recipient=address))


@pytest.mark.parametrize("address", ["a@x.example", "a.b+c@sub.x.example", "root@localhost", " a@x.example "])
def test_plain_addresses_pass(address):
    assert checked_address(address) == address.strip()


def test_redirection_shows_whom_it_was_for():
    message = parsed(redirect_to="essais@uesl.example")
    assert message["To"] == "essais@uesl.example"
    assert message["X-Guichet-Original-To"] == "depot@pf03.example"


def test_extra_headers_are_ours_only_and_one_line():
    message = parsed(
        replace(
            LETTER, headers={"X-Guichet-Period": "2005T1\r\nBcc: x@y", "Bcc": "x@y.example", "X-Guichet-Event": "no"}
        ),
    )
    assert message["X-Guichet-Period"] == "2005T1 Bcc: x@y"
    assert message["Bcc"] is None
    assert message.get_all("X-Guichet-Event") == ["verdict"]


def test_a_message_id_depends_on_the_cause_alone():
    assert stable_message_id("verdict:1:a@x", "x.example") == stable_message_id("verdict:1:a@x", "x.example")
    assert stable_message_id("verdict:1:a@x", "x.example") != stable_message_id("verdict:1:b@x", "x.example")
    assert stable_message_id("a", "bad domain>\r\n").endswith("@localhost>")


def test_the_note_tells_where_a_template_waits_and_whom_to_ask_for_a_mail():
    text = left_behind(["diffusion:pf03/modeles/N1A_PF03_2005T2.xlsx"], None).content.decode("utf-8-sig")
    assert text.startswith("Ce fichier n’a pas pu être joint à ce message. Il vous attend dans votre compte")
    assert "    diffusion/modeles/N1A_PF03_2005T2.xlsx\r\n" in text
    assert "pf03" not in text
    text = left_behind(["courrier:2005/abc.eml"], None).content.decode("utf-8-sig")
    assert text.startswith("Le message reçu n’a pas pu être joint à celui-ci. Il est conservé")
    assert "    courrier/2005/abc.eml\r\n" in text
    assert "votre compte" not in text


PLAIN = b"From: a@x.example\nSubject: essai\n\nBonjour\n"
EIGHT_BITS = (
    "From: Zo\u00e9 <a@x.example>\r\nSubject: R\u00e9ponse\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nC'est re\u00e7u\r\n"
).encode()


def enclosing(content: bytes):
    letter = replace(LETTER, attachments=(attached("courrier:2005/abc.eml", content),))
    data = _wire_form(built(letter))
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\0" not in data
    data.decode("ascii")
    (part,) = parsed(letter).iter_attachments()
    return part, data


def test_a_mail_goes_with_another_as_it_came():
    part, data = enclosing(PLAIN)
    assert part.get_content_type() == "message/rfc822"
    assert part.get_filename() == "message.eml"
    assert part.get_content()["Subject"] == "essai"
    assert PLAIN.replace(b"\n", b"\r\n") in data


def test_a_mail_of_eight_bits_that_nobody_fitted_goes_as_plain_bytes():
    part, _ = enclosing(EIGHT_BITS)
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_content() == EIGHT_BITS


@pytest.mark.parametrize(
    "hostile",
    [
        b"From: a@x.example\n\n" + b"x" * 5000,
        b"From: a@x.example\n\nA\0B",
        b"From: a@x.example\nContent-Type: text/plain; charset=nonesuch\n\n\xe9\xff\n",
        b"\xff\xfe\x00",
        b"",
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 3000,
    ],
)
def test_a_mail_that_no_wire_carries_goes_all_the_same(hostile):
    part, _ = enclosing(hostile)
    if part.get_content_type() == "application/octet-stream":
        assert part.get_content() == hostile
        assert part.get_filename() == "message.eml"
    else:
        assert part.get_content_type() == "message/rfc822"


def test_tables_that_could_not_be_joined_wait_in_the_account_or_are_asked_for():
    names = [f"edition:2005T1/official-v02/tables_2005T1.{suffix}" for suffix in ("pdf", "xlsx")]
    note = left_behind(names, None).content.decode("utf-8-sig")
    assert note.startswith("Ces tableaux n’ont pas pu être joints")
    assert "    diffusion/2005T1/tables_2005T1.pdf\r\n    diffusion/2005T1/tables_2005T1.xlsx" in note
    assert "une personne vous les enverra" in note
    assert "une personne vous l’enverra" in left_behind(names[:1], None).content.decode("utf-8-sig")


def test_the_events_of_the_header_are_those_that_scripts_know():
    known = "receipt verdict period-open reminder overdue punctuality deadline digest weekly anomaly anonymity release"
    assert {one.value for one in Event} == {*known.split(), "purge", "system"}
