"""`docs/explanation/life-of-a-file.md` against the service: no state nor arrow but those, and a restart from each.

The service is stopped before each of its system calls and looked at from outside; the first time that a state is seen,
the desk is copied as a SIGKILL would leave it. From each copy the service starts, twice.
"""

from __future__ import annotations

import ast
import os
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from domain.errors import Retry
from domain.periods import Period
from domain.submissions import SubmissionState
from ingest.history import HistoryImport, Order
from ingest.ledger.journal import EventKind
from ingest.mail_queue import MessageState
from ingest.pipeline import Pipeline
from ingest.retention.purging import Purge
from ingest.wiring import Wiring
from tests.faults import tracing
from tests.faults.desk import AT, LATER, Drop, FaultDesk, network_of, scenario
from tests.faults.states import Facts, Observer
from tests.faults.zygote import Zygotes
from tests.register_kit import import_register
from tests.year.figures import assistance

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "life-of-a-file.md"
NO_STATE = {"in_force", "justified", "anomalies_raised", "anomaly_answered"}
"""Lines of the journal about a deposit that change no state of it."""
SEED = int(os.environ.get("SEED", "20050216"))
EVERY_STATE = int(os.environ.get("FAULT_CYCLES", "4")) >= 20 or bool(os.environ.get("LONG"))
"""Else some of them, by dice: a restart from each, watched, takes a minute."""
NOTHING = Facts(disk=(), database="–", outbox=())
MENDED_AT = LATER.replace(hour=11)
A_YEAR_LATER, TEN_YEARS_LATER = AT.replace(year=2007, month=1), AT.replace(year=2016)
"""The cases of 2004 must be gone, and what may hold some; the bytes of what holds none."""

Arrow = tuple[str, str, tuple[str, ...]]
"""From, to, and the lines of the journal."""

pytestmark = pytest.mark.skipif(not tracing.SUPPORTED, reason="system calls are traced on x86_64 only")


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class Row:
    """A state as the page has it; words in parentheses may be there or not."""

    name: str
    disk: frozenset[str]
    perhaps: frozenset[str]
    database: str
    outbox: tuple[str, ...]

    def fits(self, seen: Facts) -> bool:
        disk = frozenset(seen.disk)
        return (
            self.disk <= disk <= self.disk | self.perhaps
            and self.database == seen.database
            and self.outbox == seen.outbox
        )


def tables() -> list[list[list[str]]]:
    """The page's tables: rows of cells, heads left out."""
    found: list[list[list[str]]] = []
    inside = False
    for line in PAGE.read_text().splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        if not inside:
            found.append([])
        inside = True
        found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
    return [table[2:] for table in found]


def diagrams() -> list[set[Arrow]]:
    arrows = re.compile(r"^    (\S+) --> (\w+|\[\*\])(?:: (.+))?$", re.MULTILINE)
    return [
        {(one[1], one[2], tuple((one[3] or "").split(", ")) if one[3] else ()) for one in arrows.finditer(part)}
        for part in re.findall(r"```mermaid\n(.*?)```", PAGE.read_text(), re.DOTALL)
    ]


@cache
def rows() -> tuple[Row, ...]:
    made = []
    for name, disk, database, outbox, _ in tables()[0]:
        words = disk.replace("–", "").split()
        made.append(
            Row(
                name=name,
                disk=frozenset(word for word in words if not word.startswith("(")),
                perhaps=frozenset(word.strip("()") for word in words if word.startswith("(")),
                database=database,
                outbox=tuple(word for word in outbox.split() if word != "–"),
            )
        )
    return tuple(made)


def arrows() -> set[Arrow]:
    return {one for one in diagrams()[0] if "[*]" not in one[:2]}


def name_of(seen: Facts) -> str:
    fitting = [row.name for row in rows() if row.fits(seen)]
    assert len(fitting) == 1, f"the page has {fitting or 'no state'} for {seen}"
    return fitting[0]


def test_every_state_and_line_of_the_code_is_on_the_page() -> None:
    told = {row.database for row in rows()} - {"–", "destroyed"}
    assert told == {state.value for state in SubmissionState}
    assert {row[0] for row in tables()[1]} == {state.value for state in MessageState}
    labels = {line for *_, lines in arrows() for line in lines}
    assert labels | NO_STATE == lines_about_a_deposit()
    prose = PAGE.read_text()
    assert all(f"`{line}`" in prose for line in NO_STATE)


