"""The correction kit, from the refusal to what is in force: mended, merged by key, judged as a whole."""

from __future__ import annotations

import io
import shutil
import subprocess
from typing import TYPE_CHECKING

import openpyxl
import pytest

from domain.errors import Retry
from domain.findings import Severity
from domain.submissions import Box
from domain.verdicts import Verdict
from tests.completing_kit import (
    KIT,
    SLUG,
    TITLES,
    Answered,
    as_csv,
    as_xlsx,
    good_lines,
    network,
    read_xlsx,
    table,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.completing_kit import Counter, Table

OWN = ["guichet_depot", "guichet_ligne", "guichet_messages"]


def one_bad() -> Table:
    """CIL003 has a figure that is not one (row 4)."""
    lines = good_lines()
    lines[2][2] = "douze"
    return table(*lines)


def mended(kit: Table, **cells: str) -> Table:
    """The kit with the third column of some members corrected."""
    code = 3 + TITLES.index("CIL/CCI qui réalise le service")
    return [
        kit[0],
        *([*line[: code + 1], cells.get(line[code], line[code + 1]), *line[code + 2 :]] for line in kit[1:]),
    ]


def refused(desk: Counter, **values: Box) -> Answered:
    return desk.drop("N1A_2005T1.csv", one_bad(), **values)


def test_the_kit_holds_the_rejected_lines_as_written_with_their_messages(desk: Counter) -> None:
    first = refused(desk)
    assert sorted(first.kits) == [KIT, f"a_corriger_{SLUG}.xlsx"]
    titles, line = first.kit()
    assert titles == [*OWN, *TITLES, "justification"]
    assert line[:2] == [first.submission_id, "4"]
    assert "Erreur" in line[2]
    assert "n’est pas un nombre" in line[2]
    assert line[3:] == ["01", "CIL003", "douze", "2", "1", ""]
    assert first.kits[KIT].startswith(b"\xef\xbb\xbf")
    assert first.kits[KIT].endswith(b"\r\n")


def test_the_workbook_says_the_same(desk: Counter) -> None:
    titles, line = read_xlsx(refused(desk).kits[f"a_corriger_{SLUG}.xlsx"])
    assert titles == [*OWN, *TITLES, "justification"]
    assert line[3:] == ["01", "CIL003", "douze", 2, 1, None]


def test_a_right_file_has_no_kit(desk: Counter) -> None:
    assert desk.drop("N1A_2005T1.csv", table(*good_lines())).kits == {}


@pytest.mark.parametrize("name", ["copie de.csv", "Classeur1.xlsx", KIT, "N1M_2004T4.csv", "N2A_2005.csv"])
def test_mended_and_dropped_under_any_name_it_is_merged_with_what_was_accepted(desk: Counter, name: str) -> None:
    first = refused(desk)
    kit = mended(first.kit(), CIL003="12")
    second = desk.drop(name, as_xlsx(kit) if name.endswith("xlsx") else as_csv(kit))
    assert second.section.verdict is Verdict.ACCEPTED, second.section.findings
    assert (second.in_force, second.section.complete) == (True, True)
    assert (second.section.completes, second.section.carried) == (first.submission_id, 5)
    assert (second.section.records_read, second.section.records_accepted) == (6, 6)
    assert desk.figures()["CIL003"] == (12, 2, 1)
    assert desk.figures()["CIL001"] == (10, 0, 1)
    assert len(desk.figures()) == 6


def test_a_record_taken_over_says_where_it_was_first_read(desk: Counter) -> None:
    first = refused(desk)
    second = desk.drop("x.csv", mended(first.kit(), CIL003="12"))
    origins = {row["code_cil"]: (row["depot_origine"], row["ligne_origine"]) for row in desk.rows()}
    assert origins["CIL001"] == (first.submission_id, 2)
    assert origins["CIL003"] == (None, None)
    assert {row["submission_id"] for row in desk.rows()} == {second.submission_id}


def test_a_correction_of_a_correction_keeps_the_first_origin(desk: Counter) -> None:
    lines = good_lines()
    lines[1][2], lines[2][2] = "x", "y"
    first = desk.drop("N1A_2005T1.csv", table(*lines))
    second = desk.drop("a.csv", mended(first.kit(), CIL002="3"))
    assert second.section.verdict is Verdict.PARTIALLY_ACCEPTED
    third = desk.drop("b.csv", mended(second.kit(), CIL003="4"))
    assert third.section.completes == second.submission_id
    assert third.section.verdict is Verdict.ACCEPTED
    origins = {row["code_cil"]: (row["depot_origine"], row["ligne_origine"]) for row in desk.rows()}
    assert origins["CIL001"] == (first.submission_id, 2)
    assert origins["CIL002"] == (second.submission_id, 2)
    assert origins["CIL003"] == (None, None)
    assert len({row["row"] for row in desk.rows()}) == 6


def test_the_first_kit_dropped_again_builds_on_what_is_in_force(desk: Counter) -> None:
    """Two persons mend two lines of the same kit: the second does not undo the first."""
    lines = good_lines()
    lines[1][2], lines[2][2] = "x", "y"
    first = desk.drop("N1A_2005T1.csv", table(*lines))
    kit = first.kit()
    desk.drop("a.csv", mended([kit[0], kit[1]], CIL002="3"))
    last = desk.drop("b.csv", mended([kit[0], kit[2]], CIL003="4"))
    assert last.section.verdict is Verdict.ACCEPTED
    assert (desk.figures()["CIL002"][0], desk.figures()["CIL003"][0]) == (3, 4)


def test_lines_may_be_added_and_an_added_one_takes_the_place_of_an_accepted_one(desk: Counter) -> None:
    first = refused(desk)
    kit = mended(first.kit(), CIL003="12")
    kit.append([*kit[1][:3], "01", "CIL001", "99", "1", "1", ""])  # a line copied, number and all
    second = desk.drop("x.csv", kit)
    assert (second.section.verdict, second.section.carried) == (Verdict.ACCEPTED, 4)
    assert desk.figures()["CIL001"] == (99, 1, 1)


def test_a_bad_line_never_destroys_an_accepted_one(desk: Counter) -> None:
    first = refused(desk)
    kit = mended(first.kit(), CIL003="12")
    kit.append([first.submission_id, "", "", "01", "CIL001", "cent", "1", "1", ""])
    second = desk.drop("x.csv", kit)
    assert second.section.verdict is Verdict.PARTIALLY_ACCEPTED
    assert desk.figures()["CIL001"] == (10, 0, 1)
    assert [line[4] for line in second.kit()[1:]] == ["CIL001"]


def test_a_line_twice_in_the_kit_leaves_the_accepted_one(desk: Counter) -> None:
    first = refused(desk)
    kit = mended(first.kit(), CIL003="12")
    kit += [[first.submission_id, "", "", "01", "CIL001", figure, "1", "1", ""] for figure in ("98", "99")]
    second = desk.drop("x.csv", kit)
    assert second.codes.count("G-09") == 2
    assert desk.figures()["CIL001"] == (10, 0, 1)


def test_a_missing_line_is_prefilled_and_completes_the_whole(desk: Counter) -> None:
    first = desk.drop("N1A_2005T1.csv", table(*good_lines()[:-1]))
    titles, line = first.kit()
    assert len(titles) == len(line)
    assert line == [
        first.submission_id,
        "",
        "Ligne attendue, absente du fichier\u00a0: à compléter.",
        "01",
        "CIL006",
        "",
        "",
        "",
        "",
    ]
    line[5:8] = ["1", "0", "0"]
    second = desk.drop("complément.csv", [titles, line])
    assert (second.section.verdict, second.section.complete) == (Verdict.ACCEPTED, True)
    assert desk.figures()["CIL006"] == (1, 0, 0)


def test_an_expected_line_that_nobody_filled_is_still_missing_and_nothing_else(desk: Counter) -> None:
    """The line of CIL006 was there, under a name that nobody knows: its own line in the kit stays empty."""
    lines = good_lines()
    lines[5][1] = "Logis de l'Inconnu"
    first = desk.drop("N1A_2005T1.csv", table(*lines))
    kit = first.kit()
    assert [line[4] for line in kit[1:]] == ["Logis de l'Inconnu", "CIL006"]
    alone = desk.drop("a.csv", [kit[0], kit[2]])
    assert alone.codes == ["G-08", "G-18"]
    kit[1][4] = "CIL006"
    second = desk.drop("x.csv", kit)
    assert (second.section.verdict, second.section.records_read) == (Verdict.ACCEPTED, 6)


def test_a_file_refused_as_a_whole_is_given_back_whole(desk: Counter) -> None:
    lines = good_lines()
    for line in lines[:4]:
        line[2] = "?"
    first = desk.drop("N1A_2005T1.csv", table(*lines))
    assert (first.section.verdict, "G-17" in first.codes) == (Verdict.REJECTED, True)
    kit = first.kit()
    assert [line[4] for line in kit[1:]] == [line[1] for line in lines]
    assert [bool(line[2]) for line in kit[1:]] == [True] * 4 + [False] * 2
    second = desk.drop("x.csv", mended(kit, CIL001="1", CIL002="2", CIL003="3", CIL004="4"))
    assert (second.section.verdict, second.section.completes) == (Verdict.ACCEPTED, None)
    assert len(desk.figures()) == 6


def test_a_table_without_its_columns_has_no_kit(desk: Counter) -> None:
    rows = [line[:-1] for line in one_bad()]
    first = desk.drop("N1A_2005T1.csv", rows)
    assert (first.section.verdict, first.kits) == (Verdict.REJECTED, {})


def test_the_annotated_copy_is_a_complete_file_what_is_not_in_it_is_gone(desk: Counter) -> None:
    first = refused(desk)
    copy = [
        [*OWN, *TITLES],
        *([first.submission_id, str(place + 2), "", *line] for place, line in enumerate(good_lines()[:-1])),
    ]
    second = desk.drop("annote.csv", copy)
    assert (second.section.completes, second.section.carried) == (None, 0)
    assert second.section.missing_lines == ("CIL006",)


def test_the_annotated_copy_of_a_kit_is_a_kit(desk: Counter) -> None:
    lines = good_lines()
    lines[1][2], lines[2][2] = "x", "y"
    first = desk.drop("N1A_2005T1.csv", table(*lines))
    second = desk.drop("a.csv", mended(first.kit(), CIL002="3"))
    copy = [[*OWN, *TITLES]]
    copy += [
        [second.submission_id, str(row), "", "01", code, "7", "1", "1"] for row, code in ((2, "CIL002"), (3, "CIL003"))
    ]
    third = desk.drop("annote.csv", copy)
    assert (third.section.verdict, third.section.carried) == (Verdict.ACCEPTED, 4)


def test_a_kit_that_is_refused_as_a_whole_can_be_mended_too(desk: Counter) -> None:
    lines = good_lines()
    lines[1][2], lines[2][2] = "x", "y"
    first = desk.drop("N1A_2005T1.csv", table(*lines))
    kit = first.kit()
    kit += [[first.submission_id, "", "", "01", f"INCONNU{number}", "1", "1", "1", ""] for number in range(9)]
    second = desk.drop("a.csv", kit)
    assert (second.section.verdict, second.section.completes) == (Verdict.REJECTED, first.submission_id)
    mending = mended(second.kit(), CIL002="3", CIL003="4")
    third = desk.drop("b.csv", [line for line in mending if not line[4].startswith("INCONNU")])
    assert (third.section.verdict, third.section.completes) == (Verdict.ACCEPTED, first.submission_id)
    assert len(desk.figures()) == 6


def test_a_total_in_a_kit_is_not_compared(desk: Counter) -> None:
    first = refused(desk)
    kit = mended(first.kit(), CIL003="12")
    kit.append(["", "", "", "Total service CIL-PASS assistance", "", "12", "2", "1", ""])
    second = desk.drop("x.csv", kit)
    assert second.section.verdict is Verdict.ACCEPTED, second.section.findings


def test_no_remark_on_order_and_no_row_number_of_the_former_file(desk: Counter) -> None:
    first = refused(desk)
    desk.directory = network(version=2, left=["CIL005"])
    second = desk.drop("x.csv", mended(first.kit(), CIL003="12"))
    [gone] = [one for one in second.section.findings if one.severity is Severity.ERROR]
    assert (gone.row, gone.cell) == (None, None)
    assert "CIL005" in gone.message
    assert f"ligne 6 du dépôt n°\u00a0{first.submission_id}" in gone.message or first.submission_id in gone.message
    assert second.section.records_rejected == 1
    assert "CIL005" not in desk.figures()


# -- which deposit --------------------------------------------------------------------------------------------------


def answer(one: Answered, named: str) -> list[tuple[str, str, str | None, str | None]]:
    """What the depositor reads, less the number that they wrote."""
    return [
        (found.code, found.message.replace(named, "N"), found.hint, (found.value or "").replace(named, "N"))
        for found in one.section.findings
    ]


def test_another_accounts_deposit_is_an_unknown_one(desk: Counter) -> None:
    """Same words, and not a row of it."""
    first = refused(desk)
    unknown = "20050418-101502-ffffff"
    kit = mended(first.kit(), CIL003="12")
    spied = desk.drop("spy.csv", kit, account="pf05")
    wrong = desk.drop("spy.csv", [kit[0], [unknown, *kit[1][1:]]], account="pf05")
    assert answer(spied, first.submission_id) == answer(wrong, unknown)
    assert (spied.codes, spied.section.verdict) == (["G-28"], Verdict.REJECTED)
    assert (spied.section.records_read, spied.section.completes, spied.kits) == (0, None, {})
    assert (spied.section.collection, spied.section.period) == (wrong.section.collection, wrong.section.period)
    assert {row["submission_id"] for row in desk.rows()} == {first.submission_id}


def test_even_with_a_good_name_another_accounts_deposit_is_an_unknown_one(desk: Counter) -> None:
    first = refused(desk)
    kit = mended(first.kit(), CIL003="12")
    spied = desk.drop("N1A_2005T1.csv", kit, account="pf05")
    assert (spied.codes, spied.section.verdict) == (["G-28"], Verdict.REJECTED)


@pytest.mark.parametrize("told", ["n'importe quoi", "20050418-101502-000000", "=1+1"])
def test_a_mistyped_number_is_said(desk: Counter, told: str) -> None:
    first = refused(desk)
    kit = mended(first.kit(), CIL003="12")
    second = desk.drop("x.csv", [kit[0], [told, *kit[1][1:]]])
    assert second.codes == ["G-28"]


def test_a_number_in_capitals_is_the_same(desk: Counter) -> None:
    first = refused(desk)
    kit = mended(first.kit(), CIL003="12")
    kit[1][0] = f" {first.submission_id.upper()} "
    assert desk.drop("x.csv", kit).section.verdict is Verdict.ACCEPTED


def test_two_deposits_in_one_table_are_refused(desk: Counter) -> None:
    first, second = refused(desk), refused(desk)
    kit = mended(first.kit(), CIL003="12")
    kit.append([second.submission_id, *kit[1][1:]])
    third = desk.drop("x.csv", kit)
    assert third.codes == ["G-29", "G-18"]
    assert first.submission_id in third.section.findings[0].message
    assert third.kits == {}


def test_a_deposit_that_came_since_is_not_undone(desk: Counter) -> None:
    first = refused(desk)
    lines = good_lines()
    lines[0][2] = "50"
    since = desk.drop("N1A_2005T1.csv", table(*lines))
    late = desk.drop("x.csv", mended(first.kit(), CIL003="12"))
    assert late.codes == ["G-30", "G-18"]
    assert since.submission_id in late.section.findings[0].message
    assert desk.figures()["CIL001"][0] == 50


def test_a_withdrawn_deposit_is_not_completed(desk: Counter) -> None:
    first = refused(desk)
    desk.ledger.withdraw(first.submission_id, reason="essai", author="uesl", now=first.outcome.judgement.judged_at)
    assert desk.drop("x.csv", mended(first.kit(), CIL003="12")).codes == ["G-31", "G-18"]


def test_a_name_that_says_another_period_gives_way_and_it_is_said(desk: Counter) -> None:
    first = refused(desk)
    second = desk.drop("N1A_2004T4.csv", mended(first.kit(), CIL003="12"))
    assert second.section.period is not None
    assert (second.section.period.code, second.codes) == ("2005T1", ["G-25"])


def test_a_deposit_that_was_not_even_read_gives_way_to_the_name(desk: Counter) -> None:
    """The period was wrong: its name is what was to be mended."""
    desk.opens_at = desk.opens_at.replace(month=7)
    lines = [[*line, "2"] for line in good_lines()]
    wrong = desk.drop("N1A_2005T1.csv", [[*TITLES, "Trimestre"], *lines])
    assert wrong.section.verdict is Verdict.REJECTED
    copy = [
        [*OWN, *TITLES, "Trimestre"],
        *([wrong.submission_id, str(place + 2), "", *line] for place, line in enumerate(lines)),
    ]
    again = desk.drop("N1A_2005T2.csv", copy)
    assert again.section.period is not None
    assert (again.section.period.code, again.section.verdict) == ("2005T2", Verdict.ACCEPTED)


def test_a_trial_is_completed_in_the_deposit_box_and_the_other_way_round(desk: Counter) -> None:
    trial = refused(desk, box=Box.ESSAI)
    assert desk.figures() == {}
    deposit = desk.drop("x.csv", mended(trial.kit(), CIL003="12"))
    assert (deposit.section.verdict, deposit.section.completes) == (Verdict.ACCEPTED, trial.submission_id)
    assert len(desk.figures()) == 6
    bad = refused(desk)
    tried = desk.drop("x.csv", mended(bad.kit(), CIL003="13"), box=Box.ESSAI)
    assert (tried.section.verdict, tried.section.carried) == (Verdict.ACCEPTED, 5)
    assert desk.figures()["CIL003"][0] == 12


def test_a_trial_whose_rows_are_no_longer_kept_cannot_be_completed(desk: Counter) -> None:
    trial = refused(desk, box=Box.ESSAI)
    kit = mended(trial.kit(), CIL003="12")
    desk.store.forget(trial.submission_id)
    assert desk.drop("x.csv", kit).codes == ["G-31", "G-18"]


def test_the_same_kit_twice_is_a_doublon_while_it_is_in_force(desk: Counter) -> None:
    first = refused(desk)
    kit = as_csv(mended(first.kit(), CIL003="12"))
    desk.drop("x.csv", kit)
    assert desk.drop("y.csv", kit).section.verdict is Verdict.DUPLICATE


def test_judged_again_it_takes_over_the_same_records_under_the_same_numbers(desk: Counter) -> None:
    first = refused(desk)
    kit = mended(first.kit(), CIL003="12")
    kit.append([first.submission_id, "", "", "01", "CIL007", "5", "1", "1", ""])  # not yet in the register
    second = desk.drop("x.csv", kit)
    assert second.section.verdict is Verdict.PARTIALLY_ACCEPTED
    before = {row["row"]: row["code_cil"] for row in desk.rows()}
    desk.directory = network(version=2, count=7)
    assert desk.ledger.reopen_for_register(2, second.outcome.dropped.received_at) == 1
    again = desk.judged(second.outcome.dropped)
    assert again.section.verdict is Verdict.ACCEPTED
    after = {row["row"]: row["code_cil"] for row in desk.rows()}
    assert after == {**before, 3: "CIL007"}
    assert again.section.completes == first.submission_id


def test_a_deposit_that_comes_in_force_meanwhile_is_seen(desk: Counter) -> None:
    """Judged at the same time by another worker: the kit is judged again rather than undoing it."""
    first = refused(desk)
    lines = good_lines()
    lines[0][2] = "50"

    def meanwhile(_judgement: object) -> None:
        desk.numbers = iter([4, 90])
        desk.drop("N1A_2005T1.csv", table(*lines))

    desk.numbers = iter([5, 80])  # received last, judged first
    with pytest.raises(Retry):
        desk.drop("x.csv", mended(first.kit(), CIL003="12"), before=meanwhile)
    assert desk.figures()["CIL001"][0] == 50


# -- what must come back as it was ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+33 x", "-x", "@somme", "'=1", "-3", "''=x", "＝x", "a\nb", '"; "'])
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_what_would_run_in_a_spreadsheet_is_harmless_and_comes_back_the_same(
    desk: Counter, text: str, format_: str
) -> None:
    lines = good_lines()
    lines[2][2] = text
    first = desk.drop("N1A_2005T1.csv", table(*lines))
    name = f"a_corriger_{SLUG}.{format_}"
    if format_ == "csv":
        cell = first.kit()[1][5]
        assert not cell.startswith(("=", "@", "＝")) or cell == text
        assert cell == text if text in {"-3", "a\nb", '"; "'} else cell == f"'{text}"
    second = desk.drop("x", first.kits[name])
    third = desk.drop("y", second.kits[name])
    for one in (second, third):
        [finding] = [found for found in one.section.findings if found.severity is Severity.ERROR and found.row == 2]
        [former] = [found for found in first.section.findings if found.severity is Severity.ERROR]
        assert (finding.value, finding.message) == (former.value, former.message)


def test_a_number_of_ours_that_looks_like_a_social_security_number_destroys_nothing(desk: Counter) -> None:
    first = refused(desk)
    kit = mended(first.kit(), CIL003="12")
    kit[1][0] = "20050410-140558-8dd44a"
    assert desk.drop("x.csv", kit).codes == ["G-28"]


@pytest.mark.parametrize("format_", ["xlsx", "ods", "csv"])
def test_saved_again_by_libreoffice_it_is_read_without_a_word(desk: Counter, tmp_path: Path, format_: str) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("no LibreOffice here")
    lines = good_lines()
    lines[2][2] = "1 2"
    lines[2][0] = "999"
    first = desk.drop("N1A_2005T1.csv", table(*lines))
    book = openpyxl.load_workbook(io.BytesIO(first.kits[f"a_corriger_{SLUG}.xlsx"]))
    book.worksheets[0]["D2"], book.worksheets[0]["F2"] = "01", 12
    book.save(tmp_path / "kit.xlsx")
    out = tmp_path / "out"
    subprocess.run(
        [
            office,
            f"-env:UserInstallation=file://{tmp_path / 'office'}",
            "--headless",
            "--convert-to",
            format_,
            "--outdir",
            str(out),
            str(tmp_path / "kit.xlsx"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    second = desk.drop("Sans titre 1", (out / f"kit.{format_}").read_bytes())
    assert (second.section.verdict, second.section.carried) == (Verdict.ACCEPTED, 5), second.section.findings
    assert {row["departement"] for row in desk.rows()} == {"01"}
