"""Where each column of a section is, and how a place is named to the depositor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.cells import column_letters
from domain.findings import Finding, Severity
from domain.text import normalise_header
from ingest.stages.sections import Header
from rules.messages import shown
from schemas.collection import Collection
from schemas.columns import RESERVED_COLUMNS

_RESERVED = frozenset(normalise_header(name) for name in RESERVED_COLUMNS)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """`positions`: technical name → column index. `strangers`: index → title of columns that are not of the format.

    `reserved`: our own columns (name → index), which are among the `ignored`. `twice`: known columns that appear more
    than once, with the two indexes.
    """

    collection: Collection
    positions: dict[str, int]
    labels: dict[str, str]
    strangers: dict[int, str]
    ignored: frozenset[int]
    reserved: Mapping[str, int] = field(default_factory=dict)
    twice: tuple[tuple[str, int, int], ...] = ()

    def stand_in(self, name: str) -> str:
        """The column to point at for `name`: itself, or the one present that stands in for it."""
        column = self.collection.by_name[name]
        if name not in self.positions and column.stand_in in self.positions:
            return column.stand_in or name
        return name

    def label(self, name: str) -> str:
        """The title as written in their file, else the French label."""
        return self.labels.get(name) or self.collection.by_name[name].label

    def cell(self, name: str, row: int) -> str | None:
        """« E9 », or None when the file has no such column."""
        index = self.positions.get(name)
        return None if index is None else f"{column_letters(index)}{row}"

    def finding(  # noqa: PLR0913 - one argument per member of a finding
        self,
        code: str,
        severity: Severity,
        message: str,
        *,
        row: int | None = None,
        column: str | None = None,
        value: str | None = None,
        expected: str | None = None,
        hint: str | None = None,
        cause: str = "",
    ) -> Finding:
        """A finding at its place; a value of a case is never quoted."""
        if column is not None:
            column = self.stand_in(column)
        return Finding(
            code=code,
            severity=severity,
            message=message,
            row=row,
            column=column,
            cell=None if row is None or column is None else self.cell(column, row),
            label=None if column is None else self.label(column),
            value=None if value is None or self.collection.cases else shown(value),
            expected=expected,
            hint=hint,
            cause=cause or code,
        )


def lay_out(collection: Collection, header: Header, n_columns: int) -> Layout:
    """Settle the columns of a section.

    A known title written twice is a mistake, except that a second title for the member (« Code CIL » beside
    « CIL/CCI qui réalise le service ») is its name column when there is no other.
    """
    positions, labels = dict(header.columns), dict(header.labels)
    strangers: dict[int, str] = {}
    twice: list[tuple[str, int, int]] = []
    ignored = {index for index, _title in header.ignored}
    for index, title in header.unknown:
        normalised = normalise_header(title)
        name = collection.header_names.get(normalised)
        if normalised in _RESERVED:
            ignored.add(index)
        elif name is None:
            strangers[index] = title
        elif (other := collection.by_name[name].stand_in) is not None and other not in positions:
            positions[other], labels[other] = index, title
        else:
            twice.append((name, positions[name], index))
            ignored.add(index)
    known = {*positions.values(), *strangers, *ignored}
    strangers.update((index, "") for index in range(n_columns) if index not in known)
    return Layout(
        collection=collection,
        positions=positions,
        labels=labels,
        strangers=strangers,
        ignored=frozenset(ignored),
        reserved=header.reserved,
        twice=tuple(twice),
    )
