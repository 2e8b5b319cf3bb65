"""Invented yearly lists (N2S, N2R, N2P, N2I), in keeping with the demonstration's quarters: no rule questions them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.organisations import Directory, OrganisationType, Service
from domain.periods import Period
from ingest.demo.figures import assistance, mobilite

Line = dict[str, str]
ITEMS = {
    Service.ASA: {"ASA1": 0, "ASA2": 2, "ASA3": 5, "ASA4": 3},
    Service.MOB: {"MOB1": 0, "MOB2": 5, "MOB3": 1, "MOB4": 3},
}
"""Items of the inquiry, and how many points of « très satisfait » each loses."""
_FAMILIES = ("BS", "AB", "AS", "SS", "PF", "EN", "AI", "BF", "AU")
_PARTNERS = (
    ("BS", "Office public de l’habitat de la métropole", "Logement social"),
    ("AS", "Association Toit pour demain", "Hébergement temporaire"),
    ("SS", "Centre communal d’action sociale", "Accompagnement social"),
    ("PF", "Caisse mutuelle régionale", "Microcrédit"),
    ("BF", "Banque de France, succursale", "Surendettement"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Activity:
    """What the quarters of a year say of one CIL/CCI."""

    started: int
    signed: int
    further: int
    cases: int
    firms: int
    billed: Decimal


def activity(directory: Directory, member: str, period: Period) -> Activity:
    """The sums of its four quarters: those in which a line of it was expected, by the service."""
    quarters = [Period(period.year, number) for number in range(1, 5)]
    helped = [assistance(member, one) for one in quarters if _expected(directory, member, Service.ASA, one)]
    moved = [mobilite(member, one) for one in quarters if _expected(directory, member, Service.MOB, one)]
    return Activity(
        started=sum(one.diagnostics_prealables for one in helped),
        signed=sum(one.engagements_reciproques for one in helped),
        further=sum(one.diagnostics_complementaires for one in helped),
        cases=sum(one.dossiers_individuels for one in moved),
        firms=sum(one.entreprises_concernees for one in moved),
        billed=sum((one.montant_facture_ht for one in moved), Decimal(0)),
    )


def _expected(directory: Directory, member: str, service: Service, period: Period) -> bool:
    adhesion = directory.adhesion_on(member, service, period.ends_on)
    return adhesion is not None and directory.delegation_covering(member, service, period) is None


def platforms(directory: Directory) -> list[str]:
    """Codes of the platforms."""
    return sorted(one.code for one in directory.organisations if one.type is OrganisationType.PF)


def satisfaction(directory: Directory, platform: str, period: Period) -> list[Line]:
    """N2S: four lines for each CIL/CCI and service, then the platform's own, which are their sums."""
    lines: list[Line] = []
    for service, items in ITEMS.items():
        told: dict[str, list[tuple[int, ...]]] = {item: [] for item in items}
        for member in directory.expected_lines(platform, service, period):
            done = activity(directory, member, period)
            services = done.started if service is Service.ASA else done.cases
            for item, lost in items.items():
                figures = _answers(services, lost)
                told[item].append(figures)
                lines.append(_line(period, "C", member, service, item, figures))
        for item in items if any(told.values()) else ():
            sums = tuple(sum(column) for column in zip(*told[item], strict=True))
            lines.append(_line(period, "P", "", service, item, sums))
    return lines


def _answers(services: int, lost: int) -> tuple[int, ...]:
    """Two clients in five answer; a little more than four in five are satisfied."""
    total = (services * 2 + 4) // 5
    very = total * (45 - lost) // 100
    satisfied = total * 40 // 100
    little = (total - very - satisfied) * 2 // 3
    return services, total, very, satisfied, little, total - very - satisfied - little


