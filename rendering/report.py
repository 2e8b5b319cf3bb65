"""The pages that a depositor opens: `rapport.html` and `situation.html`. Each is one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from domain.findings import Finding
from domain.situation import Deposit, SituationView
from domain.submissions import SubmissionState
from domain.verdicts import Verdict
from rendering import wording
from rendering.causes import value_read
from rendering.environment import render
from rendering.escaping import visible
from rendering.french import period_name, say, short_instant
from rendering.view import SEVERITY_TONES, VERDICT_TONES, Tone, view_of


def report_html(document: Mapping[str, Any]) -> str:
    """`rapport.html` from a verdict document: the verdict first, what to do, then everything that was found."""
    view = view_of(document)
    title = f"{view.label} – {view.file_name}"
    return render(
        "rapport.html.j2",
        {
            "view": view,
            "title": f"{wording.TEST_PREFIX} {title}" if view.test else title,
            "banner": wording.TEST_BANNER if view.test else "",
            "tones": SEVERITY_TONES,
            "place": _place,
            "value_read": value_read,
        },
    )


def _place(finding: Finding) -> str:
    """« E9 », else « ligne 9 », else « fichier »."""
    if finding.cell:
        return visible(finding.cell, 20)
    return f"ligne {finding.row}" if finding.row is not None else "ensemble"


def situation_html(view: SituationView, zone: ZoneInfo) -> str:
    """`situation.html`: what is still owed first, then the account's deposits."""
    made_at = view.made_at.astimezone(zone)
    owed = [
        {
            "text": wording.owed(
                f"{one.collection} – {one.label}",
                period_name(one.period),
                one.status,
                one.due_at.astimezone(zone),
                made_at,
            ),
            "late": made_at > one.due_at,
        }
        for one in view.still_owed
    ]
    deposits = [
        {
            "id": one.submission_id,
            "received": short_instant(one.received_at.astimezone(zone)),
            "file": visible(one.file_name),
            "test": one.test,
            "verdict": _state(one),
            "answered": one.verdict is not None,
            "withdrawn": one.state is SubmissionState.WITHDRAWN,
            "tone": _tone(one),
            "sections": [
                {
                    "name": section.collection or "non reconnu",
                    "period": period_name(section.period) if section.period else "",
                    "verdict": wording.WAITING_NIL if section.waits else wording.VERDICTS[section.verdict],
                    "tone": Tone.CARE if section.waits else VERDICT_TONES[section.verdict],
                    "in_force": section.in_force,
                }
                for section in one.sections
            ],
        }
        for one in view.deposits
    ]
    organisation = view.organisation
    name = f"{organisation.nom} ({organisation.code})" if organisation else say("compte {name}", name=view.account)
    return render(
        "situation.html.j2",
        {
            "organisation": visible(name),
            "made_at": made_at,
            "owed": owed,
            "deposits": deposits,
            "hidden": view.deposits_hidden,
        },
    )


def _state(deposit: Deposit) -> str:
    if deposit.verdict is Verdict.NIL and any(one.waits for one in deposit.sections):
        return wording.WAITING_NIL
    return wording.VERDICTS[deposit.verdict] if deposit.verdict is not None else wording.PENDING


def _tone(deposit: Deposit) -> Tone:
    if deposit.verdict is None or deposit.state is SubmissionState.WITHDRAWN:
        return Tone.CALM
    waits = deposit.verdict is Verdict.NIL and any(one.waits for one in deposit.sections)
    return Tone.CARE if waits else VERDICT_TONES[deposit.verdict]
