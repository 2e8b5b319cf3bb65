"""What a correction kit completes, asked of both databases: the base, the chain, and nothing of another account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from sqlalchemy import update

from domain.errors import Retry
from domain.periods import Period
from domain.submissions import Box
from domain.verdicts import Verdict
from ingest.context import Completable, CompletionState, NamedSection
from ingest.database.tables import section

from .conftest import N1A, SLUGS, paris

if TYPE_CHECKING:
    from pathlib import Path

    from domain.outcome import Outcome

    from .conftest import Driver

T1 = Period(2005, 1)
PARTIAL = Verdict.PARTIALLY_ACCEPTED


def completion(
    driver: Driver, one: Outcome | str, before: str | None = None, account: str = "pf03"
) -> Completable | None:
    view = driver.ledger.view(before) if before else driver.ledger.view()
    number = one if isinstance(one, str) else one.dropped.submission_id
    return view.completion(account, number, N1A, T1)


def number(one: Outcome) -> str:
    return one.dropped.submission_id


def test_a_partial_deposit_is_its_own_base(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00", PARTIAL)
    found = completion(driver, first)
    assert found == Completable(state=CompletionState.READY, base=number(first))


def test_another_accounts_deposit_and_an_unknown_one_are_the_same(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00", PARTIAL)
    assert completion(driver, first, account="pf07") is None
    assert completion(driver, "20050418-101502-7f3a9c") is None
    view = driver.ledger.view()
    assert view.sections_of("pf07", number(first)) == ()
    assert view.sections_of("pf03", number(first)) == (NamedSection(collection=N1A, period=T1, read=True),)
    assert view.completion("pf03", number(first), N1A, Period(2004, 4)) is None


def test_what_was_corrected_since_and_is_in_force_is_the_base(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00", PARTIAL)
    second = driver.deposit("2005-04-18T11:00", PARTIAL, completes=number(first))
    third = driver.deposit("2005-04-18T12:00", completes=number(second))
    found = completion(driver, first)
    assert found is not None
    assert (found.state, found.base, found.generation) == (CompletionState.READY, number(third), 2)
    earlier = completion(driver, first, before=number(third))
    assert earlier is not None
    assert (earlier.base, earlier.generation) == (number(second), 1)
    itself = completion(driver, second)
    assert itself is not None
    assert itself.named_is_kit


def test_a_deposit_that_came_since_stops_it_but_an_earlier_one_in_force_does_not(driver: Driver) -> None:
    whole = driver.deposit("2005-04-18T09:00")
    first = driver.deposit("2005-04-18T10:00", PARTIAL)
    assert driver.in_force() == {number(whole)}
    found = completion(driver, first)
    assert found is not None
    assert (found.state, found.base) == (CompletionState.READY, number(first))
    since = driver.deposit("2005-04-18T11:00")
    found = completion(driver, first)
    assert found is not None
    assert (found.state, found.superseded_by) == (CompletionState.SUPERSEDED, number(since))


def test_a_withdrawn_or_rejected_deposit_says_so(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00", PARTIAL)
    driver.ledger.withdraw(number(first), reason="x", author="uesl", now=paris("2005-04-18T11:00"))
    found = completion(driver, first)
    assert found is not None
    assert found.state is CompletionState.WITHDRAWN
    refused = driver.deposit("2005-04-18T12:00", Verdict.REJECTED)
    found = completion(driver, refused)
    assert found is not None
    assert found.state is CompletionState.NOTHING_ACCEPTED


def test_a_kit_refused_as_a_whole_leads_to_what_it_completed(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00", PARTIAL)
    kit = driver.deposit("2005-04-18T11:00", Verdict.REJECTED, completes=number(first))
    found = completion(driver, kit)
    assert found is not None
    assert (found.state, found.base, found.named_is_kit) == (CompletionState.READY, number(first), True)


def test_a_trial_is_found_and_its_rows_are_elsewhere(driver: Driver) -> None:
    trial = driver.deposit("2005-04-18T10:00", PARTIAL, box=Box.ESSAI)
    found = completion(driver, trial)
    assert found is not None
    assert (found.base, found.base_test, found.named_test) == (number(trial), True, True)
    deposit = driver.deposit("2005-04-18T11:00", completes=number(trial))
    found = completion(driver, trial)
    assert found is not None
    assert (found.base, found.base_test, found.named_test) == (number(deposit), False, True)


def test_two_deposits_that_complete_each_other_do_not_make_it_turn_round(driver: Driver) -> None:
    """It cannot be, but a hand in the database could make it so."""
    first = driver.deposit("2005-04-18T10:00", Verdict.REJECTED)
    second = driver.deposit("2005-04-18T11:00", Verdict.REJECTED)
    with driver.database.write() as connection:
        for one, other in ((first, second), (second, first)):
            mine = section.c.submission_id == number(one)
            connection.execute(update(section).where(mine).values(completes=number(other)))
    found = completion(driver, second)
    assert found is not None
    assert found.state is CompletionState.NOTHING_ACCEPTED


def test_the_origin_of_a_record_taken_over_is_kept(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00", PARTIAL)
    merged = driver.section(rows=[(-2, "CIL001", 10), (2, "CIL002", 21)], completes=number(first))
    assert merged.rows is not None
    with_origins(merged.rows, [number(first), None], [2, None])
    dropped = driver.dropped("2005-04-18T11:00")
    driver.claim(dropped)
    driver.record(dropped, driver.judgement(merged))
    rows = {row["code_cil"]: row for row in driver.ledger.rows_in_force(SLUGS[N1A])}
    assert (rows["CIL001"]["row"], rows["CIL001"]["depot_origine"], rows["CIL001"]["ligne_origine"]) == (
        -2,
        number(first),
        2,
    )
    assert (rows["CIL002"]["row"], rows["CIL002"]["depot_origine"], rows["CIL002"]["ligne_origine"]) == (2, None, None)
    assert driver.ledger.show(dropped.submission_id)["sections"][0]["completes"] == number(first)
    again = list(driver.ledger.view().rows_of(dropped.submission_id, N1A))
    assert [row["depot_origine"] for row in again] == [number(first), None]


def test_a_kit_whose_base_changed_meanwhile_is_judged_again(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00", PARTIAL)
    dropped = driver.dropped("2005-04-18T12:00")
    driver.claim(dropped)
    merged = driver.section(completes=number(first))
    driver.deposit("2005-04-18T11:00")
    with pytest.raises(Retry, match="completes"):
        driver.record(dropped, driver.judgement(merged))


def with_origins(path: Path, deposits: list[str | None], lines: list[int | None]) -> None:
    """Add the columns of origin to a spool."""
    with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as stream:
        table = stream.read_all()
    table = table.append_column("depot_origine", pa.array(deposits, pa.string()))
    table = table.append_column("ligne_origine", pa.array(lines, pa.int32()))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
