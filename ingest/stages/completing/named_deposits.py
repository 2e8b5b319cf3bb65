"""What the deposit named in `guichet_depot` says of a sheet: its collection and its period (contract §6, Answering).

The first rows are enough to identify; the complete check (one deposit only, what is taken over) comes with the records.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.findings import Finding
from domain.periods import Period
from ingest.context import JudgingContext, NamedSection
from ingest.stages import wording
from ingest.stages.naming import NameReading
from ingest.stages.reserved import deposit_told
from ingest.stages.sheets import SheetView
from schemas.collection import Collection

__all__ = ["NamedTable", "named_table"]

_COLUMN = "guichet_depot"


@dataclass(frozen=True, kw_only=True)
class NamedTable:
    """`refusal`: the deposit named cannot say what the sheet is; `collection` is then what the titles say, if any."""

    collection: Collection | None = None
    period: Period | None = None
    refusal: Finding | None = None
    remarks: tuple[Finding, ...] = ()


def named_table(view: SheetView, reading: NameReading, context: JudgingContext) -> NamedTable | None:
    """What a deposit of the same account, named in the sheet, says that it is; None when none is named.

    A deposit that was stopped before its records were read gives way to a name that says something else: there is
    nothing to merge, and the name may be what was to be mended.
    """
    told = _first_told(view)
    if told is None:
        return None
    titled = view.by_headers[0] if len(view.by_headers) == 1 else None
    sections = context.ledger.sections_of(context.account, told)
    if not sections:
        return NamedTable(collection=titled, refusal=wording.unknown_deposit(told))
    known = {one.code: one for one in view.catalogue.collections}
    fitting = [one for one in sections if one.collection in known and _fits(view, known[one.collection])]
    if not fitting:
        return NamedTable(collection=titled, refusal=wording.unknown_deposit(told, titled))
    fitting = _of_first_titles(view, fitting, known)
    names = [name for name in (view.named, reading) if name.collection is not None or name.period is not None]
    chosen = _chosen(fitting, [name.period for name in names])
    if chosen is None:
        refusal = wording.several_periods_named(told, [one.period for one in fitting])
        return NamedTable(collection=known[fitting[0].collection], refusal=refusal)
    return _settled(told, chosen, known[chosen.collection], names)


def _settled(told: str, chosen: NamedSection, collection: Collection, names: list[NameReading]) -> NamedTable | None:
    """The table of the deposit, with a remark where a name says otherwise."""
    other = next((name for name in names if _says_otherwise(name, collection, chosen.period)), None)
    if other is None:
        return NamedTable(collection=collection, period=chosen.period)
    if not chosen.read and other.usable:
        return None
    said = [one.code for one in (other.collection, other.period) if one is not None]
    remark = wording.deposit_decides(told, " ".join(said), collection, chosen.period)
    return NamedTable(collection=collection, period=chosen.period, remarks=(remark,))


def _first_told(view: SheetView) -> str | None:
    for reading in view.readings.values():
        header = reading.header
        index = None if header is None else header.reserved.get(_COLUMN)
        if header is None or index is None:
            continue
        for number, cells in view.preview:
            text = cells[index] if number >= header.body_from and index < len(cells) else None
            told = deposit_told(text or "")
            if told:
                return told
    return None


def _fits(view: SheetView, collection: Collection) -> bool:
    """Whether the titles are that collection's, as far as they tell."""
    return view.header(collection) is not None and (not view.by_headers or collection in view.by_headers)


def _of_first_titles(view: SheetView, sections: list[NamedSection], known: dict[str, Collection]) -> list[NamedSection]:
    """Of two kits put one under the other, the first: the other is told as a second table."""
    rows = {one.collection: header.row for one in sections if (header := view.header(known[one.collection]))}
    return [one for one in sections if rows[one.collection] == min(rows.values())]


def _chosen(sections: list[NamedSection], periods: list[Period | None]) -> NamedSection | None:
    """The one table meant: the only one, or the one whose period a name tells."""
    if len({(one.collection, one.period) for one in sections}) == 1:
        return sections[0]
    told = [one for one in sections if one.period in periods]
    return told[0] if len({(one.collection, one.period) for one in told}) == 1 else None


def _says_otherwise(name: NameReading, collection: Collection, period: Period) -> bool:
    return name.collection not in {None, collection} or name.period not in {None, period}
