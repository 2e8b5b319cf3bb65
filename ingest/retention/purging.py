"""Carries out retention, step by step; a pass run twice changes nothing, a crash at any step is taken up (ADR 13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from domain.periods import Period
from domain.retention import Lengths, Lot, Rule, Swept, years_before
from domain.verdicts import Verdict
from ingest.database.collections import CollectionTable, tables_of
from ingest.database.tables import destruction
from ingest.destructions import Destructions
from ingest.ledger import destroying
from ingest.ledger.destroying import THE_FILE, Due, Pending, Scope
from ingest.ledger.journal import EventKind, record
from ingest.ledger.rows_destroyed import Part, destroy_contacts, destroy_mails, destroy_part, mails_before, mails_of
from ingest.lock import PURGE, keeping
from ingest.mail_queue import enqueue
from ingest.retention.places import destroy_files, destroy_mail_files
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications.purge import purged_notices
from schemas.annuaire import REGISTER_CODE

ENGINE_TABLES: Final = (
    "submission",
    "section",
    "finding",
    "justification",
    "anomaly",
    "message",
    "incoming",
    "effect",
    "destruction",
)
"""Tables of the engine that a purge deletes from, or empties columns of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a purge did. `wiped`: the database's own files hold nothing of it; else the next pass sees to it."""

    lots: tuple[Lot, ...]
    swept: Swept
    wiped: bool = True


