"""The questions of what is in force: asked, kept, taken back and asked again as versions come and go (contract §9).

The same question (rule, column, record, value of an account, a collection and a period) is one line for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.engine import Connection

from domain.anomalies import AnomalySource, AnomalyState, Oddity
from domain.justifications import Subject
from ingest.database.tables import anomaly, section
from ingest.database.types import storable
from ingest.ledger.figures import Figure, Figures
from ingest.ledger.force import Key
from ingest.ledger.journal import EventKind, record
from ingest.ledger.oddities import oddities_from
from schemas.collection import Collection

_JOINT: Final = " / "
_columns = anomaly.c
_INSERT = anomaly.insert()
_UPDATE = update(anomaly).where(_columns.id == bindparam("number"))
_AFRESH: Final[Mapping[str, Any]] = {
    "state": AnomalyState.OPEN.value,
    "answer": None,
    "answered_by": None,
    "answered_at": None,
    "told_at": None,
    "reminded_at": None,
}
"""A question asked again by another deposit; `rejected_at` stays: words from before it are void."""
_OF_KEY = (
    select(anomaly)
    .where(
        _columns.account == bindparam("account"),
        _columns.collection == bindparam("collection"),
        _columns.period == bindparam("period"),
    )
    .order_by(_columns.id)
)
_IN_FORCE = select(section).where(section.c.id == bindparam("number"))


def settle_questions(connection: Connection, figures: Figures, key: Key, section_id: int | None, now: datetime) -> None:
    """Make the questions of an account, a collection and a period those of the section in force; twice changes nothing.

    Call it in the transaction of whatever changed what is in force, the account locked.
    """
    collection = figures.calendar.collection(key.collection)
    if collection is None or collection.cases:
        return
    known = connection.execute(_OF_KEY, key._asdict()).all()
    row = None if section_id is None else connection.execute(_IN_FORCE, {"number": section_id}).one()
    if not known and (row is None or not row.oddities):
        return
    settling = _Settling(connection, collection, key, row, now)
    settling.judged([one for one in known if one.source == AnomalySource.JUDGING.value])
    for one in known:
        if one.source == AnomalySource.DISPUTE.value:
            settling.disputed(one, _figure_now(connection, figures, collection.slug, one, row))
    settling.tell_journal()


def _figure_now(
    connection: Connection, figures: Figures, slug: str, asked: Row[Any], in_force: Row[Any] | None
) -> Figure | None:
    """The contested figure when it is still the one in force; None when it changed, or is no more."""
    if in_force is None or asked.member is None:
        return None
    found = figures.of_section(connection, in_force.id, slug, asked.member, asked.column)
    return next((one for one in found if (one.record, one.value) == (asked.record, asked.value)), None)


class _Settling:
    """One pass over the questions of one key. `row`: the section in force, None when nothing is."""

    def __init__(
        self, connection: Connection, collection: Collection, key: Key, row: Row[Any] | None, now: datetime
    ) -> None:
        self._connection = connection
        self._collection = collection
        self._key = key
        self._row = row
        self._now = now
        self._changed: dict[EventKind, list[int]] = {}

    def judged(self, known: Iterable[Row[Any]]) -> None:
        """What rules found: new, asked before, or asked no more."""
        oddities = {} if self._row is None else {_stored(one.subject): one for one in oddities_from(self._row.oddities)}
        left = {Subject(code=row.code, column=row.column, record=row.record, value=row.value): row for row in known}
        for subject, oddity in oddities.items():
            row = left.pop(subject, None)
            if row is None:
                self._insert(subject, oddity)
            else:
                self._stand(row, _told(oddity), oddity.confirmation)
        for row in left.values():
            self._correct(row)

    def disputed(self, row: Row[Any], figure: Figure | None) -> None:
        """What a member contests stands as long as the figure does."""
        if figure is None:
            self._correct(row)
        else:
            self._stand(row, {"row": figure.row}, None)

    def tell_journal(self) -> None:
        """One line for each kind of change: numbers only."""
        for kind, numbers in self._changed.items():
            record(
                self._connection,
                kind,
                self._now,
                submission_id=None if self._row is None else self._row.submission_id,
                account=self._key.account,
                collection=self._key.collection,
                period=self._key.period,
                anomalies=numbers,
            )

    def _insert(self, subject: Subject, oddity: Oddity) -> None:
        if self._row is None:
            return
        values = {
            "code": subject.code,
            "source": AnomalySource.JUDGING.value,
            "state": AnomalyState.OPEN.value,
            "account": self._key.account,
            "organisation": self._row.organisation,
            "collection": self._key.collection,
            "period": self._key.period,
            "member": self._member(subject),
            "record": subject.record,
            "column": subject.column,
            "value": subject.value,
            "submission_id": self._row.submission_id,
            "raised_at": self._now,
            **_told(oddity),
            **({} if oddity.confirmation is None else self._answer(oddity.confirmation)),
        }
        number = self._connection.execute(_INSERT, values).inserted_primary_key
        if number is not None:
            self._note(EventKind.ANOMALIES_RAISED, int(number[0]))

    def _stand(self, row: Row[Any], told: Mapping[str, Any], said: str | None) -> None:
        """The same figure is in force: what was answered stands, and what was not is asked again by a new deposit.

        What UESL said is wrong is asked again too, unless the new deposit gives the words that were missing.
        """
        if self._row is None:
            return
        was = _answered(row)
        new = row.submission_id != self._row.submission_id
        values: dict[str, Any] = {**told, "submission_id": self._row.submission_id, "state": was.value}
        if said is not None and (was is AnomalyState.OPEN or (was is AnomalyState.REJECTED and new)):
            values |= self._answer(said)
            self._note(EventKind.ANOMALIES_CONFIRMED, row.id)
        elif new and (was is AnomalyState.REJECTED or (was.waits and row.state == AnomalyState.CORRECTED.value)):
            values |= {**_AFRESH, "raised_at": self._now}
            self._note(EventKind.ANOMALIES_RAISED, row.id)
        elif row.state == AnomalyState.CORRECTED.value:
            self._note(EventKind.ANOMALIES_RESTORED, row.id)
        self._write(row, values)

    def _correct(self, row: Row[Any]) -> None:
        if row.state != AnomalyState.CORRECTED.value:
            self._note(EventKind.ANOMALIES_CORRECTED, row.id)
            self._write(row, {"state": AnomalyState.CORRECTED.value})

    def _note(self, kind: EventKind, number: int) -> None:
        self._changed.setdefault(kind, []).append(number)

    def _write(self, row: Row[Any], values: Mapping[str, Any]) -> None:
        known = row._mapping  # noqa: SLF001 - SQLAlchemy's public name
        changed = {name: value for name, value in values.items() if known[name] != value}
        if changed:
            self._connection.execute(_UPDATE.values(**changed), {"number": row.id})

    def _answer(self, said: str) -> dict[str, Any]:
        return {
            "state": AnomalyState.CONFIRMED.value,
            "answer": storable(said),
            "answered_by": self._key.account,
            "answered_at": self._now,
        }

    def _member(self, subject: Subject) -> str | None:
        column = self._collection.member_column
        if column is None or not subject.record or column.name not in self._collection.key:
            return None
        parts = subject.record.split(_JOINT)
        place = self._collection.key.index(column.name)
        return parts[place] if place < len(parts) else None


def _answered(row: Row[Any]) -> AnomalyState:
    """What was answered, also before a version that did not raise the question."""
    if row.state != AnomalyState.CORRECTED.value:
        return AnomalyState(row.state)
    if row.answered_at is None:
        return AnomalyState.OPEN
    return AnomalyState.REJECTED if row.rejected_at == row.answered_at else AnomalyState.CONFIRMED


def _told(oddity: Oddity) -> dict[str, Any]:
    return {
        "message": storable(oddity.message),
        "label": None if oddity.label is None else storable(oddity.label),
        "row": oddity.row,
    }


def _stored(subject: Subject) -> Subject:
    return Subject(
        code=subject.code,
        column=storable(subject.column),
        record=storable(subject.record),
        value=storable(subject.value),
    )
