"""The command line: exit statuses, one clear line, JSON with the contract's names, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from domain.periods import Period
from ingest.demo import files
from tests import command_kit

T1 = Period(2005, 1)


def bare(folder, *words, env=None):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")} | (env or {})
    if command_kit.fits(environment):
        return command_kit.run(words, folder, environment, stdin=None, seconds=120)
    return subprocess.run(
        [sys.executable, "-m", "ingest", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=120,
        env=environment,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["show", "nothing"], "nothing"),
        (["--at", "soon", "submissions"], "2005-05-01T09:00"),
        (["check", "missing.csv", "--as", "pf01"], "missing.csv"),
        (["rules", "N9Z"], "N1A"),
        (["withdraw", "20050418-101502-7f3a9c", "--reason", "x"], "20050418-101502-7f3a9c"),
        (["directory", "import", "nowhere"], "nowhere"),
        (["account", "key", "pf01", "nowhere.pub"], "nowhere.pub"),
        (["submissions", "--period", "2005-T9"], "2005T1"),
        (["withdraw", "20050418-101502-7f3a9c", "--reason", " "], "--reason"),
        (["mail", "show", "9" * 30], "mail list"),
        (["mail", "list", "--state", "lost"], "queued"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_one_line(tmp_path, words, said):
    done = bare(tmp_path, *words)
    assert done.returncode == 2, done
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_unknown_settings_are_refused_with_the_nearest_known_one(tmp_path):
    done = bare(tmp_path, "submissions", env={"GUICHET_SETLE_SECONDS": "1"})
    assert done.returncode == 2
    assert "settle_seconds" in done.stderr


@pytest.mark.parametrize("verb", [["once"], ["run"], ["submissions"], ["db", "status"], ["account", "add", "pf01"]])
@pytest.mark.parametrize("setting", ["GUICHET_HOME", "GUICHET_INBOX"])
def test_a_folder_that_cannot_be_made_is_named_and_is_no_bug_of_ours(tmp_path, verb, setting):
    (tmp_path / "taken").write_text("a file, not a folder")
    done = bare(tmp_path, *verb, env={setting: "taken/below"})
    if setting == "GUICHET_INBOX" and verb[0] in {"submissions", "db"}:
        assert done.returncode in {0, 1}, "what needs no inbox works without"
        return
    assert done.returncode == 2, done
    assert str(tmp_path / "taken") in done.stderr
    assert "bug" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_everything_is_not_redirected_to_what_is_no_address(tmp_path):
    done = bare(tmp_path, "once", env={"GUICHET_MAIL_MODE": "redirect:a b@c"})
    assert done.returncode == 2
    assert "redirect:ADDRESS" in done.stderr


def test_an_upgrade_with_nothing_to_do_says_so(tmp_path):
    assert "at first use" in bare(tmp_path, "db", "status").stdout
    assert "created" in bare(tmp_path, "db", "upgrade").stdout
    assert "nothing to do" in bare(tmp_path, "db", "upgrade").stdout


def test_a_new_installation_is_no_fault(tmp_path):
    done = bare(tmp_path, "doctor", env={"GUICHET_SFTP_PORT": "0"})
    assert done.returncode == 0, done.stdout


def test_a_rehearsal_is_refused_when_mail_could_leave(tmp_path):
    done = bare(tmp_path, "--at", "2005-05-01T09:00", "once", env={"GUICHET_MAIL_URL": "smtp://127.0.0.1:9"})
    assert done.returncode == 2
    assert "Maildir" in done.stderr


def test_at_may_stand_before_or_after_the_verb(tmp_path):
    for words in (["--at", "2005-05-01T09:00", "submissions"], ["submissions", "--at", "2005-05-01T09:00"]):
        assert bare(tmp_path, *words).returncode == 0


def test_collections_and_rules_are_listed(tmp_path):
    listed = json.loads(bare(tmp_path, "collections", "--format", "json").stdout)
    assert [one["code"] for one in listed] == ["N1A", "N1M", "N2A", "N2I", "N2M", "N2P", "N2R", "N2S"]
    rules = json.loads(bare(tmp_path, "rules", "n1a", "--format", "json").stdout)
    codes = {one["code"] for one in rules}
    assert {"G-10", "G-12", "N1A.R01"} <= codes
    assert not any(code.startswith("N1M") for code in codes)
    assert all(one["sentence"].strip() for one in rules)


def test_a_collection_says_which_cells_are_needed_on_some_lines_only_and_which_texts_are_free(tmp_path):
    (asked, free) = (bare(tmp_path, "collections", code).stdout.splitlines() for code in ("n2r", "n2p"))
    (line,) = [one for one in asked if one.startswith("nb_missions_realisees")]
    assert line.endswith("quand «\u00a0Service concerné\u00a0» est MOB (CIL-PASS mobilité)\u202f; sinon vide")
    (line,) = [one for one in free if one.startswith("objet")]
    assert "libre mais sans rien sur des personnes" in line
    (line,) = [one for one in free if one.startswith("date_signature")]
    assert line.endswith("sinon facultative")


def test_check_gives_the_findings_of_a_real_deposit_and_stores_nothing(desk, directory, tmp_path):
    file = files.full_of_mistakes(directory, "PF03", T1)
    local = tmp_path / file.name
    local.write_bytes(file.content)
    done = desk.run("check", str(local), "--as", "pf03", "--format", "json")
    assert done.returncode == 0, done.stderr
    checked = json.loads(done.stdout)
    assert desk.json("submissions") == []
    assert desk.mails() == []
    desk.drop("pf03", file.name, file.content)
    desk.once()
    (verdict,) = desk.verdicts("pf03")
    for key in ("detected", "verdict", "file", "account", "organisation"):
        assert checked[key] == verdict[key]
    assert checked["sections"][0]["findings"] == verdict["sections"][0]["findings"]


def test_check_ends_with_1_only_for_a_rejected_file(desk, directory, tmp_path):
    good, bad = tmp_path / "N1A_2005T1.csv", tmp_path / "N1A_2005T1.xlsx"
    good.write_bytes(files.good_csv(directory, "PF01", T1).content)
    bad.write_bytes(files.no_table(directory, "PF01", T1).content)
    assert desk.run("check", str(good), "--as", "pf01").returncode == 0
    done = desk.run("check", str(good), str(bad), "--as", "pf01", "--format", "json")
    assert done.returncode == 1
    assert [one["verdict"] for one in json.loads(done.stdout)] == ["accepted", "rejected"]


def test_check_takes_collection_and_period_from_the_command_line(desk, directory, tmp_path):
    local = tmp_path / "export.csv"
    local.write_bytes(files.good_csv(directory, "PF01", T1).content)
    done = desk.run(
        "check", str(local), "--as", "pf01", "--collection", "n1a", "--period", "2005T1", "--format", "json"
    )
    assert json.loads(done.stdout)["sections"][0]["period"] == "2005T1"


def test_check_is_made_as_the_account_itself_however_it_is_written(desk, directory, tmp_path):
    file = files.good_csv(directory, "PF01", T1)
    desk.drop("pf01", file.name, file.content)
    desk.once()
    local = tmp_path / file.name
    local.write_bytes(file.content)
    for written in ("pf01", "PF01"):
        checked = json.loads(desk.ok("check", str(local), "--as", written, "--format", "json"))
        assert (checked["account"], checked["verdict"]) == ("pf01", "duplicate"), written


def test_show_withdraw_and_replay(desk, directory):
    first = files.good_csv(directory, "PF01", T1)
    desk.drop("pf01", first.name, first.content)
    desk.once()
    (verdict,) = desk.verdicts("pf01")
    identifier = verdict["submission"]
    assert identifier in desk.ok("show", identifier)
    (story,) = desk.json("show", identifier)
    assert story["submission"] == identifier
    replayed = desk.run("replay", identifier, "--format", "json")
    assert replayed.returncode == 0, replayed.stderr
    assert json.loads(replayed.stdout)["verdict"] == "accepted"
    assert "nothing" in desk.ok("withdraw", identifier, "--reason", "erreur de trimestre", "--by", "Claire")
    again = desk.run("withdraw", identifier, "--reason", "encore")
    assert again.returncode == 2
    desk.drop("pf01", "N1A_2005T1_bis.csv", first.content)
    desk.once()
    assert desk.verdict_of("pf01", "N1A_2005T1_bis.csv")["verdict"] == "accepted", (
        "withdrawn before: judged, no doublon"
    )


def test_doctor_tells_the_truth(desk):
    done = desk.run("doctor", "--format", "json")
    rows = json.loads(done.stdout)
    assert {"check", "health", "detail", "remedy"} == set(rows[0])
    assert {row["check"] for row in rows} >= {
        "home",
        "inbox",
        "clock",
        "database",
        "register",
        "mail",
        "reading",
        "service",
    }
    assert done.returncode == 0, [row for row in rows if row["health"] == "fault"]
    (desk.home / "guichet.sqlite3").write_bytes(b"this is not a database, whatever its name says" * 40)
    broken = desk.run("doctor")
    assert broken.returncode == 1
    assert "FAULT" in broken.stdout
    assert "Traceback" not in broken.stderr


def test_an_account_gets_its_folders_and_password(desk):
    assert "folders in" in desk.ok("account", "add", "pf01")
    refused = desk.run("account", "password", "pf01", stdin="court\n")
    assert refused.returncode == 2
    desk.ok("account", "password", "pf01", stdin="une phrase assez longue\n")
    (row,) = desk.json("account", "list")
    assert (row["account"], row["enabled"], row["password"]) == ("pf01", True, True)
    assert "une phrase" not in (desk.home / "accounts" / "accounts.json").read_text()
    desk.ok("account", "disable", "pf01")
    assert desk.json("account", "list")[0]["enabled"] is False
