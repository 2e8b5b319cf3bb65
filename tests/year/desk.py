"""One desk with a clock that is set by hand: a year in some seconds, in one process or in many that are killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from ingest.cli.main import main
from ingest.database.tables import message
from ingest.pipeline import Pipeline
from ingest.publishing import documents
from ingest.settings import Settings
from ingest.sftp.closes import record_close
from ingest.wiring import Wiring
from tests.register_kit import import_register
from tests.year.story import ZONE, Decision, Drop

FIRST_DAY, LAST_DAY = date(2005, 3, 31), date(2006, 3, 31)
WAKES = (time(7, 59), time(8, 0, 30), time(9, 0, 30), time(12, 0, 30), time(18, 30))
"""When the follow-up looks at the clock, besides after each deposit: before the hours, when something leaves, after."""
SUNDAY = 6
SETTINGS = """\
sftp_port = 0
settle_seconds = 0
first_period = "2005T1"
mail_admin = "admin@uesl.example"
mail_reply_to = "pilotage@uesl.example"
mail_from = "Guichet <guichet@uesl.example>"
"""


@contextmanager
def without_pdf() -> Iterator[None]:
    """Editions without PDFs, 38 % of what a year takes: one year has them, those compared with it need none."""
    with patch.object(documents, "pdf_bytes", return_value=b"%PDF-1.7"):
        yield


class SteppedClock:
    """Stands where it was set; each look moves it by a microsecond, so that no two things happen at once."""

    def __init__(self) -> None:
        self._at = datetime(2005, 3, 31, tzinfo=ZONE)

    def set(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        self._at += timedelta(microseconds=1)
        return self._at


@dataclass(frozen=True, order=True)
class Sent:
    """One message of the table."""

    at: datetime
    event: str
    recipient: str
    subject: str

    @property
    def line(self) -> str:
        local = self.at.astimezone(ZONE)
        return f"{local:%Y-%m-%d %H:%M}  {self.event:<11}  {self.recipient:<30}  {self.subject}"


class YearDesk:
    """A desk in a folder that lives through the story, or through a part of it."""

    def __init__(self, folder: Path, network: Path, story: Sequence[Drop | Decision]) -> None:
        self.folder, self.network, self.story = folder, network, story
        self.clock = SteppedClock()
        self.settings = Settings(
            home=folder / "var",
            inbox=folder / "inbox",
            settle_seconds=0,
            first_period="2005T1",
            mail_admin="admin@uesl.example",
            mail_reply_to="pilotage@uesl.example",
            mail_from="guichet@uesl.example",
        )
        (folder / "guichet.toml").write_text(SETTINGS)
        self._wiring: Wiring | None = None

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def open(self) -> None:
        """Start, as a service starts after a crash."""
        self._wiring = Wiring(self.settings, self.clock, rehearsal=True)
        self._pipeline = Pipeline(self._wiring)
        self._pipeline.prepare()
        self._clerk = self._wiring.new_clerk()

    def close(self) -> None:
        if self._wiring is not None:
            self._wiring.close()
            self._wiring = None

    @property
    def wiring(self) -> Wiring:
        if self._wiring is None:
            self.open()
        assert self._wiring is not None
        return self._wiring

    def found(self) -> None:
        """The register, once, before the first day."""
        self.clock.set(datetime.combine(FIRST_DAY, time(7), tzinfo=ZONE))
        done = self.folder / "founded"
        if not done.exists():
            self._prepare()
            wiring = self.wiring
            import_register(wiring, self.network, self.clock.now())
            done.touch()

    def _prepare(self) -> None:
        """Every file of the story beside the inbox, so that a drop is one rename."""
        (self.folder / "prepared").mkdir()
        for number, one in enumerate(self.story):
            if isinstance(one, Drop):
                (self.folder / "prepared" / str(number)).write_bytes(one.content)

    # ── a moment ─────────────────────────────────────────────────────────────────────────────────────────────────

    def wake_at_once(self, at: datetime) -> None:
        """One turn as `once` makes it: quiet times count as elapsed."""
        self.wake(at, at_once=True)

    def wake(self, at: datetime, *, at_once: bool = False) -> None:
        """One turn of everything that the service does."""
        self.clock.set(at)
        wiring, pipeline = self.wiring, self._pipeline
        pipeline.take_ready(limit=1000)
        pipeline.follow_register()
        for task in pipeline.pending():
            pipeline.judge(task.submission_id, self._clerk)
        pipeline.follow_register()
        pipeline.follow_deadlines(at_once=at_once)
        if at.weekday() == SUNDAY:  # pages and hand-overs are not what the year is about, and take most of its time
            pipeline.carry_out_effects()
            wiring.outbox.flush()

    def wake_by_command(self, at: datetime) -> None:
        """The same turn by the installed command, in a process of its own."""
        self.close()
        words = ["--config", str(self.folder / "guichet.toml"), "--at", at.isoformat(), "once"]
        subprocess.run([sys.executable, "-m", "ingest", *words], check=True, capture_output=True, timeout=120)

    def happen(self, number: int, one: Drop | Decision) -> None:
        """Do what the story says; what a process that was killed had done already is not done twice."""
        if isinstance(one, Decision):
            self._decide(number, one)
            return
        prepared = self.folder / "prepared" / str(number)
        if prepared.exists():
            record_close(
                self.settings.inbox, prepared.stat(), account=one.account, folder=one.box, name=one.name, at=one.at
            )
            prepared.rename(self.settings.inbox / one.account / one.box / one.name)

    def _decide(self, number: int, one: Decision) -> None:
        done = self.folder / "decided" / str(number)
        if done.exists():
            return
        self.close()
        words = ["--config", str(self.folder / "guichet.toml"), "--at", one.at.isoformat(), *one.words]
        main(words)  # refused when it was granted already, by a process that was killed before it could say so
        done.parent.mkdir(exist_ok=True)
        done.touch()

    # ── a year ───────────────────────────────────────────────────────────────────────────────────────────────────

    def live(self, first: date = FIRST_DAY, last: date = LAST_DAY, stopped: tuple[date, date] | None = None) -> None:
        """Day by day; `stopped`: the service is down from the first of these days until before the second."""
        for day in days(first, last):
            self.live_day(day, down=stopped is not None and stopped[0] <= day < stopped[1])

    def live_day(
        self,
        day: date,
        *,
        down: bool = False,
        since: datetime | None = None,
        reach: Callable[[datetime], None] = lambda _moment: None,
    ) -> None:
        """The day's moments, those before `since` left out; each is told to `reach` before it is lived."""
        for moment, number in self._moments(day):
            if since is not None and moment < since:
                continue
            reach(moment)
            if number is not None:
                self.happen(number, self.story[number])
            if not down:
                self.wake(moment)

    def _moments(self, day: date) -> list[tuple[datetime, int | None]]:
        wakes: list[tuple[datetime, int | None]] = [(datetime.combine(day, one, tzinfo=ZONE), None) for one in WAKES]
        happening = [
            (one.at + timedelta(milliseconds=500), number)
            for number, one in enumerate(self.story)
            if one.at.date() == day
        ]
        return sorted([*wakes, *happening], key=lambda one: one[0])

    # ── what came of it ──────────────────────────────────────────────────────────────────────────────────────────

    def table(self) -> list[Sent]:
        """Every message, in the order of the calendar."""
        with self.wiring.database.read() as connection:
            query = select(message.c.created_at, message.c.event, message.c.recipient, message.c.subject)
            return sorted(Sent(*row) for row in connection.execute(query))

    def matrix(self, at: datetime) -> list[dict[str, Any]]:
        """Where everybody stands in the end."""
        return self.wiring.ledger.compliance(at)


def days(first: date, last: date) -> Iterator[date]:
    """Every civil day, both ends included."""
    while first <= last:
        yield first
        first += timedelta(days=1)
