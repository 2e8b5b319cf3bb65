"""What a diagnosis looks at: the findings of a section by cause, and the facts around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from domain.causes import CauseTally, cause_key
from domain.cells import column_letters
from domain.findings import Finding, Severity
from domain.organisations import Directory
from domain.periods import Period
from ingest.stages.layout import Layout
from ingest.stages.tallies import Root
from rules.messages import both, quoted, say

MOSTLY = 0.8
"""The share from which « all » or « nearly all » is said."""


@dataclass(frozen=True, kw_only=True)
class Symptoms:
    """What a diagnosis looks at. `first_column`: the first filled cells of each line, when titles are missing."""

    layout: Layout
    period: Period
    findings: Sequence[Finding]
    tallies: Sequence[CauseTally]
    n_read: int
    directory: Directory | None = None
    unrecognised: int = 0
    first_column: Sequence[str] = ()

    @cached_property
    def by_cause(self) -> dict[str, list[Finding]]:
        """The findings kept of each cause, remarks apart."""
        grouped: dict[str, list[Finding]] = defaultdict(list)
        for one in self.findings:
            if one.severity is not Severity.INFO:
                grouped[cause_key(one)].append(one)
        return grouped

    def starting(self, prefix: str, ending: str = "") -> list[str]:
        """The causes whose key begins and ends so."""
        return [key for key in self.by_cause if key.startswith(prefix) and key.endswith(ending)]

    def column(self, name: str) -> str:
        """« Colonne H « Montant » »."""
        return say("Colonne {label}", label=self._lettered(name))

    def the_column(self, name: str) -> str:
        """« La colonne H « Montant » »."""
        return say("La colonne {label}", label=self._lettered(name))

    def _lettered(self, name: str) -> str:
        name = self.layout.stand_in(name)
        index = self.layout.positions.get(name)
        label = quoted(self.layout.label(name))
        return label if index is None else f"{column_letters(index)} {label}"

    def letters(self, names: Iterable[str]) -> str:
        """« B, C et D » of the columns that the file has."""
        places = sorted({self.layout.positions[name] for name in names if name in self.layout.positions})
        return both(column_letters(index) for index in places)


Diagnosis = Callable[[Symptoms], Iterator[Root]]
