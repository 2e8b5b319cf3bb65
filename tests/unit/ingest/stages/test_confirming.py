"""A warning is confirmed by the words on its line, or by those said before for the same value; an error never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from domain.findings import Finding, Severity
from domain.justifications import Remembered, Subject
from ingest.catalogue import load_catalogue
from ingest.stages.collector import FindingCollector
from ingest.stages.confirming import About, Confirmer, about_remark, record_key
from ingest.stages.typed import TypedBatch, typed_schema
from rules.rule import Remark

N1A = next(one for one in load_catalogue().collections if one.code == "N1A")
RULE = next(rule for rule in load_catalogue().rules_for(N1A).rules if rule.code == "N1A.R08")
WARNING = Finding(
    code="N1A.R08",
    severity=Severity.WARNING,
    message="Il y en a plus.",
    row=4,
    column="diagnostics_complementaires",
    cell="E4",
    value="5",
    hint="Vérifiez.",
    cause="N1A.R08",
)
ABOUT = About(record="CIL001", value="5 / 3")
SUBJECT = Subject(code="N1A.R08", column="diagnostics_complementaires", record="CIL001", value="5 / 3")
NONE: Mapping[Subject, Remembered] = {}
BEFORE = Remembered(
    text="stock de 2004",
    author="pf03",
    confirmed_at=datetime(2005, 4, 17, 22, 30, tzinfo=UTC),
    submission_id="20050418-003000-abcdef",
)


def confirmer(texts: Mapping[int, str], remembered: Mapping[Subject, Remembered] = NONE, cap: int = 100) -> Confirmer:
    return Confirmer(texts, lambda: remembered, zone=ZoneInfo("Europe/Paris"), cap=cap)


def test_words_on_the_line_make_a_remark_of_the_warning_and_are_kept() -> None:
    one = confirmer({4: "stock  de\n2004 "})
    told = one(WARNING, ABOUT)
    assert told.message == "Il y en a plus. Vous l’avez confirmé\u00a0: «\u00a0stock de 2004\u00a0»."
    assert told == replace(
        WARNING,
        severity=Severity.INFO,
        message=told.message,
        hint=None,
        cause="N1A.R08:confirmed",
        justification="stock de 2004",
    )
    [kept] = one.justifications
    assert (kept.subject, kept.text, kept.row, kept.message) == (SUBJECT, "stock de 2004", 4, "Il y en a plus.")


def test_what_was_confirmed_before_is_not_asked_nor_kept_again() -> None:
    one = confirmer({}, {SUBJECT: BEFORE})
    told = one(WARNING, ABOUT)
    assert told.severity is Severity.INFO
    assert told.message.endswith("Déjà confirmé le 18/04/2005\u00a0: «\u00a0stock de 2004\u00a0».")  # the day in Paris
    assert (told.justification, one.justifications) == ("stock de 2004", ())


@pytest.mark.parametrize(
    ("finding", "about"),
    [
        (WARNING, replace(ABOUT, value="5 / 2")),
        (WARNING, replace(ABOUT, record="CIL002")),
        (replace(WARNING, column="engagements_reciproques"), ABOUT),
        (replace(WARNING, code="N1A.R04"), ABOUT),
    ],
    ids=["another value", "another record", "another column", "another rule"],
)
def test_another_question_is_asked_again(finding: Finding, about: About) -> None:
    assert confirmer({}, {SUBJECT: BEFORE})(finding, about) == finding
    assert confirmer({5: "autre ligne"})(finding, about) == finding


def test_the_same_words_said_again_are_not_kept_twice_and_other_words_are() -> None:
    same = confirmer({4: "stock de  2004"}, {SUBJECT: BEFORE})
    assert "Déjà confirmé" in same(WARNING, ABOUT).message
    assert same.justifications == ()
    other = confirmer({4: "dossiers repris de PF05"}, {SUBJECT: BEFORE})
    assert "dossiers repris de PF05" in other(WARNING, ABOUT).message
    assert [one.text for one in other.justifications] == ["dossiers repris de PF05"]


def test_one_text_confirms_every_warning_of_its_line() -> None:
    one = confirmer({4: "vérifié"})
    found = [one(WARNING, ABOUT), one(replace(WARNING, code="N1A.R04", column="departement", value="69"), ABOUT)]
    assert {each.severity for each in found} == {Severity.INFO}
    assert [each.subject.code for each in one.justifications] == ["N1A.R08", "N1A.R04"]


def test_an_error_is_never_confirmed_and_that_is_said_once() -> None:
    one = confirmer({3: "c'est juste", 4: "si si", 9: "sans objet"}, {SUBJECT: BEFORE})
    errors = [replace(WARNING, severity=Severity.ERROR, row=row) for row in (4, 4, 3)]
    assert [one(error, ABOUT) for error in errors] == errors
    assert one.justifications == ()
    said = one.refusal()
    assert said is not None
    assert (said.code, said.severity, said.row) == ("G-27", Severity.INFO, 3)
    assert "sur 2\u00a0lignes en erreur" in said.message
    assert "une erreur ne se confirme pas, elle se corrige" in said.message


def test_words_where_nothing_is_asked_are_left_alone() -> None:
    one = confirmer({4: "rien à signaler"})
    info = replace(WARNING, severity=Severity.INFO)
    blocking = replace(WARNING, severity=Severity.BLOCKING)
    assert [one(info), one(blocking)] == [info, blocking]
    assert (one.refusal(), one.justifications) == (None, ())
    spaces = confirmer({4: " \u00a0\t"})
    assert spaces(WARNING, ABOUT) == WARNING


def test_a_warning_without_a_line_is_not_confirmed_by_what_a_file_says() -> None:
    nowhere = replace(WARNING, row=None, cell=None)
    assert confirmer({4: "vérifié"})(nowhere, ABOUT) == nowhere


def test_a_warning_without_a_line_is_confirmed_by_what_is_remembered() -> None:
    nowhere = replace(WARNING, row=None, cell=None)
    told = confirmer({4: "autre chose"}, {SUBJECT: BEFORE})(nowhere, ABOUT)
    assert (told.severity, told.justification) == (Severity.INFO, BEFORE.text)


def test_a_column_is_asked_about_by_its_title_when_it_is_not_of_the_format() -> None:
    one = confirmer({4: "pour nous"})
    one(replace(WARNING, column=None, label="Observations", value=None))
    one(replace(WARNING, column=None, label=None, cell="H4", value=None))
    assert [each.subject.column for each in one.justifications] == ["Observations", "H"]
    assert {(each.subject.record, each.subject.value) for each in one.justifications} == {("", "")}


def test_memory_is_asked_for_once_and_only_for_a_warning() -> None:
    asked: list[int] = []

    def recall() -> Mapping[Subject, Remembered]:
        asked.append(1)
        return NONE

    one = Confirmer({}, recall, zone=ZoneInfo("Europe/Paris"), cap=9)
    one(replace(WARNING, severity=Severity.ERROR))
    one(replace(WARNING, severity=Severity.INFO))
    assert asked == []
    one(WARNING)
    one(WARNING)
    assert not one.may_confirm(4)
    assert asked == [1]


def test_what_one_file_confirms_is_bounded() -> None:
    one = confirmer({4: "vérifié"}, cap=2)
    found = [one(WARNING, replace(ABOUT, record=f"CIL{number}")).severity for number in range(3)]
    assert found == [Severity.INFO, Severity.INFO, Severity.WARNING]
    assert len(one.justifications) == 2
    assert one(WARNING, replace(ABOUT, record="CIL0")).severity is Severity.INFO


def test_a_long_text_is_quoted_short_and_kept_long() -> None:
    one = confirmer({4: "x" * 400})
    told = one(WARNING, ABOUT)
    assert len(told.message) < 200
    assert told.justification == one.justifications[0].text == "x" * 400


def test_confirmed_warnings_count_as_remarks() -> None:
    collector = FindingCollector(cap=10, confirmer=confirmer({4: "vérifié"}))
    collector.add(WARNING)
    collector.add(replace(WARNING, row=5))
    assert collector.counted() == {"blocking": 0, "error": 0, "warning": 1, "info": 1}


def test_a_rule_between_columns_weighs_them_all() -> None:
    """The same figure beside another one is another question."""
    values = {
        "code_cil": ["CIL001", None],
        "diagnostics_complementaires": [5, 5],
        "diagnostics_prealables": [3, 1],
    }
    schema = typed_schema(N1A)
    columns = [
        pa.array(values.get(field.name, [1, 2] if field.name == "row" else [None, None]), field.type)
        for field in schema
    ]
    batch = TypedBatch(pa.record_batch(columns, schema=schema))
    remarks = [Remark(message="…", index=index, column="diagnostics_complementaires", value="5") for index in (0, 1)]
    found = [about_remark(RULE, remark, batch, N1A) for remark in remarks]
    assert [(one.record, one.value) for one in found] == [("CIL001", "5 / 3"), ("", "5 / 1")]
    assert record_key(batch, 0, N1A) == "CIL001"


def test_a_remark_on_a_whole_table_weighs_what_was_written_and_what_was_found() -> None:
    total = Remark(message="…", row=9, column="diagnostics_prealables", value="12", expected="13")
    assert about_remark(RULE, total, None, N1A) == About(record="", value="12 / 13")
