"""Where a figure comes from, on a terminal (`guichet explain`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal
from itertools import groupby
from typing import Final

from domain.lineage import Origin, Trace
from rendering.escaping import visible
from rendering.french import joined, number, period_name, say, short_instant
from rendering.terminal import TerminalLine, wrap
from rendering.view import Tone

_IN: Final = "  "
_DEEPER: Final = "    "
_REST: Final = "      "


def lineage_lines(traces: Sequence[Trace], asked: str, names: Mapping[str, str], zone: tzinfo) -> list[TerminalLine]:
    """By indicator: its figure of the quarter `asked`, where it was read, what it was before; then its cumul."""
    lines: list[TerminalLine] = []
    if traces:
        member = traces[0].member
        lines += wrap(f"{_named(member, names)}, {period_name(asked)}", strong=True)
    for _, group in groupby(traces, key=lambda one: (one.slug, one.indicator)):
        quarters = sorted(group, key=lambda one: one.period)
        this = next(one for one in quarters if one.period == asked)
        lines += [TerminalLine(""), *wrap(f"{this.unit} – {this.label}", strong=True)]
        lines += _quarter(this, names, zone)
        if len(quarters) > 1:
            lines += _cumul(quarters, names, zone)
    return lines


def _quarter(one: Trace, names: Mapping[str, str], zone: tzinfo) -> list[TerminalLine]:
    current = one.current
    if current is None:
        lines = wrap(_nothing(one, names), tone=Tone.CARE, first=_IN, rest=_DEEPER)
    else:
        lines = wrap(f"{_figure(current)} – {_where(current, names, zone)}", first=_IN, rest=_DEEPER)
        lines += wrap(_shown_in(current), tone=Tone.CALM, first=_DEEPER, rest=_REST)
    for former in one.former:
        if former.to_at is None:  # of another platform than the one that owes the line
            where = _where(former, names, zone)
            told = say("en vigueur aussi, et non retenu : {value} – {where}", value=_figure(former), where=where)
        else:
            told = say(
                "auparavant : {value} – {where}, jusqu'au {until}",
                value=_figure(former),
                where=_where(former, names, zone),
                until=short_instant(former.to_at.astimezone(zone)),
            )
        lines += wrap(told, first=_DEEPER, rest=_REST)
        lines += wrap(_shown_in(former), tone=Tone.CALM, first=_REST, rest=_REST)
    return lines


def _cumul(quarters: Sequence[Trace], names: Mapping[str, str], zone: tzinfo) -> list[TerminalLine]:
    found = [one.current for one in quarters]
    known = [one.value for one in found if one is not None and one.value is not None]
    total = number(sum(known, Decimal(0))) if known else "n.d."
    missing = any(one.current is None and one.expected_of is not None for one in quarters)
    mark = " (incomplet)" if missing else ""
    lines = wrap(say("cumul depuis le 1er janvier : {total}{mark}", total=total, mark=mark), first=_IN)
    for one in quarters:
        current = one.current
        told = _nothing(one, names) if current is None else f"{_figure(current)} – {_where(current, names, zone)}"
        lines += wrap(say("{period} : {told}", period=period_name(one.period), told=told), first=_DEEPER, rest=_REST)
    return lines


def _nothing(one: Trace, names: Mapping[str, str]) -> str:
    if one.expected_of is None and one.performed_by is not None:
        return say("service confié à {who}, dont la ligne le comprend", who=_named(one.performed_by, names))
    if one.expected_of is None:
        when = "ce trimestre" if "T" in one.period else "cette année"
        return say("aucun chiffre : rien n'est attendu pour {when}", when=when)
    return say("n.d. : attendu de {who}, rien n'est en vigueur", who=_named(one.expected_of, names))


def _where(one: Origin, names: Mapping[str, str], zone: tzinfo) -> str:
    if one.nil:
        place = say("« état néant » du dépôt")
    else:
        place = say("enregistrements du dépôt") if one.row is None else say("ligne {row} du dépôt", row=one.row)
    return say(
        "{place} {submission} ({file}) de {who}, reçu le {received}, en vigueur depuis le {since}",
        place=place,
        submission=one.submission,
        file=visible(one.file_name, 60),
        who=_named(one.organisation, names),
        received=short_instant(one.received_at.astimezone(zone)),
        since=short_instant(one.from_at.astimezone(zone)),
    )


def _shown_in(one: Origin) -> str:
    if not one.editions:
        return say("dans aucune édition des tableaux")
    return say("dans les éditions : {editions}", editions=joined(one.editions))


def _figure(one: Origin) -> str:
    return "vide" if one.value is None else number(one.value)


def _named(code: str, names: Mapping[str, str]) -> str:
    name = names.get(code)
    return f"{code} {visible(name, 80)}" if name else code
