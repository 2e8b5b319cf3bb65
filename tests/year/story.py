"""What happens in the simulated year: who drops what and when, and what UESL decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.organisations import Directory
from domain.periods import Period
from ingest.demo.files import N1M_COLUMNS
from tests.year.figures import Change, assistance, mobilite, nothing

ZONE = ZoneInfo("Europe/Paris")
T1, T2, T3, T4 = (Period(2005, quarter) for quarter in (1, 2, 3, 4))


@dataclass(frozen=True, kw_only=True)
class Drop:
    """A file that is wholly there at `at`."""

    at: datetime
    account: str
    name: str
    content: bytes
    box: str = "depot"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A verb of UESL's, as typed."""

    at: datetime
    words: tuple[str, ...]


def at(text: str) -> datetime:
    """`2005-04-12 10:05` in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def story(directory: Directory) -> list[Drop | Decision]:
    """The whole year, in order."""
    return sorted([*_drops(directory), *_decisions()], key=lambda one: one.at)


def _drops(directory: Directory) -> Iterator[Drop]:
    def n1a(when: str, platform: str, period: Period, change: Change | None = None, box: str = "depot") -> Drop:
        content = assistance(directory, platform, period, change)
        return Drop(at=at(when), account=platform.lower(), name=f"N1A_{period}.csv", content=content, box=box)

    def n1m(when: str, platform: str, period: Period, change: Change | None = None, box: str = "depot") -> Drop:
        content = mobilite(directory, platform, period, change)
        return Drop(at=at(when), account=platform.lower(), name=f"N1M_{period}.csv", content=content, box=box)

    # First quarter, due on Saturday 30 April.
    yield n1a("2005-04-12 10:05", "PF01", T1)
    yield n1m("2005-04-12 10:06", "PF01", T1)
    yield n1m("2005-04-28 16:40", "PF02", T1)
    yield n1a("2005-05-04 11:20", "PF02", T1)  # late
    yield Drop(at=at("2005-04-20 09:15"), account="pf03", name="N1A_2005T1.xlsx", content=b"%PDF-1.4 scan")
    yield n1a("2005-04-22 15:30", "PF03", T1)
    yield n1m("2005-04-18 14:00", "PF03", T1, box="essai")  # a good trial that nothing follows
    yield n1m("2005-05-10 09:50", "PF03", T1)
    yield n1a("2005-04-30 23:59:58", "PF04", T1)
    yield n1m("2005-05-19 17:05", "PF04", T1)
    yield n1a("2005-04-25 08:30", "PF05", T1)
    yield n1m("2005-04-25 08:31", "PF05", T1)
    # Second quarter, due on Saturday 30 July.
    yield n1a("2005-07-11 10:00", "PF01", T2)
    yield n1m("2005-07-11 10:01", "PF01", T2)
    yield n1a("2005-07-28 11:00", "PF02", T2)
    yield n1m("2005-07-28 11:01", "PF02", T2)
    yield n1a("2005-07-20 14:20", "PF03", T2, {"CIL023": 0})  # a line lacks
    yield n1a("2005-08-03 09:10", "PF03", T2)
    yield n1m("2005-07-21 14:20", "PF03", T2)
    yield n1a("2005-07-29 18:55", "PF04", T2)
    yield n1a("2005-08-11 16:00", "PF05", T2)  # within what was granted
    yield n1m("2005-07-28 09:30", "PF05", T2)
    # Third quarter, due on Sunday 30 October, when clocks go back.
    yield n1a("2005-10-14 10:00", "PF01", T3, {"CIL003": 6})  # a leap that nobody explains at first
    yield n1m("2005-10-14 10:01", "PF01", T3)
    yield n1m("2005-10-25 15:00", "PF02", T3)
    yield n1a("2005-11-02 10:45", "PF02", T3)  # late for the second time
    yield n1a("2005-10-27 11:11", "PF03", T3)
    yield n1m("2005-10-27 11:12", "PF03", T3)
    yield n1a("2005-10-30 23:59:59", "PF04", T3)
    yield Drop(at=at("2005-10-20 10:10"), account="pf04", name="N1M_2005T3.csv", content=nothing(N1M_COLUMNS))
    yield n1m("2005-10-24 09:00", "PF05", T3)
    yield n1a("2005-12-20 09:00", "PF05", T3)
    # Fourth quarter, due on Monday 30 January 2006.
    yield n1a("2006-01-12 10:00", "PF01", T4)
    yield n1m("2006-01-31 00:00:01", "PF01", T4)  # one second late, as people see it
    yield n1a("2006-01-26 10:00", "PF02", T4)
    yield n1m("2006-01-26 10:01", "PF02", T4)
    yield n1a("2006-01-20 10:00", "PF03", T4)
    yield n1m("2006-01-20 10:01", "PF03", T4, {"CIL021": 9})
    yield n1a("2006-01-30 23:59:58", "PF04", T4)
    yield n1m("2006-01-30 23:00", "PF04", T4)
    yield n1m("2006-01-27 17:30", "PF05", T4)


def _decisions() -> Iterator[Decision]:
    waive = ("deadline", "waive", "PF04", "N1M", "2005T2", "--reason", "Aucune opération : filiale en création")
    extend = ("deadline", "extend", "PF05", "N1A", "2005T2", "--until", "2005-08-12", "--reason", "Dégât des eaux")
    dispute = ("anomaly", "raise", "CIL031", "engagements_reciproques", "2005T3", "--reason", "Nous en comptons deux")
    yield Decision(at=at("2005-07-15 10:00"), words=(*waive, "--by", "M. Roy"))
    yield Decision(at=at("2005-07-25 09:30"), words=(*extend, "--by", "Mme Leroux"))
    yield Decision(at=at("2005-12-05 10:00"), words=(*dispute, "--by", "CIL du Dauphiné"))
