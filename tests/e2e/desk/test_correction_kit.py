"""From a refusal to a right deposit, by the correction kit alone: taken from `retours/`, mended, dropped back."""

from __future__ import annotations

import csv
import io

from domain.periods import Period
from ingest.demo import files

T1 = Period(2005, 1)
FIGURE = files.N1A_COLUMNS.index("diagnostics_prealables")
KIT = "a_corriger_assistance_trimestrielle.csv"


def test_the_kit_mended_and_dropped_under_any_name_is_in_force(desk, directory):
    rows = [list(row) for row in files.n1a_rows(directory, "PF01", T1)]
    right, rows[1][FIGURE] = rows[1][FIGURE], "douze"
    desk.drop("pf01", "N1A_2005T1.csv", files.csv_bytes(files.N1A_COLUMNS, rows[:-1]))
    desk.once()
    first = desk.verdict_of("pf01", "N1A_2005T1.csv")
    assert first["verdict"] == "partially_accepted"
    folder = desk.inbox / "pf01" / "retours" / first["submission"]
    assert (folder / KIT.replace(".csv", ".xlsx")).is_file()
    titles, bad, missing = csv.reader(io.StringIO((folder / KIT).read_bytes().decode("utf-8-sig")), delimiter=";")
    figures = [titles.index(name) for name in files.N1A_COLUMNS[FIGURE:]]
    bad[figures[0]] = str(right)
    for index in figures:
        missing[index] = "0"
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows([titles, missing, bad])
    desk.drop("pf01", "copie de.csv", stream.getvalue().encode("cp1252", "replace"))
    desk.drop("pf02", "N1A_2005T1.csv", stream.getvalue().encode("cp1252", "replace"))
    desk.once()

    second = desk.verdict_of("pf01", "copie de.csv")
    [section] = second["sections"]
    assert (second["verdict"], section["in_force"], section["replaces"]) == ("accepted", True, first["submission"])
    assert (section["completes"], section["carried"]) == (first["submission"], len(rows) - 2)
    assert section["records"] == {"read": len(rows), "accepted": len(rows), "rejected": 0}
    assert desk.json("show", second["submission"])[0]["sections"][0]["completes"] == first["submission"]
    page = (desk.inbox / "pf01" / "retours" / second["submission"] / "rapport.html").read_text()
    assert "de votre dépôt du 18/04/2005" in page
    lines = desk.json("status", "--period", "2005T1", "--account", "pf01")
    assert [one["status"] for one in lines if one["collection"] == "N1A"] == ["on_time"]

    stranger = desk.verdict_of("pf02", "N1A_2005T1.csv")
    assert stranger["verdict"] == "rejected"
    assert [one["code"] for one in stranger["sections"][0]["findings"]] == ["G-28"]


def test_check_and_replay_tell_what_the_kit_would_give(desk, directory, tmp_path):
    rows = [list(row) for row in files.n1a_rows(directory, "PF01", T1)]
    right, rows[1][FIGURE] = rows[1][FIGURE], "douze"
    desk.drop("pf01", "N1A_2005T1.csv", files.csv_bytes(files.N1A_COLUMNS, rows))
    desk.once()
    first = desk.verdict_of("pf01", "N1A_2005T1.csv")
    kit = (desk.inbox / "pf01" / "retours" / first["submission"] / KIT).read_bytes()
    kit = kit.replace(b"douze", str(right).encode())
    (tmp_path / "x.csv").write_bytes(kit)
    told = desk.json("check", str(tmp_path / "x.csv"), "--as", "pf01")
    assert (told["verdict"], told["sections"][0]["completes"]) == ("accepted", first["submission"])
    desk.drop("pf01", "x.csv", kit)
    desk.once()
    second = desk.verdict_of("pf01", "x.csv")
    again = desk.json("replay", second["submission"])

    assert (again["verdict"], again["sections"][0]["completes"]) == ("accepted", first["submission"])
    assert again["sections"][0]["carried"] == len(rows) - 1
