"""Structure and values: from raw text to typed records with a row mask.

Works on slices of 20 000 records, so that memory does not follow the size of the file. Every check of a record is made
whatever else is wrong with it; a cell that could not be read is reported once, and rules that need it stay silent.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from ingest.context import JudgingContext
from ingest.stages.checked import CheckedSection
from ingest.stages.collector import FindingCollector
from ingest.stages.confirming import Confirmer
from ingest.stages.layout import lay_out
from ingest.stages.lines import LineSorter
from ingest.stages.records import RecordReader
from ingest.stages.sections import IdentifiedSection
from ingest.stages.structure import (
    check_any_record,
    check_columns,
    check_strangers,
    refuse_second_table,
    tell_ignored,
    tell_sum,
    tell_titles,
)
from ingest.stages.sums import take_unnamed_sum
from ingest.stages.typed import TypedSpool

SLICE_ROWS = 20_000


def check_schema(section: IdentifiedSection, context: JudgingContext, workdir: Path) -> CheckedSection:
    """Check the structure and the values of a section; its typed records are spooled under `workdir`.

    Never raises for what is wrong with the file. Park: the published model contradicts our own checks.
    """
    collector = FindingCollector(cap=context.findings_kept(section.collection))
    collector.add_all(section.findings)
    path = workdir / f"typed-{section.collection.slug}-{section.raw.index}.arrow"
    spool = TypedSpool(section.collection, path)
    checked = CheckedSection(section=section, layout=None, collector=collector, spool=spool, workdir=workdir)
    if section.header is not None and not section.nil:
        _check_table(checked, context)
    spool.close()
    return checked


def _check_table(checked: CheckedSection, context: JudgingContext) -> None:
    section, collector = checked.section, checked.collector
    assert section.header is not None  # noqa: S101 - told by the caller
    layout = checked.layout = lay_out(section.collection, section.header, section.raw.n_columns)
    check_columns(layout, section.header.row, collector)
    sorter = LineSorter(
        layout,
        section.header.body_from,
        context.directory,
        ragged=section.raw.name is None,
    )
    reader = None if collector.blocked else RecordReader(checked.section, layout, context, collector, checked.spool)
    checked.reserved = sorter.reserved
    collector.confirmer = _confirmer(checked, context)
    notes: list[int] = []
    titles: list[int] = []
    for batch in section.raw.batches():
        for part in _slices(batch):
            found = sorter.sort(part)
            notes.extend(found.notes)
            titles.extend(found.titles)
            if found.second_table is not None:
                refuse_second_table(layout, found.second_table, collector)
            if not checked.n_read and (row := take_unnamed_sum(found, layout)) is not None:
                tell_sum(layout, row, collector)
            checked.n_read += len(found.rows)
            if reader is not None:
                checked.totals.extend(reader.read_totals(found.totals))
                if found.rows:
                    reader.read(found)
    check_strangers(layout, section.header.row, sorter.filled, collector)
    tell_ignored(layout, notes, collector)
    tell_titles(layout, titles, collector)
    if reader is not None:
        check_any_record(layout, checked.n_read, collector)
        reader.finish()


def _confirmer(checked: CheckedSection, context: JudgingContext) -> Confirmer | None:
    """What turns confirmed warnings into remarks; a collection of cases has no free text at all (contract §6)."""
    collection, period = checked.section.collection, checked.section.period
    if collection.cases:
        return None
    return Confirmer(
        checked.reserved.justifications,
        lambda: context.ledger.confirmed(context.account, collection.code, period),
        zone=context.zone,
        cap=context.max_findings,
    )


def _slices(batch: pa.RecordBatch) -> list[pa.RecordBatch]:
    if batch.num_rows <= SLICE_ROWS:
        return [batch]
    return [batch.slice(first, SLICE_ROWS) for first in range(0, batch.num_rows, SLICE_ROWS)]
