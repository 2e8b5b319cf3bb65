"""The press's book: what is to be published, what was, and what it rests on. Safe from several processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Collection as Group
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from domain.lineage import Trace
from domain.notices import Notice
from domain.organisations import Directory
from domain.periods import Period, Periodicity
from domain.publishing import PeriodState
from domain.releases import Release
from domain.workdays import WorkingDays
from ingest.database.collections import CollectionList, tables_of
from ingest.database.engine import Database
from ingest.database.tables import directory_version
from ingest.ledger import releases, schedule, stale, tallies
from ingest.ledger.copies import Copy, copies
from ingest.ledger.lineage import traces, year_traces
from ingest.ledger.publications import Publication, publications_of
from ingest.ledger.publishing import Gathered, Sources
from ingest.ledger.releases import NewRelease, Recorded
from ingest.ledger.standing import Calendar
from ingest.ledger.year_basis import neighbours_of
from ingest.mail_queue import enqueue
from publication.yearly import Earlier, Secrets


class Press:
    """Each question and each act is one transaction."""

    def __init__(  # noqa: PLR0913 - built in one place
        self,
        database: Database,
        catalogue: CollectionList,
        *,
        zone: ZoneInfo,
        first_period: Period,
        mail_domain: str = "localhost",
        mail_held: bool = False,
        due_days: WorkingDays | None = None,
    ) -> None:
        """As for `Ledger`."""
        self._mail_domain, self._mail_held = mail_domain, mail_held
        self._database = database
        self._tables = tables_of(catalogue.collections)
        self._sources = Sources.of(catalogue.collections, self._tables)
        self._calendar = Calendar(
            collections=catalogue.collections, first_period=first_period, zone=zone, due_days=due_days
        )
        self._publications = publications_of(self._calendar, self._tables)
        self.zone: Final = zone

    # ── what is to be published ──────────────────────────────────────────────────────────────────────────────────

    def facts(
        self,
        period: Period,
        directory: Directory,
        *,
        now: datetime | None = None,
        at: datetime | None = None,
        sections: Group[int] | None = None,
    ) -> Gathered:
        """What the tables of a period are made from: as in force now, as it was at `at`, or from these sections.

        `now`: when an edition is made of it, which may tell who was in time by then.
        """
        with self._database.read() as connection:
            return self._of(period).gather(connection, period, directory, now=now, at=at, sections=sections)

    def facts_of(self, made: Release, directory: Directory) -> Gathered:
        """What an edition was made from: its sections, and what it counted of cases that may be destroyed since."""
        period = Period.parse(made.period)
        with self._database.read() as connection:
            sections = releases.inputs(connection, made.id)
            kept = tallies.kept(connection, made.id)
            return self._of(period).gather(connection, period, directory, sections=sections, kept=kept)

    def secrets(self, period: Period, minimum: int, made: Release | None = None) -> Secrets:
        """What is to stay secret in the tables of a period: in an edition to be made, or in that one."""
        with self._database.read() as connection:
            before = None if made is None else made.id
            found = []
            editions = tallies.earlier_editions(connection, neighbours_of(period), before)
            for number in editions:
                document = tallies.kept_secrecy(connection, number)
                if document is not None:
                    found.append(Earlier(secrecy=document))
            own = None if made is None else tallies.kept_secrecy(connection, made.id)
            return Secrets(
                minimum=minimum,
                earlier=tuple(found),
                own=None if own is None else Earlier(secrecy=own),
                seen=len(editions),
            )

    def states(self, directory: Directory, now: datetime) -> tuple[PeriodState, ...]:
        """Where the publication of every period stands: since go-live, and before it where there are figures."""
        with self._database.read() as connection:
            return schedule.states(connection, self._calendar, self._publications, directory, now)

    def state(self, period: Period, directory: Directory, now: datetime) -> PeriodState | None:
        """The same for one; None when it has not ended, or lies before go-live without any figure."""
        with self._database.read() as connection:
            found = schedule.states(connection, self._calendar, self._publications, directory, now, only=period)
        return found[0] if found else None

    def stale_at(self, period: Period) -> datetime | None:
        """The last change that no edition was weighed against."""
        with self._database.read() as connection:
            return stale.stale_periods(connection).get(period)

    def close(self, periods: Group[Period], directory: Directory, secret_minimum: int) -> None:
        """Keep what the cases of these years count, as they are about to be destroyed; harmless again after a crash."""
        with self._database.write() as connection:
            for one in sorted(periods):
                self._of(one).close(connection, one, directory, secret_minimum)

    # ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────

    def recorded(self, period: Period | None = None) -> tuple[Recorded, ...]:
        """Every edition, by period then number."""
        with self._database.read() as connection:
            return releases.recorded(connection, period)

    def releases(self, period: Period | None = None) -> tuple[Release, ...]:
        """Every edition, by period then number."""
        return tuple(one.release for one in self.recorded(period))

    def named(self, name: str) -> Recorded:
        """The edition called `2005T1/official-v02` (`2005T1/2` will do), or the last one of `2005T1`; NotFound."""
        with self._database.read() as connection:
            return releases.named(connection, name)

    def inputs(self, release: Release) -> frozenset[int]:
        """The sections that an edition rests on."""
        with self._database.read() as connection:
            return releases.inputs(connection, release.id)

    def create(self, new: NewRelease, *, seen: datetime | None) -> Recorded | None:
        """Write an edition to be made, and that it says everything until the change `seen`.

        None when something changed since it was weighed, or when another process made one: it is weighed again.
        """
        with self._database.write() as connection:
            if not self._unchanged(connection, new, seen):
                return None
            if releases.create(connection, new) is None:
                return None
            return next(one for one in releases.recorded(connection, new.period) if one.release.number == new.number)

    def nothing_new(self, period: Period, *, seen: datetime | None) -> bool:
        """The last edition says everything until the change `seen`; False when something changed since."""
        with self._database.write() as connection:
            return stale.clear(connection, period, seen)

    def written(self, release: Release, now: datetime) -> None:
        """Its folder is whole, and `current` may name it."""
        with self._database.write() as connection:
            releases.written(connection, release.id, now)

    def forget(self, release: Release, now: datetime) -> bool:
        """Drop an edition that was never written, and look at its period again."""
        with self._database.write() as connection:
            return releases.forget(connection, release, now)

    def hold(self, name: str, *, author: str, reason: str, now: datetime) -> Release:
        """Keep an edition from being distributed. NotFound, CannotDo."""
        with self._database.write() as connection:
            found = releases.named(connection, name).release
            releases.hold(connection, found, author=author, reason=reason, now=now)
            return releases.named(connection, f"{found.period}/{found.number}").release

    def withdraw(
        self,
        name: str,
        *,
        author: str,
        reason: str,
        now: datetime,
        compose: Callable[[Release, Sequence[Copy]], Sequence[Notice]],
    ) -> tuple[Release, int]:
        """Take an edition back, and tell those who have it; it, and how many of its messages do not leave any more.

        `compose` gets the edition and the copies that stay. NotFound, CannotDo.
        """
        with self._database.write() as connection:
            found = releases.named(connection, name).release
            unsent = releases.withdraw(connection, found, author=author, reason=reason, now=now)
            self._enqueue(connection, compose(found, copies(connection, [found])), now)
            return releases.named(connection, f"{found.period}/{found.number}").release, unsent

    def editions_resting_on(self, submission_id: str) -> tuple[tuple[str, int], ...]:
        """Period and number of every edition that shows figures of a deposit."""
        with self._database.read() as connection:
            return releases.editions_resting_on(connection, submission_id)

    def traces(self, directory: Directory, member: str, periods: Sequence[Period]) -> tuple[Trace, ...]:
        """Where the published figures of a CIL/CCI come from: its lines of these quarters, or its counts of a year."""
        quarters = [one for one in periods if one.quarter]
        yearly = self._publications[Periodicity.YEAR].collections
        with self._database.read() as connection:
            found = list(traces(connection, self._sources, directory, member, quarters)) if quarters else []
            for one in periods:
                if not one.quarter:
                    found += year_traces(connection, yearly, self._tables, directory, member, one)
        return tuple(found)

    def _of(self, period: Period) -> Publication:
        return self._publications[period.periodicity]

    def _enqueue(self, connection: Connection, notices: Sequence[Notice], now: datetime) -> None:
        enqueue(connection, notices, now, mail_domain=self._mail_domain, held=self._mail_held)

    def _unchanged(self, connection: Connection, new: NewRelease, seen: datetime | None) -> bool:
        """Whether what was weighed is still what is in force; it is then marked as published."""
        version = connection.execute(_REGISTER).scalar_one() or 0
        return (
            version == new.directory_version
            and self._of(new.period).sections_in_force(connection, new.period) == new.sections
            and len(releases.secret_before(connection, new.period)) == new.secret_before
            and stale.clear(connection, new.period, seen)
        )


_REGISTER = select(func.max(directory_version.c.version))
