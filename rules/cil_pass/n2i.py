"""Rules of N2I « Incidents avec les partenaires » (C9). No message quotes a value: an incident may tell of a person."""

from __future__ import annotations

from typing import Any

import numpy as np

from domain.findings import Severity
from rules.lines import each_line
from rules.messages import say
from rules.predicates import record
from rules.rule import Booleans, Remark, RuleContext, RuleSet, Values
from schemas.cil_pass.n2i import GRAVEST

HAPPENED, CLOSED, GRAVITY = "date_incident", "date_cloture", "gravite"


def _within_year(values: tuple[Any, ...], context: RuleContext) -> Remark | None:
    (happened,) = values
    late = context.received_on is not None and happened is not None and happened > context.received_on
    if happened is None or (context.period.starts_on <= happened <= context.period.ends_on and not late):
        return None
    return Remark(
        message=say("La date de l'incident est à venir.")
        if late
        else say("La date de l'incident n'est pas dans l'année du dépôt."),
        column=HAPPENED,
        hint=say("Corrigez la date, ou déclarez l'incident dans le fichier de son année."),
        cause="year",
    )


def _closed_after(happened: Values, closed: Values) -> Booleans:
    return np.asarray(closed >= happened)


def _not_gravest(gravity: Values) -> Booleans:
    return np.asarray(gravity != GRAVEST, dtype=np.bool_)


RULES = RuleSet(
    collection="N2I",
    rules=(
        each_line(
            "N2I.R01",
            Severity.ERROR,
            (HAPPENED,),
            _within_year,
            sentence="L'incident a eu lieu dans l'année du fichier, au plus tard le jour du dépôt.",
        ),
        record(
            "N2I.R02",
            Severity.ERROR,
            (HAPPENED, CLOSED),
            _closed_after,
            shown=CLOSED,
            formula=f"{{{CLOSED}}}>={{{HAPPENED}}}",
            sentence="L'incident est clos au plus tôt le jour où il a eu lieu.",
            message="La date de clôture précède celle de l'incident.",
            hint="Vérifiez les deux dates.",
        ),
        record(
            "N2I.R03",
            Severity.INFO,
            (GRAVITY,),
            _not_gravest,
            sentence="Un incident de la gravité la plus haute est signalé aussitôt à l'UESL.",
            message="Incident de la gravité la plus haute : l'UESL en est avertie dès que la ligne est acceptée.",
        ),
    ),
)
