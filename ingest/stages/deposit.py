"""What a deposit says of itself: the platform, the year and the quarter that its columns must repeat (C0-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain.organisations import Organisation
from domain.periods import Period
from domain.text import fold
from ingest.stages.parsed import Problem
from ingest.stages.values import read_quarter
from rules.messages import period_name, say
from schemas.columns import Column


@dataclass(frozen=True, kw_only=True)
class Deposit:
    """Who deposits, for when. `organisation` None: unknown, so that its column is taken as written."""

    organisation: Organisation | None
    period: Period

    def constant(self, column: Column) -> Any:
        """The value that a context column has in every record; None when unknown, and for any other column."""
        if column.context == "platform":
            return None if self.organisation is None else self.organisation.code
        if column.context == "year":
            return self.period.year
        if column.context == "quarter":
            return self.period.quarter or None
        return None

    def disagreement(self, column: Column, text: str, value: Any) -> Problem | None:
        """The problem of a context cell that says something else than the deposit (G-20)."""
        if column.context == "platform":
            return self._other_platform(text)
        told = read_quarter(text) if column.context == "quarter" else None
        if value == self.constant(column) and (told is None or told[0] in {None, self.period.year}):
            return None
        return Problem(
            kind="other-period",
            code="G-20",
            message=say("ce n'est pas la période du dépôt"),
            hint=say(
                "Le dépôt est celui de la période : {period}. Corrigez la case ou supprimez la colonne ; si le "
                "fichier est "
                "celui d'une autre période, corrigez son nom.",
                period=period_name(self.period),
            ),
        )

    def _other_platform(self, text: str) -> Problem | None:
        if self.organisation is None or fold(text) in {fold(self.organisation.code), fold(self.organisation.nom)}:
            return None
        return Problem(
            kind="other-platform",
            code="G-20",
            message=say("ce n'est pas la Plate-forme qui dépose"),
            hint=say(
                "Ce dépôt est celui de {code} : écrivez {code}, ou supprimez la colonne.",
                code=self.organisation.code,
            ),
        )
