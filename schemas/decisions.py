"""The workbook of decisions that the central body's own account deposits (contract §8, §9).

Like the register, it is not a collection that somebody owes: the catalogue does not list it. It borrows the
collection's columns, so that its headers, values and messages are those of every deposit.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandera.pandas as pa

from domain.decisions import DecisionKind
from domain.organisations import OrganisationType
from domain.periods import Periodicity
from schemas.collection import Collection
from schemas.columns import Column, Compte, Jour, Kind, Texte, field_of, texte
from schemas.columns import code as liste

DECISION_WORDS: Mapping[str, str] = {
    DecisionKind.EXTEND.value: "Donner plus de temps (compte, collecte, période, jusqu’au)",
    DecisionKind.WAIVE.value: "Ne plus rien demander (compte, collecte, période)",
    DecisionKind.WITHDRAW.value: "Ne plus tenir compte d’un dépôt (dépôt)",
    DecisionKind.CONFIRM.value: "Tenir un chiffre pour juste (anomalie)",
    DecisionKind.REJECT.value: "Tenir un chiffre pour faux : une correction est attendue (anomalie)",
}
MAX_REASON = 500


class Decisions(pa.DataFrameModel):
    """One line per decision; which columns are filled depends on the decision."""

    decision: Texte = liste(DECISION_WORDS, "Décision")
    compte: Texte = texte(
        "Compte",
        aliases=("Organisme", "Organisation", "Plate-forme", "Qui"),
        required=False,
        optional=True,
        max_length=64,
        note="Compte ou code de l’organisme, ou ALL pour tous.",
    )
    collection: Texte = texte("Collecte", aliases=("Code collecte",), required=False, optional=True, max_length=60)
    periode: Texte = texte("Période", aliases=("Trimestre",), required=False, optional=True, max_length=20)
    jusqu_au: Jour = field_of(
        Column(
            kind=Kind.DATE,
            label="Jusqu’au",
            aliases=("Nouvelle échéance", "Échéance"),
            required=False,
            optional=True,
            note="Pour « prolonger » : le dernier jour, inclus.",
        )
    )
    depot: Texte = texte(
        "Dépôt",
        aliases=("Numéro de dépôt",),
        required=False,
        optional=True,
        max_length=40,
        note="Pour « retirer » : le numéro du dépôt, tel que dans sa réponse.",
    )
    anomalie: Compte = field_of(
        Column(
            kind=Kind.COUNT,
            label="Anomalie",
            aliases=("Numéro d’anomalie", "N° d’anomalie"),
            required=False,
            optional=True,
            minimum=1,
            note="Pour « confirmer » et « rejeter » : le numéro que donnent le courriel et la page de suivi.",
        )
    )
    motif: Texte = texte("Motif", aliases=("Raison",), max_length=MAX_REASON, note="Montré à l’organisme concerné.")


DECISIONS = Collection(
    code="DECISIONS",
    slug="decisions",
    label="Décisions de l’UESL",
    model=Decisions,
    periodicity=Periodicity.YEAR,
    due_days=None,
    senders=frozenset({OrganisationType.UESL}),
    tolerance=0.0,
)
