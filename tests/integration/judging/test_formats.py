"""The same content in every format gives the same records and the same findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from domain.findings import Finding
from domain.judgement import Judgement
from domain.verdicts import Verdict

FORMATS = (
    "utf-8;",
    "utf-8,",
    "utf-8\t",
    "utf-8|",
    "utf-8-sig;",
    "cp1252;",
    "cp1252\t",
    "iso-8859-15;",
    "utf-16;",
    "utf-16\t",
    "xlsx",
    "xls",
    "ods",
)


def written(files: Any, lines: Sequence[Sequence[Any]], how: str) -> tuple[str, bytes]:
    """The name and bytes of the table written in one of FORMATS."""
    if how in {"xlsx", "xls", "ods"}:
        return f"N1A_2005T1.{how}", getattr(files, how)(("Feuil1", lines))
    if how == "iso-8859-15;":  # has its own euro sign, none here
        return "N1A_2005T1.csv", files.csv(lines, separator=";", encoding="iso-8859-15")
    return "N1A_2005T1.csv", files.csv(lines, separator=how[-1], encoding=how[:-1])


def findings_of(judgement: Judgement) -> list[Finding]:
    return [finding for section in judgement.sections for finding in section.findings]


@pytest.mark.parametrize("how", FORMATS)
def test_a_good_table_gives_the_same_records_in_every_format(
    desk: Any, files: Any, records: Callable[..., Any], how: str
) -> None:
    reference = records(desk("N1A_2005T1.csv", files.csv(files.table())).sections[0])
    judgement = desk(*written(files, files.table(), how))
    section = judgement.sections[0]
    assert section.verdict is Verdict.ACCEPTED, section.findings
    assert (section.collection, str(section.period), section.header_row) == ("N1A", "2005T1", 1)
    assert section.complete
    assert records(section) == reference
    assert [row["code_cil"] for row in reference] == ["CIL001", "CIL002", "CCI003"]
    assert reference[0]["diagnostics_prealables"] == 12


@pytest.mark.parametrize("how", FORMATS)
def test_a_table_full_of_mistakes_gives_the_same_findings_in_every_format(desk: Any, files: Any, how: str) -> None:
    lines = [
        (*files.titles, "Remarque"),
        ("01", "CIL001", 12, 5, 2, "vu"),
        ("63", "CIL002", "douze", None, "-3", None),
        ("69", "CIL de Lion", 3, 3, 1, None),
        ("83", "CIL004", 1, 0, 0, None),
    ]
    reference = desk("N1A_2005T1.csv", files.csv(lines))
    judgement = desk(*written(files, lines, how))
    assert len(findings_of(reference)) >= 5
    assert findings_of(judgement) == findings_of(reference)
    assert judgement.verdict is reference.verdict


@pytest.mark.parametrize("how", FORMATS)
def test_the_official_matrix_is_read_in_every_format(
    desk: Any, files: Any, records: Callable[..., Any], how: str
) -> None:
    plain = desk("N1A_2005T1.csv", files.csv(files.table())).sections[0]
    section = desk(*written(files, files.official(), how)).sections[0]
    assert section.verdict is Verdict.ACCEPTED, section.findings
    assert section.header_row == 5
    assert section.records_read == 3
    assert records(section) == records(plain)


def test_what_was_detected_is_told(desk: Any, files: Any) -> None:
    detected = desk("N1A_2005T1.csv", files.csv(files.official(), encoding="cp1252")).detected
    assert (detected.format, detected.encoding, detected.separator, detected.header_row) == ("csv", "cp1252", ";", 5)
    detected = desk("N1A_2005T1.xlsx", files.xlsx(("N1A", files.table()))).detected
    assert (detected.format, detected.encoding, detected.separator, detected.header_row) == ("xlsx", None, None, 1)


def test_the_same_file_is_judged_the_same_twice(desk: Any, files: Any) -> None:
    content = files.csv([files.titles, ("01", "CIL001", "x", "y", "z"), ("63", "CIL02", 1, 2, 3)])
    first, second = desk("N1A_2005T1.csv", content), desk("N1A_2005T1.csv", content)
    assert findings_of(first) == findings_of(second)
    assert findings_of(first) == sorted(findings_of(first), key=lambda one: one.sort_key)


def test_two_services_in_one_workbook_are_two_sections(desk: Any, files: Any, records: Callable[..., Any]) -> None:
    content = files.xlsx(("N1A", files.official()), ("N1M", files.mobility()), ("Notice", [("Comment remplir",)]))
    judgement = desk("N1A_2005T1.xlsx", content)
    assert [(one.collection, one.sheet, one.verdict) for one in judgement.sections] == [
        ("N1A", "N1A", Verdict.ACCEPTED),
        ("N1M", "N1M", Verdict.ACCEPTED),
    ], findings_of(judgement)
    assert "G-22" in [finding.code for finding in judgement.sections[0].findings]
    assert float(records(judgement.sections[1])[0]["montant_facture_ht"]) == 1250.5


def test_hidden_sheets_do_not_count(desk: Any, files: Any) -> None:
    content = files.xlsx(("Feuil1", files.table()), ("N1A", [("autre",)]), hidden=["N1A"])
    assert [one.verdict for one in desk("N1A_2005T1.xlsx", content).sections] == [Verdict.ACCEPTED]


def test_quarter_and_cumul_side_by_side_load_the_quarter(desk: Any, files: Any, records: Callable[..., Any]) -> None:
    """S1-10, the synthesis that platforms know."""
    titles = files.titles
    lines = [
        ("1er trimestre 2005",),
        (titles[1], titles[2], None, titles[3], None, titles[4], None),
        (None, *("Trimestre", "Cumul depuis le 01/01/05") * 3),
        *((line[1], line[2], 90, line[3], 91, line[4], 92) for line in files.data),
    ]
    section = desk("N1A_2005T1.xlsx", files.xlsx(("N1A", lines))).sections[0]
    assert section.verdict is Verdict.ACCEPTED, section.findings
    assert [row["diagnostics_prealables"] for row in records(section)] == [12, 7, 3]
