"""Accepted figures against what was in force before: questions, never refusals (contract §9).

Of a case-level collection only how many cases each CIL/CCI has is compared. With a correction kit the merged version is
judged as a whole; about the records taken over nothing is said again, but what is asked about them is handed on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from domain.deadlines import due_at, due_on
from domain.findings import Finding, Severity
from domain.organisations import Directory, Organisation
from domain.periods import Period
from ingest.context import JudgingContext
from ingest.stages.checked import CheckedSection
from ingest.stages.confirming import About, about_remark, record_key
from ingest.stages.layout import Layout
from ingest.stages.oddities import OddityBook
from ingest.stages.relations import broken
from ingest.stages.typed import TypedBatch, TypedSpool
from rules.generic import GENERIC
from rules.history import ANOMALY_RULES, ask, too_short
from rules.messages import plural, say
from rules.others import Compared, OthersRule, Record
from rules.past import Figures, Key, Line, Past, PeerLevel, periods_before
from rules.rule import RecordRule, Remark, Rule, RuleSet
from schemas.collection import Collection
from schemas.history import History

MOST_LINES: Final = 20_000
"""Lines compared with their past: a table that long is not made of figures about members."""

Network = tuple[Directory, Organisation]


@dataclass(frozen=True, kw_only=True)
class Place:
    """An accepted record: its position among those of the file and its row (None: taken over), its key as text."""

    position: int | None
    row: int | None
    key: str


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The accepted records of the version as a whole."""

    keys: list[Key] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)


@dataclass(frozen=True)
class _Others:
    """What is in force elsewhere, as rules may ask for it."""

    context: JudgingContext

    def past(self, collection: str, periods: Sequence[Period], members: AbstractSet[str]) -> Past:
        return self.context.ledger.past(self.context.account, collection, periods, members)

    def records(self, collection: str, period: Period, columns: Sequence[str], *, own: bool) -> Sequence[Record]:
        account = self.context.account if own else None
        return self.context.ledger.records(collection, period, columns, account=account)

    def counts(self, collection: str, period: Period, members: AbstractSet[str]) -> Mapping[str, int]:
        return self.context.ledger.counts(collection, period, members)


