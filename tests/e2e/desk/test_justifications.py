"""A question asked, answered in the `justification` column of the file dropped back, kept and not asked again."""

from __future__ import annotations

from domain.periods import Period
from ingest.demo import files

T1 = Period(2005, 1)
WORDS = "Dossiers repris d'une autre plate-forme, vérifiés"


def test_a_confirmed_warning_is_thanked_for_told_and_remembered(desk, directory):
    rows = [list(row) for row in files.n1a_rows(directory, "PF01", T1)]
    rows[1][-1] = rows[1][3] + 5  # more complementary diagnostics than first ones
    plain = files.csv_bytes(files.N1A_COLUMNS, rows)
    desk.drop("pf01", "N1A_2005T1_premier.csv", plain)
    desk.once()
    asked = desk.verdict_of("pf01", "N1A_2005T1_premier.csv")
    assert asked["verdict"] == "accepted_with_warnings"
    [question] = [one for one in asked["sections"][0]["findings"] if one["severity"] == "warning"]
    assert question["row"] == 3

    columns = (*files.N1A_COLUMNS, "guichet_depot", "guichet_ligne", "guichet_messages", "justification")
    copy = [
        [*row, asked["submission"], line, question["message"] if line == 3 else "", WORDS if line == 3 else ""]
        for line, row in enumerate(rows, start=2)
    ]
    desk.drop("pf01", "copie de premier (annoté).csv", files.csv_bytes(columns, copy), box="essai")
    desk.drop("pf01", "N1A_2005T1_annote.csv", files.csv_bytes(columns, copy))
    desk.once()
    answer = desk.verdict_of("pf01", "N1A_2005T1_annote.csv")
    section = answer["sections"][0]
    assert (answer["verdict"], section["finding_counts"]["warning"], section["justified"]) == ("accepted", 0, 1)
    assert section["in_force"] is True
    [said] = [one for one in section["findings"] if one["code"] == question["code"]]
    assert (said["severity"], said["row"], said["justification"]) == ("info", 3, WORDS)
    assert said["message"].startswith(question["message"])

    story = " ".join(desk.ok("show", answer["submission"]).split())
    assert "1 point confirmé : la question n’est plus posée." in story.replace("\u00a0", " ")
    assert "Confirmé par le déposant" in story
    [kept] = desk.json("show", answer["submission"])[0]["justifications"]
    assert (kept["account"], kept["record"], kept["justification"]) == ("pf01", rows[1][1], WORDS)
    assert kept["at"] == answer["received_at"]
    page = (desk.inbox / "pf01" / "retours" / answer["submission"] / "rapport.html").read_text()
    assert "vérifiés" in page

    desk.drop("pf01", "N1A_2005T1_encore.csv", plain + b"\r\n")
    desk.once()
    again = desk.verdict_of("pf01", "N1A_2005T1_encore.csv")
    assert again["verdict"] == "accepted"
    assert desk.json("show", again["submission"])[0]["justifications"] == []
    trial = desk.verdict_of("pf01", "copie de premier (annoté).csv")
    assert (trial["verdict"], trial["test"]) == ("accepted", True)
