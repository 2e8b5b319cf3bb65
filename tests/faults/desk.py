"""A desk with deposits of every kind in its inbox, and an account of it taken from outside: what the oracle sees."""

from __future__ import annotations

import hashlib
import mailbox
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import structlog
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from domain.organisations import Directory
from domain.periods import Period
from ingest.demo.files import N1M_COLUMNS, csv_bytes
from ingest.demo.network_files import write_network
from ingest.lock import exclusive
from ingest.pipeline import Pipeline
from ingest.register.reading import directory_of_folder
from ingest.settings import Settings
from ingest.wiring import Wiring
from tests.conftest import in_memory
from tests.faults import tracing
from tests.faults.zygote import Zygotes
from tests.register_kit import import_register
from tests.year.desk import SteppedClock
from tests.year.figures import assistance, mobilite

ZONE = ZoneInfo("Europe/Paris")
AT = datetime(2005, 4, 18, 10, 0, tzinfo=ZONE)
LATER = datetime(2005, 4, 18, 10, 4, tzinfo=ZONE)
"""Before the quiet time of the tables is over."""
QUARTER = Period(2005, 1)
CANARIES = {f"pf{number:02d}": f"Canari{number:02d}Serin" for number in range(1, 6)}
"""A word that only one account writes: nobody else may ever read it."""


@dataclass(frozen=True, kw_only=True)
class Drop:
    """One file of the scenario. `destroyed`: its bytes must not be kept."""

    account: str
    box: str
    name: str
    content: bytes
    destroyed: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def scenario(directory: Directory) -> tuple[Drop, ...]:
    """Accepted, partly accepted, rejected, on trial, destroyed, nil; each with its account's own word in the name."""
    lines = mobilite(directory, "PF02", QUARTER).splitlines(keepends=True)
    wrong = b"".join([*lines[:-1], lines[-1].rstrip().rpartition(b";")[0] + b";beaucoup\r\n"])

    def drop(account: str, name: str, content: bytes, *, box: str = "depot", destroyed: bool = False) -> Drop:
        stem, _, ending = name.partition(".")
        named = f"{stem}_{CANARIES[account]}.{ending}"
        return Drop(account=account, box=box, name=named, content=content, destroyed=destroyed)

    return (
        drop("pf01", "N1A_2005T1.csv", assistance(directory, "PF01", QUARTER)),
        drop("pf02", "N1M_2005T1.csv", wrong),
        drop("pf03", "N1A_2005T1.csv", b"ceci n'est pas un tableau\n"),
        drop("pf04", "N1A_2005T1.csv", assistance(directory, "PF04", QUARTER), box="essai"),
        drop("pf04", "N1M_2005T1.csv", csv_bytes(N1M_COLUMNS, [("NEANT",)])),
        drop(
            "pf05",
            "N1A_2005T1.csv",
            "code_cil;diagnostics_prealables;Nom;Prénom\nCIL040;3;Serinette;Jeanne\n".encode(),
            destroyed=True,
        ),
    )


