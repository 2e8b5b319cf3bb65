"""A crash at any point of publishing leaves the former edition in place, or the new one whole (contract §10)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.doctor import Health, examine
from ingest.ledger.press import Press
from ingest.publishing import making
from ingest.publishing.store import ReleaseStore
from publication import content
from publication.facts import Facts
from publication.table import Table

from .conftest import FIRST, Desk

BEFORE, AFTER = "2005-04-11T10:00", "2005-04-12T10:00"


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


def crash(*_: object, **__: object) -> None:
    raise Crash


def after(action: Callable[..., object]) -> Callable[..., None]:
    """The step is done, and the process is gone."""

    def done(*values: object, **named: object) -> None:
        action(*values, **named)
        raise Crash

    return done


STEPS: dict[str, tuple[object, str, Callable[[Callable[..., object]], Callable[..., None]]]] = {
    "before its row": (Press, "create", lambda _: crash),
    "after its row": (Press, "create", after),
    "before its documents": (making, "files_of", lambda _: crash),
    "before its folder": (ReleaseStore, "_place", lambda _: crash),
    "after its folder": (ReleaseStore, "write", after),
    "before it is said to be whole": (Press, "written", lambda _: crash),
    "after it is said to be whole": (Press, "written", after),
    "before the link": (Path, "symlink_to", lambda _: crash),
    "after the link": (ReleaseStore, "point", after),
}


@pytest.mark.parametrize("step", STEPS)
def test_the_next_pass_finishes_what_a_crash_left(desk: Desk, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, BEFORE)
    assert desk.current("2005T1") == "provisional-v01"
    owner, name, how = STEPS[step]
    desk.received("PF02", "2005T1", {"CIL03": 5}, AFTER)
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, how(getattr(owner, name)))
        with pytest.raises(Crash):
            desk.once(AFTER)
    assert desk.current("2005T1") in {"provisional-v01", "final-v02"}
    assert desk.lines("2005T1/current")["TOTAL"] in {"30", "35"}
    desk.once("2005-04-12T10:01")
    assert desk.editions() == ["2005T1/final-v02", "2005T1/provisional-v01"]
    assert desk.current("2005T1") == "final-v02"
    assert desk.lines("2005T1/current") == {"CIL01": "10", "CIL02": "20", "CIL03": "5", "TOTAL": "35"}
    with desk.at("2005-04-12T10:02") as wiring:
        assert all(one.written_at is not None for one in wiring.press.recorded())
    assert desk.once("2005-04-12T10:03") == []


def test_an_edition_that_cannot_be_made_as_it_was_is_weighed_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of the program, say, computes its tables otherwise."""
    desk.received("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, BEFORE)
    with monkeypatch.context() as patched:
        patched.setattr(content, "content_hash", lambda *_: "0" * 64)
        patched.setattr(making, "files_of", crash)
        with pytest.raises(Crash):
            desk.once(BEFORE)
    desk.once("2005-04-11T10:01")
    with desk.at("2005-04-11T10:02") as wiring:
        [made] = wiring.press.recorded()
    assert (made.release.name, made.written_at is None) == ("provisional-v01", False)
    assert made.release.content_hash == desk.document("2005T1/provisional-v01")["content_hash"] != "0" * 64


def test_a_link_that_was_not_moved_after_a_withdrawal_is_moved_by_the_next_pass(desk: Desk) -> None:
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, BEFORE)
    desk.deposit("PF02", "2005T1", {"CIL03": 5}, AFTER)
    with desk.at("2005-04-13T10:00") as wiring:
        wiring.press.withdraw("2005T1", author="test", reason="faux", now=wiring.clock.now(), compose=lambda *_: ())
    assert desk.current("2005T1") == "final-v02"
    assert desk.once("2005-04-13T10:01") == []
    assert desk.current("2005T1") == "provisional-v01"


def test_a_folder_that_somebody_took_away_keeps_nothing_back(desk: Desk) -> None:
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, BEFORE)
    shutil.rmtree(desk.folder / "var" / "releases" / "2005T1")
    with desk.at(AFTER) as wiring:
        [told] = [one for one in examine(wiring) if one.check == "editions"]
    assert (told.health, told.remedy) == (Health.FAULT, "guichet rebuild 2005T1/provisional-v01")
    assert desk.deposit("PF02", "2005T1", {"CIL03": 5}, AFTER) == ["2005T1/final-v02"]
    assert desk.current("2005T1") == "final-v02"


def test_a_period_that_cannot_be_published_keeps_no_other_back_and_is_told_once_a_day(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = desk.folder / "guichet.toml"
    settings.write_text(settings.read_text() + 'mail_admin = "admin@uesl.example"\n')
    desk.received("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-07-11T10:00")
    desk.received("PF01", "2005T2", {"CIL01": 10, "CIL02": 20}, "2005-07-11T10:01")
    plain = content.quarterly_tables

    def fail(facts: Facts) -> tuple[Table, ...]:
        if facts.period == FIRST:
            raise ZeroDivisionError
        return plain(facts)

    with monkeypatch.context() as patched:
        patched.setattr(content, "quarterly_tables", fail)
        assert desk.once("2005-07-11T10:02") == ["2005T2/provisional-v01"]
        desk.once("2005-07-11T10:03")
        desk.once("2005-07-12T10:00")
    told = [one for one in (desk.folder / "var" / "mail" / "new").iterdir() if b"edition_failed" in one.read_bytes()]
    assert len(told) == 2
    assert desk.once("2005-07-12T10:01") == ["2005T1/final-v01"]
