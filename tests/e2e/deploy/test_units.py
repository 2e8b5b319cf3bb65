"""The systemd units as shipped: they parse, they are fenced in, and what they count on is really said."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SYSTEMD = ROOT / "deploy" / "systemd"
SERVICES = sorted(path.name for path in SYSTEMD.glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")
MOST_EXPOSED = {
    "guichet.service": 2.5,
    "guichet-sftp-log.service": 1.5,
    "guichet-backup.service": 2.0,
    "guichet-accounts.service": 4.0,
    "guichet-alert@.service": 6.0,
    "guichet-watch.service": 6.0,
}
"""Of 10, as `systemd-analyze security` counts (252: a little less). What needs root or `sendmail` cannot have less."""

needs_analyze = pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze (package systemd)")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units where verification finds what they start: programs that exist here, instead of /opt/guichet's."""
    folder = tmp_path / "units"
    folder.mkdir()
    for path in SYSTEMD.glob("guichet*"):
        text = re.sub(r"/opt/guichet/\.venv/bin/\w+", "/bin/true", path.read_text())
        (folder / path.name).write_text(text.replace("/opt/guichet", str(ROOT)))
    return folder


def analyze(units: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ANALYZE), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:", "SYSTEMD_LOG_LEVEL": "warning"},
    )


@needs_analyze
def test_every_unit_is_understood_whole(units):
    (units / "guichet-alert@guichet.service.service").write_text((units / "guichet-alert@.service").read_text())
    names = [str(path) for path in units.iterdir() if "@." not in path.name]
    done = analyze(units, "verify", "--man=no", *names)
    assert done.returncode == 0, done.stderr
    assert "guichet" not in done.stderr


@needs_analyze
def test_a_mistake_in_a_unit_is_seen(units):
    path = units / "guichet.service"
    path.write_text(path.read_text().replace("NoNewPrivileges=", "NoNewPriviledges="))
    assert "NoNewPriviledges" in analyze(units, "verify", "--man=no", str(path)).stderr


@needs_analyze
@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_fenced_in(units, name):
    threshold = str(round(MOST_EXPOSED[name] * 10))
    done = analyze(units, "security", "--offline=yes", f"--threshold={threshold}", str(units / name))
    assert done.returncode == 0, done.stdout[-600:] + done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_fails_calls_for_help(name):
    text = (SYSTEMD / name).read_text()
    if name.startswith(("guichet-alert", "guichet-watch")):  # they are the help
        assert "OnFailure=guichet" not in text
    else:
        assert "OnFailure=guichet-alert@%n.service" in text
    for program in re.findall(r"/opt/guichet/(deploy/\S+\.sh)", text):
        assert os.access(ROOT / program, os.X_OK), program


