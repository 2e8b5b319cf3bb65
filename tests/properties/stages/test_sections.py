"""Whatever is written in a table: no line is lost, the mask decides, and the same content gets the same answer."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.findings import Severity
from ingest.stages.values import parse
from schemas.columns import Column, Kind
from tests.stages_kit import N1A_TITLES, N1M_TITLES, context, judge, rows_of, section

CELLS = st.one_of(
    st.sampled_from(
        ["", "0", "1", "12", "1 234", "-3", "n.d.", "12,5", "1,5", "x", "TOTAL", "CIL001", "99", "=1+1", "\u00a0"]
    ),
    st.text(max_size=8),
)
MEMBERS = st.one_of(st.sampled_from(["CIL001", "CIL002", "CCI003", "CIL009", "CIL de l'Ain", "inconnu", ""]), CELLS)
LINES = st.lists(st.tuples(CELLS, MEMBERS, CELLS, CELLS, CELLS).map(list), max_size=12)


@settings(deadline=None, max_examples=60)
@given(lines=LINES, code=st.sampled_from(["N1A", "N1M"]), batch_rows=st.integers(1, 7))
def test_every_line_is_read_accepted_or_rejected_and_told(lines: list[list[str]], code: str, batch_rows: int) -> None:
    titles = N1A_TITLES if code == "N1A" else N1M_TITLES
    with tempfile.TemporaryDirectory() as folder:
        judged = judge(section(code, titles, lines, batch_rows=batch_rows), Path(folder))
        rows = rows_of(judged)
    assert judged.records_read == judged.records_accepted + judged.records_rejected
    assert judged.records_accepted == len(rows)
    blocked = judged.finding_counts["blocking"] > 0
    faulty = {one.row for one in judged.findings if one.severity is Severity.ERROR and one.row is not None}
    if not blocked:
        assert len(faulty) == judged.records_rejected
        assert not faulty & {row["row"] for row in rows}
    assert judged.complete == (judged.verdict.loads and judged.finding_counts["error"] == 0)
    assert sum(judged.finding_counts.values()) == len(judged.findings)


@settings(deadline=None, max_examples=30)
@given(lines=LINES, first=st.integers(1, 7), second=st.integers(1, 7))
def test_the_same_content_gets_the_same_answer_however_it_is_cut(
    lines: list[list[str]], first: int, second: int
) -> None:
    answers = []
    for batch_rows in (first, second):
        with tempfile.TemporaryDirectory() as folder:
            judged = judge(section("N1M", N1M_TITLES, lines, batch_rows=batch_rows), Path(folder))
            answers.append(
                (judged.verdict, judged.findings, judged.finding_counts, judged.missing_lines, rows_of(judged))
            )
    assert answers[0] == answers[1]


@settings(deadline=None, max_examples=30)
@given(lines=LINES, cap=st.integers(1, 5))
def test_a_cap_on_findings_changes_no_verdict_and_no_count(lines: list[list[str]], cap: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one = section("N1A", N1A_TITLES, lines)
        whole = judge(one, Path(folder))
        capped = judge(one, Path(folder), context(max_findings=cap))
    assert capped.finding_counts == whole.finding_counts
    assert (capped.verdict, capped.records_rejected) == (whole.verdict, whole.records_rejected)
    assert len(capped.findings) == min(cap, len(whole.findings))


COUNT = Column(kind=Kind.COUNT, label="Nb", minimum=0)
AMOUNT = Column(kind=Kind.AMOUNT, label="€", minimum=0, digits=12, decimals=2)


@given(value=st.integers(0, 10**9), space=st.sampled_from(["", " ", "\u00a0", "\u202f"]))
def test_a_count_written_in_french_is_read_back(value: int, space: str) -> None:
    assert parse(COUNT, f"{value:,}".replace(",", space)).value == value


@given(cents=st.integers(0, 10**12 - 1), space=st.sampled_from(["", " ", "\u202f"]), point=st.sampled_from(",."))
def test_an_amount_written_with_two_decimals_is_read_back(cents: int, space: str, point: str) -> None:
    amount = Decimal(cents) / 100
    whole, _, places = f"{amount:,.2f}".partition(".")
    assert parse(AMOUNT, whole.replace(",", space) + point + places).value == amount


@given(text=st.text(max_size=40), column=st.sampled_from([COUNT, AMOUNT]))
def test_any_text_is_a_bounded_figure_or_a_problem(text: str, column: Column) -> None:
    parsed = parse(column, text)
    assert (parsed.value is None) == (parsed.problem is not None)
    assert parsed.value is None or parsed.value >= 0
