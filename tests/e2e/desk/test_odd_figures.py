"""Quarter after quarter: a spike is asked about, confirmed, remembered; the level it becomes is normal afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from domain.periods import Period
from ingest.demo import files

WORDS = "Reprise des dossiers de deux agences"
QUARTERS = ("2005T1", "2005T2", "2005T3", "2005T4")
AFTER = {"2005T1": "2005-04-18", "2005T2": "2005-07-18", "2005T3": "2005-10-18", "2005T4": "2006-01-18"}
DRIFT = (0, 1, -1, 2)


def table(directory: Any, quarter: str, first: float, shift: int = 0) -> list[list[Any]]:
    """Every line at its own level, a bit different each quarter; the first line's first figure is `first`."""
    rows = [list(row) for row in files.n1a_rows(directory, "PF01", Period.parse(quarter))]
    for row in rows:
        own = int(row[1][-1])
        row[-3:] = [40 + own + shift, 20 + own - shift, 12 + own + (shift + own) % 3]
    rows[0][-3] = first
    return rows


def found(section: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return [one for one in section["findings"] if one["code"] == code]


@pytest.fixture
def deposit(desk: Any) -> Any:
    def drop(
        name: str, rows: list[list[Any]], columns: tuple[str, ...] = files.N1A_COLUMNS, on: str | None = None
    ) -> dict[str, Any]:
        period = name.split("_")[1].removesuffix(".csv")
        desk.at = f"{on or AFTER[period]}T10:{len(desk.verdicts('pf01')):02d}"
        desk.drop("pf01", name, files.csv_bytes(columns, rows))
        desk.once()
        return desk.verdict_of("pf01", name)["sections"][0]

    return drop


def test_a_spike_is_asked_about_confirmed_and_becomes_the_new_normal(desk: Any, directory: Any, deposit: Any) -> None:
    for quarter, drift in zip(QUARTERS[:2], DRIFT, strict=False):
        section = deposit(f"N1A_{quarter}.csv", table(directory, quarter, 40 + drift, drift))
        assert section["verdict"] == "accepted", section["findings"]
    [short] = found(section, "G-18")
    assert short["severity"] == "info"

    rows = table(directory, "2005T3", 155, DRIFT[2])
    asked = deposit("N1A_2005T3_premier.csv", rows)
    assert (asked["verdict"], asked["in_force"]) == ("accepted_with_warnings", True)
    [question] = [one for one in asked["findings"] if one["severity"] == "warning"]
    assert (question["code"], question["row"], question["value"]) == ("A-01", 2, "155")
    assert "d’habitude entre 40 et 41 (40, 41 les trimestres précédents)" in question["message"]
    assert "justification" in question["hint"]

    columns = (*files.N1A_COLUMNS, "justification")
    confirmed = deposit("N1A_2005T3_confirme.csv", [[*row, WORDS if row is rows[0] else ""] for row in rows], columns)
    assert (confirmed["verdict"], confirmed["finding_counts"]["warning"]) == ("accepted", 0)
    again = deposit("N1A_2005T3_encore.csv", rows)
    assert again["verdict"] == "accepted"
    [remembered] = found(again, "A-01")
    assert WORDS in remembered["message"]

    following = deposit("N1A_2005T4.csv", table(directory, "2005T4", 149, DRIFT[3]))
    assert (following["verdict"], found(following, "A-01")) == ("accepted", [])

    [number] = [one["submission"] for one in desk.verdicts("pf01") if one["file"]["name"] == "N1A_2005T3_premier.csv"]
    replayed = desk.json("replay", number)
    assert "A-01" in str(replayed)


def test_the_table_of_the_quarter_before_under_a_new_name_is_recognised(directory: Any, deposit: Any) -> None:
    deposit("N1A_2005T2.csv", table(directory, "2005T2", 40))
    section = deposit("N1A_2005T3.csv", table(directory, "2005T2", 40))
    [question] = [one for one in section["findings"] if one["severity"] == "warning"]
    assert (section["verdict"], question["code"], question["row"]) == ("accepted_with_warnings", "A-04", None)


def test_a_late_correction_of_a_total_is_asked_about(directory: Any, deposit: Any) -> None:
    deposit("N1A_2005T1.csv", table(directory, "2005T1", 40))
    section = deposit("N1A_2005T1_corrige.csv", table(directory, "2005T1", 140), on="2005-05-09")
    [question] = found(section, "A-06")
    assert (question["column"], question["row"]) == ("diagnostics_prealables", None)
