"""A collection as a Frictionless Data Package: others' tools can check a file before it is deposited.

What the format cannot say (a code or its label, dates in two ways, the register, rules, a cell that is needed on some
lines only) is left to `guichet check`: a file that it accepts may still be answered with findings, a file with
technical headers that it refuses would be too. Properties that begin with `guichet:` say some of it for readers.
"""

from __future__ import annotations

from typing import Any

from domain.periods import Periodicity
from schemas.collection import Collection
from schemas.columns import Column, Kind

PROFILE = "tabular-data-package"
_TYPES = {
    Kind.COUNT: "integer",
    Kind.AMOUNT: "number",
    Kind.CODE: "string",
    Kind.TEXT: "string",
    Kind.DATE: "date",
    Kind.YES_NO: "boolean",
    Kind.MEMBER: "string",
    Kind.YEAR: "year",
    Kind.QUARTER: "integer",
    Kind.POSTAL: "string",
}
_YES, _NO = ["O", "o", "oui", "Oui", "OUI", "1"], ["N", "n", "non", "Non", "NON", "0"]
_EXAMPLES = {Periodicity.QUARTER: "2005T1", Periodicity.YEAR: "2005", Periodicity.EVENT: "2005"}


def data_package(collection: Collection) -> dict[str, Any]:
    """A package with one resource: how the file is named and written, and its Table Schema."""
    path = f"{collection.code}_{_EXAMPLES[collection.periodicity]}.csv"
    return {
        "profile": PROFILE,
        "name": collection.slug.replace("_", "-"),
        "title": collection.title or collection.label,
        "guichet:fingerprint": collection.fingerprint,
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": collection.slug.replace("_", "-"),
                "path": path,
                "title": collection.label,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "dialect": {"delimiter": ";", "header": True},
                "schema": table_schema(collection),
            }
        ],
    }


def table_schema(collection: Collection) -> dict[str, Any]:
    """The Table Schema of a file with technical headers; optional columns may be left out of the file."""
    document: dict[str, Any] = {
        "fields": [_field(column, collection) for column in collection.columns],
        "missingValues": [""],
    }
    if collection.key:
        # A primary key refuses an empty cell; where one may be empty, the format has no word for the key.
        if all(collection.column(name).required for name in collection.key):
            document["primaryKey"] = list(collection.key)
        else:
            document["guichet:key"] = list(collection.key)
    return document


def _field(column: Column, collection: Collection) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "title": column.label, "type": _TYPES[column.kind]}
    told = [word for word in (column.note, column.expected) if word]
    if column.when is not None:
        elsewhere = ", vide sur les autres lignes" if column.empty_elsewhere else ""
        told.append(f"(obligatoire {collection.condition(column)}{elsewhere})")
        field["guichet:when"] = column.as_document()["when"]
    if column.free_text:
        field["guichet:freeText"] = True
    field["description"] = " ".join(told)
    if column.kind is Kind.AMOUNT:
        field |= {"decimalChar": ",", "groupChar": " "}
    if column.kind is Kind.YES_NO:
        field |= {"trueValues": _YES, "falseValues": _NO}
    if column.codes is not None:
        field["guichet:labels"] = dict(column.codes)
    if column.optional or column.stand_in is not None:
        field["guichet:optional"] = True
    constraints = _constraints(column)
    return {**field, "constraints": constraints} if constraints else field


def _constraints(column: Column) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if column.required and not column.optional and column.stand_in is None:
        said["required"] = True
    if column.codes is not None and not column.several:
        said["enum"] = list(column.codes)
    if column.minimum is not None:
        said["minimum"] = column.minimum
    if column.maximum is not None:
        said["maximum"] = column.maximum
    if column.pattern is not None:
        said["pattern"] = column.pattern
    if column.kind is Kind.TEXT:
        said["maxLength"] = column.max_length
    return said
