"""`collections` and `rules`: what can be deposited, and what must be true of it (in French)."""

from __future__ import annotations

import argparse
from typing import Any

from domain.errors import CannotDo, NotFound
from domain.periods import Period, Periodicity
from ingest.cli.output import emit_json, emit_rows, say
from ingest.wiring import Wiring
from rendering.french import typeset
from schemas.collection import Collection
from schemas.columns import Column
from schemas.table_schema import data_package

PERIODICITY = {Periodicity.QUARTER: "trimestre", Periodicity.YEAR: "année", Periodicity.EVENT: "à l’événement"}
SEVERITY = {"blocking": "bloquant", "error": "erreur", "warning": "avertissement", "info": "information"}


def collections(arguments: argparse.Namespace) -> int:
    """What can be deposited; with a collection: its columns, lists and rules."""
    if arguments.collection:
        return _one(arguments)
    if arguments.format == "frictionless" or arguments.period:
        raise CannotDo("name the collection: guichet collections COLLECTION --format frictionless")
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


def _one(arguments: argparse.Namespace) -> int:
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        collection = _named(wiring, arguments.collection)
        if arguments.period:
            collection = collection.at(_period(arguments.period))
        document = wiring.catalogue.describe(collection)
    if arguments.format == "json":
        emit_json(document)
    elif arguments.format == "frictionless":
        emit_json(data_package(collection))
    else:
        say(f"{collection.code} – {collection.label}")
        headings = {"name": "Colonne", "label": "Libellé", "expected": "Ce qu’on attend", "needed": "Obligatoire"}
        emit_rows([_column(one, collection) for one in collection.columns], headings, "text", empty="")
        say(f"Les règles : guichet rules {collection.code}")
    return 0


def _column(column: Column, collection: Collection) -> dict[str, Any]:
    expected = f"{column.expected}, libre mais sans rien sur des personnes" if column.free_text else column.expected
    if column.when is not None:
        instead = f", ou {column.stand_in}" if column.stand_in is not None else ""
        elsewhere = "sinon vide" if column.empty_elsewhere else "sinon facultative"
        needed = typeset(f"{collection.condition(column)}{instead} ; {elsewhere}")
    elif column.stand_in is not None:
        needed = f"oui, ou {column.stand_in}"
    elif column.optional:
        needed = "facultative"
    else:
        needed = "oui" if column.required else "peut être vide"
    return {"name": column.name, "label": column.label, "expected": typeset(expected), "needed": needed}


def _named(wiring: Wiring, word: str) -> Collection:
    collection = wiring.catalogue.find(word)
    if collection is None:
        known = ", ".join(one.code for one in wiring.catalogue.collections)
        raise NotFound(f"no collection {word!r}; there are {known}")
    return collection


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise CannotDo(str(error)) from error


def rules(arguments: argparse.Namespace) -> int:
    """Every rule with its code, severity and sentence."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        collection = _named(wiring, arguments.collection) if arguments.collection else None
        found = [rule.as_document() for rule in wiring.catalogue.described_rules(collection)]
        version = wiring.catalogue.rules_version
    if arguments.format == "json":
        emit_json(found)
        return 0
    say(f"Règles, version {version}")
    for rule in found:
        say(f"{rule['code']:<8}  {SEVERITY[rule['severity']]:<13}  {rule['sentence']}")
    return 0
