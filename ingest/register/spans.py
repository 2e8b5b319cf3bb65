"""Arithmetic on inclusive spans of days; an empty bound is unlimited."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from domain.organisations import Span

ONE_DAY = timedelta(days=1)


def inverted(span: Span) -> bool:
    """Whether the span ends before it starts."""
    return span.first is not None and span.last is not None and span.last < span.first


def within(inner: Span, outer: Span) -> bool:
    """Whether no day of `inner` falls outside `outer`."""
    starts = outer.first is None or (inner.first is not None and outer.first <= inner.first)
    ends = outer.last is None or (inner.last is not None and inner.last <= outer.last)
    return starts and ends


def intersection(one: Span, other: Span) -> Span | None:
    """The days that two spans share, or None."""
    if not one.overlaps(other):
        return None
    firsts = [span.first for span in (one, other) if span.first is not None]
    lasts = [span.last for span in (one, other) if span.last is not None]
    return Span(first=max(firsts, default=None), last=min(lasts, default=None))


def first_gap(span: Span, covering: Iterable[Span]) -> date | None:
    """The first day of `span` that none of `covering` covers; None when all are covered.

    A span without a first day is taken from the earliest bound that is known.
    """
    spans = sorted((one for one in covering if not inverted(one)), key=lambda one: one.first or date.min)
    day = span.first or date.min
    for one in spans:
        if (one.first or date.min) > day:
            break
        if one.last is None:
            return None
        if one.last >= day:
            day = one.last + ONE_DAY
    if span.last is not None and day > span.last:
        return None
    return day


def ended_before(span: Span, day: date) -> Span | None:
    """The span ended at the latest the day before `day`; None when it would not have begun by then."""
    eve = day - ONE_DAY
    if span.first is not None and span.first > eve:
        return None
    last = eve if span.last is None or span.last > eve else span.last
    return Span(first=span.first, last=last)
