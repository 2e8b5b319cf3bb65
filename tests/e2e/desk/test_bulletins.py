"""What UESL reads by itself, through `once` over days: the digest, the weekly page, the pages in `diffusion/suivi/`."""

from __future__ import annotations

import csv
import io

import pytest

from domain.periods import Period
from ingest.demo import files

T1 = Period(2005, 1)


@pytest.fixture
def day(desk):
    """One pass at an instant; what UESL's pilot received of it: (event, message)."""
    seen: set[str] = set()

    def run(at: str):
        desk.at = at
        desk.once()
        new = [one for one in desk.mails() if one["Message-ID"] not in seen]
        seen.update(one["Message-ID"] for one in new)
        told = [one for one in new if one["X-Guichet-Event"] in {"digest", "weekly"}]
        assert {one["To"].addresses[0].addr_spec for one in told} <= {"pilotage@uesl.example"}
        return [(str(one["X-Guichet-Event"]), one.get_body(("plain",)).get_content()) for one in told]

    return run


def kinds(told):
    return [event for event, _ in told]


def test_who_is_late_is_told_once_and_nothing_else(desk, directory, day):
    suivi = desk.inbox / "uesl" / "diffusion" / "suivi"
    assert kinds(day("2005-04-25T08:30")) == ["weekly"]
    assert kinds(day("2005-04-26T08:30")) == [], "nothing changed"
    both = files.both_services(directory, "PF01", T1)
    desk.drop(both.account, both.name, both.content)
    [(event, told)] = day("2005-04-27T10:00")
    assert event == "digest"
    assert "Reçu dans les délais" in told
    assert "PF01" in told
    assert kinds(day("2005-04-28T08:30")) == []
    assert day("2005-05-01T09:00") == [], "a Sunday"
    [(event, told)] = day("2005-05-02T08:00")
    assert event == "weekly"
    assert "Échéance dépassée" in told
    assert "! +2" in told
    assert max(len(line) for line in told.splitlines()) <= 72
    assert kinds(day("2005-05-03T08:30")) == [], "later by a day is no news"
    late = files.good_csv(directory, "PF02", T1)
    desk.drop(late.account, late.name, late.content)
    [(event, told)] = day("2005-05-04T09:00")
    assert (event, "Reçu en retard" in told, "4\u00a0jours de retard" in told) == ("digest", True, True)
    assert sorted(one.name for one in suivi.iterdir()) == [
        "suivi-2005-04-25.html",
        "suivi-2005-05-02.html",
        "suivi.csv",
        "suivi.html",
    ]
    rows = list(csv.reader(io.StringIO((suivi / "suivi.csv").read_text("utf-8-sig")), delimiter=";"))
    [row] = [row for row in rows if row[:2] == ["N1A", "PF02"]]
    assert row[5:9] == ["04/05/2005", "04/05/2005", "4", "reçu en retard"]
    assert "mercredi 4 mai 2005" in (suivi / "suivi.html").read_text()


def test_after_a_long_stop_one_message_says_the_state(desk, directory, day):
    day("2005-04-04T08:30")
    both = files.both_services(directory, "PF01", T1)
    desk.drop(both.account, both.name, both.content)
    assert kinds(day("2005-05-26T09:00")) == ["weekly"]
    assert kinds(day("2005-05-27T09:00")) == []


def test_each_platform_finds_its_own_deadlines_in_its_page(desk, directory, day):
    good = files.good_csv(directory, "PF02", T1)
    desk.drop(good.account, good.name, good.content)
    day("2005-04-18T10:00")
    page = (desk.inbox / "pf02" / "retours" / "situation.html").read_text()
    assert "Vos échéances" in page
    assert "PF01" not in page
    day("2005-05-03T00:30")
    page = (desk.inbox / "pf02" / "retours" / "situation.html").read_text()
    assert "mardi 3 mai 2005" in page, "the due day has passed: the page says so without a deposit"
    assert "50\u00a0%" in page


def test_a_register_without_anybody_at_uesl_writes_to_the_administrator(desk, network, tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    for sheet in network.iterdir():
        lines = sheet.read_text("utf-8-sig").splitlines(keepends=True)
        kept = [line for line in lines if not (sheet.stem == "contacts" and line.startswith("UESL;"))]
        (alone / sheet.name).write_text("".join(kept), "utf-8-sig")
    desk.ok("directory", "import", str(alone), "--yes")
    desk.at = "2005-04-25T08:30"
    desk.once()
    [told] = [one for one in desk.mails() if one["X-Guichet-Event"] == "weekly"]
    assert told["To"].addresses[0].addr_spec == "admin@uesl.example"
    assert "pilotage" in told.get_body(("plain",)).get_content()
