"""The register of organisations (contract §5): five sheets, declared with the same kinds of column as a deposit.

A sheet is not a collection that somebody owes: the catalogue does not list it. It borrows the collection's columns,
so that its headers, values and messages are those of every deposit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandera.pandas as pa

from domain.organisations import OrganisationType, Role, Service
from domain.periods import Period, Periodicity
from schemas.codes import DEPARTEMENTS
from schemas.collection import Collection
from schemas.columns import Jour, OuiNon, Texte, date_du_jour, oui_non, texte
from schemas.columns import code as liste

REGISTER_CODE = "ANNUAIRE"
REGISTER_SLUG = "annuaire"
"""What a deposited register is called in answers and in file names."""


@dataclass(frozen=True, kw_only=True)
class RegisterFacts:
    """What an answer says of the register itself."""

    code: str = REGISTER_CODE
    label: str = "Annuaire des organismes"
    cases: bool = False
    expected_lines: bool = False
    services: tuple[Service, ...] = ()
    alerts: tuple[str, ...] = ()

    def service_in(self, _period: Period | None) -> None:
        """Of no service: everybody's contacts are told."""


REGISTER = RegisterFacts()

TYPES: Mapping[str, str] = {
    OrganisationType.UESL.value: "Organisme central",
    OrganisationType.PF.value: "Plate-forme de service",
    OrganisationType.CIL.value: "Comité interprofessionnel du logement",
    OrganisationType.CCI.value: "Chambre de commerce et d’industrie",
    OrganisationType.AUD.value: "Cabinet spécialisé (audit)",
    OrganisationType.STR.value: "Structure REF-209",
    OrganisationType.ML.value: "Mission locale",
    OrganisationType.DIR.value: "DIRECCTE",
}
SERVICES: Mapping[str, str] = {
    Service.ASA.value: "CIL-PASS assistance",
    Service.MOB.value: "CIL-PASS mobilité",
}
ROLES: Mapping[str, str] = {
    Role.DEPOT.value: "Reçoit les réponses aux dépôts",
    Role.RESPONSABLE.value: "Répond des envois de l’organisation",
    Role.PILOTAGE.value: "Suit le dispositif à l’UESL",
    Role.DIRECTION.value: "Direction",
    Role.DIFFUSION.value: "Reçoit les tableaux",
    Role.ADMINISTRATION.value: "Administre le guichet",
}

MAX_CODE, MAX_ADDRESS, MAX_REASON = 20, 254, 500


class Organisations(pa.DataFrameModel):
    """Sheet `organisations`: one line per organisation."""

    code: Texte = texte("Code", aliases=("Code organisation",), max_length=MAX_CODE, key=True)
    type: Texte = liste(TYPES, "Type", aliases=("Type d’organisation",))
    nom: Texte = texte("Nom", aliases=("Raison sociale", "Nom de l’organisation"))
    departement: Texte = liste(
        DEPARTEMENTS,
        "Dpt.",
        aliases=("Département", "Dpt", "Dép."),
        required=False,
        width=2,
        note="Département du siège.",
    )
    compte_sftp: Texte = texte("Compte SFTP", aliases=("Compte",), required=False, max_length=64)
    actif_du: Jour = date_du_jour("Actif du", aliases=("Active du", "Actif depuis"), required=False)
    actif_au: Jour = date_du_jour("Actif au", aliases=("Active au", "Actif jusqu’au"), required=False)


class Adhesions(pa.DataFrameModel):
    """Sheet `adhesions`: which platform a CIL/CCI belongs to, for a service, from when to when (R C12, RFA)."""

    code_cil: Texte = texte("CIL/CCI", aliases=("Code CIL", "Code CIL/CCI"), max_length=MAX_CODE, key=True)
    code_plateforme: Texte = texte(
        "Plate-forme",
        aliases=("Code plate-forme", "Plateforme", "PF", "P-F"),
        max_length=MAX_CODE,
        key=True,
    )
    service: Texte = liste(SERVICES, "Service", key=True)
    date_effet: Jour = date_du_jour("Date d’effet", aliases=("Effet",), required=False)
    date_fin: Jour = date_du_jour("Date de fin", aliases=("Fin",), required=False)


class Delegations(pa.DataFrameModel):
    """Sheet `delegations`: the « accords formels » (R C12, RFD)."""

    code_mandant: Texte = texte("Mandant", aliases=("CIL/CCI mandant",), max_length=MAX_CODE, key=True)
    code_realisateur: Texte = texte("Réalisateur", aliases=("CIL/CCI réalisateur",), max_length=MAX_CODE, key=True)
    service: Texte = liste(SERVICES, "Service", key=True)
    date_debut: Jour = date_du_jour("Date de début", aliases=("Début",), required=False)
    date_fin: Jour = date_du_jour("Date de fin", aliases=("Fin",), required=False)


class Contacts(pa.DataFrameModel):
    """Sheet `contacts`: whom to write to."""

    organisation: Texte = texte("Organisation", aliases=("Code organisation", "Code"), max_length=MAX_CODE, key=True)
    courriel: Texte = texte(
        "Courriel",
        aliases=("Adresse de courriel", "Mél", "E-mail", "Email"),
        max_length=MAX_ADDRESS,
        key=True,
    )
    nom: Texte = texte("Nom", aliases=("Nom du contact",), required=False)
    role: Texte = liste(ROLES, "Rôle", key=True)
    service: Texte = liste(SERVICES, "Service", required=False, key=True, note="Vide : tous les services.")


class Obligations(pa.DataFrameModel):
    """Sheet `obligations`: exemptions, other due dates, ad hoc collections."""

    code: Texte = texte("Code", aliases=("Code organisation", "Organisation"), max_length=MAX_CODE, key=True)
    collection: Texte = texte("Collecte", aliases=("Code collecte",), max_length=MAX_CODE, key=True)
    du: Jour = date_du_jour("Du", aliases=("À partir du",), required=False)
    au: Jour = date_du_jour("Au", aliases=("Jusqu’au",), required=False)
    echeance: Jour = date_du_jour("Échéance", aliases=("Date limite",), required=False)
    dispense: OuiNon = oui_non("Dispense", aliases=("Dispensé",), required=False)
    motif: Texte = texte("Motif", required=False, max_length=MAX_REASON)


def _sheet(slug: str, label: str, model: type[pa.DataFrameModel]) -> Collection:
    return Collection(
        code=f"{REGISTER_CODE}.{slug}",
        slug=slug,
        label=label,
        model=model,
        periodicity=Periodicity.EVENT,
        due_days=None,
        senders=frozenset({OrganisationType.UESL}),
        tolerance=0.0,
    )


SHEETS: Mapping[str, Collection] = MappingProxyType(
    {
        sheet.slug: sheet
        for sheet in (
            _sheet("organisations", "Organisations", Organisations),
            _sheet("adhesions", "Adhésions", Adhesions),
            _sheet("delegations", "Délégations", Delegations),
            _sheet("contacts", "Contacts", Contacts),
            _sheet("obligations", "Obligations particulières", Obligations),
        )
    }
)
"""The five sheets, in the order in which they are read and written."""

OPTIONAL_SHEETS = frozenset({"obligations"})
"""Sheets that a register may leave out: nothing is then said of them (an absent `adhesions` would end them all)."""
