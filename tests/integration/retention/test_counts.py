"""What cases counted outlives them, whether an edition had said it or not; editions stay what they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ingest.backing_up.making import Backup
from ingest.backing_up.restoring import Order, Restore
from ingest.database.collections import tables_of
from ingest.database.tables import message
from ingest.ledger.tallies import KeptYear, last_kept
from ingest.publishing.making import EditionMaker
from ingest.publishing.rebuilding import rebuild
from ingest.retention.purging import Purge
from ingest.wiring import Wiring
from publication import yearly as yearly_content
from publication.secrecy.cells import Counts
from publication.secrecy.pattern import Published
from publication.year import YearFacts
from tests.integration.publishing.conftest import Desk
from tests.integration.publishing.yearly import YEAR, cases, received, whole_year, year_network

PURGED = "2007-01-02T10:00"


def small_ones_only(counts: Counts, minimum: int, _earlier: Sequence[Published] = ()) -> Published:
    """A secrecy that costs nothing: how it is chosen is looked at elsewhere."""
    return Published(
        counts=counts,
        minimum=minimum,
        hidden=frozenset(cell for cell, number in counts.cells() if number < minimum),
    )


@pytest.fixture(autouse=True)
def quick_secrecy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(yearly_content, "protect", small_ones_only)
    return


@pytest.fixture
def year(tmp_path: Path, database_url: str) -> Desk:
    """Two platforms with cases, over either database."""
    desk = Desk(tmp_path / "year")
    desk.folder.mkdir()
    said = f'settle_seconds = 0\nfirst_period = "2005T4"\ndatabase_url = "{database_url}"\n'
    (desk.folder / "guichet.toml").write_text(said)
    desk.register(replace(year_network(), version=1), "2005-10-02T10:00")
    return desk


def counted(wiring: Wiring) -> KeptYear:
    """What an edition would say now of the cases of 2005."""
    basis = wiring.press.facts(YEAR, wiring.register.current()).facts
    assert isinstance(basis, YearFacts)
    tallies = {slug: tuple(sorted(found)) for slug, found in basis.year.tallies.items() if found}
    told = basis.year.without_small_medians(wiring.settings.secret_minimum).levels
    levels = sorted(told, key=lambda one: (one.collection, one.group, one.column))
    return KeptYear(tallies=tallies, levels=tuple(levels))


def cases_left(wiring: Wiring) -> int:
    tables = [one.table for one in tables_of(wiring.catalogue.collections).values() if one.cases]
    with wiring.database.read() as connection:
        return sum(connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables)


def purge(desk: Desk, at: str = PURGED) -> None:
    with desk.at(at) as wiring:
        assert Purge(wiring).run().wiped
        assert cases_left(wiring) == 0


def totals(desk: Desk, edition: str) -> str:
    return (desk.folder / "var" / "releases" / edition / "D11.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # both databases count alike below
def test_a_correction_that_no_edition_has_said_is_counted_before_it_goes(
    year: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service was stopped, or the pass cut short: the edition of the last correction is made after the purge."""
    whole_year(year, "2006-02-20T10:00")
    fewer = cases(year_network(), "PF02").splitlines(keepends=True)
    received(year, "PF02", "N2A", b"".join(fewer[:-40]), "2006-12-20T10:00")
    with monkeypatch.context() as patched:
        patched.setattr(EditionMaker, "make", lambda *_, **__: None)
        assert year.once("2006-12-20T10:05") == []
    with year.at("2006-12-21T10:00") as wiring:
        before = counted(wiring)
        assert cases_left(wiring)
    purge(year)
    with year.at("2007-01-02T10:30") as wiring:
        assert counted(wiring) == before
    made = [one for one in year.once("2007-01-03T10:00") if one.startswith("2005/")]
    assert len(made) == 1
    assert totals(year, made[0]) != totals(year, "2005/final-v01")
    with year.at("2007-01-04T10:00") as wiring:
        for one in wiring.press.releases(YEAR):
            assert rebuild(wiring.editions, wiring.press, wiring.releases, f"2005/{one.number}").same_bytes


def test_a_year_that_no_edition_ever_told_is_never_told_with_zeros(year: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(EditionMaker, "make", lambda *_, **__: None)
        assert whole_year(year, "2006-02-20T10:00") == []
    with year.at("2006-12-21T10:00") as wiring:
        before = counted(wiring)
    purge(year)
    with year.at("2007-01-02T10:30") as wiring, wiring.database.read() as connection:
        assert last_kept(connection, YEAR) == before
        assert any(one.count > 11 for found in before.tallies.values() for one in found)
    made = year.once("2007-01-03T10:00")
    assert "2005/final-v01" in made
    assert ";1200;" in totals(year, "2005/final-v01")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # both databases count alike below
def test_a_register_mended_after_the_purge_and_a_late_correction_add_up_with_nothing(year: Desk) -> None:
    whole_year(year, "2006-02-20T10:00")
    with year.at("2006-12-21T10:00") as wiring:
        before = counted(wiring)
    purge(year)
    known = year_network()
    renamed = tuple(replace(one, nom=f"Autre {one.code}") for one in known.organisations)
    year.register(replace(known, version=2, organisations=renamed), "2007-02-01T10:00")
    year.once("2007-02-01T10:05")
    fewer = cases(year_network(), "PF02").splitlines(keepends=True)
    received(year, "PF02", "N2A", b"".join(fewer[:-40]), "2007-03-05T10:00")
    year.once("2007-03-05T10:05")
    with year.at("2007-03-05T11:00") as wiring:
        assert cases_left(wiring)
        assert counted(wiring) == before
    purge(year, "2007-03-06T00:01")
    with year.at("2007-03-06T10:00") as wiring:
        assert counted(wiring) == before
    year.once("2007-03-06T10:05")
    with year.at("2007-03-06T11:00") as wiring:
        made = wiring.press.releases(YEAR)
        for one in made:
            assert rebuild(wiring.editions, wiring.press, wiring.releases, f"2005/{one.number}").same_bytes
    first, last = f"2005/{made[0].name}", f"2005/{made[-1].name}"
    assert totals(year, first).replace("Organisme", "Autre") == totals(year, last)


def test_a_backup_from_before_the_purge_is_counted_before_it_is_destroyed_again(
    year: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(EditionMaker, "make", lambda *_, **__: None)
        whole_year(year, "2006-02-20T10:00")
        with year.at("2006-12-21T10:00") as wiring:
            before = counted(wiring)
            Backup(wiring).make(year.folder.parent / "copy")
    purge(year)
    there = Desk(year.folder.parent / "there")
    there.folder.mkdir()
    (there.folder / "guichet.toml").write_text('settle_seconds = 0\nfirst_period = "2005T4"\nmail_mode = "send"\n')
    with there.at("2007-02-01T10:00") as wiring:
        listed = year.folder / "var" / "destructions.jsonl"
        outcome = Restore(wiring).run(Order(path=year.folder.parent / "copy", destructions=listed))
        assert outcome.destroyed == 2
    with there.at("2007-02-01T11:00") as wiring:
        assert cases_left(wiring) == 0
        assert counted(wiring) == before
        with wiring.database.read() as connection:
            states = set(connection.execute(select(message.c.state)).scalars())
        assert not states & {"queued", "sending"}
    assert "2005/final-v01" in there.once("2007-02-01T11:05")
    assert ";1200;" in totals(there, "2005/final-v01")
