"""The effects of an import in words: English for the administrator, French for UESL's own deposit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ingest.register.effects import Effect, EffectKind, Effects
from rules.messages import typeset

SHOWN = 6
"""Codes and periods named in one line; the number of the others follows (the data has them all)."""


def english_line(effect: Effect) -> str:
    """One effect."""
    return _ENGLISH[effect.kind](effect.subject, effect.data)


def english(effects: Effects) -> tuple[str, ...]:
    """The effects for a terminal: one line each, or one for many of a kind that are alike."""
    lines: list[str] = []
    for kind in EffectKind:
        found = effects.of(kind)
        if kind in _GROUPED and len(found) > SHOWN:
            lines.append(f"{len(found)} {_GROUPED[kind]}: {_some([one.subject for one in found], 'and {} more')}")
        else:
            lines.extend(english_line(one) for one in found)
    return tuple(lines)


_GROUPED = {
    EffectKind.ORGANISATION_ADDED: "organisations are added",
    EffectKind.ORGANISATION_ENDED: "organisations end",
    EffectKind.ADHESIONS_CHANGED: "adhesions of a CIL/CCI for a service change",
    EffectKind.DELEGATIONS_CHANGED: "delegations of a CIL/CCI for a service change",
    EffectKind.RECIPIENT_ADDED: "recipients will get the tables",
    EffectKind.RECIPIENT_REMOVED: "recipients will no longer get the tables",
    EffectKind.CONTACTS_CHANGED: "organisations have other contacts",
}
"""Said in one line when there are many; `--format json` has them all."""


def french(effects: Effects) -> tuple[tuple[Effect, str], ...]:
    """Each effect with its sentence, for the answer to a deposit."""
    return tuple((effect, typeset(_FRENCH[effect.kind](effect.subject, effect.data))) for effect in effects.items)


def summary(effects: Effects) -> str:
    """One English line that counts."""
    if not effects:
        return "nothing changes"
    counts: dict[str, int] = {}
    for effect in effects.items:
        counts[effect.kind.value] = counts.get(effect.kind.value, 0) + 1
    return ", ".join(f"{count} × {kind.replace('_', ' ')}" for kind, count in counts.items())


def _some(values: list[str], more: str) -> str:
    shown = ", ".join(values[:SHOWN])
    return shown if len(values) <= SHOWN else f"{shown} {more.format(len(values) - SHOWN)}"


def _periods(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"{values[0]}–{values[-1]} ({len(values)})"


def _en_span(span: dict[str, str | None]) -> str:
    first, last = span["first_day"], span["last_day"]
    words = [word for word in (first and f"from {first}", last and f"to {last}") if word]
    return " ".join([str(span["to"]), *words])


def _fr_span(span: dict[str, str | None]) -> str:
    first, last = span["first_day"], span["last_day"]
    words = [word for word in (first and f"du {_fr_day(first)}", last and f"au {_fr_day(last)}") if word]
    if first and not last:
        words = [f"à partir du {_fr_day(first)}"]
    elif last and not first:
        words = [f"jusqu’au {_fr_day(last)}"]
    return " ".join([str(span["to"]), *words])


def _fr_day(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{day}/{month}/{year}"


def _en_moves(what: str, code: str, data: dict[str, Any]) -> str:
    was = " then ".join(map(_en_span, data["from"])) or "none"
    now = " then ".join(map(_en_span, data["to"])) or "none"
    return f"{what} of {code} for {data['service']}: {was} -> {now}"


def _fr_moves(what: str, code: str, data: dict[str, Any]) -> str:
    was = " puis ".join(map(_fr_span, data["from"])) or "aucune"
    now = " puis ".join(map(_fr_span, data["to"])) or "aucune"
    return f"{what} de {code} pour {data['service']} : {was} → {now}."


def _en_changed(code: str, data: dict[str, Any]) -> str:
    parts = [f"{one['field']} {one['from'] or '(empty)'} -> {one['to'] or '(empty)'}" for one in data["changes"]]
    return f"organisation {code} changes: {'; '.join(parts)}"


def _fr_changed(code: str, data: dict[str, Any]) -> str:
    parts = [f"{one['field']} « {one['from'] or ''} » → « {one['to'] or ''} »" for one in data["changes"]]
    return f"Organisation {code} modifiée : {' ; '.join(parts)}."


def _en_lines(code: str, data: dict[str, Any]) -> str:
    parts = []
    if data["added"]:
        parts.append(f"+ {_some(data['added'], 'and {} more')}")
    if data["removed"]:
        parts.append(f"- {_some(data['removed'], 'and {} more')}")
    where = f"{data['collection']} {_periods(data['periods'])}"
    return f"expected lines of {code}, {where}: {'; '.join(parts)} (total {data['total']})"


def _fr_lines(code: str, data: dict[str, Any]) -> str:
    parts = []
    if data["added"]:
        parts.append(f"en plus {_some(data['added'], 'et {} autres')}")
    if data["removed"]:
        parts.append(f"en moins {_some(data['removed'], 'et {} autres')}")
    where = f"{data['collection']} {_periods(data['periods'])}"
    return f"Lignes attendues de {code}, {where} : {' ; '.join(parts)} ({data['total']} en tout)."


def _en_account(account: str, data: dict[str, Any]) -> str:
    former = f", formerly {data['formerly']}'s" if data["formerly"] else ""
    return (
        f"account {account} for {data['organisation']}{former}: folders are made; "
        f"let it in with: guichet account add {account}"
    )


def _en_ended(account: str, data: dict[str, Any]) -> str:
    when = f" after {data['last_day']}" if data["last_day"] else ""
    return f"account {account} of {data['organisation']} ends{when}: close it with: guichet account disable {account}"


def _en_again(_: str, data: dict[str, Any]) -> str:
    names = _some(data["submissions"], "and {} more")
    return f"{len(data['submissions'])} deposit(s) refused because of the register are judged again: {names}"


def _fr_again(_: str, data: dict[str, Any]) -> str:
    return f"{len(data['submissions'])} dépôt(s) refusé(s) à cause de l’annuaire seront jugés de nouveau."


def _counted(data: dict[str, Any], more: str, less: str) -> str:
    return f"{len(data['added'])} {more}, {len(data['removed'])} {less}"


def _service(data: dict[str, Any]) -> str:
    return f" ({data['service']})" if data["service"] else ""


def _en_due(code: str, data: dict[str, Any]) -> str:
    what = {"": "is owed again", "dispense": "is waived"}.get(data["detail"], f"is due on {data['detail']}")
    return f"{data['collection']} {_periods(data['periods'])} {what} for {code}"


def _fr_due(code: str, data: dict[str, Any]) -> str:
    detail = data["detail"]
    what = {"": "est de nouveau dû", "dispense": "est dispensé"}.get(detail)
    if what is None:
        what = f"est dû le {_fr_day(detail)}"
    return f"{code} : {data['collection']} {_periods(data['periods'])} {what}."


def _fr_contacts(code: str, data: dict[str, Any]) -> str:
    return f"Contacts de {code} (hors diffusion) : {_counted(data, 'en plus', 'en moins')}."


def _en_contacts(code: str, data: dict[str, Any]) -> str:
    parts = [*(f"+ {one}" for one in data["added"]), *(f"- {one}" for one in data["removed"])]
    return f"contacts of {code}: {_some(parts, 'and {} more')}"


Wording = Mapping[EffectKind, Callable[[str, dict[str, Any]], str]]

_ENGLISH: Wording = {
    EffectKind.ORGANISATION_ADDED: lambda code, data: f"organisation {code} ({data['type']}) {data['nom']} is added",
    EffectKind.ORGANISATION_CHANGED: _en_changed,
    EffectKind.ORGANISATION_ENDED: lambda code, data: (
        f"organisation {code} {data['nom']} "
        + (f"ends on {data['last_day']}" if data["last_day"] else "disappears: it had not begun")
    ),
    EffectKind.ACCOUNT_ADDED: _en_account,
    EffectKind.ACCOUNT_ENDED: _en_ended,
    EffectKind.ADHESIONS_CHANGED: lambda code, data: _en_moves("platform", code, data),
    EffectKind.DELEGATIONS_CHANGED: lambda code, data: _en_moves("delegation", code, data),
    EffectKind.OBLIGATION_ADDED: lambda code, data: f"{code} now owes {data['collection']} {_periods(data['periods'])}",
    EffectKind.OBLIGATION_REMOVED: lambda code, data: (
        f"{code} no longer owes {data['collection']} {_periods(data['periods'])}"
    ),
    EffectKind.OBLIGATION_CHANGED: _en_due,
    EffectKind.RULES_CHANGED: lambda code, data: f"special obligations of {code}: {_counted(data, 'added', 'removed')}",
    EffectKind.LINES_CHANGED: _en_lines,
    EffectKind.RECIPIENT_ADDED: lambda mail, data: (
        f"recipient {mail} of {data['organisation']}{_service(data)} will get the tables"
    ),
    EffectKind.RECIPIENT_REMOVED: lambda mail, data: (
        f"recipient {mail} of {data['organisation']}{_service(data)} will no longer get the tables"
    ),
    EffectKind.CONTACTS_CHANGED: _en_contacts,
    EffectKind.JUDGED_AGAIN: _en_again,
    EffectKind.EDITION_CHANGED: lambda code, _: f"edition {code} changes",
}
_FRENCH: Wording = {
    EffectKind.ORGANISATION_ADDED: lambda code, data: f"Organisation ajoutée : {code} ({data['nom']}).",
    EffectKind.ORGANISATION_CHANGED: _fr_changed,
    EffectKind.ORGANISATION_ENDED: lambda code, data: (
        f"Organisation {code} ({data['nom']}) "
        + (f"close le {_fr_day(data['last_day'])}." if data["last_day"] else "retirée : elle n’avait pas commencé.")
    ),
    EffectKind.ACCOUNT_ADDED: lambda account, data: (
        f"Compte SFTP {account} pour {data['organisation']} : l’administrateur doit en ouvrir l’accès."
    ),
    EffectKind.ACCOUNT_ENDED: lambda account, data: f"Compte SFTP {account} de {data['organisation']} : il prend fin.",
    EffectKind.ADHESIONS_CHANGED: lambda code, data: _fr_moves("Plate-forme", code, data),
    EffectKind.DELEGATIONS_CHANGED: lambda code, data: _fr_moves("Délégation", code, data),
    EffectKind.OBLIGATION_ADDED: lambda code, data: (
        f"{code} doit désormais {data['collection']} {_periods(data['periods'])}."
    ),
    EffectKind.OBLIGATION_REMOVED: lambda code, data: (
        f"{code} ne doit plus {data['collection']} {_periods(data['periods'])}."
    ),
    EffectKind.OBLIGATION_CHANGED: _fr_due,
    EffectKind.RULES_CHANGED: lambda code, data: (
        f"Obligations particulières de {code} : {_counted(data, 'en plus', 'en moins')}."
    ),
    EffectKind.LINES_CHANGED: _fr_lines,
    EffectKind.RECIPIENT_ADDED: lambda mail, data: f"{mail} ({data['organisation']}) recevra les tableaux.",
    EffectKind.RECIPIENT_REMOVED: lambda mail, data: f"{mail} ({data['organisation']}) ne recevra plus les tableaux.",
    EffectKind.CONTACTS_CHANGED: _fr_contacts,
    EffectKind.JUDGED_AGAIN: _fr_again,
    EffectKind.EDITION_CHANGED: lambda code, _: f"L’édition {code} change.",
}
