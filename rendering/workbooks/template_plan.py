"""Where everything stands on a template's sheet: which columns, which lines, what is filled in beforehand. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from domain.organisations import Organisation, Service
from domain.periods import Period
from rules.rule import RuleSet
from schemas.codes import department_rank
from schemas.collection import Collection
from schemas.columns import Column, Kind

TITLE_ROW = 6
"""Row of the column titles, from 0; the lines above it are presentation."""
SPARE_LINES = 3
"""Lines without a name under the expected ones: the sheet is locked, nobody can add any."""
FREE_LINES = 200
"""Lines drawn where the register says nothing; below them one can go on, down to `LAST_LINE`."""
LAST_LINE = 10_000
_SHEET_NAME_CHARS = 31


@dataclass(frozen=True, kw_only=True)
class TemplateOrder:
    """What a template is made for.

    `sender` None: nobody is known by that account, or there is no register. `expected`: the CIL/CCI whose line is owed;
    `performers`: the same by service, where records of several share the collection; `others`: those that may have a
    line besides; `carried`: records of the year before to begin with, which can be changed. `due_at` is aware, in civil
    time. `version` goes into the properties.
    """

    collection: Collection
    rules: RuleSet
    period: Period
    account: str
    sender: Organisation | None = None
    due_at: datetime | None = None
    expected: tuple[Organisation, ...] = ()
    performers: Mapping[Service, tuple[Organisation, ...]] = field(default_factory=dict)
    others: tuple[Organisation, ...] = ()
    carried: tuple[Mapping[str, Any], ...] = ()
    version: str = ""

    @property
    def reports(self) -> bool:
        """Whether it reports on a period, with a guide of its own, and may have nothing to report."""
        return True

    @property
    def file_name(self) -> str:
        """`N1A_PF03_2005T1.xlsx`, a name that says everything when it is dropped."""
        emitter = f"_{self.sender.code}" if self.sender else ""
        return f"{self.collection.code}{emitter}_{self.period.code}.xlsx"

    @property
    def sheet_name(self) -> str:
        """`N1A_2005T1`: enough to recognise the sheet whatever the file is called."""
        return f"{self.collection.code}_{self.period.code}"[:_SHEET_NAME_CHARS]


@dataclass(frozen=True, kw_only=True)
class PreparedLine:
    """What stands on a line beforehand, by column, and is not changed.

    `sums_alike`: its figures are the sums of the lines of CIL/CCI where the same things stand in these columns.
    """

    values: Mapping[str, str]
    sums_alike: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TemplateColumn:
    """A column of the sheet at `index`; `prefilled`: on the prepared lines it is filled in beforehand."""

    column: Column
    index: int
    prefilled: bool = False
    longest: int = 0
    """Characters of the longest text that stands in it beforehand."""


@dataclass(frozen=True, kw_only=True)
class TemplatePlan:
    """The sheet of one order. Rows and columns count from 0; `last` rows are included."""

    order: TemplateOrder

    @cached_property
    def columns(self) -> tuple[TemplateColumn, ...]:
        """The columns of the collection in their order; what the file's name says is left out."""
        shown = [column for column in self.order.collection.columns if column.context is None]
        return tuple(
            TemplateColumn(
                column=column,
                index=index,
                prefilled=any(column.name in line.values for line in self.lines),
                longest=max((len(line.values.get(column.name, "")) for line in self.lines), default=0),
            )
            for index, column in enumerate(shown)
        )

    @cached_property
    def lines(self) -> tuple[PreparedLine, ...]:
        """The lines that are prepared, CIL/CCI in the order of the official tables, then what adds them up."""
        collection = self.order.collection
        if not collection.expected_lines or collection.member_column is None:
            return ()
        named = collection.service_column
        if collection.service is not None or named is None:
            return tuple(self._line({}, one) for one in _in_order(self.order.expected))
        lines: list[PreparedLine] = []
        for service in collection.services:
            members = _in_order(self.order.performers.get(service, ()))
            lines += [self._line(told, one) for one in members for told in collection.lines_for(service)]
            lines += [self._line(told, None) for told in collection.cumuls_for(service) if members]
        return tuple(lines)

    def _line(self, told: Mapping[str, str], member: Organisation | None) -> PreparedLine:
        known = [column for column in self.order.collection.columns if from_register(column)]
        values = {column.name: "" if member is None else register_value(column, member) for column in known}
        alike: tuple[str, ...] = ()
        if member is None:
            others = self.order.collection.lines_of_member
            alike = tuple(name for name, value in told.items() if any(one.get(name) == value for one in others))
        return PreparedLine(values={**values, **told}, sums_alike=alike)

    @property
    def first_row(self) -> int:
        """The first line to fill in."""
        return TITLE_ROW + 1

    @property
    def last_expected_row(self) -> int:
        """The last prepared line; `first_row - 1` when there is none."""
        return TITLE_ROW + len(self.lines)

    @property
    def last_drawn_row(self) -> int:
        """The last line with borders."""
        free = max(FREE_LINES, len(self.order.carried) + SPARE_LINES)
        return self.last_expected_row + (SPARE_LINES if self.lines else free)

    @property
    def last_row(self) -> int:
        """The last line that can be filled in."""
        return self.last_drawn_row if self.lines else LAST_LINE

    @property
    def total_row(self) -> int | None:
        """The line of totals, where the collection has one and the lines above it are counted."""
        collection = self.order.collection
        summed = collection.total_labels and not collection.cumuls
        return self.last_drawn_row + 1 if self.lines and summed else None

    @cached_property
    def places(self) -> dict[str, int]:
        """Technical name → column."""
        return {one.column.name: one.index for one in self.columns}

    @property
    def to_fill(self) -> tuple[TemplateColumn, ...]:
        """The columns that a person fills in on every line."""
        return tuple(one for one in self.columns if not one.prefilled)


def _in_order(members: Iterable[Organisation]) -> list[Organisation]:
    """As in the official tables."""
    return sorted(members, key=lambda one: (department_rank(one.departement or ""), one.nom, one.code))


def from_register(column: Column) -> bool:
    """Whether the register knows what stands in this column of a CIL/CCI's line."""
    return column.kind is Kind.MEMBER or column.register in {"nom", "departement"}


def register_value(column: Column, member: Organisation) -> str:
    """What the register says of a CIL/CCI for this column; empty when it does not."""
    if column.kind is Kind.MEMBER:
        return member.code
    return {"nom": member.nom, "departement": member.departement}.get(column.register or "") or ""
