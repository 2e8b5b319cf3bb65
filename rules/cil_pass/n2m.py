"""Rules of N2M « Dossiers traités du CIL-PASS mobilité » (C6, corrected by contract §6).

R12–R17 read columns that exist since 2005; R30 and R31 those of 2003, and run for the exercices up to 2004 only.
"""

from __future__ import annotations

import numpy as np

from domain.findings import Severity
from domain.periods import LAST_YEAR
from rules.cil_pass.cases import CHECK, any_yes, in_a_departement, no, none_of, shared_rules, true, up_to, yes
from rules.cil_pass.counted import same_cases
from rules.predicates import record
from rules.rule import Booleans, RuleSet, Values
from schemas.cil_pass.n2m import COLLECTION
from schemas.codes import department_of_postcode

AGE, CSP, FROM, TO = "age_salarie", "csp_salarie", "code_postal_depart", "code_postal_arrivee"
TALK, BUYING, RENTING, GUIDING, MOVING_IN = (
    "entretien_individuel",
    "recherche_accession",
    "recherche_locatif",
    "accompagnement_individuel",
    "mise_en_service",
)
SERVICES = (TALK, BUYING, RENTING, GUIDING, MOVING_IN)
SEARCH_2003 = "recherche_logement"
SERVICES_2003 = (TALK, SEARCH_2003, MOVING_IN)
OLDEST = int(COLLECTION.parameters["age_maximum"])


def _elsewhere(start: Values, end: Values) -> Booleans:
    """Another place; where one of the two is told by its département only, another département."""
    return np.asarray([_differ(one, other) for one, other in zip(start.tolist(), end.tolist(), strict=True)])


def _differ(one: str, other: str) -> bool:
    if len(one) == len(other):
        return one != other
    return department_of_postcode(one, LAST_YEAR) != department_of_postcode(other, LAST_YEAR)


def _some_service(*columns: Values) -> Booleans:
    return any_yes(columns)


def _talked(talk: Values, *searches: Values) -> Booleans:
    return np.asarray(true(talk) | ~any_yes(searches))


def _rented(moved_in: Values, renting: Values, buying: Values) -> Booleans:
    return np.asarray(~true(moved_in) | true(renting) | ~true(buying))


RULES = RuleSet(
    collection="N2M",
    rules=(
        *shared_rules(COLLECTION),
        up_to(
            "N2M.R10",
            AGE,
            OLDEST,
            sentence=f"Le salarié n'a pas plus de {OLDEST} ans.",
            message=f"Le salarié a plus de {OLDEST} ans.",
        ),
        none_of(
            "N2M.R11",
            CSP,
            ("1", "2", "7", "8"),
            sentence="La CSP est celle d'un salarié : ni 1, ni 2, ni 7, ni 8.",
            message="La CSP n'est pas celle d'un salarié (1, 2, 7 ou 8).",
        ),
        in_a_departement(
            "N2M.R12",
            Severity.ERROR,
            FROM,
            sentence="Le lieu de départ est en métropole ou dans un DOM.",
            message="Le lieu de départ n'est ni en métropole ni dans un DOM.",
            hint="Le service concerne la métropole et les DOM. Corrigez le code, ou retirez la ligne.",
        ),
        in_a_departement(
            "N2M.R13",
            Severity.ERROR,
            TO,
            sentence="Le lieu d'arrivée est en métropole ou dans un DOM.",
            message="Le lieu d'arrivée n'est ni en métropole ni dans un DOM.",
            hint="Le service concerne la métropole et les DOM. Corrigez le code, ou retirez la ligne.",
        ),
        record(
            "N2M.R14",
            Severity.WARNING,
            (FROM, TO),
            _elsewhere,
            shown=TO,
            formula=f'{{{FROM}}}&""<>{{{TO}}}&""',
            sentence="Le lieu d'arrivée n'est pas celui de départ.",
            message="Le lieu d'arrivée est celui de départ.",
            hint="Vérifiez les deux codes postaux ; s'ils sont justes, rien à faire.",
        ),
        record(
            "N2M.R15",
            Severity.ERROR,
            SERVICES,
            _some_service,
            formula=f"NOT(AND({','.join(map(no, SERVICES))}))",
            expected="au moins un « O »",
            sentence="Un dossier a reçu au moins un des cinq services : entretien, recherche (accession ou locatif), "
            "accompagnement, mise en service.",
            message="Le dossier n'a reçu aucun des cinq services.",
            hint="Écrivez O sous les services apportés, ou retirez la ligne si rien n'a été apporté.",
        ),
        record(
            "N2M.R16",
            Severity.WARNING,
            (TALK, BUYING, RENTING),
            _talked,
            formula=f"OR({yes(TALK)},NOT(OR({yes(BUYING)},{yes(RENTING)})))",
            sentence="Une recherche de logement suit un entretien individuel avec la famille.",
            message="Un logement est recherché, sans entretien individuel avec la famille.",
            hint=CHECK,
        ),
        record(
            "N2M.R17",
            Severity.WARNING,
            (MOVING_IN, RENTING, BUYING),
            _rented,
            formula=f"OR({no(MOVING_IN)},{yes(RENTING)},{no(BUYING)})",
            sentence="La mise en service est celle d'un logement locatif.",
            message="Le logement est mis en service pour une accession, sans recherche en locatif.",
            hint=CHECK,
        ),
        record(
            "N2M.R30",
            Severity.ERROR,
            SERVICES_2003,
            _some_service,
            formula=f"NOT(AND({','.join(map(no, SERVICES_2003))}))",
            expected="au moins un « O »",
            sentence="Un dossier a reçu au moins un des trois services : entretien, recherche, mise en service (format "
            "de 2003).",
            message="Le dossier n'a reçu aucun des trois services.",
            hint="Écrivez O sous les services apportés, ou retirez la ligne si rien n'a été apporté.",
        ),
        record(
            "N2M.R31",
            Severity.WARNING,
            (TALK, SEARCH_2003),
            _talked,
            formula=f"OR({yes(TALK)},{no(SEARCH_2003)})",
            sentence="Une recherche de logement suit un entretien individuel avec la famille (format de 2003).",
            message="Un logement est recherché, sans entretien individuel avec la famille.",
            hint=CHECK,
        ),
        same_cases(
            "N2M.R40",
            source="N1M",
            column="dossiers_individuels",
            share=COLLECTION.parameters["ecart_trimestres"],
            words="dossiers individuels",
        ),
    ),
)
