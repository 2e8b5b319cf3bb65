"""What was in force for past periods, as a deposit's judge may know it, over both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.periods import Period
from domain.submissions import Box
from domain.verdicts import Verdict
from rules.past import Past, PeerLevel

from .conftest import N1A, N1M, paris

if TYPE_CHECKING:
    from .conftest import Driver

T1, T2, T3, T4 = (Period(2005, quarter) for quarter in (1, 2, 3, 4))
FIRST = "diagnostics_prealables"
ONE, TWO = frozenset({"CIL001"}), frozenset({"CIL001", "CIL002"})


def first(past: Past, member: str = "CIL001") -> dict[str, float]:
    """The first figure of a member, by period."""
    return {period.code: line[FIRST] for period, line in past.lines.get((member,), {}).items()}


def test_the_figures_in_force_by_period_and_nothing_else(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", period="2005T1", rows=((2, "CIL001", 10), (3, "CIL002", 20)))
    driver.deposit("2005-04-19T10:00", period="2005T1", rows=((2, "CIL001", 11), (3, "CIL002", 21)))
    driver.deposit("2005-07-18T10:00", period="2005T2", rows=((2, "CIL001", 12),))
    driver.deposit("2005-07-19T10:00", Verdict.REJECTED, period="2005T2")
    driver.deposit("2005-07-20T10:00", period="2005T2", rows=((2, "CIL001", 99),), box=Box.ESSAI)
    view = driver.ledger.view()
    past = view.past("pf03", N1A, (T2, T1), TWO)
    assert (first(past), first(past, "CIL002")) == ({"2005T1": 11, "2005T2": 12}, {"2005T1": 21})
    assert past.lines["CIL001",][T1] == {
        FIRST: 11.0,
        "engagements_reciproques": 11.0,
        "diagnostics_complementaires": 11.0,
    }
    assert first(view.past("pf03", N1A, (T1,), TWO)) == {"2005T1": 11}
    assert view.past("pf03", N1M, (T2, T1), TWO) == Past(anybody=False)
    assert view.past("pf03", N1A, (), TWO) == Past()
    assert view.past("pf03", "N9Z", (T1,), TWO) == Past()


def test_amounts_are_figures_too(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", collection=N1M, rows=((2, "CIL001", 10),))
    [line] = driver.ledger.view().past("pf03", N1M, (T1,), ONE).lines["CIL001",].values()
    assert line == {"dossiers_individuels": 10.0, "entreprises_concernees": 10.0, "montant_facture_ht": 10.1}


def test_a_member_brings_its_past_from_another_platform(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", period="2005T1", rows=((2, "CIL001", 10), (3, "CIL003", 30)), account="pf07")
    driver.deposit("2005-07-18T10:00", period="2005T2", rows=((2, "CIL001", 12),))
    past = driver.ledger.view().past("pf03", N1A, (T2, T1), TWO)
    assert first(past) == {"2005T1": 10, "2005T2": 12}
    assert ("CIL003",) not in past.lines
    own = driver.ledger.view().past("pf03", N1A, (T2, T1))
    assert first(own) == {"2005T2": 12}
    assert driver.ledger.view().past("pf03", N1A, (T1,), frozenset({"CIL002"})) == Past(anybody=True)


def test_a_nil_return_is_told_apart_from_nothing(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", Verdict.NIL, period="2005T1")
    past = driver.ledger.view().past("pf03", N1A, (T2, T1), TWO)
    assert (past.nil, dict(past.lines)) == (frozenset({T1}), {})


def test_a_withdrawn_deposit_was_never_in_force(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", rows=((2, "CIL001", 10),))
    second = driver.deposit("2005-04-19T10:00", rows=((2, "CIL001", 11),))
    driver.ledger.withdraw(second.dropped.submission_id, reason="erreur", author="uesl", now=paris("2005-04-20T10:00"))
    assert first(driver.ledger.view().past("pf03", N1A, (T1,), ONE)) == {"2005T1": 10}


def test_a_deposit_judged_again_sees_what_was_received_before_it(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", period="2005T1", rows=((2, "CIL001", 10),))
    judged = driver.deposit("2005-07-18T10:00", period="2005T2", rows=((2, "CIL001", 12),)).dropped.submission_id
    driver.deposit("2005-07-19T10:00", period="2005T2", rows=((2, "CIL001", 13),))
    driver.deposit("2005-08-01T10:00", period="2005T1", rows=((2, "CIL001", 44),))
    driver.deposit("2005-08-01T10:00", period="2004T4", rows=((2, "CIL001", 7),), account="pf07")
    view = driver.ledger.view().before(judged)
    assert first(view.past("pf03", N1A, (T1, Period(2004, 4)), ONE)) == {"2005T1": 10}
    assert first(driver.ledger.view().past("pf03", N1A, (T1, Period(2004, 4)), ONE)) == {"2005T1": 44, "2004T4": 7}
    assert view.replaced("pf03", N1A, T2) == {}
    assert view.peers(N1A, FIRST, (T1, Period(2004, 4)), 0.99) is None


def test_what_a_correction_replaces(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", rows=((2, "CIL001", 10), (3, "CIL002", 20)))
    driver.deposit("2005-04-18T10:00", rows=((2, "CIL003", 30),), account="pf07")
    replaced = driver.ledger.view().replaced("pf03", N1A, T1)
    assert {key: line[FIRST] for key, line in replaced.items()} == {("CIL001",): 10, ("CIL002",): 20}
    assert driver.ledger.view().replaced("pf03", N1A, T2) == {}
    assert driver.ledger.view().replaced("pf03", "N9Z", T1) == {}


def test_the_level_of_the_network(driver: Driver) -> None:
    view = driver.ledger.view()
    assert view.peers(N1A, FIRST, (T1,), 0.99) is None
    driver.deposit("2005-04-18T10:00", rows=tuple((row, f"CIL{row:03d}", row) for row in range(1, 101)))
    driver.deposit("2005-04-18T10:00", rows=((2, "CIL003", 1000),), account="pf07")
    assert view.peers(N1A, FIRST, (T1,), 0.99) == PeerLevel(count=101, level=100)
    assert view.peers(N1A, FIRST, (T1,), 0.5) == PeerLevel(count=101, level=51)
    assert view.peers(N1A, FIRST, (T2,), 0.99) is None
    assert view.peers(N1A, FIRST, (), 0.99) is None
    assert view.peers("N9Z", FIRST, (T1,), 0.99) is None
