"""A correction kit is judged with what it completes: what was asked about a line taken over is still asked."""

from __future__ import annotations

from domain.verdicts import Verdict
from tests.completing_kit import Counter, Table, good_lines, table


def with_past(desk: Counter) -> Table:
    """Two quarters near each other, then the lines of the third."""
    for period, shift in (("2004T3", 0), ("2004T4", 2)):
        lines = [[*line[:2], str(int(line[2]) + 20 + shift), line[3], "1"] for line in good_lines()]
        desk.drop(f"N1A_{period}.csv", table(*lines))
    return [[*line[:2], str(int(line[2]) + 21), line[3], "2"] for line in good_lines()]


def test_a_question_on_a_line_taken_over_is_handed_on_and_not_said_twice(desk: Counter) -> None:
    lines = with_past(desk)
    lines[0][2] = "300"
    lines[1][4] = "-2"
    lines[2][4] = "90"
    first = desk.drop("N1A_2005T1.csv", table(*lines))
    asked = {one.subject for one in first.section.oddities}
    assert first.section.verdict is Verdict.PARTIALLY_ACCEPTED
    assert {(one.code, one.record) for one in asked} == {("A-01", "CIL001"), ("A-01", "CIL003"), ("N1A.R08", "CIL003")}

    kit = first.kit()
    kit[1][kit[0].index("Nb de diagnostics complémentaires (3)")] = "2"
    second = desk.drop("corrige.csv", kit)
    assert (second.section.completes, second.section.carried) == (first.submission_id, 5)
    assert {one.subject for one in second.section.oddities} == asked
    assert {one.row for one in second.section.oddities} == {None}
    assert [one for one in second.codes if one.startswith(("A-", "N1A.R08"))] == []


def test_what_the_kit_itself_changes_is_asked_at_its_row(desk: Counter) -> None:
    lines = with_past(desk)
    lines[1][4] = "-2"
    kit = desk.drop("N1A_2005T1.csv", table(*lines)).kit()
    kit[1][kit[0].index("Nb de diagnostics complémentaires (3)")] = "2"
    kit[1][kit[0].index("Nb de diagnostics préalables (1)")] = "250"
    answered = desk.drop("corrige.csv", kit)
    [oddity] = answered.section.oddities
    assert (oddity.subject.code, oddity.subject.record, oddity.row) == ("A-01", "CIL002", 2)
    assert answered.section.verdict is Verdict.ACCEPTED_WITH_WARNINGS


def test_judged_again_the_same_questions_are_asked(desk: Counter) -> None:
    lines = with_past(desk)
    lines[0][2] = "300"
    first = desk.drop("N1A_2005T1.csv", table(*lines))
    desk.drop("N1A_2004T4.csv", table(*[[*line[:2], "299", *line[3:]] for line in lines]))
    again = desk.judged(first.outcome.dropped)
    assert again.section.oddities == first.section.oddities
    assert [one.subject.code for one in first.section.oddities] == ["A-01"]
