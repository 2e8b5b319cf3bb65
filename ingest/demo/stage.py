"""The demonstration's stage: a folder with its settings, register, accounts and the real service in it."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import CannotDo
from ingest.demo.client import SftpClient, new_key, write_known_hosts
from ingest.demo.network_files import FIRST_PERIOD, write_network

MARK = ".guichet-demo"
READY_SECONDS = 60
STOP_SECONDS = 15
SETTINGS = """\
# The demonstration's settings; mail goes to a Maildir, nothing leaves this machine.
home = "var"
inbox = "inbox"
sftp_port = 0
settle_seconds = 0.5
first_period = "{first_period}"
mail_from = "guichet@uesl.example"
mail_reply_to = "pilotage@uesl.example"
mail_admin = "admin@uesl.example"
"""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where the demonstration plays, and on which day."""

    folder: Path
    now: str

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "guichet.toml"

    @property
    def home(self) -> Path:
        """The service's state."""
        return self.folder / "var"

    @property
    def inbox(self) -> Path:
        """The drop zone."""
        return self.folder / "inbox"

    @classmethod
    def set_up(cls, folder: Path, now: str) -> Stage:
        """Make the folder anew; CannotDo rather than touch one that is not ours."""
        if folder.exists():
            if any(folder.iterdir()) and not (folder / MARK).exists():
                raise CannotDo(f"{folder} exists and is not a demo of ours; give another with --folder")
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        (folder / MARK).write_text("made anew by each `guichet demo`\n")
        stage = cls(folder=folder, now=now)
        stage.config.write_text(SETTINGS.format(first_period=FIRST_PERIOD.code))
        write_network(folder / "annuaire")
        return stage

    def guichet(self, *words: str, standard_input: str | None = None, accept: tuple[int, ...] = (0,)) -> str:
        """Run the command as an administrator would; its standard output."""
        done = subprocess.run(  # noqa: S603 - our own command
            self.command(*words),
            input=standard_input,
            text=True,
            capture_output=True,
            check=False,
            timeout=120,
        )
        if done.returncode not in accept:
            raise CannotDo(f"'guichet {' '.join(words)}' ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return done.stdout

    def command(self, *words: str) -> list[str]:
        """The command line, on the rehearsal's clock."""
        return [sys.executable, "-m", "ingest", "--config", str(self.config), "--at", self.now, *words]

    def enrol(self, accounts: list[str]) -> Path:
        """Register, accounts, one key for all of them; returns the private key's path."""
        self.guichet("directory", "import", str(self.folder / "annuaire"), "--yes")
        key = self.folder / "keys" / "id_ed25519"
        new_key(key)
        for account in accounts:
            self.guichet("account", "add", account)
            self.guichet("account", "key", account, str(key.with_suffix(".pub")))
        return key

    @contextlib.contextmanager
    def service(self) -> Iterator[subprocess.Popen[bytes]]:
        """The real service, as a process; stopped by SIGTERM, which must end with 0."""
        log = (self.folder / "service.log").open("ab")
        process = subprocess.Popen(self.command("run"), stdout=log, stderr=log)  # noqa: S603 - our own command
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()

    def wait_ready(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """Wait for `run.json`; CannotDo with the log's last words when the service ends first."""
        path = self.home / "run.json"
        ends = time.monotonic() + READY_SECONDS
        while time.monotonic() < ends:
            if process.poll() is not None:
                break
            if path.exists():
                details: dict[str, Any] = json.loads(path.read_text())
                return details
            time.sleep(0.05)
        tail = (self.folder / "service.log").read_text(errors="replace")[-800:]
        raise CannotDo(f"the service did not get ready; the end of its log: {tail}")

    def client(self, ready: dict[str, Any], key: Path) -> SftpClient:
        """A depositor's client that knows the server's key."""
        sftp = ready["sftp"]
        known_hosts = self.folder / "keys" / "known_hosts"
        write_known_hosts(known_hosts, sftp["host"], sftp["port"], self.home / "sftp" / "ssh_host_ed25519_key")
        return SftpClient(host=sftp["host"], port=sftp["port"], key=key, known_hosts=known_hosts)
