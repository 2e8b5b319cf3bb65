"""The file's verdict from its sections (contract §6)."""

import pytest

from domain.verdicts import Verdict, overall

A, W, P, R, D, N, X = (
    Verdict.ACCEPTED,
    Verdict.ACCEPTED_WITH_WARNINGS,
    Verdict.PARTIALLY_ACCEPTED,
    Verdict.REJECTED,
    Verdict.DUPLICATE,
    Verdict.NIL,
    Verdict.DESTROYED,
)


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ([], R),
        ([A], A),
        ([R, R], R),
        ([D, D], D),
        ([A, R], P),
        ([W, R, A], P),
        ([A, N], N),
        ([N, D], D),
        ([D, W], W),
        ([A, W], W),
        ([W, P], P),
        ([X, A], X),
    ],
)
def test_sections_agree_or_some_are_rejected_or_the_worst_wins(sections, expected):
    assert overall(sections) is expected
    assert overall(sections[::-1]) is expected
