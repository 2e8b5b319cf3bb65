"""The causes of a section are kept as they were counted, and read back with the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.causes import CauseTally
from domain.findings import Severity
from domain.verdicts import Verdict
from ingest.ledger.sections import read_sections

if TYPE_CHECKING:
    from .conftest import Driver

TALLY = CauseTally(
    cause="G-10:diagnostics_prealables:unknown",
    code="G-10",
    severity=Severity.ERROR,
    count=1243,
    rows=1243,
    cures=1200,
    spans=((4, 1246),),
    title="Colonne D : le chiffre n’est pas donné.",
    hint="Écrivez le chiffre constaté.",
    consequence=False,
)


def test_causes_are_read_back_as_they_were_counted(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18 10:15:02", Verdict.PARTIALLY_ACCEPTED, causes=(TALLY,))
    with driver.database.read() as connection:
        [(_, section)] = read_sections(connection, outcome.dropped.submission_id)
    assert section.judgement.causes == (TALLY,)


def test_a_tally_of_a_later_version_is_read_without_what_it_adds() -> None:
    assert CauseTally.from_document({**TALLY.as_document(), "later": 1}) == TALLY
