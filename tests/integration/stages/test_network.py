"""Lines against the register, other deposits, tolerance and verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from domain.findings import Severity
from domain.organisations import Adhesion, Directory, Service, Span
from domain.verdicts import Verdict
from tests.stages_kit import (
    N1A_GOOD,
    N1A_TITLES,
    Elsewhere,
    codes,
    context,
    delegation,
    judge,
    network,
    rows_of,
    section,
)


def _moved(code: str, *spans: tuple[str, date | None, date | None]) -> Directory:
    directory = network()
    kept = tuple(one for one in directory.adhesions if one.code_cil != code)
    moved = tuple(
        Adhesion(code_cil=code, code_plateforme=platform, service=Service.ASA, dates=Span(first=first, last=last))
        for platform, first, last in spans
    )
    return replace(directory, adhesions=(*kept, *moved))


def test_an_expected_line_that_is_missing_leaves_the_rest_and_the_obligation_incomplete(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, N1A_GOOD[:2]), tmp_path)
    assert judged.verdict is Verdict.PARTIALLY_ACCEPTED
    assert not judged.complete
    assert judged.missing_lines == ("CCI003",)
    assert (judged.records_accepted, judged.records_rejected) == (2, 0)
    (finding,) = judged.findings
    assert (finding.code, finding.severity, finding.row) == ("N1A.R02", Severity.ERROR, None)
    assert "CCI de l'Allier (CCI003)" in finding.message
    assert judged.register_only


def test_the_line_of_another_platform_is_an_error_that_names_the_day_and_not_the_platform(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, [*N1A_GOOD, ["46", "CIL009", "1", "1", "1"]]), tmp_path)
    assert judged.verdict is Verdict.PARTIALLY_ACCEPTED
    (finding,) = judged.findings
    assert finding.code == "N1A.R01"
    assert "31/03/2005" in finding.message
    assert "PF05" not in str(finding)
    assert "Plate-forme Sud" not in str(finding)
    assert judged.register_only


def test_a_member_that_left_during_the_quarter_is_told_with_the_day_it_left(tmp_path: Path) -> None:
    directory = _moved("CIL002", ("PF03", None, date(2005, 2, 14)), ("PF05", date(2005, 2, 15), None))
    judged = judge(section("N1A", N1A_TITLES, N1A_GOOD), tmp_path, context(directory))
    (finding,) = judged.findings
    assert "14/02/2005" in finding.message
    assert "PF05" not in finding.message


def test_a_member_that_joined_during_the_quarter_owes_the_whole_of_it_here(tmp_path: Path) -> None:
    directory = _moved("CIL002", ("PF05", None, date(2005, 2, 14)), ("PF03", date(2005, 2, 15), None))
    assert judge(section("N1A", N1A_TITLES, N1A_GOOD), tmp_path, context(directory)).verdict is Verdict.ACCEPTED


def test_a_name_or_a_departement_that_is_not_the_registered_one_is_a_warning(tmp_path: Path) -> None:
    titles = ["Dpt.", "code_cil", "nom_cil", *N1A_TITLES[2:]]
    lines = [
        ["69", "CIL001", "Logis Aisne", "1", "1", "1"],
        ["02", "CIL002", "Logis", "1", "1", "1"],
        ["03", "CCI003", "cci de l’allier", "1", "1", "1"],
    ]
    judged = judge(section("N1A", titles, lines), tmp_path)
    assert judged.verdict is Verdict.ACCEPTED_WITH_WARNINGS
    assert [(one.code, one.cell) for one in judged.findings if one.severity is Severity.WARNING] == [
        ("N1A.R04", "A2"),
        ("N1A.R03", "C2"),
        ("N1A.R03", "C3"),
    ]
    assert "Logis Aisne (CIL002)" in judged.findings[1].message
    assert rows_of(judged)[0]["departement"] == "69"


def test_a_mandant_is_not_expected_and_its_own_line_is_a_warning_that_names_the_performer(tmp_path: Path) -> None:
    directory = replace(network(), delegations=(delegation("CIL002", "CIL001"),))
    without = judge(section("N1A", N1A_TITLES, [N1A_GOOD[0], N1A_GOOD[2]]), tmp_path, context(directory))
    assert without.verdict is Verdict.ACCEPTED
    own = judge(section("N1A", N1A_TITLES, N1A_GOOD), tmp_path, context(directory))
    assert codes(own) == ["N1A.R06"]
    assert "CIL de l’Ain (CIL001)" in own.findings[0].message


def test_a_delegation_for_part_of_the_quarter_changes_nothing(tmp_path: Path) -> None:
    directory = replace(network(), delegations=(delegation("CIL002", "CIL001", first=date(2005, 1, 2)),))
    assert judge(section("N1A", N1A_TITLES, N1A_GOOD), tmp_path, context(directory)).verdict is Verdict.ACCEPTED
    missing = judge(section("N1A", N1A_TITLES, [N1A_GOOD[0], N1A_GOOD[2]]), tmp_path, context(directory))
    assert missing.missing_lines == ("CIL002",)


def test_lines_out_of_order_are_only_an_info_and_corsica_is_between_19_and_21(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, list(reversed(N1A_GOOD))), tmp_path)
    assert codes(judged) == ["N1A.R07"]
    assert judged.verdict is Verdict.ACCEPTED


def test_a_line_in_force_from_another_account_is_a_warning_that_does_not_name_it(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, N1A_GOOD), tmp_path, context(ledger=Elsewhere({"CIL002": "pf05"})))
    (finding,) = judged.findings
    assert (finding.code, finding.severity, finding.row) == ("N1A.R09", Severity.WARNING, 3)
    assert "pf05" not in str(finding).lower()


def test_a_platform_without_adherent_is_blocked_because_of_the_register(tmp_path: Path) -> None:
    directory = replace(network(), adhesions=())
    judged = judge(section("N1A", N1A_TITLES, N1A_GOOD), tmp_path, context(directory))
    assert judged.verdict is Verdict.REJECTED
    assert judged.register_only
    assert codes(judged) == ["G-16", "G-18"]
    nil = judge(section("N1A", N1A_TITLES, [["NEANT"]], nil=True), tmp_path, context(directory))
    assert nil.verdict is Verdict.REJECTED


def test_an_account_that_is_nobodys_is_blocked_because_of_the_register(tmp_path: Path) -> None:
    judged = judge(section("N1A", N1A_TITLES, N1A_GOOD), tmp_path, context(organisation=None))
    assert judged.register_only
    assert "G-16" in codes(judged)


def test_without_a_register_the_figures_are_checked_and_the_rest_is_said_not_to_be(tmp_path: Path) -> None:
    judged = judge(
        section("N1A", N1A_TITLES, [["01", "CIL001", "x", "1", "1"], ["02", "CIL777", "1", "1", "1"]]),
        tmp_path,
        context(register=False),
    )
    assert codes(judged) == ["G-18", "G-10"]
    assert judged.records_accepted == 1


def test_above_the_tolerance_the_whole_table_is_rejected(tmp_path: Path) -> None:
    half = [["01", "CIL001", "x", "1", "1"], N1A_GOOD[1]]
    assert judge(section("N1A", N1A_TITLES, half), tmp_path).verdict is Verdict.PARTIALLY_ACCEPTED
    more = [["01", "CIL001", "x", "1", "1"], ["02", "CIL002", "", "1", "1"], N1A_GOOD[2]]
    judged = judge(section("N1A", N1A_TITLES, more), tmp_path)
    assert judged.verdict is Verdict.REJECTED
    assert (judged.records_read, judged.records_accepted, judged.records_rejected) == (3, 0, 3)
    assert judged.rows is None
    assert judged.findings[0].code == "G-17"


def test_all_or_nothing_rejects_at_the_first_error(tmp_path: Path) -> None:
    whole = section("N1A", N1A_TITLES, [["01", "CIL001", "x", "1", "1"], *N1A_GOOD[1:]])
    strict = replace(whole, collection=replace(whole.collection, tolerance=0.0))
    from ingest.catalogue import load_catalogue  # noqa: PLC0415 - the rules of the collection copied above

    judged = judge(strict, tmp_path, rules=load_catalogue().rule_sets["N1A"])
    assert judged.verdict is Verdict.REJECTED


def test_a_fault_of_the_file_beside_one_of_the_register_is_not_the_registers_alone(tmp_path: Path) -> None:
    lines = [
        ["01", "Inconnu", "1", "1", "1"],
        ["02", "CIL002", "x", "0", "0"],
        N1A_GOOD[2],
        ["04", "CIL001", "1", "1", "1"],
    ]
    assert not judge(section("N1A", N1A_TITLES, lines), tmp_path).register_only
