"""A warning confirmed in the `justification` column of a file dropped back, whatever wrote the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.findings import Finding, Severity
from domain.judgement import Judgement, SectionJudgement
from domain.justifications import Remembered, Subject
from domain.periods import Period
from domain.submissions import Box
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.context import NoLedger
from tests.stages_kit import N1A_TITLES, context, judge, section

# More complementary diagnostics than first ones: N1A.R08 on row 3; « 1 » for « 01 »: G-19 on row 2.
LINES = (("1", "CIL001", 12, 5, 2), ("63", "CIL002", 7, 1, 9), ("69", "CCI003", 3, 3, 1))
RESERVED = ("guichet_messages", "justification")
DEPOT = "20050402-090000-abcdef"


class Memory(NoLedger):
    """Remembers what judgements confirmed, as the ledger does."""

    def __init__(self) -> None:
        self.said: dict[tuple[str, str, str], dict[Subject, Remembered]] = {}

    def keep(self, judgement: Judgement, account: str = "pf03") -> None:
        for judged in judgement.sections:
            assert judged.collection is not None
            assert judged.period is not None
            known = self.said.setdefault((account, judged.collection, judged.period.code), {})
            for one in judged.justifications:
                known[one.subject] = Remembered(
                    text=one.text,
                    author=account,
                    confirmed_at=datetime(2005, 4, 18, 8, 15, tzinfo=UTC),
                    submission_id=DEPOT,
                )

    def confirmed(self, account: str, collection: str, period: Period) -> Mapping[Subject, Remembered]:
        return self.said.get((account, collection, period.code), {})


def table(files: Any, texts: Mapping[int, str], lines: Any = LINES, *, extra: Any = ()) -> list[Any]:
    """The lines as an annotated copy gives them back; `texts`: row → justification."""
    rows: list[Any] = [(*files.titles, *RESERVED)]
    rows += [(*line, "à confirmer", texts.get(row)) for row, line in enumerate(lines, start=2)]
    return [*rows, *extra]


def written(files: Any, kind: str, rows: Any) -> tuple[str, bytes]:
    content = files.csv(rows) if kind == "csv" else getattr(files, kind)(("N1A", rows))
    return f"N1A_2005T1.{kind}", content


def only(judgement: Judgement) -> SectionJudgement:
    [section] = judgement.sections
    return section


def found(section: SectionJudgement, code: str) -> Finding:
    [finding] = [one for one in section.findings if one.code == code]
    return finding


@pytest.mark.parametrize("kind", ["csv", "xlsx", "xls", "ods"])
def test_a_justified_warning_is_accepted_without_a_question(desk: Any, files: Any, kind: str) -> None:
    plain = only(desk(*written(files, kind, table(files, {}))))
    assert (plain.verdict, plain.finding_counts["warning"]) == (Verdict.ACCEPTED_WITH_WARNINGS, 2)
    texts = {2: "Colonne reprise d'un ancien fichier", 3: "Dossiers « repris » de PF05 ; vérifié"}
    section = only(desk(*written(files, kind, table(files, texts))))
    assert (section.verdict, section.finding_counts["warning"]) == (Verdict.ACCEPTED, 0)
    assert section.records_accepted == 3
    warned, confirmed = found(plain, "N1A.R08"), found(section, "N1A.R08")
    assert (confirmed.row, confirmed.cell, confirmed.column, confirmed.value) == (3, warned.cell, warned.column, "9")
    assert confirmed.message.startswith(warned.message)
    assert (confirmed.severity, confirmed.justification) == (Severity.INFO, texts[3])
    assert {(one.subject.code, one.subject.record, one.text) for one in section.justifications} == {
        ("N1A.R08", "CIL002", texts[3]),
        ("G-19", "", texts[2]),
    }


def test_one_justified_and_one_not_leaves_one_to_confirm(desk: Any, files: Any) -> None:
    section = only(desk(*written(files, "csv", table(files, {3: "vérifié"}))))
    assert (section.verdict, section.finding_counts["warning"]) == (Verdict.ACCEPTED_WITH_WARNINGS, 1)
    assert found(section, "G-19").severity is Severity.WARNING


def test_what_was_confirmed_is_remembered_for_that_value_only(desk: Any, files: Any) -> None:
    memory = Memory()
    memory.keep(desk(*written(files, "csv", table(files, {2: "ancien", 3: "vérifié"}))))
    again = only(desk("N1A_2005T1.csv", files.csv([files.titles, *LINES]), ledger=memory))
    assert (again.verdict, again.justifications) == (Verdict.ACCEPTED, ())
    assert "Déjà confirmé le 18/04/2005\u00a0: «\u00a0vérifié\u00a0»." in found(again, "N1A.R08").message

    def verdict(*lines: Any, **values: Any) -> tuple[Verdict, str]:
        name = values.pop("name", "N1A_2005T1.csv")
        section = only(desk(name, files.csv([files.titles, *lines]), ledger=memory, **values))
        return section.verdict, found(section, "N1A.R08").severity.value

    asked = (Verdict.ACCEPTED_WITH_WARNINGS, "warning")
    moved = (("69", "CCI003", 3, 3, 1), LINES[1], ("1", "CIL001", 12, 5, 2))
    assert verdict(*moved) == (Verdict.ACCEPTED, "info")  # the record, not its row
    assert verdict(LINES[0], ("63", "CIL002", 7, 1, 10), LINES[2]) == asked
    assert verdict(LINES[0], ("63", "CIL002", 6, 1, 9), LINES[2]) == asked  # the figure it is compared with
    assert verdict(LINES[0], ("63", "CIL002", 7, 1, 2), ("69", "CCI003", 7, 3, 9)) == asked
    elsewhere = {"name": "N1A_2005T2.csv", "at": datetime(2005, 7, 18, 8, tzinfo=UTC)}
    assert verdict(*LINES, **elsewhere) == asked
    assert verdict(*LINES, box=Box.ESSAI) == (Verdict.ACCEPTED, "info")  # a trial says what a deposit would give


def test_a_total_is_confirmed_on_its_own_line_and_for_the_whole_table(desk: Any, files: Any) -> None:
    total = ("TOTAL", None, 25, 9, 12, "à confirmer", "arrondi chez nous")
    memory = Memory()
    judgement = desk(*written(files, "xlsx", table(files, {}, extra=[total])))
    confirmed = found(only(judgement), "N1A.R05")
    assert (confirmed.severity, confirmed.justification, confirmed.row) == (Severity.INFO, "arrondi chez nous", 5)
    [said] = only(judgement).justifications
    assert (said.subject.record, said.subject.value) == ("", "25 / 22")
    memory.keep(judgement)
    plain = [files.titles, *LINES, ("TOTAL", None, 25, 9, 12)]
    assert found(only(desk("N1A_2005T1.csv", files.csv(plain), ledger=memory)), "N1A.R05").severity is Severity.INFO
    changed = [files.titles, ("1", "CIL001", 13, 5, 2), *LINES[1:], ("TOTAL", None, 25, 9, 12)]
    later = only(desk("N1A_2005T1.csv", files.csv(changed), ledger=memory))
    assert found(later, "N1A.R05").severity is Severity.WARNING  # the sum is another one


def test_an_error_is_not_confirmed_and_the_answer_says_so_once(desk: Any, files: Any) -> None:
    lines = (("01", "CIL001", -3, 5, 2), ("63", "CIL002", "n.c.", 1, "x"), LINES[2])
    section = only(desk(*written(files, "csv", table(files, {2: "c'est juste", 3: "inconnu"}, lines))))
    assert (section.finding_counts["error"], section.justifications) == (3, ())
    said = found(section, "G-27")
    assert "2\u00a0lignes en erreur" in said.message
    assert "une erreur ne se confirme pas, elle se corrige" in said.message


def test_a_refused_table_keeps_what_was_said(desk: Any, files: Any) -> None:
    """The depositor mends the errors next, and need not say it again."""
    lines = (("01", "CIL001", -3, 5, 2), LINES[1], ("69", "CCI003", -1, 3, 1))
    section = only(desk(*written(files, "csv", table(files, {3: "vérifié"}, lines))))
    assert section.verdict is Verdict.REJECTED
    assert [one.subject.record for one in section.justifications] == ["CIL002"]


def test_words_where_nothing_is_asked_change_nothing(desk: Any, files: Any) -> None:
    section = only(desk(*written(files, "csv", table(files, {2: "rien", 4: "à dire"}, files.data))))
    assert (section.verdict, section.justifications) == (Verdict.ACCEPTED, ())
    assert section.finding_counts["info"] == 0


def test_a_number_of_a_person_in_a_justification_destroys_the_file(desk: Any, files: Any) -> None:
    judgement = desk(*written(files, "csv", table(files, {3: "voir 269054958815780"})))
    assert judgement.verdict is Verdict.DESTROYED
    assert [section.justifications for section in judgement.sections] == [()]


def test_hostile_words_are_only_words(desk: Any, files: Any) -> None:
    text = "=HYPERLINK(http://x) {0} %s <b>'; DROP TABLE finding --"
    section = only(desk(*written(files, "csv", table(files, {3: text}))))
    assert section.finding_counts["warning"] == 1
    assert found(section, "N1A.R08").justification == text


def test_counts_are_exact_beyond_what_is_kept(desk: Any, files: Any) -> None:
    """Three warnings, of which two findings are written: every one is confirmed all the same by what was said."""
    lines = [("01", "CIL001", 1, 5, 2), ("63", "CIL002", 1, 1, 9), ("69", "CCI003", 1, 3, 4)]
    memory = Memory()
    memory.keep(desk(*written(files, "csv", table(files, {2: "a", 3: "b", 4: "c"}, lines))))
    plain = files.csv([files.titles, *lines])
    section = only(desk("N1A_2005T1.csv", plain, ledger=memory, max_findings=2))
    assert (section.verdict, section.finding_counts["warning"], section.finding_counts["info"]) == (
        Verdict.ACCEPTED,
        0,
        3,
    )
    bounded = only(desk(*written(files, "csv", table(files, {2: "a", 3: "b", 4: "c"}, lines)), max_findings=2))
    assert (len(bounded.justifications), bounded.finding_counts["warning"]) == (2, 1)


def test_a_collection_of_cases_has_no_justification(tmp_path: Path) -> None:
    """Free text might say who a person is: it is neither heard nor kept, and memory is not even asked."""

    class NeverAsked(NoLedger):
        def confirmed(self, account: str, collection: str, period: Period) -> Mapping[Subject, Remembered]:
            raise AssertionError(account, collection, period)

    known = load_catalogue().by_code("N1A")
    assert known is not None
    titles = [*N1A_TITLES, "justification"]
    lines = [["01", "CIL001", "1", "5", "9", "vérifié"], ["02", "CIL002", "x", "5", "9", "vérifié"]]
    one = section(replace(known, cases=True), titles, lines)
    assert one.header is not None
    one = replace(one, header=replace(one.header, reserved={"justification": len(titles) - 1}))
    rules = load_catalogue().rules_for(known)
    judged = judge(one, tmp_path, context(register=False, ledger=NeverAsked()), rules)
    warned = [each for each in judged.findings if each.code == "N1A.R08"]
    assert {each.severity for each in warned} == {Severity.WARNING}
    assert (judged.justifications, [each.justification for each in judged.findings if each.justification]) == ((), [])
    assert "G-27" not in {each.code for each in judged.findings}
