"""The alert when a file that held personal data was destroyed (G-12, E `anonymat`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from domain.findings import Finding, Severity
from domain.notices import Event, Notice
from domain.organisations import Directory, Role, Service
from domain.outcome import Outcome
from notifications.envelope import Writing
from notifications.recipients import Recipient, contacts, uesl, unique
from rendering import letter
from rendering.answer import receipt_document
from rendering.escaping import visible
from rendering.french import say, typeset
from rendering.letter import Block, Facts, Headline, Title
from rendering.view import receipt_facts
from rules.anonymity import kind_of

MOST_PLACES: Final = 5


def anonymity_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    outcome: Outcome,
    directory: Directory | None,
    *,
    zone: ZoneInfo,
    reply_to: str | None = None,
    admin: str | None = None,
    services: Sequence[Service | None] = (),
    occasion: str = "",
) -> list[Notice]:
    """To the `responsable` of the organisation, the central body and the administrator.

    Name, fingerprint, time, place and rule; never a value.
    """
    dropped, organisation = outcome.dropped, outcome.organisation
    recipients: list[Recipient] = []
    if directory is not None and organisation is not None:
        for service in tuple(services) or (None,):
            recipients += contacts(directory, organisation.code, Role.RESPONSABLE, service)
    recipients += uesl(directory, Role.PILOTAGE, Role.DIRECTION)
    recipients += [Recipient(address=admin)] if admin else []
    who = organisation.code if organisation else dropped.account
    writing = Writing(
        key=f"anonymity{occasion}:{dropped.submission_id}",
        event=Event.ANONYMITY,
        subject=say("Données nominatives : fichier détruit ({who})", who=visible(who, 20)),
        blocks=_blocks(outcome, zone),
        test=dropped.test,
        submission_id=dropped.submission_id,
        reply_to=reply_to,
    )
    return writing.to(unique(recipients))


def _blocks(outcome: Outcome, zone: ZoneInfo) -> list[Block]:
    dropped, organisation = outcome.dropped, outcome.organisation
    return [
        Headline(
            "Fichier détruit, contenu non conservé",
            say(
                "Le fichier « {file} », déposé par {who}, contenait des données nominatives. Conformément à la loi "
                "« Informatique et Libertés » et au dispositif de pilotage, il a été détruit dès sa lecture.",
                file=visible(dropped.name, 60),
                who=organisation.nom if organisation else dropped.account,
            ),
            "bad",
        ),
        *_places(outcome),
        Title("Ce qui est attendu"),
        letter.points(
            (
                typeset(
                    "L'organisme retire ces données de son fichier, puis le dépose de nouveau : la réponse faite au "
                    "déposant dit, feuille par feuille, où elles sont."
                ),
                typeset("Il vérifie que ses exports ne les contiennent plus, et efface les copies envoyées ailleurs."),
                typeset("Ce dépôt ne compte pas : ce que l'organisme devait, il le doit encore, à la même échéance."),
            ),
        ),
        Title("Le dépôt"),
        Facts(receipt_facts(receipt_document(dropped, organisation, zone)), small=True),
    ]


def _places(outcome: Outcome) -> list[Block]:
    """What was found and where, by kinds and places of ours: not a word of a finding, which might quote."""
    findings = [*outcome.judgement.findings, *(one for part in outcome.sections for one in part.judgement.findings)]
    listed = dict.fromkeys(
        say("{where} : {what} (règle {rule})", where=_where(one), what=kind_of(one.cause or ""), rule=one.code)
        for one in findings
        if one.severity is Severity.BLOCKING
    )
    shown = list(listed)[:MOST_PLACES]
    if len(listed) > len(shown):
        more = len(listed) - len(shown)
        shown.append(
            say("… et {more} autres endroits.", more=str(more)) if more > 1 else typeset("… et un autre endroit.")
        )
    return [Title("Ce qui a été trouvé, et où"), letter.points(shown)] if shown else []


def _where(finding: Finding) -> str:
    if finding.cell:
        return say("cellule {cell}", cell=finding.cell)
    return say("ligne {row}", row=str(finding.row)) if finding.row else typeset("hors des cellules")
