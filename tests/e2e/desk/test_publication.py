"""The tables through the installed command: announced, distributed, revised, held, taken back, explained."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from domain.periods import Period
from ingest.demo import files

T1 = Period(2005, 1)


def drop_all(desk, directory, *, but: str = ""):
    """The deposits of every platform of the network, or of all but one."""
    for number in range(1, 6):
        if f"PF0{number}" != but:
            one = files.both_services(directory, f"PF0{number}", T1)
            desk.drop(one.account, one.name, one.content)


def at(desk, instant: str, *words: str) -> str:
    """A verb, or a pass, at that instant."""
    desk.at = instant
    return desk.ok(*(words or ("once",)))


def subjects(desk) -> Counter[str]:
    """Mails about the tables, by subject without the reader."""
    found = [str(one["Subject"]) for one in desk.mails() if one["X-Guichet-Event"] == "release"]
    return Counter(re.sub(r" \([^)]*\)$", "", one).replace("\xa0", " ") for one in found)


def plain(text: str) -> str:
    return " ".join(text.replace("\xa0", " ").replace("\u202f", " ").split())


READERS = 52
"""Addresses of the demonstration's register that read the tables."""


@pytest.fixture
def official(desk, directory):
    """PF05 has not deposited; the official edition left on the Monday after the due day, a Saturday."""
    desk.at = "2005-04-18T10:00"
    drop_all(desk, directory, but="PF05")
    desk.once()
    at(desk, "2005-04-29T08:30")
    at(desk, "2005-05-01T10:00")
    assert subjects(desk) == {"Diffusion prévue : tableaux du 1er trimestre 2005, édition officielle": 1}
    forecast = at(desk, "2005-05-02T08:30", "publish", "2005T1", "--dry-run")
    assert "would distribute 2005T1/official-v02" in forecast
    assert f"recipients: {READERS} address(es)" in forecast
    assert "PF05" in forecast
    at(desk, "2005-05-02T09:00")
    return desk


def test_from_official_to_revised(official, directory):
    desk = official
    assert subjects(desk)["Tableaux du 1er trimestre 2005 : édition officielle"] == READERS
    folder = desk.inbox / "pf01" / "diffusion" / "2005T1"
    assert {"D1.csv", "manifest.json", "tables_2005T1.pdf"} <= {one.name for one in folder.iterdir()}
    states = Counter(row["state"] for row in desk.json("delivery", "list", "2005T1"))
    assert states == {"sent": READERS}
    # all is there: final, announced, sent on the working day after Ascension Day
    late = files.both_services(directory, "PF05", T1)
    desk.drop(late.account, late.name, late.content)
    at(desk, "2005-05-04T10:00")
    assert subjects(desk)["Diffusion prévue : tableaux du 1er trimestre 2005, édition définitive"] == 1
    forecast = desk.ok("publish", "2005T1", "--dry-run")
    assert "would distribute 2005T1/final-v03" in forecast
    assert "CIL du Rouergue" in forecast
    at(desk, "2005-05-06T09:00")
    assert subjects(desk)["Tableaux du 1er trimestre 2005 : édition définitive"] == READERS
    # nothing new
    assert "nothing new to publish" in at(desk, "2005-05-20T10:00", "publish", "2005T1")
    assert [row["edition"] for row in desk.json("releases")] == ["provisional-v01", "official-v02", "final-v03"]
    # a deposit is taken out: revised, and sent at once on order
    [deposit] = [row["submission"] for row in desk.json("submissions", "--account", "pf05")]
    at(desk, "2005-06-20T10:00", "withdraw", deposit, "--reason", "mauvais trimestre")
    told = at(desk, "2005-06-20T10:01", "publish", "2005T1", "--by", "Zoé")
    assert "2005T1/revised-v04 made" in told
    assert f"{READERS} message(s) queued" in told
    at(desk, "2005-06-20T10:02")
    assert subjects(desk)["Tableaux du 1er trimestre 2005 : édition rectifiée"] == READERS
    [shown] = desk.json("release", "show", "2005T1")
    assert (shown["edition"], shown["ordered_by"], shown["deliveries"]["sent"]) == ("revised-v04", "Zoé", READERS)
    # taken back: the former edition again
    told = at(desk, "2005-06-21T10:00", "release", "withdraw", "2005T1", "--reason", "erreur")
    assert "current is 2005T1/final-v03" in told
    at(desk, "2005-06-21T10:01")
    assert subjects(desk)["Tableaux du 1er trimestre 2005 : édition retirée"] == READERS
    assert (folder / "D1.csv").read_bytes() == (desk.home / "releases/2005T1/final-v03/D1.csv").read_bytes()
    assert "the same bytes" in desk.ok("rebuild", "2005T1/official-v02")


def test_a_held_edition_waits_for_an_order(desk, directory):
    drop_all(desk, directory)
    at(desk, "2005-04-18T10:00")
    assert "is held" in desk.ok("release", "hold", "2005T1", "--reason", "attendre l'assemblée")
    at(desk, "2005-04-19T09:30")
    assert [row["state"] for row in desk.json("releases")] == ["held"]
    assert desk.run("release", "hold", "2005T1", "--reason", "encore").returncode == 2
    assert f"{READERS} message(s) queued" in desk.ok("publish", "2005T1")
    desk.once()
    assert subjects(desk)["Tableaux du 1er trimestre 2005 : édition définitive"] == READERS


def test_one_more_reader_and_what_cannot_be_done(official):
    desk = official
    told = desk.ok("delivery", "send", "2005T1", "nouveau@cil001.example")
    assert "1 message(s) queued" in told
    desk.once()
    rows = [row for row in desk.json("delivery", "list", "2005T1") if row["recipient"] == "nouveau@cil001.example"]
    assert [row["state"] for row in rows] == ["sent"]
    for words, why in (
        (("delivery", "send", "2005T1", "nouveau@cil001.example"), "before"),
        (("delivery", "send", "2005T1", "CIL999"), "neither an address"),
        (("release", "hold", "2005T1/official-v02", "--reason", "x"), "was distributed before"),
        (("release", "show", "2009T1"), "no edition"),
        (("publish", "2005"), "has not ended"),
        (("publish", "2005T2"), "has not ended"),
        (("release", "withdraw", "2005T1", "--reason", " "), "empty"),
    ):
        done = desk.run(*words)
        assert (done.returncode, done.stdout) == (2, ""), words
        assert why in done.stderr, words
    assert "nothing to send again" in desk.ok("delivery", "retry", "2005T1")


def test_where_a_figure_comes_from(official, directory):
    desk = official
    [deposit] = [row["submission"] for row in desk.json("submissions", "--account", "pf01")]
    [traced] = desk.json("explain", "2005T1", "CIL001", "diagnostics_prealables")
    assert traced["in_force"]["submission"] == deposit
    assert traced["in_force"]["editions"] == ["2005T1/provisional-v01", "2005T1/official-v02"]
    corrected = files.both_services(directory, "PF01", T1)
    desk.drop(corrected.account, corrected.name.replace(".xlsx", "_v2.xlsx"), corrected.content)
    at(desk, "2005-05-03T10:00")
    told = plain(desk.ok("explain", "2005T1", "CIL001"))
    assert "CIL001 CIL du Val de Loire, 1er trimestre 2005" in told
    assert f"du dépôt {deposit}" in told
    missing = plain(desk.ok("explain", "2005T1", "CIL045"))
    assert "n.d. : attendu de PF05 Plate-forme Sud-Ouest et outre-mer, rien n’est en vigueur" in missing
