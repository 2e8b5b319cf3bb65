"""What the guichet writes about a deposit: pure functions from facts to messages (contract §11).

Nothing is sent here; a notice goes through the outbox. Each has a `cause_key` (what happened, and for whom), so that
composing it twice never sends it twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.notices import Event, Notice
from domain.organisations import Directory, Organisation, Service
from domain.outcome import Outcome
from domain.submissions import DroppedFile
from domain.verdicts import Verdict
from notifications import verdict
from notifications.alerts import alert_notices
from notifications.anonymity import anonymity_notices
from notifications.envelope import Writing
from notifications.incidents import oddity_notices, system_notices, undelivered_notice, unknown_object_notices
from notifications.recipients import depositors
from notifications.verdict import Files
from rendering import wording
from rendering.answer import receipt_document, verdict_document
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import days_late, days_left, long_instant, period_name, say, typeset
from rendering.letter import Banner, Block, Facts, Headline, Line, Title
from rendering.view import receipt_facts, view_of

__all__ = [
    "Announced",
    "anonymity_notices",
    "oddity_notices",
    "receipt_notices",
    "system_notices",
    "undelivered_notice",
    "unknown_object_notices",
    "verdict_notices",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """What the file's name announces. `due_at`: when it is still owed, in the desk's civil time."""

    collection: str
    label: str
    period: str
    due_at: datetime | None = None


def receipt_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    dropped: DroppedFile,
    organisation: Organisation | None,
    directory: Directory | None,
    *,
    zone: ZoneInfo,
    reply_to: str | None = None,
    admin: str | None = None,
    services: Sequence[Service | None] = (),
    announced: Announced | None = None,
) -> list[Notice]:
    """The receipt: the bytes are safe, here is what proves it. Sent before anything is read.

    `services`: of the collection that the name announces, when it does; otherwise every `depot` contact is told.
    """
    who = organisation.code if organisation else dropped.account
    blocks: list[Block] = [Banner(f"{wording.TEST_PREFIX} {wording.TEST_BANNER}")] if dropped.test else []
    blocks += [
        Headline("Fichier reçu", typeset("Votre fichier est arrivé entier ; il est conservé."), "good"),
        *_announced(announced, dropped, zone),
        Line(
            say(
                "Il est examiné maintenant : le verdict suit par courriel et dans retours/{id}. Rien d'ici une heure ? "
                "Répondez à ce message.",
                id=dropped.submission_id,
            ),
        ),
        Title("Preuve de votre dépôt"),
        Facts(receipt_facts(receipt_document(dropped, organisation, zone)), small=True),
    ]
    writing = Writing(
        key=f"receipt:{dropped.submission_id}",
        event=Event.RECEIPT,
        subject=say("Reçu : {file} ({who})", file=visible(dropped.name, 48), who=visible(who, 20)),
        blocks=blocks,
        test=dropped.test,
        submission_id=dropped.submission_id,
        reply_to=reply_to,
    )
    return writing.to(depositors(directory, organisation, services, admin=admin))


def _announced(announced: Announced | None, dropped: DroppedFile, zone: ZoneInfo) -> list[Block]:
    """What the name says it is, and by when that is due: an error in the name is seen at once."""
    if announced is None:
        return []
    name = f"{announced.collection} – {announced.label}, {period_name(announced.period)}"
    due_at = announced.due_at
    if due_at is None:
        return [Line(say("D'après son nom : {name}.", name=name))]
    left = (due_at.astimezone(zone).date() - dropped.received_at.astimezone(zone).date()).days
    passed = dropped.received_at > due_at
    template = "D'après son nom : {name} – échéance {passed}le {due} ({left})."
    return [
        Line(
            say(
                template,
                name=name,
                passed="passée depuis " if passed else "",
                due=long_instant(due_at.astimezone(zone)),
                left=days_late(-left) if passed else days_left(left),
            ),
        ),
    ]


def verdict_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    outcome: Outcome,
    directory: Directory | None,
    *,
    zone: ZoneInfo,
    reply_to: str | None = None,
    admin: str | None = None,
    known: Known | None = None,
    occasion: str = "",
    document: Mapping[str, Any] | None = None,
    files: Sequence[str] = (),
    attachable: bool = False,
) -> list[Notice]:
    """The verdict to the `depot` contacts, and the anonymity alert when the file was destroyed.

    `known`: the collections by code; a value is quoted only for a collection known not to hold cases (C0-14).
    `occasion`: tells a second verdict on the same deposit (judged again) from the first. `document`: the verdict's
    document when it is made already. `files`: names of the files made for this answer, which wait in `retours/`;
    `attachable`: the annotated copy is small enough for a mail. It never leaves by mail when it may hold cases.
    """
    known = known or {}
    document = document if document is not None else verdict_document(outcome, zone, known)
    view = view_of(document)
    dropped = outcome.dropped
    services = _services(outcome, known)
    quotable = _quotable(outcome, known)
    made = _files(files, quotable, attachable=attachable)
    writing = Writing(
        key=f"verdict{occasion}:{dropped.submission_id}",
        event=Event.VERDICT,
        subject=verdict.subject(view, document),
        blocks=verdict.blocks(view, document, quotable, made),
        test=dropped.test,
        submission_id=dropped.submission_id,
        reply_to=reply_to,
        attachments=made.attachments,
    )
    notices = writing.to(depositors(directory, outcome.organisation, services, admin=admin))
    if outcome.judgement.verdict is Verdict.DESTROYED:
        notices += anonymity_notices(
            outcome,
            directory,
            zone=zone,
            reply_to=reply_to,
            admin=admin,
            services=services,
            occasion=occasion,
        )
    return notices + alert_notices(
        outcome, directory, zone=zone, known=known, reply_to=reply_to, admin=admin, occasion=occasion
    )


def _services(outcome: Outcome, known: Known) -> tuple[Service | None, ...]:
    """Of the sections' collections; empty (= everybody) as soon as one is not known."""
    services: list[Service | None] = []
    for section in outcome.sections:
        facts = known.get(section.judgement.collection or "")
        if facts is None:
            return ()
        services.append(facts.service_in(section.judgement.period))
    return tuple(dict.fromkeys(services))


def _files(names: Sequence[str], quotable: Sequence[bool], *, attachable: bool) -> Files:
    """What the mail says of the files; a whole workbook is quoted only when all of its sections may be."""
    cases = not all(quotable)
    attached = attachable and not cases and verdict.ANNOTATED in names
    return Files(names=tuple(names), attached=attached, cases=cases)


def _quotable(outcome: Outcome, known: Known) -> tuple[bool, ...]:
    if outcome.judgement.destroy or not outcome.sections:
        return (False,) * max(1, len(outcome.sections))
    facts = [known.get(section.judgement.collection or "") for section in outcome.sections]
    return tuple(one is not None and not one.cases for one in facts)
