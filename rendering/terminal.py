"""An answer (`check`) and the whole story of a deposit (`show`) on a terminal.

The same view as the report, as lines of plain text with a tone.

The command line prints `plain(lines)`, or colours each line by its tone; no line holds an escape sequence or markup
of anybody else's, and markup must not be interpreted: build `rich.text.Text(line.text, style=…)`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.findings import Finding
from rendering import wording
from rendering.causes import Cause, value_read
from rendering.escaping import terminal, visible
from rendering.french import NBSP, count, period_name, say, short_instant
from rendering.view import SEVERITY_TONES, AnswerView, SectionView, Tone, view_of

WIDTH: Final = 88
_STATES: Final = {
    "claimed": "pris en charge, verdict à venir",
    "judged": "jugé",
    "parked": "mis de côté : une faute du guichet a empêché de le juger, ses octets sont conservés",
    "withdrawn": "retiré",
}
_MESSAGES: Final = {
    "queued": "à envoyer",
    "sending": "en cours d’envoi",
    "held": "retenu",
    "sent": "envoyé",
    "failed": "non remis",
}
_EVENTS: Final = {
    "claimed": "pris en charge",
    "judged": "jugé",
    "judged_again": "jugé de nouveau après correction de l’annuaire",
    "justified": "points confirmés par le déposant",
    "in_force": "ce qui est en vigueur a changé",
    "withdrawn": "retiré",
    "delayed": "remis à plus tard",
    "parked": "mis de côté",
    "resumed": "remis dans la file",
    "reopened": "à juger de nouveau, l’annuaire a été corrigé",
    "destroyed": "fichier détruit, contenu non conservé",
    "obligation_dates": "dates de l’obligation mises à jour",
}
_SHOWN_FINDINGS: Final = 200


@dataclass(frozen=True, slots=True)
class TerminalLine:
    """One line of text and how it feels (None: plain; « soft » things are in CALM)."""

    text: str
    tone: Tone | None = None
    strong: bool = False


def answer_lines(document: Mapping[str, Any], *, rehearsal: bool = False, full: bool = False) -> list[TerminalLine]:
    """The answer of a verdict document. `rehearsal`: for `check`; `full`: every finding instead of examples."""
    view = view_of(document, rehearsal=rehearsal)
    lines = wrap(f"{view.label.upper()} – {view.file_name}", tone=view.tone, strong=True)
    if rehearsal:
        lines += wrap(wording.CHECK_BANNER, tone=Tone.CALM)
    elif view.test:
        lines += wrap(f"{wording.TEST_PREFIX} {wording.TEST_BANNER}", tone=Tone.CALM)
    lines += wrap(view.headline)
    for section in view.sections:
        lines += _section(section, alone=len(view.sections) == 1, full=full)
    if view.file_findings:
        lines += [_blank(), TerminalLine("Sur le fichier entier", strong=True)]
        lines += [line for finding in view.file_findings for line in _finding(finding)]
    lines += [_blank(), TerminalLine("À faire maintenant", strong=True)]
    lines += [line for action in view.actions for line in wrap(action, first="- ", rest="  ")]
    lines += _owed(view)
    lines += [_blank(), *pairs((*view.facts, *view.reading))]
    return lines


def plain(lines: Iterable[TerminalLine]) -> str:
    """The lines without any colour."""
    return "\n".join(line.text for line in lines)


def _blank() -> TerminalLine:
    return TerminalLine("")


def wrap(
    text: str,
    *,
    tone: Tone | None = None,
    strong: bool = False,
    first: str = "",
    rest: str = "",
) -> list[TerminalLine]:
    """A text of several lines of our width; nothing in it reaches the terminal but characters that show."""
    wrapped = textwrap.wrap(
        terminal(text),
        width=WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )
    return [TerminalLine(line, tone, strong) for line in wrapped]


def _section(section: SectionView, *, alone: bool, full: bool) -> list[TerminalLine]:
    lines = [_blank(), *wrap(section.title, strong=True)]
    if not alone:
        lines += wrap(section.sentence, tone=section.tone)
    for text in (section.standing, section.deadline):
        lines += wrap(text)
    if section.collection is not None:
        lines += wrap(", ".join(f"{figure}{NBSP}{what}" for figure, what in section.counts), tone=Tone.CALM)
    if section.missing_lines:
        missing = ", ".join(section.missing_lines)
        lines += wrap(say("Lignes attendues qui manquent : {codes}.", codes=missing), tone=Tone.BAD)
    if full:
        lines += [line for finding in section.findings for line in _finding(finding)]
    else:
        lines += [line for cause in section.causes for line in _cause(cause)]
        lines += [line for cause in section.consequences for line in _consequence(cause)]
    return [*lines, *wrap(section.truncated, tone=Tone.CARE)]


def _cause(cause: Cause) -> list[TerminalLine]:
    confirmed = cause.examples and all(one.justification for one in cause.examples)
    severity = wording.CONFIRMED if confirmed else wording.SEVERITIES[cause.severity]
    lines = wrap(
        say("{severity} : {title} [{code}]", severity=severity, title=cause.title, code=cause.code),
        tone=SEVERITY_TONES[cause.severity],
        first="• ",
        rest="  ",
    )
    if cause.where:
        lines += wrap(cause.where, first="  ", rest="  ")
    if cause.brings:
        lines += wrap(cause.brings, first="  ", rest="  ")
    if cause.hint:
        lines += wrap(cause.hint, first="  → ", rest="    ")
    if cause.sample:
        lines += wrap(say("Par exemple : {sample}", sample=cause.sample), first="  ", rest="  ")
    if cause.count > 1 and not cause.alike:
        for finding in cause.examples:
            lines += wrap(f"{_place(finding)}{finding.message}", first="    ", rest="      ")
            if finding.hint and cause.hint is None:
                lines += wrap(finding.hint, first="    → ", rest="      ")
        if (others := cause.count - len(cause.examples)) > 0:
            lines += wrap(say("… et {others}", others=count(others, "autre")), first="    ", rest="      ")
    return lines


def _consequence(cause: Cause) -> list[TerminalLine]:
    where = f" ({cause.places})" if cause.places else ""
    text = say("En conséquence : {title}{where} [{code}]", title=cause.title, where=where, code=cause.code)
    return wrap(text, tone=Tone.CALM, first="• ", rest="  ")


def _finding(finding: Finding) -> list[TerminalLine]:
    severity = wording.CONFIRMED if finding.justification else wording.SEVERITIES[finding.severity]
    text = say(
        "{severity} : {place}{message} [{code}]",
        severity=severity,
        place=_place(finding),
        message=finding.message,
        code=finding.code,
    )
    lines = wrap(text, tone=SEVERITY_TONES[finding.severity], first="• ", rest="  ")
    return [*lines, *(wrap(finding.hint, first="  → ", rest="    ") if finding.hint else [])]


def _place(finding: Finding) -> str:
    place = finding.cell or (f"ligne {finding.row}" if finding.row is not None else "")
    where = " ".join(part for part in (place, value_read(finding)) if part)
    return f"{where}{NBSP}: " if where else ""


def _owed(view: AnswerView) -> list[TerminalLine]:
    lines = [_blank(), TerminalLine("Ce qui reste attendu", strong=True)]
    if not view.owed:
        return [*lines, TerminalLine("- rien")]
    return [*lines, *(line for owed in view.owed for line in wrap(owed, first="- ", rest="  "))]


def pairs(facts: Iterable[tuple[str, str]]) -> list[TerminalLine]:
    """(label, value) lines, values aligned."""
    listed = list(facts)
    width = max(len(label) for label, _ in listed)
    return [
        line
        for label, value in listed
        for line in wrap(
            value,
            tone=Tone.CALM,
            first=f"{label.ljust(width)}{NBSP}: ",
            rest=" " * (width + 3),
        )
    ]


def story_lines(story: Mapping[str, Any]) -> list[TerminalLine]:
    """What the ledger tells of a deposit: the answer as it was given, then what happened to it since."""
    answer = story.get("answer")
    lines = answer_lines(answer, full=_few(answer)) if answer else _without_answer(story)
    lines += [TerminalLine(""), TerminalLine("Depuis", strong=True), *pairs(_since(story))]
    if story.get("justifications"):
        lines += [TerminalLine(""), TerminalLine("Confirmé par le déposant", strong=True)]
        lines += [line for one in story["justifications"] for line in wrap(_said(one), first="- ", rest="  ")]
    if story.get("in_force"):
        lines += [TerminalLine(""), TerminalLine("En vigueur", strong=True)]
        lines += [line for span in story["in_force"] for line in wrap(_span(span), first="- ", rest="  ")]
    if story.get("messages"):
        lines += [TerminalLine(""), TerminalLine("Messages", strong=True)]
        lines += [line for one in story["messages"] for line in wrap(_message(one), first="- ", rest="  ")]
    if story.get("events"):
        lines += [TerminalLine(""), TerminalLine("Journal", strong=True)]
        lines += [line for one in story["events"] for line in wrap(_event(one), first="- ", rest="  ")]
    return lines


def _few(answer: Mapping[str, Any]) -> bool:
    return sum(len(section["findings"]) for section in answer["sections"]) <= _SHOWN_FINDINGS


def _without_answer(story: Mapping[str, Any]) -> list[TerminalLine]:
    lines = wrap(f"{wording.PENDING.upper()} – {visible(story['file']['name'])}", tone=Tone.CALM, strong=True)
    facts = (
        ("Numéro de dépôt", str(story["submission"])),
        ("Compte", str(story["account"])),
        ("Reçu le", _civil(story["received_at"])),
        ("Empreinte SHA-256", str(story["file"]["sha256"])),
    )
    return [*lines, *pairs(facts)]


def _since(story: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    facts = [("État", _STATES.get(str(story["state"]), str(story["state"])))]
    for label, key in (("Pris en charge le", "claimed_at"), ("Jugé le", "judged_at"), ("Retiré le", "withdrawn_at")):
        if story.get(key):
            facts.append((label, _civil(story[key])))
    for label, key in (
        ("Retiré par", "withdrawn_by"),
        ("Motif du retrait", "withdrawn_reason"),
        ("Archivé sous", "archive"),
        ("Difficulté", "trouble"),
    ):
        if story.get(key):
            facts.append((label, str(story[key])))
    return tuple(facts)


def _said(one: Mapping[str, Any]) -> str:
    """« ligne 4, CIL001 : Il y a plus de… [N1A.R08] Réponse de pf01, le 18/04/2005 à 10 h 15 : « stock de 2004 » »."""
    place = ", ".join(str(part) for part in (f"ligne {one['row']}" if one["row"] else "", one["record"]) if part)
    return say(
        "{place} : {message} [{code}] Réponse de {author}, le {at} : « {text} »",
        place=place or one["collection"],
        code=one["code"],
        message=one["message"],
        text=one["justification"],
        author=one["author"],
        at=_civil(one["at"]),
    )


def _span(span: Mapping[str, Any]) -> str:
    until = f" jusqu’au {_civil(span['to_at'])}" if span.get("to_at") else ", aujourd’hui encore"
    return f"{span['collection']} {period_name(str(span['period']))}, depuis le {_civil(span['from_at'])}{until}"


def _message(message: Mapping[str, Any]) -> str:
    state = _MESSAGES.get(str(message["state"]), str(message["state"]))
    sent = f" le {_civil(message['sent_at'])}" if message.get("sent_at") else ""
    return say(
        "{subject} → {to} : {state}{sent}", subject=message["subject"], to=message["recipient"], state=state, sent=sent
    )


def _event(event: Mapping[str, Any]) -> str:
    data = event.get("data") or {}
    told = ", ".join(f"{key}={_plain_value(value)}" for key, value in data.items() if value not in (None, "", [], {}))
    author = f" ({event['author']})" if event.get("author") else ""
    kind = _EVENTS.get(str(event["kind"]), str(event["kind"]))
    return f"{_civil(event['at'])} – {kind}{author}" + (f" [{told}]" if told else "")


def _civil(instant: str) -> str:
    return short_instant(datetime.fromisoformat(instant))


def _plain_value(value: Any) -> str:
    """A value of the journal without brackets or quotes: « N1A 2005T1 accepted »."""
    if isinstance(value, Mapping):
        return " ".join(_plain_value(one) for one in value.values() if isinstance(one, str))
    if isinstance(value, list | tuple):
        return " ; ".join(_plain_value(one) for one in value)
    return str(value)
