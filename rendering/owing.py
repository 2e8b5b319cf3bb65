"""What one organisation owes, in words: its name, its due day, where it stands, what to do (contract §8).

Every text that people read about a `Standing` in a mail is here, once. Days are counted in civil days from `day`, the
day on which it is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from domain.compliance import ComplianceStatus
from domain.organisations import Directory
from domain.periods import Period
from domain.steps import Standing
from rendering.escaping import visible
from rendering.french import agree, count, days_late, days_left, joined, long_date, period_name, say, time_of_day
from schemas.codes import department_rank

MOST_LINES: Final = 40
"""CIL/CCI named in one list; the answers and the templates have them all."""
_REASON_CHARS: Final = 300
_TO_DO: Final = {
    ComplianceStatus.TO_CORRECT: "à corriger",
    ComplianceStatus.INCOMPLETE: "à compléter",
}


def name(one: Standing) -> str:
    """« N1A – Suivi de l’activité du CIL-PASS assistance, 1er trimestre 2005 »."""
    return f"{one.collection} – {visible(one.label, 120)}, {period_name(one.period)}"


def short_name(one: Standing) -> str:
    """« N1A 1er trimestre 2005 »."""
    return f"{one.collection} {period_name(one.period)}"


def file_name(one: Standing, suffix: str = ".xlsx") -> str:
    """`N1A_PF03_2005T1.xlsx`: a name that says everything when it is dropped."""
    return f"{one.collection}_{one.organisation}_{one.period.code}{suffix}"


def day_and_month(day: date) -> str:
    """« 30 avril », « 1er mai »: where the year goes without saying."""
    return long_date(day).split(" ", 1)[1].rsplit(" ", 1)[0]


def due_instant(one: Standing) -> str:
    """« samedi 30 avril 2005, 23 h 59 »."""
    return f"{long_date(one.due_on)}, {time_of_day(one.due_at)}"


def days_until_due(one: Standing, day: date) -> int:
    """Civil days from `day` to the due day; negative when it has passed."""
    return (one.due_on - day).days


def due(one: Standing, day: date) -> str:
    """« Échéance : samedi 30 avril 2005, 23 h 59 (il reste 7 jours) »."""
    left = days_until_due(one, day)
    told = {0: "c’est aujourd’hui", 1: "c’est demain"}.get(left) or (days_left(left) if left > 0 else days_late(-left))
    return say("Échéance : {due} ({left})", due=due_instant(one), left=told)


def granted(one: Standing) -> tuple[str, ...]:
    """What moved the due day: an extension of UESL's, or an outage of ours; nothing when nothing did."""
    if one.extended_until is not None and one.extended_until == one.due_on:
        text = "Délai accordé jusqu'au {day} (l'échéance était le {first})"
        return (say(text, day=long_date(one.extended_until), first=long_date(one.first_due_at.date())),)
    if one.excused_reason and one.due_at > one.first_due_at:
        return (
            say(
                "Échéance reportée par le guichet (elle était le {first}) : {reason}",
                first=long_date(one.first_due_at.date()),
                reason=visible(one.excused_reason, _REASON_CHARS),
            ),
        )
    return ()


def wants_mending(one: Standing) -> bool:
    """Whether something was deposited that has to be taken again."""
    return one.dates.first_received_at is not None


def to_do_in_short(one: Standing) -> str:
    """« à déposer », « à corriger », « à compléter »: also when the due day has passed."""
    if one.status is ComplianceStatus.OVERDUE and one.dates.first_received_at is not None:
        return _TO_DO[ComplianceStatus.TO_CORRECT]
    return _TO_DO.get(one.status, "à déposer")


