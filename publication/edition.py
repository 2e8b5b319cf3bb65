"""One edition of a quarter's tables: all that its documents are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.periods import Period
from domain.releases import Coverage, EditionKind
from publication.changes import Change
from publication.table import Table


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A value: the same edition gives the same bytes. `names`: platforms by code. `dated_on`: the day it is made.

    `changes`: against the last distributed edition, of which `replaces` is the name; none for a first one.
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

    @property
    def name(self) -> str:
        """`official-v02`."""
        return f"{self.kind.value}-v{self.number:02d}"
