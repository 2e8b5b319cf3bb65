"""A judged deposit to write answers about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest

from domain.compliance import ComplianceStatus
from domain.findings import Finding, Severity, count_by_severity
from domain.judgement import Detected, Judgement, SectionJudgement
from domain.organisations import Contact, Directory, Organisation, OrganisationType, Role, Service
from domain.outcome import DeadlineView, Outcome, Owed, SectionOutcome
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from domain.verdicts import Verdict

PARIS = ZoneInfo("Europe/Paris")
DUE = datetime(2005, 4, 30, 23, 59, 59, tzinfo=PARIS)


@dataclass(frozen=True)
class Facts:
    """A collection as far as answers know it."""

    code: str
    label: str
    service: Service | None
    cases: bool = False
    expected_lines: bool = False
    services: tuple[Service, ...] = ()
    alerts: tuple[str, ...] = ()

    def service_in(self, _period: Period | None) -> Service | None:
        return self.service


@dataclass(frozen=True)
class Sample:
    """Makes the values that answers are written from."""

    zone = PARIS
    due = DUE
    organisation = Organisation(
        code="PF03",
        type=OrganisationType.PF,
        nom="Plate-forme Bourgogne",
        compte_sftp="pf03",
    )
    known: ClassVar = {
        "N1A": Facts("N1A", "Suivi de l’activité du CIL-PASS assistance", Service.ASA),
        "N1M": Facts("N1M", "Suivi de l’activité du CIL-PASS mobilité", Service.MOB),
        "N2A": Facts("N2A", "Dossiers d’assistance", Service.ASA, cases=True),
    }

    def finding(self, row: int | None = 9, **values: Any) -> Finding:
        defaults: dict[str, Any] = {
            "code": "G-10",
            "severity": Severity.ERROR,
            "message": "«\u00a0-3\u00a0» n’est pas un nombre entier.",
            "row": row,
            "column": "diagnostics_prealables",
            "cell": f"E{row}" if row else None,
            "label": "Nb de diagnostics préalables",
            "value": "-3",
            "expected": "entier ≥ 0",
            "hint": "Écrivez un nombre entier, sans signe.",
        }
        return Finding(**{**defaults, **values})

    def dropped(self, name: str = "N1A_2005T1.csv", box: Box = Box.DEPOT) -> DroppedFile:
        return DroppedFile(
            submission_id="20050418-101502-7f3a9c",
            account="pf03",
            box=box,
            name=name,
            size=812,
            sha256="9f" * 32,
            received_at=datetime(2005, 4, 18, 8, 15, 2, tzinfo=UTC),
            proof=ReceiptProof.SFTP_CLOSE,
        )

    def section(
        self, verdict: Verdict = Verdict.ACCEPTED, findings: Sequence[Finding] = (), **values: Any
    ) -> SectionJudgement:
        defaults: dict[str, Any] = {
            "collection": "N1A",
            "slug": "assistance_trimestrielle",
            "period": Period(2005, 1),
            "sheet": None,
            "records_read": 14,
            "records_accepted": 13,
            "records_rejected": 1,
            "header_row": 4,
            "finding_counts": count_by_severity(findings),
        }
        return SectionJudgement(verdict=verdict, findings=tuple(findings), **{**defaults, **values})

    def weighed(self, judged: SectionJudgement, **values: Any) -> SectionOutcome:
        deadline = DeadlineView(due_at=DUE, status=ComplianceStatus.ON_TIME, margin_days=12)
        return SectionOutcome(judgement=judged, **{"in_force": True, "deadline": deadline, **values})

    def outcome(
        self,
        *sections: SectionOutcome,
        name: str = "N1A_2005T1.csv",
        box: Box = Box.DEPOT,
        organisation: Organisation | None = organisation,
        findings: Sequence[Finding] = (),
        destroy: bool = False,
        still_owed: Sequence[Owed] = (),
    ) -> Outcome:
        judgement = Judgement(
            detected=Detected(format="csv", encoding="cp1252", separator=";", header_row=4),
            sections=tuple(section.judgement for section in sections),
            rules_version="1.0+abc",
            judged_at=datetime(2005, 4, 18, 8, 15, 9, tzinfo=UTC),
            directory_version=1,
            findings=tuple(findings),
            destroy=destroy,
        )
        return Outcome(
            dropped=self.dropped(name, box),
            organisation=organisation,
            judgement=judgement,
            sections=sections,
            still_owed=tuple(still_owed),
        )

    def one(self, verdict: Verdict, findings: Sequence[Finding] = (), **values: Any) -> Outcome:
        """An outcome of one section; `values` go to the section, its weighing or the outcome, by their names."""
        weighing = {
            key: values.pop(key) for key in ("in_force", "replaces", "stays", "waits", "deadline") if key in values
        }
        whole = {
            key: values.pop(key) for key in ("name", "box", "organisation", "destroy", "still_owed") if key in values
        }
        return self.outcome(self.weighed(self.section(verdict, findings, **values), **weighing), **whole)

    def owed(self, status: ComplianceStatus = ComplianceStatus.OPEN, due_at: datetime = DUE) -> Owed:
        return Owed(
            collection="N1M",
            slug="mobilite_trimestrielle",
            label="Suivi de l’activité du CIL-PASS mobilité",
            period="2005T1",
            due_at=due_at,
            status=status,
            service=Service.MOB,
        )

    def directory(self, *contacts: tuple[str, str, Role, Service | None]) -> Directory:
        """Contacts are (organisation, address, role, service)."""
        return Directory(
            version=1,
            organisations=(self.organisation, Organisation(code="UESL", type=OrganisationType.UESL, nom="UESL")),
            contacts=tuple(
                Contact(organisation=code, courriel=address, nom="Zoé Dépôt", role=role, service=service)
                for code, address, role, service in contacts
            ),
        )


@pytest.fixture
def sample() -> Sample:
    return Sample()
