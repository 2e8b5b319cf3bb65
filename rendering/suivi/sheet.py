"""`suivi.csv`: D9 for a spreadsheet, one obligation a line; nothing in it is taken for a formula."""

from __future__ import annotations

import csv
import io
from typing import Final

from domain.suivi import Suivi, SuiviLine
from rendering.escaping import csv_cell, visible
from rendering.suivi.tables import groups
from rendering.suivi.words import accepted_on, late_days, received_on, reminders, state_of

HEADS: Final = (
    "Collection",
    "Émetteur",
    "Nom",
    "Période",
    "Échéance",
    "Date de premier dépôt",
    "Date d’acceptation",
    "Jours de retard",
    "État",
    "Versions",
    "Nb d’anomalies",
    "Relances",
)


def suivi_csv(suivi: Suivi) -> bytes:
    """UTF-8 with BOM, semicolons, days as `30/04/2005`: what a French Excel opens as it is."""
    told = io.StringIO()
    writer = csv.writer(told, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADS)
    for group in groups(suivi.shown):
        writer.writerows([csv_cell(cell) for cell in _row(line, suivi)] for line in group.lines)
    return told.getvalue().encode("utf-8-sig")


def _row(line: SuiviLine, suivi: Suivi) -> tuple[str, ...]:
    one = line.standing
    return (
        one.collection,
        one.organisation,
        visible(suivi.name(one.organisation), None),
        one.period.code,
        f"{one.due_at:%d/%m/%Y}",
        received_on(one),
        accepted_on(one),
        late_days(line),
        state_of(line).full,
        str(line.versions),
        str(line.anomalies),
        ", ".join(reminders(line.said)),
    )
