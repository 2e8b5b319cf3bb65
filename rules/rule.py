"""The kinds of rule. Each is a value with a public code, a severity and a French sentence (`guichet rules`).

A rule never reads a file, a clock or a database: it is handed typed columns and the facts it declares to need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from domain.findings import Severity
from domain.organisations import Directory, Organisation, Service
from domain.periods import Period
from rules.past import Asked, Figures
from schemas.collection import Collection

Booleans = npt.NDArray[np.bool_]
Values = npt.NDArray[Any]
State = TypeVar("State")


class Stage(StrEnum):
    """When a rule is judged (contract §6, Judging)."""

    IDENTIFY = "identify"
    READ = "read"
    STRUCTURE = "structure"
    VALUES = "values"
    CROSS_FIELD = "cross-field"
    WHOLE_FILE = "whole-file"
    DIRECTORY = "directory"
    HISTORY = "history"

    @property
    def label(self) -> str:
        """The French name of the stage."""
        return _STAGE_LABELS[self]


_STAGE_LABELS = {
    Stage.IDENTIFY: "identification",
    Stage.READ: "lecture",
    Stage.STRUCTURE: "structure du tableau",
    Stage.VALUES: "valeurs des cellules",
    Stage.CROSS_FIELD: "cohérence de la ligne",
    Stage.WHOLE_FILE: "ensemble du fichier",
    Stage.DIRECTORY: "annuaire",
    Stage.HISTORY: "périodes passées et autres collectes",
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What every rule says of itself. `sentence`: what must be true, in French, for depositors."""

    code: str
    severity: Severity
    sentence: str

    @property
    def stage(self) -> Stage:
        """When it is judged."""
        raise NotImplementedError

    @property
    def reads(self) -> tuple[str, ...]:
        """Technical names of the columns it needs."""
        return ()

    def fits(self, collection: Collection) -> bool:
        """Whether the collection, in the format given, has the columns that it needs."""
        return all(name in collection.by_name for name in self.reads)

    def as_document(self) -> dict[str, str]:
        """One row of `guichet rules --format json`."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "stage": self.stage.value,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, kw_only=True)
class GenericRule(Rule):
    """A check of the engine itself, in every collection: listed here, carried out by the stages."""

    at: Stage

    @property
    def stage(self) -> Stage:
        """When it is judged."""
        return self.at


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """What a rule has to say, before it is given its place in the file.

    `index` is the position of the record in the batch; `row` a row number, for `finish` (both None: the whole
    section); `column` the cell to show; `value` what it holds. `register`: only the register is at stake.
    `missing`: the code of an expected line that is not there; `missing_for`: the service that it is about, where
    records of several share the collection. `severity`: when it is not the rule's own.
    """

    message: str
    index: int | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    expected: str | None = None
    hint: str | None = None
    cause: str = ""
    register: bool = False
    missing: str | None = None
    missing_for: Service | None = None
    severity: Severity | None = None


@dataclass(frozen=True, kw_only=True)
class RecordRule(Rule):
    """A relation between columns of one record.

    `holds` gets one array per column of `columns`, without any null: a record with an empty or unreadable cell
    among them is not judged (that cell has its own finding). Counts come as int64, amounts as float64 euros,
    dates as datetime64[D], the rest as objects. `message` is formatted with the columns' values in French.
    `formula` says the same as `holds` to a spreadsheet, columns in braces, so that a template can watch it live.
    """

    columns: tuple[str, ...]
    holds: Callable[..., Booleans]
    message: str
    expected: str | None = None
    hint: str | None = None
    shown: str | None = None
    formula: str | None = None

    @property
    def stage(self) -> Stage:
        """Cross-field."""
        return Stage.CROSS_FIELD

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns compared."""
        return self.columns

    @property
    def shown_column(self) -> str:
        """The cell that the answer points at."""
        return self.shown or self.columns[0]


