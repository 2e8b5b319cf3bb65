"""The catalogue as delivered."""

from __future__ import annotations

import re

import pytest

from domain.findings import Severity
from ingest.catalogue import load_catalogue
from rules.generic import GENERIC
from rules.rule import Stage

CATALOGUE = load_catalogue()


@pytest.mark.parametrize(
    "word", ["N1A", "n1a", "assistance_trimestrielle", "ASSISTANCE-Trimestrielle", "assistance trimestrielle"]
)
def test_a_collection_is_found_by_code_or_slug_however_it_is_written(word: str) -> None:
    found = CATALOGUE.find(word)
    assert found is not None
    assert found.code == "N1A"


def test_an_unknown_word_names_no_collection() -> None:
    assert CATALOGUE.find("N9Z") is None
    assert CATALOGUE.by_code("n1a") is None
    assert CATALOGUE.by_slug("mobilite_trimestrielle") is CATALOGUE.by_code("N1M")


def test_every_rule_has_a_public_code_a_severity_and_a_french_sentence() -> None:
    described = CATALOGUE.described_rules()
    codes = [rule.code for rule in described]
    assert len(codes) == len(set(codes))
    for rule in described:
        assert re.fullmatch(r"[AG]-\d\d|[A-Z0-9]{3}\.R\d\d", rule.code)
        assert rule.severity in Severity
        assert rule.stage in Stage
        assert rule.stage.label
        assert rule.sentence.endswith(".")
        assert "'" not in rule.sentence
        assert " :" not in rule.sentence


def test_the_quarterly_collections_share_the_numbers_of_their_shared_rules() -> None:
    sentences = {}
    for code in ("N1A", "N1M"):
        sentences[code] = {rule.code.split(".")[1]: rule.sentence for rule in CATALOGUE.rule_sets[code].rules}
    for number in ("R01", "R02", "R03", "R04", "R05", "R06", "R07", "R09"):
        assert sentences["N1A"][number] == sentences["N1M"][number]


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("G-01", "blocking"),
        ("G-04", "blocking"),
        ("G-07", "warning"),
        ("G-09", "error"),
        ("G-10", "error"),
        ("G-11", "error"),
        ("G-12", "blocking"),
        ("G-16", "blocking"),
        ("G-17", "blocking"),
        ("G-18", "info"),
    ],
)
def test_generic_checks_keep_their_code_and_the_severity_of_the_contract(code: str, severity: str) -> None:
    assert GENERIC[code].severity == severity


def test_the_number_of_a_version_is_never_checked() -> None:
    assert "G-13" not in GENERIC


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("N1A.R01", "error"),
        ("N1A.R02", "error"),
        ("N1A.R03", "warning"),
        ("N1A.R04", "warning"),
        ("N1A.R05", "warning"),
        ("N1A.R06", "warning"),
        ("N1A.R07", "info"),
        ("N1A.R08", "warning"),
        ("N1A.R09", "warning"),
        ("N1M.R08", "warning"),
        ("N1M.R10", "warning"),
        ("N1M.R11", "error"),
        ("N1M.R12", "warning"),
        ("N1M.R13", "warning"),
    ],
)
def test_the_rules_of_the_quarterly_collections_have_the_severities_of_the_contract(code: str, severity: str) -> None:
    by_code = {rule.code: rule for rule in CATALOGUE.described_rules()}
    assert by_code[code].severity == severity


def test_the_vocabulary_knows_technical_names_and_labels() -> None:
    assert {
        "diagnostics_prealables",
        "nb_de_diagnostics_prealables",
        "dpt",
        "montant_facture_ht_en",
    } <= CATALOGUE.vocabulary


def test_the_version_of_the_rules_is_stable() -> None:
    assert CATALOGUE.rules_version == load_catalogue().rules_version
    assert re.fullmatch(r"[0-9a-z.]+\+[0-9a-f]{10}", CATALOGUE.rules_version)
