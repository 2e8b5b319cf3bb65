"""PostgreSQL goes away in the middle of a transaction, at its COMMIT, or with the whole server: once, or not at all."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ingest.catalogue import load_catalogue
from ingest.database.engine import Database
from ingest.database.schema import upgrade
from tests.conftest import TEMPLATE_MADE_AT, PostgresServer
from tests.faults import tracing
from tests.faults.cutting_proxy import CuttingProxy, Moment
from tests.faults.desk import AT, LATER, Drop, FaultDesk, network_of, scenario
from tests.faults.zygote import Zygotes
from tests.own_postgres import OwnServer, own_postgres

SEED = int(os.environ.get("SEED", "20050216"))
CYCLES = max(1, int(os.environ.get("FAULT_CYCLES", "4")) // 8)

pytestmark = pytest.mark.skipif(not tracing.SUPPORTED, reason="system calls are traced on x86_64 only")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A desk and its database to copy for each cycle, and what they come to when nothing is cut."""

    server: PostgresServer
    template: FaultDesk
    database: str
    drops: tuple[Drop, ...]
    commits: int
    calls: int
    expected: dict[str, Any]

    def copy(self, folder: Path) -> tuple[FaultDesk, str]:
        """A desk on a copy of the database, and that one's name."""
        name = self.server.create(self.database)
        desk = self.template.copy(folder)
        desk.database_url = self.server.url_of(name)
        return desk, name

    def check(self, desk: FaultDesk, name: str, number: object) -> None:
        """The service starts once more; then all is as it had to be."""
        assert desk.passing(LATER).status == 0, number
        assert desk.account(self.drops) == self.expected, number
        assert desk.foreign_words() == [], number
        self.server.drop(name)
        shutil.rmtree(desk.folder)


@pytest.fixture(scope="module")
def stage(quick: Path, zygotes: Zygotes, postgres_server: PostgresServer, postgres_template: str) -> Iterator[Stage]:
    folder = quick / "stage"
    network, directory = network_of(folder / "network")
    drops = scenario(directory)[:3]
    template = FaultDesk(folder / "template")
    template.folder.mkdir()
    template.zygotes = zygotes
    database = postgres_server.create(postgres_template)
    template.database_url = postgres_server.url_of(database)
    template.found(network, drops)
    made = Stage(
        server=postgres_server, template=template, database=database, drops=drops, commits=0, calls=0, expected={}
    )
    untouched, name = made.copy(folder / "untouched")
    with CuttingProxy(untouched.database_url or "") as line:
        direct, untouched.database_url = untouched.database_url, line.url
        ended = untouched.passing(AT)
        assert ended.status == 0
        untouched.database_url = direct
    assert line.commits > 10
    assert untouched.passing(LATER).status == 0
    expected = untouched.account(drops)
    assert len(expected["outcomes"]) == len(drops)
    yield replace(made, commits=line.commits, calls=ended.calls, expected=expected)
    for one in (name, database):
        postgres_server.drop(one)


def test_killed_anywhere_on_postgresql(stage: Stage, quick: Path, count: Callable[..., None]) -> None:
    """The server goes on with what the dead service asked of it last; the next pass starts beside that."""
    dice = random.Random(f"{SEED} kills")  # noqa: S311 - where to cut
    every = range(1, stage.calls + 1)
    for number in every if os.environ.get("LONG") else sorted(dice.sample(every, min(2 * CYCLES, stage.calls))):
        desk, name = stage.copy(quick / "killed")
        assert desk.passing(AT, tracing.Cut(at=number)).status in {-9, 0}, number
        stage.check(desk, name, number)
        count(postgresql_cycles=1, outcomes=len(stage.drops))


@pytest.mark.parametrize("moment", list(Moment), ids=["before", "after"])
def test_a_line_cut_at_a_commit_loads_each_file_once(
    stage: Stage, quick: Path, moment: Moment, count: Callable[..., None]
) -> None:
    """After the cut nobody knows whether the transaction was committed: the next pass looks, and goes on from there."""
    dice = random.Random(f"{SEED} {moment}")  # noqa: S311 - where to cut
    for _ in range(CYCLES):
        number = dice.randrange(1, stage.commits + 1)
        desk, name = stage.copy(quick / "cut")
        direct = desk.database_url
        with CuttingProxy(direct or "", number, moment) as line:
            desk.database_url = line.url
            desk.passing(AT)
            desk.database_url = direct
        stage.check(desk, name, number)
        count(commits_cut=1, outcomes=len(stage.drops))


def test_a_server_that_ends_our_sessions(stage: Stage, quick: Path, count: Callable[..., None]) -> None:
    """As an administrator of the database does, at a system call of ours."""
    dice = random.Random(f"{SEED} sessions")  # noqa: S311 - when
    for number in sorted(dice.sample(range(20, stage.calls), max(2, CYCLES))):
        desk, name = stage.copy(quick / "ended")
        ending = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608 - ours

        def look(at: int, number: int = number, ending: str = ending, done: list[int] | None = None) -> None:
            if at >= number and not done:
                stage.server.run(ending)
                assert done is not None
                done.append(at)

        desk.passing(AT, watch=partial(look, done=[]))
        stage.check(desk, name, number)
        count(sessions_ended=1, outcomes=len(stage.drops))


def test_a_server_that_only_reads(stage: Stage, quick: Path) -> None:
    """As a standby does: nothing is told meanwhile, all is done once it writes again."""
    desk, name = stage.copy(quick / "read-only")
    stage.server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    desk.passing(AT)
    assert not [path for path in (desk.home / "mail").glob("*/*") if path.is_file()], "told, and not written down"
    stage.server.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    stage.check(desk, name, "read-only")


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    with own_postgres() as server:
        yield server


def test_a_server_stopped_in_mid_transaction(
    own_server: OwnServer, stage: Stage, tmp_path: Path, count: Callable[..., None]
) -> None:
    """The whole server, at a system call of ours in the middle of a pass; then it is there again."""
    database = own_server.made.create()
    desk = FaultDesk(tmp_path / "desk")
    desk.folder.mkdir()
    desk.database_url = own_server.made.url_of(database)
    made = Database(desk.database_url)
    upgrade(made, load_catalogue(), TEMPLATE_MADE_AT)
    made.dispose()
    network, _directory = network_of(tmp_path / "network")
    desk.found(network, stage.drops)
    inside: list[int] = []

    def look(number: int) -> None:
        """Stop the server while a transaction that has written something is open."""
        if not inside and number > 20 and own_server_in_transaction(own_server):
            inside.append(number)
            own_server.stop_at_once()

    desk.passing(AT, watch=look)
    assert inside, "no transaction was ever open"
    own_server.start()
    assert desk.passing(LATER).status == 0
    assert desk.account(stage.drops) == stage.expected
    count(commits_cut=1, outcomes=len(stage.drops))


def own_server_in_transaction(server: OwnServer) -> bool:
    import psycopg  # noqa: PLC0415 - one question

    plain = server.made.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guichet' AND backend_xid IS NOT NULL"
        row = connection.execute(asked).fetchone()
        return row is not None and row[0] > 0
