"""`guichet run`: ready file, exclusion, SIGTERM, kill -9, what arrived meanwhile; and the demonstration itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import datetime

import pytest
from openpyxl import load_workbook

from domain.periods import Period
from ingest.demo import files

T1 = Period(2005, 1)


def test_the_service_answers_within_seconds_and_ends_in_order(desk, directory):
    process = desk.start()
    details = json.loads((desk.home / "run.json").read_text())
    assert details["pid"] == process.pid
    assert set(details["sftp"]) == {"host", "port", "fingerprint"}
    assert details["sftp"]["fingerprint"].startswith("SHA256:")
    file = files.good_csv(directory, "PF01", T1)
    desk.drop("pf01", file.name, file.content)
    desk.wait_for("the verdict", lambda: desk.verdicts("pf01"))
    desk.wait_for("the mails", lambda: sum(bool(mail["X-Guichet-Submission"]) for mail in desk.mails()) == 2)
    assert desk.stop(process) == 0
    assert not (desk.home / "run.json").exists()


def test_a_second_service_is_refused_while_other_verbs_work(desk):
    process = desk.start()
    second = desk.run("once")
    assert second.returncode == 2
    assert str(process.pid) in second.stderr
    assert desk.json("submissions") == []
    assert desk.run("doctor").returncode == 0
    assert desk.stop(process) == 0


def test_who_waits_for_a_service_never_reads_of_one_that_was_killed(desk):
    process = desk.start()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (desk.home / "run.json").exists()
    assert "not running" in desk.ok("doctor")
    (desk.folder / "guichet.toml").write_text((desk.folder / "guichet.toml").read_text() + 'sftp_host = "192.0.2.1"\n')
    failed = desk.run("run")
    assert failed.returncode == 2
    assert "sftp_host" in failed.stderr.splitlines()[-1]
    assert not (desk.home / "run.json").exists()


def test_the_log_says_why_the_sftp_server_cannot_start(desk):
    desk.environment = {"GUICHET_SFTP_HOST": "192.0.2.1", "GUICHET_LOG_FORMAT": "json"}
    lines = [json.loads(line) for line in desk.run("run").stderr.splitlines() if line.startswith("{")]
    (refused,) = [line for line in lines if line["event"] == "sftp.cannot_start"]
    assert "192.0.2.1" in refused["error"]


@pytest.mark.parametrize("delay_steps", range(6))
def test_killed_at_any_moment_each_file_still_has_one_outcome(desk, directory, delay_steps):
    process = desk.start()
    wanted = list(files.many_files(directory, T1, 12))
    for number, file in enumerate(wanted):
        desk.drop(file.account, file.name, file.content)
        if number == delay_steps * 2:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    process = desk.start()
    accounts = {file.account for file in wanted}

    def all_answered():
        return sum(len(desk.verdicts(account)) for account in accounts) == len(wanted)

    desk.wait_for("every verdict", all_answered)
    names = sorted(one["file"]["name"] for account in accounts for one in desk.verdicts(account))
    assert names == sorted(file.name for file in wanted)
    assert {row["state"] for row in desk.json("submissions")} == {"judged"}
    desk.wait_for("every mail", lambda: all(row["state"] == "sent" for row in desk.json("mail", "list")))
    identifiers = [mail["Message-ID"] for mail in desk.mails()]
    assert len(identifiers) == len(set(identifiers))
    assert desk.stop(process) == 0


def test_what_arrived_while_the_service_was_down_is_judged_at_its_own_time(desk, directory):
    file = files.good_csv(directory, "PF01", T1)
    desk.at = "2030-01-01T00:00"  # the files' change time lies before that clock: it is the receipt
    path = desk.drop("pf01", file.name, file.content)
    dropped_at = path.stat().st_ctime
    process = desk.start()
    (verdict,) = desk.wait_for("the verdict", lambda: desk.verdicts("pf01"))
    assert abs(datetime.fromisoformat(verdict["received_at"]).timestamp() - dropped_at) < 2
    assert desk.stop(process) == 0


def test_uesl_deposits_the_register_and_what_it_refused_is_judged_again(desk, directory, tmp_path):
    stranger = files.wrong_platform(directory, "PF01", T1)
    desk.drop("pf01", stranger.name, stranger.content)
    desk.once()
    before = desk.verdict_of("pf01", stranger.name)
    assert before["verdict"] == "partially_accepted"
    code = next(one["value"] for one in before["sections"][0]["findings"] if one["code"] == "N1A.R01")
    exported = tmp_path / "annuaire.xlsx"
    desk.ok("directory", "export", str(exported))
    workbook = load_workbook(exported)
    sheet = workbook["adhesions"]
    header = [cell.value for cell in sheet[1]]
    cil, platform, service = (header.index(name) for name in ("code_cil", "code_plateforme", "service"))
    changed = 0
    for row in sheet.iter_rows(min_row=2):
        if row[cil].value == code and row[service].value == "ASA":
            row[platform].value = "PF01"
            changed += 1
    assert changed
    workbook.save(exported)
    desk.drop("uesl", "annuaire_corrige.xlsx", exported.read_bytes())
    desk.once()
    assert desk.verdict_of("uesl", "annuaire_corrige.xlsx")["verdict"].startswith("accepted")
    desk.once()
    after = desk.verdict_of("pf01", stranger.name)
    assert after["verdict"] == "accepted"
    assert after["received_at"] == before["received_at"]
    assert after["submission"] == before["submission"]


def test_the_demonstration_ends_by_itself_with_0(tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "demo", "--folder", str(tmp_path / "demo")],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "All as it should." in done.stdout
