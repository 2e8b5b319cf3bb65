"""Editions reach every CIL/CCI and platform: announced, at 9:00 of a working day, once (contract §10)."""

from __future__ import annotations

import json
from collections import Counter

from sqlalchemy import update

from domain.releases import DeliveryState
from ingest.database.tables import message
from ingest.publishing import ordering
from ingest.wiring import Wiring

from .conftest import FIRST, Desk, paris
from .readers import READERS, SHARED, UESL, mails, text_of, to, whole


def test_the_official_edition_over_the_calendar(open_desk: Desk) -> None:
    desk = open_desk
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-04-11T10:00")
    desk.once("2005-04-28T12:00")
    assert mails(desk) == []
    # 30 April 2005 is a Saturday: told on Friday for Monday
    desk.once("2005-04-29T08:30")
    (told,) = mails(desk)
    assert to([told]) == {UESL: 1}
    assert "lundi 2 mai 2005 à 9 h, à 5 adresses" in " ".join(text_of(told).split())
    assert "PF02" in text_of(told)
    assert "CIL03 – Organisme CIL03" in text_of(told)
    desk.once("2005-04-29T17:00")
    assert len(mails(desk)) == 1
    desk.once("2005-05-01T10:00")
    desk.once("2005-05-02T08:59")
    assert len(mails(desk)) == 1
    assert not (desk.folder / "inbox/pf01/diffusion/2005T1").exists()
    desk.once("2005-05-02T09:00")
    assert to(mails(desk, subject="Tableaux du")) == Counter(dict.fromkeys(READERS, 1))
    for account in ("pf01", "pf02", "uesl"):
        folder = desk.folder / "inbox" / account / "diffusion" / "2005T1"
        assert (folder / "D1.csv").read_bytes() == (desk.folder / "var/releases/2005T1/current/D1.csv").read_bytes()
        assert "inputs" not in json.loads((folder / "manifest.json").read_text())
    desk.once("2005-05-02T10:00")
    desk.once("2005-05-03T09:00")
    assert to(mails(desk, subject="Tableaux du")) == Counter(dict.fromkeys(READERS, 1))
    # the two platforms' parts in one message to the address that serves two
    (shared,) = [one for one in mails(desk, subject="Tableaux du") if "2 organismes" in one["Subject"]]
    assert {"PF01 – Organisme PF01", "CIL01 – Organisme CIL01"} <= set(text_of(shared).splitlines())
    names = [part.get_filename() for part in shared.iter_attachments()]
    assert names == ["tables_2005T1.pdf", "tables_2005T1.xlsx"]
    (cil,) = [one for one in mails(desk, subject="(CIL02)") if "lecture" in one["To"]]
    assert "depot@pf01.example" in cil["Reply-To"]
    assert UESL in cil["Reply-To"]
    everything = cil.as_string()
    assert "pf02.example" not in everything
    assert "cil01" not in everything


def test_a_platform_sees_its_own_provisional_lines_until_they_are_published(open_desk: Desk) -> None:
    desk = open_desk
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-04-11T10:00")
    retours = desk.folder / "inbox/pf01/retours"
    own = (retours / "provisoire_2005T1_D5.csv").read_text(encoding="utf-8-sig")
    assert "CIL01" in own
    assert "CIL03" not in own
    assert "NATIONAL" not in own
    assert not list((desk.folder / "inbox/uesl/retours").glob("provisoire*"))
    for at in ("2005-04-29T09:00", "2005-05-01T09:00"):
        desk.once(at)
    assert (retours / "provisoire_2005T1_D5.csv").exists()
    desk.once("2005-05-02T09:00")
    assert not list(retours.glob("provisoire*"))
    page = (desk.folder / "inbox/pf01/diffusion/2005T1/ou_en_sommes_nous.html").read_text()
    assert "Organisme PF01" in page
    assert not (desk.folder / "inbox/uesl/diffusion/2005T1/ou_en_sommes_nous.html").exists()


def test_final_leaves_without_mail_when_nothing_changed(open_desk: Desk) -> None:
    desk = open_desk
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-04-11T10:00")
    for at in ("2005-04-29T09:00", "2005-05-02T09:00", "2005-05-16T09:00", "2005-05-17T09:00", "2005-05-18T09:00"):
        desk.once(at)
    assert desk.current("2005T1") == "final-v03"
    assert to(mails(desk, subject="Tableaux du")) == Counter(dict.fromkeys(READERS, 1))


