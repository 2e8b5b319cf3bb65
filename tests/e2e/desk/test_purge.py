"""`guichet purge`, as an administrator runs it: beside the service, twice, in a rehearsal, against the clock."""

from __future__ import annotations

from pathlib import Path

import pytest

CASES = (Path(__file__).resolve().parents[2] / "golden" / "N2A" / "good-csv" / "input.csv").read_bytes()
QUARTER = b"code_cil;diagnostics_prealables;engagements_reciproques;diagnostics_complementaires\r\nCIL001;3;2;1\r\n"


@pytest.mark.slow
def test_cases_go_beside_the_service_and_what_they_were_can_still_be_told(desk):
    desk.environment["GUICHET_FIRST_PERIOD"] = "2006T1"  # nothing of 2005 is owed: nothing else to say or to publish
    desk.at = "2006-02-01T10:00"
    desk.drop("pf01", "N2A_2005.csv", CASES)
    desk.once()
    (row,) = desk.json("submissions")
    submission = row["submission"]
    desk.at = "2006-02-01T11:00"
    service = desk.start()
    try:
        desk.at = "2007-01-02T10:00"
        told = desk.ok("purge", "--dry-run")
        assert submission in told
        (counted,) = desk.json("purge", "--dry-run")
        assert (counted["collection"], counted["exercice"], counted["deposits"]) == ("N2A", 2005, 1)
        (done,) = desk.json("purge")
        assert {key: done[key] for key in ("collection", "exercice", "rows")} == {
            "collection": "N2A",
            "exercice": 2005,
            "rows": row["sections"][0]["records"]["accepted"],
        }
        assert desk.json("purge") == []
        desk.drop("pf01", "N1A_2005T4.csv", QUARTER)
        desk.wait_for(
            "an answer from the service", lambda: [one for one in desk.verdicts("pf01") if "N1A" in one["file"]["name"]]
        )
    finally:
        assert desk.stop(service) == 0
    story = desk.ok("show", submission)
    assert "Détruit le 02/01/2007" in " ".join(story.split())
    assert row["file"]["sha256"] in story
    replayed = desk.run("replay", submission)
    assert (replayed.returncode, replayed.stdout) == (2, "")
    assert "no longer kept" in replayed.stderr
    left = [path for root in (desk.home, desk.inbox) for path in root.rglob(f"*{submission}*")]
    assert left == []
    page = (desk.inbox / "pf01" / "retours" / "situation.html").read_text()
    assert "N2A_2005.csv" in page


def test_a_clock_that_may_be_wrong_destroys_nothing_and_says_so(desk):
    """The journal was written in 2005, the machine's clock stands years later: a long stop, or a wrong clock."""
    desk.at = "2005-02-01T10:00"
    desk.drop("pf01", "N2A_2004.csv", b"a;b\r\n1;2\r\n")
    desk.once()
    desk.at = ""
    refused = desk.run("purge")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "more than a week after the journal" in refused.stderr
    assert "refused for now" in desk.ok("purge", "--dry-run")
