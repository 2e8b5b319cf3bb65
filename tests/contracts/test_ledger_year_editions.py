"""What an edition of a year keeps with it, and when it is to be made again, over both databases (contract §10, §12)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from domain.periods import Period
from domain.releases import EditionKind
from ingest.catalogue import load_catalogue
from ingest.ledger import stale, tallies
from ingest.ledger.press import Press
from ingest.ledger.releases import NewRelease
from ingest.ledger.tallies import KeptYear
from publication.year import Level, Tally

from .conftest import PARIS, paris, two_platforms

if TYPE_CHECKING:
    from .conftest import Driver

Y2004, Y2005, Y2006 = Period(2004), Period(2005), Period(2006)
CASES = "dossiers_assistance"
SITUATION = Tally(
    collection=CASES, platform="PF03", member="CIL001", dimension="situation", modality="1", other="", count=12
)
TOTAL = replace(SITUATION, dimension="total", modality="", count=30)
CROSS = replace(SITUATION, dimension="situation×services", other="svc_autre", count=4)
MEDIAN = Level(collection=CASES, group="CIL001", column="ressources", count=30, median=Decimal("1234.5"))
KEPT = KeptYear(
    tallies={CASES: tuple(sorted((SITUATION, TOTAL, CROSS)))}, levels=(MEDIAN,), punctuality={"PF03": (4, 5)}
)


@pytest.fixture
def press(driver: Driver) -> Press:
    return Press(driver.database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1))


def new(press: Press, period: Period = Y2005, number: int = 1, **values: object) -> NewRelease:
    plain = NewRelease(
        period=period,
        number=number,
        kind=EditionKind.OFFICIAL,
        created_at=paris("2006-02-15T08:00"),
        dated_on=paris("2006-02-15T08:00").date(),
        content_hash="a" * 64,
        directory_version=0,
        rules_version="1+x",
        complete=False,
        changed_cells=0,
        replaces=None,
        ordered_by=None,
        sections=press.facts(period, two_platforms()).sections,
        kept={Y2005: KEPT, Y2004: KeptYear()},
        secrecy={"published": []},
    )
    return replace(plain, **values)  # type: ignore[arg-type]


def test_the_counts_and_the_secrecy_are_kept_with_the_edition(driver: Driver, press: Press) -> None:
    made = press.create(new(press), seen=None)
    assert made is not None
    with driver.database.read() as connection:
        assert tallies.kept(connection, made.release.id) == {Y2005: KEPT, Y2004: KeptYear()}
        assert tallies.last_kept(connection, Y2005) == KEPT
        assert tallies.last_kept(connection, Y2004) == KeptYear()
        assert tallies.kept_secrecy(connection, made.release.id) == {"published": []}
    assert press.forget(made.release, paris("2006-02-15T09:00"))
    with driver.database.read() as connection:
        assert tallies.kept(connection, made.release.id) == {}
        assert tallies.kept_secrecy(connection, made.release.id) is None


def test_the_last_edition_of_the_year_itself_says_what_was_counted(driver: Driver, press: Press) -> None:
    fewer = KeptYear(tallies={CASES: (replace(TOTAL, count=29),)})
    for number, kept in enumerate((KEPT, fewer), start=1):
        made = press.create(new(press, number=number, kept={Y2005: kept}, secret_before=number - 1), seen=None)
        assert made is not None
    later = new(press, Y2006, kept={Y2006: KeptYear(), Y2005: KEPT}, secret_before=2)
    assert press.create(later, seen=press.stale_at(Y2006)) is not None
    with driver.database.read() as connection:
        assert tallies.last_kept(connection, Y2005) == fewer


def test_what_was_chosen_against_other_editions_is_chosen_again(press: Press) -> None:
    """The secrecy of an edition holds against all that anybody received before: another process may have made one."""
    assert press.secrets(Y2005, 11).seen == 0
    assert press.create(new(press, Y2006, secret_before=0), seen=None) is not None
    assert press.create(new(press, secret_before=0), seen=None) is None
    seen = press.secrets(Y2005, 11)
    assert (seen.seen, len(seen.earlier)) == (1, 1)
    assert press.create(new(press, secret_before=seen.seen), seen=None) is not None
    # a provisional one was received by nobody
    provisional = new(press, number=2, kind=EditionKind.PROVISIONAL, secret_before=2)
    made = press.create(provisional, seen=press.stale_at(Y2005))
    assert made is not None
    assert press.secrets(Y2005, 11).seen == 2
    assert press.secrets(Y2005, 11, made.release).own is not None


@pytest.mark.parametrize(
    ("changed", "marked"),
    [
        (Y2005, {Y2005, Y2006}),
        (Period(2005, 2), {Y2005, Y2006, Period(2005, 2)}),
        (Y2006, {Y2006}),
        (Period(2004, 4), {Y2005, Period(2004, 4)}),
    ],
    ids=str,
)
def test_a_year_is_looked_at_again_when_what_it_rests_on_changes(
    driver: Driver, press: Press, changed: Period, marked: set[Period]
) -> None:
    with driver.database.write() as connection:
        for one in (Y2005, Y2006):
            stale.know(connection, one)
        stale.mark_dependents(connection, changed, paris("2006-05-02T10:00"))
        found = {period for period, at in stale.stale_periods(connection).items() if at is not None}
    assert found == marked
    assert press.stale_at(Y2006) == (paris("2006-05-02T10:00") if Y2006 in marked else None)
