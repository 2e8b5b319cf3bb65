"""The central body is told at once of what a collection singles out, without a word of the file."""

from __future__ import annotations

from dataclasses import replace

from domain.findings import Finding, Severity
from domain.notices import Event
from domain.organisations import Contact, Directory, Organisation, OrganisationType, Role
from domain.periods import Period
from domain.submissions import Box
from notifications.alerts import alert_notices

UESL = Organisation(code="UESL", type=OrganisationType.UESL, nom="UESL")
DIRECTORY = Directory(
    version=1,
    organisations=(UESL,),
    contacts=(Contact(organisation="UESL", courriel="pilotage@uesl.example", nom="Pilotage", role=Role.PILOTAGE),),
)
SECRET = "Participation réclamée"


def told(sample, *, rows=(3,), refused=(), in_force=True, box=Box.DEPOT):
    findings = [
        Finding(code="N2I.R03", severity=Severity.INFO, message="Gravité.", row=row, value=SECRET) for row in rows
    ]
    findings += [Finding(code="G-11", severity=Severity.ERROR, message="Non.", row=row) for row in refused]
    judged = sample.section(findings=findings, collection="N2I", slug="incidents", period=Period(2005))
    return sample.outcome(sample.weighed(judged, in_force=in_force), name="N2I_2005.csv", box=box)


def known(sample):
    incidents = replace(sample.known["N1A"], code="N2I", label="Incidents avec les partenaires", alerts=("N2I.R03",))
    return {**sample.known, "N2I": replace(incidents, cases=True)}


def test_it_goes_to_the_central_body_and_quotes_nothing(sample) -> None:
    [notice] = alert_notices(told(sample), DIRECTORY, zone=sample.zone, known=known(sample))
    assert (notice.event, notice.recipient) == (Event.ANOMALY, "pilotage@uesl.example")
    assert "Ligne 3" in notice.text
    assert SECRET not in notice.subject + notice.text + notice.html


def test_a_refused_line_a_trial_and_what_is_not_in_force_alert_nobody(sample) -> None:
    facts = known(sample)
    for outcome in (told(sample, refused=(3,)), told(sample, in_force=False), told(sample, rows=())):
        assert not alert_notices(outcome, DIRECTORY, zone=sample.zone, known=facts)
    assert not alert_notices(told(sample, box=Box.ESSAI), DIRECTORY, zone=sample.zone, known=facts)


def test_without_a_central_body_the_administrator_is_told(sample) -> None:
    empty = Directory(version=1)
    [notice] = alert_notices(told(sample), empty, zone=sample.zone, known=known(sample), admin="admin@example.org")
    assert notice.recipient == "admin@example.org"