def test_the_diagrams_have_the_states_of_the_tables() -> None:
    for diagram, table in zip(diagrams(), tables(), strict=True):
        assert {one for arrow in diagram for one in arrow[:2]} - {"[*]"} == {row[0] for row in table}


def lines_about_a_deposit() -> set[str]:
    """Kinds that the code writes with the number of a deposit."""
    found: set[str] = set()
    for path in (ROOT / "ingest").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and any(word.arg == "submission_id" for word in node.keywords):
                found |= {
                    EventKind[one.attr].value
                    for one in node.args
                    if isinstance(one, ast.Attribute) and getattr(one.value, "id", "") == "EventKind"
                }
    return found


# ── the service ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Watched:
    """What was seen of one file's life, in all that happened to it."""

    folder: Path
    arrows: set[Arrow] = field(default_factory=set)
    copies: dict[str, FaultDesk] = field(default_factory=dict)

    def passing(self, desk: FaultDesk, at: datetime, *, keep: bool = False, busy: bool = False) -> str:
        """One pass, watched; the state where it ends."""
        return self._watching(desk, lambda look: desk.passing(at, busy=busy, watch=look), keep=keep)

    def doing(self, desk: FaultDesk, at: datetime, step: Callable[[Wiring], object]) -> str:
        """Another step, watched."""
        return self._watching(desk, lambda look: desk.doing(at, step, watch=look))

    def _watching(
        self, desk: FaultDesk, run: Callable[[Callable[[int], None]], tracing.Ended], *, keep: bool = False
    ) -> str:
        seen: list[tuple[str, int]] = []
        observer = Observer(desk, self.folder / "looking")

        def look(_number: int) -> None:
            facts = observer.facts()
            if facts == NOTHING:
                return
            name, lines = name_of(facts), len(observer.journal())
            if not seen or seen[-1] != (name, lines):
                seen.append((name, lines))
                if keep and name not in self.copies:
                    self.copies[name] = desk.copy(self.folder / f"{len(self.copies)}-{name}")

        ended = run(look)
        assert ended.status == 0
        look(0)
        told = observer.journal()
        for (before, first), (after, last) in pairwise(seen):
            lines = tuple(line for line in told[first:last] if line not in NO_STATE)
            if before != after or lines:
                self.arrows.add((before, after, lines))
        return seen[-1][0]


