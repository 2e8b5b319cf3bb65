"""Who owes what: pure, from the register and the catalogue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandera.pandas as pa
import pytest

from domain.organisations import (
    Adhesion,
    Delegation,
    Directory,
    ObligationRule,
    Organisation,
    OrganisationType,
    Service,
    Span,
)
from domain.periods import Period, Periodicity
from ingest.catalogue import load_catalogue
from ingest.ledger.obligations import Duty, deadline_of, duties, periods_until
from schemas.collection import Collection

PARIS = ZoneInfo("Europe/Paris")
QUARTERLY = Collection(
    code="N1A",
    slug="assistance_trimestrielle",
    label="Assistance",
    model=pa.DataFrameModel,
    periodicity=Periodicity.QUARTER,
    due_days=30,
    senders=frozenset({OrganisationType.PF}),
    service=Service.ASA,
)
YEARLY = replace(
    QUARTERLY,
    code="N2S",
    slug="satisfaction",
    periodicity=Periodicity.YEAR,
    due_days=45,
    service=None,
)
ON_REQUEST = replace(YEARLY, code="N2R", slug="rapport_activite", due_days=None)
T1, T2 = Period(2005, 1), Period(2005, 2)
PF = Organisation(code="PF03", type=OrganisationType.PF, nom="PF", compte_sftp="pf03")
CIL = Organisation(code="CIL001", type=OrganisationType.CIL, nom="CIL", compte_sftp="cil001")


def register(*adhesions: Adhesion, rules: tuple[ObligationRule, ...] = (), **values: object) -> Directory:
    return Directory(
        version=1,
        organisations=(PF, CIL),
        adhesions=adhesions or (adhesion(),),
        obligations=rules,
        **values,  # type: ignore[arg-type]
    )


def adhesion(service: Service = Service.ASA, last: date | None = None, first: date | None = None) -> Adhesion:
    return Adhesion(code_cil="CIL001", code_plateforme="PF03", service=service, dates=Span(first=first, last=last))


def owed(directory: Directory, *collections: Collection, first: Period = T1, until: Period = T2) -> list[Duty]:
    periods = periods_until(first, until.ends_on)
    return list(duties(directory, collections or (QUARTERLY,), periods, first_period=first, zone=PARIS))


def test_from_go_live_to_the_current_quarter_and_year() -> None:
    assert [one.code for one in periods_until(Period(2004, 3), date(2005, 4, 2))] == [
        "2004T3",
        "2004T4",
        "2005T1",
        "2005T2",
        "2004",
        "2005",
    ]


def test_a_platform_owes_each_quarter_from_go_live_on() -> None:
    first, second = owed(register())
    assert (first.organisation, first.account, first.collection, first.period) == ("PF03", "pf03", "N1A", T1)
    assert first.opens_at == datetime(2005, 4, 1, tzinfo=PARIS)
    assert first.due_at == datetime(2005, 4, 30, 23, 59, 59, tzinfo=PARIS)
    assert second.due_at == datetime(2005, 7, 30, 23, 59, 59, tzinfo=PARIS)


def test_the_last_day_decides_who_owes_the_whole_quarter() -> None:
    assert owed(register(adhesion(last=date(2005, 3, 30)))) == []
    assert [one.period for one in owed(register(adhesion(last=date(2005, 3, 31))))] == [T1]
    assert [one.period for one in owed(register(adhesion(first=date(2005, 3, 31))))] == [T1, T2]


def test_a_platform_whose_only_adherent_delegated_still_owes() -> None:
    delegation = Delegation(code_mandant="CIL001", code_realisateur="CIL002", service=Service.ASA, dates=Span())
    assert len(owed(register(delegations=(delegation,)))) == 2


def test_the_other_service_owes_nothing_of_this_one() -> None:
    assert owed(register(adhesion(Service.MOB))) == []


def test_a_yearly_collection_of_both_services_is_owed_for_any_adherent() -> None:
    [first] = owed(register(adhesion(Service.MOB)), YEARLY)
    assert (first.period.code, first.due_at) == ("2005", datetime(2006, 2, 14, 23, 59, 59, tzinfo=PARIS))


def test_a_platform_that_closed_owes_nothing() -> None:
    closed = replace(PF, actif=Span(last=date(2005, 3, 30)))
    assert owed(replace(register(), organisations=(closed, CIL))) == []


def test_what_has_no_due_date_is_owed_only_when_asked_for() -> None:
    assert owed(register(), ON_REQUEST) == []
    asked = ObligationRule(code="PF03", collection="N2R", dates=Span(), echeance=date(2006, 3, 1))
    [one] = owed(register(rules=(asked,)), ON_REQUEST)
    assert one.due_at == datetime(2006, 3, 1, 23, 59, 59, tzinfo=PARIS)


def test_an_ad_hoc_obligation_binds_whom_it_names() -> None:
    asked = ObligationRule(code="CIL001", collection="N1A", dates=Span(first=date(2005, 3, 31), last=date(2005, 3, 31)))
    assert [(one.organisation, one.period) for one in owed(register(rules=(asked,)))] == [
        ("PF03", T1),
        ("CIL001", T1),
        ("PF03", T2),
    ]


@pytest.mark.parametrize(("motif", "reason"), [("fusion", "fusion"), (None, "dispense")])
def test_a_dispense_waives_for_its_dates(motif: str | None, reason: str) -> None:
    rule = ObligationRule(
        code="PF03",
        collection="assistance_trimestrielle",
        dates=Span(last=date(2005, 3, 31)),
        dispense=True,
        motif=motif,
    )
    assert [one.waived_reason for one in owed(register(rules=(rule,)))] == [reason, None]


def test_a_due_date_of_the_register_that_is_before_the_end_of_the_period_is_not_for_it() -> None:
    rule = ObligationRule(code="PF03", collection="N1A", dates=Span(), echeance=date(2005, 5, 15))
    directory = register(rules=(rule,))
    assert deadline_of(directory, QUARTERLY, "PF03", T1, PARIS) == datetime(2005, 5, 15, 23, 59, 59, tzinfo=PARIS)
    assert deadline_of(directory, QUARTERLY, "PF03", T2, PARIS) == datetime(2005, 7, 30, 23, 59, 59, tzinfo=PARIS)
    assert deadline_of(None, QUARTERLY, None, T1, PARIS) == datetime(2005, 4, 30, 23, 59, 59, tzinfo=PARIS)
    assert deadline_of(None, ON_REQUEST, None, Period(2005), PARIS) is None


def test_a_format_is_owed_only_while_it_is_in_use() -> None:
    assert [one.period for one in owed(register(), replace(QUARTERLY, first_period=T2))] == [T2]
    assert [one.period for one in owed(register(), replace(QUARTERLY, last_period=T1))] == [T1]


def of_the_year(directory: Directory, year: int) -> set[tuple[str, str]]:
    """Who owes which of the catalogue's yearly collections for a year."""
    period = Period(year)
    found = duties(directory, load_catalogue().collections, (period,), first_period=Period(2003, 4), zone=PARIS)
    return {(one.organisation, one.collection) for one in found}


@pytest.mark.parametrize(
    ("service", "year", "codes"),
    [
        (Service.ASA, 2005, {"N2A", "N2P", "N2S"}),
        (Service.MOB, 2005, {"N2M", "N2S"}),
        (Service.MOB, 2004, {"N2M", "N2P", "N2S"}),
    ],
)
def test_what_a_year_asks_of_a_platform_by_its_services(service: Service, year: int, codes: set[str]) -> None:
    assert of_the_year(register(adhesion(service)), year) == {("PF03", code) for code in codes}


def test_the_activity_report_is_owed_by_those_of_whom_the_central_body_asks_it() -> None:
    other = replace(PF, code="PF07", compte_sftp="pf07")
    asked = tuple(
        ObligationRule(code=code, collection="N2R", dates=Span(), echeance=date(2006, 3, 1))
        for code in ("PF03", "PF07")
    )
    directory = replace(register(rules=asked), organisations=(PF, other, CIL))
    report = {(who, what) for who, what in of_the_year(directory, 2005) if what == "N2R"}
    assert report == {("PF03", "N2R"), ("PF07", "N2R")}
    assert not {what for _who, what in of_the_year(replace(directory, obligations=()), 2005)} & {"N2R", "N2I"}
