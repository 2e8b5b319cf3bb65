"""Whatever is justified: what is confirmed and what stays to confirm add up, and the row mask does not move."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.verdicts import Verdict
from tests.stages_kit import N1A_TITLES, context, judge, rows_of, section

# (warns, is wrong, is justified) of each line
LINES = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=15)


@settings(deadline=None, max_examples=60)
@given(lines=LINES, batch_rows=st.integers(1, 6), cap=st.sampled_from([2, 1000]))
def test_the_warnings_left_are_those_not_justified(
    lines: list[tuple[bool, bool, bool]], batch_rows: int, cap: int
) -> None:
    titles = [*N1A_TITLES, "justification"]
    table = [
        ["01", f"CIL{number:03}", "3", "x" if wrong else "1", "5" if warns else "1", "vérifié" if said else ""]
        for number, (warns, wrong, said) in enumerate(lines)
    ]
    one = section("N1A", titles, table, batch_rows=batch_rows)
    assert one.header is not None
    one = replace(one, header=replace(one.header, reserved={"justification": len(titles) - 1}))
    facts = context(register=False, max_findings=cap)
    with tempfile.TemporaryDirectory() as folder:
        judged = judge(one, Path(folder), facts)
        plain = judge(replace(one, header=replace(one.header, reserved={})), Path(folder), facts)
        kept = rows_of(judged)
        assert kept == rows_of(plain)
    asked = sum(warns for warns, _, _ in lines)
    said = min(cap, sum(warns and said for warns, _, said in lines))
    assert plain.finding_counts["warning"] == asked
    assert judged.finding_counts["warning"] == asked - said
    assert judged.finding_counts["error"] == plain.finding_counts["error"]
    assert len(judged.justifications) == said
    refused = any(wrong and said for _, wrong, said in lines)
    # The remark on errors comes once; each confirmed warning is one more remark.
    assert judged.finding_counts["info"] == plain.finding_counts["info"] + said + refused
    if asked == said and not judged.finding_counts["error"]:
        assert judged.verdict is Verdict.ACCEPTED
