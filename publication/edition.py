"""One edition of the tables of a quarter or a year: all that its documents are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from domain.periods import Period
from domain.releases import Coverage, EditionKind
from publication.changes import Change
from publication.table import Table


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A value: the same edition gives the same bytes. `names`: platforms by code. `dated_on`: the day it is made.

    `changes`: against the last distributed edition, of which `replaces` is the name; none for a first one.
    `sheets`: tables for one organisation each, by its code, that nobody else is to see. `recipient`: of which one this
    is the sheet; empty for the edition that everybody reads. `withheld`: sentences on what secrecy hides as a whole.
    """

    period: Period
    kind: EditionKind
    number: int
    dated_on: date
    tables: tuple[Table, ...]
    coverage: tuple[Coverage, ...]
    names: Mapping[str, str]
    changes: tuple[Change, ...] = ()
    replaces: str | None = None
    sheets: Mapping[str, tuple[Table, ...]] = field(default_factory=dict)
    recipient: str = ""
    withheld: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`official-v02`."""
        return f"{self.kind.value}-v{self.number:02d}"

    def sheet(self, code: str) -> Edition:
        """The sheet of one organisation, as a document of its own; KeyError when it has none."""
        name = self.names.get(code, "")
        return replace(
            self,
            tables=self.sheets[code],
            sheets={},
            changes=(),
            replaces=None,
            recipient=f"{name} ({code})" if name else code,
        )
