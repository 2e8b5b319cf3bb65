"""Which kits are written, under which names, and what is never in them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from domain.findings import Finding, Severity
from domain.judgement import Detected, Judgement, SectionJudgement
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.answering import kit as kits
from ingest.answering.kit import write_kits
from tests.stages_kit import context

NUMBER = "20050418-101502-7f3a9c"
SLUG = "assistance_trimestrielle"


def rejected(folder: Path, *lines: tuple[int, bool, str, str], cases: bool = False) -> Path:
    facts = [("code_cil", "CIL/CCI", "code", False), ("nombre", "Nb", "", True)]
    fields = [pa.field("row", pa.int32(), nullable=False), pa.field("bad", pa.bool_(), nullable=False)]
    fields += [
        pa.field(name, pa.string(), metadata={"title": title, "fill": fill, "number": json.dumps(number)})
        for name, title, fill, number in facts
    ]
    told = {"cases": cases, "lines": {"": [{}]}, "cumuls": {"": []}}
    schema = pa.schema(fields, metadata={key: json.dumps(value) for key, value in told.items()})
    path = folder / f"rejected-{len(list(folder.iterdir()))}.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        if lines:
            columns = [pa.array([line[place] for line in lines], fields[place].type) for place in range(4)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    return path


def section(path: Path | None, period: str = "2005T1", **values: Any) -> SectionJudgement:
    return SectionJudgement(
        collection="N1A",
        slug=SLUG,
        period=Period.parse(period),
        sheet=None,
        verdict=Verdict.PARTIALLY_ACCEPTED,
        rejected=path,
        **values,
    )


def judged(*sections: SectionJudgement) -> Judgement:
    return Judgement(
        detected=Detected(),
        sections=sections,
        rules_version="x",
        judged_at=context().now,
        directory_version=None,
    )


def lines(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))


def error(row: int, message: str, severity: Severity = Severity.ERROR, **values: Any) -> Finding:
    return Finding(code="G-10", severity=severity, row=row, message=message, **values)


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    folder = tmp_path / "answer"
    folder.mkdir()
    return folder


def test_nothing_to_give_back_nothing_written(tmp_path: Path, answer: Path) -> None:
    assert write_kits(judged(section(None), section(rejected(tmp_path))), NUMBER, answer) == ()
    assert list(answer.iterdir()) == []


def test_a_second_table_of_the_same_collection_has_its_period_in_its_name(tmp_path: Path, answer: Path) -> None:
    one, other = (section(rejected(tmp_path, (2, True, "CIL001", "x")), period) for period in ("2005T1", "2005T2"))
    made = write_kits(judged(one, other), NUMBER, answer)
    stem = f"a_corriger_{SLUG}"
    assert [path.name for path in made] == [f"{stem}.csv", f"{stem}.xlsx", f"{stem}_2005t2.csv", f"{stem}_2005t2.xlsx"]


def test_messages_stand_with_their_line_errors_first(tmp_path: Path, answer: Path) -> None:
    path = rejected(tmp_path, (2, True, "CIL001", "x"), (5, True, "CIL002", "y"), (6, False, "CIL003", "1"))
    findings = (
        error(2, "Douteux.", Severity.WARNING),
        error(2, "Faux.", hint="Corrigez."),
        error(2, "Lu.", Severity.INFO),
        error(9, "Ailleurs."),
    )
    write_kits(judged(section(path, findings=findings)), NUMBER, answer)
    told = [line[2] for line in lines(answer / f"a_corriger_{SLUG}.csv")[1:]]
    assert told == [
        "Erreur\u00a0: Faux. → Corrigez. • À confirmer\u00a0: Douteux.",
        "Message non listé\u00a0: voir le rapport.",
        "",
    ]


def test_a_bad_cell_is_marked_and_commented_in_the_workbook(tmp_path: Path, answer: Path) -> None:
    path = rejected(tmp_path, (4, True, "CIL001", "007"), (5, True, "=1+1", "12,5"))
    write_kits(judged(section(path, findings=(error(4, "Faux.", column="nombre"),))), NUMBER, answer)
    sheet = openpyxl.load_workbook(answer / f"a_corriger_{SLUG}.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[1]] == [
        "guichet_depot",
        "guichet_ligne",
        "guichet_messages",
        "CIL/CCI",
        "Nb",
        "justification",
    ]
    assert (sheet["E2"].value, sheet["E2"].font.bold) == ("007", True)
    assert sheet["E2"].comment is not None
    assert "Faux." in sheet["E2"].comment.text
    assert (sheet["D3"].value, sheet["D3"].data_type, sheet["D3"].number_format) == ("=1+1", "s", "@")
    assert (sheet["E3"].value, sheet["E3"].comment) == (12.5, None)
    assert sheet.freeze_panes == "A2"


def test_a_collection_of_cases_has_no_justification(tmp_path: Path, answer: Path) -> None:
    write_kits(judged(section(rejected(tmp_path, (2, True, "a", "b"), cases=True))), NUMBER, answer)
    assert lines(answer / f"a_corriger_{SLUG}.csv")[0] == [
        "guichet_depot",
        "guichet_ligne",
        "guichet_messages",
        "CIL/CCI",
        "Nb",
    ]


def test_missing_lines_are_there_alone_too(tmp_path: Path, answer: Path) -> None:
    path = rejected(tmp_path)
    write_kits(judged(section(path, missing_lines=("CIL001",))), NUMBER, answer, directory=context().directory)
    assert lines(answer / f"a_corriger_{SLUG}.csv")[1][:1] == [NUMBER]
    assert lines(answer / f"a_corriger_{SLUG}.csv")[1][3:] == ["CIL001", "", ""]


def test_a_very_big_kit_has_no_workbook(tmp_path: Path, answer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kits, "MOST_CELLS", 11)
    path = rejected(tmp_path, (2, True, "CIL001", "x"), (3, True, "CIL002", "x"))
    assert [one.suffix for one in write_kits(judged(section(path)), NUMBER, answer)] == [".csv"]
