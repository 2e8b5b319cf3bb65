"""Very many files at once, and in the middle of them the single file of somebody else: all answered, that one soon.

Some files in the suite; `make faults` drops ten thousand of a hundred accounts (`FAULT_FILES`). The service is the real
one, in a process of its own; time is measured in what it works, not on the clock, since machines differ.
"""

from __future__ import annotations

import hashlib
import json
import mailbox
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.desk import make_desk
from domain.periods import Period
from ingest.demo.files import DemoFile, many_files

FILES = int(os.environ.get("FAULT_FILES", "120"))
ACCOUNTS = min(100, FILES // 20)
MEMBERS = 10
STALLED_SECONDS = 300
"""Without any progress: it hangs."""
SINGLE_WORK_SECONDS = 60
MOST_MEGABYTES = 500
SETTINGS = """\
settle_seconds = 0
sftp_enabled = false
first_period = "2005T1"
log_level = "warning"
"""
SENT = """\
SELECT count(*) FROM message JOIN submission ON submission.id = message.submission_id
WHERE account = ? AND event = 'verdict' AND message.state = 'sent'
"""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Service:
    """`guichet run` on a folder, and what can be seen of it from outside."""

    folder: Path
    process: subprocess.Popen[bytes]

    def one(self, query: str, *values: object) -> int:
        path = self.folder / "var" / "guichet.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)) as base:
            return int(base.execute(query, values).fetchone()[0] or 0)

    def judged(self) -> int:
        return self.one("SELECT count(*) FROM submission WHERE state = 'judged'")

    def sent(self) -> int:
        return self.one("SELECT count(*) FROM message WHERE state = 'sent'")

    def undone(self) -> int:
        return self.one(
            "SELECT (SELECT count(*) FROM effect WHERE done_at IS NULL)"
            " + (SELECT count(*) FROM message WHERE state <> 'sent')"
        )

    def family(self) -> list[int]:
        """The service and the limited processes that it started."""
        found = [self.process.pid]
        for number in found:
            with suppress(OSError):
                for path in Path(f"/proc/{number}/task").glob("*/children"):
                    found += [int(one) for one in path.read_text().split()]
        return found

    def worked_seconds(self) -> float:
        """Processor time of all of them, those that ended included."""
        total = 0
        for number in self.family():
            with suppress(OSError):
                fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
                total += sum(int(one) for one in fields[11:15])
        return total / TICKS

    def peaks(self) -> list[float]:
        """The most memory that each had, in MB; the service first."""
        found = []
        for number in self.family():
            with suppress(OSError, StopIteration):
                lines = Path(f"/proc/{number}/status").read_text().splitlines()
                found.append(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)
        return found

    def until(self, what: str, done: Callable[[], bool], progress: Callable[[], int]) -> None:
        """Wait; it fails when the service is dead, or when nothing moves any more."""
        seen, since = -1, time.monotonic()
        while not done():
            assert self.process.poll() is None, "the service died"
            now = progress()
            if now != seen:
                seen, since = now, time.monotonic()
            assert time.monotonic() - since < STALLED_SECONDS, f"nothing moves: {what}"
            time.sleep(0.05)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[Service, list[DemoFile], DemoFile]]:
    folder = tmp_path / "desk"
    wiring, directory = make_desk(folder, ACCOUNTS + 1, MEMBERS)
    wiring.close()
    drops = list(many_files(directory, Period(2005, 1), FILES + FILES // ACCOUNTS + 1))
    quiet = drops[ACCOUNTS].account
    single = drops[ACCOUNTS]
    others = [one for one in drops if one.account != quiet][:FILES]
    (folder / "guichet.toml").write_text(SETTINGS)
    words = ("--config", str(folder / "guichet.toml"), "--at", "2005-04-18T10:00", "run")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ingest", *words], stdout=log, stderr=log, env=environment, cwd=folder
        )
    made = Service(folder, process)
    try:
        made.until("the service", (folder / "var" / "run.json").exists, lambda: 0)
        yield made, others, single
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def test_many_files_at_once_and_the_single_file_of_another(
    service: tuple[Service, list[DemoFile], DemoFile], count: Callable[..., None]
) -> None:
    running, others, single = service
    inbox = running.folder / "inbox"
    began = time.monotonic()
    for file in others:
        drop(inbox, file)
    running.until("a quarter", lambda: running.judged() >= len(others) // 4, running.judged)
    worked, dropped = running.worked_seconds(), time.monotonic()
    drop(inbox, single)
    answer = inbox / single.account / "retours"
    running.until("the single file", lambda: any(answer.glob("*/verdict.json")), running.judged)
    single_seconds, single_work = time.monotonic() - dropped, running.worked_seconds() - worked
    passed = running.one(
        "SELECT count(*) FROM submission WHERE state = 'judged' AND judged_at <="
        " (SELECT judged_at FROM submission WHERE account = ?)",
        single.account,
    )
    running.until("its mail", lambda: running.one(SENT, single.account) > 0, running.sent)
    mail_seconds, mail_work = time.monotonic() - dropped, running.worked_seconds() - worked
    still_unsent = running.undone()
    running.until("all", lambda: running.judged() == len(others) + 1, running.judged)
    running.until("what follows", lambda: running.undone() == 0, running.undone)
    whole_seconds, peaks = time.monotonic() - began, running.peaks()
    count(
        at_once_files=len(others) + 1,
        outcomes=len(others) + 1,
        at_once_accounts=ACCOUNTS + 1,
        at_once_seconds=round(whole_seconds),
        at_once_single_seconds=round(single_seconds),
        at_once_single_work_seconds=round(mail_work),
        at_once_single_mail_seconds=round(mail_seconds),
        at_once_peak_mb=round(peaks[0]),
        at_once_peak_all_mb=round(sum(peaks)),
    )
    check_all_answered(running, [*others, single])
    assert single_work <= mail_work <= SINGLE_WORK_SECONDS, "the single file or its mail waited"
    assert still_unsent, "its mail waited for all the others"
    assert passed < len(others), "the single file waited for all the others"
    assert peaks[0] < MOST_MEGABYTES


def drop(inbox: Path, file: DemoFile) -> None:
    """Whole or not at all, as servers do."""
    draft = inbox / file.account / "depot" / f".{file.name}.part"
    draft.write_bytes(file.content)
    draft.rename(draft.with_name(file.name))


def check_all_answered(running: Service, files: list[DemoFile]) -> None:
    """Exactly one outcome each: in the ledger, in the archive, in `retours/`, by mail."""
    home, inbox = running.folder / "var", running.folder / "inbox"
    wanted = Counter((one.account, hashlib.sha256(one.content).hexdigest()) for one in files)
    with closing(sqlite3.connect(f"file:{home / 'guichet.sqlite3'}?mode=ro", uri=True)) as base:
        found = base.execute("SELECT account, sha256, verdict FROM submission").fetchall()
        twice = base.execute(
            "SELECT count(*) FROM (SELECT 1 FROM message WHERE submission_id IS NOT NULL"
            " GROUP BY submission_id, event, recipient HAVING count(*) > 1)"
        ).fetchone()
        expected = {one for (one,) in base.execute("SELECT message_id FROM message")}
    assert Counter((account, sha256) for account, sha256, _ in found) == wanted, "lost or doubled"
    assert all(verdict for *_, verdict in found)
    assert twice == (0,)
    mails = Counter(str(one["Message-ID"]) for one in mailbox.Maildir(str(home / "mail"), create=False))
    assert mails == Counter(dict.fromkeys(expected, 1))
    kept = Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in (home / "archive").rglob("original.*"))
    assert kept == Counter(sha256 for _, sha256 in wanted.elements())
    told = Counter(
        (path.parents[2].name, json.loads(path.read_text())["file"]["sha256"])
        for path in inbox.glob("*/retours/*/verdict.json")
    )
    assert told == wanted
