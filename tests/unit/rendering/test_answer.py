"""The verdict's document is the contract's, key by key."""

import json

import pytest

from domain.compliance import ComplianceStatus
from domain.findings import Severity
from domain.outcome import DeadlineView
from domain.submissions import Box
from domain.verdicts import Verdict
from rendering.answer import as_json, in_order, receipt_document, verdict_document


def test_the_receipt_is_the_head_of_the_document(sample):
    receipt = receipt_document(sample.dropped(), sample.organisation, sample.zone)
    assert list(receipt)[:7] == ["schema", "submission", "file", "account", "organisation", "received_at", "test"]
    assert receipt["file"] == {"name": "N1A_2005T1.csv", "size": 812, "sha256": "9f" * 32}
    document = verdict_document(sample.one(Verdict.ACCEPTED), sample.zone)
    assert {key: document[key] for key in receipt} == receipt


def test_the_contract_keys_come_first_in_the_contract_order(sample):
    finding = sample.finding()
    document = verdict_document(
        sample.one(Verdict.PARTIALLY_ACCEPTED, [finding], still_owed=[sample.owed()]),
        sample.zone,
    )
    assert list(document)[:13] == [
        "schema",
        "submission",
        "file",
        "account",
        "organisation",
        "received_at",
        "judged_at",
        "test",
        "rules_version",
        "detected",
        "sections",
        "verdict",
        "still_owed",
    ]
    assert document["detected"] == {"format": "csv", "encoding": "cp1252", "separator": ";", "header_row": 4}
    (section,) = document["sections"]
    assert list(section)[:12] == [
        "collection",
        "slug",
        "period",
        "sheet",
        "verdict",
        "in_force",
        "replaces",
        "records",
        "deadline",
        "findings",
        "finding_counts",
        "findings_truncated",
    ]
    assert section["records"] == {"read": 14, "accepted": 13, "rejected": 1}
    assert section["deadline"] == {"due_at": "2005-04-30T23:59:59+02:00", "status": "on_time", "margin_days": 12}
    assert section["finding_counts"] == {"blocking": 0, "error": 1, "warning": 0, "info": 0}
    assert section["findings"] == [
        {
            "code": "G-10",
            "severity": "error",
            "row": 9,
            "column": "diagnostics_prealables",
            "cell": "E9",
            "label": "Nb de diagnostics préalables",
            "value": "-3",
            "expected": "entier ≥ 0",
            "message": "«\u00a0-3\u00a0» n’est pas un nombre entier.",
            "hint": "Écrivez un nombre entier, sans signe.",
        },
    ]
    assert list(document["still_owed"][0])[:3] == ["collection", "period", "due_at"]


def test_instants_carry_seconds_and_the_civil_offset(sample):
    document = verdict_document(sample.one(Verdict.ACCEPTED), sample.zone)
    assert document["received_at"] == "2005-04-18T10:15:02+02:00"
    assert document["judged_at"] == "2005-04-18T10:15:09+02:00"


def test_a_file_without_a_section_still_tells_its_findings(sample):
    finding = sample.finding(None, code="G-05", severity=Severity.BLOCKING, value=None, message="Fichier illisible.")
    document = verdict_document(sample.outcome(findings=[finding]), sample.zone)
    assert document["verdict"] == "rejected"
    (section,) = document["sections"]
    assert (section["collection"], section["verdict"]) == (None, "rejected")
    assert section["findings"][0]["message"] == "Fichier illisible."
    assert section["finding_counts"]["blocking"] == 1


def test_nothing_of_a_destroyed_file_is_quoted(sample):
    secret = "1 85 05 78 006 084 36"
    finding = sample.finding(value=secret, message=f"« {secret} » est un NIR", expected=f"pas {secret}", hint=secret)
    outcome = sample.one(Verdict.DESTROYED, [finding], destroy=True, in_force=False)
    text = as_json(verdict_document(outcome, sample.zone, sample.known)).decode()
    assert secret not in text
    assert json.loads(text)["verdict"] == "destroyed"
    assert json.loads(text)["sections"][0]["findings"][0]["row"] == 9


def test_a_file_that_could_not_be_identified_is_never_quoted(sample):
    finding = sample.finding(value="DUPONT", message="« DUPONT » n’est pas un titre connu")
    outcome = sample.one(Verdict.REJECTED, [finding], collection=None, slug=None, period=None)
    assert "DUPONT" not in as_json(verdict_document(outcome, sample.zone)).decode()


def test_the_order_survives_a_store_that_keeps_none(sample):
    document = verdict_document(sample.one(Verdict.ACCEPTED, [sample.finding()]), sample.zone, sample.known)
    shuffled = json.loads(json.dumps(document, sort_keys=True))
    assert as_json(in_order(shuffled)) == as_json(document)


def test_history_has_a_deadline_without_a_status(sample):
    outcome = sample.one(Verdict.ACCEPTED, deadline=DeadlineView(due_at=sample.due, status=None, margin_days=12))
    assert verdict_document(outcome, sample.zone)["sections"][0]["deadline"]["status"] is None


@pytest.mark.parametrize("name", ["a\udce9.csv", "\ud800", "x\n.csv"])
def test_any_file_name_can_be_written(sample, name):
    document = verdict_document(sample.one(Verdict.ACCEPTED, name=name, box=Box.ESSAI), sample.zone)
    assert json.loads(as_json(document))["test"] is True


def test_a_status_is_the_obligation_s(sample):
    outcome = sample.one(
        Verdict.REJECTED,
        deadline=DeadlineView(due_at=sample.due, status=ComplianceStatus.TO_CORRECT, margin_days=-2),
    )
    assert verdict_document(outcome, sample.zone)["sections"][0]["deadline"]["margin_days"] == -2
