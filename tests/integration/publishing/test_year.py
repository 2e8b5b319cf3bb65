"""The editions of a year: made by themselves, told to the central body, sent on its order (contract §10)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from domain.organisations import Contact, Directory, Organisation, OrganisationType, Role
from ingest.database.collections import tables_of
from ingest.database.tables import secrecy, tally
from ingest.ledger.press import Press
from ingest.publishing import ordering
from ingest.publishing.rebuilding import rebuild
from ingest.publishing.store import ReleaseStore

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


@pytest.fixture
def year_desk(desk: Desk) -> Desk:
    settings = desk.folder / "guichet.toml"
    settings.write_text(settings.read_text() + f'mail_reply_to = "{UESL}"\n')
    desk.register(year_register(), "2005-04-02T10:00")
    with desk.at("2005-04-02T10:01") as wiring:
        wiring.accounts.make_folders("uesl")
    return desk


def yearly(names: list[str]) -> list[str]:
    return [one for one in names if one.startswith("2005/")]


def folder(desk: Desk, account: str) -> set[str]:
    place = desk.folder / "inbox" / account / "diffusion" / "2005"
    return {one.name for one in place.iterdir()} if place.is_dir() else set()


def publish(desk: Desk, at: str) -> ordering.Published:
    with desk.at(at) as wiring:
        _ = wiring.ledger
        return ordering.publish(wiring, YEAR, author="test", now=paris(at), progress=lambda *_: None)


def test_over_the_calendar(year_desk: Desk) -> None:
    desk = year_desk
    received(desk, "PF01", "N2A", cases(year_network(), "PF01"), "2006-01-20T10:00")
    assert yearly(desk.once("2006-01-20T10:05")) == ["2005/provisional-v01"]
    states = {
        (one["collection"], one["platform"]): one["state"]
        for one in desk.document("2005/provisional-v01")["coverage"]
    }
    assert states["dossiers_assistance", "PF01"] == "complete"
    assert {state for where, state in states.items() if where != ("dossiers_assistance", "PF01")} == {"missing"}
    assert mails(desk, subject="2005 à diffuser") == []
    assert yearly(desk.once("2006-02-14T23:50")) == []
    assert yearly(desk.once("2006-02-15T00:10")) == ["2005/official-v02"]
    # in office hours, UESL is told, once, with what to type; nobody else is
    desk.once("2006-02-15T09:00")
    desk.once("2006-02-16T09:00")
    (offer,) = mails(desk, subject="2005 à diffuser")
    assert to([offer]) == {UESL: 1}
    said = " ".join(text_of(offer).split())
    assert "guichet publish 2005" in said
    assert "Plates-formes non parvenues" in said
    assert {part.get_filename() for part in offer.iter_attachments()} == {"tables_2005.pdf", "tables_2005.xlsx"}
    assert mails(desk, subject="Tableaux de l’année 2005 : édition") == []
    assert folder(desk, "pf01") == set()
    # fifteen days after the due day: final, and UESL is told of that one
    assert yearly(desk.once("2006-03-02T10:00")) == ["2005/final-v03"]
    assert len(mails(desk, subject="2005 à diffuser")) == 2
    # on its order, everybody at the same moment
    done = publish(desk, "2006-03-10T18:30")
    assert done.distributed is not None
    assert (done.distributed.name, done.queued) == ("final-v03", 3)
    desk.once("2006-03-10T18:31")
    assert to(mails(desk, subject="Tableaux de l’année 2005 : édition")) == dict.fromkeys(READERS, 1)


def test_a_sheet_goes_to_its_organisation_and_to_its_platform_only(year_desk: Desk) -> None:
    desk = year_desk
    assert yearly(whole_year(desk, "2006-02-01T10:00")) == ["2005/final-v01"]
    publish(desk, "2006-02-02T10:00")
    desk.once("2006-02-02T10:01")
    everything = {one.name for one in (desk.folder / "var/releases/2005/final-v01").iterdir()}
    shared = {name for name in everything if not name.startswith("situation-")}
    for platform, members in PLATFORMS.items():
        own = {f"situation-{code}.{suffix}" for code in (platform, *members) for suffix in ("pdf", "xlsx", "html")}
        assert folder(desk, platform.lower()) == shared | own
        assert own <= everything
    assert folder(desk, "uesl") == shared
    public = json.loads((desk.folder / "inbox/pf01/diffusion/2005/manifest.json").read_text())
    assert not {"sheets", "inputs", "ordered_by"} & set(public)
    told = {next(iter(to([one]))): one for one in mails(desk, subject="Tableaux de l’année 2005 : édition")}
    for address, code in (("lecture@cil001.example", "CIL001"), ("depot@pf02.example", "PF02")):
        names = [part.get_filename() for part in told[address].iter_attachments()]
        assert names == [f"situation-{code}.pdf", "tables_2005.pdf", f"situation-{code}.xlsx", "tables_2005.xlsx"]
        assert "Dossiers terminés" in text_of(told[address])
    mine = text_of(told["lecture@cil001.example"])
    assert not [code for code in ("CIL002", "CIL004", "PF02") if code in mine]


def test_a_later_change_waits_for_the_order_too_and_hides_no_less(year_desk: Desk) -> None:
    desk = year_desk
    whole_year(desk, "2006-02-01T10:00")
    publish(desk, "2006-02-02T10:00")
    fewer = cases(year_network(), "PF02").splitlines(keepends=True)
    received(desk, "PF02", "N2A", b"".join(fewer[:-40]), "2006-05-02T10:00")
    assert yearly(desk.once("2006-05-02T10:05")) == ["2005/revised-v02"]
    assert len(mails(desk, subject="2005 à diffuser")) == 1
    assert len(mails(desk, subject="Tableaux de l’année 2005 : édition")) == 3
    changed = desk.document("2005/revised-v02", "changes.json")
    assert changed["replaces"] == "final-v01"
    assert changed["changes"]
    before, after = (_secret(desk, name) for name in ("2005/final-v01", "2005/revised-v02"))
    told = {(one["table"], tuple(one["row"].values()), one["column"]): one for one in changed["changes"]}
    for cell in before & after:
        assert cell not in told
    with desk.at("2006-05-03T10:00") as wiring:
        told_of = wiring.press.secrets(YEAR, 11)
    assert (len(told_of.earlier), told_of.seen) == (2, 2)


def _secret(desk: Desk, edition: str) -> set[tuple[str, tuple[str, ...], str]]:
    found = set()
    for table in desk.document(edition)["tables"]:
        for row in table["rows"]:
            keys = tuple(word for name, word in row["keys"].items() if name not in {"heading", "label"})
            for column, value in zip(table["columns"], row["values"], strict=True):
                if value == "s.":
                    found.add((table["code"], keys, column["name"]))
    return found


def test_an_edition_is_made_again_after_its_cases_are_destroyed(year_desk: Desk) -> None:
    desk = year_desk
    whole_year(desk, "2006-02-01T10:00")
    with desk.at("2007-06-01T10:00") as wiring:
        assert rebuild(wiring.editions, wiring.press, wiring.releases, "2005").same_bytes
        with wiring.database.write() as connection:
            tables = tables_of(wiring.catalogue.collections)
            for one in wiring.catalogue.collections:
                if one.cases:
                    connection.execute(delete(tables[one.slug].table))
        again = rebuild(wiring.editions, wiring.press, wiring.releases, "2005")
        assert (again.same_bytes, again.made_from.value) == (True, "ledger")
    # nor does the destruction make another edition, and what is made later counts the same cases
    desk.register(replace(year_register(), version=2), "2007-06-01T10:30")
    assert yearly(desk.once("2007-06-01T11:00")) == []


def after(plain: Callable[..., object]) -> Callable[..., object]:
    """Done, and nothing after it."""

    def doing(*arguments: object, **named: object) -> object:
        plain(*arguments, **named)
        raise KeyboardInterrupt

    return doing


MOMENTS: tuple[tuple[object, str], ...] = (
    (Press, "create"),
    (ReleaseStore, "write"),
)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda one: one[1])
def test_a_crash_leaves_the_former_edition_or_the_new_one(
    year_desk: Desk, moment: tuple[object, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = year_desk
    received(desk, "PF01", "N2A", cases(year_network(), "PF01"), "2006-01-20T10:00")
    desk.once("2006-01-20T10:00")
    with monkeypatch.context() as patched:
        patched.setattr(*moment, after(getattr(*moment)))
        with pytest.raises(KeyboardInterrupt):
            whole_year(desk, "2006-02-01T10:00")
    assert desk.current("2005") in {"provisional-v01", "final-v02"}
    desk.once("2006-02-01T10:01")
    assert desk.current("2005") == "final-v02"
    assert [one for one in desk.editions() if one.startswith("2005/")] == ["2005/final-v02", "2005/provisional-v01"]
    with desk.at("2006-02-01T10:02") as wiring:
        assert rebuild(wiring.editions, wiring.press, wiring.releases, "2005").same_bytes
        with wiring.database.read() as connection:
            kept = [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in (tally, secrecy)]
    assert kept[0] > 0
    assert kept[1] == 2


def test_where_the_figures_of_a_year_come_from(year_desk: Desk) -> None:
    desk = year_desk
    whole_year(desk, "2006-02-01T10:00")
    with desk.at("2006-02-02T10:00") as wiring:
        found = wiring.press.traces(wiring.register.current(), "CIL001", [YEAR])
    by_code = {one.collection: one for one in found}
    counted = cases(year_network(), "PF01").count(b"CIL001")
    told = by_code["N2A"].current
    assert told is not None
    assert (told.value, told.row, told.editions) == (counted, None, ("2005/final-v01",))


def test_a_file_of_the_year_is_nobody_elses(year_desk: Desk) -> None:
    """A platform sees its own lines of a provisional edition, not others'."""
    desk = year_desk
    received(desk, "PF01", "N2A", cases(year_network(), "PF01"), "2006-01-20T10:00")
    desk.once("2006-01-20T10:05")
    own = sorted((desk.folder / "inbox/pf01/retours").glob("provisoire_2005_*.csv"))
    assert all("PF02" not in Path(one).read_text(encoding="utf-8-sig") for one in own)
