"""A file that names a deposit in `guichet_depot`: a correction kit to merge with it, or a complete file (contract §6).

The lines decide, never the file's name (ADR 10). A line that comes back under the number and the key of one that the
deposit had accepted makes the file a complete one, judged alone; otherwise what was accepted is taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from domain.findings import Finding
from ingest.context import Completable, CompletionState, JudgingContext
from ingest.stages import wording
from ingest.stages.checked import CheckedSection
from ingest.stages.completing.former import FormerRecords, key_of, keys_of, stored_records
from ingest.stages.typed import ROW

_Source = Callable[[], Iterator[Mapping[str, Any]]]


def complete(checked: CheckedSection, context: JudgingContext) -> None:
    """Settle what the section completes: gives it the records to take over, or says why it cannot be."""
    if not checked.reserved.depots or checked.collector.blocked:
        return
    refusal = _settle(checked, context)
    if refusal is not None:
        checked.collector.add(refusal)


def _settle(checked: CheckedSection, context: JudgingContext) -> Finding | None:
    collection, period = checked.section.collection, checked.section.period
    if len(checked.reserved.depots) > 1:
        return wording.several_deposits(checked.reserved.depots)
    named = next(iter(checked.reserved.depots))
    found = context.ledger.completion(context.account, named, collection.code, period)
    if found is None:
        # A deposit of theirs about something else, which was not even read: its name was what was to be mended.
        return None if context.ledger.sections_of(context.account, named) else wording.unknown_deposit(named)
    accepted = _source(checked, context, named, test=found.named_test)
    if not found.named_is_kit and accepted is not None and _whole_file(checked, accepted):
        return None
    if found.state is CompletionState.NOTHING_ACCEPTED:
        return None
    base = _source(checked, context, found.base, test=found.base_test)
    if found.state is not CompletionState.READY or accepted is None or base is None:
        return _refusal(found, named)
    checked.base = FormerRecords(submission_id=found.base, generation=found.generation, source=base)
    checked.totals.clear()  # a line of totals of a kit is about its own lines
    return None


def _refusal(found: Completable, named: str) -> Finding:
    if found.state is CompletionState.WITHDRAWN:
        return wording.withdrawn_deposit(named)
    if found.state is CompletionState.SUPERSEDED and found.superseded_by is not None:
        return wording.superseded_deposit(named, found.superseded_by)
    return wording.too_old(named)


def _source(checked: CheckedSection, context: JudgingContext, submission_id: str, *, test: bool) -> _Source | None:
    """The accepted records of a deposit of that collection and period; None when a trial's are no longer kept."""
    collection, period = checked.section.collection, checked.section.period
    if test:
        kept = context.answers
        path = None if kept is None else kept.accepted_rows(submission_id, collection.slug, period.code)
        return None if path is None else _stored(path)

    def rows() -> Iterator[Mapping[str, Any]]:
        found = context.ledger.rows_of(submission_id, collection.code)
        return (row for row in found if row.get("period", period.code) == period.code)

    return rows


def _stored(path: Path) -> _Source:
    return lambda: stored_records(path)


def _whole_file(checked: CheckedSection, accepted: _Source) -> bool:
    """Whether a line that the deposit had accepted comes back: same number, same key."""
    former = checked.reserved.former_rows
    if not former:
        return False
    collection, told = checked.section.collection, set(former.values())
    keys = {row[ROW]: key_of(row, collection) for row in accepted() if row[ROW] in told}
    if not keys:
        return False
    return any(keys.get(former.get(row, 0)) == key for row, key, _bad in keys_of(checked.spool, collection))
