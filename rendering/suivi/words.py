"""What is written of one obligation in the « Suivi des échéances », short enough for a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from domain.compliance import ComplianceStatus
from domain.punctuality import Rate
from domain.steps import Standing, Step
from domain.suivi import Suivi, SuiviLine, Totals, totals
from rendering import wording
from rendering.compliance import MARKS
from rendering.french import NBSP, count, number, period_name, say, short_date
from rendering.view import Tone

STEPS: Final[Mapping[Step, str]] = {
    Step.OPENING: "ouverture",
    Step.BEFORE_15: "J-15",
    Step.BEFORE_7: "J-7",
    Step.BEFORE_1: "J-1",
    Step.AFTER_1: "J+1",
    Step.AFTER_7: "J+7",
    Step.AFTER_15: "J+15",
    Step.REPEATED: "retards répétés",
}
_TONES: Final[Mapping[ComplianceStatus, Tone | None]] = {
    ComplianceStatus.ON_TIME: Tone.GOOD,
    ComplianceStatus.LATE: Tone.CARE,
    ComplianceStatus.TO_CORRECT: Tone.CARE,
    ComplianceStatus.INCOMPLETE: Tone.CARE,
    ComplianceStatus.OVERDUE: Tone.BAD,
    ComplianceStatus.OPEN: Tone.CALM,
    ComplianceStatus.UPCOMING: None,
    ComplianceStatus.WAIVED: None,
}
_COMPLETE: Final = frozenset({ComplianceStatus.ON_TIME, ComplianceStatus.LATE})
LEGEND: Final = (
    (MARKS[ComplianceStatus.ON_TIME], "reçu dans les délais, le jour indiqué"),
    (f"{MARKS[ComplianceStatus.LATE]} +3{NBSP}j", "reçu avec 3 jours de retard"),
    (MARKS[ComplianceStatus.OVERDUE], "en retard, rien d’accepté"),
    (MARKS[ComplianceStatus.INCOMPLETE], "incomplet"),
    (MARKS[ComplianceStatus.TO_CORRECT], "refusé, à corriger"),
    (MARKS[ComplianceStatus.OPEN], "attendu pour le jour indiqué"),
    (MARKS[ComplianceStatus.WAIVED], "dispensé"),
)
"""What the marks mean, each with its words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StateWords:
    """A state in three lengths: a mark, a few characters beside it, and a sentence; `tone` only adds colour."""

    mark: str
    brief: str
    full: str
    tone: Tone | None


def state_of(line: SuiviLine) -> StateWords:
    """The state of one obligation."""
    one = line.standing
    tone = Tone.BAD if line.past_due else _TONES[one.status]
    return StateWords(mark=MARKS[one.status], brief=_brief(line), full=_full(line), tone=tone)


def _brief(line: SuiviLine) -> str:
    one = line.standing
    if one.status is ComplianceStatus.ON_TIME and one.dates.complete_at is not None:
        day = day_month(local(one, one.dates.complete_at))
        return f"néant {day}" if one.nil else day
    if one.status in {ComplianceStatus.LATE, ComplianceStatus.OVERDUE}:
        return late_brief(one)
    if one.status is ComplianceStatus.INCOMPLETE:
        return late_brief(one) if line.past_due else "incomplet"
    if one.status is ComplianceStatus.TO_CORRECT:
        return "refusé"
    return "dispensé" if one.status is ComplianceStatus.WAIVED else day_month(one.due_at)


def _full(line: SuiviLine) -> str:
    one = line.standing
    word = wording.STATUSES[one.status]
    if one.status is ComplianceStatus.OVERDUE and one.dates.first_received_at is not None:
        word = say("en retard, dépôt refusé")
    elif one.status is ComplianceStatus.INCOMPLETE:
        missing = len(one.missing_lines)
        lacks = say(" : il manque {lines}", lines=count(missing, "ligne")) if missing else ""
        word = f"{'en retard, ' if line.past_due else ''}incomplet{lacks}"
    if one.nil and one.status in _COMPLETE:
        word = f"{word} (état néant)"
    return word


def late_brief(one: Standing) -> str:
    """« +3 j », « < 1 j » within the day."""
    return f"+{one.days_late}{NBSP}j" if one.days_late else f"<{NBSP}1{NBSP}j"


