"""What every table shares: names of constraints, and closed lists of words."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    MetaData,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def one_of(column: str, values: type[StrEnum] | Iterable[str]) -> CheckConstraint:
    """A closed list of words; names of statuses come from our own enums, never from a file."""
    words = ", ".join(f"'{value!s}'" for value in values)
    return CheckConstraint(f'"{column}" IN ({words})', name=f"{column}_known")
