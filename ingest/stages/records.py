"""Reads the records of a section: every cell to its typed value, every record to its flag (contract §6, Reading).

Column by column, each distinct text once. Context columns are compared with the deposit and filled in; the register
gives the member's code, and its name and département where the file says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import numpy as np
import pyarrow as pa

from domain.findings import Severity
from ingest.context import JudgingContext
from ingest.stages.collector import FindingCollector
from ingest.stages.conditional import applies, conditional_columns, conditional_faults, does_not_apply
from ingest.stages.contract import contract_of, flags
from ingest.stages.deposit import Deposit
from ingest.stages.faults import Fault, FaultBook
from ingest.stages.layout import Layout
from ingest.stages.lines import SortedLines
from ingest.stages.members import SHORT_CODE, MemberFinder, Resolution
from ingest.stages.parsed import Parsed, Problem
from ingest.stages.sections import IdentifiedSection
from ingest.stages.typed import Flags, TypedSpool
from ingest.stages.values import ColumnReader
from rules.messages import say
from rules.rule import TotalLine
from schemas.collection import Collection
from schemas.columns import Column, Kind


@dataclass(kw_only=True)
class _Chunk:
    """Some records in the making."""

    rows: list[int]
    texts: dict[int, pa.Array]
    typed: dict[str, pa.Array] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class RecordReader:
    """Turns the texts of a section into typed batches of the spool."""

    def __init__(
        self,
        section: IdentifiedSection,
        layout: Layout,
        context: JudgingContext,
        collector: FindingCollector,
        spool: TypedSpool,
    ) -> None:
        """One reader serves one section, batch after batch."""
        self._layout, self._collector, self._spool = layout, collector, spool
        self._collection: Collection = section.collection
        self._deposit = Deposit(organisation=context.organisation, period=section.period)
        self._contract = contract_of(section.collection)
        self._readers = {column.name: ColumnReader(column) for column in section.collection.columns}
        own = _own_adherents(section, context)
        self._finder = MemberFinder(context.directory, own, quotes=not section.collection.cases)
        self._conditional = conditional_columns(section.collection)
        self._book = FaultBook(section, layout, collector)

    def read(self, lines: SortedLines) -> None:
        """Read some records, flag the bad ones, and spool them all."""
        chunk = _Chunk(rows=lines.rows, texts=lines.texts)
        resolutions = self._read_members(chunk)
        for column in self._collection.columns:
            if column.name not in chunk.typed:
                chunk.typed[column.name] = self._read_column(column, chunk)
        self._fill_from_register(resolutions, chunk)
        for column in self._conditional:
            chunk.faults.extend(conditional_faults(self._collection, column, chunk.typed, chunk.faults))
        batch = pa.record_batch(
            [
                *(chunk.typed[column.name] for column in self._collection.columns),
                pa.array(chunk.rows, pa.int32()),
            ],
            schema=self._spool.schema,
        )
        self._spool.append(batch, self._flag(batch, chunk, lines), _key_hashes(self._collection, batch))

    def _flag(self, batch: pa.RecordBatch, chunk: _Chunk, lines: SortedLines) -> Flags:
        """The mask of a batch, everything bad in it being reported."""
        bad = flags(len(chunk.rows))
        bad[[fault.index for fault in chunk.faults]] = True
        for position, index, text in lines.overflow:
            bad[position] = True
            self._book.report_overflow(chunk.rows[position], index, text)
        refused = self._contract.refusals(batch, bad)
        self._book.report(chunk.rows, chunk.faults)
        for refusal in refused:
            bad[refusal.index] = True
            self._collector.add(
                self._layout.finding(
                    "G-10",
                    Severity.ERROR,
                    say("La ligne ne respecte pas le format : {reason}.", reason=refusal.reason),
                    row=chunk.rows[refusal.index],
                    column=refusal.column,
                    cause=f"G-10:model:{refusal.reason}",
                ),
            )
        return bad

    def _read_column(self, column: Column, chunk: _Chunk) -> pa.Array:
        constant = self._deposit.constant(column)
        index = self._layout.positions.get(column.name)
        if index is None or index not in chunk.texts:
            return pa.array([constant] * len(chunk.rows), column.arrow_type)
        distinct, codes = _distinct(chunk.texts[index])
        parsed = [self._cell(column, text) for text in distinct]
        self._collect(column, chunk, distinct, codes, parsed)
        if constant is not None:
            return pa.array([constant] * len(chunk.rows), column.arrow_type)
        return _take(parsed, codes, column)

    def _cell(self, column: Column, text: str) -> Parsed:
        parsed = self._readers[column.name](text)
        if column.context is None or not text or parsed.problem is not None:
            return parsed
        return Parsed(value=parsed.value, problem=self._deposit.disagreement(column, text, parsed.value))

    def _collect(
        self,
        column: Column,
        chunk: _Chunk,
        distinct: list[str],
        codes: np.ndarray,
        parsed: list[Parsed],
    ) -> None:
        """Gather the bad cells of a column, and its remarks."""
        wrong = np.fromiter((one.problem is not None for one in parsed), np.bool_, len(parsed))
        if wrong.any():
            for position in np.flatnonzero(wrong[codes]).tolist():
                code = codes[position]
                chunk.faults.append(Fault(position, column.name, distinct[code], cast("Problem", parsed[code].problem)))
        noticed = [(code, one.notice) for code, one in enumerate(parsed) if one.notice is not None]
        if noticed:
            counts, firsts = np.bincount(codes, minlength=len(parsed)), np.unique(codes, return_index=True)[1]
            for code, notice in noticed:
                row = chunk.rows[int(firsts[code])]
                self._book.notice(column.name, notice, int(counts[code]), row, distinct[code])
        if self._book.formulas and "" in distinct and not wrong[empty := distinct.index("")]:
            self._collect_formulas(column, chunk, np.flatnonzero(codes == empty).tolist())

    def _collect_formulas(self, column: Column, chunk: _Chunk, places: list[int]) -> None:
        """Empty cells that may stay empty, but hold a formula without its result."""
        for position in places:
            problem = self._book.formula_without_result(column.name, chunk.rows[position])
            if problem is not None:
                chunk.faults.append(Fault(position, column.name, "", problem))

    def _read_members(self, chunk: _Chunk) -> list[Resolution]:
        """Resolve the member of every record from its code and name cells; none in a collection without members."""
        column = self._collection.member_column
        if column is None:
            return []
        name_column = self._collection.by_name[column.stand_in] if column.stand_in else None
        codes = self._member_texts(column, chunk)
        names = [""] * len(chunk.rows) if name_column is None else self._member_texts(name_column, chunk)
        told = {fault.index for fault in chunk.faults}
        resolutions = [self._finder(code, name) for code, name in zip(codes, names, strict=True)]
        self._leave_out(column, resolutions, chunk)
        for index, one in enumerate(resolutions):
            if one.problem is not None and index not in told:
                at = name_column.name if one.in_name_column and name_column is not None else column.name
                chunk.faults.append(Fault(index, at, codes[index] or names[index], one.problem, one.register))
            elif one.short:
                self._book.notice(column.name, SHORT_CODE, 1, chunk.rows[index], codes[index] or names[index])
        chunk.typed[column.name] = pa.array([one.code for one in resolutions], column.arrow_type)
        if name_column is not None:
            chunk.typed[name_column.name] = pa.array([one.name for one in resolutions], name_column.arrow_type)
        return resolutions

    def _leave_out(self, column: Column, resolutions: list[Resolution], chunk: _Chunk) -> None:
        """Lines that need no member: nothing is looked for in them, unless they name one that they should not."""
        if column.required:
            return
        deciding: list[Any] = [None] * len(resolutions)
        if column.when is not None:
            decides = self._collection.by_name[column.when[0]]
            chunk.typed[decides.name] = self._read_column(decides, chunk)
            deciding = chunk.typed[decides.name].to_pylist()
        for index, one in enumerate(resolutions):
            wanted = applies(column, deciding[index])
            empty = one.problem is not None and one.problem.kind == "empty"
            if wanted is False and one.organisation is not None:
                decides = self._collection.by_name[column.when[0]] if column.when is not None else column
                chunk.faults.append(Fault(index, column.name, one.organisation.code, does_not_apply(column, decides)))
            if wanted is False or (empty and not wanted):
                resolutions[index] = Resolution()

    def _member_texts(self, column: Column, chunk: _Chunk) -> list[str]:
        index = self._layout.positions.get(column.name)
        if index is None or index not in chunk.texts:
            return [""] * len(chunk.rows)
        distinct, codes = _distinct(chunk.texts[index])
        parsed = [self._readers[column.name](text) for text in distinct]
        self._collect(column, chunk, distinct, codes, parsed)
        values = [one.value or "" for one in parsed]
        return [values[code] for code in codes.tolist()]

    def _fill_from_register(self, resolutions: list[Resolution], chunk: _Chunk) -> None:
        """Give what the register knows of a member where the file says nothing."""
        for column in self._collection.columns:
            if column.register is None or not resolutions or chunk.typed[column.name].null_count == 0:
                continue
            values = chunk.typed[column.name].to_pylist()
            for index, one in enumerate(resolutions):
                if values[index] is None and one.organisation is not None:
                    values[index] = getattr(one.organisation, column.register)
            chunk.typed[column.name] = pa.array(values, column.arrow_type)

    def finish(self) -> None:
        """Say what is said once per column."""
        self._book.finish()

    def read_totals(self, lines: Iterable[tuple[int, dict[int, str]]]) -> list[TotalLine]:
        """The figures of TOTAL lines, for the rule that compares them; nothing is loaded from them."""
        totals = []
        for row, cells in lines:
            values: dict[str, Any] = {}
            unreadable: dict[str, str] = {}
            for column in self._collection.quantities:
                text = cells.get(self._layout.positions.get(column.name, -1), "")
                parsed = self._readers[column.name](text)
                if parsed.value is not None:
                    values[column.name] = parsed.value
                elif text:
                    unreadable[column.name] = text
            totals.append(TotalLine(row=row, values=values, unreadable=unreadable))
        return totals


def _own_adherents(section: IdentifiedSection, context: JudgingContext) -> frozenset[str]:
    directory, organisation = context.directory, context.organisation
    if directory is None or organisation is None:
        return frozenset()
    return directory.adherents_of_any(organisation.code, section.collection.services, section.period.ends_on)


def _distinct(texts: pa.Array) -> tuple[list[str], np.ndarray]:
    """The distinct texts, and for every record the position of its text among them."""
    encoded = texts.dictionary_encode()
    return encoded.dictionary.to_pylist(), np.asarray(encoded.indices)


def _take(parsed: list[Parsed], codes: np.ndarray, column: Column) -> pa.Array:
    values = [None if one.problem is not None else one.value for one in parsed]
    if column.kind is Kind.AMOUNT:
        unit = Decimal(1).scaleb(-column.decimals)
        values = [None if value is None else value.quantize(unit) for value in values]
    return pa.array(values, column.arrow_type).take(pa.array(codes))


def _key_hashes(collection: Collection, batch: pa.RecordBatch) -> list[int]:
    """One hash per record over its key; 0 where a required part of the key is empty or unreadable."""
    lists = [batch.column(batch.schema.get_field_index(name)).to_pylist() for name in collection.key]
    needed = [place for place, name in enumerate(collection.key) if collection.by_name[name].required]
    return [0 if any(key[place] is None for place in needed) else hash(key) or 1 for key in zip(*lists, strict=True)]
