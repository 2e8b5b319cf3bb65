"""What is told of destructions: to UESL's pilotage and the administrator, counts and nothing else."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.notices import Event
from domain.organisations import Role
from domain.retention import Lot, Rule
from notifications.purge import announced_notices, purged_notices

AT = datetime(2007, 1, 1, 8, 15, tzinfo=ZoneInfo("Europe/Paris"))
FILES = Lot(rule=Rule.EXERCICE, collection="N2A", exercice=2005, deposits=3, files=24)
ROWS = Lot(rule=Rule.EXERCICE, collection="N2A", exercice=2005, deposits=2, rows=30214)
STRANGE = Lot(rule=Rule.UNKNOWN, collection=None, exercice=2005, deposits=1, files=4)
CONTACTS = (
    ("UESL", "pilotage@uesl.example", Role.PILOTAGE, None),
    ("UESL", "direction@uesl.example", Role.DIRECTION, None),
    ("PF03", "depot@pf03.example", Role.DEPOT, None),
)


def test_what_was_destroyed_is_told_once_to_each_with_its_counts(sample):
    told = purged_notices(
        [FILES, ROWS, STRANGE], sample.directory(*CONTACTS), known=sample.known, at=AT, admin="admin@uesl.example"
    )
    assert {one.recipient for one in told} == {"pilotage@uesl.example", "admin@uesl.example"}
    assert {one.event for one in told} == {Event.PURGE}
    words = " ".join(told[0].text.split())
    assert "N2A – Dossiers d’assistance, exercice 2005 : 3 dépôts, 30 214 dossiers, 24 fichiers" in words
    assert "Autres fichiers, exercice 2005 : 1 dépôt, 4 fichiers" in words
    assert "4 dépôts" in words
    assert told[0].subject == "Données détruites à leur terme\u00a0: dossiers de 2005"
    again = purged_notices([FILES], None, known=sample.known, at=AT, admin="admin@uesl.example")
    assert [one.cause_key for one in again] == [told[1].cause_key]


def test_a_month_before_it_says_the_day_and_what_to_do(sample):
    (told,) = announced_notices(
        [FILES], None, known=sample.known, exercice=2005, on=date(2007, 1, 1), admin="admin@uesl.example"
    )
    assert "lundi 1er janvier 2007" in told.subject
    words = " ".join(told.text.split())
    assert "À faire avant" in words
    assert "Publiez l’édition annuelle" in words


def test_a_message_tells_of_originals_without_an_exercice(sample):
    lot = Lot(rule=Rule.RAW, collection=None, exercice=None, deposits=2, files=6)
    (told,) = purged_notices([lot], None, known=sample.known, at=AT, admin="admin@uesl.example")
    assert told.subject.endswith("2\u00a0dépôts")
    assert "exercice" not in told.text.split("Ce qui reste")[0].split("originaux")[0].split("terme")[1]
