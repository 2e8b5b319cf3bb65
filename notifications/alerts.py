"""What the central body is told at once of a deposit: the lines that a rule of the collection singles out (C9).

Neither a value nor a word of the file: how many lines, where, in whose deposit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from domain.findings import Severity
from domain.notices import Event, Notice
from domain.organisations import Directory, Role
from domain.outcome import Outcome, SectionOutcome
from notifications.envelope import Writing
from notifications.recipients import Recipient, uesl, unique
from rendering.answer import receipt_document
from rendering.collections import CollectionFacts, Known
from rendering.escaping import visible
from rendering.french import agree, count, joined, period_name, say
from rendering.letter import Block, Facts, Headline, Line, Title
from rendering.view import receipt_facts

MOST_ROWS: Final = 12
_GRAVE: Final = frozenset({Severity.ERROR, Severity.BLOCKING})


def alert_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    outcome: Outcome,
    directory: Directory | None,
    *,
    zone: ZoneInfo,
    known: Known,
    reply_to: str | None = None,
    admin: str | None = None,
    occasion: str = "",
) -> list[Notice]:
    """To the central body (to the administrator when the register names nobody there); nothing of a trial."""
    if outcome.dropped.test:
        return []
    recipients = list(uesl(directory, Role.PILOTAGE, Role.DIRECTION))
    recipients = recipients or ([Recipient(address=admin)] if admin else [])
    notices: list[Notice] = []
    for position, section in enumerate(outcome.sections):
        facts = known.get(section.judgement.collection or "")
        rows = [] if facts is None or not section.in_force else _rows(section, facts.alerts)
        if facts is not None and rows:
            writing = Writing(
                key=f"alert{occasion}:{outcome.dropped.submission_id}:{position}",
                event=Event.ANOMALY,
                subject=_subject(outcome, section, facts, len(rows)),
                blocks=_blocks(outcome, facts, rows, zone),
                submission_id=outcome.dropped.submission_id,
                reply_to=reply_to,
            )
            notices += writing.to(unique(recipients))
    return notices


def _rows(section: SectionOutcome, codes: Sequence[str]) -> list[int]:
    """The accepted lines that a rule singles out."""
    findings = section.judgement.findings
    refused = {one.row for one in findings if one.severity in _GRAVE}
    return sorted({one.row for one in findings if one.code in codes and one.row is not None} - refused)


def _who(outcome: Outcome) -> str:
    return outcome.organisation.code if outcome.organisation else outcome.dropped.account


def _subject(outcome: Outcome, section: SectionOutcome, facts: CollectionFacts, lines: int) -> str:
    period = section.judgement.period
    return say(
        "À signaler : {lines} de {collection} {period} ({who})",
        lines=count(lines, "ligne"),
        collection=facts.code,
        period="" if period is None else period_name(period.code),
        who=visible(_who(outcome), 20),
    )


def _blocks(outcome: Outcome, facts: CollectionFacts, rows: Sequence[int], zone: ZoneInfo) -> list[Block]:
    organisation = outcome.organisation
    shown = joined([str(row) for row in rows[:MOST_ROWS]]) + ("…" if len(rows) > MOST_ROWS else "")
    return [
        Headline(
            say("{collection} : à voir sans attendre", collection=facts.label),
            say(
                "Un dépôt de {who} compte {lines} {marked} de la gravité la plus haute.",
                who=organisation.nom if organisation else visible(outcome.dropped.account, 40),
                lines=count(len(rows), "ligne"),
                marked=agree(len(rows), "déclarée"),
            ),
            "bad",
        ),
        Line(
            say(
                "{where} {rows} du fichier. Ce message n'en cite rien : la base et l'organisme disent le reste.",
                where=agree(len(rows), "Ligne", "Lignes"),
                rows=shown,
            )
        ),
        Line(say("Un dépôt qui reprend ces lignes est signalé de nouveau.")),
        Title("Le dépôt"),
        Facts(receipt_facts(receipt_document(outcome.dropped, organisation, zone)), small=True),
    ]
