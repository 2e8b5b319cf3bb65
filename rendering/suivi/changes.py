"""What changed about one obligation, on one line of a mail to the central body."""

from __future__ import annotations

from typing import Final

from domain.bulletins import Change, ChangeKind
from domain.steps import Standing
from domain.suivi import Suivi
from rendering.escaping import visible
from rendering.french import count, days_late, joined, say, short_date
from rendering.suivi.words import accepted_on, received_on

_NAME_CHARS: Final = 60
_REASON_CHARS: Final = 200
_MOST_LINES: Final = 8


def change_text(change: Change, suivi: Suivi) -> str:
    """« PF03 Plate-forme Île-de-France : attendu le 30/04/2005, rien reçu »."""
    one = change.standing
    name = suivi.name(one.organisation)
    who = one.organisation if name == one.organisation else f"{one.organisation} {visible(name, _NAME_CHARS)}"
    return say("{who} : {what}", who=who, what=_what(change.kind, one))


def _what(kind: ChangeKind, one: Standing) -> str:  # noqa: PLR0911 - one a kind of change
    due = short_date(one.due_on)
    if kind is ChangeKind.OVERDUE:
        return say("attendu le {due}, {state}", due=due, state=_state(one))
    if kind in {ChangeKind.REOPENED, ChangeKind.INCOMPLETE}:
        return f"{_lacking(one)}{_lateness(one)}"
    if kind is ChangeKind.REJECTED:
        refused = say("fichier du {day} refusé, échéance le {due}", day=received_on(one), due=due)
        return f"{refused}{_lateness(one)}"
    if kind in {ChangeKind.LATE, ChangeKind.ON_TIME}:
        came = say("le {day}", day=accepted_on(one)) + (", état néant" if one.nil else "")
        return f"{came}{_lateness(one)}"
    if kind is ChangeKind.EXTENDED and one.extended_until is not None:
        return say("jusqu'au {day}", day=short_date(one.extended_until))
    if kind is ChangeKind.WAIVED:
        return visible(one.waived_reason or "", _REASON_CHARS)
    if kind is ChangeKind.EXCUSED:
        return say("{due}, {reason}", due=due, reason=visible(one.excused_reason or "", _REASON_CHARS))
    return say("échéance le {due}", due=short_date(one.first_due_at.date()))


def _state(one: Standing) -> str:
    if one.dates.first_accepted_at is not None:
        return _lacking(one)
    if one.dates.first_received_at is not None:
        return say("fichier du {day} refusé", day=received_on(one))
    if one.trial is not None:
        return say("un essai réussi le {day}, mais aucun dépôt", day=short_date(one.trial.received_at.date()))
    return "rien reçu"


def _lacking(one: Standing) -> str:
    """« il manque 2 lignes (CIL020 et CIL021) »."""
    missing = one.missing_lines
    if not missing:
        return "des lignes sont refusées"
    named = [visible(code, 40) for code in missing[:_MOST_LINES]]
    more = len(missing) - len(named)
    listed = joined([*named, count(more, "autre")] if more else named)
    return say("il manque {lines} ({named})", lines=count(len(missing), "ligne"), named=listed)


def _lateness(one: Standing) -> str:
    return f" ({days_late(one.days_late)})" if one.days_late else ""