def test_all_complete_before_the_due_day_leaves_the_working_day_after_it_is_announced(open_desk: Desk) -> None:
    desk = open_desk
    whole(desk, "2005T1", 3, "2005-04-12T15:00")  # a Tuesday
    assert to(mails(desk, subject="Diffusion prévue")) == {UESL: 1}
    desk.once("2005-04-13T08:00")
    assert mails(desk, subject="Tableaux du") == []
    desk.once("2005-04-13T09:30")
    assert to(mails(desk, subject="définitive (CIL02)")) == {"lecture@cil02.example": 1, "autre@cil02.example": 1}


def test_revised_editions_are_grouped_once_a_week(open_desk: Desk) -> None:
    desk = open_desk
    for number, day in enumerate(("2005-04-11", "2005-07-11", "2005-10-11"), start=1):
        whole(desk, f"2005T{number}", number, f"{day}T10:00")
        desk.once(f"{day[:8]}12T09:00")
    whole(desk, "2005T4", 4, "2006-01-11T10:00")
    desk.once("2006-01-12T09:00")
    before = to(mails(desk, subject="Tableaux d"))
    assert before == Counter(dict.fromkeys(READERS, 4))
    desk.deposit("PF02", "2005T1", {"CIL03": 50}, "2006-02-07T10:00")
    assert desk.current("2005T3") == "revised-v02"
    desk.once("2006-02-08T09:00")
    assert to(mails(desk, subject="Tableaux rectifiés de 4 trimestres")) == Counter(dict.fromkeys(READERS, 1))
    # another correction two days later: its mails wait for a week
    desk.deposit("PF02", "2005T3", {"CIL03": 60}, "2006-02-09T10:00")
    for day in ("10", "13", "14"):
        desk.once(f"2006-02-{day}T09:00")
    assert to(mails(desk, subject="Tableaux rectifiés")) == Counter(dict.fromkeys(READERS, 1))
    assert mails(desk, subject="Tableaux du 3e trimestre 2005 : édition rectifiée") == []
    desk.once("2006-02-15T09:00")
    assert to(mails(desk, subject="Tableaux rectifiés de 2 trimestres")) == Counter(dict.fromkeys(READERS, 1))


def test_a_held_edition_stays_until_it_is_ordered(open_desk: Desk) -> None:
    desk = open_desk
    whole(desk, "2005T1", 3, "2005-04-12T15:00")
    with desk.at("2005-04-12T16:00") as wiring:
        wiring.press.hold("2005T1", author="test", reason="attendre", now=paris("2005-04-12T16:00"))
    desk.once("2005-04-13T09:30")
    assert mails(desk, subject="Tableaux du") == []
    published = publish(desk, "2005-04-13T16:00")
    assert published.distributed is not None
    assert published.queued == len(READERS)
    desk.once("2005-04-13T16:01")
    assert to(mails(desk, subject="Tableaux du")) == Counter(dict.fromkeys(READERS, 1))


def publish(desk: Desk, at: str) -> ordering.Published:
    with desk.at(at) as wiring:
        return ordering.publish(wiring, FIRST, author="test", now=paris(at), progress=lambda _done, _all: None)


def test_a_hold_before_the_official_edition_holds_it(open_desk: Desk) -> None:
    desk = open_desk
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-04-11T10:00")
    desk.once("2005-04-29T08:30")
    with desk.at("2005-04-29T10:00") as wiring:
        wiring.press.hold("2005T1", author="test", reason="attendre", now=paris("2005-04-29T10:00"))
    desk.once("2005-05-02T09:00")
    assert desk.current("2005T1") == "official-v02"
    assert mails(desk, subject="Tableaux du") == []
    assert publish(desk, "2005-05-03T16:00").queued == len(READERS)


