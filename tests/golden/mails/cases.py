"""What is said to the demonstration's platforms at some instants, each with a story: mails to be read by a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.compliance import ComplianceDates, ComplianceStatus
from domain.notices import Notice
from domain.organisations import Directory
from domain.periods import Period
from domain.steps import Call, Saying, Standing, Step, Trial
from notifications.calls import call_notices
from notifications.escalations import escalation_notices
from notifications.punctuality import punctuality_notices
from rendering.collections import Known

PARIS = ZoneInfo("Europe/Paris")
T1 = Period(2005, 1)
PILOT = "pilotage@uesl.example"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A story, and what is composed for it."""

    name: str
    story: str
    compose: Callable[[Directory, Known], Sequence[Notice]] = field(repr=False)

    def __str__(self) -> str:
        return self.name


def at(day: str, hour: str = "08:00") -> datetime:
    """An instant of the civil time."""
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(hour), tzinfo=PARIS)


def standing(known: Known, collection: str, now: datetime, period: Period = T1, **values: Any) -> Standing:
    """What PF03 owes, nothing received, due thirty days after the period, at `now`."""
    facts: Any = known[collection]
    due = at((period.ends_on + timedelta(days=facts.due_days)).isoformat(), "23:59:59")
    due = values.get("due_at", due)
    status = ComplianceStatus.OVERDUE if now > due else ComplianceStatus.OPEN
    defaults = {
        "organisation": "PF03",
        "account": "pf03",
        "collection": collection,
        "slug": facts.slug,
        "label": facts.label,
        "service": facts.service,
        "period": period,
        "opens_at": at((period.ends_on + timedelta(days=1)).isoformat(), "00:00"),
        "due_at": due,
        "first_due_at": due,
        "status": status,
        "dates": ComplianceDates(),
        "days_late": max(0, (now.date() - due.date()).days),
    }
    return Standing(**{**defaults, **values})


def incomplete(
    known: Known, collection: str, now: datetime, received: datetime, *lines: str, **values: Any
) -> Standing:
    """Accepted, but these lines lack."""
    dates = ComplianceDates(first_received_at=received, first_accepted_at=received)
    told = {"status": ComplianceStatus.INCOMPLETE, "dates": dates, "missing_lines": lines, **values}
    return standing(known, collection, now, **told)


def said(known: Known, directory: Directory, now: datetime, *told: tuple[Step, Standing]) -> Sequence[Notice]:
    """What one platform reads."""
    call = Call(
        organisation=told[0][1].organisation,
        day=now.date(),
        sayings=tuple(Saying(standing=one, step=step) for step, one in told),
    )
    templates = {
        (one.collection, one.period.code): f"{one.collection}_{call.organisation}_{one.period.code}.xlsx"
        for _, one in told
    }
    return call_notices(
        call, directory, now, zone=PARIS, known=known, reply_to=PILOT, admin="admin@uesl.example", templates=templates
    )


def opening(directory: Directory, known: Known) -> Sequence[Notice]:
    now = at("2005-04-01")
    return said(known, directory, now, *((Step.OPENING, standing(known, code, now)) for code in ("N1A", "N1M")))


def opening_for_one_person(directory: Directory, known: Known) -> Sequence[Notice]:
    now, period = at("2005-07-01"), Period(2005, 2)
    owed = [standing(known, code, now, period, organisation="PF01", account="pf01") for code in ("N1A", "N1M")]
    return said(known, directory, now, *((Step.OPENING, one) for one in owed))


def week_before(directory: Directory, known: Known) -> Sequence[Notice]:
    now = at("2005-04-22")
    owed = [standing(known, code, now, organisation="PF01", account="pf01") for code in ("N1A", "N1M")]
    return said(known, directory, now, *((Step.BEFORE_7, one) for one in owed))


