"""Invented cases of a year (N2A, N2M), made from the register by a documented model: always the same for a seed.

The model, from what the documents say of the services, without any real case behind it:

* Volumes: a CIL/CCI's share of the national number of cases is drawn once (log-normal, spread 1.5), so that there are
  large ones, small ones, and some with fewer cases than secrecy allows to show.
* Households: 1 to 7 persons, one or two incomes, none for some of those without work; age around 38.
* Work: most have an open-ended contract; the socio-professional group follows (employees and workers first).
* Resources: log-normal around a level of the group, times the number of incomes, at least 300 €; whole euros.
* Place: five cases in six have a postal code of the CIL's own département, others one of a neighbour in the list.
* Situation, then service, then products and partners, each with chances that depend on the one before: debt goes with
  the Banque de France, precarious housing with social landlords, the loss of a job with relief on instalments.
* Mobility: most leave the own département for one of a dozen attractive ones; most seek a place to rent.

Nothing that the model makes is questionable: no rule has anything to say of it, except where a mistake is planted.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.organisations import Directory, OrganisationType, Service
from domain.periods import Period
from schemas.codes import DEPARTEMENTS

Case = dict[str, str]
SITUATIONS: Mapping[str, float] = {
    "1": 0.22,
    "2": 0.13,
    "3": 0.2,
    "4": 0.03,
    "5": 0.18,
    "6": 0.1,
    "7": 0.06,
    "8": 0.02,
    "9": 0.06,
}
CONTRACTS: Mapping[str, float] = {"1": 0.68, "2": 0.12, "3": 0.05, "4": 0.04, "9": 0.11}
_GROUPS: Mapping[str, float] = {"3": 0.04, "4": 0.16, "5": 0.44, "6": 0.36}
_GROUPS_MOBILE: Mapping[str, float] = {"3": 0.3, "4": 0.35, "5": 0.25, "6": 0.1}
_LEVELS: Mapping[str, float] = {"3": 2400, "4": 1750, "5": 1250, "6": 1200, "8": 700}
_HOUSEHOLDS: Mapping[str, float] = {"1": 0.34, "2": 0.24, "3": 0.2, "4": 0.14, "5": 0.05, "6": 0.02, "7": 0.01}
_ATTRACTIVE: Mapping[str, float] = {
    "75": 0.16,
    "69": 0.14,
    "13": 0.1,
    "59": 0.1,
    "31": 0.09,
    "33": 0.09,
    "44": 0.08,
    "92": 0.08,
    "67": 0.06,
    "35": 0.05,
    "34": 0.04,
    "974": 0.01,
}
_SERVICES: Mapping[str, Mapping[str, float]] = {
    "svc_solution_logement": {"3": 0.6, "6": 0.6, "1": 0.4, "4": 0.5},
    "svc_solution_logement_temporaire": {"3": 0.3, "4": 0.4, "6": 0.2},
    "svc_diagnostic_complementaire": {"5": 0.3, "7": 0.25},
    "svc_accompagnement_social": {"1": 0.15, "5": 0.25, "7": 0.3, "8": 0.3},
    "svc_aides_financieres": {"2": 0.5, "5": 0.4, "8": 0.35, "1": 0.25},
    "svc_autre": {"9": 0.5},
}
_ELSE: Mapping[str, float] = {
    "svc_solution_logement": 0.15,
    "svc_solution_logement_temporaire": 0.05,
    "svc_diagnostic_complementaire": 0.1,
    "svc_accompagnement_social": 0.08,
    "svc_aides_financieres": 0.15,
    "svc_autre": 0.05,
}
_PRODUCTS: Mapping[str, float] = {
    "prod_securi_pass": 0.3,
    "prod_renegociation_pret": 0.1,
    "prod_allegement_quittance": 0.3,
    "prod_pass_travaux": 0.1,
    "prod_loca_pass": 0.35,
    "prod_pret_relais_mobilite": 0.03,
    "prod_rachat_logement": 0.02,
    "prod_autre": 0.08,
}
_PARTNERS: Mapping[str, float] = {
    "part_bailleurs_sociaux": 0.35,
    "part_autres_bailleurs": 0.08,
    "part_associations": 0.15,
    "part_services_sociaux_ct": 0.25,
    "part_partenaires_financiers": 0.12,
    "part_entreprises": 0.1,
    "part_autres_institutionnels": 0.06,
    "part_banque_de_france": 0.03,
    "part_autres": 0.04,
}


@dataclass(frozen=True, kw_only=True)
class Volume:
    """How many cases the nation has in a year, for a service."""

    service: Service
    cases: int


ASSISTANCE = Volume(service=Service.ASA, cases=30_000)
MOBILITE = Volume(service=Service.MOB, cases=15_000)


def cases_of(
    directory: Directory, period: Period, volume: Volume, *, seed: int = 2005
) -> Iterator[tuple[str, list[Case]]]:
    """Platform by platform, its cases of a year, in the order of their numbers."""
    shares = _shares(directory, period, volume.service, seed)
    whole = sum(shares.values())
    platforms = sorted(one.code for one in directory.organisations if one.type is OrganisationType.PF)
    for platform in platforms:
        made: list[Case] = []
        for member in directory.expected_lines(platform, volume.service, period):
            dice = _dice(seed, period, volume.service, member)
            wanted = max(1, round(volume.cases * shares[member] / whole))
            department = directory.by_code[member].departement or "75"
            drawn = _cases(department, volume.service, wanted, dice)
            made += [{"exercice": period.code, "code_cil": member, **case} for case in drawn]
        _dice(seed, period, volume.service, platform).shuffle(made)
        yield platform, [{"numero_ordre": str(number), **case} for number, case in enumerate(made, 1)]


def _shares(directory: Directory, period: Period, service: Service, seed: int) -> dict[str, float]:
    members = sorted(
        member
        for one in directory.organisations
        if one.type is OrganisationType.PF
        for member in directory.expected_lines(one.code, service, period)
    )
    return {member: _dice(seed, service, member).lognormvariate(0, 1.5) for member in members}


def _dice(*words: object) -> random.Random:
    return random.Random("/".join(map(str, words)))  # noqa: S311 - invented figures


def _cases(department: str, service: Service, wanted: int, dice: random.Random) -> Iterator[Case]:
    """Cases that all differ, so that none looks copied."""
    make = _assistance if service is Service.ASA else _mobilite
    seen: set[tuple[str, ...]] = set()
    while len(seen) < wanted:
        case = make(department, dice)
        known = tuple(case.values())
        if known not in seen:
            seen.add(known)
            yield case


def _assistance(department: str, dice: random.Random) -> Case:
    contract = _drawn(CONTRACTS, dice)
    group = "8" if contract == "9" and dice.random() < 0.5 else _drawn(_GROUPS, dice)  # noqa: PLR2004 - a coin
    case = _household(group, dice, without=contract == "9")
    situation = _drawn(SITUATIONS, dice)
    services = {name: _yes(dice, chances.get(situation, _ELSE[name])) for name, chances in _SERVICES.items()}
    if "O" not in services.values():
        services["svc_solution_logement"] = "O"
    products, partners = _products(services, dice), _partners(services, situation, dice)
    return {
        **case,
        "age_demandeur": str(_age(dice, 18, 68)),
        "type_contrat_travail": contract,
        "csp_demandeur": group,
        "code_postal_demandeur": _postcode(department, dice),
        "type_situation": situation,
        "diagnostic_prealable": "O",
        **services,
        **products,
        **partners,
    }


def _products(services: Mapping[str, str], dice: random.Random) -> Case:
    """Products of the 1 % are financial help."""
    helped = services["svc_aides_financieres"] == "O"
    return {name: _yes(dice, chance) if helped else "N" for name, chance in _PRODUCTS.items()}


def _partners(services: Mapping[str, str], situation: str, dice: random.Random) -> Case:
    """A complementary diagnosis is asked of somebody; debt goes with the Banque de France."""
    partners = {name: _yes(dice, chance) for name, chance in _PARTNERS.items()}
    if situation == "5":
        partners["part_banque_de_france"] = "O"
    if services["svc_diagnostic_complementaire"] == "O" and "O" not in partners.values():
        partners["part_associations"] = "O"
    return partners


def _mobilite(department: str, dice: random.Random) -> Case:
    group = _drawn(_GROUPS_MOBILE, dice)
    arrival = _drawn({code: chance for code, chance in _ATTRACTIVE.items() if code != department}, dice)
    renting = _yes(dice, 0.85)
    buying = "O" if renting == "N" and dice.random() < 0.8 else "N"  # noqa: PLR2004 - four in five
    return {
        **_household(group, dice, without=False),
        "age_salarie": str(_age(dice, 20, 62)),
        "csp_salarie": group,
        "code_postal_depart": _postcode(department, dice, near=1.0),
        "code_postal_arrivee": _postcode(arrival, dice, near=1.0),
        "nature_mutation": _drawn({"1": 0.7, "2": 0.3}, dice),
        "entretien_individuel": "O",
        "recherche_accession": buying,
        "recherche_locatif": renting,
        "accompagnement_individuel": _yes(dice, 0.4),
        "mise_en_service": _yes(dice, 0.5) if renting == "O" else "N",
        "prestation_hors_charte": _yes(dice, 0.05),
        "aide_mobili_pass": _yes(dice, 0.6),
        "pret_relais_mobilite": _yes(dice, 0.08),
        "autre_produit_1pct": _yes(dice, 0.15),
    }


def _household(group: str, dice: random.Random, *, without: bool) -> Case:
    persons = int(_drawn(_HOUSEHOLDS, dice))
    adults = min(persons, 2)
    incomes = 1 if adults == 1 or dice.random() < 0.55 else 2  # noqa: PLR2004 - a little more than one in two
    if without and dice.random() < 0.3:  # noqa: PLR2004 - three in ten live on savings
        incomes = 1 if group in _GROUPS else 0
    resources = dice.lognormvariate(0, 0.25) * _LEVELS[group] * (0.75 + 0.35 * incomes)
    return {
        "ressources_nettes_mensuelles": str(min(9_000, max(300, round(resources)))),
        "nb_personnes_foyer": str(persons),
        "nb_revenus_foyer": str(incomes),
    }


def _age(dice: random.Random, low: int, high: int) -> int:
    return min(high, max(low, round(dice.gauss(38, 10))))


def _postcode(department: str, dice: random.Random, near: float = 5 / 6) -> str:
    if dice.random() > near:
        codes = list(DEPARTEMENTS)[:96]
        place = codes.index(department) if department in codes else 75
        department = codes[(place + dice.choice((-1, 1))) % len(codes)]
    if department in {"2A", "2B"}:
        return f"{'200' if department == '2A' else '202'}{dice.randrange(1, 10) * 10:02d}"
    rest = 5 - len(department)
    return department + str(dice.randrange(10 ** (rest - 1)) * 10).zfill(rest)


def _drawn(chances: Mapping[str, float], dice: random.Random) -> str:
    return dice.choices(list(chances), list(chances.values()))[0]


def _yes(dice: random.Random, chance: float) -> str:
    return "O" if dice.random() < chance else "N"


def as_csv(cases: Sequence[Case]) -> bytes:
    """A file as a program of a platform writes it: technical headers, semicolons, UTF-8 with its mark."""
    names = list(cases[0])
    lines = [";".join(names), *(";".join(case[name] for name in names) for case in cases)]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")
