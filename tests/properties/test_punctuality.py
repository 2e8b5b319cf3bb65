"""Whatever is owed and whatever came: a rate lies within 0–100 %, and totals add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.bulletins import changes, snapshot
from domain.compliance import ComplianceStatus
from domain.periods import Period
from domain.punctuality import counts, rate, rates, recent, rolling
from domain.suivi import Suivi, SuiviLine, totals
from tests.calling_kit import at, standing

PERIODS = st.one_of(
    st.builds(Period, st.integers(2003, 2008), st.integers(1, 4)), st.builds(Period, st.integers(2003, 2008))
)
STANDINGS = st.lists(
    st.builds(
        standing,
        st.sampled_from(["N1A", "N1M", "N2A"]),
        organisation=st.sampled_from(["PF01", "PF02", "PF03"]),
        period=PERIODS,
        status=st.sampled_from(ComplianceStatus),
        days_late=st.integers(0, 400),
        nil=st.booleans(),
    ),
    max_size=30,
)


@given(STANDINGS)
def test_rates_stay_within_0_and_100_percent(standings):
    every = [rate(standings), rolling(standings), *rates(standings, lambda one: one.organisation).values()]
    for found in every:
        assert 0 <= found.punctual <= found.due <= len(standings)
        assert (found.percent is None) == (found.due == 0)
        assert found.percent is None or 0 <= found.percent <= 100
        assert (found.percent == 100) == (found.due > 0 and found.punctual == found.due)


@given(STANDINGS)
def test_groups_add_up_to_the_whole(standings):
    groups = rates(standings, lambda one: one.collection).values()
    assert sum(one.due for one in groups) == rate(standings).due == sum(map(counts, standings))
    assert sum(one.punctual for one in groups) == rate(standings).punctual


@given(STANDINGS, st.integers(1, 6))
def test_no_more_than_the_asked_periods_are_looked_at(standings, periods):
    kept = {one.period for one in recent(standings, periods)}
    assert len({one for one in kept if one.quarter}) <= periods
    assert len({one for one in kept if not one.quarter}) <= periods


@given(STANDINGS)
def test_every_expected_deposit_is_in_one_column_of_the_totals(standings):
    found = totals(SuiviLine(standing=one) for one in standings)
    assert found.expected == found.on_time + found.late + found.incomplete + found.missing + found.awaited
    assert found.received <= found.expected <= len(standings)


@given(STANDINGS)
def test_what_is_still_owed_is_always_shown(standings):
    suivi = Suivi(made_at=at(5, 2), lines=tuple(SuiviLine(standing=one) for one in standings))
    owed = {one.key for one in standings if one.status.owes}
    assert owed <= {line.standing.key for line in suivi.current} <= {line.standing.key for line in suivi.lines}
    assert owed <= {line.standing.key for line in suivi.shown}


@given(STANDINGS)
def test_told_twice_nothing_changed(standings):
    unique = list({one.key: one for one in standings}.values())
    assert changes(snapshot(unique), unique, at(5, 2)) == ()