class Purge:
    """Retention of one home. The caller has made sure that the clock can be believed (`ingest.retention.clock`)."""

    def __init__(self, wiring: Wiring, *, author: str | None = None) -> None:
        self._wiring = wiring
        self._database = wiring.database
        self._author = author

    @cached_property
    def _tables(self) -> Mapping[str, CollectionTable]:
        """Made when something is destroyed: most passes have nothing to do."""
        return tables_of(self._wiring.catalogue.collections)

    @property
    def scope(self) -> Scope:
        """What the rules must know."""
        settings = self._wiring.settings
        return Scope(
            cases=frozenset(one.code for one in self._wiring.catalogue.collections if one.a_year_only),
            register=REGISTER_CODE,
            lengths=Lengths(
                cases_months=settings.cases_months,
                raw_years=settings.raw_years,
                mail_years=settings.mail_years,
                contact_days=settings.contact_days,
                notice_days=settings.purge_notice_days,
            ),
            zone=settings.zone,
        )

    def plan(self, now: datetime) -> tuple[Due, ...]:
        """What would be destroyed now."""
        with self._database.read() as connection:
            return destroying.due(connection, self.scope, now)

    def unfinished(self) -> tuple[Pending, ...]:
        """What was decided and is not over."""
        with self._database.read() as connection:
            return destroying.pending(connection)

    def run(self) -> Report:
        """Decide what is due, and carry it out, with what a crash had left; CannotDo while a backup is being made."""
        with keeping(self._wiring.settings.home, PURGE):
            now = self._wiring.clock.now()
            dues = self.plan(now)
            if dues:
                with self._database.write() as connection:
                    destroying.decide(connection, dues, now, self._author)
            lots = self.carry_out()
            swept = self._sweep(now)
        return Report(lots=lots, swept=swept, wiped=not self.unfinished())

    def carry_out(self, *, tell: bool = True) -> tuple[Lot, ...]:
        """Everything decided, up to its end; what was destroyed and had not been told."""
        self._list()
        with self._database.read() as connection:
            left = destroying.pending(connection, destruction.c.done_at.is_(None))
        never = [one for one in left if one.rule is Rule.ANONYMITY]  # which should never have counted
        for one in never:
            self._destroy(one)
        ended = [one for one in left if one.rule is not Rule.ANONYMITY]
        self._close(ended)
        for one in ended:
            self._destroy(one)
        with self._database.read() as connection:
            unwiped = destroying.pending(connection, destruction.c.wiped_at.is_(None))
        if unwiped and self._database.wipe(self._rewritten(unwiped)):
            with self._database.write() as connection:
                destroying.write_wiped(connection, self._wiring.clock.now())
        return self._tell() if tell else ()

    def _list(self) -> None:
        """Outside the database first: a backup restored tomorrow must know."""
        with self._database.read() as connection:
            fresh = destroying.pending(connection, destruction.c.listed_at.is_(None))
        if fresh:
            Destructions(self._wiring.settings.home).add([one.line for one in fresh])
            with self._database.write() as connection:
                destroying.write_listed(connection, [one.id for one in fresh], self._wiring.clock.now())

    def _close(self, left: Sequence[Pending]) -> None:
        """Counted before any row goes: the last correction may be in no edition yet, or the year have none at all."""
        years = {Period.parse(one.period) for one in left if one.part != THE_FILE and one.period is not None}
        if years:
            minimum = self._wiring.settings.secret_minimum
            self._wiring.press.close(years, self._wiring.register.current(), minimum)

    def _destroy(self, one: Pending) -> None:
        files = self._files(one) if one.part == THE_FILE else 0
        part = Part(
            id=one.id,
            submission_id=one.submission_id,
            account=one.account,
            part=one.part,
            rule=one.rule,
            files=files,
        )
        with self._database.write() as connection:
            rows = destroy_part(connection, part, self._tables, self._wiring.clock.now())
        if rows is not None:
            logger().info("destroyed", submission=one.submission_id, rule=one.rule.value, files=files, rows=rows)

    def _files(self, one: Pending) -> int:
        if not one.rule.whole:
            return self._wiring.archive.destroy(one.submission_id)
        with self._database.read() as connection:
            mails = mails_of(connection, one.submission_id)
        said = one.rule is Rule.ANONYMITY and self._wiring.retours.says(one.account, one.submission_id)
        answered = said == Verdict.DESTROYED.value  # of that very verdict, by a home that knew more than this one
        files = destroy_files(self._wiring, one.submission_id, one.account, answer=not answered)
        return files + destroy_mail_files(self._wiring, mails)

    def _rewritten(self, unwiped: Sequence[Pending]) -> Sequence[str]:
        """What breaks anonymity may have been taken for any collection."""
        every = any(one.rule is Rule.ANONYMITY for one in unwiped)
        return (*(slug for slug, one in self._tables.items() if every or one.cases), *ENGINE_TABLES)

    def _tell(self) -> tuple[Lot, ...]:
        settings, now = self._wiring.settings, self._wiring.clock.now()
        with self._database.write() as connection:
            lots = destroying.untold(connection)
            if lots:
                notices = purged_notices(
                    lots,
                    self._wiring.register.current(),
                    known=self._wiring.known,
                    at=now.astimezone(settings.zone),
                    reply_to=settings.mail_reply_to,
                    admin=settings.mail_admin,
                )
                held = settings.mail_mode == "hold"
                enqueue(connection, notices, now, mail_domain=self._wiring.mail_domain, held=held)
                destroying.write_told(connection, now)
        return lots

    def _sweep(self, now: datetime) -> Swept:
        """Messages, mails that arrived, contacts: personal data of ours has an end too (contract §12)."""
        lengths, zone = self.scope.lengths, self._wiring.settings.zone
        with self._database.read() as connection:
            mails = mails_before(connection, years_before(now, lengths.mail_years, zone))
        destroy_mail_files(self._wiring, mails)
        with self._database.write() as connection:
            destroy_mails(connection, mails)
            contacts = destroy_contacts(connection, now - timedelta(days=lengths.contact_days))
            swept = Swept(messages=len(mails.messages), arrived=len(mails.arrived), contacts=contacts)
            if not swept.nothing:
                told: dict[str, Any] = asdict(swept)
                record(connection, EventKind.EXPIRED, now, author=self._author, **told)
        return swept
