"""Obligations and templates follow the register and the calendar, also while the service runs for months."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.clock import FixedClock
from domain.errors import Retry
from domain.organisations import Directory
from ingest.following import passes
from ingest.pipeline import Pipeline
from ingest.sharing import Alone


class FakeLedger:
    def __init__(self) -> None:
        self.opened: list[tuple[int, datetime, str | None]] = []

    def open_obligations(self, directory: Directory, now: datetime, *, rules_version: str | None = None) -> None:
        self.opened.append((directory.version, now, rules_version))

    def reopen_for_register(self, version: int, now: datetime) -> int:
        del version, now
        return 0


def test_they_are_looked_at_once_a_day_and_whenever_the_register_changes() -> None:
    ledger, version, woken = FakeLedger(), [1], []
    wiring: Any = SimpleNamespace(
        ledger=ledger,
        clock=FixedClock(datetime(2005, 3, 31, 20, tzinfo=UTC)),
        guard=None,
        register=SimpleNamespace(current=lambda: Directory(version=version[0])),
        catalogue=SimpleNamespace(rules_version="1+a"),
        settings=SimpleNamespace(zone=ZoneInfo("Europe/Paris")),
    )
    pipeline = Pipeline(wiring, after_verdict=lambda: woken.append(1))
    for instant, number in (
        (datetime(2005, 3, 31, 20, tzinfo=UTC), 1),
        (datetime(2005, 3, 31, 21, tzinfo=UTC), 1),
        (datetime(2005, 3, 31, 22, 0, 3, tzinfo=UTC), 1),  # midnight in Paris: a quarter opens
        (datetime(2005, 4, 1, 8, tzinfo=UTC), 1),
        (datetime(2005, 4, 1, 9, tzinfo=UTC), 2),
    ):
        pipeline._clock = FixedClock(instant)
        version[0] = number
        pipeline.follow_register()
    assert [(number, now.hour, rules) for number, now, rules in ledger.opened] == [
        (1, 20, "1+a"),
        (1, 22, "1+a"),
        (2, 9, "1+a"),
    ]
    assert len(woken) == 3


@pytest.mark.parametrize("trouble", [Retry("locked"), ZeroDivisionError()])
def test_nobody_is_late_while_an_outage_of_ours_could_not_be_excused(
    trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def named(name: str, failing: str | None) -> Any:
        def run(_wiring: Any, _now: datetime) -> int:
            ran.append(name)
            if name == failing:
                raise trouble
            return 0

        return run

    def follow_all(failing: str | None) -> list[str]:
        ran.clear()
        made = {name: named(name, failing) for name, _ in passes.PASSES}
        monkeypatch.setattr(passes, "PASSES", tuple(made.items()))
        monkeypatch.setattr(passes, "excuse_closures", made["outages"])
        clock = FixedClock(datetime(2005, 5, 2, 10, tzinfo=UTC))
        passes.follow(SimpleNamespace(clock=clock, sharing=Alone()))  # type: ignore[arg-type]
        return list(ran)

    assert follow_all("outages") == ["outages", "anomalies", "incoming", "retention"]
    assert follow_all("steps") == [name for name, _ in passes.PASSES]


def test_a_leader_that_lost_its_connection_leaves_the_rest_to_its_colleague(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    ours = iter([True, True, False])

    def noted(name: str) -> passes.Pass:
        return lambda _wiring, _now: ran.append(name) or 1  # type: ignore[func-returns-value]

    monkeypatch.setattr(passes, "PASSES", tuple((name, noted(name)) for name, _ in passes.PASSES))
    wiring: Any = SimpleNamespace(
        clock=FixedClock(datetime(2005, 4, 18, tzinfo=UTC)), sharing=SimpleNamespace(still=lambda _part: next(ours))
    )
    assert passes.follow(wiring) == 2
    assert ran == [name for name, _ in passes.PASSES][:2]
