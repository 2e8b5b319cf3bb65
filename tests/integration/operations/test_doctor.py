"""Each check of the doctor, shown failing: it says what, where, and how to mend it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from domain.clock import FixedClock
from domain.organisations import Directory, Organisation, OrganisationType
from ingest import doctor, doctor_ground
from ingest.advisory_locks import Colleague
from ingest.database.tables import message, submission
from ingest.diagnosis import Diagnosis, Health
from ingest.ledger import destroying
from ingest.ledger.facts import remember
from ingest.ledger.safekeeping import LAST_BACKUP, MAIL_HOLD
from ingest.limited.confinement import Fences
from ingest.lock import Seat
from ingest.settings import Settings
from ingest.wiring import Wiring

NOW = datetime(2026, 5, 2, 9, tzinfo=UTC)
Break = Callable[["Bench", pytest.MonkeyPatch], object]


@dataclass
class Bench:
    """A desk with nothing wrong but what a case breaks."""

    folder: Path
    values: dict[str, Any]
    now: datetime = NOW
    config: Path | None = None
    wiring: Any = None

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def execute(self, statement: Any) -> None:
        with self.open() as wiring, wiring.database.write() as connection:
            connection.execute(statement)

    def note(self, key: str, value: str) -> None:
        with self.open() as wiring, wiring.database.write() as connection:
            remember(connection, key, value)

    def open(self) -> Wiring:
        settings = Settings(home=self.home, inbox=self.inbox, sftp_enabled=False, **self.values)
        made = Wiring(settings, FixedClock(self.now))
        made.config = self.config
        return made

    def asked(self, check: str) -> list[Diagnosis]:
        if self.wiring is not None:
            return list(doctor.CHECKS[check](self.wiring))
        with self.open() as wiring:
            return list(doctor.CHECKS[check](wiring))


@pytest.fixture
def bench(tmp_path: Path, sqlite_template: Path) -> Bench:
    made = Bench(tmp_path, {"mail_admin": "admin@uesl.example"})
    made.home.mkdir(mode=0o700)
    (made.inbox / ".guichet").mkdir(parents=True)
    shutil.copyfile(sqlite_template, made.home / "guichet.sqlite3")
    (made.home / "guichet.sqlite3").chmod(0o600)
    return made


def a_deposit(**values: Any) -> Any:
    row = {
        "id": "20260501-101502-7f3a9c",
        "account": "pf03",
        "box": "depot",
        "file_name": "a.csv",
        "size": 1,
        "sha256": "9f" * 32,
        "received_at": NOW,
        "proof": "clock",
        "claimed_at": NOW,
        "state": "parked",
        "test": False,
    }
    return submission.insert().values({**row, **values})


def a_message(state: str, at: datetime = NOW) -> Any:
    row = {
        "cause_key": f"x:{state}",
        "event": "system",
        "recipient": "a@b.example",
        "subject": "s",
        "text": "t",
        "html": "h",
        "headers": {},
        "attachments": [],
        "message_id": f"<{state}@b.example>",
        "state": state,
        "created_at": at,
    }
    return message.insert().values({key: value for key, value in row.items() if key in message.c})


def password_for_all(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    url = "smtp://u:hidden-word@127.0.0.1:9"
    bench.config = bench.folder / "guichet.toml"
    bench.config.write_text(f'mail_url = "{url}"\n')
    bench.config.chmod(0o644)
    bench.values["mail_url"] = SecretStr(url)


def home_is_a_file(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(bench.home)
    bench.home.write_text("a file")


def open_home(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    bench.home.chmod(0o755)


def open_accounts(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    (bench.home / "accounts").mkdir()
    (bench.home / "accounts" / "accounts.json").write_text("{}")
    (bench.home / "accounts" / "accounts.json").chmod(0o644)


def box_elsewhere(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    (bench.inbox / "pf03").mkdir()
    (bench.inbox / "pf03" / "depot").symlink_to("/proc")


def chroot_of_others(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    bench.values["sftp_openssh"] = True
    with bench.open() as wiring:
        wiring.accounts.add("pf03", NOW)
        wiring.accounts.add("pf04", NOW)
    (bench.inbox / "pf03").mkdir(exist_ok=True)
    (bench.inbox / "pf03").chmod(0o775)
    shutil.rmtree(bench.inbox / "pf04", ignore_errors=True)


def full_disk(_bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor.shutil, "disk_usage", lambda _path: SimpleNamespace(total=100e9, free=1e9))


def nearly_full_disk(_bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor.shutil, "disk_usage", lambda _path: SimpleNamespace(total=100e9, free=5e9))


def clock_of_1999(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    bench.now = datetime(1999, 5, 2, 9, tzinfo=UTC)


def clock_that_jumped(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor, "seats", lambda _home: (Seat(number=1, pid=1),))
    (bench.home / "heartbeat.json").write_text(json.dumps({"clock_in_doubt": True}))


def no_time_server(_bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor_ground, "_kernel_clock", lambda: 5)


def older_schema(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    with bench.open() as wiring, wiring.unchecked_database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0005'")


def old_sqlite(_bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor_ground, "OLDEST_SQLITE", (99,))


SERVER = {
    "server_version_num": "120004",
    "server_version": "12.4",
    "archive_mode": "on",
    "fsync": "off",
    "full_page_writes": "on",
    "synchronous_commit": "off",
}


class Server:
    """A PostgreSQL with everything wrong."""

    dialect = "postgresql"

    def read(self) -> Any:
        return nullcontext(self)

    def exec_driver_sql(self, statement: str) -> Any:
        if "replication" in statement:
            return SimpleNamespace(scalars=lambda: SimpleNamespace(all=lambda: ["former_standby"]))
        if "clock_timestamp" in statement:
            return SimpleNamespace(scalar_one=lambda: NOW - timedelta(minutes=3))
        return SimpleNamespace(scalar_one=lambda: SERVER[statement.split()[1]])


def wrong_server(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    bench.wiring = SimpleNamespace(unchecked_database=Server(), clock=FixedClock(NOW), rehearsal=False)


def pooled_colleagues(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    wrong_server(bench, patch)
    bench.wiring.settings = SimpleNamespace(home=bench.home)
    patch.setattr(doctor_ground, "seats", lambda _home: (Seat(number=1, pid=1), Seat(number=2, pid=2)))
    patch.setattr(doctor_ground, "colleagues", lambda _connection: [at_work("desk1", leads=True)])


def at_work(machine: str, *, leads: bool = False, silent_seconds: float = 3) -> Colleague:
    return Colleague(machine=machine, pid="812", backend=1, leads=leads, silent_seconds=silent_seconds)


def headless_colleagues(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    pooled_colleagues(bench, patch)
    patch.setattr(doctor_ground, "colleagues", lambda _connection: [at_work("desk1"), at_work("desk2")])


def hanging_colleague(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    pooled_colleagues(bench, patch)
    hung = at_work("desk2", silent_seconds=240)
    patch.setattr(doctor_ground, "colleagues", lambda _connection: [at_work("desk1", leads=True), hung])


def folder_not_mounted(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    wrong_server(bench, patch)
    bench.wiring.settings = SimpleNamespace(home=bench.home, inbox=bench.inbox)
    patch.setattr("ingest.place.recall", lambda _connection, _key: "of-this-desk")


def no_way_in(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    bench.values["sftp_enabled"] = True
    one = Organisation(code="PF03", type=OrganisationType.PF, nom="Plate-forme 3", compte_sftp="pf03")
    directory = Directory(version=1, organisations=(one,))
    bench.wiring = SimpleNamespace(
        register=SimpleNamespace(current=lambda: directory),
        accounts=SimpleNamespace(list=tuple),
        settings=SimpleNamespace(sftp_enabled=True),
    )


def no_mail_server(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    bench.values["mail_url"] = SecretStr("smtp://u:hidden-word@127.0.0.1:9")


def nobody_to_warn(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    bench.values["mail_admin"] = None


def bounces_nowhere(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    bench.values["mail_bounces"] = bench.folder / "gone"


def reader_that_dies(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    reader = SimpleNamespace(
        read=lambda *_words, **_more: SimpleNamespace(reason="crashed"),
        last_usage=SimpleNamespace(fences=Fences(calls=False, files=False, network=True)),
    )
    bench.wiring = SimpleNamespace(new_reader=lambda: reader, catalogue=SimpleNamespace(vocabulary=frozenset()))


def few_watches(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor, "INOTIFY", bench.folder)
    (bench.folder / "max_user_watches").write_text("8\n")


def as_root(_bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor.os, "geteuid", lambda: 0)


def heart_that_stopped(_bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(doctor, "seats", lambda _home: (Seat(number=1, pid=4711),))


def edition_without_folder(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    release = SimpleNamespace(period="2005T1", name="official-v01")
    bench.wiring = SimpleNamespace(
        press=SimpleNamespace(recorded=lambda: [SimpleNamespace(release=release, written_at=NOW)]),
        releases=SimpleNamespace(manifest=lambda *_words: None),
    )


def unfinished_destruction(_bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(destroying, "pending", lambda _connection: [SimpleNamespace(submission_id="x")])


def old_backup(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    made = {"at": "2026-04-01T09:00:00+00:00", "path": "/nowhere/backup", "rows": 1, "files": 1, "files_bytes": 1}
    bench.note(LAST_BACKUP, json.dumps(made))


def held_mail(bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    bench.note(MAIL_HOLD, json.dumps({"since": "2026-05-01T09:00:00+00:00"}))


def nothing(_bench: Bench, _patch: pytest.MonkeyPatch) -> None:
    """Nothing is broken: a new desk lacks it."""


CASES: list[tuple[str, Break, Health, str, str]] = [
    ("configuration", password_for_all, Health.FAULT, "guichet.toml holds a password", "chmod o="),
    ("folders", home_is_a_file, Health.FAULT, "home cannot be written", "give it to the user"),
    ("folders", open_home, Health.WARNING, "home can be read by others", "chmod 700"),
    ("rights", open_accounts, Health.FAULT, "accounts.json can be read by others", "chmod go="),
    ("file system", box_elsewhere, Health.FAULT, "pf03/depot", "mount the inbox whole"),
    ("openssh", chroot_of_others, Health.FAULT, "pf03 is not root's alone", "sync-accounts.sh"),
    ("openssh", chroot_of_others, Health.FAULT, "pf04 is missing", "sync-accounts.sh"),
    ("openssh", chroot_of_others, Health.FAULT, "nobody hears sshd's log", "guichet-sftp-log"),
    ("disk", full_disk, Health.FAULT, "1% of the disk under", "make room"),
    ("disk", nearly_full_disk, Health.WARNING, "5% of the disk under", "make room"),
    ("clock", clock_of_1999, Health.FAULT, "1999-05-02", "timedatectl"),
    ("clock", clock_that_jumped, Health.FAULT, "it jumped", "runbook"),
    ("time server", no_time_server, Health.WARNING, "no time server", "set-ntp"),
    ("database", older_schema, Health.FAULT, "0005", "guichet db upgrade"),
    ("database server", old_sqlite, Health.FAULT, "SQLite", "3.35"),
    ("database server", wrong_server, Health.FAULT, "PostgreSQL 12.4 is too old", "13 or newer"),
    ("database server", wrong_server, Health.FAULT, "fsync or full_page_writes is off", "switch both on"),
    ("database server", wrong_server, Health.FAULT, "synchronous_commit is off", "ALTER DATABASE"),
    ("database server", wrong_server, Health.WARNING, "archive_mode is on", "month"),
    ("database server", wrong_server, Health.WARNING, "former_standby", "drop it"),
    ("database server", wrong_server, Health.WARNING, "180 s apart", "time server"),
    ("register", nothing, Health.WARNING, "it is empty", "guichet directory import"),
    ("register", no_way_in, Health.WARNING, "no way in yet for: pf03", "guichet account add"),
    ("mail", no_mail_server, Health.FAULT, "smtp 127.0.0.1:9", "check mail_url"),
    ("mail", nobody_to_warn, Health.WARNING, "no address for the administrator", "mail_admin"),
    ("outbox", lambda b, _p: b.execute(a_message("failed")), Health.WARNING, "1 message(s) failed", "mail list"),
    ("outbox", lambda b, _p: b.execute(a_message("held")), Health.WARNING, "on hold and stay", "mail retry"),
    (
        "outbox",
        lambda b, _p: b.execute(a_message("queued", NOW - timedelta(hours=3))),
        Health.FAULT,
        "since 2026-05-02T06:00",
        "mail server",
    ),
    ("bounces", bounces_nowhere, Health.FAULT, "/gone", "make it"),
    ("reading", reader_that_dies, Health.FAULT, "child failed: crashed", "reading_memory_bytes"),
    ("reading", reader_that_dies, Health.FAULT, "files (Landlock)", "5.13"),
    ("deposits", lambda b, _p: b.execute(a_deposit()), Health.FAULT, "1 parked", "guichet show ID"),
    ("limits", few_watches, Health.WARNING, "max_user_watches is 8", "sysctl fs.inotify.max_user_watches="),
    ("limits", few_watches, Health.WARNING, "max_queued_events is not known", "polling"),
    ("limits", as_root, Health.WARNING, "as root", "user of its own"),
    ("service", nothing, Health.WARNING, "not running", "guichet run"),
    ("service", heart_that_stopped, Health.FAULT, "process 4711", "restart it"),
    ("shared folders", folder_not_mounted, Health.FAULT, "home of this database's desk is elsewhere", "mount it"),
    ("shared folders", folder_not_mounted, Health.FAULT, "inbox/.guichet/desk.id is not there", "mount it"),
    ("colleagues", hanging_colleague, Health.FAULT, "812 on desk2 has not been heard for 240 s", "end it"),
    ("colleagues", pooled_colleagues, Health.WARNING, "2 process(es) sit", "pooler"),
    ("colleagues", headless_colleagues, Health.WARNING, "nobody leads", "look again"),
    ("editions", edition_without_folder, Health.FAULT, "2005T1/official-v01", "guichet rebuild 2005T1/official-v01"),
    ("retention", unfinished_destruction, Health.WARNING, "1 deposit(s)", "guichet purge"),
    ("backup", nothing, Health.WARNING, "none was ever made", "guichet backup PATH"),
    ("backup", old_backup, Health.FAULT, "older than 7 days", "timer"),
    ("backup", old_backup, Health.WARNING, "/nowhere/backup is not there", "moved"),
    ("backup", held_mail, Health.WARNING, "on hold since", "guichet mail resume"),
]
NEVER_WRONG = {"closures"}
"""It only tells when the desk was last closed."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[3]}")
def test_what_is_wrong_is_told_with_its_place_and_how_to_mend_it(bench, monkeypatch, case):
    check, broken, health, what, how = case
    broken(bench, monkeypatch)
    found = [one for one in bench.asked(check) if one.health is not Health.OK]
    assert [one for one in found if one.health is health and what in one.detail and how in one.remedy], found
    assert all(one.remedy for one in found)
    assert not any("hidden-word" in f"{one.detail}{one.remedy}" for one in found)


