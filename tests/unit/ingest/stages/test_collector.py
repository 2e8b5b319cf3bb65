"""Findings are counted, capped and ordered."""

from __future__ import annotations

from domain.findings import Finding, Severity
from ingest.stages.collector import FindingCollector


def _finding(severity: Severity, row: int | None = None) -> Finding:
    return Finding(code="G-10", severity=severity, message="…", row=row)


def test_the_gravest_are_kept_when_there_are_too_many_and_all_are_counted() -> None:
    collector = FindingCollector(cap=3)
    for row in (5, 4, 3, 2):
        collector.add(_finding(Severity.WARNING, row))
    collector.add(_finding(Severity.ERROR, 9))
    collector.add(_finding(Severity.BLOCKING))
    assert [(one.severity, one.row) for one in collector.findings()] == [
        (Severity.BLOCKING, None),
        (Severity.WARNING, 3),
        (Severity.ERROR, 9),
    ]
    assert collector.counted() == {"blocking": 1, "error": 1, "warning": 4, "info": 0}
    assert collector.truncated


def test_only_faults_of_the_register_make_a_section_wait_for_it() -> None:
    collector = FindingCollector(cap=3)
    assert not collector.register_only
    collector.add(_finding(Severity.WARNING))
    assert not collector.register_only
    collector.add(_finding(Severity.ERROR), register=True)
    collector.add(_finding(Severity.BLOCKING), consequence=True)
    assert collector.register_only
    collector.skip("G-10", "G-10:a:empty", Severity.ERROR, 12)
    assert not collector.register_only
