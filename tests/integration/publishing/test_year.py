"""The editions of a year: made by themselves, told to the central body, sent on its order (contract §10)."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import delete

from domain.organisations import Contact, Directory, Organisation, OrganisationType, Role
from ingest.database.collections import tables_of
from ingest.demo import lists
from ingest.demo.cases import as_csv
from ingest.publishing import ordering
from ingest.publishing.rebuilding import rebuild

from .conftest import Desk, paris
from .readers import UESL, mails, text_of, to
from .yearly import PLATFORMS, YEAR, cases, received, whole_year, year_network

READERS = {"depot@pf01.example", "depot@pf02.example", "lecture@cil001.example"}


def year_register() -> Directory:
    """With people to write to at the platforms, at one CIL and at UESL."""
    plain = year_network()
    central = Organisation(code="UESL", type=OrganisationType.UESL, nom="UESL", compte_sftp="uesl")
    people = (
        ("UESL", UESL, Role.PILOTAGE),
        ("PF01", "depot@pf01.example", Role.DEPOT),
        ("PF02", "depot@pf02.example", Role.DEPOT),
        ("CIL001", "lecture@cil001.example", Role.DIFFUSION),
    )
    contacts = tuple(
        Contact(organisation=code, courriel=address, nom=f"Personne de {code}", role=role)
        for code, address, role in people
    )
    return replace(plain, version=1, organisations=(*plain.organisations, central), contacts=contacts)


@dataclass
class Lived:
    """A year's publication, lived once: `made` by day, and how many mails UESL had got of what it may send."""

    desk: Desk
    made: dict[str, list[str]]
    offers: dict[str, int]
    folders: dict[str, set[str]]
    order: ordering.Published


