"""An answer on a terminal (`check`); the story of a deposit is in `rendering.story`.

The same view as the report, as lines of plain text with a tone.

The command line prints `plain(lines)`, or colours each line by its tone; no line holds an escape sequence or markup
of anybody else's, and markup must not be interpreted: build `rich.text.Text(line.text, style=…)`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.findings import Finding
from rendering import wording
from rendering.causes import Cause, value_read
from rendering.escaping import terminal
from rendering.french import NBSP, count, say
from rendering.view import SEVERITY_TONES, AnswerView, SectionView, Tone, view_of

WIDTH: Final = 88


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
