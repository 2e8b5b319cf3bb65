"""`status --known-on` through the installed command."""

from __future__ import annotations

from dataclasses import replace

from domain.periods import Period
from ingest.demo import files

T1 = Period(2005, 1)


def test_the_matrix_as_it_was_known_on_a_past_day(desk, directory):
    good = files.good_csv(directory, "PF01", T1)
    desk.drop(good.account, good.name, good.content)
    desk.once()
    later = replace(desk, at="2005-05-10T10:00")
    later.ok("deadline", "extend", "pf03", "N1A", "2005T1", "--until", "2005-05-20", "--reason", "panne")

    def on(day: str, organisation: str) -> dict[str, object]:
        rows = later.json("status", "--period", "2005T1", "--account", organisation, "--known-on", day)
        (row,) = [row for row in rows if row["collection"] == "N1A"]
        return row

    assert on("2005-04-18", "PF01")["status"] == "on_time"
    assert (on("2005-05-09", "PF03")["status"], on("2005-05-09", "PF03")["extended_until"]) == ("overdue", None)
    assert (on("2005-05-10", "PF03")["status"], on("2005-05-10", "PF03")["extended_until"]) == ("open", "2005-05-20")
    assert later.json("status", "--known-on", "2005-04-17") == []
    text = later.ok("status", "--known-on", "2005-05-09", "--account", "PF03")
    assert text.splitlines()[0] == "Ce que l’on savait à la fin du lundi 9 mai 2005"
    assert "délai accordé" not in text
    assert later.ok("status", "--known-on", "2005-04-01") == "On ne savait rien attendre le vendredi 1er avril 2005.\n"


def test_a_day_that_cannot_be_known_is_one_clear_line(desk):
    for day, said in (("2005-04-19", "is to come"), ("hier", "2005-05-15")):
        done = desk.run("status", "--known-on", day)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