class Batch(Protocol):
    """Some consecutive records, typed. An array holds None (objects) where the cell is empty or unreadable."""

    @property
    def rows(self) -> Sequence[int]:
        """Row numbers as the depositor sees them."""
        ...

    def column(self, name: str) -> list[Any]:
        """Python values of a column, None where empty or unreadable."""
        ...

    def hashes(self, names: Sequence[str]) -> npt.NDArray[np.uint64]:
        """Eight bytes a record over these columns together: the same for the same values, in this process only."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TotalLine:
    """A TOTAL line of the file: `values` holds the figures that could be read, by column."""

    row: int
    values: Mapping[str, Any]
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RuleContext:
    """The facts that rules may ask for.

    `elsewhere`: by service, codes of CIL/CCI with a line in force from another account; among the depositor's own
    adherents, when the register tells them. `received_on`: the civil day of the receipt.
    """

    collection: Collection
    period: Period
    directory: Directory | None = None
    organisation: Organisation | None = None
    elsewhere: Mapping[Service, frozenset[str]] = field(default_factory=dict)
    totals: tuple[TotalLine, ...] = ()
    received_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class FileRule(Rule, Generic[State]):
    """A property of the whole file: a fold over its records, in the order of the file, in little memory.

    All records read take part, those with errors too. `step` may return remarks about the batch in hand;
    `finish` about the whole. `of_order`: it is about the order of the lines, which means nothing where records of
    two deposits are put together.
    """

    start: Callable[[RuleContext], State]
    step: Callable[[State, Batch, RuleContext], Iterable[Remark]]
    finish: Callable[[State, RuleContext], Iterable[Remark]]
    columns: tuple[str, ...] = ()
    of_order: bool = False

    @property
    def stage(self) -> Stage:
        """Whole file."""
        return Stage.WHOLE_FILE

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns folded."""
        return self.columns


@dataclass(frozen=True, kw_only=True)
class DirectoryRule(FileRule[State]):
    """A fold that asks the register: it does not run without one."""

    @property
    def stage(self) -> Stage:
        """Against the register."""
        return Stage.DIRECTORY


@dataclass(frozen=True, kw_only=True)
class HistoryRule(Rule):
    """A comparison of accepted figures with past periods (contract §9): a question, never a refusal.

    `judge` gives remarks whose `index` is the position of a record among the figures; neither index nor column: the
    whole table. It stays silent on what is `asked` already, and is not run for cases.
    """

    judge: Callable[[Figures, Asked], Iterable[Remark]]
    columns: tuple[str, ...] = ()

    @property
    def stage(self) -> Stage:
        """Against past periods."""
        return Stage.HISTORY

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns compared."""
        return self.columns


class RuleSetError(ValueError):
    """A set of rules contradicts itself or its collection: for its author, at start-up."""


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """The rules of one collection, named by its code. A module of `rules.<scheme>` exposes one as `RULES`."""

    collection: str
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a code that is not this collection's, or given twice."""
        seen: set[str] = set()
        for rule in self.rules:
            if not rule.code.startswith(f"{self.collection}.R") or rule.code in seen:
                raise RuleSetError(
                    f"{self.collection}: rule code {rule.code!r} is not {self.collection}.Rnn, or is given twice"
                )
            seen.add(rule.code)

    @property
    def record_rules(self) -> tuple[RecordRule, ...]:
        """Relations within a record."""
        return tuple(rule for rule in self.rules if isinstance(rule, RecordRule))

    @property
    def file_rules(self) -> tuple[FileRule[Any], ...]:
        """Folds that need the file only."""
        return tuple(rule for rule in self.rules if isinstance(rule, FileRule) and not isinstance(rule, DirectoryRule))

    @property
    def directory_rules(self) -> tuple[DirectoryRule[Any], ...]:
        """Folds that need the register."""
        return tuple(rule for rule in self.rules if isinstance(rule, DirectoryRule))

    @property
    def history_rules(self) -> tuple[HistoryRule, ...]:
        """Comparisons with the past."""
        return tuple(rule for rule in self.rules if isinstance(rule, HistoryRule))

    def check_against(self, collection: Collection) -> None:
        """Refuse rules that read a column which the collection does not have (RuleSetError)."""
        if collection.code != self.collection:
            raise RuleSetError(f"rules of {self.collection} given to {collection.code}")
        known = {column.name for column in collection.stored_columns}
        for rule in self.rules:
            for name in rule.reads:
                if name not in known:
                    raise RuleSetError(f"{rule.code} reads {name!r}, which {collection.code} does not have")
            if not any(rule.fits(one) for one in collection.formats):
                raise RuleSetError(f"{rule.code} reads columns that no format of {collection.code} has together")

    def at(self, collection: Collection) -> RuleSet:
        """The rules that a format has the columns for: the others do not run."""
        rules = tuple(rule for rule in self.rules if rule.fits(collection))
        return self if len(rules) == len(self.rules) else replace(self, rules=rules)
