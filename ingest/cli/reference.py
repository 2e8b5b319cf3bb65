"""`collections` and `rules`: what can be deposited, and what must be true of it (in French)."""

from __future__ import annotations

import argparse
from typing import Any

from domain.errors import NotFound
from domain.periods import Periodicity
from ingest.cli.output import emit_json, emit_rows, say
from ingest.wiring import Wiring
from schemas.collection import Collection

PERIODICITY = {Periodicity.QUARTER: "trimestre", Periodicity.YEAR: "année", Periodicity.EVENT: "à l’événement"}
SEVERITY = {"blocking": "bloquant", "error": "erreur", "warning": "avertissement", "info": "information"}


def collections(arguments: argparse.Namespace) -> int:
    """What can be deposited."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        rows = [_row(collection) for collection in wiring.catalogue.collections]
    headings = {
        "code": "Code",
        "slug": "Nom technique",
        "label": "Collecte",
        "periodicity_label": "Période",
        "due": "Échéance",
        "senders_label": "Qui dépose",
    }
    emit_rows(rows, headings, arguments.format, empty="Aucune collecte n’est ouverte.")
    return 0


def _row(collection: Collection) -> dict[str, Any]:
    days = collection.due_days
    return {
        "code": collection.code,
        "slug": collection.slug,
        "label": collection.label,
        "periodicity": collection.periodicity.value,
        "periodicity_label": PERIODICITY[collection.periodicity],
        "due_days": days,
        "due": "–" if days is None else f"{days} jours après la fin de la période",
        "senders": sorted(sender.value for sender in collection.senders),
        "senders_label": ", ".join(sorted(sender.value for sender in collection.senders)),
        "service": collection.service.value if collection.service else None,
        "tolerance": collection.tolerance,
        "columns": [column.name for column in collection.columns],
    }


def rules(arguments: argparse.Namespace) -> int:
    """Every rule with its code, severity and sentence."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        collection = None
        if arguments.collection:
            collection = wiring.catalogue.find(arguments.collection)
            if collection is None:
                known = ", ".join(one.code for one in wiring.catalogue.collections)
                raise NotFound(f"no collection {arguments.collection!r}; there are {known}")
        found = [rule.as_document() for rule in wiring.catalogue.described_rules(collection)]
        version = wiring.catalogue.rules_version
    if arguments.format == "json":
        emit_json(found)
        return 0
    say(f"Règles, version {version}")
    for rule in found:
        say(f"{rule['code']:<8}  {SEVERITY[rule['severity']]:<13}  {rule['sentence']}")
    return 0
