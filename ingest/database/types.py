"""Column types that behave the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Integer, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON document; JSONB on PostgreSQL."""
Long = BigInteger().with_variant(Integer, "sqlite")
"""Numbers of what grows with every deposit; SQLite numbers rows by itself only in an `INTEGER`."""


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. On SQLite as sortable ISO text, since its own type comes back naive."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`timestamptz` on PostgreSQL, text on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive instants; write UTC with microseconds."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a naive datetime reached the database"
            raise ValueError(msg)
        utc = value.astimezone(UTC)
        if dialect.name == "postgresql":
            return utc
        return f"{utc.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """An aware UTC datetime."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value)


EXACT_DIGITS = 15
"""Decimal digits that SQLite's 8-byte reals give back exactly."""


class Exact(TypeDecorator[Decimal]):
    """An exact decimal: `numeric` on PostgreSQL; on SQLite a number whose first 15 digits come back exactly."""

    impl = Numeric
    cache_ok = True

    def __init__(self, digits: int, decimals: int) -> None:
        """Refuse more digits than SQLite can hold."""
        if not 0 <= decimals <= digits <= EXACT_DIGITS:
            msg = f"decimal({digits}, {decimals}) is not exact on SQLite; {EXACT_DIGITS} digits at most"
            raise ValueError(msg)
        self.digits, self.decimals = digits, decimals
        super().__init__(precision=digits, scale=decimals)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`numeric(p, s)`; read as a float on SQLite, then rounded to its exact decimals."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(precision=self.digits, scale=self.decimals))
        return dialect.type_descriptor(Numeric(precision=self.digits, scale=self.decimals, asdecimal=False))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """SQLite turns decimal text into its nearest number by itself."""
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """The decimal that was written."""
        return None if value is None else Decimal(str(value)).quantize(Decimal(1).scaleb(-self.decimals))


def storable(text: str) -> str:
    """The text as any database takes it: no NUL (PostgreSQL refuses it), no lone surrogate (nothing encodes it)."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def storable_json(value: Any) -> Any:
    """A JSON document with storable texts."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(one) for one in value]
    return value
