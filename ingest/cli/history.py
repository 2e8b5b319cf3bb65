"""`import-history`: what was before go-live, without a mail."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from domain.errors import CannotDo
from domain.findings import Finding, Severity
from domain.outcome import Outcome, SectionOutcome
from domain.verdicts import Verdict
from ingest.cli.output import note, say
from ingest.history import HistoryImport, Order, Refused, files_of
from ingest.inbox import printable
from ingest.inbox.names import raw
from ingest.wiring import Wiring, current_user, parse_instant
from rendering.escaping import terminal

_SHOWN: Final = 10
"""Findings told of one file; the answer has them all."""
_FAILED: Final = frozenset({Verdict.REJECTED, Verdict.DESTROYED})
_GRAVE: Final = frozenset({Severity.BLOCKING, Severity.ERROR})
DONE, NO, CANNOT = 0, 1, 2


def import_history(arguments: argparse.Namespace) -> int:
    """Import files; exit 2 when one was refused, else 1 when one was rejected."""
    if not arguments.reason.strip():
        raise CannotDo("--reason is empty; say why these files come now, it is kept in the journal")
    paths = files_of(Path(arguments.path))
    counts: Counter[str] = Counter()
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        order = Order(
            account=arguments.account,
            received_at=parse_instant(arguments.received_at, wiring.settings, option="--received-at"),
            reason=arguments.reason.strip(),
            author=arguments.by or current_user(),
        )
        history = HistoryImport(wiring, order)
        for number, path in enumerate(paths, start=1):
            if len(paths) > 1 and sys.stderr.isatty():
                note(f"{number}/{len(paths)} {_name(path)}")
            counts[_take(history, path)] += 1
    say(_summary(counts))
    return CANNOT if counts["refused"] else NO if counts["rejected"] or counts["destroyed"] else DONE


def _take(history: HistoryImport, path: Path) -> str:
    """What became of one file, told; the word that it is counted under."""
    try:
        outcome = history.take(path)
    except Refused as refusal:
        sys.stdout.flush()
        note(f"guichet: {_name(path)}: {refusal}")
        return "refused"
    for line in _told(path, outcome):
        say(line)
    verdict = outcome.judgement.verdict
    if verdict in _FAILED or verdict is Verdict.DUPLICATE:
        return verdict.value
    return "loaded"


def _told(path: Path, outcome: Outcome) -> Iterator[str]:
    judgement, number = outcome.judgement, outcome.dropped.submission_id
    yield f"{_name(path)}: {judgement.verdict.value.replace('_', ' ')} ({number})"
    for section in outcome.sections:
        if section.judgement.collection is not None and not judgement.destroy:
            yield f"  {_section(section)}"
    told = [*judgement.findings, *(one for each in outcome.sections for one in each.judgement.findings)]
    grave = [one for one in told if one.severity in _GRAVE]
    for one in grave[:_SHOWN]:
        yield f"  {_place(one)}{terminal(one.message)}"
    if len(grave) > _SHOWN:
        yield f"  … and {len(grave) - _SHOWN} more; see: guichet show {number}"
    if judgement.destroy:
        yield "  our copy is destroyed, nothing of it is kept; your own file is where it was: delete it yourself"


def _section(one: SectionOutcome) -> str:
    judged = one.judgement
    parts = [f"{judged.collection} {judged.period or '(period unknown)'}: {judged.verdict.value.replace('_', ' ')}"]
    if judged.records_read:
        parts.append(f"{judged.records_accepted} of {judged.records_read} record(s) loaded")
    if one.in_force:
        parts.append("in force" if one.replaces is None else f"in force, in the place of {one.replaces}")
    elif one.stays is not None:
        parts.append(f"{one.stays} stays in force")
    elif one.waits:
        parts.append("waits for a second identical nil return")
    return ", ".join(parts)


def _place(finding: Finding) -> str:
    where = finding.cell or (f"row {finding.row}" if finding.row is not None else "")
    return f"{finding.code} {where}: " if where else f"{finding.code}: "


def _name(path: Path) -> str:
    return printable(raw(path.name))


def _summary(counts: Counter[str]) -> str:
    words = {
        "loaded": "loaded",
        "duplicate": "already there",
        "rejected": "rejected",
        "destroyed": "destroyed",
        "refused": "refused (not stored)",
    }
    parts = [f"{counts[key]} {word}" for key, word in words.items() if counts[key]]
    total = sum(counts.values())
    kept = total - counts["refused"]
    after = "; the service, or 'guichet once', writes the answers and files the originals" if kept else ""
    return f"{total} file(s): {', '.join(parts)}; no mail is sent{after}"