def state(one: Standing, directory: Directory, *, own: bool = True) -> str:
    """Where it stands, in a sentence: nothing received, refused, incomplete with the lines that lack, a good trial.

    `own`: it is said to those who owe it, not about them.
    """
    if one.status is ComplianceStatus.INCOMPLETE:
        return _incomplete(one, directory)
    if one.dates.first_received_at is not None:
        first = _on(one, one.dates.first_received_at)
        return say("Refusé : ce qui a été déposé (d'abord le {first}) n'est pas enregistré.", first=first)
    if one.trial is not None:
        text = "Votre essai du {day} était bon (« {file} ») : il ne compte pas, rien n'est encore déposé."
        if not own:
            text = "Rien n'a été déposé ; un essai du {day} était bon (« {file} »)."
        return say(text, day=_on(one, one.trial.received_at), file=visible(one.trial.file_name, 48))
    return say("Rien n'a été reçu.")


def _incomplete(one: Standing, directory: Directory) -> str:
    accepted = one.dates.first_accepted_at
    received = "Reçu" if accepted is None else f"Reçu le {_on(one, accepted)}"
    if not one.missing_lines:
        text = "{received}, mais pas complet : la dernière réponse, dans retours/, dit ce qui manque."
        return say(text, received=received)
    return say(
        "{received}, mais il manque {lines} : {names}.",
        received=received,
        lines=count(len(one.missing_lines), "ligne"),
        names=members(one.missing_lines, directory),
    )


def _on(one: Standing, instant: datetime) -> str:
    """The civil day; the year is told only when it is not the due day's."""
    day = instant.astimezone(one.due_at.tzinfo).date()
    return day_and_month(day) if day.year == one.due_on.year else f"{day_and_month(day)} {day.year}"


def to_do(one: Standing) -> str:
    """What to do about it, in a sentence."""
    if one.status is ComplianceStatus.INCOMPLETE and one.missing_lines:
        lines = agree(len(one.missing_lines), "la ligne qui manque", "les lignes qui manquent")
        return say("Ajoutez {lines} et redéposez le fichier en entier dans depot/.", lines=lines)
    if wants_mending(one):
        return say("Corrigez votre fichier comme le dit la réponse, dans retours/, et redéposez-le dans depot/.")
    if one.trial is not None:
        return say("Déposez dans depot/ le fichier de votre essai.")
    return say("Déposez {file} dans depot/.", file=file_name(one))


def members(codes: Sequence[str], directory: Directory, most: int = MOST_LINES) -> str:
    """« CIL020 CIL de la Rive droite, CIL021 CIL de la Rive gauche et 3 autres »."""
    shown = [member(code, directory) for code in ordered(codes, directory)[:most]]
    hidden = len(codes) - len(shown)
    return f"{', '.join(shown)} et {count(hidden, 'autre')}" if hidden else joined(shown)


def member(code: str, directory: Directory) -> str:
    """« CIL020 CIL de la Rive droite »."""
    known = directory.by_code.get(code)
    return visible(code, 20) if known is None else f"{code} {visible(known.nom, 80)}"


def ordered(codes: Sequence[str], directory: Directory) -> tuple[str, ...]:
    """In the order of the official tables and of the templates: by département, then name."""

    def place(code: str) -> tuple[int, str, str]:
        known = directory.by_code.get(code)
        return (department_rank((known.departement if known else None) or ""), known.nom if known else "", code)

    return tuple(sorted(codes, key=place))


def periods(found: Sequence[Standing]) -> str:
    """« 1er trimestre 2005 », « 1er trimestre 2005 et année 2004 », each once, in order."""
    return joined([period_name(one) for one in dict.fromkeys(standing.period for standing in found)])


def collections(found: Sequence[Standing]) -> str:
    """« N1A 1er trimestre 2005 », « N1A et N1M 1er trimestre 2005 », « 6 dépôts »."""
    by_period: dict[Period, list[str]] = {}
    for one in found:
        by_period.setdefault(one.period, []).append(one.collection)
    if len(found) == 1:
        return short_name(found[0])
    if len(by_period) == 1 and len(found) <= 3:  # noqa: PLR2004 - what a subject can hold
        [(period, codes)] = by_period.items()
        return f"{joined(codes)} {period_name(period)}"
    return count(len(found), "dépôt")
