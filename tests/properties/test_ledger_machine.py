"""Whatever is deposited, judged out of order, withdrawn: what is in force is the rule, and the past stays askable."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select, text

from domain.in_force import Candidate, resolve
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.database import tables
from ingest.database.engine import Database
from ingest.database.schema import upgrade
from ingest.ledger import Ledger
from ingest.ledger.dates import Deposited, compliance_dates
from tests.contracts.conftest import PARIS, Driver, two_platforms

START = datetime(2005, 4, 2, 8, tzinfo=UTC)
VERDICTS = (Verdict.ACCEPTED, Verdict.PARTIALLY_ACCEPTED, Verdict.REJECTED, Verdict.NIL)


@cache
def template() -> Path:
    """A file with the whole schema, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="guichet-machine-"))
    database = Database(f"sqlite:///{folder / 'template.sqlite3'}")
    upgrade(database, load_catalogue(), START)
    database.dispose()
    return folder / "template.sqlite3"


class LedgerMachine(RuleBasedStateMachine):
    """One account, one collection, one period; a clock that goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="guichet-machine-"))
        shutil.copyfile(template(), self.folder / "guichet.sqlite3")
        self.database = Database(f"sqlite:///{self.folder / 'guichet.sqlite3'}")
        ledger = Ledger(self.database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1))
        self.driver = Driver(database=self.database, ledger=ledger, workdir=self.folder)
        self.minutes = itertools.count(1)
        self.waiting: list[tuple[DroppedFile, Verdict]] = []
        self.judged: list[Deposited] = []
        self.history: list[tuple[datetime, str | None]] = []

        self.told: list[tuple[datetime, list[dict[str, Any]]]] = []
        ledger.open_obligations(self.driver.directory or two_platforms(), START)

    def teardown(self) -> None:
        self.database.dispose()
        shutil.rmtree(self.folder)

    def now(self) -> datetime:
        return START + timedelta(minutes=next(self.minutes))

    @rule(verdict=st.sampled_from(VERDICTS), box=st.sampled_from([Box.DEPOT, Box.DEPOT, Box.DEPOT, Box.ESSAI]))
    def drop(self, verdict: Verdict, box: Box) -> None:
        at = self.now()
        number = next(self.driver.numbers)
        dropped = DroppedFile(
            submission_id=f"{at:%Y%m%d-%H%M%S}-{number:06x}",
            account="pf03",
            box=box,
            name="x.csv",
            size=1,
            sha256=f"{number:064x}",
            received_at=at,
            proof=ReceiptProof.SFTP_CLOSE,
        )
        self.driver.claim(dropped)
        self.waiting.append((dropped, verdict))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def judge(self, data: st.DataObject) -> None:
        """Any of those that wait: judging may be out of order."""
        index = data.draw(st.integers(0, len(self.waiting) - 1))
        dropped, verdict = self.waiting.pop(index)
        section = self.driver.section(verdict, rows=[] if verdict is Verdict.NIL else [(2, "CIL001", 1)])
        now = self.now()
        outcome = self.driver.record(dropped, self.driver.judgement(section), now=now)
        again = self.driver.record(dropped, self.driver.judgement(section), now=now)
        assert [replace(one, judgement=section) for one in again.sections] == list(outcome.sections)
        if not dropped.test:
            self.judged.append(
                Deposited(
                    candidate=Candidate(
                        section_id=self.section_of(dropped.submission_id),
                        submission_id=dropped.submission_id,
                        received_at=dropped.received_at,
                        verdict=verdict,
                        complete=section.complete,
                        has_rows=section.records_accepted > 0,
                    ),
                ),
            )
        self.remember(now)

    @precondition(lambda self: any(one.withdrawn_at is None for one in self.judged))
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        index = data.draw(st.sampled_from([n for n, one in enumerate(self.judged) if one.withdrawn_at is None]))
        now, one = self.now(), self.judged[index]
        self.driver.ledger.withdraw(one.candidate.submission_id, reason="essai", author="test", now=now)
        self.judged[index] = Deposited(candidate=one.candidate, withdrawn_at=now)
        self.remember(now)

    def remember(self, now: datetime) -> None:
        self.history.append((now, self.expected()))
        self.told.append((now, self.driver.ledger.compliance(now)))

    def section_of(self, submission_id: str) -> int:
        with self.database.read() as connection:
            query = select(tables.section.c.id).where(tables.section.c.submission_id == submission_id)
            return int(connection.execute(query).scalar_one())

    def expected(self) -> str | None:
        found = resolve(one.candidate for one in self.judged if one.withdrawn_at is None).section
        return None if found is None else found.submission_id

    @invariant()
    def what_is_in_force_is_the_rule(self) -> None:
        expected = self.expected()
        with self.database.read() as connection:
            spans = connection.execute(
                text(
                    "SELECT s.submission_id, f.from_at, f.to_at, s.in_force FROM in_force f "
                    "JOIN section s ON s.id = f.section_id ORDER BY f.id",
                ),
            ).all()
            flagged = connection.execute(text("SELECT submission_id FROM section WHERE in_force")).scalars().all()
            seen = connection.execute(text("SELECT submission_id FROM assistance_trimestrielle_en_vigueur")).scalars()
            shown = set(seen)
        current = [span.submission_id for span in spans if span.to_at is None]
        assert current == flagged == ([] if expected is None else [expected])
        assert shown <= set(current)
        for former, following in itertools.pairwise(spans):
            assert former.to_at is not None
            assert former.from_at <= former.to_at <= following.from_at

    @invariant()
    def the_past_stays_askable(self) -> None:
        for at, expected in self.history:
            rows = self.driver.ledger.rows_in_force("assistance_trimestrielle", "2005T1", at)
            assert {row["submission_id"] for row in rows} <= {expected}

    @invariant()
    def the_journal_tells_what_was_known_then(self) -> None:
        for at, lines in self.told:
            assert self.driver.ledger.compliance_known(at) == lines

    @invariant()
    def the_dates_are_those_of_judging_in_order(self) -> None:
        lines = self.driver.ledger.compliance(START, period="2005T1", account="PF03")
        for line in lines:
            if line["collection"] == "N1A":
                dates = compliance_dates(self.judged)
                for name in ("first_received_at", "first_accepted_at", "complete_at", "last_corrected_at"):
                    instant = getattr(dates, name)
                    told = None if instant is None else instant.astimezone(PARIS).isoformat(timespec="seconds")
                    assert line[name] == told


LedgerMachine.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestWhatIsInForce = LedgerMachine.TestCase
