"""Numbers of deposits: the civil instant of receipt, then something random, so that nobody can count the others'."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from domain.submissions import SUBMISSION_ID, new_submission_id

AT = datetime(2005, 4, 18, 8, 15, 2, tzinfo=UTC)


def test_numbers_begin_with_the_civil_instant_and_never_count():
    made = [new_submission_id(AT, ZoneInfo("Europe/Paris")) for _ in range(200)]
    assert all(SUBMISSION_ID.fullmatch(one) for one in made)
    assert {one[:16] for one in made} == {"20050418-101502-"}
    ends = [int(one[16:], 16) for one in made]
    steps = [after - before for before, after in pairwise(ends)]
    assert len(set(steps)) > 190
    assert 40 < sum(step > 0 for step in steps) < 160
