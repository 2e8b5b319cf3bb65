"""People and mail servers that answer the installed service: what came back is told, what was written is handed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import mail_kit as kit

GOOD = "NEANT\n"


@pytest.fixture
def bounces(desk) -> Path:
    """The Maildir that the mail server fills."""
    folder = desk.folder / "retours-courrier"
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True)
    with (desk.folder / "guichet.toml").open("a") as settings:
        settings.write('mail_bounces = "retours-courrier"\n')
    return folder


@pytest.fixture
def verdict(desk, bounces) -> dict[str, str]:
    """A message that really left."""
    del bounces
    desk.drop("pf01", "N1A_2005T1.csv", GOOD.encode())
    desk.once()
    sent = [row for row in desk.json("mail", "list", "--state", "sent") if row["event"] == "verdict"]
    return sent[0]


def about(text: str, verdict: dict[str, str]) -> bytes:
    """A letter of the kit, about that message."""
    identifier = verdict["message_id"]
    envelope = identifier.strip("<>").partition("@")[0]
    told = text.replace(kit.MESSAGE_ID, identifier).replace(kit.ENVELOPE_ID, envelope)
    return kit.as_bytes(told.replace(kit.GONE, verdict["recipient"]))


def test_a_message_that_came_back_is_listed_explained_and_sent_again(desk, bounces, verdict):
    (bounces / "new" / "1").write_bytes(about(kit.POSTFIX, verdict))
    desk.once()
    (row,) = desk.json("mail", "list", "--state", "bounced")
    assert row["message_id"] == verdict["message_id"]
    shown = desk.ok("mail", "show", verdict["message_id"])
    assert "bounced" in shown
    assert "550 5.1.1" in shown
    assert "courrier/2005/" in shown
    assert "came back" in desk.run("doctor").stdout
    told = [mail for mail in desk.mails() if mail["To"] == "admin@uesl.example"]
    assert [mail["X-Guichet-Event"] for mail in told] == ["system"]
    assert list((bounces / "new").iterdir()) == []
    desk.once()
    assert len(desk.mails()) == len(desk.json("mail", "list", "--state", "sent")) + 1
    desk.ok("mail", "retry", verdict["message_id"])
    desk.once()
    assert desk.json("mail", "list", "--state", "bounced") == []


def test_what_a_person_answers_is_handed_on_once_with_the_original(desk, bounces, verdict):
    original = about(kit.REPLY, verdict)
    (bounces / "new" / "1").write_bytes(original)
    desk.once()
    (bounces / "cur" / "1:2,S").write_bytes(original)  # the same, delivered again
    desk.once()
    (mail,) = [mail for mail in desk.mails() if mail["Subject"].startswith("Réponse au guichet")]
    assert mail["To"] == "pilotage@uesl.example"
    assert mail["Reply-To"] == verdict["recipient"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert verdict["submission_id"] in mail.get_body(("plain",)).get_content()
    (part,) = mail.iter_attachments()
    inner = part.get_content()
    assert inner["Message-ID"] == "<c0ffee@pf03.example>"
    assert "que dois-je déclarer" in inner.get_body(("plain",)).get_content()
    (note,) = inner.iter_attachments()
    assert note.get_filename() == "note.pdf"
    (kept,) = (desk.home / "courrier" / "2005").iterdir()
    assert kept.read_bytes() == original
    assert list((bounces / "new").iterdir()) == list((bounces / "cur").iterdir()) == []


def test_the_running_service_reads_its_mail_and_answers_no_machine(desk, bounces, verdict):
    (bounces / "new" / "1").write_bytes(about(kit.OUT_OF_OFFICE_FR, verdict))
    (bounces / "new" / "2").write_bytes(about(kit.EXCHANGE, verdict))
    process = desk.start()
    try:
        desk.wait_for("the report", lambda: desk.json("mail", "list", "--state", "bounced"))
        desk.wait_for("both to be kept", lambda: not list((bounces / "new").iterdir()))
    finally:
        assert desk.stop(process) == 0
    assert not [mail for mail in desk.mails() if mail["Subject"].startswith("Réponse au guichet")]
    assert len(list((desk.home / "courrier").glob("*/*.eml"))) == 2
