"""Joins the parts: everything is built once, on first use, from the settings and a clock."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from domain.clock import Clock, RehearsalClock, SystemClock
from domain.errors import CannotDo
from domain.periods import Period, Periodicity
from domain.submissions import ReceiptProof
from ingest.clock_guard import ClockGuard
from ingest.settings import Settings, config_path, load_settings
from ingest.telemetry import configure

if TYPE_CHECKING:  # verbs that need no table or reader must not pay for their imports
    from domain.organisations import Directory
    from domain.submissions import DroppedFile
    from domain.workdays import OfficeHours, WorkingDays
    from ingest.accounts import AccountStore
    from ingest.answering.making import AnswerMaker, Clerk
    from ingest.answering.store import AnswerStore
    from ingest.archive import Archive
    from ingest.catalogue import Catalogue
    from ingest.context import JudgingContext
    from ingest.database.engine import Database
    from ingest.diffusion import Diffusion
    from ingest.inbox import Inbox
    from ingest.incoming.client import MailReader
    from ingest.judging import Judge
    from ingest.ledger import Ledger
    from ingest.ledger.deliveries import Deliveries
    from ingest.ledger.mailroom import Mailroom
    from ingest.ledger.press import Press
    from ingest.limited.client import LimitedClient
    from ingest.outbox import Outbox
    from ingest.publishing.making import EditionMaker
    from ingest.publishing.store import ReleaseStore
    from ingest.reading.client import Reader
    from ingest.reading.limits import ReadingLimits
    from ingest.register import Register
    from ingest.retours import Retours
    from ingest.sharing import Sharing
    from rendering.collections import CollectionFacts


class Wiring:
    """The parts of one running command. `close` releases what was opened, in reverse order."""

    def __init__(self, settings: Settings, clock: Clock, *, rehearsal: bool = False) -> None:
        self.settings = settings
        self.clock = clock
        self.guard = clock if isinstance(clock, ClockGuard) else None
        self.rehearsal = rehearsal
        self.config: Path | None = None
        """The settings file, if there is one."""
        self.restoring = False
        """Whether this very command restores the home, so that it may open what is not finished."""
        self._processes: list[LimitedClient] = []

    @classmethod
    def from_options(
        cls,
        config: str | None,
        at: str | None,
        environ: Mapping[str, str] | None = None,
    ) -> Wiring:
        """Build from `--config` and `--at` (or `GUICHET_AT`); refuses a rehearsal that could send real mail."""
        environ = os.environ if environ is None else environ
        settings = load_settings(Path(config) if config else None, environ=environ)
        configure(
            settings.log_format, "warning"
        )  # a verb says what it did; `run` tells more, the library's own way never
        instant = at or environ.get("GUICHET_AT")
        made = cls._by_clock(settings, instant)
        made.config = config_path(Path(config) if config else None, environ, Path.cwd())
        return made

    @classmethod
    def _by_clock(cls, settings: Settings, instant: str | None) -> Wiring:
        if not instant:
            return cls(settings, ClockGuard(SystemClock()))
        if not settings.mail.startswith("maildir:"):
            raise CannotDo("--at is for rehearsals: it is refused unless mail goes to a Maildir (set mail_url)")
        return cls(settings, RehearsalClock(parse_instant(instant, settings)), rehearsal=True)

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release everything."""
        self.close()

    def close(self) -> None:
        """Release the limited processes and the database connections."""
        for process in self._processes:
            process.close()
        self._processes.clear()
        if "sharing" in self.__dict__:
            self.sharing.close()
        database = self.__dict__.get("_database")
        if database is not None:
            database.dispose()

    @cached_property
    def catalogue(self) -> Catalogue:
        """What may be deposited, and its rules."""
        from ingest.catalogue import load_catalogue  # noqa: PLC0415 - costs pandera

        return load_catalogue()

    @cached_property
    def _database(self) -> Database:
        from ingest.database.engine import Database  # noqa: PLC0415

        return Database(self.settings.database)

    @cached_property
    def database(self) -> Database:
        """The consolidated database, its schema up to date; created when missing."""
        from ingest.database.schema import ensure  # noqa: PLC0415

        self.make_home()
        self._refuse_half_restored()
        ensure(self._database, self.catalogue, self.clock.now())
        return self._database

    @property
    def unchecked_database(self) -> Database:
        """The database as it is, for `db status` and `db upgrade`."""
        self.make_home()
        self._refuse_half_restored()
        return self._database

    @cached_property
    def sharing(self) -> Sharing:
        """How the work is shared with other processes."""
        from ingest.sharing import sharing_of  # noqa: PLC0415

        return sharing_of(self.database)

    @cached_property
    def ledger(self) -> Ledger:
        """What happened, and what is in force."""
        from ingest.ledger import Ledger  # noqa: PLC0415
        from ingest.ledger.facts import latest_event_at  # noqa: PLC0415

        if isinstance(self.clock, RehearsalClock):
            self.clock.catch_up(latest_event_at(self.database))
        return Ledger(
            self.database,
            self.catalogue,
            zone=self.settings.zone,
            first_period=self.first_period,
            mail_domain=self.mail_domain,
            mail_held=self.settings.mail_mode == "hold",
            working_days=None if self.rehearsal else self._working_days,
            due_days=self.due_days,
        )

    @cached_property
    def first_period(self) -> Period:
        """The first quarter owed: the setting, else the one current when the home was created."""
        from ingest.ledger.facts import fixed_first_period  # noqa: PLC0415

        today = self.clock.now().astimezone(self.settings.zone).date()
        default = Period.containing(today, Periodicity.QUARTER)
        fixed = fixed_first_period(self.database, default)
        return Period.parse(self.settings.first_period) if self.settings.first_period else fixed

    @property
    def mail_domain(self) -> str:
        """Right-hand side of our Message-IDs."""
        return self.settings.mail_from.rpartition("@")[2].strip("> ") or "localhost"

    @cached_property
    def register(self) -> Register:
        """The register of organisations and its versions."""
        from ingest.register import Register  # noqa: PLC0415

        return Register(
            self.database,
            self.catalogue,
            zone=self.settings.zone,
            first_period=self.first_period,
            due_days=self.due_days,
        )

    @cached_property
    def accounts(self) -> AccountStore:
        """SFTP accounts."""
        from ingest.accounts import AccountStore  # noqa: PLC0415

        path = self.settings.home / "accounts" / "accounts.json"
        return AccountStore(path, self.settings.inbox, openssh=self.settings.sftp_openssh)

    @cached_property
    def inbox(self) -> Inbox:
        """The drop zone."""
        from ingest.inbox import Inbox  # noqa: PLC0415

        return Inbox(settings=self.settings, clock=self.clock)

    @cached_property
    def archive(self) -> Archive:
        """Originals as received."""
        from ingest.archive import Archive  # noqa: PLC0415

        return Archive(self.settings.home)

    @cached_property
    def retours(self) -> Retours:
        """Writes the answers."""
        from ingest.retours import Retours  # noqa: PLC0415

        return Retours(self.settings.inbox)

    @cached_property
    def diffusion(self) -> Diffusion:
        """Hands out templates, guide and tables."""
        from ingest.diffusion import Diffusion  # noqa: PLC0415

        return Diffusion(self.settings.inbox)

    @cached_property
    def office_hours(self) -> OfficeHours:
        """When mail may leave that nobody waits for."""
        from ingest.workdays import office_hours  # noqa: PLC0415 - costs the calendars

        return office_hours(self.settings)

    @property
    def _working_days(self) -> WorkingDays:
        """As `office_hours`, but the calendars are opened only when a day is asked for: few verbs ask."""
        from domain.workdays import WorkingDays  # noqa: PLC0415

        return WorkingDays(is_holiday=self._is_holiday)

    def _is_holiday(self, day: date) -> bool:
        return self.office_hours.days.is_holiday(day)

    @property
    def due_days(self) -> WorkingDays | None:
        """The days on which something may be due; None: all of them (setting `due_on_working_day`)."""
        return self._working_days if self.settings.due_on_working_day else None

    @cached_property
    def outbox(self) -> Outbox:
        """Sends what the ledger queued."""
        from ingest.outbox import outbox_from  # noqa: PLC0415

        return outbox_from(self.database, self.settings, self.clock, self.sharing, fit=self.mail_reader.fitted)

    @cached_property
    def mailroom(self) -> Mailroom:
        """What arrived for us by mail."""
        from ingest.ledger.mailroom import Mailroom  # noqa: PLC0415

        return Mailroom(self.database, mail_domain=self.mail_domain, mail_held=self.settings.mail_mode == "hold")

    @cached_property
    def press(self) -> Press:
        """What is to be published, and what was."""
        from ingest.ledger.press import Press  # noqa: PLC0415

        return Press(
            self.database,
            self.catalogue,
            zone=self.settings.zone,
            first_period=self.first_period,
            mail_domain=self.mail_domain,
            mail_held=self.settings.mail_mode == "hold",
            due_days=self.due_days,
        )

    @cached_property
    def deliveries(self) -> Deliveries:
        """Who gets which edition."""
        from ingest.ledger.deliveries import Deliveries  # noqa: PLC0415

        held = self.settings.mail_mode == "hold"
        return Deliveries(self.database, mail_domain=self.mail_domain, mail_held=held)

    @cached_property
    def releases(self) -> ReleaseStore:
        """The folders of editions."""
        from ingest.publishing.store import ReleaseStore  # noqa: PLC0415

        return ReleaseStore(self.settings.home)

    @cached_property
    def editions(self) -> EditionMaker:
        """Makes the editions."""
        from ingest.catalogue import package_version  # noqa: PLC0415
        from ingest.publishing.making import EditionMaker  # noqa: PLC0415 - costs the makers of documents

        return EditionMaker(
            self.press,
            self.releases,
            self.register,
            self.office_hours,
            guichet_version=package_version(),
            rules_version=self.catalogue.rules_version,
            secret_minimum=self.settings.secret_minimum,
        )

    @cached_property
    def known(self) -> dict[str, CollectionFacts]:
        """Collections by code, as the answers need them."""
        from schemas.annuaire import REGISTER  # noqa: PLC0415
        from schemas.decisions import DECISIONS  # noqa: PLC0415

        own: dict[str, CollectionFacts] = {REGISTER.code: REGISTER, DECISIONS.code: DECISIONS}
        return {**own, **{collection.code: collection for collection in self.catalogue.collections}}

    def judging_context(self, dropped: DroppedFile, directory: Directory) -> JudgingContext:
        """What judging this file depends on, besides the file."""
        from ingest.context import JudgingContext  # noqa: PLC0415

        return JudgingContext(
            account=dropped.account,
            box=dropped.box,
            received_at=dropped.received_at,
            now=self.clock.now(),
            zone=self.settings.zone,
            first_period=self.first_period,
            directory=directory,
            organisation=directory.of_account(dropped.account),
            close_after_months=None if dropped.proof is ReceiptProof.IMPORTED else self.settings.close_after_months,
            max_findings=self.settings.max_findings,
            max_case_findings=self.settings.max_case_findings,
            ledger=self.ledger.view(dropped.submission_id),
            answers=self.answers,
        )

    @cached_property
    def answers(self) -> AnswerStore:
        """What was made for the answers, until it is handed over."""
        from ingest.answering.store import AnswerStore  # noqa: PLC0415

        return AnswerStore(self.settings.home)

    def new_reader(self) -> Reader:
        """A reading process of its own; closed with the wiring."""
        from ingest.reading.client import Reader  # noqa: PLC0415

        reader = Reader(self._limits)
        self._processes.append(reader)
        return reader

    def new_judge(self) -> Judge:
        """A judge with a reading process of its own."""
        from ingest.judging import Judge  # noqa: PLC0415

        return Judge(self.catalogue, self.new_reader(), self.settings)

    def new_maker(self, store: AnswerStore) -> AnswerMaker:
        """Who makes the files of answers into `store`, with an annotating process of its own."""
        from ingest.annotating.client import Annotator  # noqa: PLC0415
        from ingest.answering.making import AnswerMaker  # noqa: PLC0415

        annotator = Annotator(self._limits)
        self._processes.append(annotator)
        return AnswerMaker(
            store,
            annotator,
            zone=self.settings.zone,
            known=self.known,
            attachment_bytes=self.settings.mail_attachment_bytes,
        )

    def new_clerk(self) -> Clerk:
        """A judge, and who makes the files of its answers; one a lane's worker."""
        from ingest.answering.making import Clerk  # noqa: PLC0415

        return Clerk(judge=self.new_judge(), maker=self.new_maker(self.answers))

    @cached_property
    def mail_reader(self) -> MailReader:
        """Reads what arrived for us by mail, in a process of its own; for any thread."""
        from ingest.attachments import MAIL_FOLDER  # noqa: PLC0415
        from ingest.incoming.client import MailReader  # noqa: PLC0415
        from ingest.incoming.folder import DRAFTS  # noqa: PLC0415

        drafts = self.settings.home / MAIL_FOLDER / DRAFTS
        reader = MailReader(drafts, memory_bytes=self.settings.reading_memory_bytes)
        self._processes.append(reader)
        return reader

    @property
    def _limits(self) -> ReadingLimits:
        from ingest.reading.limits import ReadingLimits  # noqa: PLC0415

        settings = self.settings
        return ReadingLimits(
            max_csv_bytes=settings.max_csv_bytes,
            max_workbook_bytes=settings.max_workbook_bytes,
            max_unpacked_bytes=settings.max_unpacked_bytes,
            max_unpack_ratio=settings.max_unpack_ratio,
            max_rows=settings.max_rows,
            max_columns=settings.max_columns,
            max_cell_chars=settings.max_cell_chars,
            memory_bytes=settings.reading_memory_bytes,
            cpu_seconds=settings.reading_cpu_seconds,
            wall_seconds=settings.reading_seconds,
        )

    def _refuse_half_restored(self) -> None:
        from ingest.daemon_files import RESTORING  # noqa: PLC0415

        mark = self.settings.home / RESTORING
        if not self.restoring and mark.exists():
            path = json.loads(mark.read_text()).get("path", "PATH")
            raise CannotDo(f"a restore was cut short: give the same command again, guichet restore {path}")

    def make_home(self) -> None:
        """Create `home`, private to us."""
        try:
            self.settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise CannotDo(
                f"the home {self.settings.home} cannot be made ({error.strerror}); check the setting `home`, and that "
                "the service's user owns it",
            ) from None


def parse_instant(text: str, settings: Settings, option: str = "--at") -> datetime:
    """Read the instant of an option: ISO, in the desk's time zone unless it says otherwise."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CannotDo(f"{option} {text!r} is not an instant; write it as 2005-05-01T09:00") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=settings.zone)


def current_user() -> str:
    """Who is at the keyboard, for the journal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
