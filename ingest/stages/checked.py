"""A section whose structure and values were checked: what one stage hands to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ingest.stages.collector import FindingCollector
from ingest.stages.completing.former import FormerRecords
from ingest.stages.layout import Layout
from ingest.stages.reserved import ReservedCells
from ingest.stages.sections import IdentifiedSection
from ingest.stages.typed import TypedSpool
from rules.rule import TotalLine


@dataclass(kw_only=True)
class CheckedSection:
    """A section whose records are typed. `layout` None: a nil return without a table.

    `spool` holds every record read, good or bad, and the mask that tells them apart; it is empty when the structure
    already blocks, while `n_read` still counts the records. `base`: what a correction kit takes over.
    """

    section: IdentifiedSection
    layout: Layout | None
    collector: FindingCollector
    spool: TypedSpool
    workdir: Path
    totals: list[TotalLine] = field(default_factory=list)
    n_read: int = 0
    reserved: ReservedCells = field(default_factory=ReservedCells)
    base: FormerRecords | None = None
