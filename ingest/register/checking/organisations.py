"""Rules of the sheet `organisations`."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from domain.findings import Finding, Severity
from domain.organisations import MEMBERS, Organisation, OrganisationType
from domain.text import fold
from ingest.register.checking.findings import on, on_all
from ingest.register.snapshot import Line, Snapshot
from ingest.register.spans import inverted

T = TypeVar("T")

ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
CODES_OF_TYPE = {
    OrganisationType.PF: (re.compile(r"PF[0-9]{2}"), "PF suivi de deux chiffres, par exemple PF03"),
    OrganisationType.CIL: (re.compile(r"CIL[0-9]{3}"), "CIL suivi de trois chiffres, par exemple CIL012"),
    OrganisationType.CCI: (re.compile(r"CCI[0-9]{3}"), "CCI suivi de trois chiffres, par exemple CCI035"),
    OrganisationType.UESL: (re.compile(r"UESL[A-Z0-9]{0,8}"), "UESL"),
}
ANY_CODE = (re.compile(r"[A-Z][A-Z0-9]{1,11}"), "2 à 12 lettres majuscules et chiffres, par exemple AUD01")


def check_organisations(snapshot: Snapshot, depositing: frozenset[OrganisationType]) -> Iterator[Finding]:
    """Codes, accounts, dates, names and départements of the organisations."""
    lines = snapshot.organisations
    for line in lines:
        yield from _alone(line, depositing)
    yield from _repeated_codes(lines)
    yield from _repeated_accounts(lines)
    yield from _repeated_names(lines)
    if not any(line.value.type is OrganisationType.UESL for line in lines) and "UESL" not in snapshot.damaged:
        yield on_all(
            "organisations",
            "ANN.R07",
            "aucune organisation de type UESL.",
            hint="Ajoutez la ligne de l’organisme central, par exemple UESL;UESL;Union d’économie sociale pour le "
            "logement;75;uesl;;",
        )


def _alone(line: Line[Organisation], depositing: frozenset[OrganisationType]) -> Iterator[Finding]:
    one = line.value
    pattern, expected = CODES_OF_TYPE.get(one.type, ANY_CODE)
    if pattern.fullmatch(one.code) is None:
        yield on(
            line.place,
            "ANN.R02",
            f"le code « {one.code} » n’a pas la forme d’un code de type {one.type}.",
            column="code",
            value=one.code,
            expected=expected,
            hint="Corrigez le code, ou le type de l’organisation.",
        )
    if one.compte_sftp is not None and ACCOUNT.fullmatch(one.compte_sftp) is None:
        yield on(
            line.place,
            "ANN.R04",
            f"« {one.compte_sftp} » ne peut pas être un compte SFTP.",
            column="compte_sftp",
            value=one.compte_sftp,
            expected="1 à 32 caractères : lettres minuscules sans accent, chiffres, point, tiret, souligné",
            hint="Écrivez par exemple pf03.",
        )
    if inverted(one.actif):
        yield on(
            line.place,
            "ANN.R06",
            f"« {one.code} » cesse d’être active avant de l’être (actif_au < actif_du).",
            column="actif_au",
            value=str(one.actif.last),
            expected=f"une date ≥ {one.actif.first}",
            hint="Corrigez l’une des deux dates ; une date vide signifie sans limite.",
        )
    if one.type in MEMBERS and one.departement is None:
        yield on(
            line.place,
            "ANN.R29",
            f"« {one.code} » n’a pas de département.",
            column="departement",
            expected="un code de département (01 à 95, 2A, 2B, 971 à 974)",
            hint="Indiquez celui de son siège : les tableaux sont classés par département.",
        )
    if one.compte_sftp is not None and one.type not in depositing:
        yield on(
            line.place,
            "ANN.R24",
            f"« {one.code} » ({one.type}) a un compte SFTP mais ne dépose aucune collecte : le compte lui servira "
            "seulement à recevoir les tableaux.",
            severity=Severity.INFO,
            column="compte_sftp",
            value=one.compte_sftp,
        )


def _groups(lines: Iterable[Line[T]], key: Callable[[T], Hashable | None]) -> Iterator[list[Line[T]]]:
    found: dict[Hashable, list[Line[T]]] = {}
    for line in lines:
        value = key(line.value)
        if value is not None:
            found.setdefault(value, []).append(line)
    return (group for group in found.values() if len(group) > 1)


def first_row(line: Line[T]) -> str:
    """Where the other row is, in words."""
    return f"ligne {line.place.row}" if line.place.row is not None else "dans l’annuaire en vigueur"


def _repeated_codes(lines: Iterable[Line[Organisation]]) -> Iterator[Finding]:
    for group in _groups(lines, lambda one: one.code):
        for line in group[1:]:
            yield on(
                line.place,
                "ANN.R03",
                f"le code « {line.value.code} » est déjà celui d’une autre ligne ({first_row(group[0])}).",
                column="code",
                value=line.value.code,
                expected="un code différent par organisation",
                hint="Gardez une seule ligne par organisation ; ses dates sont dans actif_du et actif_au.",
            )


def _repeated_accounts(lines: Iterable[Line[Organisation]]) -> Iterator[Finding]:
    for group in _groups(lines, lambda one: one.compte_sftp.lower() if one.compte_sftp else None):
        for line in group[1:]:
            yield on(
                line.place,
                "ANN.R05",
                f"le compte « {line.value.compte_sftp} » est déjà celui de « {group[0].value.code} » "
                f"({first_row(group[0])}).",
                column="compte_sftp",
                value=line.value.compte_sftp,
                expected="un compte différent par organisation (majuscules et minuscules ne comptent pas)",
                hint="Donnez un autre nom de compte à l’une des deux organisations.",
            )


def _repeated_names(lines: Iterable[Line[Organisation]]) -> Iterator[Finding]:
    members = [line for line in lines if line.value.type in MEMBERS]
    for group in _groups(members, lambda one: fold(one.nom)):
        for line in group[1:]:
            yield on(
                line.place,
                "ANN.R28",
                f"« {line.value.nom} » est aussi le nom de « {group[0].value.code} » : un dépôt qui ne donne que le "
                "nom ne pourra pas être rattaché.",
                severity=Severity.WARNING,
                column="nom",
                value=line.value.nom,
                hint="Distinguez les deux noms, par exemple par la ville.",
            )
