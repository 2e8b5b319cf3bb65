"""From bytes to verdict: nil returns, doublons, refusals, destructions."""

from __future__ import annotations

import hashlib
import zipfile
from io import BytesIO
from typing import Any

import pytest

from domain.errors import Park, Retry
from domain.findings import Severity
from domain.judgement import Judgement
from domain.periods import Period
from domain.submissions import Box
from domain.verdicts import Verdict
from ingest.reading.client import Reader

NIR = "269054958815780"


def codes(judgement: Judgement) -> list[str]:
    return [finding.code for section in judgement.sections for finding in section.findings]


def test_neant_is_a_nil_return_in_every_format(desk: Any, files: Any) -> None:
    for name, content in (
        ("N1A_2005T1.csv", b"NEANT"),
        ("N1A_2005T1.csv", "État néant\r\n".encode("cp1252")),
        ("N1A_2005T1.csv", files.csv([files.titles, ("NEANT",)])),
        ("N1A_2005T1.xlsx", files.xlsx(("N1A", [("Titre",), files.titles, (None, "néant")]))),
        ("N1A_2005T1.ods", files.ods(("N1A", [("NEANT",)]))),
    ):
        judgement = desk(name, content)
        section = judgement.sections[0]
        assert (judgement.verdict, section.nil, section.records_read, section.rows) == (Verdict.NIL, True, 0, None)
        assert codes(judgement) == ["G-24"]


def test_bytes_in_force_are_a_doublon_and_are_not_loaded(desk: Any, files: Any) -> None:
    content = files.csv(files.table())
    desk.ledger.sha256 = hashlib.sha256(content).hexdigest()
    judgement = desk("N1A_2005T1.csv", content)
    assert judgement.verdict is Verdict.DUPLICATE
    assert codes(judgement) == ["G-23"]
    assert "20050402-090000-abcdef" in judgement.sections[0].findings[0].message
    assert judgement.sections[0].rows is None
    assert desk("N1A_2005T1.csv", content, box=Box.ESSAI).verdict is Verdict.ACCEPTED


def test_the_line_of_another_platforms_member_is_an_error_of_the_line(desk: Any, files: Any) -> None:
    section = desk("N1A_2005T1.csv", files.csv(files.table(("83", "CIL004", 1, 0, 0)))).sections[0]
    assert section.verdict is Verdict.PARTIALLY_ACCEPTED
    assert (section.records_accepted, section.records_rejected) == (3, 1)
    assert any(finding.row == 5 and finding.severity is Severity.ERROR for finding in section.findings)


def test_an_unknown_member_gets_a_suggestion(desk: Any, files: Any) -> None:
    lines = [files.titles, *files.data[:2], ("69", "CCI de Lion", 3, 3, 1)]
    section = desk("N1A_2005T1.csv", files.csv(lines)).sections[0]
    finding = next(one for one in section.findings if one.row == 4)
    assert "CCI de Lyon" in f"{finding.message} {finding.hint}"


def test_a_missing_title_names_what_it_may_be(desk: Any, files: Any) -> None:
    titles = (*files.titles[:2], "Nb de diagnostic prealable", *files.titles[3:])
    judgement = desk("N1A_2005T1.csv", files.csv([titles, *files.data]))
    finding = next(one for one in judgement.sections[0].findings if one.code == "G-06")
    assert judgement.verdict is Verdict.REJECTED
    assert finding.hint is not None
    assert "Nb de diagnostic prealable" in finding.hint


def test_a_title_that_comes_twice_is_refused(desk: Any, files: Any) -> None:
    titles = (*files.titles, "Diagnostics préalables")
    judgement = desk("N1A_2005T1.csv", files.csv([titles, *((*line, 9) for line in files.data)]))
    assert judgement.verdict is Verdict.REJECTED
    assert "G-06" in codes(judgement)


def test_one_line_of_another_platform_or_period_is_an_error_of_the_line(desk: Any, files: Any) -> None:
    lines = [("annee", "Plate-forme", *files.titles), *(("2005", "PF03", *line) for line in files.data)]
    lines[3] = ("2004", "PF04", *files.data[2])
    section = desk("N1A_2005T1.csv", files.csv(lines)).sections[0]
    assert section.verdict is Verdict.PARTIALLY_ACCEPTED
    assert {finding.row for finding in section.findings if finding.code == "G-20"} == {4}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("N1A_PF04_2005T1_v01.csv", "G-02"),
        ("N1A_2005T2.csv", "G-04"),
        ("N1A_2005.csv", "G-04"),
        ("N1M_2005T1.csv", "G-01"),
        ("N1X_2005.csv", "G-01"),
        ("envoi.csv", "G-01"),
        ("N1A_T1-2005.csv", "G-01"),
    ],
)
def test_a_wrong_name_is_refused_with_a_way_out(desk: Any, files: Any, name: str, code: str) -> None:
    judgement = desk(name, files.csv(files.table()))
    assert judgement.verdict is Verdict.REJECTED
    assert codes(judgement) == [code]
    assert judgement.sections[0].findings[0].hint
    assert judgement.sections[0].rows is None


def test_a_file_without_a_line_is_refused(desk: Any, files: Any) -> None:
    for content in (b"", b"\r\n\r\n", files.csv([files.titles])):
        judgement = desk("N1A_2005T1.csv", content)
        assert judgement.verdict is Verdict.REJECTED
        assert "G-08" in codes(judgement)


