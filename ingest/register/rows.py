"""From the typed cells of a row to the register's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from domain.organisations import (
    Adhesion,
    Contact,
    Delegation,
    ObligationRule,
    Organisation,
    OrganisationType,
    Role,
    Service,
    Span,
)
from ingest.register.snapshot import Line, Place, Snapshot

T = TypeVar("T")

Rows = list[tuple[Place, dict[str, Any], bool]]
"""Place, values by technical name, and whether every cell could be read."""


def snapshot_of(tables: Mapping[str, Rows]) -> Snapshot:
    """The rows that could be read whole; codes of the organisations that could not are kept aside."""
    organisations = tables.get("organisations", [])
    return Snapshot(
        organisations=_lines(organisations, _organisation),
        adhesions=_lines(tables.get("adhesions", []), _adhesion),
        delegations=_lines(tables.get("delegations", []), _delegation),
        contacts=_lines(tables.get("contacts", []), _contact),
        obligations=_lines(tables.get("obligations", []), _obligation),
        damaged=frozenset(
            _code(values["code"]) for _, values, good in organisations if not good and values.get("code")
        ),
    )


def _lines(rows: Rows, build: Callable[[Mapping[str, Any]], T]) -> tuple[Line[T], ...]:
    return tuple(Line(value=build(values), place=place) for place, values, good in rows if good)


def _code(text: Any) -> str:
    return str(text).upper()


def _days(values: Mapping[str, Any], first: str, last: str) -> Span:
    return Span(first=_day(values.get(first)), last=_day(values.get(last)))


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else None


def _service(value: Any) -> Service | None:
    return None if value is None else Service(value)


def _organisation(values: Mapping[str, Any]) -> Organisation:
    return Organisation(
        code=_code(values["code"]),
        type=OrganisationType(values["type"]),
        nom=" ".join(values["nom"].split()),
        departement=values.get("departement"),
        compte_sftp=values.get("compte_sftp"),
        actif=_days(values, "actif_du", "actif_au"),
    )


def _adhesion(values: Mapping[str, Any]) -> Adhesion:
    return Adhesion(
        code_cil=_code(values["code_cil"]),
        code_plateforme=_code(values["code_plateforme"]),
        service=Service(values["service"]),
        dates=_days(values, "date_effet", "date_fin"),
    )


def _delegation(values: Mapping[str, Any]) -> Delegation:
    return Delegation(
        code_mandant=_code(values["code_mandant"]),
        code_realisateur=_code(values["code_realisateur"]),
        service=Service(values["service"]),
        dates=_days(values, "date_debut", "date_fin"),
    )


def _contact(values: Mapping[str, Any]) -> Contact:
    return Contact(
        organisation=_code(values["organisation"]),
        courriel=values["courriel"],
        nom=" ".join((values.get("nom") or "").split()),
        role=Role(values["role"]),
        service=_service(values.get("service")),
    )


def _obligation(values: Mapping[str, Any]) -> ObligationRule:
    return ObligationRule(
        code=_code(values["code"]),
        collection=_code(values["collection"]),
        dates=_days(values, "du", "au"),
        echeance=_day(values.get("echeance")),
        dispense=bool(values.get("dispense")),
        motif=" ".join(values["motif"].split()) if values.get("motif") else None,
    )
