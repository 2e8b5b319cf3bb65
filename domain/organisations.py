"""The register of organisations as it stood at some moment, and what follows from it (contract §5, §6).

A `Directory` is an immutable snapshot; every question takes the day it is asked for. All dates are inclusive
and an empty bound is unlimited.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from domain.periods import Period
from domain.text import fold


class OrganisationType(StrEnum):
    """Kinds of organisation (contract §5)."""

    UESL = "UESL"
    PF = "PF"
    CIL = "CIL"
    CCI = "CCI"
    AUD = "AUD"
    STR = "STR"
    ML = "ML"
    DIR = "DIR"


class Service(StrEnum):
    """The services of the network: CIL-PASS assistance and CIL-PASS mobilité."""

    ASA = "ASA"
    MOB = "MOB"


class Role(StrEnum):
    """What a contact is for (contract §5)."""

    DEPOT = "depot"
    RESPONSABLE = "responsable"
    PILOTAGE = "pilotage"
    DIRECTION = "direction"
    DIFFUSION = "diffusion"
    ADMINISTRATION = "administration"


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Inclusive days; None is unlimited."""

    first: date | None = None
    last: date | None = None

    def covers(self, day: date) -> bool:
        """Whether `day` lies inside."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def covers_all(self, first: date, last: date) -> bool:
        """Whether the whole of `first`..`last` lies inside."""
        return self.covers(first) and self.covers(last)

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a day."""
        starts_before = self.first is None or other.last is None or self.first <= other.last
        ends_after = self.last is None or other.first is None or other.first <= self.last
        return starts_before and ends_after


@dataclass(frozen=True, kw_only=True, slots=True)
class Organisation:
    """A member of the network, or an outside correspondent."""

    code: str
    type: OrganisationType
    nom: str
    departement: str | None = None
    compte_sftp: str | None = None
    actif: Span = field(default_factory=Span)


@dataclass(frozen=True, kw_only=True, slots=True)
class Adhesion:
    """A CIL/CCI belongs to one platform for a service."""

    code_cil: str
    code_plateforme: str
    service: Service
    dates: Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Delegation:
    """The « accord formel » by which a CIL/CCI entrusts a service to another; total for its dates."""

    code_mandant: str
    code_realisateur: str
    service: Service
    dates: Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """A person to write to; `service` None means all."""

    organisation: str
    courriel: str
    nom: str
    role: Role
    service: Service | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ObligationRule:
    """An exemption, another due date or an ad hoc collection (sheet `obligations`)."""

    code: str
    collection: str
    dates: Span
    echeance: date | None = None
    dispense: bool = False
    motif: str | None = None


