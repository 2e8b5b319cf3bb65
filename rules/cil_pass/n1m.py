"""Rules of N1M « Suivi de l’activité du CIL-PASS mobilité » (C2, corrected by contract §6).

Only « entreprises assujetties » are counted (S1-9), so that fewer firms than cases, or none, can be true: warnings.
"""

from __future__ import annotations

import numpy as np

from domain.findings import Severity
from rules.cil_pass.quarterly import shared_rules
from rules.messages import euros
from rules.predicates import record
from rules.ratios import own_mean
from rules.rule import Booleans, RuleSet, Values
from schemas.cil_pass.n1m import COLLECTION

CASES, FIRMS, AMOUNT = "dossiers_individuels", "entreprises_concernees", "montant_facture_ht"
_LOW, _HIGH = COLLECTION.parameters["cout_moyen_minimum"], COLLECTION.parameters["cout_moyen_maximum"]


def _firms_within_cases(cases: Values, firms: Values) -> Booleans:
    return np.asarray((cases == 0) | (firms <= cases))  # without a case, R11 says it


def _some_firm(cases: Values, firms: Values) -> Booleans:
    return np.asarray((cases == 0) | (firms > 0))


def _nothing_without_case(cases: Values, firms: Values, amount: Values) -> Booleans:
    return np.asarray((cases > 0) | ((firms == 0) & (amount == 0)))


def _billed(cases: Values, amount: Values) -> Booleans:
    return np.asarray((cases == 0) | (amount > 0))


def _likely_mean(cases: Values, amount: Values) -> Booleans:
    return np.asarray((cases == 0) | (amount == 0) | ((amount >= _LOW * cases) & (amount <= _HIGH * cases)))


RULES = RuleSet(
    collection="N1M",
    rules=(
        *shared_rules("N1M"),
        record(
            "N1M.R08",
            Severity.WARNING,
            (CASES, FIRMS),
            _firms_within_cases,
            shown=FIRMS,
            formula="OR({dossiers_individuels}=0,{entreprises_concernees}<={dossiers_individuels})",
            sentence="Les entreprises concernées ne dépassent pas les dossiers individuels.",
            message="Il y a plus d'entreprises concernées ({entreprises_concernees}) que de dossiers "
            "({dossiers_individuels}).",
            hint="Vérifiez que les deux chiffres n'ont pas été inversés ; sinon, rien à faire.",
        ),
        record(
            "N1M.R10",
            Severity.WARNING,
            (CASES, FIRMS),
            _some_firm,
            shown=FIRMS,
            formula="OR({dossiers_individuels}=0,{entreprises_concernees}>0)",
            sentence="Quand il y a des dossiers, au moins une entreprise est concernée (seules les assujetties "
            "comptent).",
            message="Aucune entreprise n'est concernée, pour un nombre de dossiers de {dossiers_individuels}.",
            hint="Confirmez que les entreprises de ces dossiers ne sont pas assujetties ; sinon, corrigez le nombre.",
        ),
        record(
            "N1M.R11",
            Severity.ERROR,
            (CASES, FIRMS, AMOUNT),
            _nothing_without_case,
            formula="OR({dossiers_individuels}>0,AND({entreprises_concernees}=0,{montant_facture_ht}=0))",
            expected="aucune entreprise, aucun montant",
            sentence="Sans dossier, il n'y a ni entreprise concernée ni montant facturé.",
            message="Il n'y a aucun dossier, mais des entreprises ({entreprises_concernees}) ou un montant "
            "({montant_facture_ht} €).",
            hint="Complétez le nombre de dossiers, ou corrigez les entreprises et le montant.",
        ),
        record(
            "N1M.R12",
            Severity.WARNING,
            (CASES, AMOUNT),
            _billed,
            shown=AMOUNT,
            formula="OR({dossiers_individuels}=0,{montant_facture_ht}>0)",
            sentence="Des dossiers aboutis et facturés ont un montant facturé.",
            message="Aucun montant n'est facturé, pour un nombre de dossiers de {dossiers_individuels}.",
            hint="Ne comptez que les dossiers facturés dans le trimestre, avec leur montant hors taxes.",
        ),
        record(
            "N1M.R13",
            Severity.WARNING,
            (CASES, AMOUNT),
            _likely_mean,
            shown=AMOUNT,
            formula="OR({dossiers_individuels}=0,{montant_facture_ht}=0,"
            f"AND({{montant_facture_ht}}>={_LOW}*{{dossiers_individuels}},"
            f"{{montant_facture_ht}}<={_HIGH}*{{dossiers_individuels}}))",
            sentence=f"Le montant moyen par dossier est compris entre {euros(_LOW)} et {euros(_HIGH)}.",
            message="Un montant de {montant_facture_ht} € pour un nombre de dossiers de {dossiers_individuels} donne "
            f"une moyenne inhabituelle (hors de {euros(_LOW)} à {euros(_HIGH)}).",
            hint="Vérifiez le montant (en euros, hors taxes) et le nombre de dossiers ; sinon, rien à faire.",
        ),
        own_mean(
            "N1M.R14",
            amount=AMOUNT,
            cases=CASES,
            share=COLLECTION.parameters["cout_moyen_ecart"],
            sentence="Le montant moyen par dossier reste à moins de 50 % de la moyenne habituelle du CIL/CCI.",
        ),
    ),
)
