"""An import is a full snapshot: what is absent ends the day before."""

from dataclasses import replace
from datetime import date, timedelta

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
from ingest.register.merging import merge
from ingest.register.snapshot import canonical, same_content

TODAY = date(2005, 7, 10)
EVE = TODAY - timedelta(days=1)


def org(code: str, account: str | None = None, actif: Span | None = None) -> Organisation:
    kind = OrganisationType(code.rstrip("0123456789"))
    return Organisation(code=code, type=kind, nom=code, compte_sftp=account, actif=actif or Span())


def member(code: str, platform: str, dates: Span | None = None, service: Service = Service.ASA) -> Adhesion:
    return Adhesion(code_cil=code, code_plateforme=platform, service=service, dates=dates or Span())


BEFORE = canonical(
    Directory(
        version=4,
        organisations=(org("UESL", "uesl"), org("PF01", "pf01"), org("PF02", "pf02"), org("CIL001"), org("CIL002")),
        adhesions=(member("CIL001", "PF01"), member("CIL002", "PF01"), member("CIL001", "PF02", service=Service.MOB)),
        delegations=(Delegation(code_mandant="CIL001", code_realisateur="CIL002", service=Service.ASA, dates=Span()),),
        contacts=(Contact(organisation="PF01", courriel="a@pf01.example", nom="", role=Role.DEPOT),),
    )
)


def test_the_first_import_is_the_register() -> None:
    assert same_content(merge(None, BEFORE, TODAY), BEFORE)


def test_the_same_snapshot_changes_nothing() -> None:
    assert same_content(merge(BEFORE, BEFORE, TODAY), BEFORE)


def test_an_absent_organisation_ends_the_day_before() -> None:
    snapshot = replace(
        BEFORE,
        organisations=tuple(one for one in BEFORE.organisations if one.code != "CIL002"),
        adhesions=tuple(one for one in BEFORE.adhesions if one.code_cil != "CIL002"),
        delegations=(),
    )
    after = merge(BEFORE, snapshot, TODAY)
    assert after.by_code["CIL002"].actif == Span(last=EVE)
    assert member("CIL002", "PF01", Span(last=EVE)) in after.adhesions
    assert after.delegations[0].dates == Span(last=EVE)
    assert same_content(merge(after, snapshot, TODAY + timedelta(days=90)), after), "what ended stays ended, once"


def test_a_unit_that_is_present_says_everything_of_itself() -> None:
    moved = (
        member("CIL001", "PF01", Span(last=date(2005, 5, 31))),
        member("CIL001", "PF02", Span(first=date(2005, 6, 1))),
    )
    others = tuple(one for one in BEFORE.adhesions if (one.code_cil, one.service) != ("CIL001", Service.ASA))
    after = merge(BEFORE, replace(BEFORE, adhesions=(*moved, *others)), TODAY)
    assert {one for one in after.adhesions if (one.code_cil, one.service) == ("CIL001", Service.ASA)} == set(moved)
    assert member("CIL001", "PF02", service=Service.MOB) in after.adhesions


def test_what_had_ended_is_left_as_it_was() -> None:
    ended = Span(first=date(2003, 9, 1), last=date(2004, 8, 31))
    before = replace(BEFORE, adhesions=(*BEFORE.adhesions, member("CIL002", "PF02", ended, Service.MOB)))
    after = merge(before, BEFORE, TODAY)
    assert member("CIL002", "PF02", ended, Service.MOB) in after.adhesions


def test_what_had_not_begun_disappears_with_what_names_it() -> None:
    coming = Span(first=TODAY + timedelta(days=30))
    before = replace(
        BEFORE,
        organisations=(*BEFORE.organisations, org("CIL003", actif=coming)),
        adhesions=(*BEFORE.adhesions, member("CIL003", "PF01", coming)),
    )
    assert same_content(merge(before, BEFORE, TODAY), BEFORE)


def test_contacts_are_those_of_the_snapshot() -> None:
    after = merge(BEFORE, replace(BEFORE, contacts=()), TODAY)
    assert after.contacts == ()


def test_an_account_given_to_another_leaves_the_organisation_that_ended() -> None:
    snapshot = replace(
        BEFORE,
        organisations=tuple(
            replace(one, compte_sftp="pf01") if one.code == "PF02" else one
            for one in BEFORE.organisations
            if one.code != "PF01"
        ),
        adhesions=tuple(replace(one, code_plateforme="PF02") for one in BEFORE.adhesions),
        contacts=(),
    )
    after = merge(BEFORE, snapshot, TODAY)
    owner = after.of_account("pf01")
    assert owner is not None
    assert owner.code == "PF02"
    assert after.by_code["PF01"].compte_sftp is None
