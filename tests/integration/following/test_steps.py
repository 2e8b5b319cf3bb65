"""The pass that says the steps, with the real register, ledger and messages: who is written to, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from ingest.database.tables import message
from ingest.following.passes import follow
from ingest.following.steps import say_steps
from ingest.pipeline import Pipeline
from ingest.settings import Settings
from ingest.wiring import Wiring
from tests.register_kit import import_register

PARIS = ZoneInfo("Europe/Paris")
NETWORK = Path(__file__).parents[3] / "ingest" / "demo" / "network"


@dataclass
class Hands:
    """A clock whose hands are moved."""

    at: datetime = datetime(2005, 3, 20, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class Desk:
    """A desk whose platforms deposit nothing."""

    wiring: Wiring
    clock: Hands
    pipeline: Pipeline = field(init=False)

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(self.wiring)

    def say(self, at: str) -> dict[str, list[str]]:
        """What the pass queues at that instant: subject by address, by kind of message."""
        self.clock.at = datetime.fromisoformat(at).replace(tzinfo=PARIS).astimezone(UTC)
        self.pipeline.follow_register()
        before = len(self.messages())
        queued = say_steps(self.wiring, self.clock.at)
        found: dict[str, list[str]] = {}
        new = self.messages()[before:]
        assert len(new) == queued
        for one in new:
            found.setdefault(one.event, []).append(one.recipient)
        return {event: sorted(addresses) for event, addresses in found.items()}

    def messages(self) -> list:
        with self.wiring.database.read() as connection:
            return list(connection.execute(select(message).order_by(message.c.id)))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    settings = Settings(
        home=tmp_path / "var",
        inbox=tmp_path / "inbox",
        first_period="2005T1",
        mail_admin="admin@uesl.example",
        mail_reply_to="pilotage@uesl.example",
    )
    clock = Hands()
    with Wiring(settings, clock, rehearsal=True) as wiring:
        import_register(wiring, NETWORK, clock.now())
        yield Desk(wiring, clock)


DEPOSITORS = sorted(
    [f"depot@pf0{number}.example" for number in (1, 2, 4, 5)]
    + ["depot.assistance@pf03.example", "depot.mobilite@pf03.example"]
)
IN_CHARGE = [f"responsable@pf0{number}.example" for number in range(1, 6)]


def test_each_step_reaches_those_whom_it_concerns_and_nobody_twice(desk: Desk) -> None:
    assert desk.say("2005-04-01T07:59") == {}
    assert desk.say("2005-04-01T08:00") == {"period-open": DEPOSITORS}
    assert desk.say("2005-04-01T08:01") == {}
    for at in ("2005-04-15T08:00", "2005-04-22T08:00", "2005-04-29T08:00"):
        assert desk.say(at) == {"reminder": DEPOSITORS}
    assert desk.say("2005-05-02T11:59") == {}
    assert desk.say("2005-05-02T12:00") == {"overdue": sorted([*DEPOSITORS, *IN_CHARGE])}
    platforms = [*DEPOSITORS, *IN_CHARGE]
    assert desk.say("2005-05-09T12:00") == {"overdue": sorted([*platforms, "pilotage@uesl.example"])}
    assert desk.say("2005-05-16T12:00") == {
        "overdue": sorted([*platforms, "pilotage@uesl.example", "direction@uesl.example"]),
    }
    assert desk.say("2005-05-17T12:00") == {}


def test_the_opening_attaches_the_templates_that_are_in_diffusion(desk: Desk, tmp_path: Path) -> None:
    desk.say("2005-04-01T08:00")
    desk.pipeline.carry_out_effects()
    for one in desk.messages():
        assert one.attachments
        for name in one.attachments:
            account, _, path = name.removeprefix("diffusion:").partition("/")
            assert (tmp_path / "inbox" / account / "diffusion" / path).is_file(), name


def test_repeated_lateness_reaches_who_is_in_charge_and_the_direction(desk: Desk) -> None:
    for at in ("2005-05-16T12:00", "2005-07-01T08:00", "2005-08-01T12:00"):
        desk.say(at)
    told = desk.say("2005-08-02T08:00")
    assert set(told) == {"punctuality"}
    assert {"direction@uesl.example", *IN_CHARGE} <= set(told["punctuality"])
    assert desk.say("2005-08-02T12:00") == {}


def test_three_weeks_of_silence_cost_nobody_a_flood(desk: Desk) -> None:
    desk.say("2005-04-01T08:00")
    desk.say("2005-05-20T09:00")
    per_address: dict[str, int] = {}
    for one in desk.messages():
        per_address[one.recipient] = per_address.get(one.recipient, 0) + 1
    assert max(per_address.values()) == 2


def test_the_pass_is_among_those_of_the_service(desk: Desk) -> None:
    desk.clock.at = datetime(2005, 4, 1, 6, 0, tzinfo=UTC)
    desk.pipeline.follow_register()
    assert follow(desk.wiring) >= len(DEPOSITORS)
    assert [one.recipient for one in desk.messages() if one.event == "period-open"]
