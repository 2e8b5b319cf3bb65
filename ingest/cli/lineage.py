"""`explain`: where a published figure comes from, from the ledger alone (contract §3)."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from domain.errors import CannotDo, NotFound
from domain.lineage import Origin, Trace
from ingest.cli.anomalies import indicator_named, member_named
from ingest.cli.output import civil, emit_json
from ingest.cli.publication import period_named
from ingest.cli.tones import say_lines
from ingest.wiring import Wiring
from publication.facts import quarters_until
from rendering.lineage import lineage_lines


def explain(arguments: argparse.Namespace) -> int:
    """One CIL/CCI in one quarter: every published indicator, or one; in one year: its records by deposit."""
    period = period_named(arguments.period)
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        directory, zone = wiring.register.current(), wiring.settings.zone
        member = member_named(directory, arguments.member)
        found = wiring.press.traces(directory, member.code, quarters_until(period) if period.quarter else (period,))
        if arguments.indicator is not None and not period.quarter:
            raise CannotDo(f"{period.code} is a year: its records are counted by collection; leave the indicator out")
        if arguments.indicator is not None:
            collection, column = indicator_named(wiring.catalogue.collections, period, arguments.indicator)
            found = tuple(one for one in found if (one.collection, one.indicator) == (collection.code, column.name))
            if not found:
                raise NotFound(f"{column.name} is in no published table")
    concerned = {one.slug for one in found if one.expected_of or one.performed_by or one.origins}
    if concerned:
        found = tuple(one for one in found if one.slug in concerned)
    if arguments.format == "json":
        emit_json([_document(one, zone) for one in found])
    else:
        names = {one.code: one.nom for one in directory.organisations}
        say_lines(lineage_lines(found, period.code, names, zone))
    return 0


def _document(one: Trace, zone: ZoneInfo) -> dict[str, Any]:
    current = one.current
    return {
        "period": one.period,
        "code_cil": one.member,
        "collection": one.collection,
        "slug": one.slug,
        "indicator": one.indicator,
        "label": one.label,
        "expected_of": one.expected_of,
        "performed_by": one.performed_by,
        "value": None if current is None else _number(current.value),
        "in_force": None if current is None else _origin(current, zone),
        "former": [_origin(former, zone) for former in one.former],
    }


def _origin(one: Origin, zone: ZoneInfo) -> dict[str, Any]:
    row = {**asdict(one), "value": _number(one.value), "editions": list(one.editions)}
    row["file"] = {"name": row.pop("file_name")}
    return civil(row, zone)


def _number(value: int | Decimal | None) -> int | str | None:
    """Exact: an amount is text, as it is stored."""
    return str(value) if isinstance(value, Decimal) else value