def _line(period: Period, level: str, member: str, service: Service, item: str, figures: tuple[int, ...]) -> Line:  # noqa: PLR0913, PLR0917 - the columns
    names = (
        "nb_prestations",
        "nb_total",
        "nb_tres_satisfait",
        "nb_satisfait",
        "nb_peu_satisfait",
        "nb_pas_satisfait",
    )
    return {
        "exercice": period.code,
        "periode_debut": period.starts_on.isoformat(),
        "periode_fin": period.ends_on.isoformat(),
        "niveau_ligne": level,
        "code_cil": member,
        "service": service.value,
        "item": item,
        **dict(zip(names, map(str, figures), strict=True)),
    }


CONTACTS = ("visite", "telephone", "courrier", "courriel", "autre")


def report(directory: Directory, platform: str, period: Period) -> list[Line]:
    """N2R: one line for each CIL/CCI and service."""
    lines: list[Line] = []
    for service in Service:
        for member in directory.expected_lines(platform, service, period):
            done = activity(directory, member, period)
            base = done.started if service is Service.ASA else done.cases
            contacts = dict(zip(CONTACTS, (base, base * 2, base // 3, base // 2, base // 10), strict=True))
            lines.append(
                {
                    "exercice": period.code,
                    "code_cil": member,
                    "service": service.value,
                    **{f"nb_contacts_{kind}": str(number) for kind, number in contacts.items()},
                    "nb_contacts_total": str(sum(contacts.values())),
                    **(_assistance(done) if service is Service.ASA else _mobilite(done)),
                }
            )
    return lines


_ASA = (
    "nb_relations_contractualisees",
    "nb_cas_satisfaction",
    "nb_cas_enquetes",
    "nb_partenaires_contactes",
    "nb_dossiers_sous_traitants",
)
_MOB = ("nb_missions_realisees", "chiffre_affaires_ht", "nb_accords_partenariats")


def _assistance(done: Activity) -> Line:
    asked = done.started * 2 // 5
    own = (done.signed, asked * 4 // 5, asked, done.started // 2, done.further // 2)
    return {
        **dict(zip(_ASA, map(str, own), strict=True)),
        "nb_entreprises_touchees": str(done.started * 3 // 4),
        **dict.fromkeys(_MOB, ""),
    }


def _mobilite(done: Activity) -> Line:
    return {
        **dict.fromkeys(_ASA, ""),
        "nb_entreprises_touchees": str(done.firms),
        "nb_missions_realisees": str(done.cases),
        "chiffre_affaires_ht": f"{done.billed:.2f}".replace(".", ","),
        "nb_accords_partenariats": "0",
    }


def partnerships(platform: str, period: Period) -> list[Line]:
    """N2P: the agreements of a platform, all new in their first year."""
    number = int(platform[-2:])
    return [
        {
            "exercice": period.code,
            "code_accord": f"{platform}-{place:03d}",
            "service": "ASA",
            "statut": "nouveau",
            "partenaire_nom": f"{name} {number}",
            "activite_principale": activity_name,
            "famille_partenaire": family,
            "formalise": "N" if family == "BF" else "O",
            "date_signature": "" if family == "BF" else (date(period.year, 2, 1) + timedelta(days=place)).isoformat(),
            "duree_validite_mois": "" if family == "BF" else "36",
            "volume_previsionnel": str(20 * place),
            "volume_unite": "nombre",
            "objet": "Orientation et suivi des salariés en difficulté de logement",
            "champ": "Région de la Plate-forme",
            "modalites_application": "Réponse sous dix jours",
            "modalites_financieres": "",
        }
        for place, (family, name, activity_name) in enumerate(_PARTNERS, 1)
    ]


def incidents(platform: str, period: Period) -> Iterator[Line]:
    """N2I: one or two incidents with partners."""
    for place, nature in enumerate(("indisponibilité", "non-respect de l’accord"), 1):
        yield {
            "numero_incident": f"{platform}-I{place:02d}",
            "date_incident": date(period.year, 5, 3 * place).isoformat(),
            "service": "ASA",
            "famille_partenaire": _FAMILIES[place],
            "nature": nature,
            "gravite": str(place),
            "description": "Réponse du partenaire hors délai",
            "suite_donnee": "Relance et nouvel interlocuteur",
            "date_cloture": date(period.year, 6, 3 * place).isoformat(),
        }
