"""A correction of the register never un-accepts a row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.findings import Finding, Severity, count_by_severity
from domain.judgement import SectionJudgement
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.ledger.rejudging import merged, same_answer

ROWS = frozenset(range(2, 8))


def judged(accepted: frozenset[int]) -> SectionJudgement:
    """Every other row has an error."""
    findings = tuple(
        Finding(code="G-16", severity=Severity.ERROR, message="inconnu", row=row) for row in sorted(ROWS - accepted)
    )
    verdict = Verdict.ACCEPTED if not findings else Verdict.PARTIALLY_ACCEPTED if accepted else Verdict.REJECTED
    return SectionJudgement(
        collection="N1A",
        slug="assistance_trimestrielle",
        period=Period(2005, 1),
        sheet=None,
        verdict=verdict,
        records_read=len(ROWS),
        records_accepted=len(accepted),
        records_rejected=len(ROWS - accepted),
        findings=findings,
        finding_counts=count_by_severity(findings),
        complete=not findings,
    )


def sets() -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.sampled_from(sorted(ROWS)))


@given(former=sets(), latter=sets())
def test_rows_accepted_once_stay_and_the_figures_add_up(former: frozenset[int], latter: frozenset[int]) -> None:
    kept = merged(judged(former), former, judged(latter), latter)
    union = former | latter
    assert kept.records_accepted >= len(former)
    if kept.verdict.loads and latter:
        assert kept.records_accepted == len(union)
        assert kept.records_accepted + kept.records_rejected == kept.records_read
        assert {one.row for one in kept.findings} == ROWS - union
        assert kept.finding_counts == count_by_severity(kept.findings)
        assert kept.complete == (union == ROWS)
        assert (kept.verdict is Verdict.ACCEPTED) == (union == ROWS)


@given(rows=sets())
def test_the_same_judgement_is_the_same_answer(rows: frozenset[int]) -> None:
    assert merged(judged(rows), rows, judged(rows), rows) == judged(rows)
    assert same_answer([judged(rows)], [judged(rows)])
    assert not same_answer([judged(frozenset({2}))], [judged(ROWS)])
