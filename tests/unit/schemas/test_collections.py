"""The two quarterly collections, their headers and their lists."""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow as pa
import pytest

from domain.organisations import Service
from domain.text import normalise_header
from schemas.cil_pass.n1a import COLLECTION as N1A
from schemas.cil_pass.n1m import COLLECTION as N1M
from schemas.codes import DEPARTEMENTS, REGIONS_2005, REGIONS_2016, department_rank, region_of
from schemas.columns import Kind


@pytest.mark.parametrize(
    ("collection", "header", "name"),
    [
        (N1A, "Dpt.", "departement"),
        (N1A, "DPT", "departement"),
        (N1A, "CIL/CCI qui réalise le service", "code_cil"),
        (N1M, "CIL/CCI qui réalise le service (1)", "code_cil"),
        (N1A, "CIL/CCI", "nom_cil"),
        (N1A, "Nb de diagnostics préalables (1)", "diagnostics_prealables"),
        (N1A, "Nb d'engagements réiproques (2)", "engagements_reciproques"),
        (N1A, "NB D’ENGAGEMENTS RECIPROQUES", "engagements_reciproques"),
        (N1A, "diagnostics_complementaires", "diagnostics_complementaires"),
        (N1M, "Nb de dossiers individuels (2)", "dossiers_individuels"),
        (N1M, "Nb d'entreprises concernées (3)", "entreprises_concernees"),
        (N1M, "Montant facturé (2) HT en €", "montant_facture_ht"),
        (N1M, "Montant facturé HT (€)", "montant_facture_ht"),
        (N1A, "Plate-forme", "code_plateforme"),
        (N1A, "Année", "annee"),
        (N1A, "n ème Trimestre", "trimestre"),
    ],
)
def test_the_titles_of_the_official_tables_are_known(collection: object, header: str, name: str) -> None:
    assert collection.header_names[normalise_header(header)] == name  # type: ignore[attr-defined]


def test_what_the_two_collections_are() -> None:
    assert (N1A.slug, N1A.service, N1A.due_days, N1A.tolerance, N1A.key) == (
        "assistance_trimestrielle",
        Service.ASA,
        30,
        0.5,
        ("code_cil",),
    )
    assert (N1M.slug, N1M.service, N1M.due_days, N1M.tolerance, N1M.key) == (
        "mobilite_trimestrielle",
        Service.MOB,
        30,
        0.5,
        ("code_cil",),
    )
    assert N1M.column("montant_facture_ht").arrow_type == pa.decimal128(12, 2)
    assert [column.name for column in N1A.quantities] == [
        "diagnostics_prealables",
        "engagements_reciproques",
        "diagnostics_complementaires",
    ]


def test_a_collection_describes_itself_in_json_with_its_footnotes() -> None:
    document = json.loads(json.dumps(N1A.as_document()))
    notes = {column["name"]: column["note"] for column in document["columns"]}
    assert "signés des deux parties" in notes["engagements_reciproques"]
    assert document["columns"][3]["codes"]["2A"] == "Corse-du-Sud"


def test_the_fingerprint_changes_with_a_column_and_not_with_a_tolerance() -> None:
    assert replace(N1A, tolerance=0.1).fingerprint == N1A.fingerprint
    assert replace(N1A, model=N1M.model).fingerprint != N1A.fingerprint


@pytest.mark.parametrize("collection", [N1A, N1M])
def test_the_checks_of_the_model_say_what_the_metadata_says(collection: object) -> None:
    schema = collection.model.to_schema()  # type: ignore[attr-defined]
    for column in collection.columns:  # type: ignore[attr-defined]
        names = {check.name for check in schema.columns[column.name].checks}
        assert ("greater_than_or_equal_to" in names) is (column.minimum is not None)
        assert ("isin" in names) is (column.codes is not None)
        assert schema.columns[column.name].nullable is (not column.required)
        assert column.kind in Kind
        assert column.expected


def test_every_departement_has_a_region_before_and_after_the_reform() -> None:
    assert len(DEPARTEMENTS) == 101
    for regions in (REGIONS_2005, REGIONS_2016):
        assert sorted(code for codes in regions.values() for code in codes) == sorted(DEPARTEMENTS)
    assert (len(REGIONS_2005), len(REGIONS_2016)) == (27, 18)
    assert region_of("67", 2015) == "Alsace"
    assert region_of("67", 2016) == "Grand Est"
    assert region_of("99", 2005) is None


def test_corsica_stands_between_19_and_21_and_overseas_last() -> None:
    order = sorted(["971", "21", "2B", "19", "2A", "95", "??"], key=department_rank)
    assert order == ["19", "2A", "2B", "21", "95", "971", "??"]
