"""Who at UESL reads the bulletins, what they never say, and how long they may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.anomalies import Anomaly, AnomalySource, AnomalyState
from domain.bulletins import Bulletin, BulletinKind, Change, ChangeKind
from domain.notices import Event
from domain.organisations import Contact, Role
from domain.suivi import Suivi
from notifications.bulletins import bulletin_notices, readers
from notifications.news import LISTED
from tests.calling_kit import at, overdue
from tests.suivi_kit import suivi

ADMIN = "admin@uesl.example"


def people(sample, *roles: Role):
    return sample.directory(*(("UESL", f"{role}@uesl.example", role, None) for role in roles))


@pytest.mark.parametrize(
    ("roles", "address", "told_why"),
    [
        ((Role.PILOTAGE, Role.DEPOT, Role.DIRECTION), "pilotage@uesl.example", False),
        ((Role.DEPOT, Role.DIRECTION), "depot@uesl.example", True),
        ((Role.DIRECTION,), ADMIN, True),
    ],
)
def test_the_pilot_reads_else_who_can_have_the_register_mended(sample, roles, address, told_why):
    [reader] = readers(people(sample, *roles), admin=ADMIN)
    assert (reader.address, bool(reader.reason)) == (address, told_why)


def test_nobody_to_write_to_is_no_accident(sample):
    assert readers(people(sample), admin=None) == ()


def test_each_address_gets_one_message(sample):
    directory = people(sample, Role.PILOTAGE)
    twice = Contact(organisation="UESL", courriel="PILOTAGE@uesl.example", nom="", role=Role.PILOTAGE)
    assert len(readers(replace(directory, contacts=(*directory.contacts, twice)), admin=ADMIN)) == 1


def digest(sample, **values: Any):
    defaults: dict[str, Any] = {
        "kind": BulletinKind.DIGEST,
        "day": date(2005, 5, 3),
        "made_at": at(5, 3),
        "since": at(5, 2),
        "suivi": Suivi(made_at=at(5, 3)),
    }
    [told] = bulletin_notices(
        Bulletin(**{**defaults, **values}), people(sample, Role.PILOTAGE), known=sample.known, admin=ADMIN
    )
    return told


def question(collection: str, **values: Any) -> Anomaly:
    defaults: dict[str, Any] = {
        "number": 7,
        "code": "A-01",
        "source": AnomalySource.JUDGING,
        "state": AnomalyState.OPEN,
        "account": "pf03",
        "organisation": "PF03",
        "collection": collection,
        "period": "2005T1",
        "member": None,
        "column": "salaire",
        "label": "Salaire",
        "value": "98765",
        "message": "98765 est étonnant.",
        "raised_at": at(5, 2),
        "answer": "98765 relu",
        "answered_by": "pf03",
        "answered_at": at(5, 2),
    }
    return Anomaly(**{**defaults, **values})


@pytest.mark.parametrize("collection", ["N2A", "inconnue"])
@pytest.mark.parametrize("state", [one for one in AnomalyState if one is not AnomalyState.CORRECTED])
def test_no_value_of_a_case_is_ever_quoted(sample, collection, state):
    told = digest(sample, anomalies=(question(collection, state=state),))
    assert "n°\u00a07" in told.text
    assert "98765" not in told.text + told.html + told.subject


def test_a_figure_of_a_quarter_is_shown(sample):
    assert "98765" in digest(sample, anomalies=(question("N1A"),)).text


def test_a_long_list_is_cut_and_says_so(sample):
    many = tuple(
        Change(kind=ChangeKind.OVERDUE, standing=overdue(organisation=f"PF{number:03}")) for number in range(LISTED + 5)
    )
    told = digest(sample, changes=many)
    assert told.event is Event.DIGEST
    assert told.subject == "Du nouveau au 03/05/2005\u00a0: 45\u00a0retards"
    assert "… et 5\u00a0autres" in told.text


def test_the_same_day_has_the_same_cause_whatever_is_told(sample):
    one = digest(sample, changes=(Change(kind=ChangeKind.OVERDUE, standing=overdue()),))
    other = digest(sample, anomalies=(question("N1A"),))
    assert one.cause_key == other.cause_key == "digest:2005-05-03:pilotage@uesl.example"


def test_the_page_in_the_folder_is_promised_only_to_who_has_one(sample):
    directory = people(sample, Role.PILOTAGE)
    weekly = Bulletin(kind=BulletinKind.WEEKLY, day=date(2005, 5, 2), made_at=at(5, 2), suivi=suivi())
    [without] = bulletin_notices(weekly, directory, known=sample.known)
    served = tuple(replace(one, compte_sftp="uesl") if one.code == "UESL" else one for one in directory.organisations)
    [with_one] = bulletin_notices(weekly, replace(directory, organisations=served), known=sample.known)
    assert "suivi.html" not in without.text
    assert "suivi.html" in with_one.text
