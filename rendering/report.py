"""The pages that a depositor opens: `rapport.html` and `situation.html`. Each is one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from domain.anomalies import AnomalyState
from domain.findings import Finding
from domain.situation import Deposit, SituationView
from domain.submissions import SubmissionState
from domain.verdicts import Verdict
from rendering import wording
from rendering.anomalies import figure, place, question
from rendering.causes import value_read
from rendering.environment import render
from rendering.escaping import visible
from rendering.french import number, period_name, say, short_instant, typeset
from rendering.suivi.page import own_suivi
from rendering.view import SEVERITY_TONES, VERDICT_TONES, SectionView, Tone, view_of

LISTED: Final = 1_000
"""Findings of a section that the page lists: more make it heavy, and the workbook shows them in their place."""
_ANNOTATED = "annote.xlsx"
_ANSWER_CHARS: Final = 300
_KIT = "a_corriger_"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileLink:
    """A file beside the page, and what it is for."""

    name: str
    purpose: str


def report_html(document: Mapping[str, Any], *, files: Sequence[str] = ()) -> str:
    """`rapport.html` from a verdict document: the verdict first, what to do, then what was found, by cause.

    `files`: names of the files beside it that help to mend (`annote.xlsx`, `a_corriger_…`).
    """
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
            "files": file_links(files, refused=view.verdict is Verdict.REJECTED),
            "listed": LISTED,
            "rest": [_rest(section, files) for section in view.sections],
        },
    )


def file_links(files: Sequence[str], *, refused: bool = False) -> tuple[FileLink, ...]:
    """What each file of the answer is for, the most useful first; those that are nothing to mend with left out.

    `refused`: nothing was accepted, so that a kit holds the whole table.
    """
    kits = sorted((name for name in files if name.startswith(_KIT)), key=lambda name: (name.endswith(".csv"), name))
    kit_is = _WHOLE_KIT_IS if refused else _KIT_IS
    annotated = [FileLink(name=name, purpose=_ANNOTATED_IS) for name in files if name == _ANNOTATED]
    return (
        *annotated,
        *(FileLink(name=name, purpose=_CSV_KIT_IS if name.endswith(".csv") else kit_is) for name in kits),
    )


_ANNOTATED_IS: Final = typeset(
    "votre fichier, avec les cases à corriger en couleur et un message sur chacune : corrigez-le, puis déposez-le."
)
_KIT_IS: Final = typeset(
    "seulement les lignes à corriger ou à ajouter : corrigez-les, puis déposez ce petit classeur, il complétera votre "
    "dépôt."
)
_WHOLE_KIT_IS: Final = typeset(
    "toutes les lignes de votre tableau, chacune avec son message : corrigez-les, puis déposez ce petit classeur."
)
_CSV_KIT_IS: Final = typeset("les mêmes lignes à corriger, en CSV, pour un logiciel.")


def _rest(section: SectionView, files: Sequence[str]) -> str:
    """Where the findings are that the page does not list."""
    if len(section.findings) <= LISTED:
        return section.truncated
    where = "« annote.xlsx » et « verdict.json »" if _ANNOTATED in files else "« verdict.json »"
    text = say(
        "Cette page montre les {shown} premiers sur {kept} ; les autres sont dans " + where + ", dans le même dossier.",
        shown=number(LISTED),
        kept=number(len(section.findings)),
    )
    return f"{text} {section.truncated}".strip()


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
                one.excused_reason,
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
            **own_suivi(view.suivi),
            "questions": [
                {
                    "figure": figure(one if one.label else replace(one, column=None, value=None), view.names),
                    "what": f"{one.collection} {period_name(one.period)}",
                    "question": question(one),
                    "place": place(one),
                    "rejected": one.state is AnomalyState.REJECTED,
                    "answer": visible(one.answer or "", _ANSWER_CHARS),
                }
                for one in view.questions
            ],
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
