"""Deposits of before go-live, recorded in one transaction (contract §8): a running service never finds one half way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from domain.judgement import Judgement
from ingest.database.tables import submission

_A_SECOND = timedelta(seconds=1)
_A_TICK = timedelta(microseconds=1)


def next_instant(connection: Connection, account: str, at: datetime) -> datetime:
    """`at`, or the first microsecond after what this account has within that second.

    Files imported together have one stated instant of receipt; the order in which they are given must decide.
    """
    second = at.replace(microsecond=0)
    latest: datetime | None = connection.execute(
        select(func.max(submission.c.received_at)).where(
            submission.c.account == account,
            submission.c.received_at >= second,
            submission.c.received_at < second + _A_SECOND,
        )
    ).scalar_one()
    return at if latest is None or latest < at else (latest + _A_TICK).astimezone(at.tzinfo)


def asking_nothing(judgement: Judgement) -> Judgement:
    """The judgement without its questions: the past is taken as it is, and nobody is asked to confirm it."""
    return replace(judgement, sections=tuple(replace(one, oddities=()) for one in judgement.sections))
