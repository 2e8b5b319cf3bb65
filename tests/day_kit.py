"""A desk that lives a day in one process, file by file, by a clock that is set by hand."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from domain.periods import Period
from ingest.cli.main import main
from ingest.demo import files
from ingest.limited.client import ServerLostError
from ingest.lock import exclusive
from ingest.pipeline import Pipeline
from ingest.publishing.making import EditionMaker
from ingest.reading.client import Reader
from ingest.register.reading import directory_of_folder
from ingest.settings import Settings
from ingest.telemetry import configure
from ingest.wiring import Wiring
from tests.register_kit import import_register
from tests.year.desk import SteppedClock

ZONE = ZoneInfo("Europe/Paris")
MORNING = datetime(2006, 4, 18, 9, tzinfo=ZONE)
QUARTER = Period(2006, 1)
SETTINGS = """\
settle_seconds = 0
first_period = "2006T1"
max_csv_bytes = 200000
max_workbook_bytes = 200000
reading_seconds = 2
mail_admin = "admin@uesl.example"
mail_from = "guichet@uesl.example"
"""


@dataclass
class Day:
    """A desk that lives a day, file by file; `expected`: what `show` must say of each name."""

    folder: Path
    network: Path
    clock: SteppedClock = field(default_factory=SteppedClock)
    hashes: dict[str, str] = field(default_factory=dict)
    expected: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fails: dict[str, Exception | None] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    log: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        (self.folder / "guichet.toml").write_text(SETTINGS)
        self.clock.set(MORNING)
        self.directory = directory_of_folder(self.network)
        self.do(self._found)

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def settings(self) -> Settings:
        made = Settings(
            home=self.folder / "var",
            inbox=self.inbox,
            settle_seconds=0,
            first_period="2006T1",
            max_csv_bytes=200_000,
            max_workbook_bytes=200_000,
            reading_seconds=2,
            mail_admin="admin@uesl.example",
            mail_from="guichet@uesl.example",
        )
        return made.model_copy(update=self.limits)

    def do(self, step: Callable[[Wiring], object]) -> None:
        with Wiring(self.settings, self.clock, rehearsal=True) as wiring:
            step(wiring)

    def _found(self, wiring: Wiring) -> None:
        import_register(wiring, self.network, self.clock.now())

    def drop(self, account: str, name: str, content: bytes, *said: str, box: str = "depot") -> Path:
        """One file; `said`: words that its story must hold."""
        path = self.inbox / account / box / name
        path.write_bytes(content)
        self.hashes[name] = hashlib.sha256(content).hexdigest()
        self.expected[name] = said
        return path

    def passes(self) -> None:
        """One turn of the service, a minute later; without editions, which are not what this is about."""
        self.clock.set(self.clock.now() + timedelta(minutes=1))

        def turn(wiring: Wiring) -> None:
            configure("json", "debug", self.log)
            with exclusive(wiring.settings.home), patch.object(EditionMaker, "make", return_value=None):
                pipeline = Pipeline(wiring)
                pipeline.prepare()
                pipeline.take_ready(limit=1000)
                clerk = wiring.new_clerk()
                for task in pipeline.pending():
                    pipeline.judge(task.submission_id, clerk)
                pipeline.follow_register()
                pipeline.carry_out_effects()
                wiring.outbox.flush()

        judge = Pipeline._judge

        def judged(pipeline: Pipeline, number: str, clerk: Any) -> Any:
            waiting = pipeline._ledger.submission(number)
            name = "" if waiting is None else waiting.dropped.name
            if name not in self.fails:
                return judge(pipeline, number, clerk)
            if (error := self.fails[name]) is not None:
                raise error
            return None

        ask = Reader._ask

        def read(reader: Reader, document: dict[str, Any]) -> Any:
            if "poison" in str(document.get("name")):
                raise ServerLostError("its process is gone")
            return ask(reader, document)

        with patch.object(Pipeline, "_judge", judged), patch.object(Reader, "_ask", read):
            self.do(turn)

    def n1a(self, platform: str, period: Period = QUARTER) -> bytes:
        return files.good_csv(self.directory, platform, period).content

    def number_of(self, name: str) -> str:
        (row,) = [one for one in self.rows() if one["file"]["name"] == name]
        return str(row["submission"])

    def rows(self) -> list[dict[str, Any]]:
        with Wiring(self.settings, self.clock, rehearsal=True) as wiring:
            return wiring.ledger.submissions()

    def command(self, *words: str) -> int:
        at = self.clock.now().astimezone(ZONE).replace(tzinfo=None).isoformat(timespec="seconds")
        return main(["--config", str(self.folder / "guichet.toml"), "--at", at, *words])
