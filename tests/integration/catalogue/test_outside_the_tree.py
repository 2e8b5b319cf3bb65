"""A collection lives in a folder of its own on the Python path: found, checked, and judged like the others."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

import rules as rules_package
import schemas
from ingest.catalogue import CatalogueError, build_catalogue

ROOT = Path(__file__).parents[3]

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
JUDGE = """
import json, sys
from pathlib import Path
from ingest.catalogue import load_catalogue
from tests.stages_kit import judge, section
collection = load_catalogue().find("VISITES")
lines = [["a", "3", "1"], ["b", "1", "2"]]
one = section(collection, ["Lieu", "Nb de visites", "Nb de retours"], lines, period="2004")
judged = judge(one, Path(sys.argv[1]))
print(json.dumps({"codes": [one.code for one in load_catalogue().collections], "verdict": judged.verdict,
                  "findings": [finding.code for finding in judged.findings]}))
"""


def _write(folder: Path, package: str, scheme: str, name: str, text: str) -> None:
    place = folder / package / scheme
    place.mkdir(parents=True, exist_ok=True)
    if scheme != "cil_pass":
        (place / "__init__.py").write_text("", encoding="utf-8")
    (place / f"{name}.py").write_text(dedent(text), encoding="utf-8")


def _run(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


@pytest.mark.parametrize("scheme", ["portes_ouvertes", "cil_pass"])
def test_a_collection_in_a_folder_of_its_own_is_found_and_judged(tmp_path: Path, scheme: str) -> None:
    _write(tmp_path, "schemas", scheme, "visites", MODEL)
    _write(tmp_path, "rules", scheme, "visites", RULES)
    done = _run(tmp_path, JUDGE, str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"N1A", "N1M", "VIS"} <= set(told["codes"])
    assert told["verdict"] == "partially_accepted"
    assert told["findings"] == ["VIS.R01"]


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own on the packages' path, for this process."""
    for package in (schemas, rules_package):
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / package.__name__)])
    yield tmp_path
    for name in [name for name in sys.modules if ".portes_ouvertes" in name]:
        del sys.modules[name]


def _version() -> str:
    for name in [name for name in sys.modules if ".portes_ouvertes" in name]:
        del sys.modules[name]
    importlib.invalidate_caches()
    return build_catalogue().rules_version


def test_the_version_of_the_rules_changes_with_a_rule_and_with_nothing_else(outside: Path) -> None:
    _write(outside, "schemas", "portes_ouvertes", "visites", MODEL)
    _write(outside, "rules", "portes_ouvertes", "visites", RULES)
    versions = [_version(), _version()]
    _write(outside, "rules", "portes_ouvertes", "visites", RULES.replace("Severity.ERROR", "Severity.INFO"))
    versions.append(_version())
    assert versions[0] == versions[1] != versions[2]


@pytest.mark.parametrize(
    ("model", "rules", "told"),
    [
        (MODEL, "", "collection VIS has no rules"),
        (MODEL.replace('code="VIS"', 'code="N1A"'), RULES, "already names the collection"),
        (MODEL, RULES.replace('"retours"', '"retour"'), "reads 'retour', which VIS does not have"),
        (MODEL, RULES.replace('"VIS.R01"', '"N1A.R01"'), "is not VIS.Rnn"),
        (
            MODEL,
            RULES.replace('collection="VIS"', 'collection="VIZ"').replace('"VIS.R01"', '"VIZ.R01"'),
            "no such collection",
        ),
        (MODEL, RULES.replace("RuleSet(", "dict("), "not a rules.rule.RuleSet"),
        (MODEL.replace(", key=True", ""), RULES, "no column of VIS is a key"),
        (MODEL.replace('"Nb de retours"', '"Nb de visites"'), RULES, "names 'visites' and 'retours'"),
        (MODEL.replace("tolerance=0.5", "tolerance=5"), RULES, "tolerance 5"),
        (MODEL.replace('slug="visites"', 'slug="Visites!"'), RULES, "slug 'Visites!'"),
        (MODEL.replace('texte("Lieu", key=True)', "pa.Field()"), RULES, "not declared with a kind"),
        ("import nowhere_at_all", RULES, "cannot be loaded: ModuleNotFoundError"),
        ("COLLECTION = 3", RULES, "not a schemas.collection.Collection"),
    ],
)
def test_what_does_not_agree_is_refused_with_the_module_to_mend(
    outside: Path, model: str, rules: str, told: str
) -> None:
    _write(outside, "schemas", "portes_ouvertes", "visites", model)
    _write(outside, "rules", "portes_ouvertes", "visites", rules)
    with pytest.raises(CatalogueError) as refused:
        build_catalogue()
    assert told in str(refused.value)
