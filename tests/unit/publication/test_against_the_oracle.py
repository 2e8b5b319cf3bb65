"""Every figure of D1 to D7, over eight quarters, against a second computation from the deposited files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace

import pytest

from domain.periods import Period
from publication.artifacts.csv import csv_bytes
from publication.tables.cil_pass import quarterly_tables
from tests.publication_kit import QUARTERS, all_deposits, deposit, edited, facts, network, nil, register
from tests.publication_oracle import Deposit, recompute

NETWORK = network()
T1, T2, T3 = Period(2005, 1), Period(2005, 2), Period(2005, 3)


def _without(deposits: Sequence[Deposit], *gone: tuple[str, str, str]) -> list[Deposit]:
    return [one for one in deposits if (one.platform, one.collection, one.period) not in gone]


def _stories() -> dict[str, list[Deposit]]:
    whole = all_deposits(NETWORK)
    first = deposit(NETWORK, "PF01", "N1A", T1)
    correction = edited(first, {"CIL001": "97", "CCI001": "0"})
    return {
        "everything in time": whole,
        "a correction": [*whole, correction],
        "a correction taken back": [*whole, replace(correction, withdrawn=True)],
        "a deposit taken back, nothing left": [
            replace(one, withdrawn=True)
            if (one.platform, one.collection, one.period) == ("PF03", "N1M", "2005T1")
            else one
            for one in whole
        ],
        "platforms that never came": _without(
            whole,
            ("PF02", "N1A", "2005T2"),
            ("PF05", "N1A", "2004T3"),
            ("PF03", "N1M", "2004T4"),
            ("PF01", "N1M", "2005T4"),
        ),
        "a late deposit": [
            *_without(whole, ("PF04", "N1A", "2005T1")),
            deposit(NETWORK, "PF04", "N1A", T1),
        ],
        "a nil return": [
            *_without(whole, ("PF05", "N1M", "2005T2"), ("PF05", "N1M", "2004T2")),
            nil(NETWORK, "PF05", "N1M", T2),
            nil(NETWORK, "PF05", "N1M", Period(2004, 2)),
        ],
        "a missing line": [
            *_without(whole, ("PF02", "N1A", "2005T1"), ("PF01", "N1A", "2005T3")),
            edited(deposit(NETWORK, "PF02", "N1A", T1), {"CIL017": None, "CIL014": None}),
            edited(deposit(NETWORK, "PF01", "N1A", T3), {"CIL028": None}),
        ],
        "nobody in a quarter": [one for one in whole if one.period != "2005T2"],
        "nothing but one platform": [one for one in whole if one.platform == "PF02"],
        "all of it zero": [
            *_without(whole, ("PF05", "N1A", "2005T1"), ("PF05", "N1A", "2004T4")),
            *(nil(NETWORK, platform, "N1A", Period(2004, 4)) for platform in ("PF01", "PF02", "PF03", "PF04", "PF05")),
        ],
    }


STORIES = _stories()


@pytest.mark.parametrize("quarter", QUARTERS, ids=str)
@pytest.mark.parametrize("story", STORIES)
def test_every_figure_is_the_one_that_the_files_give(story: str, quarter: Period) -> None:
    wanted = recompute(str(quarter), register(), STORIES[story])
    made = {table.code: csv_bytes(table) for table in quarterly_tables(facts(NETWORK, STORIES[story], quarter))}

    for code, rows in wanted.items():
        text = made[code].decode("utf-8-sig")
        assert list(csv.reader(io.StringIO(text), delimiter=";")) == rows, code
