"""What goes, what stays, what is said; a purge may be cut short anywhere and begun again."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from domain.clock import FixedClock, SystemClock
from domain.errors import CannotDo, NotFound
from domain.organisations import Contact, Role
from ingest.backing_up import making
from ingest.backing_up.making import Backup
from ingest.cli import main
from ingest.clock_guard import ClockGuard
from ingest.database.engine import Database
from ingest.following.passes import follow
from ingest.ledger import destroying
from ingest.lock import keeping
from ingest.once import one_pass
from ingest.publishing.making import EditionMaker
from ingest.rehearsal import Rehearsal
from ingest.retention import apply_destructions
from ingest.retention.clock import why_not
from ingest.retention.daily import destroy_old
from ingest.retention.foreseeing import foresee
from ingest.retention.purging import Purge
from ingest.sharing import Part, in_hand
from ingest.wiring import Wiring

QUARTER = b"code_cil;diagnostics_prealables;engagements_reciproques;diagnostics_complementaires\r\nCIL001;3;2;1\r\n"


def paris(instant: str) -> datetime:
    return datetime.fromisoformat(instant).replace(tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture(autouse=True)
def no_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take most of a pass's time, and test_counts looks at what becomes of them."""
    monkeypatch.setattr(EditionMaker, "make", lambda *_, **__: None)


def events(desk, kind: str) -> int:
    with desk.at("2008-01-01T10:00") as wiring, wiring.database.read() as connection:
        found = connection.execute(text("SELECT COUNT(*) FROM event WHERE kind = :kind"), {"kind": kind})
        return int(found.scalar_one())


def listed(desk) -> set[str]:
    lines = (desk.home / "destructions.jsonl").read_text().splitlines()
    return {json.loads(line)["submission"] for line in lines if line}


def gone(desk, submission: str) -> bool:
    places = (desk.home / "archive", desk.home / "spool", desk.home / "answers", desk.inbox / "pf03" / "retours")
    return not any(path.name == submission for place in places for path in place.rglob("*"))


def test_what_stays_of_a_deposit_says_what_it_was(desk, cases):
    submission = desk.deposit(cases, "2006-02-01T10:00")
    before = desk.show(submission)
    desk.purge("2006-12-31T23:59")
    assert desk.rows() == 12
    assert not desk.show(submission)["destroyed"]
    desk.purge("2007-01-01T00:00")
    after = desk.show(submission)
    kept = ("file", "received_at", "judged_at", "verdict", "state", "account", "in_force")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert after["sections"][0]["records"] == {"read": 12, "accepted": 12, "rejected": 0}
    assert (after["messages"], after["archive"], after["sections"][0]["findings"]) == ([], None, [])
    with desk.at("2007-01-02T10:00") as wiring:
        (line,) = wiring.ledger.compliance(wiring.clock.now(), period="2005", account="pf03")[:1] or ({},)
        assert line["status"] == "on_time"
        with wiring.database.read() as connection:
            assert destroying.destroyed_exercices(connection) == {("N2A", 2005)}
        with pytest.raises(NotFound, match="no longer kept"):
            Rehearsal(wiring).replay(submission)


def test_quarters_stay_for_ten_years_then_their_originals_go(desk):
    quarter = desk.deposit(QUARTER, "2006-02-01T10:00", name="N1A_2005T4.csv")
    desk.purge("2016-01-31T10:00")
    assert desk.show(quarter)["archive"]
    findings = desk.show(quarter)["sections"][0]["findings"]
    desk.purge("2016-02-02T10:00")
    told = desk.show(quarter)
    assert (told["archive"], told["destroyed"][0]["rule"]) == (None, "raw")
    assert told["sections"][0]["findings"] == findings
    assert desk.rows("assistance_trimestrielle") == 1


def test_a_purge_twice_does_and_says_nothing_more(desk, cases):
    desk.deposit(cases, "2006-02-01T10:00")
    assert desk.purge("2007-01-02T10:00").lots
    before = (desk.purge_mails(), events(desk, "purged"), (desk.home / "destructions.jsonl").read_bytes())
    assert desk.purge("2007-01-02T11:00").lots == ()
    assert (desk.purge_mails(), events(desk, "purged"), (desk.home / "destructions.jsonl").read_bytes()) == before


def test_files_that_are_gone_already_stop_nothing(desk, cases):
    submission = desk.deposit(cases, "2006-02-01T10:00")
    for folder in (desk.home / "archive", desk.home / "answers", desk.inbox / "pf03" / "retours"):
        shutil.rmtree(folder, ignore_errors=True)
    desk.purge("2007-01-02T10:00")
    assert gone(desk, submission)
    assert desk.rows() == 0


