"""Where a figure comes from, as `guichet explain` tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.lineage import Origin, Trace
from rendering.lineage import lineage_lines

PARIS = ZoneInfo("Europe/Paris")
NAMES = {"CIL001": "CIL du Val de Loire", "PF01": "Plate-forme Ouest"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def origin(number: int, value: int, until: str | None = None, **values: object) -> Origin:
    known = {
        "organisation": "PF01", "submission": f"20050418-10000{number}-abcdef", "file_name": "N1A.csv",
        "received_at": at(f"2005-04-1{number}T10:00"), "row": 4, "value": value, "nil": False,
        "from_at": at(f"2005-04-1{number}T10:01"), "to_at": at(until) if until else None,
    }  # fmt: skip
    return Origin(**{**known, **values})  # type: ignore[arg-type]


def trace(period: str, *origins: Origin, expected_of: str | None = "PF01") -> Trace:
    return Trace(
        period=period, collection="N1A", slug="assistance", indicator="diagnostics", label="Nb de diagnostics",
        unit="CIL-PASS assistance", member="CIL001", expected_of=expected_of, origins=origins,
    )  # fmt: skip


def told(*traces: Trace, asked: str) -> str:
    lines = " ".join(one.text for one in lineage_lines(traces, asked, NAMES, PARIS))
    return " ".join(lines.replace("\xa0", " ").replace("\u202f", " ").split())


def test_a_corrected_figure_and_what_it_was() -> None:
    first = origin(1, 10, "2005-04-12T10:01", editions=("2005T1/provisional-v01",))
    second = origin(2, 12, editions=("2005T1/official-v02", "2005T1/final-v03"))
    text = told(trace("2005T1", first, second), asked="2005T1")
    assert text.startswith("CIL001 CIL du Val de Loire, 1er trimestre 2005")
    assert "CIL-PASS assistance – Nb de diagnostics 12 –" in text
    assert "ligne 4 du dépôt 20050418-100002-abcdef (N1A.csv) de PF01 Plate-forme Ouest" in text
    assert "dans les éditions : 2005T1/official-v02 et 2005T1/final-v03" in text
    assert "auparavant : 10" in text
    assert "jusqu’au 12/04/2005" in text


def test_what_is_missing_names_who_owes_it() -> None:
    assert "n.d. : attendu de PF01 Plate-forme Ouest, rien n’est en vigueur" in told(trace("2005T1"), asked="2005T1")
    assert "rien n’est attendu" in told(trace("2005T1", expected_of=None), asked="2005T1")


def test_a_service_that_was_given_away_names_who_performs_it() -> None:
    given = replace(trace("2005T1", expected_of=None), performed_by="CIL001")
    assert "service confié à CIL001 CIL du Val de Loire, dont la ligne le comprend" in told(given, asked="2005T1")


def test_a_cumul_is_the_sum_of_its_quarters() -> None:
    found = (trace("2005T1", origin(1, 10)), trace("2005T2", origin(2, 5)))
    assert "cumul depuis le 1er janvier : 15 1er trimestre 2005 : 10" in told(*found, asked="2005T2")
    lacking = (trace("2005T1"), trace("2005T2", origin(2, 5)))
    assert "cumul depuis le 1er janvier : 5 (incomplet)" in told(*lacking, asked="2005T2")


def test_a_nil_return_counts_nought() -> None:
    text = told(trace("2005T1", origin(1, 0, nil=True, row=None)), asked="2005T1")
    assert "0 – « état néant » du dépôt" in text


def test_the_line_of_the_platform_that_owes_it_stands() -> None:
    other = origin(2, 99, organisation="PF02")
    one = trace("2005T1", origin(1, 10), other)
    assert one.current is not None
    assert (one.current.value, one.former) == (10, (other,))
    assert "en vigueur aussi, et non retenu : 99" in told(one, asked="2005T1")