def test_withdrawn_editions_are_replaced_by_the_former_one(open_desk: Desk) -> None:
    desk = open_desk
    whole(desk, "2005T1", 3, "2005-04-12T15:00")
    desk.once("2005-04-13T09:30")
    desk.deposit("PF02", "2005T1", {"CIL03": 50}, "2005-06-07T10:00")
    desk.once("2005-06-08T09:00")
    folder = desk.folder / "inbox/pf01/diffusion/2005T1"
    assert "50" in (folder / "D1.csv").read_text(encoding="utf-8-sig")
    with desk.at("2005-06-09T10:00") as wiring:
        now = paris("2005-06-09T10:00")
        back = ordering.take_back(wiring, "2005T1", author="test", reason="fausse", now=now)
    assert (back.withdrawn.name, back.former and back.former.name, back.unsent) == ("revised-v02", "final-v01", 0)
    assert desk.current("2005T1") == "final-v01"
    desk.once("2005-06-09T10:01")
    assert to(mails(desk, subject="retirée")) == Counter(dict.fromkeys(READERS, 1))
    assert "50" not in (folder / "D1.csv").read_text(encoding="utf-8-sig")


def test_the_messages_of_a_withdrawn_edition_that_have_not_left_stay(open_desk: Desk) -> None:
    """Whoever may have it is told; nobody else hears of it."""
    desk = open_desk
    settings = desk.folder / "guichet.toml"
    sending = settings.read_text()
    settings.write_text(sending + 'mail_mode = "hold"\n')
    whole(desk, "2005T1", 3, "2005-04-12T15:00")
    desk.once("2005-04-13T09:30")
    settings.write_text(sending)
    with desk.at("2005-04-13T09:40") as wiring:
        (edition,) = wiring.press.releases(FIRST)
        served = {one.message: one.recipient for one in wiring.deliveries.copies([edition]) if one.message}
        doubtful = max(served)
        with wiring.database.write() as connection:  # its server's answer was lost
            connection.execute(update(message).where(message.c.id == doubtful).values(ambiguous=1, state="queued"))
        now = paris("2005-04-13T09:41")
        back = ordering.take_back(wiring, "2005T1", author="test", reason="fausse", now=now)
        assert back.unsent == len(served) - 1 > 0
        assert [one.recipient for one in wiring.deliveries.copies([edition]) if one.message] == [served[doubtful]]
    desk.once("2005-04-13T09:45")
    assert to(mails(desk, subject="retirée")) == {served[doubtful]: 1}
    assert to(mails(desk, subject="Tableaux du")) == {served[doubtful]: 2}


def deliveries(wiring: Wiring) -> dict[str, DeliveryState]:
    return {
        f"{one.organisation}:{one.recipient}".lower(): one.state
        for one in wiring.deliveries.copies(wiring.press.releases(FIRST))
    }


def test_who_got_it_and_one_more(open_desk: Desk) -> None:
    desk = open_desk
    whole(desk, "2005T1", 3, "2005-04-12T15:00")
    desk.once("2005-04-13T09:30")
    with desk.at("2005-04-13T10:00") as wiring:
        states = deliveries(wiring)
        assert states["cil03:"] is DeliveryState.FAILED
        assert states[f"pf01:{SHARED}".lower()] is states[f"cil01:{SHARED}".lower()] is DeliveryState.SENT
        assert len(states) == len(READERS) + 2
        (edition,) = wiring.press.releases(FIRST)
        now = paris("2005-04-13T10:00")
        assert ordering.send(wiring, edition, "Tiers@exemple.fr", author="test", now=now) == 1
        assert ordering.send(wiring, edition, "tiers@exemple.fr", author="test", now=now) == 0
        assert ordering.send(wiring, edition, "cil02", author="test", now=now) == 0
    desk.once("2005-04-13T10:01")
    assert to(mails(desk, subject="Tableaux du"))["tiers@exemple.fr"] == 1


def test_what_a_mail_cannot_carry_stays_out_of_it(open_desk: Desk) -> None:
    desk = open_desk
    whole(desk, "2005T1", 3, "2005-04-12T15:00")
    pdf = (desk.folder / "var/releases/2005T1/current/tables_2005T1.pdf").stat().st_size
    settings = desk.folder / "guichet.toml"
    settings.write_text(settings.read_text() + f"mail_attachment_bytes = {pdf + 10}\n")
    desk.once("2005-04-13T09:30")
    (cil,) = [one for one in mails(desk, subject="(CIL02)") if "lecture" in one["To"]]
    assert [part.get_filename() for part in cil.iter_attachments()] == ["tables_2005T1.pdf"]
    assert "joints à ce message (PDF)" in text_of(cil)