def test_a_late_correction_goes_the_day_after(desk, cases):
    desk.deposit(cases, "2006-02-01T10:00")
    desk.purge("2007-01-02T10:00")
    late = desk.deposit(cases.replace(b";900;", b";901;"), "2007-03-05T10:00")
    assert desk.rows() == 12
    desk.purge("2007-03-05T23:00")
    assert desk.rows() == 12
    desk.purge("2007-03-06T00:01")
    assert desk.rows() == 0
    assert {one["rule"] for one in desk.show(late)["destroyed"]} == {"late"}


def test_a_kit_for_a_destroyed_deposit_is_refused_with_what_to_do(desk, cases):
    former = desk.deposit(cases.replace(b";22;", b";999;"), "2006-02-01T10:00")
    desk.purge("2007-01-02T10:00")
    head, line = cases.split(b"\n")[:2]
    kit = b"guichet_depot;guichet_ligne;" + head + b"\n" + former.encode() + b";2;" + line + b"\n"
    later = desk.deposit(kit, "2007-01-03T10:00", name="a_corriger_dossiers_assistance_2005.csv")
    (finding,) = [one for one in desk.show(later)["sections"][0]["findings"] if one["code"] == "G-31"]
    assert "ne sont plus conservées" in finding["message"]


def test_a_deposit_refused_for_the_register_is_not_judged_again_once_destroyed(desk, cases):
    submission = desk.deposit(cases.replace(b"CIL001", b"CIL099"), "2006-02-01T10:00")
    assert desk.show(submission)["register_only"]
    desk.purge("2007-01-02T10:00")
    with desk.at("2007-01-03T10:00") as wiring:
        assert wiring.ledger.reopen_for_register(99, wiring.clock.now()) == 0


def test_what_nobody_could_judge_goes_too(desk, cases):
    submission = desk.deposit(cases, "2006-02-01T10:00")
    with desk.at("2006-02-01T10:00") as wiring, wiring.database.write() as connection:
        connection.execute(text("DELETE FROM in_force"))
        connection.execute(text("DELETE FROM finding"))
        connection.execute(text("DELETE FROM release_input"))
        connection.execute(text("DELETE FROM section"))
        connection.execute(text("UPDATE submission SET state = 'parked', judged_at = NULL, verdict = NULL"))
    desk.purge("2007-01-02T10:00")
    told = desk.show(submission)
    assert (told["state"], told["verdict"]) == ("judged", "destroyed")
    with desk.at("2007-01-03T10:00") as wiring:
        one_pass(wiring)
        assert wiring.ledger.submissions(state="parked") == []


def test_a_rehearsed_purge_names_counts_and_files_and_touches_nothing(desk, cases):
    submission = desk.deposit(cases, "2006-02-01T10:00")
    with desk.at("2007-01-02T10:00") as wiring:
        seen = foresee(wiring, Purge(wiring))
    (row,) = seen.rows
    assert (row["collection"], row["exercice"], row["deposits"], row["rows"]) == ("N2A", 2005, 1, 12)
    assert any(submission in path and "/archive/" in path for path in seen.files)
    assert any(submission in path and "/retours/" in path for path in seen.files)
    assert desk.rows() == 12
    report = desk.purge("2007-01-02T10:00")
    assert sum(one.files for one in report.lots) == row["files"] == len(seen.files)


