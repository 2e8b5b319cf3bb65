"""A collection with everything that is required of its files, as one JSON document: columns, types, lists, rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rules.rule import RecordRule, Rule
from schemas.collection import Collection

SCHEMA = 1


def describe(collection: Collection, rules: Iterable[Rule]) -> dict[str, Any]:
    """The description of a collection (keys are stable); `former_formats`: those of earlier periods, the oldest first.

    A rule of `reads` says which columns it compares; `formula` says it once more in the words of a spreadsheet, where
    that can be done.
    """
    told = list(rules)
    return {
        "schema": SCHEMA,
        **collection.as_document(),
        "total_labels": list(collection.total_labels),
        "retired_columns": dict(collection.retired_columns),
        "former_formats": [
            {"until": one.until.code, "label": one.label, **_format(collection.at(one.until), told)}
            for one in collection.former
        ],
        "rules": _rules(collection, told),
    }


def _format(collection: Collection, rules: Iterable[Rule]) -> dict[str, Any]:
    return {
        "fingerprint": collection.fingerprint,
        "columns": collection.described_columns(),
        "rules": _rules(collection, rules),
    }


def _rules(collection: Collection, rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The rules that this format has the columns for."""
    return [_rule(rule) for rule in rules if all(name in collection.by_name for name in rule.reads)]


def _rule(rule: Rule) -> dict[str, Any]:
    document: dict[str, Any] = {**rule.as_document(), "reads": list(rule.reads)}
    if isinstance(rule, RecordRule) and rule.formula is not None:
        document["formula"] = rule.formula
    return document
