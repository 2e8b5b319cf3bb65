"""Who receives an answer: pure questions to the register (contract §11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.organisations import Directory, Organisation, OrganisationType, Role, Service
from rendering.french import typeset

_NO_DEPOT = typeset(
    "Ce message vous parvient parce que l'annuaire n'indique aucun correspondant « depot » pour ce dépôt : "
    "faites-le compléter par l'UESL.",
)
_NOBODY = typeset(
    "Ce message vous parvient, à vous qui administrez le guichet, parce que l'annuaire n'indique aucun correspondant "
    "pour ce compte.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """One address; `reason` says why it is written to when that is not obvious. Never twice the same address."""

    address: str
    name: str = ""
    organisation: str | None = None
    reason: str = ""


def depositors(
    directory: Directory | None,
    organisation: Organisation | None,
    services: Iterable[Service | None] = (),
    *,
    admin: str | None,
) -> tuple[Recipient, ...]:
    """The `depot` contacts for these services (none given = all), else who can have it mended.

    In order: the organisation's other `depot` contacts, its `responsable`, the administrator.
    """
    wanted = tuple(services) or (None,)
    if directory is not None and organisation is not None:
        exact = [one for service in wanted for one in contacts(directory, organisation.code, Role.DEPOT, service)]
        if exact:
            return unique(exact)
        for role in (Role.DEPOT, Role.RESPONSABLE):
            found = contacts(directory, organisation.code, role)
            if found:
                return unique(found, reason=_NO_DEPOT)
    return (Recipient(address=admin, reason=_NOBODY),) if admin else ()


def contacts(
    directory: Directory,
    organisation: str,
    role: Role,
    service: Service | None = None,
) -> tuple[Recipient, ...]:
    """The contacts of an organisation for a role."""
    return tuple(
        Recipient(address=one.courriel.strip(), name=one.nom, organisation=organisation)
        for one in directory.recipients(organisation, role, service)
    )


def uesl(directory: Directory | None, *roles: Role) -> tuple[Recipient, ...]:
    """The contacts of the central body for these roles."""
    if directory is None:
        return ()
    codes = [one.code for one in directory.organisations if one.type is OrganisationType.UESL]
    return tuple(found for code in codes for role in roles for found in contacts(directory, code, role))


def unique(recipients: Iterable[Recipient], *, reason: str = "") -> tuple[Recipient, ...]:
    """Each address once, whatever its case; the first mention wins."""
    by_address: dict[str, Recipient] = {}
    for one in recipients:
        told = Recipient(address=one.address, name=one.name, organisation=one.organisation, reason=reason or one.reason)
        by_address.setdefault(one.address.lower(), told)
    return tuple(by_address.values())