def test_the_desk_tells_systemd_that_it_is_ready_alive_and_stopping(tmp_path):
    """As `Type=notify` and `WatchdogSec` of guichet.service count on."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(SYSTEMD / "guichet.service")
    assert unit["Service"]["Type"] == "notify"
    assert int(unit["Service"]["WatchdogSec"]) >= 600
    (tmp_path / "guichet.toml").write_text("sftp_enabled = false\nscan_seconds = 0.2\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(90)
        words = [sys.executable, "-m", "ingest", "--config", str(tmp_path / "guichet.toml"), "run"]
        log = (tmp_path / "log").open("wb")
        environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
        with log, subprocess.Popen(words, stdout=log, stderr=log, cwd=ROOT, env=environment) as process:
            try:
                assert ear.recv(4096).startswith(b"READY=1")
                assert json.loads((tmp_path / "var" / "run.json").read_text())["pid"] == process.pid
                assert [ear.recv(4096) for _ in range(3)] == [b"WATCHDOG=1"] * 3
                process.terminate()
                while not (last := ear.recv(4096)).startswith(b"STOPPING=1"):
                    assert last == b"WATCHDOG=1"
                assert process.wait(60) == 0
            finally:
                process.kill()


@needs_analyze
def test_the_journal_is_bounded_by_keys_and_times_that_systemd_knows():
    """An unknown key is passed over without a word, and the journal would grow for ever."""
    shipped = Path("/etc/systemd/journald.conf")
    if not shipped.exists():
        pytest.skip("needs /etc/systemd/journald.conf, which lists the keys")
    known = set(re.findall(r"^#?(\w+)=", shipped.read_text(), re.MULTILINE))
    said = dict(re.findall(r"^(\w+)=(.*)$", (SYSTEMD / "journald.conf").read_text(), re.MULTILINE))
    assert {"SystemMaxUse", "MaxRetentionSec", "Storage"} <= said.keys() <= known
    for key, value in said.items():
        assert not key.endswith("Sec") or analyze(SYSTEMD, "timespan", value).returncode == 0, key


def test_the_desk_keeps_its_promises_when_nobody_takes_its_log_any_more(tmp_path):
    """Whoever takes the log may be restarted or die: a desk that stopped for it would lose more than lines."""
    (tmp_path / "guichet.toml").write_text("sftp_enabled = false\nscan_seconds = 0.2\nsettle_seconds = 0.1\n")
    words = [sys.executable, "-m", "ingest", "--config", str(tmp_path / "guichet.toml")]
    subprocess.run([*words, "account", "add", "pf03"], check=True, cwd=ROOT, capture_output=True)
    with subprocess.Popen([*words, "run"], stderr=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stderr is not None
            while b"service_ready" not in process.stderr.readline():
                assert process.poll() is None
            process.stderr.close()
            beat = tmp_path / "var" / "heartbeat.json"
            (tmp_path / "inbox" / "pf03" / "depot" / "x.csv").write_text("a;b\n1;2\n")
            answered = tmp_path / "inbox" / "pf03" / "retours"
            ends = time.monotonic() + 120
            while not list(answered.glob("*/verdict.json")):
                assert process.poll() is None, "it died with its log"
                assert time.monotonic() < ends, "no answer"
                time.sleep(0.05)
            assert beat.exists()
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()


class Watched:
    """watch.sh and alert.sh with a `sendmail` that keeps what it is given."""

    def __init__(self, folder: Path) -> None:
        self.home, self.inbox, self.state = folder / "home", folder / "inbox", folder / "state"
        self.outbox, self.sendmail = folder / "outbox", folder / "sendmail"
        for each in (self.home, self.inbox / ".guichet", self.state, self.outbox):
            each.mkdir(parents=True)
        self.repair()

    def repair(self) -> None:
        self.sendmail.write_text(f'#!/bin/sh\nexec cat >"$(mktemp {self.outbox}/XXXXXX)"\n')
        self.sendmail.chmod(0o755)

    def look(self) -> int:
        environment = {
            "PATH": os.environ["PATH"],
            "GUICHET_HOME_FOLDER": str(self.home),
            "GUICHET_INBOX_FOLDER": str(self.inbox),
            "STATE_DIRECTORY": str(self.state),
            "SENDMAIL": str(self.sendmail),
            "ALERT_TO": "admin@uesl.example",
        }
        words = ["/bin/sh", str(SYSTEMD / "watch.sh")]
        return subprocess.run(words, check=False, env=environment, timeout=60, capture_output=True).returncode

    def told(self) -> list[str]:
        """Subjects since the last time, all to the administrator."""
        found = []
        for path in sorted(self.outbox.iterdir()):
            mail = message_from_bytes(path.read_bytes(), policy=default)
            assert mail["To"] == "admin@uesl.example"
            assert mail["Auto-Submitted"] == "auto-generated"
            assert "unbook" in str(mail.get_content())
            found.append(str(mail["Subject"]).partition("] ")[2])
            path.unlink()
        return found


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_one_alert_when_the_desk_is_silent_one_mail_when_it_is_back(watched):
    sign = watched.home / "heartbeat.json"
    sign.write_text("{}")
    assert watched.look() == 0
    assert watched.told() == []
    os.utime(sign, (1, 1))
    assert [watched.look(), watched.look()] == [0, 0]
    assert watched.told() == ["the desk gives no sign of life"]
    sign.touch()
    assert [watched.look(), watched.look()] == [0, 0]
    assert watched.told() == ["rétabli : the desk"]
    sign.unlink()
    assert watched.look() == 0
    assert watched.told() == ["the desk gives no sign of life"]


def test_an_alert_that_could_not_leave_leaves_at_the_next_look(watched):
    watched.sendmail.write_text("#!/bin/sh\nexit 75\n")
    assert [watched.look(), watched.look()] == [1, 1]
    watched.sendmail.unlink()
    assert watched.look() == 1
    watched.repair()
    assert watched.look() == 0
    assert watched.told() == ["the desk gives no sign of life"]


def test_a_desk_that_stays_silent_is_told_again_the_next_day(watched):
    assert watched.look() == 0
    assert watched.told() == ["the desk gives no sign of life"]
    told = watched.state / "guichet.told"
    told.write_text(f"{int(told.read_text()) - 86_401}\n")
    assert [watched.look(), watched.look()] == [0, 0]
    assert watched.told() == ["the desk gives no sign of life"]


def test_the_ear_of_sshd_is_watched_where_there_is_one(watched):
    (watched.home / "heartbeat.json").write_text("{}")
    sign = watched.inbox / ".guichet" / "openssh.json"
    sign.write_text("{}")
    os.utime(sign, (1, 1))
    assert watched.look() == 0
    assert watched.told() == ["the ear of sshd gives no sign of life"]
    sign.touch()
    assert watched.look() == 0
    assert watched.told() == ["rétabli : the ear of sshd"]


def test_an_alert_says_one_line_whatever_it_is_given(watched):
    words = ["/bin/sh", str(SYSTEMD / "alert.sh"), "failed: x\r\nBcc: eve@elsewhere.example", "journalctl -u x"]
    environment = {"PATH": os.environ["PATH"], "SENDMAIL": str(watched.sendmail), "ALERT_TO": "admin@uesl.example"}
    subprocess.run(words, check=True, env=environment, timeout=60)
    mail = message_from_bytes(next(watched.outbox.iterdir()).read_bytes(), policy=default)
    assert mail["Bcc"] is None
    assert "journalctl -u x" in mail.get_content()
