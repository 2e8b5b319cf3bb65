"""Two files in a folder on the Python path are a new collection: listed, given its table, judged, loaded."""

from __future__ import annotations

import os
import sqlite3

import pytest

from ingest.catalogue import load_catalogue

MODEL = """
import pandera.pandas as pa
from domain.organisations import OrganisationType
from domain.periods import Periodicity
from schemas.collection import Collection
from schemas.columns import Compte, Texte, compte, texte

class Visits(pa.DataFrameModel):
    lieu: Texte = texte("Lieu", key=True)
    visites: Compte = compte("Nb de visites")
    retours: Compte = compte("Nb de retours")

COLLECTION = Collection(
    code="VIS", slug="visites", label="Visites", model=Visits, periodicity=Periodicity.YEAR, due_days=45,
    senders=frozenset({OrganisationType.PF}), tolerance=0.5,
)
"""
RULES = """
from domain.findings import Severity
from rules.predicates import at_most
from rules.rule import RuleSet

RULES = RuleSet(collection="VIS", rules=(
    at_most("VIS.R01", Severity.ERROR, "retours", "visites", sentence="Les retours sont des visites.",
            message="Il y a plus de retours ({retours}) que de visites ({visites})."),
))
"""


@pytest.mark.parametrize("scheme", ["portes_ouvertes", "cil_pass"])
def test_two_files_on_the_python_path_are_enough(desk, tmp_path, scheme):
    outside = tmp_path / "outside"
    for package, text in (("schemas", MODEL), ("rules", RULES)):
        folder = outside / package / scheme
        folder.mkdir(parents=True)
        (folder / "visites.py").write_text(text)
    path = os.environ.get("PYTHONPATH")
    desk.environment = {"PYTHONPATH": f"{outside}{os.pathsep}{path}" if path else str(outside)}

    ours = [one.code for one in load_catalogue().collections]
    assert [one["code"] for one in desk.json("collections")] == [*ours, "VIS"]
    refused = desk.run("once")
    assert refused.returncode == 2
    assert "guichet db upgrade" in refused.stderr
    assert "visites" in desk.ok("db", "upgrade")

    desk.drop("pf01", "VIS_2004.csv", b"Lieu;Nb de visites;Nb de retours\nNantes;3;1\nBrest;1;2\n")
    desk.drop("pf02", "visites_2004.csv", b"NEANT")
    desk.once()
    verdict = desk.verdict_of("pf01", "VIS_2004.csv")
    assert verdict["verdict"] == "partially_accepted"
    assert [one["code"] for one in verdict["sections"][0]["findings"]] == ["VIS.R01"]
    assert desk.verdict_of("pf02", "visites_2004.csv")["verdict"] == "nil"
    with sqlite3.connect(desk.home / "guichet.sqlite3") as database:
        rows = database.execute("SELECT lieu, visites, retours FROM visites_en_vigueur").fetchall()
    assert rows == [("Nantes", 3, 1)]
