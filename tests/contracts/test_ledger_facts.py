"""What is fixed when the home is created, over both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.periods import Period
from ingest.ledger.facts import fixed_first_period

if TYPE_CHECKING:
    from ingest.database.engine import Database


def test_the_first_period_is_fixed_once(database: Database) -> None:
    assert fixed_first_period(database, Period(2005, 2)) == Period(2005, 2)
    assert fixed_first_period(database, Period(2007, 1)) == Period(2005, 2)
