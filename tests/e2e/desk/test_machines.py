"""Three processes share an inbox, a home and a PostgreSQL, and are killed at random: nothing lost, nothing doubled.

What they come to is looked at from outside: the database, the folders, and what a mail server received.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from sqlalchemy.engine import make_url

from domain.clock import SystemClock
from domain.organisations import Directory
from domain.periods import Period, Periodicity
from ingest.demo.files import DemoFile, many_files
from tests.own_postgres import OwnServer, own_postgres

from .conftest import Desk, wait_for

SEED = int(os.environ.get("SEED", "20050216"))
WAVES = int(os.environ.get("MACHINE_KILLS", "3"))
FILES_A_WAVE = 8
LEADER = (
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND classid = 1196771587 AND granted AND datname = current_database()"
)

IN_HAND = "SELECT count(*) FROM submission"
JUDGED = "SELECT count(*) FROM submission WHERE state = 'judged'"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Received:
    """What a mail server took, by Message-ID and recipient."""

    def __init__(self) -> None:
        self.messages: Counter[tuple[str, str]] = Counter()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the library's name
        del server, session
        number = message_from_bytes(envelope.content)["Message-ID"]
        self.messages.update((number, one) for one in envelope.rcpt_tos)
        return "250 taken"


@dataclass
class Machines:
    """Processes at one desk."""

    desk: Desk
    database_url: str
    received: Received
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        with (self.desk.folder / "service.log").open("ab") as log:
            process = subprocess.Popen(
                self.desk.command("run"), stdout=log, stderr=log, cwd=self.desk.folder, env=self.desk.environ()
            )
        self.processes.append(process)
        return process

    def wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        def is_ready() -> bool:
            assert process.poll() is None, (self.desk.folder / "service.log").read_text()[-2000:]
            return any(f'"pid": {process.pid},' in one.read_text() for one in self.desk.home.glob("run*.json"))

        wait_for("a process that is ready", is_ready)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        self.processes.remove(process)
        process.kill()
        process.wait(10)

    def ask(self, query: str, *values: Any) -> list[Any]:
        url = make_url(self.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def end_sessions(self, query: str, *values: Any) -> int:
        """The server ends connections, as when a network fails or an administrator does; how many."""
        return len(self.ask(f"SELECT pg_terminate_backend(pid) FROM ({query}) AS found", *values))  # noqa: S608 - ours

    def count(self, query: str) -> int:
        return int(self.ask(query)[0][0])

    def leader(self) -> subprocess.Popen[bytes] | None:
        pids = {int(row[0].rpartition(" ")[2]) for row in self.ask(LEADER)}
        assert len(pids) < 2, "two lead"
        return next((one for one in self.processes if one.pid in pids), None)


def at_desk(folder: Path, network: Path, database_url: str, *more: str) -> Iterator[Machines]:
    """A desk whose mails a server of ours receives; at the end nobody is left at work."""
    received = Received()
    relay = Controller(received, hostname="127.0.0.1", port=free_port())
    relay.start()
    desk = Desk(folder, at="")
    (folder / "guichet.toml").write_text(
        f'database_url = "{database_url}"\n'
        f'mail_url = "smtp://127.0.0.1:{relay.port}"\n'
        f'first_period = "{Period.containing(SystemClock().now().date(), Periodicity.QUARTER).code}"\n'
        "settle_seconds = 0\nscan_seconds = 0.2\n"
        'mail_admin = "admin@uesl.example"\nmail_from = "guichet@uesl.example"\n' + "".join(f"{one}\n" for one in more)
    )
    desk.ok("directory", "import", str(network), "--yes")
    made = Machines(desk, database_url, received)
    try:
        yield made
    finally:
        for process in list(made.processes):
            made.kill(process)
        relay.stop()


@pytest.fixture
def machines(tmp_path: Path, network: Path, request: pytest.FixtureRequest) -> Iterator[Machines]:
    server = request.getfixturevalue("postgres_server")
    name = server.create()
    yield from at_desk(tmp_path, network, server.url_of(name), "sftp_enabled = false")
    server.drop(name)


def left(desk: Desk) -> list[str]:
    """What is still on the way: in a box, claimed, or in the spool."""
    places = [*desk.inbox.glob("*/depot"), *desk.inbox.glob("*/essai"), desk.inbox / ".guichet", desk.home / "spool"]
    found = [name for place in places for _, _, names in os.walk(place) for name in names]  # folders go meanwhile
    return sorted(name for name in found if name not in {".lease", "desk.id"})


def check(machines: Machines, drops: list[DemoFile]) -> None:
    """Every file one outcome and its bytes; each record 0 or 1 time; each message once but for counted cuts."""
    desk = machines.desk
    told = machines.ask("SELECT id, account, file_name, sha256, state, verdict FROM submission")
    assert Counter((row[1], row[2]) for row in told) == Counter((one.account, one.name) for one in drops)
    assert {(row[4], row[5]) for row in told} <= {("judged", "accepted"), ("judged", "accepted_with_warnings")}
    kept = {hashlib.sha256(path.read_bytes()).hexdigest() for path in desk.home.glob("archive/*/*/*/original.*")}
    assert kept == {hashlib.sha256(one.content).hexdigest() for one in drops} == {row[3] for row in told}
    read = dict(machines.ask("SELECT submission_id, records_accepted FROM section"))
    loaded = dict(machines.ask("SELECT submission_id, count(*) FROM assistance_trimestrielle GROUP BY 1"))
    assert loaded == read
    in_force = machines.ask(
        "SELECT s.account, count(*) FROM section JOIN submission s ON s.id = submission_id WHERE in_force GROUP BY 1"
    )
    assert in_force == [(account, 1) for account, _ in in_force]
    assert {account for account, _ in in_force} == {one.account for one in drops}
    for number, account, *_ in told:
        answer = desk.inbox / account / "retours" / number
        assert {one.name for one in answer.iterdir()} >= {"recu.json", "verdict.json", "rapport.html"}, number
    messages = machines.ask("SELECT message_id, recipient, state, ambiguous FROM message")
    assert {row[2] for row in messages} == {"sent"}
    assert set(machines.received.messages) == {(row[0], row[1]) for row in messages}
    for number, recipient, _, ambiguous in messages:
        assert 1 <= machines.received.messages[number, recipient] <= 1 + ambiguous
    by_deposit = Counter(machines.ask("SELECT submission_id, event FROM message WHERE submission_id IS NOT NULL"))
    assert {event for _, event in by_deposit} == {"receipt", "verdict"}
    assert len(by_deposit) == 2 * len(drops)


def finish(machines: Machines, drops: list[DemoFile]) -> None:
    """Wait until nothing is left to do, and look at what it came to."""
    for one in machines.processes:
        machines.wait_ready(one)
    wait_for("all to be judged", lambda: not left(machines.desk), 120)
    undone = "SELECT count(*) FROM effect WHERE done_at IS NULL"
    wait_for("all to be answered", lambda: not machines.count(undone), 120)
    unsent = "SELECT count(*) FROM message WHERE state <> 'sent'"
    wait_for("all to be told", lambda: not machines.count(unsent), 120)
    check(machines, drops)


def test_three_processes_killed_at_random_lose_and_double_nothing(machines: Machines, directory: Directory):
    dice = random.Random(SEED)  # noqa: S311 - whom to kill, and when
    drops = list(many_files(directory, Period(2005, 1), (WAVES + 1) * FILES_A_WAVE))
    for _ in range(3):
        machines.start()
    for one in machines.processes:
        machines.wait_ready(one)
    for wave in range(WAVES + 1):
        for one in drops[wave * FILES_A_WAVE : (wave + 1) * FILES_A_WAVE]:
            machines.desk.drop(one.account, one.name, one.content)
        if wave == WAVES:
            break
        enough = wave * FILES_A_WAVE + dice.randrange(FILES_A_WAVE)
        far = dice.choice([IN_HAND, JUDGED])
        wait_for("work in hand", lambda: machines.count(far) >= enough)  # noqa: B023 - used at once
        for one in machines.processes:
            machines.wait_ready(one)  # so that one who is at work is always left
        leader = wait_for("a leader", machines.leader)
        victim = leader if wave % 2 == 0 else dice.choice([one for one in machines.processes if one is not leader])
        machines.kill(victim)
        machines.start()  # who lives goes on meanwhile
        if victim is leader:
            wait_for("another leader", machines.leader)
    finish(machines, drops)
    assert machines.count("SELECT count(*) FROM closure") == 0  # one of three was always there
    for process in list(machines.processes):
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not list(machines.desk.home.glob("run*.json"))


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    with own_postgres() as server:
        yield server


def test_three_that_hang_or_lose_the_database_lose_and_double_nothing(
    tmp_path: Path, network: Path, directory: Directory, own_server: OwnServer
):
    """Each lives, and believes to have in hand what a colleague has by now."""
    url = own_server.made.url_of(own_server.made.create())
    for machines in at_desk(tmp_path, network, url, "sftp_enabled = false"):
        troubles = [lose_the_leaders_locks, lose_every_session, hang_the_leader, partial(restart, own_server)]
        drops = list(many_files(directory, Period(2005, 1), len(troubles) * FILES_A_WAVE))
        for _ in range(3):
            machines.wait_ready(machines.start())
        for wave, trouble in enumerate(troubles):
            for one in drops[wave * FILES_A_WAVE : (wave + 1) * FILES_A_WAVE]:
                machines.desk.drop(one.account, one.name, one.content)
            wait_for("work in hand", lambda: machines.count(JUDGED) > wave * FILES_A_WAVE)  # noqa: B023 - used at once
            trouble(machines)
            wait_for("a leader", machines.leader)
        finish(machines, drops)
        assert all(one.poll() is None for one in machines.processes)
        assert "Traceback" not in (tmp_path / "service.log").read_text()


def lose_the_leaders_locks(machines: Machines) -> None:
    assert machines.end_sessions(LEADER.replace("application_name", "pid")) == 1


def lose_every_session(machines: Machines) -> None:
    ours = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert machines.end_sessions(ours) >= 3


def hang_the_leader(machines: Machines) -> None:
    """Until a colleague has given it up, and leads; then it wakes up in the middle of what it was doing."""
    hung = wait_for("a leader", machines.leader)
    hung.send_signal(signal.SIGSTOP)
    try:
        machines.end_sessions(LEADER.replace("application_name", "pid"))  # as `give_up_silent`, two minutes later
        wait_for("another leader", lambda: machines.leader() not in {None, hung})
    finally:
        hung.send_signal(signal.SIGCONT)


def restart(server: OwnServer, machines: Machines) -> None:
    del machines
    server.stop_at_once()
    server.start()


def test_one_that_stops_leaves_its_work_to_the_others_and_the_doctor_counts_them(machines: Machines):
    first = machines.start()
    machines.wait_ready(first)
    second = machines.start()
    machines.wait_ready(second)
    assert (machines.desk.home / "run-2.json").exists()
    found = {one["check"]: one for one in machines.desk.json("doctor")}
    here = socket.gethostname()
    leader, other = (first, second) if machines.leader() is first else (second, first)
    assert found["colleagues"]["detail"] == (
        f"2 process(es) at work on this database: process {leader.pid} on {here} (leads), process {other.pid} on {here}"
    )
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    machines.processes.remove(first)
    wait_for("the other to lead", lambda: machines.leader() is second)
    assert "0 file(s) taken" in machines.desk.once()


@pytest.mark.parametrize("missing", ["home", "inbox"])
def test_a_machine_without_the_shared_folder_does_not_start_and_the_doctor_says_why(machines: Machines, missing: str):
    machines.desk.once()
    machines.desk.environment[f"GUICHET_{missing.upper()}"] = str(machines.desk.folder / "not mounted")
    done = machines.desk.run("once")
    assert done.returncode == 2
    assert "is the folder mounted?" in done.stderr
    told = json.loads(machines.desk.run("doctor", "--format", "json").stdout)
    found = [one["detail"] for one in told if one["check"] == "shared folders"]
    assert [missing in one for one in found] == [True]


def test_of_two_on_one_machine_the_second_takes_the_port_of_sftp_over(
    tmp_path: Path, network: Path, request: pytest.FixtureRequest
):
    server, port = request.getfixturevalue("postgres_server"), free_port()
    name = server.create()
    for machines in at_desk(tmp_path, network, server.url_of(name), f"sftp_port = {port}"):
        home = machines.desk.home
        first = machines.start()
        machines.wait_ready(first)
        assert json.loads((home / "run.json").read_text())["sftp"]["port"] == port
        second = machines.start()
        machines.wait_ready(second)
        assert json.loads((home / "run-2.json").read_text())["sftp"] is None
        log = (tmp_path / "service.log").read_text()
        assert "sftp_served_by_another" in log
        assert speaks_ssh(port)
        machines.kill(first)
        wait_for("the second to listen", lambda: speaks_ssh(port))
        assert second.poll() is None
    server.drop(name)


def speaks_ssh(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as line:
            line.settimeout(5)
            return line.recv(4) == b"SSH-"
    except OSError:
        return False


def test_on_sqlite_a_second_process_by_another_home_is_refused_with_the_reason(desk: Desk):
    process = desk.start()
    try:
        desk.environment["GUICHET_DATABASE_URL"] = f"sqlite:///{desk.home / 'guichet.sqlite3'}"
        desk.environment["GUICHET_HOME"] = str(desk.folder / "elsewhere")
        done = desk.run("once")
        assert done.returncode == 2
        assert f"process {process.pid}" in done.stderr
        assert "Several share one database on PostgreSQL only" in done.stderr
    finally:
        process.kill()
        process.wait(10)