def test_the_service_announces_thirty_days_before_then_destroys_by_itself(desk, cases):
    desk.deposit(cases, "2006-02-01T10:00")
    for day, mails, rows in (("2006-12-01", 0, 12), ("2006-12-02", 2, 12), ("2006-12-03", 2, 12), ("2007-01-01", 4, 0)):
        with desk.at(f"{day}T10:00") as wiring, in_hand(wiring.sharing, Part.FOLLOWING):
            follow(wiring)
        assert (len(desk.purge_mails()), desk.rows()) == (mails, rows), day
    assert "1er janvier 2007" in desk.purge_mails()[0]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_is_purged_while_a_backup_is_being_made(desk, cases):
    """Neither on order nor by the service, which comes back to it; a second backup is refused as well."""
    desk.deposit(cases, "2006-02-01T10:00")
    refused = []

    def meanwhile(line: str) -> None:
        if not refused:
            with desk.at("2007-01-02T10:00") as other:
                for work in (Purge(other).run, lambda: Backup(other).make(desk.folder / "second")):
                    with pytest.raises(CannotDo, match="a backup is at work"):
                        work()
                assert destroy_old(other, other.clock.now()) == 0
            refused.append(line)

    with desk.at("2007-01-02T09:00") as wiring:
        made = Backup(wiring, meanwhile).make(desk.folder / "copy")
    assert refused
    assert made.manifest.tables["dossiers_assistance"].rows == desk.rows() == 12
    with desk.at("2007-01-02T10:00") as wiring:
        destroy_old(wiring, wiring.clock.now())
    assert desk.rows() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_waits_for_a_purge_and_holds_nothing_of_what_went(desk, cases, monkeypatch):
    submission = desk.deposit(cases, "2006-02-01T10:00")
    purging, waiting, wipe = threading.Event(), threading.Event(), Database.wipe

    def held(database: Database, tables: Iterable[str]) -> bool:
        purging.set()
        assert waiting.wait(60)
        return wipe(database, tables)

    def paused(_seconds: float) -> None:
        waiting.set()
        worker.join(60)

    monkeypatch.setattr(Database, "wipe", held)
    monkeypatch.setattr(making, "keeping", partial(keeping, pause=paused))
    worker = threading.Thread(target=desk.purge, args=("2007-01-02T10:00",))
    worker.start()
    assert purging.wait(60)
    with desk.at("2007-01-02T10:00") as wiring:
        made = Backup(wiring).make(desk.folder / "copy")
    assert waiting.is_set()
    assert made.manifest.tables["dossiers_assistance"].rows == 0
    assert submission in (made.path / "home" / "destructions.jsonl").read_text()
    assert not [path for path in made.path.rglob("*") if path.name == submission]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_breaks_anonymity_while_a_backup_is_being_made_is_not_in_it(desk, cases):
    """That never waits: its copy goes with it, also when it was copied already."""
    submission = desk.deposit(cases, "2006-02-01T10:00")
    gone_at = []

    def meanwhile(line: str) -> None:
        if not gone_at and "dossiers_assistance" in line:
            with desk.at("2006-02-02T10:00") as other:
                gone_at.append(other.archive.destroy(submission))

    with desk.at("2006-02-02T10:00") as wiring:
        made = Backup(wiring, meanwhile).make(desk.folder / "copy")
    assert gone_at[0] > 0
    assert not [path for path in made.path.rglob("*") if path.name.startswith("original")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_backup_that_died_left_goes_with_the_next_one_whatever_its_name(desk, cases, monkeypatch):
    """Backups bear the day in their names: a draft of Monday's holds cases that nobody would ever look for."""
    desk.deposit(cases, "2006-02-01T10:00")

    class Dead(BaseException):
        """As a kill, for which nothing cleans up."""

    def dies(_draft: Path, _path: Path) -> None:
        monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
        raise Dead

    with monkeypatch.context() as patched, desk.at("2006-02-02T10:00") as wiring:
        patched.setattr(making, "_put", dies)
        with pytest.raises(Dead):
            Backup(wiring).make(desk.folder / "monday")
    monkeypatch.undo()
    foreign = desk.folder / ".other.backup-draft-00112233-44556677"
    foreign.mkdir()
    assert len(list(desk.folder.glob(".monday.backup-draft-*"))) == 1
    with desk.at("2006-02-03T10:00") as wiring:
        Backup(wiring).make(desk.folder / "tuesday")
    assert list(desk.folder.glob(".*.backup-draft-*")) == [foreign], "another home's is its own"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reader_that_holds_the_log_only_delays_the_rewriting(desk, cases):
    """Another process reads while the purge goes on: rows are gone at once, the file is rewritten when it lets go."""
    desk.deposit(cases, "2006-02-01T10:00")
    reader = sqlite3.connect(desk.url.removeprefix("sqlite:///"))
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM submission").fetchall()
    with desk.at("2007-01-02T10:00") as wiring:
        wiring.database._engine.dispose()
        with wiring.database._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 200")
        report = Purge(wiring).run()
    assert (report.wiped, desk.rows()) == (False, 0)
    reader.close()
    assert desk.purge("2007-01-02T11:00").wiped
    assert len(desk.purge_mails()) == 2


def test_a_restored_home_loses_again_what_was_destroyed(desk, cases):
    submission = desk.deposit(cases, "2006-02-01T10:00")
    before = desk.folder.parent / "backup"
    shutil.copytree(desk.home, before)
    sqlite = desk.url.startswith("sqlite")
    if sqlite:
        shutil.copyfile(desk.url.removeprefix("sqlite:///"), before / "copy.sqlite3")
    desk.purge("2007-01-02T10:00")
    shutil.copytree(before / "archive", desk.home / "archive", dirs_exist_ok=True)
    if sqlite:
        database = Path(desk.url.removeprefix("sqlite:///"))
        for path in database.parent.glob(f"{database.name}*"):
            path.unlink()
        shutil.copyfile(before / "copy.sqlite3", database)
        assert desk.rows() == 12
    with desk.at("2007-02-01T10:00") as wiring:
        assert apply_destructions(wiring) == 1
        assert apply_destructions(wiring) == 1
    assert gone(desk, submission)
    assert desk.rows() == 0
    assert desk.show(submission)["destroyed"]


def test_mail_has_an_end(desk):
    desk.deposit(QUARTER, "2006-02-01T10:00", name="N1A_2005T4.csv")
    sent = len(list((desk.home / "mail" / "new").iterdir()))
    assert sent
    assert desk.purge("2009-01-31T10:00").swept.messages == 0
    swept = desk.purge("2009-02-02T10:00").swept
    assert swept.messages == sent
    assert list((desk.home / "mail" / "new").iterdir()) == []
    assert desk.rows("message") == 0


def test_contacts_who_left_have_an_end(desk):
    with desk.at("2007-06-01T09:00") as wiring:
        known = wiring.register.current()
        mine = Contact(organisation="PF03", courriel="nouvelle@pf03.example", nom="Léa", role=Role.DEPOT)
        others = tuple(one for one in known.contacts if one.organisation != "PF03")
        later = replace(known, contacts=(mine, *others))
        wiring.register.replace(later, author="test", now=wiring.clock.now(), source="test")
    assert desk.purge("2008-05-30T10:00").swept.contacts == 0
    assert desk.purge("2008-06-02T10:00").swept.contacts == 1
    with desk.at("2008-06-02T10:00") as wiring, wiring.database.read() as connection:
        found = connection.execute(text("SELECT DISTINCT courriel FROM contact")).scalars()
        assert set(found) == {"nouvelle@pf03.example", "pilotage@uesl.example"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_clock_a_year_ahead_then_back_destroys_nothing(desk, cases):
    desk.deposit(cases, "2006-02-01T10:00")
    wall, seconds = FixedClock(paris("2007-02-05T10:00")), [0.0]
    with desk.at("2007-02-05T10:00") as plain:
        guard = ClockGuard(wall, lambda: seconds[0])
        with Wiring(plain.settings, guard) as wiring:
            assert "more than a week" in str(why_not(wiring))
            destroy_old(wiring, wiring.clock.now())
            assert desk.rows() == 12
            guard._wall = FixedClock(paris("2006-02-05T10:00"))
            destroy_old(wiring, wiring.clock.now())
            assert (desk.rows(), desk.purge_mails()) == (12, [])
            assert why_not(wiring) is None
            guard._wall = FixedClock(paris("2007-03-05T10:00"))
            assert why_not(wiring)
            destroy_old(wiring, wiring.clock.now())
    assert desk.rows() == 12


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_answers_that_may_speak_of_cases_stay_sixty_days(desk, cases):
    case = desk.deposit(cases, "2006-02-01T10:00")
    strange = desk.deposit(b"a;b\r\n1;2\r\n", "2006-02-01T11:00", name="mystere.csv")
    quarter = desk.deposit(QUARTER, "2006-02-01T12:00", name="N1A_2005T4.csv")
    with desk.at("2006-02-01T13:00") as wiring:
        assert wiring.ledger.short_lived() == {case, strange}
    retours = desk.inbox / "pf03" / "retours"
    written = (SystemClock().now() - timedelta(days=61)).timestamp()
    for one in (case, strange, quarter):
        os.utime(retours / one, (written, written))
    with desk.at("2006-04-10T10:00") as wiring:
        one_pass(wiring)
    assert sorted(path.name for path in retours.iterdir() if path.is_dir()) == [quarter]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_destroyed_answers_every_verb_with_a_sentence_and_no_value(desk, cases, capsys):
    submission = desk.deposit(cases.replace(b"CIL001", b"CIL099"), "2006-02-01T10:00")
    settings = desk.folder / "guichet.toml"
    settings.write_text(f'database_url = "{desk.url}"\nfirst_period = "2005"\n')
    desk.purge("2007-01-02T10:00")
    capsys.readouterr()

    def told(*words: str) -> tuple[int, str]:
        status = main(["--config", str(settings), "--at", "2007-01-03T10:00", *words])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert "CIL099" not in said.out + said.err
        assert len(said.err.splitlines()) == (status == 2)
        return status, " ".join((said.out + said.err).split())

    assert "Détruit le 02/01/2007" in told("show", submission)[1]
    assert submission in told("submissions")[1]
    assert told("explain", "2005", "CIL002")[0] == 0
    assert told("replay", submission) == (
        2,
        f"guichet: the bytes of {submission} are no longer kept (destroyed, or past their retention)",
    )
    assert told("mail", "show", "1")[0] == 2
    status, said = told("withdraw", submission, "--reason", "essai")
    assert status == 0
    assert "what they counted stays in the tables of their year" in said
    assert "was withdrawn before" in told("withdraw", submission, "--reason", "essai")[1]
