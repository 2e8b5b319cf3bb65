"""The rules of the register across its sheets."""

from dataclasses import replace
from datetime import date

import pytest

from domain.findings import Finding, Severity
from domain.organisations import (
    Adhesion,
    Contact,
    Delegation,
    Directory,
    ObligationRule,
    Organisation,
    OrganisationType,
    Role,
    Service,
    Span,
)
from ingest.register.checking import CODES, blocks, check_register
from ingest.register.checking.contacts import usable_address
from ingest.register.snapshot import Line, Place, Snapshot


def org(code: str, kind: str, **more: object) -> Organisation:
    departement = "37" if kind in {"CIL", "CCI"} else None
    usual = {"code": code, "type": OrganisationType(kind), "nom": f"Nom {code}", "departement": departement}
    return Organisation(**{**usual, **more})  # type: ignore[arg-type]


def member(
    code: str,
    platform: str,
    service: Service = Service.ASA,
    first: date | None = None,
    last: date | None = None,
) -> Adhesion:
    return Adhesion(code_cil=code, code_plateforme=platform, service=service, dates=Span(first=first, last=last))


def agreement(giver: str, doer: str, first: date | None = None, last: date | None = None) -> Delegation:
    dates = Span(first=first, last=last)
    return Delegation(code_mandant=giver, code_realisateur=doer, service=Service.ASA, dates=dates)


def mail(code: str, role: Role = Role.DEPOT, courriel: str = "", service: Service | None = None) -> Contact:
    address = courriel or f"{code.lower()}@reseau.example"
    return Contact(organisation=code, courriel=address, nom="", role=role, service=service)


GOOD = Directory(
    version=0,
    organisations=(
        org("UESL", "UESL", compte_sftp="uesl"),
        org("PF01", "PF", compte_sftp="pf01"),
        org("PF02", "PF", compte_sftp="pf02"),
        org("CIL001", "CIL"),
        org("CIL002", "CIL"),
        org("CCI003", "CCI"),
    ),
    adhesions=(member("CIL001", "PF01"), member("CIL002", "PF01"), member("CCI003", "PF02")),
    contacts=(mail("PF01"), mail("PF02")),
)


def codes(directory: Directory, **more: object) -> list[str]:
    return [finding.code for finding in check_register(placed(directory), **more)]  # type: ignore[arg-type]


def placed(directory: Directory) -> Snapshot:
    """The same rows, as if read from a file: the header is row 1."""
    bare = Snapshot.of(directory)

    letters = {"code": "A", "compte_sftp": "E"}

    def numbered(lines: tuple[Line[object], ...]) -> tuple[Line[object], ...]:
        return tuple(
            Line(value=line.value, place=Place(sheet=line.place.sheet, row=row, letters=letters))
            for row, line in enumerate(lines, start=2)
        )

    return Snapshot(
        organisations=numbered(bare.organisations),
        adhesions=numbered(bare.adhesions),  # type: ignore[arg-type]
        delegations=numbered(bare.delegations),
        contacts=numbered(bare.contacts),  # type: ignore[arg-type]
        obligations=numbered(bare.obligations),  # type: ignore[arg-type]
    )


def find(directory: Directory, code: str) -> Finding:
    return next(one for one in check_register(placed(directory)) if one.code == code)


def with_(**sheets: tuple[object, ...]) -> Directory:
    return replace(GOOD, **{name: (*getattr(GOOD, name), *rows) for name, rows in sheets.items()})  # type: ignore[arg-type]


def test_a_sound_register_has_nothing_to_say_of_it() -> None:
    assert codes(GOOD) == []


def test_every_finding_has_a_public_sentence_and_a_severity_that_decides() -> None:
    wrong = with_(organisations=(org("CIL001", "CIL"),), adhesions=(member("CIL001", "PF09"),))
    findings = check_register(placed(wrong))
    assert {one.code for one in findings} <= set(CODES)
    assert blocks(findings)
    assert all(one.message.startswith("Feuille\u0020«\u00a0") for one in findings)


