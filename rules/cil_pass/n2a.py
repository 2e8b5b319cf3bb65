"""Rules of N2A « Dossiers traités du CIL-PASS assistance » (C5, corrected by contract §6).

R10–R21 read the columns of the format in force since 2005; R30–R36 those of 2003, and run for the exercices up to 2004
only. A rule that reads columns of both runs for both.
"""

from __future__ import annotations

import numpy as np

from domain.findings import Severity
from rules.cil_pass.cases import (
    CHECK,
    INCOMES,
    any_yes,
    in_a_departement,
    is_code,
    no,
    none_of,
    one_of,
    rarely,
    shared_rules,
    true,
    up_to,
    yes,
)
from rules.cil_pass.counted import own_ratio
from rules.predicates import record
from rules.rule import Booleans, RuleSet, Values
from schemas.cil_pass.n2a import COLLECTION, NONE_2003

AGE, CONTRACT, CSP, PLACE = "age_demandeur", "type_contrat_travail", "csp_demandeur", "code_postal_demandeur"
SITUATION, DIAGNOSIS = "type_situation", "diagnostic_prealable"
AID, MORE, LOCA_PASS, BUYING_BACK = (
    "svc_aides_financieres",
    "svc_diagnostic_complementaire",
    "prod_loca_pass",
    "prod_rachat_logement",
)
BANK = "part_banque_de_france"
SERVICES = tuple(column.name for column in COLLECTION.columns if column.name.startswith("svc_"))
PRODUCTS = tuple(column.name for column in COLLECTION.columns if column.name.startswith("prod_"))
PARTNERS = tuple(column.name for column in COLLECTION.columns if column.name.startswith("part_"))
AIDED = tuple(name for name in PRODUCTS if name != BUYING_BACK)
BESIDES = (*SERVICES, *(name for name in PRODUCTS if name != LOCA_PASS), *PARTNERS)
AGE_2003, CONTRACT_2003, CSP_2003 = "age_chef_famille", "type_contrat_chef_famille", "csp_chef_famille"
MORE_2003, PRODUCTS_2003, PARTNERS_2003 = "diagnostic_complementaire", "produits_1pct", "partenaires"
OLDEST, OTHER = int(COLLECTION.parameters["age_maximum"]), COLLECTION.parameters["part_autre_situation"]
NO_JOB, RETIRED, DEBT, ELSE = "9", "7", "5", "9"
_EMPLOYED = ("3", "4", "5", "6")


def _retired_without_contract(csp: Values, contract: Values) -> Booleans:
    return np.asarray(~is_code(csp, RETIRED) | is_code(contract, NO_JOB))


def _some_service(*columns: Values) -> Booleans:
    return any_yes(columns)


def _aided(aid: Values, *products: Values) -> Booleans:
    return np.asarray(true(aid) | ~any_yes(products))


def _asked_of_somebody(more: Values, *partners: Values) -> Booleans:
    return np.asarray(~true(more) | any_yes(partners))


def _bank_told(situation: Values, bank: Values) -> Booleans:
    return np.asarray(~is_code(situation, DEBT) | true(bank))


def _some_income(contract: Values, csp: Values, incomes: Values) -> Booleans:
    return np.asarray(~is_code(contract, NO_JOB) | ~is_code(csp, *_EMPLOYED) | (incomes > 0))


def _not_alone(loca_pass: Values, *others: Values) -> Booleans:
    return np.asarray(~true(loca_pass) | any_yes(others))


def _some_service_2003(diagnosis: Values, more: Values, products: Values, partners: Values) -> Booleans:
    nothing = is_code(products, NONE_2003) & is_code(partners, NONE_2003)
    return np.asarray(true(diagnosis) | true(more) | ~nothing)


def _asked_2003(more: Values, partners: Values) -> Booleans:
    return np.asarray(~true(more) | ~is_code(partners, NONE_2003))


def _bank_told_2003(situation: Values, partners: Values) -> Booleans:
    return np.asarray(~is_code(situation, DEBT) | np.asarray(["BF" in one.split() for one in partners.tolist()]))


