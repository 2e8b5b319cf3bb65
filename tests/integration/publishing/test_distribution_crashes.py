"""A distribution that is cut short anywhere: everybody is served, and once (contract §10)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ingest.following import distribution
from ingest.ledger.deliveries import Deliveries
from ingest.publishing import distributing

from .conftest import FIRST, Desk, paris
from .readers import READERS, mails, to, whole


class Stop(BaseException):
    """Stands for a process that dies."""


@pytest.mark.parametrize("step", ["compose", "queue-1", "queued-1", "queue-2", "finish", "finished"])
def test_a_crash_anywhere_leaves_everyone_to_be_served_once(
    open_desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    desk = open_desk
    monkeypatch.setattr(distributing, "CHUNK", 2)
    whole(desk, "2005T1", 3, "2005-04-12T15:00")
    die(monkeypatch, step)
    with desk.at("2005-04-13T09:30") as wiring, pytest.raises(Stop):
        distribution.distribute_editions(wiring, paris("2005-04-13T09:30"))
    monkeypatch.undo()
    monkeypatch.setattr(distributing, "CHUNK", 2)
    desk.once("2005-04-13T09:31")
    desk.once("2005-04-13T09:32")
    assert to(mails(desk, subject="Tableaux du")) == Counter(dict.fromkeys(READERS, 1))
    assert (desk.folder / "inbox/pf01/diffusion/2005T1/D1.csv").is_file()
    with desk.at("2005-04-13T10:00") as wiring:
        assert len(wiring.deliveries.copies(wiring.press.releases(FIRST))) == len(READERS) + 2


def die(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """At that step: before or after its transaction."""
    queue, finish, count = Deliveries.queue, Deliveries.finish, iter(range(1, 10))

    def queued(self: Deliveries, *words: Any) -> Any:
        number = next(count)
        if step == f"queue-{number}":
            raise Stop
        done = queue(self, *words)
        if step == f"queued-{number}":
            raise Stop
        return done

    def finished(self: Deliveries, *words: Any, **values: Any) -> Any:
        if step == "finish":
            raise Stop
        finish(self, *words, **values)
        raise Stop

    def composed(*_words: Any, **_values: Any) -> Any:
        raise Stop

    monkeypatch.setattr(Deliveries, "queue", queued)
    if step.startswith("finish"):
        monkeypatch.setattr(Deliveries, "finish", finished)
    if step == "compose":
        monkeypatch.setattr(distributing, "release_notices", composed)


def test_a_distribution_that_was_cut_short_goes_on_outside_the_hours(
    open_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk
    monkeypatch.setattr(distributing, "CHUNK", 2)
    whole(desk, "2005T1", 3, "2005-04-12T15:00")
    die(monkeypatch, "queue-2")
    with desk.at("2005-04-13T17:59") as wiring, pytest.raises(Stop):
        distribution.distribute_editions(wiring, paris("2005-04-13T17:59"))
    monkeypatch.undo()
    desk.once("2005-04-13T22:00")
    assert to(mails(desk, subject="Tableaux du")) == Counter(dict.fromkeys(READERS, 1))