@dataclass(frozen=True, kw_only=True)
class HistoryCheck:
    """One section that is not blocked, and what it is compared with; its questions go to the collector and `book`.

    `former`: the records that a correction kit takes over. `network` None: there is no register to ask.
    """

    checked: CheckedSection
    layout: Layout
    rules: RuleSet
    context: JudgingContext
    former: TypedSpool | None
    network: Network | None
    book: OddityBook

    @property
    def collection(self) -> Collection:
        """What is compared."""
        return self.checked.section.collection

    @property
    def period(self) -> Period:
        """For when."""
        return self.checked.section.period

    def run(self) -> None:
        """Ask about the accepted figures."""
        if self.former is not None and not self.collection.cases:
            self._note_former(self.former)
        if self.collection.history is not None and not self.collection.cases:
            self._ask_past(self.collection.history)
        rules = [rule for rule in self.rules.rules if isinstance(rule, OthersRule)]
        if rules:
            self._ask_others(rules)

    def _ask_past(self, history: History) -> None:
        accepted = self._accepted()
        if (not accepted.keys and not self.checked.section.nil) or len(accepted.keys) > MOST_LINES:
            return
        figures = self._figures(history, accepted)
        for rule, remark in ask((*ANOMALY_RULES, *self.rules.history_rules), figures):
            self._report(rule, remark, accepted)
        self._tell_too_short(figures)

    def _ask_others(self, rules: Sequence[OthersRule]) -> None:
        """Against other collections and the year before: line by line, or by how many cases each member has."""
        accepted, records = Accepted(), list[Record]()
        counts: dict[str, int] = {}
        if self.collection.cases:
            counts = self._counts()
        elif sum(spool.n_rows for spool in self._spools) <= MOST_LINES:
            accepted = self._accepted()
            records = self._records()
        if not records and not counts:
            return
        compared = Compared(
            collection=self.collection,
            period=self.period,
            records=records,
            counts=counts,
            others=_Others(self.context),
            directory=None if self.network is None else self.network[0],
            organisation=None if self.network is None else self.network[1],
        )
        for rule in rules:
            if all(name in self.collection.by_name for name in rule.reads):
                for remark in rule.judge(compared):
                    self._report(rule, remark, accepted)

    @property
    def _spools(self) -> tuple[TypedSpool, ...]:
        own = self.checked.spool
        return (own,) if self.former is None else (own, self.former)

    def _records(self) -> list[Record]:
        """The accepted records with all their columns, in the order of `_accepted`."""
        found: list[Record] = []
        names = [column.name for column in self.collection.columns]
        for spool in self._spools:
            for first, batch in spool.batches():
                values = [batch.column(name) for name in names]
                good = np.flatnonzero(~spool.bad[first : first + len(batch)]).tolist()
                found.extend({name: told[index] for name, told in zip(names, values, strict=True)} for index in good)
        return found

    def _counts(self) -> dict[str, int]:
        """How many accepted records each member has."""
        member = self.collection.member_column
        counts: Counter[str] = Counter()
        if member is None:
            return {}
        for spool in self._spools:
            for first, batch in spool.batches():
                named = batch.column(member.name)
                good = np.flatnonzero(~spool.bad[first : first + len(batch)]).tolist()
                counts.update(named[index] for index in good if named[index] is not None)
        return dict(counts)

    # --- the figures ------------------------------------------------------------------------------------------------

    def _accepted(self) -> Accepted:
        found = Accepted()
        quantities = [column.name for column in self.collection.quantities]
        own = self.checked.spool
        for spool in self._spools:
            for first, batch in spool.batches():
                keys = list(zip(*(batch.column(name) for name in self.collection.key), strict=True))
                values = [(name, batch.column(name)) for name in quantities]
                for index in np.flatnonzero(~spool.bad[first : first + len(batch)]).tolist():
                    mine = spool is own
                    found.keys.append(keys[index])
                    found.lines.append({name: float(told[index]) for name, told in values if told[index] is not None})
                    found.places.append(
                        Place(
                            position=first + index if mine else None,
                            row=batch.rows[index] if mine else None,
                            key=record_key(batch, index, self.collection),
                        )
                    )
        return found

    def _figures(self, history: History, accepted: Accepted) -> Figures:
        past = self._past(history, accepted)
        positions = {place.position: index for index, place in enumerate(accepted.places)}
        return Figures(
            collection=self.collection,
            history=history,
            period=self.period,
            keys=accepted.keys,
            lines=accepted.lines,
            past=past,
            nil=self.checked.section.nil,
            peers=self._peers(history) if past.anybody else lambda _column: None,
            former=self._published(),
            warned=frozenset((positions[place], name) for place, name in self.book.warned if place in positions),
        )

    def _past(self, history: History, accepted: Accepted) -> Past:
        """What was in force before; a nil return of the past counts 0 for each member expected then."""
        member, service = self.collection.member_column, self.collection.service
        members = None
        if member is not None and member.key:
            place = self.collection.key.index(member.name)
            members = frozenset(key[place] for key in accepted.keys)
        periods = periods_before(self.period, history)
        past = self.context.ledger.past(self.context.account, self.collection.code, periods, members)
        if not past.nil or self.network is None or service is None or len(self.collection.key) != 1:
            return past
        directory, organisation = self.network
        zeros: Line = dict.fromkeys((column.name for column in self.collection.quantities), 0.0)
        lines: dict[Key, dict[Period, Line]] = {key: dict(line) for key, line in past.lines.items()}
        for silent in past.nil:
            for code in directory.adherents(organisation.code, service, silent.ends_on):
                lines.setdefault((code,), {}).setdefault(silent, zeros)
        return replace(past, lines=lines)

    def _peers(self, history: History) -> Callable[[str], PeerLevel | None]:
        """The network's values, asked for once a column, and no more once there are none."""
        periods = periods_before(self.period, history)[: history.peer_periods]
        found: dict[str, PeerLevel | None] = {}

        def peers(column: str) -> PeerLevel | None:
            if column not in found:
                none, ledger = None in found.values(), self.context.ledger
                found[column] = (
                    None if none else ledger.peers(self.collection.code, column, periods, history.peer_share)
                )
            return found[column]

        return peers

    def _published(self) -> Mapping[Key, Line] | None:
        """The lines that this deposit replaces, when it comes after the due date: tables were made of them."""
        if self.collection.due_days is None:
            return None
        due = due_at(due_on(self.period, self.collection.due_days), self.context.zone)
        if self.context.received_at <= due:
            return None
        return self.context.ledger.replaced(self.context.account, self.collection.code, self.period)

    # --- the questions ----------------------------------------------------------------------------------------------

    def _report(self, rule: Rule, remark: Remark, accepted: Accepted) -> None:
        place = None if remark.index is None else accepted.places[remark.index]
        finding = self.layout.finding(
            rule.code,
            rule.severity,
            remark.message,
            row=None if place is None else place.row,
            column=remark.column,
            value=remark.value,
            hint=remark.hint,
            cause=f"{rule.code}:{remark.cause}",
        )
        about = About(record="" if place is None else place.key, value=remark.value)
        if place is not None and place.position is None:
            said = self._recalled(finding, about)
        else:
            said = self.checked.collector.add(finding, about=about)
        self.book.note(finding, about, confirmation=said.justification)

    def _note_former(self, former: TypedSpool) -> None:
        """What rules within a record ask about the records taken over: already said, still asked."""
        for rule, remark, batch in self._former_warnings(former):
            if not self.book.wants(rule, rule.severity):
                return
            finding = self.layout.finding(
                rule.code, rule.severity, remark.message, column=remark.column, value=remark.value, hint=remark.hint
            )
            about = about_remark(rule, remark, batch, self.collection)
            self.book.note(finding, about, confirmation=self._recalled(finding, about).justification)

    def _former_warnings(self, former: TypedSpool) -> Iterator[tuple[RecordRule, Remark, TypedBatch]]:
        rules = [rule for rule in self.rules.record_rules if rule.severity is Severity.WARNING]
        for first, batch in former.batches():
            for rule in rules:
                for remark in broken(rule, batch, self.collection):
                    if remark.index is not None and not former.bad[first + remark.index]:
                        yield rule, remark, batch

    def _recalled(self, finding: Finding, about: About) -> Finding:
        confirmer = self.checked.collector.confirmer
        return finding if confirmer is None else confirmer(finding, about)

    def _tell_too_short(self, figures: Figures) -> None:
        """« Pas assez d’historique » is an answer (G-18), for a table that has some."""
        count = too_short(figures)
        if not count:
            return
        message = say(
            "{lines} : pas assez d'historique pour une comparaison avec les périodes passées (au moins {needs}).",
            lines=plural(count, "ligne"),
            needs=figures.history.needs,
        )
        finding = self.layout.finding("G-18", GENERIC["G-18"].severity, message, cause="G-18:history")
        self.checked.collector.add(finding, consequence=True)