def _none_with_others(products: Values, partners: Values) -> Booleans:
    return np.asarray(_alone(products) & _alone(partners))


def _alone(values: Values) -> Booleans:
    """Where « aucun » is not written beside other codes."""
    return np.asarray([one == NONE_2003 or NONE_2003 not in one.split() for one in values.tolist()], np.bool_)


RULES = RuleSet(
    collection="N2A",
    rules=(
        *shared_rules(COLLECTION),
        up_to(
            "N2A.R10",
            AGE,
            OLDEST,
            sentence=f"Le demandeur n'a pas plus de {OLDEST} ans.",
            message=f"Le demandeur a plus de {OLDEST} ans.",
        ),
        none_of(
            "N2A.R11",
            CSP,
            ("1", "2"),
            sentence="Le demandeur est un salarié : sa CSP n'est ni 1 (agriculteurs) ni 2 (artisans, commerçants).",
            message="La CSP est celle d'un non-salarié (1 ou 2).",
        ),
        record(
            "N2A.R12",
            Severity.WARNING,
            (CSP, CONTRACT),
            _retired_without_contract,
            formula=f"OR(NOT({one_of(CSP, RETIRED)}),{one_of(CONTRACT, NO_JOB)})",
            sentence="Un retraité (CSP 7) n'a pas de contrat de travail (9).",
            message="Un retraité (CSP 7) a un contrat de travail.",
            hint=CHECK,
        ),
        in_a_departement(
            "N2A.R13",
            Severity.WARNING,
            PLACE,
            sentence="Le demandeur habite la métropole ou un DOM.",
            message="Ce code postal n'est ni de la métropole ni d'un DOM.",
            hint=CHECK,
        ),
        rarely(
            "N2A.R14",
            SITUATION,
            lambda code: code == ELSE,
            OTHER,
            sentence=f"La situation « autre » (9) ne dépasse pas {round(100 * OTHER)} % des dossiers.",
            message="La situation « autre » (9) est celle de {share} % des dossiers.",
            hint="Vérifiez qu'aucun des codes 1 à 8 ne convient mieux ; sinon, rien à faire.",
        ),
        record(
            "N2A.R15",
            Severity.WARNING,
            (DIAGNOSIS,),
            true,
            formula=yes(DIAGNOSIS),
            sentence="Un diagnostic préalable a été fait.",
            message="Aucun diagnostic préalable n'a été fait.",
            hint=CHECK,
        ),
        record(
            "N2A.R16",
            Severity.ERROR,
            (DIAGNOSIS, *SERVICES),
            _some_service,
            formula=f"NOT(AND({','.join(no(name) for name in (DIAGNOSIS, *SERVICES))}))",
            expected="au moins un « O »",
            sentence="Un dossier a reçu un ou plusieurs services : un diagnostic préalable, ou l'un des six services.",
            message="Le dossier n'a reçu aucun service : ni diagnostic préalable, ni aucun des six services.",
            hint="Écrivez O sous les services apportés, ou retirez la ligne si rien n'a été apporté.",
        ),
        record(
            "N2A.R17",
            Severity.WARNING,
            (AID, *AIDED),
            _aided,
            formula=f"OR({yes(AID)},NOT(OR({','.join(yes(name) for name in AIDED)})))",
            sentence="Un produit du 1 % accordé (autre que le rachat de logement) est une aide financière.",
            message="Un produit du 1 % est accordé, sans aide financière.",
            hint="Écrivez O sous « Aides financières », ou vérifiez les produits ; sinon, rien à faire.",
        ),
        record(
            "N2A.R18",
            Severity.WARNING,
            (MORE, *PARTNERS),
            _asked_of_somebody,
            formula=f"OR({no(MORE)},OR({','.join(yes(name) for name in PARTNERS)}))",
            sentence="Un diagnostic complémentaire se demande à l'un des partenaires.",
            message="Un diagnostic complémentaire est fait, sans recours à aucun partenaire.",
            hint=CHECK,
        ),
        record(
            "N2A.R19",
            Severity.INFO,
            (SITUATION, BANK),
            _bank_told,
            shown=BANK,
            sentence="Pour un surendettement (5), on a souvent recours à la Banque de France.",
            message="C'est un surendettement (5), sans recours à la Banque de France.",
            hint="Rien à faire si c'est juste.",
        ),
        record(
            "N2A.R20",
            Severity.INFO,
            (CONTRACT, CSP, INCOMES),
            _some_income,
            shown=INCOMES,
            sentence="Un demandeur sans emploi (9), de CSP 3 à 6, est souvent d'un foyer qui a un revenu.",
            message="Le demandeur est sans emploi (9), de CSP 3 à 6, et le foyer n'a aucun revenu.",
            hint="Rien à faire si c'est juste.",
        ),
        record(
            "N2A.R21",
            Severity.WARNING,
            (LOCA_PASS, *BESIDES),
            _not_alone,
            formula=f"OR({no(LOCA_PASS)},OR({','.join(yes(name) for name in BESIDES)}))",
            sentence="LOCA-PASS ne vient pas seul : les plans d'apurement ne font pas partie du périmètre.",
            message="LOCA-PASS vient seul, sans autre service, produit ni partenaire : plan d'apurement exclu ?",
            hint="Si la solution est un plan d'apurement des remboursements, retirez la ligne ; sinon, rien à faire.",
        ),
        up_to(
            "N2A.R30",
            AGE_2003,
            OLDEST,
            sentence=f"Le chef de famille n'a pas plus de {OLDEST} ans (format de 2003).",
            message=f"Le chef de famille a plus de {OLDEST} ans.",
        ),
        none_of(
            "N2A.R31",
            CSP_2003,
            ("1", "2"),
            sentence="Le chef de famille est un salarié : sa CSP n'est ni 1 ni 2 (format de 2003).",
            message="La CSP est celle d'un non-salarié (1 ou 2).",
        ),
        record(
            "N2A.R32",
            Severity.WARNING,
            (CSP_2003, CONTRACT_2003),
            _retired_without_contract,
            formula=f"OR(NOT({one_of(CSP_2003, RETIRED)}),{one_of(CONTRACT_2003, NO_JOB)})",
            sentence="Un retraité (CSP 7) n'a pas de contrat de travail (format de 2003).",
            message="Un retraité (CSP 7) a un contrat de travail.",
            hint=CHECK,
        ),
        record(
            "N2A.R33",
            Severity.ERROR,
            (DIAGNOSIS, MORE_2003, PRODUCTS_2003, PARTNERS_2003),
            _some_service_2003,
            expected="au moins un service",
            sentence="Un dossier a reçu un ou plusieurs services (format de 2003).",
            message="Le dossier n'a reçu aucun service : ni diagnostic, ni produit, ni partenaire.",
            hint="Dites les services apportés, ou retirez la ligne si rien n'a été apporté.",
        ),
        record(
            "N2A.R34",
            Severity.WARNING,
            (MORE_2003, PARTNERS_2003),
            _asked_2003,
            sentence="Un diagnostic complémentaire se demande à l'un des partenaires (format de 2003).",
            message="Un diagnostic complémentaire est fait, sans recours à aucun partenaire.",
            hint=CHECK,
        ),
        record(
            "N2A.R35",
            Severity.INFO,
            (SITUATION, PARTNERS_2003),
            _bank_told_2003,
            shown=PARTNERS_2003,
            sentence="Pour un surendettement (5), on a souvent recours à la Banque de France (format de 2003).",
            message="C'est un surendettement (5), sans recours à la Banque de France.",
            hint="Rien à faire si c'est juste.",
        ),
        record(
            "N2A.R36",
            Severity.ERROR,
            (PRODUCTS_2003, PARTNERS_2003),
            _none_with_others,
            sentence="AUCUN ne s'écrit pas avec d'autres codes (format de 2003).",
            message="AUCUN est écrit avec d'autres codes.",
            hint="Gardez AUCUN, ou les autres codes.",
        ),
        own_ratio(
            "N2A.R40",
            source="N1A",
            column="diagnostics_prealables",
            share=COLLECTION.parameters["ecart_trimestres"],
            words="diagnostics préalables",
        ),
    ),
)
