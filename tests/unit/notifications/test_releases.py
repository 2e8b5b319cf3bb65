"""Who reads the tables, and what each one is told (contract §10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.organisations import Adhesion, Contact, Directory, Organisation, OrganisationType, Role, Service, Span
from domain.releases import EditionKind
from domain.restitution import Restitution
from notifications.releases import addressees, readers, receives, release_notices

DAY = date(2005, 5, 2)


def organisation(code: str, kind: OrganisationType, **values: object) -> Organisation:
    return Organisation(code=code, type=kind, nom=f"Organisme {code}", **values)  # type: ignore[arg-type]


def contact(code: str, address: str, role: Role = Role.DIFFUSION) -> Contact:
    return Contact(organisation=code, courriel=address, nom="Personne", role=role)


DIRECTORY = Directory(
    version=1,
    organisations=(
        organisation("PF01", OrganisationType.PF, compte_sftp="pf01"),
        organisation("CIL01", OrganisationType.CIL),
        organisation("CIL02", OrganisationType.CIL),
        organisation("CIL03", OrganisationType.CIL, actif=Span(last=date(2005, 3, 31))),
    ),
    adhesions=(Adhesion(code_cil="CIL01", code_plateforme="PF01", service=Service.ASA, dates=Span()),),
    contacts=(
        contact("PF01", "tables@pf01.example"),
        contact("PF01", "depot@pf01.example", Role.DEPOT),
        contact("CIL01", "Tables@pf01.example"),
        contact("CIL01", "directeur@cil01.example", Role.DIRECTION),
        contact("CIL02", "directeur@cil02.example", Role.DIRECTION),
        contact("CIL02", "responsable@cil02.example", Role.RESPONSABLE),
    ),
)
TOLD = Restitution(
    organisation="CIL01",
    period="2005T1",
    edition="official-v02",
    kind=EditionKind.OFFICIAL,
    title="Suivi trimestriel – 1er trimestre 2005",
    label="Édition officielle n° 2",
    banner=("Toutes les Plates-formes sont prises en compte.",),
)


def test_who_reads_the_tables_of_an_organisation() -> None:
    assert [one.address for one in readers(DIRECTORY, "CIL01")] == ["Tables@pf01.example"]
    assert [one.address for one in readers(DIRECTORY, "CIL02")] == ["directeur@cil02.example"]
    assert readers(DIRECTORY, "CIL03") == ()


@pytest.mark.parametrize("kind", OrganisationType)
def test_the_network_receives_them(kind: OrganisationType) -> None:
    network = {OrganisationType.CIL, OrganisationType.CCI, OrganisationType.PF, OrganisationType.UESL}
    assert receives(organisation("X", kind), DAY) is (kind in network)


def test_a_closed_organisation_receives_nothing() -> None:
    assert receives(DIRECTORY.by_code["CIL03"], date(2005, 3, 31))
    assert not receives(DIRECTORY.by_code["CIL03"], DAY)


def test_an_address_of_two_organisations_is_one_addressee() -> None:
    found = addressees(DIRECTORY, ("PF01", "CIL01", "CIL02", "CIL03"))
    assert [(one.recipient.address, one.organisations) for one in found] == [
        ("tables@pf01.example", ("PF01", "CIL01")),
        ("directeur@cil02.example", ("CIL02",)),
    ]


def test_answers_go_to_the_platform_and_to_the_central_body() -> None:
    notices = release_notices([TOLD], readers(DIRECTORY, "CIL01"), DIRECTORY, DAY, reply_to="pilotage@uesl.example")
    assert [one.headers["Reply-To"] for one in notices] == ["depot@pf01.example, pilotage@uesl.example"]
    assert "directeur" not in notices[0].text


def test_the_same_editions_to_the_same_address_have_one_cause() -> None:
    (one,) = release_notices([TOLD], readers(DIRECTORY, "CIL01"), DIRECTORY, DAY)
    (other,) = release_notices([replace(TOLD, organisation="PF01"), TOLD], readers(DIRECTORY, "PF01"), DIRECTORY, DAY)
    assert one.cause_key == other.cause_key == "release:2005T1:official-v02:tables@pf01.example"


def test_who_has_an_account_is_told_where_they_are() -> None:
    (with_account,) = release_notices([replace(TOLD, organisation="PF01")], readers(DIRECTORY, "PF01"), DIRECTORY, DAY)
    assert "diffusion/2005T1/" in with_account.text
    (without,) = release_notices([TOLD], readers(DIRECTORY, "CIL01"), DIRECTORY, DAY)
    assert "diffusion/" not in without.text
    assert "trop lourds pour ce message" in without.text
    joined = "edition:2005T1/official-v02/tables_2005T1.pdf"
    (carried,) = release_notices([TOLD], readers(DIRECTORY, "CIL01"), DIRECTORY, DAY, attachments=(joined,))
    assert "joints à ce message (PDF)" in carried.text