def late_days(line: SuiviLine) -> str:
    """The days late as a figure; empty when in time."""
    return number(line.standing.days_late) if line.past_due or line.standing.status is ComplianceStatus.LATE else ""


def day_month(instant: datetime) -> str:
    """« 30/04 »."""
    return f"{instant:%d/%m}"


def local(one: Standing, instant: datetime) -> datetime:
    """The instant in civil time, as the due instant is."""
    return instant.astimezone(one.due_at.tzinfo)


def received_on(one: Standing) -> str:
    """« Date de premier dépôt »."""
    first = one.dates.first_received_at
    return "" if first is None else short_date(local(one, first).date())


def accepted_on(one: Standing) -> str:
    """« Date d’acceptation »: of what completed it, else of what was accepted first."""
    found = accepted_at(one)
    return "" if found is None else short_date(local(one, found).date())


def accepted_at(one: Standing) -> datetime | None:
    """The receipt of what completed it, else of what was accepted first."""
    return one.dates.complete_at if one.status in _COMPLETE else one.dates.first_accepted_at


def dates_of(one: Standing, today: date) -> tuple[str, ...]:
    """« échéance 30/04 », « 1er dépôt 20/04 », « accepté 20/04 »; with the year when it is not this one."""
    told = (
        ("échéance", one.due_at),
        ("1er dépôt", one.dates.first_received_at),
        ("accepté", accepted_at(one)),
    )
    return tuple(f"{what} {_near(local(one, at).date(), today)}" for what, at in told if at is not None)


def _near(day: date, today: date) -> str:
    return f"{day:%d/%m}" if day.year == today.year else short_date(day)


def reminders(steps: Iterable[Step]) -> tuple[str, ...]:
    """« J-7 », « J+1 ». The opening is no reminder."""
    return tuple(STEPS[one] for one in steps if one is not Step.OPENING)


def granted(one: Standing) -> str:
    """Why the due day is not the usual one, or why nothing is due; empty when nothing changed."""
    if one.waived_reason is not None:
        return say("dispense : {reason}", reason=one.waived_reason)
    if one.extended_until is not None and one.extended_until == one.due_on:
        return "délai accordé"
    return "reportée, panne du guichet" if one.excused_reason and one.due_at > one.first_due_at else ""


def percent(rate: Rate) -> str:
    """« 87,5 % », or a dash when nothing was due."""
    if rate.percent is None:
        return "–"
    decimals = 0 if rate.percent == rate.percent.to_integral_value() else 1
    return f"{number(rate.percent, decimals)}{NBSP}%"


def share(rate: Rate) -> str:
    """« 7 sur 8 »."""
    return say("{punctual} sur {due}", punctual=number(rate.punctual), due=number(rate.due)) if rate.due else ""


def totals_sentence(found: Totals) -> str:
    """« 8 dépôts complets sur 10 attendus, dont 1 en retard ; 1 manque ; 1 est attendu »."""
    if not found.expected:
        return "rien n’est attendu"
    parts = [
        say(
            "{received} sur {expected}",
            received=count(found.received, "dépôt complet", "dépôts complets"),
            expected=count(found.expected, "attendu"),
        )
        + (f", dont {number(found.late)} en retard" if found.late else "")
    ]
    if found.incomplete:
        parts.append(count(found.incomplete, "incomplet"))
    if found.missing:
        parts.append(count(found.missing, "manquant"))
    if found.awaited:
        parts.append(say("{count} pas encore à échéance", count=number(found.awaited)))
    return say(" ; ").join(parts)


def latest_sentence(suivi: Suivi) -> str:
    """« 1er trimestre 2005 : 8 dépôts complets sur 10 attendus. »: the periods that ended last, a sentence each."""
    periods = dict.fromkeys(line.standing.period for line in suivi.latest)
    return " ".join(
        say(
            "{period} : {told}.",
            period=capital(period_name(period)),
            told=totals_sentence(totals(line for line in suivi.latest if line.standing.period == period)),
        )
        for period in periods
    )


def capital(text: str) -> str:
    """The text as a sentence begins."""
    return f"{text[:1].upper()}{text[1:]}"
