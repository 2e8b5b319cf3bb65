"""Deposits become editions, each kind at its moment; what says nothing new is not published (contract §10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from domain.errors import CannotDo
from ingest.database.tables import release, release_input
from ingest.following.publishing import make_editions
from ingest.pipeline import Pipeline
from ingest.publishing.rebuilding import MadeFrom, rebuild, restore

from .conftest import FIRST, Desk, network, paris

FILES = {f"D{number}.csv" for number in range(1, 8)} | {
    "D8bis.csv", "changes.json", "manifest.json", "tables_2005T1.html", "tables_2005T1.pdf", "tables_2005T1.xlsx",
}  # fmt: skip


def test_over_the_calendar(desk: Desk) -> None:
    assert desk.once("2005-04-05T09:00") == []
    # before the due day, what is there so far
    assert desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-04-11T10:00") == ["2005T1/provisional-v01"]
    assert desk.lines("2005T1/provisional-v01") == {"CIL01": "10", "CIL02": "20", "CIL03": "n.d.", "TOTAL": "30"}
    assert desk.once("2005-04-12T10:00") == []
    # an extension of one does not delay it: the day after the due day
    assert desk.once("2005-04-30T23:50") == []
    assert desk.once("2005-05-01T00:10") == ["2005T1/official-v02"]
    assert desk.document("2005T1/official-v02", "changes.json")["changes"] == []
    # between official and final: for the central body
    assert desk.deposit("PF01", "2005T1", {"CIL01": 11, "CIL02": 20}, "2005-05-03T10:00") == ["2005T1/provisional-v03"]
    # all is complete
    assert desk.deposit("PF02", "2005T1", {"CIL03": 5}, "2005-05-04T10:00") == ["2005T1/final-v04"]
    assert desk.current("2005T1") == "final-v04"
    assert desk.lines("2005T1/final-v04")["TOTAL"] == "36"
    # and a later correction
    assert desk.deposit("PF02", "2005T1", {"CIL03": 6}, "2005-06-20T10:00") == ["2005T1/revised-v05"]
    assert {one.name for one in (desk.folder / "var/releases/2005T1/revised-v05").iterdir()} == FILES
    assert desk.once("2005-06-21T10:00") == []
    assert all(report.judged == (1 if report.taken else 0) for report in desk.reports)


def test_time_makes_an_edition_final_with_what_is_there(desk: Desk) -> None:
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-04-11T10:00")
    assert desk.once("2005-05-01T00:10") == ["2005T1/official-v02"]
    assert desk.once("2005-05-14T23:59") == []
    assert desk.once("2005-05-15T00:00") == ["2005T1/final-v03"]
    with desk.at("2005-05-15T01:00") as wiring:
        official, final = wiring.press.releases()[1:]
    assert official.content_hash == final.content_hash
    assert not final.complete


def test_nothing_at_all_is_official_too(desk: Desk) -> None:
    assert desk.once("2005-05-01T08:00") == ["2005T1/official-v01"]
    assert desk.lines("2005T1/official-v01")["TOTAL"] == "n.d."


def test_a_desk_that_expects_nothing_publishes_nothing(tmp_path: Path) -> None:
    (tmp_path / "guichet.toml").write_text('settle_seconds = 0\nfirst_period = "2005T1"\n')
    assert Desk(tmp_path).once("2005-06-01T08:00") == []


def test_a_nil_return_counts_as_complete_with_noughts(desk: Desk) -> None:
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-04-11T10:00")
    assert desk.deposit("PF02", "2005T1", None, "2005-04-12T10:00") == ["2005T1/final-v02"]
    assert desk.lines("2005T1/final-v02") == {"CIL01": "10", "CIL02": "20", "CIL03": "0", "TOTAL": "30"}
    states = [(one["platform"], one["state"]) for one in desk.document("2005T1/final-v02")["coverage"]]
    assert states == [("PF01", "complete"), ("PF02", "nil")]


def whole_network(desk: Desk, period: str, figure: int, at: str) -> list[str]:
    desk.received("PF01", period, {"CIL01": figure, "CIL02": figure}, at)
    return desk.deposit("PF02", period, {"CIL03": figure}, at)


def test_a_correction_makes_exactly_the_editions_that_it_touches_again(desk: Desk) -> None:
    for number, day in enumerate(("2005-04-11", "2005-07-11", "2005-10-11"), start=1):
        assert whole_network(desk, f"2005T{number}", number, f"{day}T10:00") == [f"2005T{number}/final-v01"]
    assert whole_network(desk, "2005T4", 4, "2006-01-11T10:00") == ["2005T4/final-v01"]
    assert whole_network(desk, "2006T1", 5, "2006-04-11T10:00") == ["2005/final-v01", "2006T1/final-v01"]
    corrected = desk.deposit("PF02", "2005T2", {"CIL03": 20}, "2006-05-02T10:00")
    assert corrected == ["2005/revised-v02", *(f"2005T{number}/revised-v02" for number in (2, 3, 4))]
    changed = desk.document("2005T4/revised-v02", "changes.json")
    assert changed["replaces"] == "final-v01"
    assert {one["table"] for one in changed["changes"]} == {"D3", "D4", "D5"}
    assert {one["row"].get("code_cil") for one in changed["changes"]} == {"CIL03", "TOTAL", None}
    assert desk.lines("2005T4/revised-v02", "D1") == desk.lines("2005T4/final-v01", "D1")
    # the same figures again: nothing
    assert desk.deposit("PF02", "2005T2", {"CIL03": 20}, "2006-05-03T10:00") == []


def test_the_register_makes_every_edition_look_again(desk: Desk) -> None:
    whole_network(desk, "2005T1", 1, "2005-04-11T10:00")
    desk.register(replace(network(), version=1), "2005-04-12T10:00")
    assert desk.once("2005-04-12T11:00") == []  # it says the same
    desk.register(network({"CIL01": "Autre nom"}), "2005-04-13T10:00")
    assert desk.once("2005-04-13T11:00") == []  # the figures and the coverage do
    plain = network()
    moved = replace(plain.adhesions[0], code_cil="CIL04", code_plateforme="PF02")
    desk.register(replace(plain, adhesions=(*plain.adhesions, moved)), "2005-04-14T10:00")
    assert desk.once("2005-04-14T11:00") == ["2005T1/revised-v02"]
    assert desk.lines("2005T1/revised-v02")["CIL04"] == "n.d."


def test_a_withdrawal_takes_its_figures_out(desk: Desk) -> None:
    whole_network(desk, "2005T1", 1, "2005-04-11T10:00")
    with desk.at("2005-05-20T10:00") as wiring:
        number = wiring.ledger.submissions(account="pf02")[0]["submission"]
        wiring.ledger.withdraw(number, reason="erreur", author="test", now=paris("2005-05-20T10:00"))
    assert desk.once("2005-05-20T11:00") == ["2005T1/revised-v02"]
    assert desk.lines("2005T1/revised-v02")["CIL03"] == "n.d."


def test_the_service_waits_for_a_quiet_time(desk: Desk) -> None:
    desk.deposit("PF01", "2005T1", {"CIL01": 1, "CIL02": 2}, "2005-04-11T10:00")
    with desk.at("2005-04-11T12:00") as wiring:
        number = wiring.ledger.submissions(account="pf01")[0]["submission"]
        changed_at = paris("2005-04-11T12:00")
        wiring.ledger.withdraw(number, reason="erreur", author="test", now=changed_at)
        make_editions(wiring, changed_at + timedelta(minutes=4))
        assert len(desk.editions()) == 1
        make_editions(wiring, changed_at + timedelta(minutes=5))
    assert desk.editions() == ["2005T1/provisional-v01", "2005T1/provisional-v02"]


def test_the_service_leaves_time_to_take_what_came_at_the_last_second(desk: Desk) -> None:
    with desk.at("2005-05-01T00:00") as wiring:
        make_editions(wiring, paris("2005-05-01T00:04:59"))
        assert desk.editions() == []
        make_editions(wiring, paris("2005-05-01T00:05:00"))
    assert desk.editions() == ["2005T1/official-v01"]


def test_a_file_received_in_time_is_waited_for(desk: Desk) -> None:
    desk.once("2005-04-29T10:00")
    desk.received("PF02", "2005T1", {"CIL03": 7}, "2005-04-30T23:00")
    with desk.at("2005-05-01T00:10") as wiring:
        pipeline = Pipeline(wiring)
        pipeline.prepare()
        pipeline.take_ready()
        make_editions(wiring, paris("2005-05-01T00:10"), quiet=timedelta(0))
        assert desk.editions() == []
    assert desk.once("2005-05-01T00:20") == ["2005T1/official-v01"]
    assert desk.lines("2005T1/official-v01")["TOTAL"] == "7"


def test_what_an_edition_rests_on_is_written_and_told(desk: Desk) -> None:
    name = desk.received("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-04-11T10:00")
    desk.once("2005-04-11T10:05")
    manifest = desk.document("2005T1/provisional-v01")
    assert [(one["organisation"], one["file"]["name"]) for one in manifest["inputs"]] == [("PF01", name)]
    with desk.at("2005-04-11T11:00") as wiring, wiring.database.read() as connection:
        rows = connection.execute(select(release.c.number).join(release_input)).scalars().all()
        told = wiring.press.editions_resting_on(manifest["inputs"][0]["submission"])
    assert rows == [1]
    assert told == (("2005T1", 1),)


def test_an_edition_whose_rows_were_purged_is_made_again_from_its_aggregates(desk: Desk) -> None:
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-04-11T10:00")
    desk.deposit("PF02", "2005T1", {"CIL03": 5}, "2005-04-12T10:00")
    with desk.at("2006-01-01T10:00") as wiring:
        with wiring.database.write() as connection:
            connection.execute(text("DELETE FROM assistance_trimestrielle WHERE code_cil = 'CIL03'"))
        again = rebuild(wiring.editions, wiring.press, wiring.releases, "2005T1/final-v02")
        assert (again.same_bytes, again.same_content, again.made_from) == (True, True, MadeFrom.AGGREGATES)
        assert again.ledger_hash != again.content_hash
        (wiring.releases.folder("2005T1", "final-v02") / "manifest.json").unlink()
        with pytest.raises(CannotDo, match="its manifest is gone"):
            rebuild(wiring.editions, wiring.press, wiring.releases, "2005T1/final-v02")


def test_an_edition_is_made_again_byte_for_byte(desk: Desk) -> None:
    desk.deposit("PF01", "2005T1", {"CIL01": 10, "CIL02": 20}, "2005-04-11T10:00")
    desk.deposit("PF02", "2005T1", {"CIL03": 5}, "2005-04-12T10:00")
    desk.deposit("PF02", "2005T1", {"CIL03": 6}, "2005-06-20T10:00")
    desk.register(network({"CIL01": "Autre nom"}), "2005-06-21T10:00")
    with desk.at("2006-01-01T10:00") as wiring:
        press, store = wiring.press, wiring.releases
        for one in press.releases(FIRST):
            again = rebuild(wiring.editions, press, store, f"{one.period}/{one.name}")
            assert (again.same_bytes, again.same_content, again.made_from) == (True, True, MadeFrom.LEDGER)
        page = store.folder("2005T1", "revised-v03") / "tables_2005T1.html"
        page.write_bytes(b"damaged")
        (page.parent / "D1.csv").unlink()
        again = rebuild(wiring.editions, press, store, "2005T1")
        assert (again.differing, again.missing) == (("tables_2005T1.html",), ("D1.csv",))
        restore(store, again)
        assert rebuild(wiring.editions, press, store, "2005T1").same_bytes
