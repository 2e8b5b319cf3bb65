"""When an account's templates are asked for, over both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from domain.organisations import Directory
from domain.periods import Period
from ingest.database.tables import effect
from ingest.ledger import EffectKind

from .conftest import N1A, N1M, paris, two_platforms

if TYPE_CHECKING:
    from .conftest import Driver

T1, T2 = Period(2005, 1), Period(2005, 2)


def follow(driver: Driver, at: str, directory: Directory | None = None, rules: str = "1+a") -> list[str]:
    """The accounts for which templates were asked."""

    def asked() -> list[str]:
        query = select(effect.c.account).where(effect.c.kind == EffectKind.MODELES.value).order_by(effect.c.id)
        with driver.database.read() as connection:
            return list(connection.execute(query).scalars())

    before = len(asked())
    driver.ledger.open_obligations(directory or two_platforms(), paris(at), rules_version=rules)
    return asked()[before:]


def test_they_are_asked_for_once_and_again_when_a_period_opens(driver: Driver) -> None:
    assert follow(driver, "2005-03-30T09:00") == ["pf03", "pf07"]
    assert follow(driver, "2005-03-31T23:59") == []
    assert driver.ledger.wanted_models("pf03", paris("2005-03-31T23:59")) == ()
    assert follow(driver, "2005-04-01T00:00") == ["pf03", "pf07"]
    assert follow(driver, "2005-04-02T09:00") == []
    assert driver.ledger.wanted_models("pf03", paris("2005-04-02T09:00")) == ((N1A, T1), (N1M, T1))
    assert driver.ledger.wanted_models("pf07", paris("2005-04-02T09:00")) == ((N1A, T1),)


def test_another_register_or_other_rules_ask_again(driver: Driver) -> None:
    follow(driver, "2005-04-02T09:00")
    assert follow(driver, "2005-04-03T09:00", replace(two_platforms(), version=2)) == ["pf03", "pf07"]
    assert follow(driver, "2005-04-04T09:00", replace(two_platforms(), version=2), rules="1+b") == ["pf03", "pf07"]
    assert follow(driver, "2005-04-05T09:00", replace(two_platforms(), version=2), rules="1+b") == []
    back = follow(driver, "2005-04-06T09:00", replace(two_platforms(), version=2), rules="1+a")
    assert back == ["pf03", "pf07"]


def test_a_complete_quarter_keeps_its_template_until_the_next_one_ends_and_one_still_owed_longer(
    driver: Driver,
) -> None:
    follow(driver, "2005-04-02T09:00")
    driver.deposit("2005-04-18T10:00")
    follow(driver, "2005-06-30T09:00")
    assert (N1A, T1) in driver.ledger.wanted_models("pf03", paris("2005-06-30T09:00"))
    assert follow(driver, "2005-07-01T09:00") == ["pf03", "pf07"]
    assert driver.ledger.wanted_models("pf03", paris("2005-07-01T09:00")) == ((N1A, T2), (N1M, T1), (N1M, T2))


def test_nothing_is_asked_for_an_account_that_deposits_nothing_nor_without_the_rules_version(driver: Driver) -> None:
    driver.ledger.open_obligations(two_platforms(), paris("2005-04-02T09:00"))
    assert driver.ledger.due_effects(paris("2005-04-02T09:00"), 10) == ()
    assert follow(driver, "2005-04-02T09:00", Directory(version=1)) == []


def test_what_is_asked_is_carried_out_once_without_a_deposit(driver: Driver) -> None:
    follow(driver, "2005-04-02T09:00")
    now = paris("2005-04-02T09:01")
    due = driver.ledger.due_effects(now, 10)
    assert [(one.kind, one.account, one.submission_id) for one in due] == [
        (EffectKind.MODELES, "pf03", None),
        (EffectKind.MODELES, "pf07", None),
    ]
    driver.ledger.effects_done(due, now, archived=None)
    assert driver.ledger.due_effects(now, 10) == ()
