"""Values, members and the relations within a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandera.pandas as pa
import pytest

from domain.errors import Park
from domain.findings import Severity
from domain.organisations import OrganisationType
from domain.periods import Periodicity
from domain.verdicts import Verdict
from ingest.reading.raw import NoteCode, ReadNote
from rules.rule import RuleSet
from schemas.collection import Collection
from schemas.columns import Compte, Texte, compte, texte
from tests.stages_kit import (
    N1A_GOOD,
    N1A_TITLES,
    N1M_GOOD,
    N1M_TITLES,
    cil,
    codes,
    context,
    judge,
    network,
    rows_of,
    section,
)


def test_every_fault_of_a_record_is_told_once_and_hides_no_other(tmp_path: Path) -> None:
    lines = [["99", "CIL inconnu", "", "-3", "n.d."], *N1A_GOOD[1:]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert [(one.code, one.cell) for one in judged.findings if one.row == 2] == [
        ("G-11", "A2"),
        ("G-11", "B2"),
        ("G-10", "C2"),
        ("G-10", "D2"),
        ("G-10", "E2"),
    ]
    assert judged.verdict is Verdict.PARTIALLY_ACCEPTED
    assert [row["code_cil"] for row in rows_of(judged)] == ["CIL002", "CCI003"]


def test_a_finding_says_what_where_expected_and_how_to_mend(tmp_path: Path) -> None:
    lines = [["01", "CIL001", "-3", "4", "1"], *N1A_GOOD[1:]]
    (finding,) = judge(section("N1A", N1A_TITLES, lines), tmp_path).findings
    assert finding.as_document() == {
        "code": "G-10",
        "severity": "error",
        "row": 2,
        "column": "diagnostics_prealables",
        "cell": "C2",
        "label": "Nb de diagnostics préalables (1)",
        "value": "-3",
        "expected": "entier ≥ 0",
        "message": "«\u00a0Nb de diagnostics préalables (1)\u00a0»\u00a0: le nombre est négatif.",
        "hint": "Écrivez un nombre positif ou nul.",
    }


def test_a_long_value_is_quoted_in_part(tmp_path: Path) -> None:
    lines = [["01", "CIL001", "x" * 5000, "4", "1"], *N1A_GOOD[1:]]
    (finding,) = judge(section("N1A", N1A_TITLES, lines), tmp_path).findings
    assert len(finding.value or "") == 100


def test_lost_zeros_are_restored_with_one_warning_a_column(tmp_path: Path) -> None:
    lines = [["1", *N1A_GOOD[0][1:]], ["2", *N1A_GOOD[1][1:]], N1A_GOOD[2]]
    judged = judge(section("N1A", N1A_TITLES, lines), tmp_path)
    assert codes(judged) == ["G-19"]
    assert "2\u00a0cases" in judged.findings[0].message
    assert [row["departement"] for row in rows_of(judged)] == ["01", "02", "03"]


@pytest.mark.parametrize(
    "written",
    [
        "cil001",
        " CIL001 ",
        "CIL 001",
        "CIL-001",
        "CIL de l'Ain",
        "CIL DE L AIN",
        "Cil de l’ain",
        "CIL001 – CIL de l’Ain",
        "CIL de l’Ain (CIL001)",
    ],
)
def test_a_member_is_known_by_code_or_exact_name(tmp_path: Path, written: str) -> None:
    judged = judge(section("N1A", N1A_TITLES, [["01", written, "1", "1", "1"], *N1A_GOOD[1:]]), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED
    assert rows_of(judged)[0]["code_cil"] == "CIL001"


def test_an_unknown_member_gets_the_nearest_of_its_own_platform(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [["01", "CIL de l'Aim", "1", "1", "1"], *N1A_GOOD[1:]]), tmp_path)
    unknown, missing = (next(one for one in judged.findings if one.code == code) for code in ("G-11", "N1A.R02"))
    assert "CIL de l’Ain (CIL001)" in (unknown.hint or "")
    assert "CIL du Lot" not in (unknown.hint or "")
    assert unknown.value == "CIL de l'Aim"
    assert "ligne 2" in (missing.hint or "")
    assert judged.register_only
    assert judged.missing_lines == ("CIL001",)


def test_a_platform_is_not_a_member(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [["", "PF03", "1", "1", "1"], *N1A_GOOD]), tmp_path)
    assert "n’est pas un CIL/CCI" in next(one for one in judged.findings if one.code == "G-11").message


def test_a_name_that_two_members_share_asks_for_the_code(tmp_path: Path) -> None:
    directory = network()
    twins = replace(directory, organisations=(*directory.organisations, cil("CIL010", "Logis Aisne")))
    judged = judge(
        section("N1A", N1A_TITLES, [N1A_GOOD[0], ["02", "Logis Aisne", "1", "1", "1"], N1A_GOOD[2]]),
        tmp_path,
        context(twins),
    )
    hint = next(one for one in judged.findings if one.code == "G-11").hint or ""
    assert "CIL002" in hint
    assert "CIL010" in hint


def test_a_line_without_a_member_is_an_error_of_the_file(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [["01", "", "1", "1", "1"], *N1A_GOOD[1:]]), tmp_path)
    assert not judged.register_only
    assert "n’est pas indiqué" in judged.findings[1].message


def test_an_absent_departement_is_taken_from_the_register_silently(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [["", *line[1:]] for line in N1A_GOOD]), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED
    assert [row["departement"] for row in rows_of(judged)] == ["01", "02", "03"]


def test_context_columns_that_agree_are_silent_and_those_that_differ_are_errors(tmp_path: Path) -> None:
    titles = ["code_plateforme", "annee", "trimestre", *N1A_TITLES]
    good = [
        ["pf03", "2005", "1", *N1A_GOOD[0]],
        ["Plate-forme Centre", "2005.0", "T1", *N1A_GOOD[1]],
        ["", "", "2005T1", *N1A_GOOD[2]],
    ]
    assert judge(section("N1A", titles, good), tmp_path).verdict is Verdict.ACCEPTED
    bad = [
        ["PF05", "2005", "1", *N1A_GOOD[0]],
        ["PF03", "2004", "1", *N1A_GOOD[1]],
        ["PF03", "2005", "2004T1", *N1A_GOOD[2]],
    ]
    judged = judge(section("N1A", titles, bad), tmp_path)
    assert [(one.code, one.cell) for one in judged.findings if one.row] == [
        ("G-20", "A2"),
        ("G-20", "B3"),
        ("G-20", "C4"),
    ]


def test_both_lines_of_a_repeated_key_are_refused_by_code_and_by_name(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, ["01", "CIL de l’Ain", "9", "9", "9"]]), tmp_path)
    repeated = [finding for finding in judged.findings if finding.code == "G-09"]
    assert [one.row for one in repeated] == [2, 5]
    assert "2 et 5" in repeated[0].message
    assert [row["code_cil"] for row in rows_of(judged)] == ["CIL002", "CCI003"]
    assert judged.missing_lines == ()


def test_a_repeated_key_is_found_across_batches(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, N1A_GOOD[0]], batch_rows=1), tmp_path)
    assert codes(judged).count("G-09") == 2


def test_a_formula_without_its_result_asks_to_save_again(tmp_path: Path) -> None:
    note = ReadNote(code=NoteCode.FORMULA_UNCACHED, count=1, cells=("C2",))
    judged = judge(
        section("N1A", N1A_TITLES, [["01", "CIL001", None, "4", "1"], *N1A_GOOD[1:]], name="N1A", notes=(note,)),
        tmp_path,
    )
    (finding,) = judged.findings
    assert "formule" in finding.message
    assert "enregistrez-le" in (finding.hint or "")


def test_a_formula_without_its_result_is_an_error_even_where_a_cell_may_be_empty(tmp_path: Path) -> None:
    note = ReadNote(code=NoteCode.FORMULA_UNCACHED, count=1, cells=("A2",))
    judged = judge(
        section("N1A", N1A_TITLES, [[None, *N1A_GOOD[0][1:]], *N1A_GOOD[1:]], name="N1A", notes=(note,)), tmp_path
    )
    assert [(one.code, one.cell) for one in judged.findings] == [("G-10", "A2")]


def _n1m(line: Sequence[str]) -> list[list[str]]:
    return [["01", "CIL001", *line], *N1M_GOOD[1:]]


@pytest.mark.parametrize(
    ("line", "found", "verdict"),
    [
        (["3", "2", "1234,50"], [], Verdict.ACCEPTED),
        (["3", "5", "1234,50"], ["N1M.R08"], Verdict.ACCEPTED_WITH_WARNINGS),
        (["3", "0", "1234,50"], ["N1M.R10"], Verdict.ACCEPTED_WITH_WARNINGS),
        (["0", "1", "0"], ["N1M.R11"], Verdict.PARTIALLY_ACCEPTED),
        (["0", "0", "12"], ["N1M.R11"], Verdict.PARTIALLY_ACCEPTED),
        (["3", "2", "0"], ["N1M.R12"], Verdict.ACCEPTED_WITH_WARNINGS),
        (["3", "2", "299,99"], ["N1M.R13"], Verdict.ACCEPTED_WITH_WARNINGS),
        (["3", "2", "300"], [], Verdict.ACCEPTED),
        (["3", "2", "30000"], [], Verdict.ACCEPTED),
        (["3", "2", "30000,01"], ["N1M.R13"], Verdict.ACCEPTED_WITH_WARNINGS),
        (["3", "5", "1"], ["N1M.R08", "N1M.R13"], Verdict.ACCEPTED_WITH_WARNINGS),
        (["", "5", "1"], ["G-10"], Verdict.PARTIALLY_ACCEPTED),
        (["0", "x", "12"], ["G-10"], Verdict.PARTIALLY_ACCEPTED),
    ],
)
def test_the_relations_within_a_line_of_n1m(
    tmp_path: Path, line: list[str], found: list[str], verdict: Verdict
) -> None:
    judged = judge(section("N1M", N1M_TITLES, _n1m(line)), tmp_path)
    assert codes(judged) == found
    assert judged.verdict is verdict


def test_more_complementary_than_first_diagnostics_is_a_warning(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [["01", "CIL001", "1", "0", "2"], *N1A_GOOD[1:]]), tmp_path)
    assert codes(judged) == ["N1A.R08"]
    assert "(2)" in judged.findings[0].message


def _own(model: type[pa.DataFrameModel]) -> Collection:
    return Collection(
        code="X1",
        slug="x_un",
        label="X",
        model=model,
        periodicity=Periodicity.YEAR,
        due_days=None,
        senders=frozenset({OrganisationType.PF}),
        tolerance=0.9,
    )


X_RULES = RuleSet(collection="X1")


class Odd(pa.DataFrameModel):
    """A model with a check of its own."""

    cle: Texte = texte("Clé", key=True)
    nombre: Compte = compte("Nombre")

    @pa.check("nombre", name="pair")
    @classmethod
    def _even(cls, values: Any) -> Any:
        return values // 2 * 2 == values


class Silent(pa.DataFrameModel):
    """A model whose check names no record."""

    cle: Texte = texte("Clé", key=True)

    @pa.dataframe_check(name="jamais")
    @classmethod
    def _never(cls, _frame: Any) -> bool:
        return False


def test_a_check_written_in_the_model_refuses_its_records_whatever_else_is_wrong_with_them(tmp_path: Path) -> None:
    one = section(_own(Odd), ["cle", "nombre"], [["a", "1"], ["b", "2"], ["", "3"], ["d", "x"]], period="2004")
    judged = judge(one, tmp_path, rules=X_RULES)
    assert [(finding.code, finding.row, finding.column) for finding in judged.findings] == [
        ("G-10", 2, "nombre"),
        ("G-10", 4, "cle"),
        ("G-10", 4, "nombre"),
        ("G-10", 5, "nombre"),
    ]
    assert [row["cle"] for row in rows_of(judged)] == ["b"]


def test_a_check_that_names_no_record_parks_the_file_as_our_mistake(tmp_path: Path) -> None:
    with pytest.raises(Park, match="without naming a record"):
        judge(section(_own(Silent), ["cle"], [["a"]], period="2004"), tmp_path, rules=X_RULES)


def test_findings_are_capped_but_counted_and_the_mask_does_not_depend_on_the_cap(tmp_path: Path) -> None:
    lines = [["01", f"Inconnu {place}", "x", "y", "z"] for place in range(50)]
    whole = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, *lines]), tmp_path)
    capped = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, *lines]), tmp_path, context(max_findings=10))
    assert whole.finding_counts == capped.finding_counts
    assert whole.finding_counts["error"] == 200
    assert len(capped.findings) == 10
    assert capped.findings_truncated
    assert not whole.findings_truncated
    assert capped.findings[0].severity is Severity.BLOCKING
    assert (whole.records_rejected, whole.verdict) == (capped.records_rejected, capped.verdict)


def test_more_records_than_fit_in_memory_are_spooled_and_none_is_lost(tmp_path: Path) -> None:
    lines = [["", f"Inconnu {place}" if place % 2 else "CIL001", "1", "1", "1"] for place in range(25_000)]
    judged = judge(section("N1A", N1A_TITLES, lines, batch_rows=7_000), tmp_path)
    assert judged.records_read == 25_000
    assert judged.finding_counts["error"] == 25_000 + 2
    assert np.isclose(judged.records_rejected, 25_000)
