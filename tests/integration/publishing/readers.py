"""People who read the tables, and the mails that they get."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from domain.organisations import Contact, Directory, Organisation, OrganisationType, Role

from .conftest import Desk, network

UESL = "pilotage@uesl.example"
SHARED = "Diffusion@pf01.example"


def contact(organisation: str, address: str, role: Role = Role.DIFFUSION) -> Contact:
    return Contact(organisation=organisation, courriel=address, nom=f"Personne de {organisation}", role=role)


def register() -> Directory:
    """CIL01 is read at its platform's address; CIL03 has none."""
    plain = network()
    central = Organisation(code="UESL", type=OrganisationType.UESL, nom="UESL", compte_sftp="uesl")
    return replace(
        plain,
        version=1,
        organisations=(*plain.organisations, central),
        contacts=(
            contact("UESL", UESL, Role.PILOTAGE),
            contact("UESL", "lecture@uesl.example"),
            contact("PF01", SHARED),
            contact("PF01", "depot@pf01.example", Role.DEPOT),
            contact("PF02", "depot@pf02.example", Role.DEPOT),
            contact("CIL01", SHARED.lower()),
            contact("CIL02", "lecture@cil02.example"),
            contact("CIL02", "autre@cil02.example"),
        ),
    )


READERS = {SHARED.lower(), "depot@pf02.example", "lecture@uesl.example", "lecture@cil02.example", "autre@cil02.example"}


def mails(desk: Desk, *, subject: str = "") -> list[EmailMessage]:
    """Mails about the tables, in the order of their subject."""
    found = []
    for path in (desk.folder / "var" / "mail").rglob("*"):
        if path.is_file() and path.parent.name in {"new", "cur"}:
            one: Any = message_from_bytes(path.read_bytes(), policy=default)  # type: ignore[arg-type]
            if one["X-Guichet-Event"] == "release" and subject in one["Subject"]:
                found.append(one)
    return found


def to(found: list[EmailMessage]) -> Counter[str]:
    return Counter(str(one["To"]).rpartition("<")[2].strip(">").lower() for one in found)


def text_of(one: EmailMessage) -> str:
    body = one.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\u202f", " ").replace("\xa0", " ").replace("’", "'")


def whole(desk: Desk, period: str, figure: int, at: str) -> None:
    """Everything that is expected for a quarter."""
    desk.received("PF01", period, {"CIL01": figure, "CIL02": figure}, at)
    desk.deposit("PF02", period, {"CIL03": figure}, at)
