"""Questions on figures are handed on up to a bound; none about cases, nor about a refused record."""

from __future__ import annotations

import numpy as np

from domain.findings import Finding, Severity
from ingest.stages.confirming import About
from ingest.stages.oddities import MOST_ODDITIES, OddityBook
from rules.cil_pass.n1a import RULES
from rules.register import registered_name

RULE = RULES.record_rules[0]
FINDING = Finding(code=RULE.code, severity=Severity.WARNING, message="Il y en a plus.", row=4, column="a", value="5")


def test_they_are_kept_up_to_a_bound() -> None:
    book = OddityBook(cases=False)
    for number in range(MOST_ODDITIES + 5):
        assert book.wants(RULE, Severity.WARNING) is (number < MOST_ODDITIES)
        book.note(FINDING, About(record=str(number)), confirmation=None)
    assert len(book.of(np.zeros(0, dtype=np.bool_))) == MOST_ODDITIES


def test_a_refused_record_has_none() -> None:
    book = OddityBook(cases=False)
    for position in range(3):
        book.note(FINDING, About(record=str(position)), confirmation=None, position=position)
    assert [one.subject.record for one in book.of(np.array([False, True, False]))] == ["0", "2"]


def test_cases_have_none() -> None:
    book = OddityBook(cases=True)
    book.warn(RULE, Severity.WARNING, 0, "a")
    book.note(FINDING, About(), confirmation=None)
    assert (book.wants(RULE, Severity.WARNING), book.warned, book.of(np.zeros(0, dtype=np.bool_))) == (False, set(), ())


def test_only_warnings_about_figures_are_questions() -> None:
    book = OddityBook(cases=False)
    assert not book.wants(RULE, Severity.ERROR)
    assert not book.wants(registered_name("N1A.R03"), Severity.WARNING)
    book.warn(RULE, Severity.WARNING, 3, "a")
    book.warn(RULE, Severity.INFO, 4, "a")
    assert book.warned == {(3, "a")}
