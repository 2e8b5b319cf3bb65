"""What follows from the register: who adheres, who owes which lines (contract §5, §6)."""

from datetime import date

from domain.organisations import (
    Adhesion,
    Contact,
    Delegation,
    Directory,
    Organisation,
    OrganisationType,
    Role,
    Service,
    Span,
)
from domain.periods import Period

CIL, PF = OrganisationType.CIL, OrganisationType.PF
T1, T2 = Period(2005, 1), Period(2005, 2)


def organisation(code, type_=CIL, nom=None, **more):
    return Organisation(code=code, type=type_, nom=nom or f"Organisme {code}", **more)


def joined(cil, pf, first=None, last=None, service=Service.ASA):
    return Adhesion(code_cil=cil, code_plateforme=pf, service=service, dates=Span(first=first, last=last))


DIRECTORY = Directory(
    version=1,
    organisations=(
        organisation("PF01", PF, compte_sftp="pf01"),
        organisation("PF02", PF, compte_sftp="PF02"),
        organisation("CIL001", nom="CIL du Val de Loire"),
        organisation("CIL002", nom="CIL de l'Ouest"),
        organisation("CIL003", nom="CIL de l’Océan"),
        organisation("CCI004", OrganisationType.CCI, nom="CCI de Haute-Bretagne"),
    ),
    adhesions=(
        joined("CIL001", "PF01"),
        joined("CIL002", "PF01", last=date(2005, 5, 15)),
        joined("CIL002", "PF02", first=date(2005, 5, 16)),
        joined("CIL003", "PF01"),
        joined("CCI004", "PF01", service=Service.MOB),
    ),
    delegations=(
        Delegation(
            code_mandant="CIL003",
            code_realisateur="CIL001",
            service=Service.ASA,
            dates=Span(first=date(2005, 2, 1), last=date(2005, 6, 30)),
        ),
    ),
    contacts=(
        Contact(organisation="PF01", courriel="a@x.example", nom="A", role=Role.DEPOT),
        Contact(organisation="PF01", courriel="m@x.example", nom="M", role=Role.DEPOT, service=Service.MOB),
    ),
)


def test_a_quarter_belongs_whole_to_the_platform_of_its_last_day():
    assert "CIL002" in DIRECTORY.expected_lines("PF01", Service.ASA, T1)
    assert "CIL002" not in DIRECTORY.expected_lines("PF01", Service.ASA, T2)
    assert DIRECTORY.expected_lines("PF02", Service.ASA, T2) == ("CIL002",)


def test_only_a_delegation_of_the_whole_quarter_frees_the_mandant():
    assert "CIL003" in DIRECTORY.expected_lines("PF01", Service.ASA, T1)
    assert "CIL003" not in DIRECTORY.expected_lines("PF01", Service.ASA, T2)


def test_an_account_is_found_whatever_its_case():
    assert DIRECTORY.of_account("pf02") is DIRECTORY.by_code["PF02"]
    assert DIRECTORY.of_account("nobody") is None


def test_a_member_is_given_by_code_or_exact_name_and_a_platform_is_no_member():
    assert DIRECTORY.member("cil001") is DIRECTORY.by_code["CIL001"]
    assert DIRECTORY.member("  cil du  VAL de loire ") is DIRECTORY.by_code["CIL001"]
    assert DIRECTORY.member("CIL de l’Ouest") is DIRECTORY.by_code["CIL002"]
    assert DIRECTORY.member("PF01") is None
    assert DIRECTORY.member("CIL du Val") is None


def test_an_unknown_name_gets_the_nearest_ones():
    assert [one.code for one in DIRECTORY.nearest_members("CIL du Val de la Loire")][:1] == ["CIL001"]
    assert DIRECTORY.nearest_members("zzzz") == ()


def test_contacts_without_a_service_answer_for_all():
    assert [one.nom for one in DIRECTORY.recipients("PF01", Role.DEPOT, Service.ASA)] == ["A"]
    assert [one.nom for one in DIRECTORY.recipients("PF01", Role.DEPOT, Service.MOB)] == ["A", "M"]


def test_spans_without_bounds_are_unlimited():
    assert Span().covers(date(1900, 1, 1))
    assert Span(last=date(2005, 1, 1)).overlaps(Span(first=date(2005, 1, 1)))
    assert not Span(last=date(2005, 1, 1)).overlaps(Span(first=date(2005, 1, 2)))
