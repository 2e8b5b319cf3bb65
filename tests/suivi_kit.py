"""Five platforms and two collections, one obligation in each state, and the follow-up that shows them."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.compliance import ComplianceDates, ComplianceStatus
from domain.steps import Standing, Step
from domain.suivi import Suivi, SuiviLine
from tests.calling_kit import at, standing


def came(month: int, day: int) -> ComplianceDates:
    return ComplianceDates(
        first_received_at=at(month, day), first_accepted_at=at(month, day), complete_at=at(month, day)
    )


PARTIAL = ComplianceDates(first_received_at=at(4, 20), first_accepted_at=at(4, 20))
EVERY = (
    standing("N1A", organisation="PF01", status=ComplianceStatus.ON_TIME, dates=came(4, 5)),
    standing("N1M", organisation="PF01", status=ComplianceStatus.ON_TIME, dates=came(4, 5), nil=True),
    standing("N1A", organisation="PF02", status=ComplianceStatus.LATE, dates=came(5, 3), days_late=3),
    standing("N1M", organisation="PF02", status=ComplianceStatus.TO_CORRECT, dates=ComplianceDates()),
    standing(
        "N1A",
        organisation="PF03",
        status=ComplianceStatus.INCOMPLETE,
        dates=PARTIAL,
        missing_lines=("CIL001",),
        days_late=2,
    ),
    standing("N1M", organisation="PF03", status=ComplianceStatus.WAIVED, waived_reason="aucune activité"),
    standing("N1A", organisation="PF04", status=ComplianceStatus.OVERDUE, days_late=2),
    standing("N1M", organisation="PF04", status=ComplianceStatus.OVERDUE),
    standing("N1A", organisation="PF05", extended_until=date(2005, 5, 10), due_at=at(5, 10, 23, 59)),
    standing("N1M", organisation="PF05", excused_reason="panne", due_at=at(5, 3)),
)
NAMES = {"PF01": "Plate-forme Ouest", "PF03": "Plate-forme Île-de-France"}


def suivi(*standings: Standing, **values: Any) -> Suivi:
    lines = tuple(
        SuiviLine(standing=one, versions=1, anomalies=2, asked=1, said=(Step.OPENING, Step.BEFORE_7))
        for one in standings or EVERY
    )
    return Suivi(**{"made_at": at(5, 2), "lines": lines, "names": NAMES, **values})
