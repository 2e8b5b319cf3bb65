"""`status` and `deadline` through the installed command."""

from __future__ import annotations

from domain.periods import Period
from ingest.demo import files

T1 = Period(2005, 1)
KEYS = [
    "account",
    "organisation",
    "collection",
    "slug",
    "period",
    "due_at",
    "status",
    "nil",
    "days_late",
    "first_received_at",
    "first_accepted_at",
    "complete_at",
    "last_corrected_at",
    "waived_reason",
    "extended_until",
    "excused_until",
    "excused_reason",
]


def test_the_matrix_follows_deposits_extensions_and_waivers(desk, directory):
    good = files.good_csv(directory, "PF01", T1)
    desk.drop(good.account, good.name, good.content)
    desk.once()
    rows = desk.json("status", "--period", "2005T1")
    assert all(list(row) == KEYS for row in rows)
    assert {row["status"] for row in rows if (row["account"], row["collection"]) == ("pf01", "N1A")} == {"on_time"}
    said = desk.ok("deadline", "extend", "pf03", "N1A", "2005T1", "--until", "2005-05-15", "--reason", "panne")
    assert said == "PF03 N1A 2005T1: due 2005-05-15 instead of 2005-04-30\n"
    desk.ok("deadline", "waive", "PF04", "assistance-trimestrielle", "2005t1", "--reason", "aucune activité")
    rows = {(row["organisation"], row["collection"]): row for row in desk.json("status", "--period", "2005T1")}
    assert rows["PF03", "N1A"]["extended_until"] == "2005-05-15"
    assert rows["PF04", "N1A"]["status"] == "waived"
    text = desk.ok("status", "--account", "PF03")
    assert "(délai accordé)" in text
    desk.once()
    told = [mail for mail in desk.mails() if mail["X-Guichet-Event"] == "deadline"]
    assert sorted(mail["To"].addresses[0].domain for mail in told) == ["pf03.example", "pf04.example"]
    assert "15/05/2005" not in (desk.inbox / "pf04" / "retours" / "situation.html").read_text()
    assert "15 mai 2005" in (desk.inbox / "pf03" / "retours" / "situation.html").read_text()


def test_what_cannot_be_granted_is_said_in_one_line(desk):
    for words, said in (
        (("extend", "pf03", "N1A", "2005T1", "--until", "2005-04-01", "--reason", "x"), "is past"),
        (("extend", "pf03", "N1A", "2005T1", "--until", "demain", "--reason", "x"), "2005-05-15"),
        (("waive", "pf99", "N1A", "2005T1", "--reason", "x"), "guichet status"),
        (("waive", "pf03", "N9Z", "2005T1", "--reason", "x"), "N1A, N1M"),
        (("waive", "pf03", "N1A", "2005T1", "--reason", " "), "--reason"),
    ):
        done = desk.run("deadline", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
