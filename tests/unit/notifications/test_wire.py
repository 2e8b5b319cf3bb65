"""What is written a text at a time is byte for byte what the standard library writes line by line."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from notifications.message import MESSAGE, Attachment, Letter, build
from notifications.wire import base64_text, wire_bytes

DICE = random.Random(57)  # noqa: S311 - contents of attachments
SIZES = (0, 1, 56, 57, 58, 114, 100_000)


def letter(*attachments: Attachment) -> Letter:
    return Letter(
        message_id="<one@guichet.example>",
        event="release",
        recipient="depot@pf01.example",
        subject="Tableaux « été » \N{EM DASH} édition définitive",
        text="Bonjour,\r\nune ligne\rune autre\n.\nFrom là\n\n",
        html="<p>é</p>\n" * 3,
        date=datetime(2005, 4, 18, 8, tzinfo=UTC),
        attachments=attachments,
    )


def messages() -> list[EmailMessage]:
    mail = b"Subject: autre\r\nFrom: a@b.example\r\n\r\nune\r\n\r\n.\r\n"
    files = [Attachment(name=f"é{size}.bin", content=DICE.randbytes(size)) for size in SIZES]
    joined = Attachment(name="autre.eml", content=mail, media_type=MESSAGE)
    return [
        build(one, sender="guichet@uesl.example")
        for one in (letter(), letter(*files), letter(joined), letter(*files, joined))
    ]


@pytest.mark.parametrize("linesep", ["\r\n", "\n"])
def test_a_message_is_written_as_the_standard_library_writes_it(linesep: str) -> None:
    policy = SMTP.clone(linesep=linesep)
    for one in messages():
        assert wire_bytes(one, policy) == one.as_bytes(policy=policy)


@pytest.mark.parametrize("size", SIZES)
def test_an_attachment_is_what_the_standard_library_makes_of_it(size: int) -> None:
    content = DICE.randbytes(size)
    theirs = EmailMessage(policy=SMTP)
    theirs.set_content(content, maintype="application", subtype="pdf", cte="base64")
    assert base64_text(content) == theirs.get_payload()


def test_an_attached_file_comes_out_as_it_went_in() -> None:
    found = [part.get_content() for part in messages()[1].iter_attachments()]
    assert [len(one) for one in found] == list(SIZES)