def day_before(directory: Directory, known: Known) -> Sequence[Notice]:
    now = at("2005-04-29")
    owner = {"organisation": "PF01", "account": "pf01"}
    trial = Trial(submission_id="20050412-101502-7f3a9c", file_name="N1A_2005T1.xlsx", received_at=at("2005-04-12"))
    tried = standing(known, "N1A", now, trial=trial, **owner)
    lacking = incomplete(known, "N1M", now, at("2005-04-14", "10:15"), "CIL002", "CCI001", **owner)
    return said(known, directory, now, (Step.BEFORE_1, tried), (Step.BEFORE_1, lacking))


def day_after(directory: Directory, known: Known) -> Sequence[Notice]:
    now = at("2005-05-02", "12:00")
    return said(known, directory, now, (Step.AFTER_1, standing(known, "N1A", now)))


def week_after(directory: Directory, known: Known) -> Sequence[Notice]:
    now = at("2005-05-09", "12:00")
    lacking = incomplete(known, "N1M", now, at("2005-04-14", "10:15"), "CIL022", days_late=9)
    refused = standing(known, "N1A", now, dates=ComplianceDates(first_received_at=at("2005-04-28", "17:02")))
    return said(known, directory, now, (Step.AFTER_7, refused), (Step.AFTER_7, lacking))


def two_weeks_after(directory: Directory, known: Known) -> Sequence[Notice]:
    now, owner = at("2005-05-17", "12:00"), {"organisation": "PF02", "account": "pf02"}
    owed = [standing(known, code, now, **owner) for code in ("N1A", "N1M")]
    return said(known, directory, now, *((Step.AFTER_15, one) for one in owed))


def all_at_once(directory: Directory, known: Known) -> Sequence[Notice]:
    """The year 2004 and a quarter late, another to come, and the next one opens: as after a long silence."""
    now, owner = at("2005-07-01", "12:00"), {"organisation": "PF02", "account": "pf02"}
    late = standing(known, "N1A", now, **owner)
    longer = {"due_at": at("2005-07-08", "23:59:59"), "extended_until": date(2005, 7, 8)}
    granted = standing(known, "N1M", now, **owner, **longer, first_due_at=at("2005-04-30", "23:59:59"))
    return said(
        known,
        directory,
        now,
        *((Step.OPENING, standing(known, code, now, Period(2005, 2), **owner)) for code in ("N1A", "N1M")),
        (Step.BEFORE_7, granted),
        (Step.AFTER_15, late),
    )


def excused(directory: Directory, known: Known) -> Sequence[Notice]:
    now = at("2005-05-02")
    moved = standing(
        known,
        "N1A",
        now,
        due_at=at("2005-05-03", "09:30"),
        first_due_at=at("2005-04-30", "23:59:59"),
        excused_reason="le guichet était arrêté du 30 avril à 22\u00a0h\u00a000 au 2 mai à 9\u00a0h\u00a030",
    )
    return said(known, directory, now, (Step.BEFORE_1, moved))


def escalation(directory: Directory, known: Known) -> Sequence[Notice]:
    now = at("2005-05-16", "12:00")
    second = {"organisation": "PF02", "account": "pf02"}
    owed = [
        (Step.AFTER_15, standing(known, "N1A", now)),
        (Step.AFTER_15, incomplete(known, "N1M", now, at("2005-04-14", "10:15"), "CIL022", days_late=16)),
        (
            Step.AFTER_7,
            standing(
                known,
                "N1M",
                now,
                **second,
                due_at=at("2005-05-08", "23:59:59"),
                first_due_at=at("2005-04-30", "23:59:59"),
                extended_until=date(2005, 5, 8),
            ),
        ),
    ]
    calls = [
        Call(organisation="PF03", day=now.date(), sayings=tuple(Saying(standing=s, step=k) for k, s in owed[:2])),
        Call(organisation="PF02", day=now.date(), sayings=tuple(Saying(standing=s, step=k) for k, s in owed[2:])),
    ]
    days = {Step.BEFORE_7: "2005-04-22", Step.AFTER_1: "2005-05-02", Step.AFTER_7: "2005-05-09"}
    before = {one.key: [(step, date.fromisoformat(day)) for step, day in days.items()] for _, one in owed[:2]}
    rates = {("PF03", "N1A"): (2, 4), ("PF03", "N1M"): (3, 4), ("PF02", "N1M"): (0, 2)}
    return escalation_notices(
        calls,
        directory,
        now,
        zone=PARIS,
        known=known,
        reply_to=PILOT,
        admin="admin@uesl.example",
        rates=rates,
        said=before,
    )


