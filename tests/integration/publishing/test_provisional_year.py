"""What a platform sees of a year that has no official edition yet: its own lines, with what is secret hidden (§10)."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from domain.organisations import Service
from ingest.demo.cases import Volume

from .conftest import Desk
from .yearly import cases, received, year_network

FEW = Volume(service=Service.ASA, cases=60)
MINIMUM = 11


@pytest.fixture(scope="module")
def provisional(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two platforms with so few cases that most counts are small."""
    desk = Desk(tmp_path_factory.mktemp("provisional"))
    (desk.folder / "guichet.toml").write_text('settle_seconds = 0\nfirst_period = "2005T4"\n')
    desk.register(replace(year_network(), version=1), "2005-10-02T10:00")
    for platform in ("PF01", "PF02"):
        received(desk, platform, "N2A", cases(year_network(), platform, FEW), "2006-01-20T10:00")
    assert "2005/provisional-v01" in desk.once("2006-01-20T10:05")
    return desk


def own_lines(desk: Desk, platform: str) -> dict[str, list[dict[str, str]]]:
    """Table → its lines, as the platform finds them."""
    found = (desk.folder / "inbox" / platform.lower() / "retours").glob("provisoire_2005_*.csv")
    return {
        path.stem.removeprefix("provisoire_2005_"): list(
            csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";")
        )
        for path in found
    }


@pytest.mark.parametrize("platform", ["PF01", "PF02"])
def test_a_small_count_is_secret_there_as_in_any_edition(provisional: Desk, platform: str) -> None:
    """The platform holds its cases, but who reads its folder need not: level 2 has no other rule (contract §10)."""
    text = cases(year_network(), platform, FEW).decode("utf-8-sig")
    contracts = Counter(row["type_contrat_travail"] for row in csv.DictReader(text.splitlines(), delimiter=";"))
    shown = {
        row["modalite"]: row["effectif"]
        for row in own_lines(provisional, platform)["D11P"]
        if row["caracteristique"] == "contrat"
    }
    small = {one for one, count in contracts.items() if count < MINIMUM}
    assert small
    assert {shown[one] for one in small} == {"s."}
    assert [count for count in shown.values() if count.isdigit() and int(count) < MINIMUM] == []
    told = {shown[one] for one in contracts} - {"s."}
    assert told <= {str(count) for count in contracts.values()}


@pytest.mark.parametrize("platform", ["PF01", "PF02"])
def test_nobody_elses_line_is_there_and_nothing_is_in_diffusion(provisional: Desk, platform: str) -> None:
    tables = own_lines(provisional, platform)
    assert len(tables) > 2
    assert {row["code_plateforme"] for rows in tables.values() for row in rows} == {platform}
    assert not (provisional.folder / "inbox" / platform.lower() / "diffusion" / "2005").exists()


def test_they_are_readable_and_written_by_nobody(provisional: Desk) -> None:
    (path, *_) = Path(provisional.folder / "inbox" / "pf01" / "retours").glob("provisoire_2005_*.csv")
    assert path.stat().st_mode & 0o777 == 0o440