@pytest.mark.parametrize(
    ("register", "expected"),
    [
        (with_(organisations=(org("CILA", "CIL"),)), ["ANN.R02", "ANN.R23"]),
        (with_(organisations=(org("PF3", "PF"),)), ["ANN.R21", "ANN.R02"]),
        (with_(organisations=(org("CIL001", "CIL", nom="Autre"),)), ["ANN.R03"]),
        (with_(organisations=(org("AUD01", "AUD", compte_sftp="Audit 1"),)), ["ANN.R04", "ANN.R24"]),
        (with_(organisations=(org("CIL009", "CIL", departement=None),)), ["ANN.R23", "ANN.R29"]),
        (with_(organisations=(org("CIL009", "CIL", nom="nom cil001"),)), ["ANN.R23", "ANN.R28"]),
        (with_(organisations=(org("CIL009", "CIL", nom="=1+1"),)), ["ANN.R23", "ANN.R33"]),
        (with_(adhesions=(member("CIL999", "PF01"),)), ["ANN.R08"]),
        (with_(adhesions=(member("PF02", "PF01"),)), ["ANN.R09"]),
        (with_(adhesions=(member("CIL001", "CIL002", Service.MOB),)), ["ANN.R10"]),
        (with_(adhesions=(member("CIL001", "PF02"),)), ["ANN.R11"]),
        (with_(adhesions=(member("CIL001", "PF01"),)), ["ANN.R32"]),
        (with_(delegations=(agreement("CIL001", "CIL001"),)), ["ANN.R13"]),
        (with_(delegations=(agreement("CIL001", "CIL002"), agreement("CIL001", "CCI003"))), ["ANN.R15"]),
        (with_(delegations=(agreement("CIL001", "CIL002"), agreement("CIL002", "CIL001"))), ["ANN.R16"]),
        (with_(delegations=(agreement("UESL", "CIL002"),)), ["ANN.R18", "ANN.R09"]),
        (with_(contacts=(mail("PF09"),)), ["ANN.R08"]),
        (with_(contacts=(mail("PF01", courriel="dépôt@pf01.example"),)), ["ANN.R19"]),
        (with_(contacts=(mail("PF01"),)), ["ANN.R20"]),
        (with_(obligations=(ObligationRule(code="PF01", collection="N1A", dates=Span(), dispense=True),)), ["ANN.R26"]),
        (with_(organisations=(org("AUD01", "AUD", nom="a\x00b"),)), ["ANN.R34"]),
        (replace(GOOD, organisations=GOOD.organisations[1:]), ["ANN.R07"]),
        (replace(GOOD, contacts=GOOD.contacts[1:]), ["ANN.R21"]),
        (replace(GOOD, contacts=(mail("PF01", service=Service.MOB), mail("PF02"))), ["ANN.R21"]),
    ],
)
def test_each_rule_is_found(register: Directory, expected: list[str]) -> None:
    assert sorted(codes(register)) == sorted(expected)


def test_a_finding_says_where_and_how_to_mend_it() -> None:
    found = find(with_(organisations=(org("AUD01", "AUD", compte_sftp="PF01".lower()),)), "ANN.R05")
    assert (found.row, found.cell, found.column, found.value) == (8, "organisations!E8", "compte_sftp", "pf01")
    assert found.severity is Severity.ERROR
    assert "PF01" in found.message
    assert found.hint is not None


def test_accounts_are_compared_without_their_case() -> None:
    assert "ANN.R05" in codes(with_(organisations=(org("AUD01", "AUD", compte_sftp="PF01"),)))


def test_an_unknown_code_gets_the_nearest_one_as_a_suggestion() -> None:
    found = find(with_(adhesions=(member("CIL01", "PF01"),)), "ANN.R08")
    assert found.hint is not None
    assert "CIL001" in found.hint


def test_a_change_of_platform_is_no_overlap_when_the_days_follow() -> None:
    register = replace(
        GOOD,
        adhesions=(
            member("CIL001", "PF01", last=date(2005, 6, 30)),
            member("CIL001", "PF02", first=date(2005, 7, 1)),
            *GOOD.adhesions[1:],
        ),
    )
    assert codes(register) == []


def test_a_shared_day_is_an_overlap_and_the_hint_gives_the_date_that_mends_it() -> None:
    register = replace(
        GOOD,
        adhesions=(
            member("CIL001", "PF01", last=date(2005, 7, 1)),
            member("CIL001", "PF02", first=date(2005, 7, 1)),
            *GOOD.adhesions[1:],
        ),
    )
    found = find(register, "ANN.R11")
    assert found.hint is not None
    assert "30/06/2005" in found.hint


def test_the_two_services_may_have_different_platforms() -> None:
    assert codes(with_(adhesions=(member("CIL001", "PF02", Service.MOB),))) == []


def test_delegations_that_follow_each_other_in_time_are_no_loop() -> None:
    register = with_(
        delegations=(
            agreement("CIL001", "CIL002", last=date(2005, 6, 30)),
            agreement("CIL002", "CIL001", first=date(2005, 7, 1)),
        )
    )
    assert codes(register) == []


def test_a_longer_loop_is_told_once() -> None:
    register = with_(
        delegations=(
            agreement("CIL001", "CIL002"),
            agreement("CIL002", "CCI003"),
            agreement("CCI003", "CIL001"),
        )
    )
    assert codes(register) == ["ANN.R16"]


def test_a_performer_must_adhere_for_the_service() -> None:
    register = replace(with_(delegations=(agreement("CIL001", "CCI003"),)), adhesions=GOOD.adhesions[:2])
    assert "ANN.R17" in codes(register)
    assert blocks(check_register(placed(register)))