def test_each_check_has_a_case():
    assert {case[0] for case in CASES} | NEVER_WRONG == set(doctor.CHECKS)


def test_a_desk_with_nothing_wrong_has_no_fault(bench):
    with bench.open() as wiring:
        found = doctor.examine(wiring)
    assert [one for one in found if one.health is Health.FAULT] == []
    assert {"configuration", "home", "inbox", "rights", "database", "mail", "reading"} <= {one.check for one in found}


@contextmanager
def failing(error: Exception) -> Iterator[None]:
    def check(_wiring: Wiring) -> Iterator[Diagnosis]:
        raise error
        yield

    former = doctor.CHECKS
    doctor.CHECKS = {"one": check, "two": check, "database": check}
    try:
        yield
    finally:
        doctor.CHECKS = former


@pytest.mark.parametrize(
    ("error", "said", "remedy"),
    [
        (PermissionError(13, "Permission denied", "/srv/x"), "/srv/x: Permission denied", "that user"),
        (OSError(5, "Input/output error"), "Input/output error", "disk"),
        (KeyError("x"), "KeyError: 'x'", "report"),
    ],
)
def test_one_accident_of_several_checks_is_told_once(bench, error, said, remedy):
    with failing(error), bench.open() as wiring:
        (found,) = doctor.examine(wiring)
    assert said in found.detail
    assert found.detail.endswith("(so nothing can be said of: two, database)")
    assert remedy in found.remedy


def test_a_damaged_database_is_one_fault(bench):
    (bench.home / "guichet.sqlite3").write_bytes(b"this is no database " * 400)
    with bench.open() as wiring:
        found = [one for one in doctor.examine(wiring) if one.health is Health.FAULT]
    assert [one.check for one in found] == ["database"]
    assert "register, outbox" in found[0].detail
    assert "restore" in found[0].remedy
