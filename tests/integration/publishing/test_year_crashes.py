"""An edition of a year that is cut short anywhere: none or a whole one, ordered once, sent once to each."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.organisations import Service
from ingest.database.tables import secrecy, tally
from ingest.demo.cases import Volume
from ingest.ledger.deliveries import Deliveries
from ingest.publishing import distributing, ordering
from ingest.publishing.rebuilding import rebuild

from .conftest import Desk, paris
from .readers import UESL, mails, to
from .test_crashes import STEPS, Crash
from .test_distribution_crashes import Stop, die
from .test_year import READERS, SENT, folder, open_desk_of_the_year, yearly
from .yearly import YEAR, cases, received, year_network

FEW = Volume(service=Service.ASA, cases=120)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases of one platform, and the provisional edition."""
    desk = open_desk_of_the_year(tmp_path_factory.mktemp("year"))
    received(desk, "PF01", "N2A", cases(year_network(), "PF01", FEW), "2006-01-20T10:00")
    assert yearly(desk.once("2006-01-20T10:05")) == ["2005/provisional-v01"]
    return desk.folder


@pytest.fixture(scope="module")
def ready(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The official edition, made and offered."""
    desk = copy(begun, tmp_path_factory.mktemp("ready"))
    assert yearly(desk.once("2006-02-15T00:10")) == ["2005/official-v02"]
    desk.once("2006-02-15T09:00")
    assert to(mails(desk, subject="à diffuser")) == {UESL: 1}
    return desk.folder


def copy(desk: Path, place: Path) -> Desk:
    shutil.copytree(desk, place / "desk", symlinks=True)
    return Desk(place / "desk", count=10)


@pytest.mark.parametrize("step", STEPS)
def test_the_next_pass_finishes_what_a_crash_left(
    begun: Path, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = copy(begun, tmp_path)
    owner, name, how = STEPS[step]
    received(desk, "PF02", "N2A", cases(year_network(), "PF02", FEW), "2006-01-23T10:00")
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, how(getattr(owner, name)))
        with pytest.raises(Crash):
            desk.once("2006-01-23T10:01")
    assert desk.current("2005") in {"provisional-v01", "provisional-v02"}
    desk.once("2006-01-23T10:02")
    assert yearly(desk.editions()) == ["2005/provisional-v01", "2005/provisional-v02"]
    assert desk.current("2005") == "provisional-v02"
    with desk.at("2006-01-23T10:03") as wiring:
        assert all(one.written_at is not None for one in wiring.press.recorded())
        assert rebuild(wiring.editions, wiring.press, wiring.releases, "2005/2").same_bytes
        with wiring.database.read() as connection:
            counted = select(func.count(tally.c.release_id.distinct()))
            assert connection.execute(counted).scalar_one() == 2
            assert connection.execute(select(func.count()).select_from(secrecy)).scalar_one() == 2
    assert desk.once("2006-01-23T10:04") == []
    own = [*(desk.folder / "inbox/pf01/retours").glob("provisoire_2005_*.csv")]
    assert all("PF02" not in one.read_text(encoding="utf-8-sig") for one in own)


@pytest.mark.parametrize(
    "step", ["compose", "queue-1", "queued-1", "queue-2", "queued-2", "queue-3", "queued-3", "finish", "finished"]
)
def test_an_order_that_is_cut_short_serves_everybody_once(
    ready: Path, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = copy(ready, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(distributing, "CHUNK", 1)
        die(patched, step)
        with pytest.raises(Stop):
            order(desk, "2006-02-16T10:00")
    desk.once("2006-02-16T10:01")
    begun_before = step not in {"compose", "queue-1"}
    assert to(mails(desk, subject=SENT)) == Counter(dict.fromkeys(READERS, 1) if begun_before else ())
    again = order(desk, "2006-02-16T10:02")
    assert (again.distributed is None) is begun_before
    desk.once("2006-02-16T10:03")
    assert to(mails(desk, subject=SENT)) == Counter(dict.fromkeys(READERS, 1))
    for account, other in (("pf01", "PF02"), ("pf02", "PF01")):
        files = folder(desk, account)
        assert f"situation-{account.upper()}.pdf" in files
        assert not [one for one in files if one.startswith(f"situation-{other}")]


def order(desk: Desk, at: str) -> ordering.Published:
    with desk.at(at) as wiring:
        _ = wiring.ledger
        return ordering.publish(wiring, YEAR, author="test", now=paris(at), progress=lambda *_: None)


@pytest.mark.parametrize("told", [False, True])
def test_the_central_body_is_told_once_of_an_edition_to_order(
    begun: Path, tmp_path: Path, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = copy(begun, tmp_path)
    desk.once("2006-02-15T00:10")
    announce = Deliveries.announce

    def cut(self: Deliveries, *words: Any, **named: Any) -> Any:
        if told:
            announce(self, *words, **named)
        raise Stop

    with monkeypatch.context() as patched:
        patched.setattr(Deliveries, "announce", cut)
        with pytest.raises(Stop):
            desk.once("2006-02-15T09:00")
    desk.once("2006-02-15T09:01")
    desk.once("2006-02-15T09:02")
    assert to(mails(desk, subject="à diffuser")) == {UESL: 1}
