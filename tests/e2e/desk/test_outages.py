"""A service that was killed, and came back after a due instant: nobody is late because of it (contract §8)."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.periods import Period, Periodicity
from ingest.demo import files

PARIS = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC).astimezone(PARIS)  # noqa: TID251 - the outage rule needs the machine's own clock


@pytest.fixture
def period() -> Period:
    """A quarter that is over for months, whatever the day."""
    return Period.containing(now().date() - 190 * DAY, Periodicity.QUARTER)


@pytest.fixture
def real(desk, period):
    """A desk by the machine's clock, which went live with `period`."""
    shutil.rmtree(desk.home)
    path = desk.folder / "guichet.toml"
    path.write_text(path.read_text().replace('first_period = "2005T1"', f'first_period = "{period}"'))
    desk.at = ""
    return desk


def imported(desk, network: Path, *obligations: str) -> None:
    folder = desk.folder / "annuaire"
    shutil.copytree(network, folder, dirs_exist_ok=True)
    lines = ["code;collection;du;au;echeance;dispense;motif", *obligations]
    (folder / "obligations.csv").write_text("\n".join(lines) + "\n")
    desk.ok("directory", "import", str(folder), "--yes")


def database(desk) -> Path:
    (path,) = desk.home.glob("*.sqlite3")
    return path


def seen_open(desk) -> str | None:
    with closing(sqlite3.connect(database(desk))) as connection:
        found = connection.execute("SELECT value FROM home_setting WHERE key = 'seen_open_at'").fetchone()
    return None if found is None else str(found[0])


def last_seen(desk, at: datetime) -> None:
    """As if the service had been killed at that instant."""
    with closing(sqlite3.connect(database(desk))) as connection, connection:
        connection.execute("UPDATE home_setting SET value = ? WHERE key = 'seen_open_at'", (at.isoformat(),))


def closures(desk) -> int:
    with closing(sqlite3.connect(database(desk))) as connection:
        return int(connection.execute("SELECT count(*) FROM closure").fetchone()[0])


def kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def told(desk) -> list[str]:
    """Who was told that the desk had been closed."""
    mails = [mail for mail in desk.mails() if mail["X-Guichet-Event"] == "deadline"]
    assert all("guichet était fermé" in mail.get_body(("plain",)).get_content() for mail in mails)
    return sorted(mail["To"].addresses[0].addr_spec for mail in mails)


def test_what_fell_due_while_the_service_was_killed_is_owed_a_day_after_its_return(real, directory, network, period):
    desk = real
    imported(desk, network)
    process = desk.start()
    desk.wait_for("a sign of life", lambda: seen_open(desk))
    kill(process)
    assert closures(desk) == 0

    yesterday = now().date() - DAY
    span = f"{period.starts_on};{period.ends_on};{yesterday};;autre échéance"
    imported(desk, network, f"PF01;N1A;{span}", f"PF01;N1M;{span}")
    last_seen(desk, datetime.combine(yesterday, datetime.min.time(), tzinfo=PARIS) + timedelta(hours=12))
    before = now()
    process = desk.start()

    def rows() -> list[dict[str, str]]:
        found = desk.json("status", "--period", str(period), "--account", "pf01")
        return found if all(row["excused_reason"] for row in found) else []

    assert [row["collection"] for row in desk.wait_for("the excuse", rows)] == ["N1A", "N1M"]
    back = now()
    for row in rows():
        assert before + DAY - timedelta(seconds=1) <= datetime.fromisoformat(row["due_at"]) <= back + DAY
        assert row["status"] == "open"
        assert row["excused_reason"].startswith("guichet fermé du ")
    assert "(guichet fermé du " in desk.ok("status", "--period", str(period), "--account", "pf01")
    desk.wait_for("the mails", lambda: told(desk))

    file = files.good_csv(directory, "PF01", period)
    desk.drop("pf01", file.name, file.content)
    (verdict,) = desk.wait_for("the verdict", lambda: desk.verdicts("pf01"))
    (section,) = verdict["sections"]
    assert section["deadline"]["status"] == "on_time"
    assert section["deadline"]["excused_reason"].startswith("guichet fermé du ")

    kill(process)
    once = told(desk)
    assert len(once) == len(set(once))
    assert {address.partition("@")[2] for address in once} == {"pf01.example"}
    due = [row["due_at"] for row in rows()]
    process = desk.start()
    assert closures(desk) == 2
    assert desk.stop(process) == 0
    desk.ok("once")
    assert [row["due_at"] for row in rows()] == due
    assert told(desk) == once


def test_a_rehearsal_leaves_no_sign_of_life(desk):
    for _ in range(2):
        assert desk.stop(desk.start()) == 0
    assert seen_open(desk) is None
    assert closures(desk) == 0


def test_a_clean_stop_is_an_absence_too_and_a_pass_by_hand_is_no_opening_of_the_desk(real, network):
    imported(real, network)
    real.ok("once")
    assert seen_open(real) is None
    for _ in range(2):
        assert real.stop(real.start()) == 0
    assert closures(real) == 1
    assert "the last time from" in real.run("doctor").stdout
