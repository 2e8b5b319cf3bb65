"""An inbox with two accounts on a real file system."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.clock import Clock, FixedClock, SystemClock
from ingest.inbox import Claimed, Inbox, ScanResult
from ingest.settings import Settings

ACCOUNTS = ("pf01", "pf03")


class World:
    """The inbox under test; time is what the test says."""

    def __init__(self, folder: Path, clock: Clock, settle_seconds: float, **settings: int) -> None:
        self.settings = Settings(
            home=folder / "home",
            inbox=folder / "inbox",
            settle_seconds=settle_seconds,
            **settings,
        )
        self.inbox = Inbox(settings=self.settings, clock=clock)
        self.inbox.prepare()
        for account in ACCOUNTS:
            for box in ("depot", "essai", "retours"):
                (self.root / account / box).mkdir(parents=True, exist_ok=True)
        self.now = 1000.0

    @property
    def root(self) -> Path:
        return self.settings.inbox

    @property
    def claims(self) -> Path:
        return self.root / ".guichet" / "claims"

    def in_hand(self) -> list[str]:
        """What lies in `claims/`, records and files."""
        return sorted(each.name for each in self.claims.iterdir() if not each.name.startswith("."))

    def depot(self, account: str = "pf03") -> Path:
        return self.root / account / "depot"

    def drop(self, name: str = "n1a_2005T1.csv", content: bytes = b"a;b\n1;2\n", account: str = "pf03") -> Path:
        path = self.depot(account) / name
        path.write_bytes(content)
        return path

    def scan(self, later_seconds: float = 0.0) -> ScanResult:
        self.now += later_seconds
        return self.inbox.scan(lambda name: name in ACCOUNTS, self.now)

    def take(self) -> Claimed:
        """Claim the one file that is ready."""
        (candidate,) = self.scan().ready
        claimed = self.inbox.claim(candidate)
        assert isinstance(claimed, Claimed)
        return claimed


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[..., World]:
    def make(clock: Clock | None = None, settle_seconds: float = 0, **settings: int) -> World:
        return World(tmp_path, clock or SystemClock(), settle_seconds, **settings)

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """Nothing to wait for."""
    return make_world()


@pytest.fixture
def long_ago() -> FixedClock:
    return FixedClock(datetime(2005, 5, 1, 7, 0, tzinfo=UTC))
