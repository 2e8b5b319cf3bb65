"""Weighs one decision after the other, each on what the former ones changed, in a transaction that is not ours."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from domain.anomalies import AnomalyState
from domain.deadlines import due_at
from domain.decisions import Decision, DecisionKind
from domain.errors import CannotDo
from domain.organisations import Directory, Organisation
from domain.periods import Period, Periodicity
from domain.submissions import SubmissionState
from domain.text import fold
from ingest.catalogue import Catalogue
from ingest.decisions import wording
from ingest.decisions.results import Known, Refusal, Taken, Weighed
from ingest.ledger.arrangements import EVERYBODY, Request
from ingest.ledger.deciding import Deciding, Owing
from rules.messages import day, say
from schemas.collection import Collection

_ALL: Final = frozenset({"all", "tous", "toutes"})
_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "compte": "who",
        "collection": "collection",
        "periode": "period",
        "jusqu_au": "until",
        "depot": "submission_id",
        "anomalie": "anomaly",
    }
)
_NEEDS: Final[Mapping[DecisionKind, tuple[str, ...]]] = MappingProxyType(
    {
        DecisionKind.EXTEND: ("compte", "collection", "periode", "jusqu_au"),
        DecisionKind.WAIVE: ("compte", "collection", "periode"),
        DecisionKind.WITHDRAW: ("depot",),
        DecisionKind.CONFIRM: ("anomalie",),
        DecisionKind.REJECT: ("anomalie",),
    }
)
_TELLS: Final = frozenset({"compte", "collection", "periode"})
"""Columns that may stand beside the number of a deposit or an anomaly, for people."""


class _RefusedError(Exception):
    """Carries a refusal out of the checks."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class _Target:
    """Whom and what a deadline is about; `organisation` None: everybody."""

    organisation: Organisation | None
    collection: Collection
    period: Period

    @property
    def who(self) -> str | None:
        return None if self.organisation is None else self.organisation.code


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """What weighing depends on besides the ledger."""

    directory: Directory
    catalogue: Catalogue
    zone: ZoneInfo
    author: str

    def weigh(self, decision: Decision, deciding: Deciding) -> tuple[Weighed, ...]:
        """Take the decision in `deciding`'s transaction; refusals when it cannot be taken, and nothing is changed."""
        incomplete = tuple(_filling(decision))
        if incomplete:
            return incomplete
        try:
            if decision.kind.about_deadline:
                return (self._deadline(decision, deciding),)
            if decision.kind is DecisionKind.WITHDRAW:
                return (self._withdraw(decision, deciding),)
            return (self._answer(decision, deciding),)
        except _RefusedError as refused:
            return (refused.refusal,)

    # ── deadlines ────────────────────────────────────────────────────────────────────────────────────────────────

    def _deadline(self, decision: Decision, deciding: Deciding) -> Weighed:
        target = self._target(decision)
        owing = deciding.owing(target.collection.code, target.period.code, target.who)
        if not owing:
            raise _RefusedError(wording.not_owed(target.who, target.collection, target.period))
        request = Request(
            who=target.who or EVERYBODY,
            collection=target.collection,
            period=target.period,
            reason=decision.reason,
            author=self.author,
        )
        if decision.kind is DecisionKind.WAIVE:
            return _waive(target, owing, request, deciding)
        return self._extend(decision.until, target, owing, request, deciding)

    def _extend(
        self, until: date | None, target: _Target, owing: tuple[Owing, ...], request: Request, deciding: Deciding
    ) -> Weighed:
        assert until is not None  # noqa: S101 - `_filling` told
        due, today = due_at(until, self.zone), deciding.now.astimezone(self.zone).date()
        left = [one for one in owing if one.waived_reason is None]
        gaining = [one for one in left if due > one.due_at]
        if not gaining and any(one.extended_until == until for one in left):
            return Known(sentence=wording.known(say("le délai court jusqu'au {day}", day=day(until))))
        if until < today:
            raise _RefusedError(wording.past(until, today))
        if not left:
            raise _RefusedError(wording.waived_already(owing[0].organisation, owing[0].waived_reason or ""))
        if not gaining:
            only = left[0] if target.who is not None else None
            raise _RefusedError(wording.no_gain(target.who, until, None if only is None else only.due_at))
        granted = deciding.extend(request, until)
        return Taken(sentence=wording.extended(granted, until, target.collection, target.period), granted=granted)

    def _target(self, decision: Decision) -> _Target:
        organisation = self._organisation(decision.who or "")
        collection = self.catalogue.find(decision.collection or "")
        if collection is None:
            codes = [one.code for one in self.catalogue.collections]
            raise _RefusedError(wording.no_collection(decision.collection or "", codes))
        period = period_told(decision.period or "")
        if period is None or period.periodicity is not collection.periodicity:
            example = "2005T1" if collection.periodicity is Periodicity.QUARTER else "2005"
            raise _RefusedError(wording.no_period(collection, decision.period or "", example))
        return _Target(organisation=organisation, collection=collection, period=period)

    def _organisation(self, who: str) -> Organisation | None:
        """Account or code; None for everybody."""
        if fold(who) in _ALL:
            return None
        found = self.directory.of_account(who) or self.directory.by_code.get(who.upper())
        if found is None:
            names = {name.lower(): name for name in self._names()}
            near = difflib.get_close_matches(who.lower(), names, n=3)
            raise _RefusedError(wording.nobody(who, [names[one] for one in near]))
        return found

    def _names(self) -> Iterable[str]:
        for one in self.directory.organisations:
            if one.compte_sftp:
                yield from (one.code, one.compte_sftp)

    # ── deposits and questions ───────────────────────────────────────────────────────────────────────────────────

    def _withdraw(self, decision: Decision, deciding: Deciding) -> Weighed:
        number = decision.submission_id or ""
        found = deciding.deposit(number)
        if found is None:
            raise _RefusedError(wording.no_deposit(number))
        self._agree(decision, found.account, found.organisation, found.sections)
        if found.state is SubmissionState.WITHDRAWN:
            return Known(sentence=wording.known(say("le dépôt {id} est retiré", id=number)))
        if found.test:
            raise _RefusedError(wording.not_in_force(number, say("est un essai : il n'a jamais compté")))
        if found.state is not SubmissionState.JUDGED:
            raise _RefusedError(wording.not_in_force(number, say("attend encore son verdict")))
        if not found.in_force:
            raise _RefusedError(wording.not_in_force(number, say("n'est pas en vigueur")))
        return Taken(sentence=wording.withdrawn(number, deciding.withdraw(number, decision.reason)))

    def _answer(self, decision: Decision, deciding: Deciding) -> Weighed:
        number = decision.anomaly or 0
        found = deciding.anomaly(number)
        if found is None:
            raise _RefusedError(wording.no_anomaly(number))
        self._agree(decision, found.account, found.organisation, frozenset({(found.collection, found.period)}))
        confirmed = decision.kind is DecisionKind.CONFIRM
        if found.state is (AnomalyState.CONFIRMED if confirmed else AnomalyState.REJECTED):
            return Known(sentence=wording.known(wording.answered(number, confirmed=confirmed).rstrip(".")))
        try:
            answered = deciding.answer(number, decision.reason, confirmed=confirmed)
        except CannotDo:
            raise _RefusedError(wording.not_asked(number)) from None
        return Taken(sentence=wording.answered(number, confirmed=confirmed), answered=answered)

    def _agree(
        self, decision: Decision, account: str, organisation: str | None, about: frozenset[tuple[str, str]]
    ) -> None:
        """What stands beside a number, for people, must be true of it."""
        if decision.who is not None:
            named = self._organisation(decision.who)
            if named is None or named.code != organisation:
                raise _RefusedError(wording.disagrees("compte", decision.who, organisation or account))
        if decision.collection is not None:
            collection = self.catalogue.find(decision.collection)
            codes = sorted({code for code, _ in about})
            if collection is None or collection.code not in codes:
                raise _RefusedError(wording.disagrees("collection", decision.collection, ", ".join(codes) or "–"))
        if decision.period is not None:
            period, periods = period_told(decision.period), sorted({period for _, period in about})
            if period is None or period.code not in periods:
                raise _RefusedError(wording.disagrees("periode", decision.period, ", ".join(periods) or "–"))


def _waive(target: _Target, owing: tuple[Owing, ...], request: Request, deciding: Deciding) -> Weighed:
    if all(one.waived_reason is not None for one in owing):
        return Known(sentence=wording.known(say("la dispense est accordée")))
    if all(one.done for one in owing):
        raise _RefusedError(wording.nothing_to_waive(target.who))
    granted = deciding.waive(request)
    return Taken(sentence=wording.waived(granted, target.collection, target.period), granted=granted)


def _filling(decision: Decision) -> Iterable[Refusal]:
    """Cells that the decision needs and are empty; cells that it has no use for."""
    needed = _NEEDS[decision.kind]
    spared = needed if decision.kind.about_deadline else (*needed, *_TELLS)
    for column, name in _COLUMNS.items():
        value = getattr(decision, name)
        if value is None and column in needed:
            yield wording.lacking(decision.kind, column)
        elif value is not None and column not in spared:
            yield wording.unused(decision.kind, column, day(value) if isinstance(value, date) else str(value))


def period_told(text: str) -> Period | None:
    """`2005T1`, `2005-T1`, `2005 t1`, `2005`; None for anything else."""
    try:
        return Period.parse(re.sub(r"[\s_/-]", "", text))
    except ValueError:
        return None
