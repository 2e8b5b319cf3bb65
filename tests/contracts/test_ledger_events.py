"""Collections of events, over both databases: deposits add up by key, the latest version of a record is in force."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from sqlalchemy import text

from domain.judgement import SectionJudgement
from domain.outcome import Outcome
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.stages.typed import typed_schema

from .conftest import paris

if TYPE_CHECKING:
    from .conftest import Driver

N2I, SLUG, YEAR = "N2I", "incidents", Period(2005)
INCIDENTS = load_catalogue().by_code(N2I)
Incidents = dict[str, str]


def section(driver: Driver, incidents: Incidents, verdict: Verdict = Verdict.ACCEPTED) -> SectionJudgement:
    """A judged section: number of each incident → its gravity."""
    assert INCIDENTS is not None
    plain = driver.section(verdict, collection=N2I, period="2005", rows=[])
    rows = None
    if incidents:
        records: list[dict[str, Any]] = [
            {"numero_incident": number, "gravite": gravity, "row": row}
            for row, (number, gravity) in enumerate(incidents.items(), start=2)
        ]
        schema = typed_schema(INCIDENTS)
        rows = driver.workdir / f"incidents-{next(driver.numbers)}.arrow"
        with pa.OSFile(str(rows), "wb") as sink, pa.ipc.new_stream(sink, schema) as stream:
            stream.write_batch(pa.RecordBatch.from_pylist(records, schema=schema))
    return replace(
        plain, slug=SLUG, rows=rows, records_read=len(incidents), records_accepted=len(incidents), accumulates=True
    )


def deposit(
    driver: Driver, at: str, incidents: Incidents, verdict: Verdict = Verdict.ACCEPTED, **dropped: Any
) -> Outcome:
    file = driver.dropped(at, **dropped)
    driver.claim(file)
    return driver.record(file, driver.judgement(section(driver, incidents, verdict)))


def in_force(driver: Driver, at: str | None = None) -> dict[str, str]:
    """Number → gravity of what is in force, now or at an instant."""
    rows = driver.ledger.rows_in_force(SLUG, "2005", None if at is None else paris(at))
    return {row["numero_incident"]: row["gravite"] for row in rows}


def in_view(driver: Driver) -> dict[str, str]:
    """The same, as the public view shows it."""
    with driver.database.read() as connection:
        rows = connection.execute(text("SELECT numero_incident, gravite FROM incidents_en_vigueur"))
        return {row.numero_incident: row.gravite for row in rows}


def test_a_later_deposit_adds_and_replaces_by_number_and_takes_none_away(driver: Driver) -> None:
    deposit(driver, "2005-03-01T10:00", {"I-1": "1", "I-2": "2"})
    later = deposit(driver, "2005-04-01T10:00", {"I-2": "3", "I-3": "1"})
    [told] = later.sections
    assert (told.in_force, told.replaces, told.stays) == (True, None, None)
    assert in_force(driver) == in_view(driver) == {"I-1": "1", "I-2": "3", "I-3": "1"}


def test_what_was_in_force_at_a_past_instant_can_be_asked(driver: Driver) -> None:
    deposit(driver, "2005-03-01T10:00", {"I-1": "1"})
    deposit(driver, "2005-04-01T10:00", {"I-1": "2"})
    assert in_force(driver, "2005-03-15T00:00") == {"I-1": "1"}
    assert in_force(driver, "2005-04-02T00:00") == {"I-1": "2"}


def test_a_partial_deposit_updates_what_it_has_right(driver: Driver) -> None:
    deposit(driver, "2005-03-01T10:00", {"I-1": "1", "I-2": "1"})
    partial = deposit(driver, "2005-04-01T10:00", {"I-1": "2"}, Verdict.PARTIALLY_ACCEPTED)
    assert partial.sections[0].in_force
    assert in_view(driver) == {"I-1": "2", "I-2": "1"}


def test_a_nil_return_takes_no_incident_away(driver: Driver) -> None:
    first = deposit(driver, "2005-03-01T10:00", {"I-1": "1"})
    for at in ("2005-04-01T10:00", "2005-04-02T10:00"):
        nil = deposit(driver, at, {}, Verdict.NIL)
        [told] = nil.sections
        assert (told.in_force, told.waits, told.stays) == (False, False, first.dropped.submission_id)
    assert in_view(driver) == {"I-1": "1"}


def test_an_incident_takes_the_place_of_a_nil_return(driver: Driver) -> None:
    assert deposit(driver, "2005-03-01T10:00", {}, Verdict.NIL).sections[0].in_force
    deposit(driver, "2005-04-01T10:00", {"I-1": "1"})
    assert in_view(driver) == {"I-1": "1"}


@pytest.mark.parametrize(("withdrawn", "left"), [(0, {"I-1": "2", "I-3": "1"}), (1, {"I-1": "1", "I-2": "1"})])
def test_a_withdrawal_brings_back_the_versions_before(driver: Driver, withdrawn: int, left: Incidents) -> None:
    both = [
        deposit(driver, "2005-03-01T10:00", {"I-1": "1", "I-2": "1"}),
        deposit(driver, "2005-04-01T10:00", {"I-1": "2", "I-3": "1"}),
    ]
    number = both[withdrawn].dropped.submission_id
    driver.ledger.withdraw(number, reason="wrong file", author="admin", now=paris("2005-05-01T09:00"))
    assert in_force(driver) == in_view(driver) == left


def test_another_accounts_incident_of_the_same_number_is_another_incident(driver: Driver) -> None:
    deposit(driver, "2005-03-01T10:00", {"I-1": "1"})
    deposit(driver, "2005-04-01T10:00", {"I-1": "2"}, account="pf07")
    rows = driver.ledger.rows_in_force(SLUG, "2005")
    assert sorted((row["account"], row["gravite"]) for row in rows) == [("pf03", "1"), ("pf07", "2")]


def test_the_same_bytes_are_a_doublon_only_while_nothing_updated_them(driver: Driver) -> None:
    first = deposit(driver, "2005-03-01T10:00", {"I-1": "1"}, content="A")
    same = first.dropped.sha256
    assert driver.ledger.view().is_duplicate("pf03", N2I, YEAR, same) == first.dropped.submission_id
    deposit(driver, "2005-04-01T10:00", {"I-1": "2"}, content="B")
    assert driver.ledger.view().is_duplicate("pf03", N2I, YEAR, same) is None


def test_incidents_are_owed_by_nobody(driver: Driver) -> None:
    outcome = deposit(driver, "2005-03-01T10:00", {"I-1": "1"})
    assert outcome.sections[0].deadline is None
    assert not [one for one in outcome.still_owed if one.collection == N2I]
