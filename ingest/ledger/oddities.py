"""What looks odd in a section, as it is stored with it: the questions follow when another version comes into force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from domain.anomalies import Oddity
from domain.judgement import Judgement
from domain.justifications import Subject
from ingest.database.types import storable_json
from ingest.ledger.standing import Calendar


def oddities_document(oddities: Iterable[Oddity]) -> list[dict[str, Any]] | None:
    """Ready for the database; None when there is nothing."""
    document: list[dict[str, Any]] = storable_json([asdict(one) for one in oddities])
    return document or None


def oddities_from(document: Sequence[dict[str, Any]] | None) -> tuple[Oddity, ...]:
    """Read back as they were judged."""
    return tuple(Oddity(**{**one, "subject": Subject(**one["subject"])}) for one in document or ())


def without_cases(judgement: Judgement, calendar: Calendar) -> Judgement:
    """The judgement without questions on records about persons: no value of theirs is ever kept or quoted (G-12)."""
    kept = []
    for one in judgement.sections:
        collection = None if one.collection is None else calendar.collection(one.collection)
        asks = collection is not None and not collection.cases
        kept.append(one if asks or not one.oddities else replace(one, oddities=()))
    return replace(judgement, sections=tuple(kept))
