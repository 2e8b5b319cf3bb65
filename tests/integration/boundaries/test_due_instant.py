"""The last second of the due day, for real files taken by a whole pass: winter, summer, clock changes (contract §8).

A receipt is what the built-in server noted, or the kernel's change time; never when we got round to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.clock import FixedClock
from domain.organisations import Directory
from domain.periods import Period
from ingest.demo import files
from ingest.demo.network_files import write_network
from ingest.inbox import desk as inbox_desk
from ingest.inbox.receipt import receipt_of
from ingest.ledger.arrangements import Request
from ingest.once import one_pass
from ingest.register.reading import directory_of_folder
from ingest.settings import load_settings
from ingest.sftp.closes import record_close
from ingest.wiring import Wiring
from tests.register_kit import import_register

PARIS = ZoneInfo("Europe/Paris")
UTC_OFFSET = {"winter": timedelta(hours=1), "summer": timedelta(hours=2)}
CASES = {
    "winter": ("2005T4", None, "2006-01-30", UTC_OFFSET["winter"]),
    "summer": ("2005T2", None, "2005-07-30", UTC_OFFSET["summer"]),
    "the clocks go back on the due day": ("2005T3", None, "2005-10-30", UTC_OFFSET["winter"]),
    "the clocks go forward on the due day": ("2004T4", date(2005, 3, 27), "2005-03-27", UTC_OFFSET["summer"]),
    "the last day of the year": ("2005T3", date(2005, 12, 31), "2005-12-31", UTC_OFFSET["winter"]),
    "a leap day": ("2007T4", date(2008, 2, 29), "2008-02-29", UTC_OFFSET["winter"]),
}


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_network(tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="session")
def directory(network: Path) -> Directory:
    return directory_of_folder(network)


@dataclass
class Desk:
    """One desk; each `at` is a command of its own, by a clock that stands there."""

    folder: Path
    network: Path

    def at(self, instant: datetime) -> Wiring:
        settings = load_settings(self.folder / "guichet.toml", environ={})
        return Wiring(settings, FixedClock(instant))

    def open(self, period: Period, until: date | None) -> None:
        opens = datetime.combine(period.ends_on + timedelta(days=2), datetime.min.time(), tzinfo=PARIS)
        with self.at(opens) as wiring:
            import_register(wiring, self.network, opens)
            wiring.ledger.open_obligations(wiring.register.current(), opens)
            if until is not None:
                collection = wiring.catalogue.find("N1A")
                assert collection is not None
                asked = Request(who="ALL", collection=collection, period=period, reason="essai", author="test")
                wiring.ledger.extend(asked, until, now=opens, compose=lambda _: ())

    def drop(self, file: files.DemoFile) -> Path:
        path = self.folder / "inbox" / file.account / "depot" / file.name
        path.write_bytes(file.content)
        return path

    def received(self, file: files.DemoFile, at: datetime) -> None:
        """As the built-in server leaves it: the record of the close, then the file under its name."""
        path = self.drop(file)
        record_close(self.folder / "inbox", path.stat(), account=file.account, folder="depot", name=file.name, at=at)

    def take(self, now: datetime) -> None:
        with self.at(now) as wiring:
            assert one_pass(wiring).judged == 2

    def rows(self, now: datetime, period: Period) -> dict[str, dict[str, object]]:
        with self.at(now) as wiring:
            found = wiring.ledger.compliance(now, period=period.code)
        return {row["organisation"]: row for row in found if row["collection"] == "N1A"}


@pytest.fixture
def make_desk(tmp_path: Path, network: Path) -> Iterator[Callable[[Period], Desk]]:
    def make(first_period: Period) -> Desk:
        (tmp_path / "guichet.toml").write_text(f'settle_seconds = 0\nfirst_period = "{first_period}"\n')
        return Desk(tmp_path, network)

    return make


def by_change_time(monkeypatch: pytest.MonkeyPatch, instants: dict[str, datetime], folder: Path) -> None:
    """As if the kernel's clock had stood there at the last write: no client, and no test, can set a change time."""
    numbers = {path.stat().st_ino: at for name, at in instants.items() for path in folder.glob(f"*/depot/{name}")}

    def faked(inbox: Path, found: os.stat_result, now: datetime) -> object:
        changed_ns = int(numbers[found.st_ino].timestamp()) * 10**9
        assert found.st_ctime_ns != changed_ns
        return receipt_of(inbox, _Changed(found, changed_ns), now)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox_desk, "receipt_of", faked)


class _Changed:
    """What `stat` gave, with another change time."""

    def __init__(self, found: os.stat_result, changed_ns: int) -> None:
        self._found, self.st_ctime_ns, self.st_ctime = found, changed_ns, changed_ns / 10**9

    def __getattr__(self, name: str) -> object:
        return getattr(self._found, name)


def check(desk: Desk, period: Period, day: str, *, offset: timedelta, seen_at: datetime, proof: str) -> None:
    due = datetime.fromisoformat(f"{day}T23:59:59").replace(tzinfo=PARIS)
    rows = desk.rows(seen_at, period)
    assert rows["PF01"]["due_at"] == rows["PF02"]["due_at"] == due.isoformat()
    assert due.utcoffset() == offset
    in_time, late = rows["PF01"], rows["PF02"]
    assert (in_time["status"], in_time["days_late"]) == ("on_time", 0)
    assert in_time["complete_at"] == (due - timedelta(seconds=1)).isoformat()
    assert (late["status"], late["days_late"]) == ("late", 1)
    assert late["complete_at"] == (due + timedelta(seconds=2)).isoformat()
    answers = [json.loads(path.read_bytes()) for path in (desk.folder / "inbox").glob("*/retours/*/verdict.json")]
    assert [one["receipt_proof"] for one in answers] == [proof, proof]
    assert {one["sections"][0]["deadline"]["margin_days"] for one in answers} == {0, -1}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("later", [timedelta(seconds=30), timedelta(days=2)], ids=["at once", "two days later"])
def test_two_seconds_make_the_difference_whenever_we_look(case, later, make_desk, directory):
    code, until, day, offset = CASES[case]
    period = Period.parse(code)
    desk = make_desk(period)
    desk.open(period, until)
    midnight = datetime.fromisoformat(f"{day}T23:59:59").replace(tzinfo=PARIS).astimezone(UTC) + timedelta(seconds=1)
    desk.received(files.good_csv(directory, "PF01", period), midnight - timedelta(seconds=2))
    desk.received(files.good_csv(directory, "PF02", period), midnight + timedelta(seconds=1))
    desk.take(midnight + later)
    check(desk, period, day, offset=offset, seen_at=midnight + later, proof="sftp_close")


@pytest.mark.parametrize("case", ["winter", "summer"])
def test_the_change_time_proves_as_much_two_days_later(case, make_desk, directory, monkeypatch):
    code, until, day, offset = CASES[case]
    period = Period.parse(code)
    desk = make_desk(period)
    desk.open(period, until)
    midnight = datetime.fromisoformat(f"{day}T23:59:59").replace(tzinfo=PARIS).astimezone(UTC) + timedelta(seconds=1)
    first, second = files.good_csv(directory, "PF01", period), files.good_csv(directory, "PF02", period)
    desk.drop(first)
    desk.drop(second)
    instants = {first.name: midnight - timedelta(seconds=2), second.name: midnight + timedelta(seconds=1)}
    by_change_time(monkeypatch, instants, desk.folder / "inbox")
    desk.take(midnight + timedelta(days=2))
    check(desk, period, day, offset=offset, seen_at=midnight + timedelta(days=2), proof="change_time")
