"""What rules that compare collections may ask, over both databases."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from domain.organisations import Service
from domain.outcome import Outcome
from domain.periods import Period
from ingest.catalogue import load_catalogue
from ingest.stages.typed import typed_schema

if TYPE_CHECKING:
    from .conftest import Driver

YEAR = Period(2005)


def deposit(driver: Driver, at: str, code: str, records: list[dict[str, Any]], account: str = "pf03") -> Outcome:
    """An accepted deposit of these records, whatever the collection."""
    collection = load_catalogue().by_code(code)
    assert collection is not None
    schema = typed_schema(collection)
    rows = driver.workdir / f"rows-{next(driver.numbers)}.arrow"
    told = [{**record, "row": row} for row, record in enumerate(records, start=2)]
    with pa.OSFile(str(rows), "wb") as sink, pa.ipc.new_stream(sink, schema) as stream:
        stream.write_batch(pa.RecordBatch.from_pylist(told, schema=schema))
    section = replace(
        driver.section(collection=code, period="2005", rows=[]),
        slug=collection.slug,
        rows=rows,
        records_read=len(records),
        records_accepted=len(records),
    )
    file = driver.dropped(at, account=account)
    driver.claim(file)
    return driver.record(file, driver.judgement(section))


def report(member: str, service: str, turnover: int = 0) -> dict[str, Any]:
    return {"code_cil": member, "service": service, "chiffre_affaires_ht": Decimal(turnover)}


def test_records_in_force_of_one_account_or_of_all(driver: Driver) -> None:
    deposit(driver, "2006-01-10T10:00", "N2R", [report("CIL001", "ASA")])
    deposit(driver, "2006-01-11T10:00", "N2R", [report("CIL001", "MOB", 7)])
    deposit(driver, "2006-01-12T10:00", "N2R", [report("CIL003", "ASA")], account="pf07")
    view, columns = driver.ledger.view(), ("code_cil", "service", "chiffre_affaires_ht")
    assert [dict(one) for one in view.records("N2R", YEAR, columns, account="pf03")] == [report("CIL001", "MOB", 7)]
    assert [one["code_cil"] for one in view.records("N2R", YEAR, columns)] == ["CIL001", "CIL003"]
    assert not view.records("N2R", Period(2004), columns)


def test_a_deposit_judged_again_sees_neither_itself_nor_what_came_later(driver: Driver) -> None:
    deposit(driver, "2006-01-10T10:00", "N2R", [report("CIL003", "ASA")], account="pf07")
    mine = deposit(driver, "2006-01-11T10:00", "N2R", [report("CIL001", "ASA")])
    deposit(driver, "2006-01-12T10:00", "N2P", [{"code_accord": "A-1"}])
    view = driver.ledger.view(mine.dropped.submission_id)
    assert [one["code_cil"] for one in view.records("N2R", YEAR, ("code_cil",))] == ["CIL003"]
    assert not view.records("N2P", YEAR, ("code_accord",))


def test_cases_are_counted_by_member_and_never_handed_out(driver: Driver) -> None:
    cases = [{"numero_ordre": rank, "code_cil": code} for rank, code in enumerate(["CIL001", "CIL001", "CIL002"], 1)]
    deposit(driver, "2006-01-10T10:00", "N2A", cases)
    view = driver.ledger.view()
    assert view.counts("N2A", YEAR, frozenset({"CIL001", "CIL009"})) == {"CIL001": 2}
    assert not view.records("N2A", YEAR, ("code_cil",))


def test_incidents_count_once_whatever_their_versions(driver: Driver) -> None:
    for at in ("2005-03-01T10:00", "2005-04-01T10:00"):
        collection = load_catalogue().by_code("N2I")
        assert collection is not None
        deposit(driver, at, "N2I", [{"numero_incident": "I-1", "code_cil": "CIL001"}])
    assert driver.ledger.view().counts("N2I", YEAR, frozenset({"CIL001"})) == {"CIL001": 1}


def test_lines_elsewhere_are_those_of_the_service(driver: Driver) -> None:
    deposit(driver, "2006-01-10T10:00", "N2R", [report("CIL001", "ASA"), report("CIL002", "MOB")])
    view = driver.ledger.view()
    assert view.lines_in_force_elsewhere("N2R", YEAR, "pf07", service=Service.ASA) == {"CIL001": "pf03"}
    assert view.lines_in_force_elsewhere("N2R", YEAR, "pf07", {"CIL002"}, service=Service.MOB) == {"CIL002": "pf03"}
    assert set(view.lines_in_force_elsewhere("N2R", YEAR, "pf07")) == {"CIL001", "CIL002"}