def open_desk_of_the_year(path: Path) -> Desk:
    settings = f'settle_seconds = 0\nfirst_period = "2005T4"\nmail_reply_to = "{UESL}"\n'
    (path / "guichet.toml").write_text(settings)
    desk = Desk(path)
    desk.register(year_register(), "2005-10-02T10:00")
    with desk.at("2005-10-02T10:01") as wiring:
        wiring.accounts.make_folders("uesl")
    return desk


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Cases of one platform, then the due day, then all the rest, the order, and a correction."""
    desk = open_desk_of_the_year(tmp_path_factory.mktemp("year"))
    made, offers = {}, {}
    received(desk, "PF01", "N2A", cases(year_network(), "PF01"), "2006-01-20T10:00")
    received(desk, "PF01", "N2S", as_csv(lists.satisfaction(_without("CIL003"), "PF01", YEAR)), "2006-01-20T10:00")
    for at in ("2006-01-20T10:05", "2006-02-14T23:50", "2006-02-15T00:10", "2006-02-15T09:00", "2006-02-16T09:00"):
        made[at], offers[at] = yearly(desk.once(at)), len(mails(desk, subject="à diffuser"))
    folders = {"before": folder(desk, "pf01")}
    made["whole"] = yearly(whole_year(desk, "2006-02-20T10:00"))
    offers["whole"] = len(mails(desk, subject="à diffuser"))
    with desk.at("2006-03-10T18:30") as wiring:
        _ = wiring.ledger
        order = ordering.publish(wiring, YEAR, author="test", now=paris("2006-03-10T18:30"), progress=lambda *_: None)
    desk.once("2006-03-10T18:31")
    folders |= {account: folder(desk, account) for account in ("pf01", "pf02", "uesl")}
    fewer = cases(year_network(), "PF02").splitlines(keepends=True)
    received(desk, "PF02", "N2A", b"".join(fewer[:-40]), "2006-05-02T10:00")
    made["corrected"] = yearly(desk.once("2006-05-02T10:05"))
    offers["corrected"] = len(mails(desk, subject="à diffuser"))
    return Lived(desk=desk, made=made, offers=offers, folders=folders, order=order)


def _without(member: str) -> Directory:
    plain = year_network()
    return replace(plain, adhesions=tuple(one for one in plain.adhesions if one.code_cil != member))


def yearly(names: list[str]) -> list[str]:
    return [one for one in names if one.startswith("2005/")]


def folder(desk: Desk, account: str) -> set[str]:
    place = desk.folder / "inbox" / account / "diffusion" / "2005"
    return {one.name for one in place.iterdir()} if place.is_dir() else set()


SENT = "année 2005\u00a0: édition"


def test_its_kinds_follow_its_own_due_day(lived: Lived) -> None:
    assert lived.made == {
        "2006-01-20T10:05": ["2005/provisional-v01"],
        "2006-02-14T23:50": [],
        "2006-02-15T00:10": ["2005/official-v02"],
        "2006-02-15T09:00": [],
        "2006-02-16T09:00": [],
        "whole": ["2005/final-v03"],
        "corrected": ["2005/revised-v04"],
    }


def test_what_is_missing_is_told_by_platform_and_collection(lived: Lived) -> None:
    coverage = lived.desk.document("2005/provisional-v01")["coverage"]
    states = {(one["collection"], one["platform"]): (one["state"], one["lacking"]) for one in coverage}
    assert states.pop(("dossiers_assistance", "PF01")) == ("complete", [])
    assert states.pop(("satisfaction", "PF01")) == ("partial", ["CIL003"])
    assert all(one == ("missing", []) for one in states.values())
    assert {one["state"] for one in lived.desk.document("2005/final-v03")["coverage"]} == {"complete"}


def test_the_page_shows_that_something_is_missing(lived: Lived) -> None:
    for name, looks in (("official-v02", "care"), ("final-v03", "good")):
        page = (lived.desk.folder / "var/releases/2005" / name / "tables_2005.html").read_text()
        assert f'<div class="banner {looks}">' in page, name


def test_uesl_is_told_once_of_each_with_what_to_type(lived: Lived) -> None:
    assert list(lived.offers.values()) == [0, 0, 0, 1, 1, 2, 3]
    offers = mails(lived.desk, subject="à diffuser")
    assert to(offers) == {UESL: 3}
    (offer,) = [one for one in offers if "officielle" in one["Subject"]]
    said = " ".join(text_of(offer).split())
    assert "guichet publish 2005" in said
    assert "Plates-formes non parvenues" in said
    assert "PF01 – Organisme PF01 (manque : CIL003)" in said.replace("\u00a0", " ")
    assert {part.get_filename() for part in offer.iter_attachments()} == {"tables_2005.pdf", "tables_2005.xlsx"}


def test_nothing_leaves_before_its_order_and_a_correction_waits_for_the_next_one(lived: Lived) -> None:
    assert lived.folders["before"] == set()
    assert lived.order.distributed is not None
    assert (lived.order.distributed.name, lived.order.queued) == ("final-v03", 3)
    assert to(mails(lived.desk, subject=SENT)) == dict.fromkeys(READERS, 1)


def test_a_sheet_goes_to_its_organisation_and_to_its_platform_only(lived: Lived) -> None:
    desk = lived.desk
    everything = {one.name for one in (desk.folder / "var/releases/2005/final-v03").iterdir()}
    shared = {name for name in everything if not name.startswith("situation-")}
    for platform, members in PLATFORMS.items():
        own = {f"situation-{code}.{suffix}" for code in (platform, *members) for suffix in ("pdf", "xlsx", "html")}
        assert lived.folders[platform.lower()] == shared | own
        assert own <= everything
    assert lived.folders["uesl"] == shared
    public = json.loads((desk.folder / "inbox/pf01/diffusion/2005/manifest.json").read_text())
    assert not {"sheets", "inputs", "ordered_by"} & set(public)
    told = {next(iter(to([one]))): one for one in mails(desk, subject=SENT)}
    for address, code in (("lecture@cil001.example", "CIL001"), ("depot@pf02.example", "PF02")):
        names = [part.get_filename() for part in told[address].iter_attachments()]
        assert names == [f"situation-{code}.pdf", "tables_2005.pdf", f"situation-{code}.xlsx", "tables_2005.xlsx"]
        assert "Dossiers terminés" in text_of(told[address])
    mine = text_of(told["lecture@cil001.example"])
    assert "Clients très satisfaits ou satisfaits" in mine
    assert "Ensemble du service" not in mine
    assert ",00" not in mine
    assert not [code for code in ("CIL002", "CIL004", "PF02") if code in mine]


def test_sheets_are_made_when_they_are_for_somebody(lived: Lived) -> None:
    """A provisional edition, which the central body alone reads, has their figures and not their files."""
    for name, made in (("provisional-v01", False), ("official-v02", True), ("final-v03", True), ("revised-v04", True)):
        files = {one.name for one in (lived.desk.folder / "var/releases/2005" / name).iterdir()}
        assert any(one.startswith("situation-") for one in files) is made, name
        assert lived.desk.document(f"2005/{name}")["sheets"], name


def test_a_correction_lists_what_changes_and_no_secret(lived: Lived) -> None:
    changed = lived.desk.document("2005/revised-v04", "changes.json")
    assert changed["replaces"] == "final-v03"
    assert changed["changes"]
    hidden = _secret(lived.desk, "2005/revised-v04")
    assert hidden
    for one in changed["changes"]:
        if (one["table"], tuple(one["row"].values()), one["column"]) in hidden:
            assert one["after"] == "s."
    with lived.desk.at("2006-05-03T10:00") as wiring:
        told = wiring.press.secrets(YEAR, 11)
    assert (len(told.earlier), told.seen) == (3, 3)


def _secret(desk: Desk, edition: str) -> set[tuple[str, tuple[str, ...], str]]:
    found = set()
    for table in desk.document(edition)["tables"]:
        for row in table["rows"]:
            keys = tuple(word for name, word in row["keys"].items() if name not in {"heading", "label"})
            for column, value in zip(table["columns"], row["values"], strict=True):
                if value == "s.":
                    found.add((table["code"], keys, column["name"]))
    return found


def test_where_the_figures_of_a_year_come_from(lived: Lived) -> None:
    with lived.desk.at("2006-06-02T10:00") as wiring:
        found = wiring.press.traces(wiring.register.current(), "CIL001", [YEAR])
    told = {one.collection: one for one in found}["N2A"].current
    assert told is not None
    assert (told.value, told.row) == (cases(year_network(), "PF01").count(b"CIL001"), None)
    assert told.editions[-1] == "2005/revised-v04"


def test_an_edition_is_made_again_after_its_cases_are_destroyed(lived: Lived, tmp_path: Path) -> None:
    shutil.copytree(lived.desk.folder, tmp_path / "desk", symlinks=True)
    desk = Desk(tmp_path / "desk")
    with desk.at("2007-06-01T10:00") as wiring:
        for name in ("2005/1", "2005/2", "2005/3", "2005/4"):
            assert rebuild(wiring.editions, wiring.press, wiring.releases, name).same_bytes, name
        tables = tables_of(wiring.catalogue.collections)
        with wiring.database.write() as connection:
            for one in wiring.catalogue.collections:
                if one.cases:
                    connection.execute(delete(tables[one.slug].table))
        again = rebuild(wiring.editions, wiring.press, wiring.releases, "2005")
        assert (again.same_bytes, again.made_from.value) == (True, "ledger")
        assert wiring.press.facts(YEAR, wiring.register.current()).facts.year.tallies["dossiers_assistance"]