class FaultDesk:
    """A desk in a folder: copied from a template for each cycle, cut, mended, and looked at from outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home, self.inbox = folder / "var", folder / "inbox"
        self.mail_url: str | None = None
        self.database_url: str | None = None
        self.zygotes: Zygotes | None = None
        """Where its forks get their limited processes from; without, each starts its own."""

    @property
    def settings(self) -> Settings:
        return Settings(
            home=self.home,
            inbox=self.inbox,
            settle_seconds=0,
            first_period="2005T1",
            mail_admin="admin@uesl.example",
            mail_from="guichet@uesl.example",
            database_url=None if self.database_url is None else SecretStr(self.database_url),
            mail_url=None if self.mail_url is None else SecretStr(self.mail_url),
        )

    def found(self, network: Path, drops: tuple[Drop, ...]) -> None:
        """The register, then the files in the inbox."""
        clock = SteppedClock()
        clock.set(AT)
        with Wiring(self.settings, clock, rehearsal=True) as wiring:
            import_register(wiring, network, clock.now())
        for one in drops:
            (self.inbox / one.account / one.box / one.name).write_bytes(one.content)

    def copy(self, folder: Path) -> FaultDesk:
        """The same desk elsewhere."""
        shutil.copytree(self.folder, folder, symlinks=True)
        made = FaultDesk(folder)
        made.zygotes = self.zygotes
        return made

    def passing(
        self,
        at: datetime,
        cut: tracing.Cut | None = None,
        *,
        tables: bool = False,
        busy: bool = False,
        watch: Callable[[int], None] | None = None,
    ) -> tracing.Ended:
        """One pass of the service, in a process that may be cut; `tables`: those of the quarter are made too.

        `busy`: receipts leave before anything is judged, as they do when the service has much to judge.
        """
        return tracing.run(partial(self._pass, at, tables=tables, busy=busy), cut, watch)

    def passing_untraced(self, at: datetime, dropping: Iterable[Callable[[], object]] = ()) -> int:
        """One pass in a process of its own; its status. `dropping`: instead, one pass after each of these acts."""
        return tracing.untraced(partial(self._pass_by_pass, at, dropping))

    def _pass_by_pass(self, at: datetime, dropping: Iterable[Callable[[], object]]) -> int:
        status = 0
        for drop in dropping or (lambda: None,):
            drop()
            status |= self._pass(at, tables=False, busy=False)
        return status

    def passing_for(self, seconds: float, at: datetime) -> bool:
        """One pass that is killed after so long; whether it was at work still."""
        return tracing.killed_after(seconds, partial(self._pass, at, tables=False, busy=False))

    def _pass(self, at: datetime, *, tables: bool, busy: bool) -> int:
        """What `once` does; without waiting for the quiet time of the tables, only when they are asked for."""
        _be_quiet()
        if self.zygotes is not None:
            self.zygotes.take_over()
        clock = SteppedClock()
        clock.set(at)
        with Wiring(self.settings, clock, rehearsal=True) as wiring, exclusive(self.home):
            pipeline = Pipeline(wiring)
            pipeline.prepare()
            pipeline.take_ready(limit=10_000)
            if busy:
                pipeline.carry_out_effects()
                wiring.outbox.flush()
            clerk = wiring.new_clerk()
            for _ in range(2):  # what is tried apart comes after the others
                for task in pipeline.pending():
                    pipeline.judge(task.submission_id, clerk)
            pipeline.follow_deadlines(at_once=tables)
            pipeline.carry_out_effects()
            wiring.outbox.flush()
            pipeline.upkeep()
        return 0

    def doing(
        self, at: datetime, step: Callable[[Wiring], object], watch: Callable[[int], None] | None = None
    ) -> tracing.Ended:
        """Something else than a pass, in a process of its own."""
        return tracing.run(partial(self._do, at, step), None, watch)

    def _do(self, at: datetime, step: Callable[[Wiring], object]) -> int:
        _be_quiet()
        clock = SteppedClock()
        clock.set(at)
        with Wiring(self.settings, clock, rehearsal=True) as wiring, exclusive(self.home):
            step(wiring)
        return 0

    # ── what anybody can see ─────────────────────────────────────────────────────────────────────────────────────

    def account(self, drops: tuple[Drop, ...]) -> dict[str, Any]:
        """Everything that must be the same whatever was cut; no id, no instant."""
        count = "SELECT s.account, count(*) FROM {} t JOIN submission s ON s.id = t.submission_id GROUP BY s.id"
        tables = ("assistance_trimestrielle", "mobilite_trimestrielle")
        with self._asking() as ask:
            return {
                "outcomes": sorted(
                    ask(
                        "SELECT s.account, s.file_name, s.state, x.verdict, x.in_force, x.records_accepted"
                        " FROM submission s LEFT JOIN section x ON x.submission_id = s.id"
                    ),
                    key=repr,
                ),
                "rows": {one: sorted(ask(count.format(one))) for one in tables},
                "messages": sorted(ask("SELECT event, recipient, subject, state FROM message"), key=repr),
                "steps": ask("SELECT count(*) FROM step_said"),
                "obligations": ask("SELECT count(*) FROM obligation"),
                "delivered": self._delivered(),
                "kept": sorted(self._kept() & {one.sha256 for one in drops}),
                "left": self.left(),
                "answers": self._answers(),
                "editions": sorted(ask("SELECT period, number, kind FROM release")),
                "integrity": ask("PRAGMA integrity_check") if self.database_url is None else None,
            }

    @contextmanager
    def _asking(self) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
        """Questions to the database, without any of our code."""
        if self.database_url is not None:
            plain = make_url(self.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(plain, autocommit=True) as server:
                yield lambda query: server.execute(query.encode()).fetchall()
            return
        with sqlite3.connect(f"file:{self.home / 'guichet.sqlite3'}?mode=ro", uri=True) as base:
            yield lambda query: base.execute(query).fetchall()

    def waiting(self) -> int:
        """Messages that have not left."""
        return int(self._one("SELECT count(*) FROM message WHERE state <> 'sent'"))

    def ambiguous(self) -> int:
        """Cuts after which a message may have arrived, as they were counted."""
        return int(self._one("SELECT coalesce(sum(ambiguous), 0) FROM message"))

    def _one(self, query: str) -> Any:
        with self._asking() as ask:
            return ask(query)[0][0]

    def _delivered(self) -> Counter[tuple[str, str]]:
        """Recipient and subject of every mail; one that is there twice has one Message-ID."""
        found: dict[str, tuple[str, str]] = {}
        for one in mailbox.Maildir(str(self.home / "mail"), create=False):
            found[one["Message-ID"]] = (one["To"], one["Subject"])
        return Counter(found.values())

    def _kept(self) -> set[str]:
        archive = self.home / "archive"
        return {hashlib.sha256(path.read_bytes()).hexdigest() for path in archive.rglob("*") if path.is_file()}

    def left(self) -> list[str]:
        """What is still on the way: in a box, claimed, or in the spool."""
        boxes = [path for box in ("depot", "essai") for path in self.inbox.glob(f"*/{box}/*")]
        ours = [*self.inbox.glob(".guichet/**/*"), *self.home.glob("spool/*")]
        return sorted(path.name for path in [*boxes, *ours] if path.is_file() and path.name != ".lease")

    def _answers(self) -> Counter[tuple[str, str]]:
        """Files of the answers, by account, without the ids of their folders."""
        files = [path for path in self.inbox.glob("*/retours/**/*") if path.is_file()]
        return Counter((path.relative_to(self.inbox).parts[0], path.name) for path in files)

    def foreign_words(self) -> list[str]:
        """Where an account can read the word of another: its folders, and the mails to its contacts."""
        found: list[str] = []
        for account in CANARIES:
            others = [word.encode() for one, word in CANARIES.items() if one != account]
            for path in (self.inbox / account).rglob("*"):
                content = path.read_bytes() if path.is_file() else b""
                if any(word in content or word in path.name.encode() for word in others):
                    found.append(str(path))
        for one in mailbox.Maildir(str(self.home / "mail"), create=False):
            to, text = str(one["To"]), one.as_bytes()
            owner = next((account for account in CANARIES if account in to), None)
            if owner is not None and any(word.encode() in text for one_, word in CANARIES.items() if one_ != owner):
                found.append(to)
        return found


def _be_quiet() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[lambda _l, _m, _e: ""])


@contextmanager
def quick_folder() -> Iterator[Path]:
    """In memory where that can be: what a SIGKILL leaves does not depend on the disk, and syncs cost nothing."""
    with tempfile.TemporaryDirectory(prefix="guichet-faults-", dir=in_memory()) as folder:
        yield Path(folder)


def network_of(folder: Path) -> tuple[Path, Directory]:
    """The demonstration's register."""
    network = write_network(folder)
    return network, directory_of_folder(network)
