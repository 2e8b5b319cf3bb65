"""Two processes at once: one decision at a time for an account, whatever they do."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import text

from domain.periods import Period
from ingest.catalogue import load_catalogue
from ingest.database.engine import Database
from ingest.ledger import Ledger

from .conftest import PARIS, Driver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def together(*actions: Callable[[], object]) -> list[BaseException]:
    """Run all at once; what they raised."""
    raised: list[BaseException] = []
    barrier = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> None:
        barrier.wait(timeout=30)
        try:
            action()
        except Exception as error:  # noqa: BLE001 - reported to the test
            raised.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


def another(driver: Driver, database_url: str, folder: Path) -> Driver:
    """A driver with connections of its own, as another process has."""
    database = Database(database_url)
    ledger = Ledger(database, load_catalogue(), zone=PARIS, first_period=Period(2005, 1))
    return Driver(database=database, ledger=ledger, workdir=folder, numbers=driver.numbers)


def test_one_span_is_open_when_two_processes_judge_the_same_account(
    driver: Driver,
    database_url: str,
    tmp_path: Path,
) -> None:
    others = [driver, another(driver, database_url, tmp_path)]
    for number in range(5):
        dropped = [one.dropped(f"2005-04-18T1{number}:0{index}") for index, one in enumerate(others)]
        for file in dropped:
            driver.claim(file)
        raised = together(
            *(
                lambda one=one, file=file: one.record(file, one.judgement(one.section()))  # type: ignore[misc]
                for one, file in zip(others, dropped, strict=True)
            ),
        )
        assert raised == []
        assert driver.in_force() == {dropped[1].submission_id}
    with driver.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM in_force WHERE to_at IS NULL")).scalar_one() == 1
        orphans = text(
            "SELECT count(*) FROM assistance_trimestrielle t LEFT JOIN section s "
            "ON s.id = t.section_id AND s.submission_id = t.submission_id WHERE s.id IS NULL",
        )
        assert connection.execute(orphans).scalar_one() == 0
    others[1].database.dispose()


def test_the_same_verdict_recorded_by_two_processes_is_recorded_once(
    driver: Driver,
    database_url: str,
    tmp_path: Path,
) -> None:
    other = another(driver, database_url, tmp_path)
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    judgement = driver.judgement(driver.section())
    assert together(lambda: driver.record(dropped, judgement), lambda: other.record(dropped, judgement)) == []
    assert (driver.count("section"), driver.count("message")) == (1, 2)
    assert len(driver.ledger.rows_in_force("assistance_trimestrielle")) == 2
    other.database.dispose()


def test_the_same_claim_made_by_two_processes_is_made_once(
    driver: Driver,
    database_url: str,
    tmp_path: Path,
) -> None:
    other = another(driver, database_url, tmp_path)
    dropped = driver.dropped("2005-04-18T10:00")
    assert together(lambda: driver.claim(dropped), lambda: other.claim(dropped)) == []
    assert (driver.count("submission"), driver.count("message"), driver.count("effect")) == (1, 1, 1)
    other.database.dispose()
