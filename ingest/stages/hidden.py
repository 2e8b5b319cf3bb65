"""Says that sheets are hidden when nothing was found in those that show: hidden sheets are never read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.findings import Finding
from domain.judgement import SectionJudgement
from domain.text import fold
from ingest.reading.raw import RawFile
from ingest.stages.sections import IdentifiedSection
from rules.messages import both, quoted, say
from schemas.columns import RESERVED_SHEETS

_OURS = frozenset(map(fold, RESERVED_SHEETS))
_NOTHING_FOUND = frozenset({"G-06:header", "G-08:empty", "G-01:unidentified"})
_SHOWN = 4

Identified = IdentifiedSection | SectionJudgement


def tell_hidden(sections: Sequence[Identified], raw: RawFile) -> tuple[Identified, ...]:
    """The sections, the hidden sheets being named where no table was found."""
    hidden = [sheet.name for sheet in raw.sheets if not sheet.visible and sheet.name and fold(sheet.name) not in _OURS]
    if not hidden or any(isinstance(one, IdentifiedSection) for one in sections):
        return tuple(sections)
    return tuple(_told(one, hidden) if isinstance(one, SectionJudgement) else one for one in sections)


def _told(section: SectionJudgement, hidden: Sequence[str]) -> SectionJudgement:
    # Nothing of a file that was not identified is quoted, not even the names of its sheets.
    names = "" if section.collection is None else both(quoted(name) for name in hidden[:_SHOWN]) + " "
    told = (
        say("Des feuilles {names}sont masquées : elles ne sont pas lues.", names=names)
        if len(hidden) > 1
        else say("Une feuille {names}est masquée : elle n'est pas lue.", names=names)
    )
    return replace(section, findings=tuple(_with_hidden(one, told) for one in section.findings))


def _with_hidden(finding: Finding, told: str) -> Finding:
    if finding.cause not in _NOTHING_FOUND:
        return finding
    show = say(
        "Si c'est là qu'est le tableau, affichez la feuille (clic droit sur un onglet, « Afficher… »), enregistrez et "
        "déposez de nouveau."
    )
    return replace(finding, message=f"{finding.message} {told}", hint=f"{show} {finding.hint or ''}".strip())
