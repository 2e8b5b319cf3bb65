"""The house itself: its rooms are those of the plan, its package is whole, what it says of itself is true."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import inspect

from ingest.catalogue import load_catalogue
from ingest.database.tables import metadata
from ingest.inbox.oddities import OddityKind
from ingest.ledger.journal import EventKind
from ingest.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {"domain", "schemas", "rules", "rendering", "publication", "notifications", "ingest"}
BESIDE = {"inbox", "tests", "deploy", "docs", "bench"}


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: what is tracked cannot be told")
    return listed.stdout.splitlines()


def test_the_top_level_folders_are_those_of_the_plan():
    folders = {path.split("/")[0] for path in tracked() if "/" in path and not path.startswith(".")}
    assert folders == ROOMS | BESIDE


def test_the_import_contracts_cover_every_package():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert set(settings["root_packages"]) == ROOMS
    (arrows,) = [one for one in settings["contracts"] if one["id"] == "layers"]
    assert {name for layer in arrows["layers"] for name in layer.split(" | ")} == ROOMS


def test_no_file_names_a_package_host_or_a_tool_specific_lock():
    assert not [path for path in tracked() if re.search(r"(^|/)(uv|poetry|pdm)\.lock$|pylock", path)]
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "http" not in text
        assert "--hash=sha256:" in text


def test_our_top_level_names_come_from_guichet_alone():
    owners = importlib.metadata.packages_distributions()
    for room in ROOMS:
        assert set(owners.get(room, ["guichet"])) == {"guichet"}, f"another distribution brings a package {room!r}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what is tracked or new, and not ignored."""
    copy = tmp_path_factory.mktemp("source")
    for name in (*ROOMS, "pyproject.toml", "README.md", "LICENSE"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    built = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-c", f"from setuptools import build_meta as b; b.build_wheel({str(built)!r})"],
        cwd=copy,
        check=True,
        capture_output=True,
    )
    (found,) = built.glob("guichet-*.whl")
    return found


def test_the_wheel_holds_templates_migrations_and_the_demo_network(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if not name.startswith("guichet-")} == ROOMS
    for wanted in (
        "rendering/templates/rapport.html.j2",
        "ingest/migrations/versions/0001_engine.py",
        "ingest/demo/network/organisations.csv",
        "schemas/cil_pass/n1a.py",
    ):
        assert wanted in names


def test_the_installed_wheel_works_away_from_the_source(wheel, tmp_path):
    site, work = tmp_path / "site", tmp_path / "work"
    work.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
    environment["PYTHONPATH"] = str(site)

    def guichet(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "ingest", "--at", "2005-04-18T10:00", *words],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [sys.executable, "-P", "-c", "import ingest; print(ingest.__file__)"],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert str(site) in where
    guichet("directory", "import", str(site / "ingest" / "demo" / "network"), "--yes")
    (work / "inbox" / "pf01" / "depot" / "N1A_2005T1.csv").write_text("NEANT\n")
    guichet("once")
    (row,) = json.loads(guichet("submissions", "--format", "json"))
    assert row["verdict"] == "nil"


def test_the_generated_pages_are_up_to_date():
    done = subprocess.run(
        [sys.executable, "-m", "docs.build", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_setting_is_in_the_example_and_in_the_reference():
    example = (ROOT / "deploy" / "guichet.example.toml").read_text()
    for name in Settings.model_fields:
        assert re.search(rf"^# {name} =", example, re.MULTILINE), name
    tomllib.loads(re.sub(r"^# (?=[a-z_]+ = \S)", "", example, flags=re.MULTILINE))


def test_the_runbook_has_an_entry_for_every_alert_and_every_line_of_log():
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    from ingest.inbox.oddities import Audience  # noqa: PLC0415

    for kind in OddityKind:
        if kind.audience is Audience.ADMINISTRATOR:
            assert f"`{kind.value}`" in runbook, kind
    events = set()
    for path in (*ROOT.glob("ingest/*.py"), *ROOT.glob("ingest/register/*.py"), *ROOT.glob("ingest/ledger/*.py")):
        events |= set(re.findall(r"log\.(?:info|warning|error|exception)\(\s*\"([a-z_]+)\"", path.read_text()))
    assert events
    for event in events:
        assert f"`{event}`" in runbook, event


def test_every_kind_of_line_in_the_journal_says_what_it_is():
    source = (ROOT / "ingest" / "ledger" / "journal.py").read_text()
    for kind in EventKind:
        assert re.search(rf'{kind.name} = "{kind.value}"\n    """', source), kind


def test_the_contracts_public_tables_exist():
    wanted = {
        "submission",
        "section",
        "finding",
        "obligation",
        "message",
        "release",
        "release_input",
        "delivery",
        "event",
        "organisation",
        "adhesion",
        "delegation",
        "contact",
    }
    assert wanted <= set(metadata.tables)


def test_each_collection_has_a_typed_table_named_by_its_slug_and_a_view_of_what_is_in_force(database):
    with database.read() as connection:
        known = inspect(connection)
        for one in load_catalogue().collections:
            columns = {column["name"] for column in known.get_columns(one.slug)}
            assert {"submission_id", *(column.name for column in one.stored_columns)} <= columns
            assert f"{one.slug}_en_vigueur" in known.get_view_names()


def test_the_decisions_are_all_listed():
    folder = ROOT / "docs" / "adr"
    listed = (folder / "README.md").read_text()
    for page in folder.glob("0*.md"):
        assert page.name in listed
