"""The plug is pulled while something is being destroyed: the next pass takes it up, nothing is half gone.

Two destructions: a purge, and a deposit judged again that turns out to break anonymity. A few cuts in the suite;
`make faults` makes many (`FAULT_CYCLES`), `LONG=1` all of them.
"""

from __future__ import annotations

import errno
import importlib
import json
import mailbox
import os
import random
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog

from domain.findings import Finding, Severity
from domain.organisations import Adhesion, Organisation, OrganisationType, Service, Span
from domain.retention import Rule
from ingest import judging
from ingest.destructions import Destructions
from ingest.retention.purging import Purge
from tests.faults import tracing
from tests.faults.zygote import Zygotes
from tests.integration.retention.conftest import CASES, Desk, network, short_pass

SEED = int(os.environ.get("SEED", "20050216"))
CYCLES = max(4, int(os.environ.get("FAULT_CYCLES", "4")) // 10)
PURGED, TAKEN_UP = "2007-01-02T10:00", "2007-01-02T10:05"
OVERTURNED, MENDED = "2006-02-02T10:00", "2006-02-02T10:01"
NIR = Finding(code="G-12", severity=Severity.BLOCKING, message="numéro de sécurité sociale", row=4)

STEPS = (
    ("ingest.ledger.destroying", "decide", "before"),
    ("ingest.ledger.destroying", "decide", "after"),
    ("ingest.destructions", "Destructions.add", "before"),
    ("ingest.destructions", "Destructions.add", "after"),
    ("ingest.archive", "Archive.destroy", "after"),
    ("ingest.retours", "Retours.destroy", "before"),
    ("ingest.retention.purging", "destroy_part", "before"),
    ("ingest.retention.purging", "destroy_part", "after"),
    ("ingest.database.engine", "Database.wipe", "before"),
    ("ingest.database.engine", "Database.wipe", "after"),
    ("ingest.ledger.destroying", "write_wiped", "after"),
    ("ingest.retention.purging", "purged_notices", "before"),
    ("ingest.ledger.destroying", "write_told", "after"),
)

pytestmark = pytest.mark.skipif(not tracing.SUPPORTED, reason="system calls are traced on x86_64 only")


def quiet() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[lambda _l, _m, _e: ""])


def found(desk: Desk) -> int:
    """Cases of which one names a CIL that the register does not know."""
    quiet()
    desk.register(network(), "2006-01-02T09:00")
    head, first, *others = CASES.read_bytes().splitlines(keepends=True)
    desk.deposit(b"".join([head, first.replace(b"CIL001", b"CIL009"), *others]), "2006-02-01T10:00")
    return 0


def purge(desk: Desk, at: str) -> int:
    """As `guichet purge`."""
    quiet()
    with desk.at(at) as wiring:
        Purge(wiring).run()
    return 0


def purge_killed(desk: Desk, module: str, name: str, when: str) -> int:
    """A purge that dies when it reaches a step, before or after it."""
    owner: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    work = getattr(owner, last)

    def killed(*arguments: Any, **named: Any) -> None:
        if when == "after":
            work(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, last, killed)
    return purge(desk, PURGED)


