"""What the guichet writes about a deposit: pure functions from facts to messages (contract §11).

Nothing is sent here; a notice goes through the outbox. Each has a `cause_key` (what happened, and for whom), so that
composing it twice never sends it twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from domain.findings import Finding
from domain.notices import Event, Notice
from domain.organisations import Directory, Organisation, Service
from domain.outcome import Outcome
from domain.submissions import DroppedFile
from domain.verdicts import Verdict
from notifications.anonymity import anonymity_notices
from notifications.envelope import Writing
from notifications.incidents import oddity_notices, system_notices, undelivered_notice, unknown_object_notices
from notifications.recipients import depositors
from rendering import letter, wording
from rendering.answer import receipt_document, unquoted, verdict_document
from rendering.causes import Cause, group, value_read
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import count, joined, period_name, say, typeset
from rendering.letter import Banner, Block, Facts, Headline, Item, Line, Points, Title
from rendering.view import AnswerView, SectionView, receipt_facts, view_of

__all__ = [
    "anonymity_notices",
    "oddity_notices",
    "receipt_notices",
    "system_notices",
    "undelivered_notice",
    "unknown_object_notices",
    "verdict_notices",
]

MOST_CAUSES: Final = 5
"""Causes that a mail shows; the report has them all."""


def receipt_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    dropped: DroppedFile,
    organisation: Organisation | None,
    directory: Directory | None,
    *,
    zone: ZoneInfo,
    reply_to: str | None = None,
    admin: str | None = None,
    services: Sequence[Service | None] = (),
) -> list[Notice]:
    """The receipt: the bytes are safe, here is what proves it. Sent before anything is read.

    `services`: of the collection that the name announces, when it does; otherwise every `depot` contact is told.
    """
    document = receipt_document(dropped, organisation, zone)
    who = organisation.code if organisation else dropped.account
    blocks: list[Block] = [Banner(f"{wording.TEST_PREFIX} {wording.TEST_BANNER}")] if dropped.test else []
    blocks += [
        Headline(
            "Fichier reçu",
            typeset("Votre fichier est bien arrivé ; il est conservé. Ce message ne dit rien de son contenu."),
        ),
        Facts(receipt_facts(document)),
        Title("La suite"),
        Line(
            say(
                "Le fichier est examiné maintenant. Le verdict vous parviendra par courriel, et dans le dossier "
                "« retours/{id} » de votre compte. Si vous n'avez rien reçu d'ici une heure, répondez à ce message.",
                id=dropped.submission_id,
            ),
        ),
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
) -> list[Notice]:
    """The verdict to the `depot` contacts, and the anonymity alert when the file was destroyed.

    `known`: the collections by code; a value is quoted only for a collection known not to hold cases (C0-14).
    `occasion`: tells a second verdict on the same deposit (judged again) from the first. `document`: the verdict's
    document when it is made already.
    """
    known = known or {}
    document = document if document is not None else verdict_document(outcome, zone, known)
    view = view_of(document)
    dropped = outcome.dropped
    services = _services(outcome, known)
    writing = Writing(
        key=f"verdict{occasion}:{dropped.submission_id}",
        event=Event.VERDICT,
        subject=_subject(view, document),
        blocks=_verdict_blocks(view, _quotable(outcome, known)),
        test=dropped.test,
        submission_id=dropped.submission_id,
        reply_to=reply_to,
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
    return notices


def _subject(view: AnswerView, document: Mapping[str, Any]) -> str:
    """« Accepté : N1A 1er trimestre 2005 (PF03) »."""
    who = visible(str(document["organisation"] or document["account"]), 20)
    by_period: dict[str, list[str]] = {}
    for section in view.sections:
        if section.collection is not None:
            by_period.setdefault(section.period or "", []).append(section.collection)
    what = ", ".join(
        f"{joined(list(dict.fromkeys(codes)))} {period_name(period)}".strip() for period, codes in by_period.items()
    )
    return say("{verdict} : {what} ({who})", verdict=view.label, what=what or visible(view.file_name, 40), who=who)


def _verdict_blocks(view: AnswerView, quotable: Sequence[bool]) -> list[Block]:
    blocks: list[Block] = [Banner(f"{wording.TEST_PREFIX} {wording.TEST_BANNER}")] if view.test else []
    blocks += [
        Headline(view.label, view.headline, view.tone.value),
        Title("À faire maintenant"),
        letter.points(view.actions),
    ]
    for section, quote in zip(view.sections, quotable, strict=True):
        blocks += _section_blocks(section, alone=len(view.sections) == 1, quote=quote)
    if view.file_findings:
        blocks += [Title("Sur le fichier entier"), letter.points([one.message for one in view.file_findings])]
    blocks += [
        Title("Le rapport complet"),
        Line(
            say(
                "Dans votre compte : retours/{id}/rapport.html (à ouvrir dans un navigateur) et verdict.json (pour un "
                "programme).",
                id=view.submission,
            ),
        ),
        Title("Ce qui reste attendu de vous"),
        letter.points(view.owed) if view.owed else Line("Rien à ce jour."),
        Title("Votre dépôt"),
        Facts(view.facts),
    ]
    return blocks


def _section_blocks(section: SectionView, *, alone: bool, quote: bool) -> list[Block]:
    blocks: list[Block] = [Title(section.title)]
    if not alone:
        blocks.append(Line(say("{label} : {text}", label=section.label, text=section.sentence)))
    blocks += [Line(text) for text in (section.standing, section.deadline) if text]
    if section.collection is not None and section.verdict is not Verdict.DESTROYED:
        figures = ", ".join(f"{figure} {what}" for figure, what in section.counts)
        blocks.append(Line(f"{figures}."))
    if section.missing_lines:
        missing = visible(joined(section.missing_lines), 400)
        blocks.append(Line(say("Lignes attendues qui manquent : {codes}.", codes=missing)))
    causes = section.causes if quote else group(unquoted(one) for one in section.findings)
    shown = causes[:MOST_CAUSES]
    if shown:
        blocks.append(Points(tuple(_cause(one) for one in shown)))
    hidden = len(causes) - len(shown)
    if hidden:
        others = count(hidden, "autre cause", "autres causes")
        blocks.append(Line(say("… et {others}, dans le rapport complet.", others=others)))
    return blocks


def _cause(cause: Cause) -> Item:
    """A cause, where it is, how to mend it, and three examples."""
    text = say("{severity} : {title}", severity=wording.SEVERITIES[cause.severity], title=cause.title)
    details = [cause.places] if cause.places else []
    if cause.count > 1:
        details += [_example(one, advised=cause.hint is None) for one in cause.examples]
        if (others := cause.count - len(cause.examples)) > 0:
            details.append(say("… et {others}, dans le rapport complet.", others=count(others, "autre")))
    return Item(text, tuple(details), cause.hint or "")


def _example(finding: Finding, *, advised: bool) -> str:
    place = finding.cell or (f"ligne {finding.row}" if finding.row is not None else "")
    where = " ".join(part for part in (place, value_read(finding)) if part)
    told = f"{finding.message} {finding.hint}" if advised and finding.hint else finding.message
    return say("{where} : {message}", where=where, message=told) if where else told


def _services(outcome: Outcome, known: Known) -> tuple[Service | None, ...]:
    """Of the sections' collections; empty (= everybody) as soon as one is not known."""
    services: list[Service | None] = []
    for section in outcome.sections:
        facts = known.get(section.judgement.collection or "")
        if facts is None:
            return ()
        services.append(facts.service)
    return tuple(dict.fromkeys(services))


def _quotable(outcome: Outcome, known: Known) -> tuple[bool, ...]:
    if outcome.judgement.destroy or not outcome.sections:
        return (False,) * max(1, len(outcome.sections))
    facts = [known.get(section.judgement.collection or "") for section in outcome.sections]
    return tuple(one is not None and not one.cases for one in facts)
