"""Whatever the outages, nobody's due instant ends up in one, and nobody loses time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.outages import GRACE, Closure, Closures

START = datetime(2005, 1, 1, tzinfo=UTC)
HOURS = st.integers(min_value=0, max_value=2000).map(lambda hours: START + timedelta(hours=hours))
CLOSURES = st.lists(
    st.tuples(HOURS, st.integers(min_value=0, max_value=300)).map(
        lambda one: Closure(from_at=one[0], until_at=one[0] + timedelta(hours=one[1]))
    ),
    max_size=12,
)


def spans(one: Closure, instant: datetime) -> bool:
    return one.from_at <= instant <= one.until_at


@given(known=CLOSURES, due=HOURS, now=HOURS)
def test_an_excuse_is_given_exactly_to_those_for_whom_the_desk_was_closed(
    known: list[Closure], due: datetime, now: datetime
) -> None:
    over = [one for one in known if one.until_at <= now]
    found = Closures(known, now).excuse(due)
    assert (found is not None) == any(spans(one, due) for one in over)
    if found is not None:
        assert found in over
        assert found.gives_until >= due + GRACE
        assert not any(spans(one, found.gives_until) for one in over)


@given(known=CLOSURES, due=HOURS)
def test_their_order_does_not_matter(known: list[Closure], due: datetime) -> None:
    now = START + timedelta(days=365)
    forth, back = Closures(known, now).excuse(due), Closures(reversed(known), now).excuse(due)
    assert (forth and forth.gives_until) == (back and back.gives_until)