def test_a_performer_that_leaves_during_the_delegation_is_a_question_only() -> None:
    register = replace(
        with_(delegations=(agreement("CIL001", "CCI003", first=date(2005, 1, 1)),)),
        adhesions=(*GOOD.adhesions[:2], member("CCI003", "PF02", first=date(2003, 9, 1), last=date(2005, 8, 31))),
    )
    assert find(register, "ANN.R17").severity is Severity.WARNING
    assert "01/09/2005" in find(register, "ANN.R17").message


@pytest.mark.parametrize("sheet", ["organisation", "adhesion", "delegation", "obligation"])
def test_dates_the_wrong_way_round_are_found_everywhere(sheet: str) -> None:
    span = Span(first=date(2005, 2, 1), last=date(2005, 1, 1))
    register = {
        "organisation": with_(organisations=(org("AUD01", "AUD", actif=span),)),
        "adhesion": with_(adhesions=(member("CIL001", "PF01", Service.MOB, span.first, span.last),)),
        "delegation": with_(delegations=(agreement("CIL001", "CIL002", span.first, span.last),)),
        "obligation": with_(obligations=(ObligationRule(code="PF01", collection="N1A", dates=span),)),
    }[sheet]
    assert codes(register) == ["ANN.R06"]


def test_an_adhesion_to_a_closed_platform_says_until_when_it_may_run() -> None:
    closed = org("PF02", "PF", compte_sftp="pf02", actif=Span(last=date(2005, 6, 30)))
    register = replace(GOOD, organisations=tuple(closed if one.code == "PF02" else one for one in GOOD.organisations))
    found = find(register, "ANN.R12")
    assert found.expected is not None
    assert "30/06/2005" in found.expected


def test_a_short_adhesion_is_only_mentioned() -> None:
    register = replace(
        GOOD,
        adhesions=(member("CIL001", "PF01", first=date(2005, 1, 1), last=date(2005, 6, 30)), *GOOD.adhesions[1:]),
    )
    found = find(register, "ANN.R27")
    assert found.severity is Severity.INFO
    assert "moins d’un an" in found.message


def test_an_adhesion_of_whole_years_is_not_mentioned() -> None:
    register = replace(
        GOOD,
        adhesions=(member("CIL001", "PF01", first=date(2003, 9, 1), last=date(2005, 8, 31)), *GOOD.adhesions[1:]),
    )
    assert codes(register) == []


def test_an_unknown_collection_is_a_warning_with_the_nearest_one() -> None:
    register = with_(obligations=(ObligationRule(code="PF01", collection="N1B", dates=Span()),))
    assert codes(register, collections={"N1A", "N1M"}) == ["ANN.R25"]
    assert codes(register) == []


def test_a_code_whose_own_row_is_damaged_is_not_told_again() -> None:
    snapshot = replace(placed(with_(adhesions=(member("CIL099", "PF01"),))), damaged=frozenset({"CIL099"}))
    assert [one.code for one in check_register(snapshot)] == []


def test_findings_come_in_one_order_whatever_the_order_of_the_rules() -> None:
    wrong = with_(organisations=(org("CIL001", "CIL", nom="Autre"),), adhesions=(member("CIL999", "PF09"),))
    findings = check_register(placed(wrong))
    assert [one.cause.split(":")[1] for one in findings] == ["organisations", "adhesions", "adhesions"]
    assert list(findings[1:]) == sorted(findings[1:], key=lambda one: one.sort_key)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("depot@pf03.example", True),
        ("a.b+c@x-y.example", True),
        ("d'arc@x.example", True),
        ("sans-arobase", False),
        ("deux@@x.example", False),
        ("nom@domaine", False),
        ("a b@x.example", False),
        ("é@x.example", False),
        ("x@y.example\nBcc: z@y.example", False),
        ("Nom <a@x.example>", False),
        ("a@x.example,b@x.example", False),
        ("=1@x.example", False),
        (".a@x.example", False),
        ("a" * 65 + "@x.example", False),
        ("", False),
    ],
)
def test_only_one_plain_address_is_usable(text: str, good: bool) -> None:
    assert usable_address(text) is good


@pytest.mark.parametrize(
    ("first", "last", "due", "said"),
    [
        (date(2005, 1, 1), date(2005, 3, 31), None, False),
        (date(2005, 1, 1), date(2005, 3, 30), None, True),
        (date(2005, 1, 1), date(2005, 3, 31), date(2005, 5, 15), False),
        (date(2005, 1, 1), date(2005, 3, 31), date(2005, 3, 31), True),
        (date(2005, 1, 1), None, date(2005, 1, 2), False),
    ],
)
def test_a_special_obligation_that_applies_to_nothing_is_told(
    first: date,
    last: date | None,
    due: date | None,
    said: bool,
) -> None:
    rule = ObligationRule(code="PF01", collection="N1A", dates=Span(first=first, last=last), echeance=due)
    assert codes(with_(obligations=(rule,))) == (["ANN.R35"] if said else [])
