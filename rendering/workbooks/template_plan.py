"""Where everything stands on a template's sheet: which columns, which lines, what is filled in beforehand. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from domain.organisations import Organisation
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
    `others`: those that may have a line besides. `due_at` is aware, in civil time. `version` goes into the properties.
    """

    collection: Collection
    rules: RuleSet
    period: Period
    account: str
    sender: Organisation | None = None
    due_at: datetime | None = None
    expected: tuple[Organisation, ...] = ()
    others: tuple[Organisation, ...] = ()
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
class TemplateColumn:
    """A column of the sheet at `index`; `prefilled`: on the expected lines the register fills it in."""

    column: Column
    index: int
    prefilled: bool = False


@dataclass(frozen=True, kw_only=True)
class TemplatePlan:
    """The sheet of one order. Rows and columns count from 0; `last` rows are included."""

    order: TemplateOrder

    @cached_property
    def columns(self) -> tuple[TemplateColumn, ...]:
        """The columns of the collection in their order; what the file's name says is left out."""
        shown = [column for column in self.order.collection.columns if column.context is None]
        return tuple(
            TemplateColumn(column=column, index=index, prefilled=bool(self.lines) and from_register(column))
            for index, column in enumerate(shown)
        )

    @cached_property
    def lines(self) -> tuple[Organisation, ...]:
        """The CIL/CCI whose line is prepared, in the order of the official tables."""
        collection = self.order.collection
        if not collection.expected_lines or collection.member_column is None:
            return ()
        return tuple(
            sorted(self.order.expected, key=lambda one: (department_rank(one.departement or ""), one.nom, one.code))
        )

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
        return self.last_expected_row + (SPARE_LINES if self.lines else FREE_LINES)

    @property
    def last_row(self) -> int:
        """The last line that can be filled in."""
        return self.last_drawn_row if self.lines else LAST_LINE

    @property
    def total_row(self) -> int | None:
        """The line of totals, where the collection has one and the lines above it are counted."""
        return self.last_drawn_row + 1 if self.lines and self.order.collection.total_labels else None

    @cached_property
    def places(self) -> dict[str, int]:
        """Technical name → column."""
        return {one.column.name: one.index for one in self.columns}

    @property
    def to_fill(self) -> tuple[TemplateColumn, ...]:
        """The columns that a person fills in on every line."""
        return tuple(one for one in self.columns if not one.prefilled)


def from_register(column: Column) -> bool:
    """Whether the register knows what stands in this column of a CIL/CCI's line."""
    return column.kind is Kind.MEMBER or column.register in {"nom", "departement"}


def register_value(column: Column, member: Organisation) -> str:
    """What the register says of a CIL/CCI for this column; empty when it does not."""
    if column.kind is Kind.MEMBER:
        return member.code
    return {"nom": member.nom, "departement": member.departement}.get(column.register or "") or ""