def judge_again(desk: Desk, at: str) -> int:
    """A pass of a service whose rules find more than those of the first verdict did."""
    quiet()
    judging._screen = lambda *_: (NIR,)
    with desk.at(at) as wiring:
        short_pass(wiring)
    return 0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A desk to copy for each cycle, what is done there, and what it comes to when nothing is cut."""

    template: Desk
    act: Callable[[Desk, str], int]
    first: str
    then: str
    zygotes: Zygotes
    calls: int = 0
    expected: dict[str, Any] | None = None

    def copy(self, folder: Path) -> Desk:
        shutil.copytree(self.template.folder, folder, symlinks=True)
        return Desk(folder, f"sqlite:///{folder / 'base.sqlite3'}")

    def cut(self, desk: Desk, cut: tracing.Cut | None) -> tracing.Ended:
        return tracing.run(partial(self._do, desk, self.first), cut)

    def mend(self, desk: Desk) -> tracing.Ended:
        return tracing.run(partial(self._do, desk, self.then))

    def _do(self, desk: Desk, at: str) -> int:
        self.zygotes.take_over()
        return self.act(desk, at)


def account(desk: Desk) -> dict[str, Any]:
    """Everything that must be the same wherever it was cut; no id, no instant."""
    with sqlite3.connect(f"file:{desk.folder / 'base.sqlite3'}?mode=ro", uri=True) as base:
        return {
            "deposits": _all(base, "SELECT file_name, state, verdict, archive IS NULL, trouble FROM submission"),
            "answers": _all(base, "SELECT json_extract(answer, '$.verdict') FROM submission"),
            "sections": _all(base, "SELECT collection, verdict, in_force, records_accepted, causes FROM section"),
            "findings": _all(base, "SELECT code, value FROM finding"),
            "rows": _all(base, "SELECT count(*) FROM dossiers_assistance"),
            "destroyed": _all(
                base,
                'SELECT rule, part > 0, collection, exercice, "rows", listed_at IS NULL, done_at IS NULL,'
                " wiped_at IS NULL, told_at IS NULL FROM destruction",
            ),
            "journal": _all(base, "SELECT kind, count(*) FROM event WHERE kind != 'obligation_dates' GROUP BY kind"),
            "messages": _all(base, "SELECT event, recipient, subject, state FROM message"),
            "obligations": _all(base, "SELECT collection, period, complete_now, nil FROM obligation"),
            "integrity": base.execute("PRAGMA integrity_check").fetchone(),
            "listed": listed(desk, base),
            "sent": len({one["Message-ID"] for one in mailbox.Maildir(str(desk.home / "mail"), create=False)}),
            "answered": Counter(path.name for path in desk.inbox.glob("*/retours/**/*") if path.is_file()),
        }


def without_alerts(told: dict[str, Any] | None) -> dict[str, Any]:
    """A disk that refuses is told to the administrator, and a mail that it refused waits for its next try."""
    assert told is not None
    messages = [one[:3] for one in told["messages"] if one[0] != "system"]
    return {key: told[key] for key in told if key not in {"journal", "sent"}} | {"messages": messages}


def _all(base: sqlite3.Connection, query: str) -> list[Any]:
    return sorted(base.execute(query).fetchall(), key=repr)


def listed(desk: Desk, base: sqlite3.Connection) -> list[Any]:
    """The list outside the database, which must say each destruction once, and what the database says."""
    lines = Destructions(desk.home).read()
    text = (desk.home / "destructions.jsonl").read_text().splitlines()
    assert len(lines) == len(set(lines)) == len(text), "each once, none cut short"
    assert all(json.loads(one) for one in text)
    said = {(one.submission, one.rule.value, one.place) for one in lines}
    decided = base.execute(
        "SELECT d.submission_id, d.rule, s.position FROM destruction d LEFT JOIN section s ON s.id = d.part"
    )
    assert said == set(decided.fetchall())
    return sorted(f"{one.rule.value} {one.place} {one.collection}" for one in lines)


def traces(desk: Desk, line: bytes) -> list[str]:
    """Where a line of the file that is destroyed, or anything made of it, still lies."""
    roots = (desk.home, desk.inbox)
    found = [path for root in roots for path in root.rglob("*") if path.is_file() and line in path.read_bytes()]
    drafts = [*desk.inbox.glob(".guichet/outgoing/*"), *desk.home.glob("spool/*"), *desk.home.glob("answers/.*")]
    return sorted(path.name for path in (*found, *drafts))


@pytest.fixture(scope="module")
def deposits(quick: Path, sqlite_template: Path) -> Desk:
    """A desk with what `found` leaves, to be copied."""
    folder = quick / "deposits"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "base.sqlite3")
    desk = Desk(folder, f"sqlite:///{folder / 'base.sqlite3'}")
    assert tracing.run(partial(found, desk)).status == 0  # elsewhere: Arrow's threads do not live through a fork
    return desk


def begun(stage: Stage, folder: Path) -> Stage:
    """What the stage comes to when nothing is cut."""
    desk = stage.copy(folder)
    ended = stage.cut(desk, None)
    assert ended.status == 0
    assert stage.mend(desk).status == 0
    assert traces(desk, LINE) == []
    return replace(stage, calls=ended.calls, expected=account(desk))


LINE = CASES.read_bytes().splitlines()[3]


@pytest.fixture(scope="module")
def purging(deposits: Desk, quick: Path, zygotes: Zygotes) -> Stage:
    stage = Stage(template=deposits, act=purge, first=PURGED, then=TAKEN_UP, zygotes=zygotes)
    assert traces(deposits, LINE) != []
    made = begun(stage, quick / "purged")
    assert made.expected is not None
    assert made.expected["rows"] == [(0,)]
    assert {one[0] for one in made.expected["destroyed"]} == {Rule.EXERCICE.value}
    return made


@pytest.fixture(scope="module")
def overturning(deposits: Desk, quick: Path, zygotes: Zygotes) -> Stage:
    template = Stage(template=deposits, act=purge, first="", then="", zygotes=zygotes).copy(quick / "to-overturn")
    known = network(2)
    since = Span()
    template.register(
        replace(
            known,
            organisations=(
                *known.organisations,
                Organisation(code="CIL009", type=OrganisationType.CIL, nom="Neuf", departement="69"),
            ),
            adhesions=(
                *known.adhesions,
                Adhesion(code_cil="CIL009", code_plateforme="PF03", service=Service.ASA, dates=since),
            ),
        ),
        "2006-02-02T09:00",
    )
    stage = Stage(template=template, act=judge_again, first=OVERTURNED, then=MENDED, zygotes=zygotes)
    made = begun(stage, quick / "overturned")
    assert made.expected is not None
    assert made.expected["rows"] == [(0,)]
    assert {one[2] for one in made.expected["deposits"]} == {"destroyed"}
    assert {one[0] for one in made.expected["destroyed"]} == {Rule.ANONYMITY.value}
    return made


@pytest.fixture(params=["purging", "overturning"])
def stage(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found


def cuts(calls: int) -> list[int]:
    """Numbers of calls: every one with LONG=1, else some, spread evenly and at random within."""
    if os.environ.get("LONG"):
        return list(range(1, calls + 1))
    dice = random.Random(SEED)  # noqa: S311 - where to cut
    width = calls / CYCLES
    return [1 + min(calls - 1, int((number + dice.random()) * width)) for number in range(CYCLES)]


def test_killed_anywhere_it_is_taken_up(stage: Stage, quick: Path, count: Callable[..., None]) -> None:
    for number in cuts(stage.calls):
        desk = stage.copy(quick / "cut")
        assert stage.cut(desk, tracing.Cut(at=number)).status in {-9, 0}, number
        assert stage.mend(desk).status == 0, number
        assert account(desk) == stage.expected, number
        assert traces(desk, LINE) == [], number
        shutil.rmtree(desk.folder)
        count(destructions_killed=1)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=["no room", "a bad disk"])
def test_calls_that_fail_leave_nothing_half_destroyed(
    stage: Stage, quick: Path, count: Callable[..., None], error: int
) -> None:
    for number in cuts(stage.calls)[error == errno.EIO :: 2]:
        desk = stage.copy(quick / "failing")
        stage.cut(desk, tracing.Cut(at=number, error=error, lasting=error == errno.ENOSPC))
        assert stage.mend(desk).status == 0, number
        assert without_alerts(account(desk)) == without_alerts(stage.expected), number
        assert traces(desk, LINE) == [], number
        shutil.rmtree(desk.folder)
        count(destructions_failed=1)


@pytest.mark.parametrize(("module", "name", "when"), STEPS)
def test_a_purge_killed_at_any_step_is_taken_up_and_told_once(
    purging: Stage, quick: Path, count: Callable[..., None], *, module: str, name: str, when: str
) -> None:
    desk = purging.copy(quick / f"{name}-{when}")
    assert tracing.run(partial(purge_killed, desk, module, name, when)).status == -signal.SIGKILL
    assert purging.mend(desk).status == 0
    assert account(desk) == purging.expected
    assert traces(desk, LINE) == []
    count(destructions_killed=1)