def test_what_is_no_table_gets_its_own_answer(desk: Any, files: Any) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as stream:
        stream.writestr("N1A_2005T1.csv", files.csv(files.table()))
    told = {
        kind: desk(name, content).sections[0].findings[0]
        for kind, name, content in (
            ("pdf", "N1A_2005T1.pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"),
            ("archive", "N1A_2005T1.zip", archive.getvalue()),
            ("corrupt", "N1A_2005T1.xlsx", files.xlsx(("N1A", files.table()))[:900]),
            ("image", "N1A_2005T1.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(64)),
        )
    }
    assert {finding.severity for finding in told.values()} == {Severity.BLOCKING}
    assert len({finding.message for finding in told.values()}) == 4
    assert {kind: finding.cause for kind, finding in told.items()} == {kind: f"G-05:{kind}" for kind in told}


def test_an_unreadable_file_keeps_the_collection_and_period_of_its_name(desk: Any) -> None:
    section = desk("N1A_2005T1.pdf", b"%PDF-1.4\n").sections[0]
    assert (section.collection, section.slug, section.period) == ("N1A", "assistance_trimestrielle", Period(2005, 1))
    section = desk("scan.pdf", b"%PDF-1.4\n").sections[0]
    assert (section.collection, section.slug, section.period) == (None, None, None)


@pytest.mark.parametrize("where", ["data", "title", "ignored sheet", "unidentified"])
def test_a_nir_destroys_the_whole_file_and_is_never_quoted(desk: Any, files: Any, where: str) -> None:
    sheets = [("N1A", files.table()), ("N1M", files.mobility())]
    name = "N1A_2005T1.xlsx"
    if where == "data":
        sheets[0] = ("N1A", files.table(("01", "CIL001", "2 69 05 49 588 157 80", 1, 1)))
    elif where == "title":
        sheets[0] = ("N1A", [(f"Établi par {NIR}",), *files.table()])
    elif where == "ignored sheet":
        sheets.append(("Brouillon", [("x", NIR)]))
    else:
        sheets, name = [("DURAND", [("a", "b"), ("c", NIR)])], "liste.xlsx"
    judgement = desk(name, files.xlsx(*sheets))
    assert judgement.destroy
    assert judgement.verdict is Verdict.DESTROYED
    assert [section.verdict for section in judgement.sections] == [Verdict.DESTROYED]
    assert codes(judgement) == ["G-12"]
    assert judgement.sections[0].rows is None
    assert NIR not in str(judgement)
    assert "269" not in str(judgement.sections)
    assert "DURAND" not in str(judgement)


def test_filled_nominative_columns_destroy_the_file(desk: Any, files: Any) -> None:
    lines = [(*files.titles, "Nom", "Prénom"), *((*line, "DURAND", "Paul") for line in files.data)]
    for content, name in ((files.csv(lines), "N1A_2005T1.csv"), (files.ods(("N1A", lines)), "N1A_2005T1.ods")):
        judgement = desk(name, content)
        assert judgement.destroy
        assert [finding.cell for finding in judgement.sections[0].findings] == ["F1", "G1"]
        assert "DURAND" not in str(judgement)


def test_a_column_of_member_names_does_not(desk: Any, files: Any) -> None:
    names = ("CIL de l'Ain", "Logis d'Auvergne", "CCI de Lyon")
    lines = [(*files.titles, "Nom"), *((*line, name) for line, name in zip(files.data, names, strict=True))]
    assert desk("N1A_2005T1.csv", files.csv(lines)).verdict is Verdict.ACCEPTED_WITH_WARNINGS


def test_anonymity_comes_before_any_other_refusal(desk: Any, files: Any) -> None:
    judgement = desk("N1A_PF04_2009T1.csv", files.csv([*files.table(), (NIR,)]))
    assert codes(judgement) == ["G-12"]


def test_without_a_register_the_file_is_judged_all_the_same(desk: Any, files: Any) -> None:
    judgement = desk("N1A_2005T1.csv", files.csv(files.table()), directory=None, organisation=None)
    assert judgement.verdict in {Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS}
    assert judgement.directory_version is None


def test_an_account_of_nobody_is_refused_because_of_the_register_only(desk: Any, files: Any) -> None:
    section = desk("N1A_2005T1.csv", files.csv(files.table()), account="pf77").sections[0]
    assert section.verdict is Verdict.REJECTED
    assert section.register_only


def test_a_format_that_the_extension_does_not_say_is_read_and_told(desk: Any, files: Any) -> None:
    judgement = desk("N1A_2005T1.xlsx", files.csv(files.table()))
    assert judgement.verdict is Verdict.ACCEPTED
    assert codes(judgement) == ["G-25"]


def test_our_own_bugs_park_the_file(desk: Any, files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("ingest.judging.check_rules", broken)
    with pytest.raises(Park, match="20050418-101502-7f3a9c"):
        desk("N1A_2005T1.csv", files.csv(files.table()))


def test_a_full_disk_is_tried_again(desk: Any, files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ingest.judging.check_schema", full)
    with pytest.raises(Retry):
        desk("N1A_2005T1.csv", files.csv(files.table()))


def test_one_judge_serves_many_files(desk: Any, files: Any, reader: Reader) -> None:
    assert desk.judge.reader is reader
    verdicts = [
        desk("N1A_2005T1.csv", content).verdict for content in (files.csv(files.table()), b"\0\1\2", b"NEANT") * 3
    ]
    assert verdicts == [Verdict.ACCEPTED, Verdict.REJECTED, Verdict.NIL] * 3
