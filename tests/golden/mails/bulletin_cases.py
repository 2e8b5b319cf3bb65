"""What the central body reads by itself, at some instants of the demonstration's first quarter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from domain.anomalies import Anomaly, AnomalySource, AnomalyState
from domain.bulletins import Bulletin, BulletinKind, Change, ChangeKind, Confirmation, Undelivered
from domain.compliance import ComplianceDates, ComplianceStatus
from domain.notices import Notice
from domain.organisations import Directory
from domain.steps import Standing, Step
from domain.suivi import Suivi, SuiviLine
from notifications.bulletins import bulletin_notices
from rendering.collections import Known
from tests.golden.mails.cases import Case, at, standing

MONDAY = date(2005, 5, 2)
ADMIN = "admin@uesl.example"
BEFORE = (Step.BEFORE_15, Step.BEFORE_7, Step.BEFORE_1)


def came(*days: str) -> ComplianceDates:
    """First deposit, and what completed it when a second day is given."""
    first, last = at(days[0], "10:00"), at(days[-1], "10:00")
    return ComplianceDates(first_received_at=first, first_accepted_at=first, complete_at=last)


def network(known: Known, now: datetime) -> tuple[Standing, ...]:
    """Five platforms, one in each case."""
    first, second = [code for code in known if code.startswith("N1")][:2]

    def one(organisation: str, collection: str, **values: Any) -> Standing:
        return standing(known, collection, now, organisation=organisation, account=organisation.lower(), **values)

    on_time: dict[str, Any] = {"status": ComplianceStatus.ON_TIME, "days_late": 0}
    return (
        one("PF01", first, dates=came("2005-04-05"), **on_time),
        one("PF01", second, dates=came("2005-04-05"), nil=True, **on_time),
        one("PF02", first, dates=came("2005-04-12", "2005-04-28"), **on_time),
        one("PF02", second, dates=came("2005-05-01"), status=ComplianceStatus.LATE, days_late=1),
        one(
            "PF03",
            first,
            status=ComplianceStatus.INCOMPLETE,
            dates=replace(came("2005-04-20"), complete_at=None),
            missing_lines=("CIL025", "CIL029"),
        ),
        one("PF03", second, status=ComplianceStatus.WAIVED, waived_reason="aucune activité", days_late=0),
        one("PF04", first),
        one("PF04", second, dates=ComplianceDates(first_received_at=at("2005-04-29", "16:00"))),
        one(
            "PF05",
            first,
            status=ComplianceStatus.OPEN,
            days_late=0,
            due_at=at("2005-05-10", "23:59:59"),
            extended_until=date(2005, 5, 10),
        ),
        one("PF05", second),
    )


def suivi(directory: Directory, known: Known, now: datetime) -> Suivi:
    """What stands in the tables."""
    lines = tuple(
        SuiviLine(
            standing=one,
            versions=0 if one.dates.first_received_at is None else 2 if one.organisation == "PF02" else 1,
            anomalies=1 if one.organisation == "PF03" and one.missing_lines else 0,
            asked=1 if one.organisation == "PF03" and one.missing_lines else 0,
            said=() if one.organisation == "PF01" else (Step.OPENING, *BEFORE),
        )
        for one in network(known, now)
    )
    return Suivi(made_at=now, lines=lines, names={one.code: one.nom for one in directory.organisations})


def question(known: Known, **values: Any) -> Anomaly:
    """A figure that looks odd."""
    defaults: dict[str, Any] = {
        "number": 12,
        "code": "A-01",
        "source": AnomalySource.JUDGING,
        "state": AnomalyState.OPEN,
        "account": "pf03",
        "organisation": "PF03",
        "collection": next(code for code in known if code.startswith("N1")),
        "period": "2005T1",
        "member": "CIL025",
        "column": "diagnostics_prealables",
        "label": "Nb de diagnostics préalables",
        "value": "130",
        "message": "130 diagnostics préalables : la médiane des 4 derniers trimestres est 13.",
        "raised_at": at("2005-04-20", "10:00"),
    }
    return Anomaly(**{**defaults, **values})


def changed(known: Known, now: datetime) -> tuple[Change, ...]:
    """One change of each kind that a Monday in May can bring."""
    told = {
        ("PF01", 1): ChangeKind.ON_TIME,
        ("PF02", 1): ChangeKind.LATE,
        ("PF03", 0): ChangeKind.OVERDUE,
        ("PF03", 1): ChangeKind.WAIVED,
        ("PF04", 0): ChangeKind.OVERDUE,
        ("PF04", 1): ChangeKind.OVERDUE,
        ("PF05", 0): ChangeKind.EXTENDED,
        ("PF05", 1): ChangeKind.OVERDUE,
    }
    seen: dict[str, int] = {}
    found = []
    for one in network(known, now):
        place = seen.get(one.organisation, 0)
        seen[one.organisation] = place + 1
        if (one.organisation, place) in told:
            found.append(Change(kind=told[one.organisation, place], standing=one))
    order = list(ChangeKind)
    return tuple(sorted(found, key=lambda change: order.index(change.kind)))


def weekly(directory: Directory, known: Known) -> Sequence[Notice]:
    """The Monday after the due day."""
    now = at("2005-05-02")
    bulletin = Bulletin(
        kind=BulletinKind.WEEKLY,
        day=MONDAY,
        made_at=now,
        since=at("2005-04-29"),
        suivi=suivi(directory, known, now),
        changes=changed(known, now),
    )
    return bulletin_notices(bulletin, directory, known=known, reply_to="pilotage@uesl.example", admin=ADMIN)


def quiet_week(directory: Directory, known: Known) -> Sequence[Notice]:
    """Nothing changed, and nothing is late."""
    now = at("2005-04-11")
    lines = tuple(SuiviLine(standing=replace(one.standing, **_OPEN)) for one in suivi(directory, known, now).lines)
    bulletin = Bulletin(
        kind=BulletinKind.WEEKLY,
        day=date(2005, 4, 11),
        made_at=now,
        since=at("2005-04-04"),
        suivi=replace(suivi(directory, known, now), lines=lines),
    )
    return bulletin_notices(bulletin, directory, known=known, admin=ADMIN)


_OPEN: dict[str, Any] = {
    "status": ComplianceStatus.OPEN,
    "dates": ComplianceDates(),
    "days_late": 0,
    "missing_lines": (),
    "extended_until": None,
    "waived_reason": None,
    "due_at": at("2005-04-30", "23:59:59"),
}


def nothing_owed(directory: Directory, known: Known) -> Sequence[Notice]:
    """A desk just opened."""
    now = at("2005-03-07")
    bulletin = Bulletin(kind=BulletinKind.WEEKLY, day=date(2005, 3, 7), made_at=now, suivi=Suivi(made_at=now))
    return bulletin_notices(bulletin, directory, known=known, admin=ADMIN)


def digest(directory: Directory, known: Known) -> Sequence[Notice]:
    """Everything that one day can bring."""
    now = at("2005-05-03")
    names = suivi(directory, known, now).names
    rejected = next(one for one in network(known, now) if one.organisation == "PF04" and one.dates.first_received_at)
    reminded = question(known, number=13, member="CIL029", value="0", reminded_at=at("2005-05-02"))
    bulletin = Bulletin(
        kind=BulletinKind.DIGEST,
        day=now.date(),
        made_at=now,
        since=at("2005-05-02"),
        suivi=Suivi(made_at=now, names=names),
        changes=(*changed(known, now), Change(kind=ChangeKind.REJECTED, standing=rejected)),
        anomalies=(
            question(known),
            reminded,
            question(known, number=14, source=AnomalySource.DISPUTE, message="nous en avons compté 13"),
            question(
                known,
                number=9,
                state=AnomalyState.CONFIRMED,
                answer="opération exceptionnelle",
                answered_by="pf03",
                answered_at=at("2005-05-02", "15:00"),
            ),
        ),
        confirmations=(
            Confirmation(
                organisation="PF02",
                collection=rejected.collection,
                period="2005T1",
                message="Le total ne correspond pas.",
                text="total relu, il est juste",
            ),
        ),
        undelivered=(Undelivered(organisation="PF04", address="depot@pf04.example"),),
    )
    return bulletin_notices(bulletin, directory, known=known, reply_to="pilotage@uesl.example", admin=ADMIN)


def good_news(directory: Directory, known: Known) -> Sequence[Notice]:
    """One deposit, complete and in time: to the administrator, since the register names nobody at UESL."""
    now = at("2005-04-06")
    found = network(known, now)[0]
    bulletin = Bulletin(
        kind=BulletinKind.DIGEST,
        day=now.date(),
        made_at=now,
        suivi=Suivi(made_at=now, names={one.code: one.nom for one in directory.organisations}),
        changes=(Change(kind=ChangeKind.ON_TIME, standing=found),),
    )
    nobody = replace(directory, contacts=())
    return bulletin_notices(bulletin, nobody, known=known, admin=ADMIN)


BULLETIN_CASES = (
    Case(name="weekly", story="Le lundi qui suit l'échéance : tous les états, et ce qui a changé.", compose=weekly),
    Case(name="weekly-quiet", story="Une semaine où rien n'a changé et où rien n'est en retard.", compose=quiet_week),
    Case(name="weekly-empty", story="Un guichet qui ouvre : rien n'est encore attendu.", compose=nothing_owed),
    Case(name="digest", story="Tout ce qu'un jour peut apporter.", compose=digest),
    Case(name="digest-good-news", story="Une bonne nouvelle, et personne à l'UESL dans l'annuaire.", compose=good_news),
)