class Lives:
    """The ways of one file, each on a desk of its own; all that is seen goes to `watched`."""

    def __init__(self, folder: Path, zygotes: Zygotes) -> None:
        self.folder, self.zygotes = folder, zygotes
        self.network, self.directory = network_of(folder / "network")
        drops = scenario(self.directory)
        self.whole, self.partly, self.nominative = drops[0], drops[1], drops[5]
        self.watched = Watched(folder / "copies")

    def desk(self, name: str, drop: Drop | None, network: Path | None = None) -> FaultDesk:
        made = FaultDesk(self.folder / name)
        made.folder.mkdir(parents=True)
        made.found(network or self.network, (drop,) if drop else ())
        made.zygotes = self.zygotes
        return made

    def judged(self) -> None:
        """Receipts before and after the judging, with and without files in the answer."""
        for number, drop in enumerate((self.whole, self.nominative)):
            self.watched.passing(self.desk(f"once-{number}", drop), AT)
        self.watched.passing(self.desk("busy", self.whole), AT, busy=True)
        quick = Watched(self.folder / "quick", arrows=self.watched.arrows)
        quick.passing(self.desk("quick", self.partly), AT, keep=True)
        quick.passing(quick.copies["made"], LATER)

    def put_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Something of ours fails, then keeps failing, then is mended."""
        errors: list[Exception] = [Retry("the disk is full"), RuntimeError("a bug")]

        def fails(_self: Pipeline, _number: str, _clerk: object) -> None:
            raise errors[0]

        desk = self.desk("parked", self.whole)
        with monkeypatch.context() as patched:  # the service ends before it says so
            errors.reverse()
            patched.setattr(Pipeline, "_judge", fails)
            patched.setattr(Pipeline, "carry_out_effects", lambda _self: 0)
            assert self.watched.passing(desk, AT) == "parked"
            errors.reverse()
        self.watched.passing(desk, MENDED_AT)
        for busy in (False, True) if EVERY_STATE else (True,):
            desk = self.desk(f"put-off-{busy}", self.whole)
            with monkeypatch.context() as patched:
                patched.setattr(Pipeline, "_judge", fails)
                self.watched.passing(desk, AT, busy=busy)
                errors.reverse()
                self.watched.passing(desk, MENDED_AT, busy=busy)
                errors.reverse()
            assert self.watched.passing(desk, MENDED_AT, busy=busy) == "done"
            told = Observer(desk, self.folder / "looking").journal()
            assert [one for one in told if one != "in_force"] == [
                *("claimed", "delayed", "parked", "resumed", "judged"),
            ]

    def withdrawn(self) -> None:
        desk = self.desk("withdrawn", self.whole)
        self.watched.passing(desk, AT)

        def withdraw(wiring: Wiring) -> None:
            (row,) = wiring.ledger.submissions()
            wiring.ledger.withdraw(row["submission"], reason="sent by mistake", author="test", now=wiring.clock.now())

        assert self.watched.doing(desk, MENDED_AT, withdraw) == "withdrawn"
        assert self.watched.passing(desk, MENDED_AT) == "withdrawn"

    def purged(self) -> None:
        """Retention: the bytes of what holds no case; all that was made of what may hold some."""
        unknown = Drop(account="pf03", box="depot", name="liste.csv", content=b"a;b;c\r\n1;2;3\r\n")
        for number, (drop, at, end) in enumerate(
            (
                (self.whole, TEN_YEARS_LATER, "forgotten"),
                (self.partly, TEN_YEARS_LATER, "forgotten"),
                (unknown, A_YEAR_LATER, "gone"),
            )
        ):
            desk = self.desk(f"purged-{number}", drop)
            self.watched.passing(desk, AT)
            for _ in range(2):
                assert self.watched.doing(desk, at, lambda wiring: Purge(wiring).run()) == end

    def imported(self) -> None:
        """Of before go-live: judged where it lies, claimed with its verdict."""
        path = self.folder / "N1A_2004T4.csv"
        path.write_bytes(assistance(self.directory, "PF01", Period(2004, 4)))
        order = Order(account="pf01", received_at=AT.replace(month=2), reason="sent by mail", author="test")
        desk = self.desk("imported", None)
        self.watched.doing(desk, AT, lambda wiring: HistoryImport(wiring, order).take(path))
        assert self.watched.passing(desk, LATER) == "kept"
        assert self.watched.doing(desk, TEN_YEARS_LATER, lambda wiring: Purge(wiring).run()) == "forgotten"

    def reopened(self) -> None:
        """The register lacked a member; it is mended."""
        lacking = self.folder / "lacking"
        shutil.copytree(self.network, lacking)
        path = lacking / "adhesions.csv"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(line for line in lines if not line.startswith(b"CIL001;PF01;ASA")))
        desk = self.desk("reopened", self.whole, lacking)
        self.watched.passing(desk, AT)

        def mend(wiring: Wiring) -> None:
            import_register(wiring, self.network, wiring.clock.now())
            assert Pipeline(wiring).follow_register() == 1

        assert self.watched.doing(desk, MENDED_AT, mend) == "reopened"
        assert self.watched.passing(desk, MENDED_AT) == "done"


def test_no_state_nor_arrow_but_those_of_the_page_and_a_restart_from_each(
    quick: Path, zygotes: Zygotes, monkeypatch: pytest.MonkeyPatch, count: Callable[..., None]
) -> None:
    lives = Lives(quick, zygotes)
    watched = lives.watched
    dice, share, restarted = random.Random(SEED), 1.0 if EVERY_STATE else 0.15, 0  # noqa: S311 - which ones
    for drop in (lives.partly, lives.nominative):
        desk = lives.desk(f"kept-{drop.account}", drop)
        known = set(watched.copies)  # what both have, they have in common
        end = watched.passing(desk, AT, keep=True, busy=True)
        assert desk.passing(LATER).status == 0
        expected = desk.account((drop,))
        for name in sorted(watched.copies.keys() - known):
            if dice.random() > share:
                continue
            restarted += 1
            copy = watched.copies[name]
            assert watched.passing(copy, LATER) == end, name
            assert copy.account((drop,)) == expected, name
            assert copy.passing(LATER).status == 0
            assert copy.account((drop,)) == expected, f"{name}: not the same the second time"
    count(states_restarted=restarted)
    lives.put_off(monkeypatch)
    if EVERY_STATE:
        lives.judged()
        lives.withdrawn()
        lives.reopened()
        lives.purged()
        lives.imported()
    assert watched.arrows - arrows() == set(), "the page does not tell"
    if EVERY_STATE:
        assert arrows() - watched.arrows == set(), "the page tells what does not happen"