def week_late_alone(directory: Directory, known: Known) -> Sequence[Notice]:
    now = at("2005-05-09", "12:00")
    one = Saying(standing=standing(known, "N1A", now), step=Step.AFTER_7)
    calls = [Call(organisation="PF03", day=now.date(), sayings=(one,))]
    return escalation_notices(calls, directory, now, zone=PARIS, known=known, reply_to=PILOT)


def repeated(directory: Directory, known: Known) -> Sequence[Notice]:
    now = at("2005-11-02", "12:00")
    past = [
        _complete(known, now, Period(2004, 4), 0),
        _complete(known, now, T1, 8),
        _complete(known, now, Period(2005, 2), 0),
    ]
    last = standing(known, "N1A", now, Period(2005, 3))
    call = Call(organisation="PF03", day=now.date(), sayings=(Saying(standing=last, step=Step.REPEATED),))
    return punctuality_notices(call, {last.key: [*past, last]}, directory, now, zone=PARIS, known=known, reply_to=PILOT)


def _complete(known: Known, now: datetime, period: Period, days_late: int) -> Standing:
    one = standing(known, "N1A", now, period)
    complete = one.due_at.replace(hour=10, minute=15) + timedelta(days=days_late or -2)
    status = ComplianceStatus.LATE if days_late else ComplianceStatus.ON_TIME
    dates = ComplianceDates(first_received_at=complete, first_accepted_at=complete, complete_at=complete)
    return replace(one, status=status, dates=dates, days_late=days_late)


def _case(name: str, story: str, compose: Callable[[Directory, Known], Sequence[Notice]]) -> Case:
    return Case(name=name, story=story, compose=compose)


CASES: Sequence[Case] = (
    _case("opening", "Le 1er avril, le 1er trimestre s'ouvre pour PF03, qui a un contact par service.", opening),
    _case(
        "opening-both",
        "Le 1er juillet, le 2e trimestre s'ouvre pour PF01, qui a un seul contact.",
        opening_for_one_person,
    ),
    _case("reminder-7", "Le 22 avril, PF01 n'a rien déposé.", week_before),
    _case("reminder-1", "Le 29 avril, PF01 a fait un bon essai, et un dépôt où deux lignes manquent.", day_before),
    _case("reminder-excused", "Le guichet était arrêté à l'échéance : elle est reportée.", excused),
    _case("overdue-1", "Le lundi 2 mai à midi, PF03 n'a rien déposé pour l'assistance.", day_after),
    _case(
        "overdue-7",
        "Le 9 mai, un fichier refusé et une ligne qui manque ; les services ont chacun leur contact.",
        week_after,
    ),
    _case("overdue-15", "Le 17 mai, PF02 n'a rien déposé du tout.", two_weeks_after),
    _case("mixed", "Le 1er juillet, après un long silence : un retard, un rappel et deux ouvertures.", all_at_once),
    _case("escalation", "Le 16 mai, l'UESL : une plate-forme à J+15, une autre à J+7.", escalation),
    _case("escalation-7", "Le 9 mai, l'UESL : une seule plate-forme à J+7.", week_late_alone),
    _case("punctuality", "PF03 est en retard pour la deuxième fois en quatre trimestres.", repeated),
)
