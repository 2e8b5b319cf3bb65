"""Rules of the sheets `contacts` and `obligations`, and of who must have a contact or an account."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from datetime import date

from domain.findings import Finding, Severity
from domain.organisations import ObligationRule, Organisation, OrganisationType, Role, Service
from ingest.register.checking.adhesions import Known, check_code, check_dates
from ingest.register.checking.findings import days, on
from ingest.register.checking.organisations import first_row
from ingest.register.snapshot import Line, Snapshot
from ingest.register.spans import inverted

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"(?=[A-Za-z0-9_]){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")
"""A plain ASCII address: what every mail server takes and what cannot carry a header of its own."""
MAX_ADDRESS = 254


def check_contacts(snapshot: Snapshot) -> Iterator[Finding]:
    """Known organisations, usable addresses, no repetition, a depositor's contact for each platform."""
    known = Known.of(snapshot)
    seen: dict[object, Line[object]] = {}
    for line in snapshot.contacts:
        one = line.value
        yield from check_code(line.place, "organisation", one.organisation, known)
        if not usable_address(one.courriel):
            yield on(
                line.place,
                "ANN.R19",
                f"« {one.courriel} » n’est pas une adresse de courriel utilisable.",
                column="courriel",
                value=one.courriel,
                expected="une seule adresse, sans accent ni espace",
                hint="Écrivez par exemple depot@exemple.example ; une ligne par adresse.",
            )
        key = (one.organisation, one.courriel.lower(), one.role, one.service)
        if key in seen:
            yield on(
                line.place,
                "ANN.R20",
                f"« {one.courriel} » est déjà un contact « {one.role} » de « {one.organisation} » "
                f"({first_row(seen[key])}) : il ne recevra qu’un message.",
                severity=Severity.WARNING,
                column="courriel",
                value=one.courriel,
                hint="Supprimez l’une des deux lignes.",
            )
        seen.setdefault(key, Line(value=one, place=line.place))
    yield from _platforms(snapshot)


def usable_address(text: str) -> bool:
    """Whether `text` is one plain ASCII address."""
    local = text.partition("@")[0]
    return len(text) <= MAX_ADDRESS and len(local) <= 64 and ADDRESS.fullmatch(text) is not None  # noqa: PLR2004 - RFC 5321


def _platforms(snapshot: Snapshot) -> Iterator[Finding]:
    services: dict[str, set[Service]] = {}
    for adhesion in snapshot.adhesions:
        services.setdefault(adhesion.value.code_plateforme, set()).add(adhesion.value.service)
    for line in snapshot.organisations:
        one = line.value
        if one.type is not OrganisationType.PF:
            continue
        yield from _depositor(line, sorted(services.get(one.code, set())), snapshot)
        if one.compte_sftp is None and one.code in services:
            yield on(
                line.place,
                "ANN.R22",
                f"la plate-forme « {one.code} » a des adhérents mais pas de compte SFTP : elle ne pourra rien déposer.",
                severity=Severity.WARNING,
                column="compte_sftp",
                expected="un compte, par exemple pf03",
                hint="Donnez-lui un compte, puis ses droits : guichet account add.",
            )


def _depositor(line: Line[Organisation], services: list[Service], snapshot: Snapshot) -> Iterator[Finding]:
    one = line.value
    contacts = [
        contact.value
        for contact in snapshot.contacts
        if contact.value.organisation == one.code and contact.value.role is Role.DEPOT
    ]
    if not contacts:
        lacking = "a pas de contact « depot »"
    else:
        unserved = [service for service in services if not any(each.service in (None, service) for each in contacts)]
        if not unserved:
            return
        lacking = f"a pas de contact « depot » pour le service {', '.join(unserved)}"
    yield on(
        line.place,
        "ANN.R21",
        f"la plate-forme « {one.code} » n’{lacking} : personne ne recevra les réponses à ses dépôts.",
        severity=Severity.WARNING,
        column="code",
        value=one.code,
        hint="Ajoutez une ligne de rôle depot dans la feuille « contacts ».",
    )


def check_obligations(snapshot: Snapshot, collections: frozenset[str] | None) -> Iterator[Finding]:
    """Known organisations and collections, dates in order, a reason for each exemption."""
    known = Known.of(snapshot)
    for line in snapshot.obligations:
        one = line.value
        yield from check_code(line.place, "code", one.code, known)
        yield from check_dates(line.place, one.dates, "du", "au")
        if collections is not None and one.collection not in collections:
            near = difflib.get_close_matches(one.collection, sorted(collections), n=1, cutoff=0.6)
            proposal = f"Vouliez-vous dire « {near[0]} » ? " if near else ""
            yield on(
                line.place,
                "ANN.R25",
                f"la collecte « {one.collection} » n’existe pas : la ligne est sans effet.",
                severity=Severity.WARNING,
                column="collection",
                value=one.collection,
                expected=", ".join(sorted(collections)),
                hint=f"{proposal}Corrigez le code de la collecte.",
            )
        yield from _without_effect(line)
        if one.dispense and not one.motif:
            yield on(
                line.place,
                "ANN.R26",
                f"« {one.code} » est dispensée de {one.collection} sans motif.",
                severity=Severity.WARNING,
                column="motif",
                hint="Indiquez le motif : il est gardé et montré.",
            )


def _without_effect(line: Line[ObligationRule]) -> Iterator[Finding]:
    """A line applies to the periods whose last day lies in its dates; an own due date comes after that day."""
    rule = line.value
    first, last = rule.dates.first, rule.dates.last
    if first is None or last is None or inverted(rule.dates):
        return
    ends = [end for end in quarter_ends(first, last) if rule.echeance is None or end < rule.echeance]
    if not ends:
        late = " avant cette échéance" if rule.echeance is not None else ""
        yield on(
            line.place,
            "ANN.R35",
            f"aucun trimestre ne finit {days(rule.dates)}{late} : la ligne est sans effet.",
            severity=Severity.WARNING,
            column="au",
            value=str(last),
            hint="Une ligne vaut pour les périodes dont le dernier jour est entre « du » et « au ».",
        )


def quarter_ends(first: date, last: date) -> list[date]:
    """The last days of quarters from `first` to `last`, both included."""
    found = []
    for year in range(first.year, last.year + 1):
        for month, day in ((3, 31), (6, 30), (9, 30), (12, 31)):
            end = date(year, month, day)
            if first <= end <= last:
                found.append(end)
    return found
