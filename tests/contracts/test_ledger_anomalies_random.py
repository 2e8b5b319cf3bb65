"""Whatever is deposited, withdrawn or answered, what stands are the questions of what is in force (contract §9)."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from domain.anomalies import AnomalyState, Oddity
from domain.errors import CannotDo
from domain.justifications import Subject
from domain.verdicts import Verdict
from ingest.database.tables import anomaly, section
from ingest.ledger.oddities import oddities_from

from .conftest import paris

if TYPE_CHECKING:
    from datetime import datetime

    from .conftest import Driver

STEPS = 14
VERDICTS = (
    Verdict.ACCEPTED_WITH_WARNINGS,
    Verdict.ACCEPTED_WITH_WARNINGS,
    Verdict.PARTIALLY_ACCEPTED,
    Verdict.REJECTED,
    Verdict.NIL,
)


def an_oddity(chance: random.Random) -> Oddity:
    subject = Subject(code="A-01", column="c", record=chance.choice("AB"), value=chance.choice("12"))
    said = chance.choice((None, None, "exact"))
    return Oddity(subject=subject, message="étrange", row=2, confirmation=said)


def a_step(driver: Driver, chance: random.Random, at: datetime, done: list[str]) -> None:
    """A deposit, a withdrawal, or an answer of UESL."""
    what = chance.choice(("deposit", "deposit", "deposit", "withdraw", "answer"))
    known = driver.ledger.anomalies()
    if what == "deposit":
        oddities = {one.subject: one for one in (an_oddity(chance) for _ in range(chance.randrange(4)))}
        outcome = driver.deposit(
            at.strftime("%Y-%m-%dT%H:%M"), chance.choice(VERDICTS), oddities=tuple(oddities.values())
        )
        done.append(outcome.dropped.submission_id)
    elif what == "withdraw" and done:
        with suppress(CannotDo):
            driver.ledger.withdraw(chance.choice(done), reason="x", author="uesl", now=at)
    elif what == "answer" and known:
        with suppress(CannotDo):
            driver.ledger.answer_anomaly(
                chance.choice(known).number,
                confirmed=chance.choice((True, False)),
                reason="x",
                author="Marie",
                now=at,
                compose=lambda _: [],
            )


def asked_and_standing(driver: Driver) -> tuple[set[Subject], set[Subject], int]:
    """What the section in force asks, what stands in the table, and how many lines the table has for one question."""
    with driver.database.read() as connection:
        documents = connection.execute(select(section.c.oddities).where(section.c.in_force)).scalars().all()
        rows = connection.execute(select(anomaly)).all()
    subjects = [Subject(code=row.code, column=row.column, record=row.record, value=row.value) for row in rows]
    standing = {
        subject
        for subject, row in zip(subjects, rows, strict=True)
        if AnomalyState(row.state) is not AnomalyState.CORRECTED
    }
    asked = {one.subject for document in documents for one in oddities_from(document)}
    return asked, standing, len(subjects) - len(set(subjects))


@pytest.mark.parametrize("seed", range(6))
def test_the_questions_that_stand_are_those_of_what_is_in_force(driver: Driver, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same story every time
    at, done, met = paris("2005-04-18T10:00"), [], set[AnomalyState]()
    for _ in range(STEPS):
        a_step(driver, chance, at, done)
        at += timedelta(hours=7)
        asked, standing, doubles = asked_and_standing(driver)
        assert (standing, doubles) == (asked, 0)
        for one in driver.ledger.anomalies():
            met.add(one.state)
            assert (one.state is AnomalyState.OPEN) <= (one.answered_at is None)
            assert (one.state in {AnomalyState.CONFIRMED, AnomalyState.REJECTED}) <= (one.answer is not None)
            assert (one.state is AnomalyState.REJECTED) <= (one.rejected_at == one.answered_at)
    assert len(met) > 1


def test_the_generator_makes_every_kind_of_oddity() -> None:
    chance = random.Random(1)  # noqa: S311 - the same story every time
    made = {replace(an_oddity(chance), message="") for _ in range(200)}
    assert len(made) == 8
