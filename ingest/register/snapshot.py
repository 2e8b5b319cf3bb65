"""The rows of a register with the place each came from, so that a finding can show it (contract §5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from domain.organisations import Adhesion, Contact, Delegation, Directory, ObligationRule, Organisation

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a row stands: sheet, row number as people see it, and the letters and labels of its columns.

    `row` None: the row comes from the register in force, not from the file in hand.
    """

    sheet: str
    row: int | None = None
    letters: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def cell(self, column: str | None) -> str | None:
        """The reference as Excel writes it with the sheet, `adhesions!C4`; None without a row or a column."""
        if self.row is None or column is None or column not in self.letters:
            return None
        return f"{self.sheet}!{self.letters[column]}{self.row}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line(Generic[T]):
    """One row of a sheet: its value and its place."""

    value: T
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The five sheets of a register as they were handed in: not yet known to be right.

    `damaged`: codes of organisations whose row could not be read; they are not told again wherever they are cited.
    """

    organisations: tuple[Line[Organisation], ...] = ()
    adhesions: tuple[Line[Adhesion], ...] = ()
    delegations: tuple[Line[Delegation], ...] = ()
    contacts: tuple[Line[Contact], ...] = ()
    obligations: tuple[Line[ObligationRule], ...] = ()
    damaged: frozenset[str] = frozenset()

    @classmethod
    def of(cls, directory: Directory) -> Snapshot:
        """The rows of a directory that is already registered: they have no row number."""
        return cls(
            organisations=tuple(Line(value=one, place=Place(sheet="organisations")) for one in directory.organisations),
            adhesions=tuple(Line(value=one, place=Place(sheet="adhesions")) for one in directory.adhesions),
            delegations=tuple(Line(value=one, place=Place(sheet="delegations")) for one in directory.delegations),
            contacts=tuple(Line(value=one, place=Place(sheet="contacts")) for one in directory.contacts),
            obligations=tuple(Line(value=one, place=Place(sheet="obligations")) for one in directory.obligations),
        )

    def lines(self) -> Iterator[Line[Any]]:
        """Every row of every sheet."""
        for sheet in (self.organisations, self.adhesions, self.delegations, self.contacts, self.obligations):
            yield from sheet

    def directory(self, version: int = 0) -> Directory:
        """The values alone, in canonical order."""
        return canonical(
            Directory(
                version=version,
                organisations=tuple(line.value for line in self.organisations),
                adhesions=tuple(line.value for line in self.adhesions),
                delegations=tuple(line.value for line in self.delegations),
                contacts=tuple(line.value for line in self.contacts),
                obligations=tuple(line.value for line in self.obligations),
            ),
        )


def canonical(directory: Directory) -> Directory:
    """The same register with each sheet in one stable order and without repeated rows."""

    def ordered(rows: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(sorted(set(rows), key=sort_key))

    return Directory(
        version=directory.version,
        organisations=ordered(directory.organisations),
        adhesions=ordered(directory.adhesions),
        delegations=ordered(directory.delegations),
        contacts=ordered(directory.contacts),
        obligations=ordered(directory.obligations),
    )


def same_content(one: Directory, other: Directory) -> bool:
    """Whether two registers say the same, whatever their version numbers and the order of their rows."""
    first, second = canonical(one), canonical(other)
    return (
        first.organisations == second.organisations
        and first.adhesions == second.adhesions
        and first.delegations == second.delegations
        and first.contacts == second.contacts
        and first.obligations == second.obligations
    )


def sort_key(row: object) -> tuple[str, ...]:
    """Order of the rows of a sheet: by their fields, as text, in the order of the columns; empty first."""
    match row:
        case Organisation(code=code):
            return (code, repr(row))
        case Adhesion(code_cil=cil, service=service, dates=dates, code_plateforme=platform):
            return (cil, service, str(dates.first or ""), str(dates.last or ""), platform)
        case Delegation(code_mandant=giver, service=service, dates=dates, code_realisateur=doer):
            return (giver, service, str(dates.first or ""), str(dates.last or ""), doer)
        case Contact(organisation=code, role=role, courriel=mail, service=service):
            return (code, role, mail, service or "", row.nom)
        case ObligationRule(code=code, collection=collection, dates=dates):
            return (code, collection, str(dates.first or ""), repr(row))
        case _:
            msg = f"not a row of the register: {row!r}"
            raise TypeError(msg)
