"""Backup and restore of a desk that works: the drill, crashes at any moment, what must be told (contract §3)."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.periods import Period
from ingest.demo import files

ROOT = Path(__file__).resolve().parents[3]
T1 = Period(2005, 1)
BEFORE, AFTER = ("PF01", "PF02"), ("PF03", "PF04")


def drop(desk: Any, directory: Any, *platforms: str) -> None:
    for code in platforms:
        file = files.good_csv(directory, code, T1)
        desk.drop(code.lower(), file.name, file.content)


def story(desk: Any) -> list[Any]:
    """Every deposit with its whole story."""
    return [desk.json("show", one["submission"]) for one in desk.json("submissions")]


def move_home_aside(desk: Any) -> Path:
    former = desk.folder / "var.before"
    desk.home.rename(former)
    return former


@pytest.fixture(scope="module")
def model(desk_in, directory, tmp_path_factory) -> Any:
    """A desk with two deposits and an edition, backed up in `backup`; to be copied."""
    desk = desk_in(tmp_path_factory.mktemp("model"))
    desk.ok("account", "add", "visiteur")
    drop(desk, directory, *BEFORE)
    desk.once()
    desk.ok("publish", "2005T1")
    desk.once()
    desk.ok("backup", "backup")
    return desk


@pytest.fixture
def worked(model, tmp_path) -> Any:
    """A copy of that desk."""
    folder = tmp_path / "desk"
    shutil.copytree(model.folder, folder, symlinks=True)
    return replace(model, folder=folder, environment={})


def test_a_restored_desk_tells_the_same_stories_and_publishes_the_same_figures(worked):
    stories, editions = story(worked), worked.json("releases")
    contents = {path.name: path.read_bytes() for path in (worked.home / "releases").rglob("*.csv")}
    accounts = (worked.home / "accounts" / "accounts.json").read_bytes()
    sent = len(worked.mails())
    shutil.rmtree(worked.home)
    told = worked.ok("restore", "backup")
    assert "Mail is on hold" in told

    assert story(worked) == stories
    assert worked.json("releases") == editions
    assert {path.name: path.read_bytes() for path in (worked.home / "releases").rglob("*.csv")} == contents
    assert "2005T1" in worked.ok("rebuild", "2005T1")
    assert (worked.home / "accounts" / "accounts.json").read_bytes() == accounts
    assert worked.run("doctor").returncode == 0
    for number in (one["submission"] for one in worked.json("submissions")):
        assert worked.run("replay", number).returncode == 0, "the original is there"
    worked.once()
    assert worked.mails() == [], "the Maildir went with the home, and nothing leaves while mail is on hold"
    assert sent > 0


def test_what_is_backed_up_is_ours_alone(worked):
    for path in (worked.folder / "backup").rglob("*"):
        assert not path.lstat().st_mode & 0o077 or path.is_symlink(), path
    assert stat.S_IMODE((worked.folder / "backup").stat().st_mode) == 0o700
    settings = json.loads((worked.folder / "backup" / "settings.json").read_text())
    assert settings["mail_admin"] == "admin@uesl.example"


def test_secrets_of_the_settings_are_not_in_a_backup(worked):
    worked.environment = {"GUICHET_MAIL_URL": "smtp://someone:PASSWORD-OF-MAIL@127.0.0.1:9"}
    worked.at = ""
    worked.ok("backup", "second")
    for path in (worked.folder / "second").rglob("*"):
        assert not path.is_file() or b"PASSWORD-OF-MAIL" not in path.read_bytes()
    assert json.loads((worked.folder / "second" / "settings.json").read_text())["mail_url"] == "smtp://127.0.0.1:9"


def test_a_backup_is_never_overwritten_nor_put_where_it_would_be_seen(worked):
    assert "not overwritten" in refused(worked, "backup", "backup")
    assert "in the inbox" in refused(worked, "backup", "inbox/backup")
    assert "in the home" in refused(worked, "backup", "var/backup")
    assert "not there" in refused(worked, "backup", "nowhere/backup")


def refused(desk: Any, *words: str) -> str:
    done = desk.run(*words)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_a_disk_that_fills_up_leaves_nothing(worked):
    """A limit on the size of files stands for it: the first write beyond it fails."""
    script = shlex.join(worked.command("backup", "second"))
    done = subprocess.run(
        ["bash", "-c", f"trap '' XFSZ; ulimit -f 1; exec {script}"],
        cwd=worked.folder,
        env=worked.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert not (worked.folder / "second").exists()
    assert not list(worked.folder.glob(".second*"))


def test_restoring_needs_an_empty_place(worked):
    assert "--former-home" in refused(worked, "restore", "backup")
    assert len(worked.json("submissions")) == 2
    move_home_aside(worked)
    assert "no whole backup" in refused(worked, "restore", "inbox")
    worked.ok("doctor")  # makes an empty database: still nothing that a restore could harm
    worked.ok("restore", "backup")
    assert len(worked.json("submissions")) == 2


@pytest.mark.parametrize("what", ["tables/message.jsonl.gz", "manifest.json", "files.jsonl.gz", "home/archive"])
def test_a_damaged_backup_is_refused_before_anything_is_written(worked, what):
    move_home_aside(worked)
    path = worked.folder / "backup" / what
    if path.is_dir():
        path = next(one for one in path.rglob("original.*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    assert "damaged" in refused(worked, "restore", "backup")
    assert not list(worked.home.rglob("original.*"))
    assert not (worked.home / "restoring.json").exists()
    allowed = worked.run("restore", "backup", "--without-damaged")
    assert allowed.returncode == (0 if what == "home/archive" else 2)
    assert what != "home/archive" or path.name in allowed.stdout


def test_a_backup_of_a_newer_guichet_is_refused(worked):
    move_home_aside(worked)
    backup = worked.folder / "backup"
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["schema_revision"], manifest["guichet_version"] = "9999", "99.0"
    (backup / "manifest.json").write_text(json.dumps(manifest))
    seal = subprocess.run(["sha256sum", "manifest.json"], cwd=backup, capture_output=True, text=True, check=True).stdout
    (backup / "manifest.sha256").write_text(seal)
    assert "99.0" in refused(worked, "restore", "backup")


def test_a_backup_cannot_write_outside_the_home(worked):
    backup = worked.folder / "backup"
    line = {"path": "archive/../../../evil", "size": 0, "sha256": "", "mode": 0o600, "target": None}
    script = "import gzip,sys; gzip.open(sys.argv[1],'at').write(sys.argv[2]+chr(10))"
    subprocess.run([sys.executable, "-c", script, str(backup / "files.jsonl.gz"), json.dumps(line)], check=True)
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["files_sha256"] = digest(backup / "files.jsonl.gz")
    (backup / "manifest.json").write_text(json.dumps(manifest))
    (backup / "manifest.sha256").write_text(f"{digest(backup / 'manifest.json')}  manifest.json\n")
    move_home_aside(worked)
    assert "no file of a home" in refused(worked, "restore", "backup")
    assert not (worked.folder.parent / "evil").exists()


def digest(path: Path) -> str:
    return subprocess.run(["sha256sum", str(path)], capture_output=True, text=True, check=True).stdout.split()[0]


def test_what_was_answered_since_is_told_and_what_the_former_home_has_comes_back(worked, directory):
    drop(worked, directory, *AFTER)
    worked.once()
    stories = {one[0]["submission"]: one[0] for one in story(worked)}
    later = {number for number, one in stories.items() if one["account"] in {"pf03", "pf04"}}
    move_home_aside(worked)

    told = worked.ok("restore", "backup")
    assert "2 deposit(s) answered after the backup" in told
    assert all(number in told for number in later)

    shutil.rmtree(worked.home)
    assert "2 later deposit(s) will be taken again" in worked.ok("restore", "backup", "--former-home", "var.before")
    worked.once()
    again = {one[0]["submission"]: one[0] for one in story(worked)}
    assert set(again) == set(stories)
    for number in later:
        assert again[number]["verdict"] == stories[number]["verdict"] == "accepted"
        assert again[number]["received_at"] == stories[number]["received_at"]
        assert again[number]["file"] == stories[number]["file"]
    assert not list((worked.home / "mail").rglob("new/*"))
    worked.ok("mail", "resume", "--only-new")
    worked.once()
    repeated = [mail for mail in worked.mails() if mail["X-Guichet-Submission"] in later]
    assert repeated == []


def test_a_deposit_without_a_verdict_is_told_and_its_bytes_come_back(worked, directory):
    """The backup does not hold what nobody has judged."""
    number = leave_unjudged(worked, directory)
    told = worked.ok("backup", "second")
    assert number in told
    move_home_aside(worked)
    assert "their bytes are lost" in worked.ok("restore", "second")
    shutil.rmtree(worked.home)
    assert "the bytes of 1 deposit(s)" in worked.ok("restore", "second", "--former-home", "var.before")
    worked.once()
    assert worked.json("show", number)[0]["verdict"] == "accepted"


DIES_BEFORE_JUDGING = """
import os, sys
from ingest.pipeline import Pipeline
Pipeline.judge = lambda *_: os._exit(9)
from ingest.cli import main
sys.exit(main(sys.argv[1:]))
"""


def leave_unjudged(desk: Any, directory: Any) -> str:
    """A pass that ends between the receipt and the verdict, as one that is killed there."""
    drop(desk, directory, "PF03")
    died = subprocess.run(
        [sys.executable, "-c", DIES_BEFORE_JUDGING, *desk.command("once")[3:]],
        cwd=desk.folder,
        env=desk.environ(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert died.returncode == 9, died.stderr
    (waiting,) = [one for one in desk.json("submissions") if one["account"] == "pf03"]
    assert waiting["state"] == "claimed"
    return waiting["submission"]


def test_backups_while_files_are_being_dropped(desk, directory):
    """Each backup is whole: every verdict that it knows has its original, of the very hash that was received."""
    process = desk.start()
    made = []
    for number, file in enumerate(files.many_files(directory, T1, 24)):
        desk.drop(file.account, file.name, file.content)
        if number % 8 == 4:
            made.append(f"backup-{number}")
            desk.ok("backup", made[-1])
    desk.wait_for("the verdicts", lambda: sum(len(desk.verdicts(f"pf0{one}")) for one in range(1, 6)) >= 24)
    assert desk.stop(process) == 0
    counts = []
    for name in made:
        shutil.move(desk.home, desk.folder / f"home-{name}")
        desk.ok("restore", name)
        deposits = desk.json("submissions")
        counts.append(len(deposits))
        for one in deposits:
            if one["verdict"] is not None:
                originals = list((desk.home / "archive").glob(f"*/*/{one['submission']}/original.*"))
                assert [digest(path) for path in originals] == [one["file"]["sha256"]]
        shutil.rmtree(desk.home)
        shutil.move(desk.folder / f"home-{name}", desk.home)
    assert counts == sorted(counts)
    assert counts[-1] > 0


def killed(desk: Any, step: int, *words: str, after_kill: str, clean: str) -> int:
    """How many kills it took, each followed by the same command, which succeeded."""
    guichet = shlex.join(desk.command())
    environ = {**desk.environ(), "AFTER_KILL": after_kill.replace("GUICHET", guichet), "CLEAN": clean}
    script = [sys.executable, str(ROOT / "tests" / "backup_kit.py"), str(step), *desk.command(*words)[3:]]
    done = subprocess.run(
        script, cwd=desk.folder, env={**environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_a_backup_killed_anywhere_leaves_nothing_under_its_name(worked):
    """And the next one sweeps what it left."""
    kills = killed(
        worked,
        31,
        "backup",
        "second",
        after_kill="test ! -e second || test -e second/manifest.sha256; rm -rf second",
        clean='test -z "$(ls -d .second* 2>/dev/null)"; rm -rf second',
    )
    assert kills > 2


def test_a_restore_killed_anywhere_ends_the_same_when_given_again(worked):
    """Meanwhile no other verb works on the home."""
    stories = story(worked)
    move_home_aside(worked)
    kills = killed(
        worked,
        37,
        "restore",
        "backup",
        after_kill="if test -e var/restoring.json; then ! GUICHET once 2>err; grep -q 'cut short' err; fi",
        clean="test ! -e var/restoring.json; rm -rf var.last; mv var var.last",
    )
    assert kills > 2
    (worked.folder / "var.last").rename(worked.home) if not worked.home.exists() else None
    assert story(worked) == stories


def test_a_restore_that_was_cut_short_is_not_mixed_with_another(worked):
    worked.ok("backup", "second")
    move_home_aside(worked)
    worked.home.mkdir()
    (worked.home / "restoring.json").write_text(json.dumps({"backup": "x", "path": "/elsewhere/backup"}))
    assert "/elsewhere/backup" in refused(worked, "submissions")
    assert "/elsewhere/backup" in refused(worked, "restore", "backup")


def test_an_inbox_that_was_lost_is_furnished_again(worked):
    shutil.rmtree(worked.home)
    shutil.rmtree(worked.inbox)
    worked.ok("restore", "backup")
    worked.once()
    for account in ("pf01", "visiteur"):
        assert (worked.inbox / account / "depot").is_dir()
    assert (worked.inbox / "pf01" / "retours" / "situation.html").exists()
    assert list((worked.inbox / "pf01" / "retours").glob("provisoire_2005T1_*.csv"))
    assert list((worked.inbox / "pf01" / "diffusion" / "modeles").glob("*.xlsx"))


def test_the_drill_of_the_guide_works_to_the_letter(worked, directory, tmp_path):
    page = (ROOT / "docs" / "how-to" / "back-up-and-restore.md").read_text()
    (drill,) = re.findall(r"## The drill\n.*?```sh\n(.*?)```", page, re.DOTALL)
    shim = tmp_path / "bin" / "guichet"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {shlex.join(worked.command())} "$@"\n')
    shim.chmod(0o700)
    (worked.folder / "backups").mkdir()
    drop(worked, directory, *AFTER)
    environ = {**worked.environ(), "PATH": f"{shim.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", drill],
        cwd=worked.folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {one["account"] for one in worked.json("submissions")} == {"pf01", "pf02", "pf03", "pf04"}
    assert {one["verdict"] for one in worked.json("submissions")} == {"accepted"}
    assert (worked.folder / "backups" / "tuesday" / "manifest.sha256").exists()
    before = list((worked.folder / "var.before" / "mail").rglob("new/*"))
    assert before
    sent = {mail["Message-ID"] for mail in worked.mails()}
    texts = [path.read_text(errors="replace") for path in before]
    assert not [one for one in sent if any(one in text for text in texts)], "nobody got a mail twice"


def test_what_was_destroyed_since_is_destroyed_again(worked):
    """From the list of the former home, or from one that was kept elsewhere."""
    first, second = sorted(one["submission"] for one in worked.json("submissions"))
    line = {
        "submission": first,
        "sha256": "0" * 64,
        "account": "pf01",
        "rule": "raw",
        "at": "2005-04-18T12:00:00+00:00",
    }
    former = move_home_aside(worked)
    (former / "destructions.jsonl").write_text(json.dumps(line) + "\n")
    told = worked.ok("restore", "backup", "--destructions", "var.before/destructions.jsonl")
    assert "destroyed again: what was destroyed of 1 deposit(s)" in told
    kept = {path.parent.name for path in worked.home.glob("archive/*/*/*/original.*")}
    assert kept == {second}
    assert worked.run("submissions").returncode == 0
