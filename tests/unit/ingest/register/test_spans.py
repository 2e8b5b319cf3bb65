"""Arithmetic on inclusive spans."""

from datetime import date

from domain.organisations import Span
from ingest.register.spans import ended_before, first_gap, intersection, within

JUNE = Span(first=date(2005, 6, 1), last=date(2005, 6, 30))


def test_an_unlimited_span_lies_within_another_unlimited_one_only() -> None:
    assert within(Span(), Span())
    assert not within(Span(), JUNE)
    assert within(JUNE, Span())


def test_spans_that_follow_each_other_leave_no_gap() -> None:
    halves = [Span(first=date(2005, 6, 16)), Span(last=date(2005, 6, 15))]
    assert first_gap(JUNE, halves) is None
    assert first_gap(Span(), halves) is None


def test_the_first_uncovered_day_is_found() -> None:
    assert first_gap(JUNE, []) == date(2005, 6, 1)
    assert first_gap(JUNE, [Span(last=date(2005, 6, 9)), Span(first=date(2005, 6, 11))]) == date(2005, 6, 10)
    assert first_gap(JUNE, [Span(last=date(2005, 6, 30))]) is None


def test_what_two_spans_share() -> None:
    assert intersection(JUNE, Span(first=date(2005, 6, 20))) == Span(first=date(2005, 6, 20), last=date(2005, 6, 30))
    assert intersection(JUNE, Span(first=date(2005, 7, 1))) is None


def test_a_span_ended_before_it_began_is_nothing() -> None:
    assert ended_before(JUNE, date(2005, 6, 1)) is None
    assert ended_before(JUNE, date(2005, 6, 2)) == Span(first=date(2005, 6, 1), last=date(2005, 6, 1))
    assert ended_before(JUNE, date(2006, 1, 1)) == JUNE