@dataclass(frozen=True, kw_only=True)
class Directory:
    """A whole register, as one version of it says."""

    version: int
    organisations: tuple[Organisation, ...] = ()
    adhesions: tuple[Adhesion, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    contacts: tuple[Contact, ...] = ()
    obligations: tuple[ObligationRule, ...] = ()

    @cached_property
    def by_code(self) -> dict[str, Organisation]:
        """Organisations by their code."""
        return {organisation.code: organisation for organisation in self.organisations}

    @cached_property
    def _by_account(self) -> dict[str, Organisation]:
        return {one.compte_sftp.lower(): one for one in self.organisations if one.compte_sftp}

    @cached_property
    def by_name(self) -> dict[str, tuple[Organisation, ...]]:
        """Organisations by their folded name (`domain.text.fold`); several may share one."""
        names: dict[str, tuple[Organisation, ...]] = {}
        for organisation in self.organisations:
            name = fold(organisation.nom)
            names[name] = (*names.get(name, ()), organisation)
        return names

    @cached_property
    def names(self) -> frozenset[str]:
        """The folded names of all organisations."""
        return frozenset(self.by_name)

    def of_account(self, account: str) -> Organisation | None:
        """The organisation that an SFTP account belongs to, or None."""
        return self._by_account.get(account.lower())

    def member(self, code_or_name: str) -> Organisation | None:
        """The CIL/CCI with this code, or with exactly this registered name (case and accents aside)."""
        found = self.by_code.get(code_or_name.strip().upper())
        if found is not None and found.type in MEMBERS:
            return found
        named = [one for one in self.by_name.get(fold(code_or_name), ()) if one.type in MEMBERS]
        return named[0] if len(named) == 1 else None

    def nearest_members(
        self, text: str, among: Iterable[str] | None = None, limit: int = 3
    ) -> tuple[Organisation, ...]:
        """The registered CIL/CCI whose code or name looks most like `text`; `among` restricts the codes."""
        allowed = None if among is None else set(among)
        pool: dict[str, Organisation] = {}
        for one in self.organisations:
            if one.type in MEMBERS and (allowed is None or one.code in allowed):
                pool[fold(one.code)] = one
                pool[fold(one.nom)] = one
        matches = difflib.get_close_matches(fold(text), list(pool), n=limit * 2, cutoff=0.6)
        unique = dict.fromkeys(pool[match].code for match in matches)
        return tuple(self.by_code[code] for code in list(unique)[:limit])

    def adhesion_on(self, code_cil: str, service: Service, day: date) -> Adhesion | None:
        """The adhesion of a CIL/CCI for a service on `day`, or None."""
        for adhesion in self._adhesions_of.get((code_cil, service), ()):
            if adhesion.dates.covers(day):
                return adhesion
        return None

    @cached_property
    def _adhesions_of(self) -> dict[tuple[str, Service], list[Adhesion]]:
        found: dict[tuple[str, Service], list[Adhesion]] = {}
        for adhesion in self.adhesions:
            found.setdefault((adhesion.code_cil, adhesion.service), []).append(adhesion)
        return found

    def adherents(self, code_plateforme: str, service: Service, day: date) -> tuple[str, ...]:
        """Codes of the CIL/CCI that adhere to a platform for a service on `day`, sorted."""
        joined = self._adhesions_to.get((code_plateforme, service), ())
        return tuple(sorted(adhesion.code_cil for adhesion in joined if adhesion.dates.covers(day)))

    def adherents_of_any(self, code_plateforme: str, services: Iterable[Service], day: date) -> frozenset[str]:
        """Codes of the CIL/CCI that adhere to a platform on `day` for one of these services at least."""
        return frozenset(code for service in services for code in self.adherents(code_plateforme, service, day))

    @cached_property
    def _adhesions_to(self) -> dict[tuple[str, Service], list[Adhesion]]:
        found: dict[tuple[str, Service], list[Adhesion]] = {}
        for adhesion in self.adhesions:
            found.setdefault((adhesion.code_plateforme, adhesion.service), []).append(adhesion)
        return found

    def delegation_covering(self, code_cil: str, service: Service, period: Period) -> Delegation | None:
        """The delegation by which a CIL/CCI gave its service away for the *whole* period, or None."""
        for delegation in self.delegations:
            if (
                delegation.code_mandant == code_cil
                and delegation.service == service
                and delegation.dates.covers_all(period.starts_on, period.ends_on)
            ):
                return delegation
        return None

    def expected_lines(self, code_plateforme: str, service: Service, period: Period) -> tuple[str, ...]:
        """Codes whose line a platform owes: adherents on the last day, less whole-period mandants (contract §6)."""
        return tuple(
            code
            for code in self.adherents(code_plateforme, service, period.ends_on)
            if self.delegation_covering(code, service, period) is None
        )

    def recipients(self, organisation: str, role: Role, service: Service | None = None) -> tuple[Contact, ...]:
        """Contacts of an organisation for a role; a contact without a service answers for all of them."""
        return tuple(
            contact
            for contact in self.contacts
            if contact.organisation == organisation
            and contact.role == role
            and (service is None or contact.service is None or contact.service == service)
        )


MEMBERS = frozenset({OrganisationType.CIL, OrganisationType.CCI})
"""Types of organisation whose activity is reported line by line."""
