"""The scripts of the page on depositing, copied from the page as a depositor would, against the real service."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

from domain.organisations import Directory
from ingest.catalogue import load_catalogue
from ingest.demo.stage import Stage
from ingest.register.reading import directory_of_folder
from rendering.guide import GuideFacts, guide_pages
from rendering.guide.examples import example_period, example_table
from rendering.guide.scripts import SCRIPTS
from schemas.collection import Collection

NOW = "2005-04-18T10:00"
ACCOUNT, SENDER = "pf03", "PF03"
PATIENCE_SECONDS = 120


class _Examples(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside = False
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag == "pre":
            self.inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1] += data


def copied(facts: GuideFacts, folder: Path) -> None:
    """Copy the scripts from the page, in the order in which it shows them."""
    catalogue = load_catalogue()
    shown = _Examples(guide_pages(catalogue.collections, catalogue.rules_for, facts=facts)["deposer.html"]).found
    for name, text in zip(SCRIPTS, shown[1:], strict=True):  # the first is what one types in sftp
        (folder / name).write_text(text, encoding="utf-8")


@dataclass
class Office:
    """A depositor's folder, with the scripts in it and OpenSSH set up for the account."""

    folder: Path
    environment: dict[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    if not all(map(shutil.which, ("sftp", "bash", "sha256sum"))):
        pytest.skip("OpenSSH's sftp, bash or sha256sum is not on this machine")
    return Stage.set_up(tmp_path_factory.mktemp("guide") / "desk", NOW)


@pytest.fixture(scope="module")
def office(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    key = stage.enrol([ACCOUNT])
    folder = tmp_path_factory.mktemp("office")
    with stage.service() as process:
        client = stage.client(stage.wait_ready(process), key)
        copied(GuideFacts(host=client.host, port=client.port, account=ACCOUNT), folder)
        # What a depositor has in ~/.ssh: the key, and the server's key accepted once
        options = ["-F", os.devnull, "-i", str(client.key), "-o", f"UserKnownHostsFile={client.known_hosts}"]
        wrapper = folder / "bin" / "sftp"
        wrapper.parent.mkdir()
        wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("sftp")} {" ".join(options)} "$@"\n')
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
        search = os.pathsep.join((str(wrapper.parent), str(Path(sys.executable).parent), os.environ["PATH"]))
        yield Office(folder, {**os.environ, "PATH": search, "PAUSE": "0.1"})


@pytest.fixture(scope="module")
def directory(stage: Stage) -> Directory:
    return directory_of_folder(stage.folder / "annuaire")


@pytest.fixture
def collection() -> Collection:
    return load_catalogue().collections[0]


@pytest.fixture
def good(collection: Collection, directory: Directory) -> str:
    period = example_period(collection)
    assert collection.service is not None
    codes = directory.expected_lines(SENDER, collection.service, period)
    return example_table(collection, period, [directory.by_code[code] for code in codes]).text


def test_the_script_deposits_waits_for_its_own_answer_and_says_it(
    office: Office, collection: Collection, good: str
) -> None:
    name = f"{collection.code}_{example_period(collection).code}"
    (office.folder / f"{name}_essai 1.csv").write_text(good.replace(";12;", ";douze;", 1), encoding="utf-8")
    (office.folder / f"{name}.csv").write_text(good, encoding="utf-8")

    wrong = office.run("bash", "deposer.sh", f"{name}_essai 1.csv")
    assert wrong.returncode == 1, (wrong.stdout, wrong.stderr)
    assert "partially_accepted" in wrong.stdout
    assert "\n  D2 : " in wrong.stdout  # the cell, then what to do
    assert "Reste attendu :" in wrong.stdout

    right = office.run("bash", "deposer.sh", f"{name}.csv")
    assert right.returncode == 0, (right.stdout, right.stderr)
    lines = good.count("\n") - 1
    assert f": accepted ({lines} lignes acceptées sur {lines})" in right.stdout

    answers = sorted((office.folder / "reponses").glob("*/verdict.json"))
    assert [json.loads(one.read_text())["verdict"] for one in answers] == ["partially_accepted", "accepted"]
    assert all((one.parent / "rapport.html").exists() for one in answers)


def test_the_script_says_that_a_file_could_not_be_sent(office: Office) -> None:
    done = office.run("bash", "deposer.sh", "absent.csv")
    assert done.returncode == 3
    assert "Envoi impossible : absent.csv" in done.stdout


def test_the_reader_understands_every_answer_that_we_know(office: Office) -> None:
    """Also a file that nobody could identify, and one that was destroyed."""
    (office.folder / "nimporte.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    done = office.run("bash", "deposer.sh", "nimporte.csv")
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "non reconnu" in done.stdout
    golden = sorted(Path(__file__).parents[2].glob("golden/*/*/verdict.json"))
    assert golden
    for path in golden:
        document = json.loads(path.read_text(encoding="utf-8"))
        done = office.run(sys.executable, "lire_reponse.py", str(path))
        good = document["verdict"] in {"accepted", "accepted_with_warnings", "duplicate", "nil"}
        assert done.returncode == (0 if good else 1), (path, done.stderr)
        assert not done.stderr
        assert document["verdict"] in done.stdout
