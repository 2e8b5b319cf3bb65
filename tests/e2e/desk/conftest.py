"""A desk to play with: settings, register, accounts, and the installed command as a subprocess."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from domain.organisations import Directory
from ingest.demo.network_files import write_network
from ingest.register.reading import directory_of_folder
from tests import command_kit

AT = "2005-04-18T10:00"
WAIT_SECONDS = 60


def wait_for(what: str, condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """Poll until the condition is truthy; fail with words otherwise."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"waited {seconds} s for {what}")


@dataclass
class Desk:
    """One desk in a folder."""

    folder: Path
    at: str = AT
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def home(self) -> Path:
        return self.folder / "var"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "ingest", *self._words(*words)]

    def _words(self, *words: str) -> list[str]:
        at = ("--at", self.at) if self.at else ()  # none: the machine's clock, and no rehearsal
        return ["--config", str(self.folder / "guichet.toml"), *at, *words]

    def environ(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
        return {**kept, **self.environment}

    def run(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        if command_kit.fits(self.environ()):
            return command_kit.run(self._words(*words), self.folder, self.environ(), stdin=stdin, seconds=180)
        return subprocess.run(
            self.command(*words),
            input=stdin,
            text=True,
            capture_output=True,
            check=False,
            timeout=180,
            cwd=self.folder,
            env=self.environ(),
        )

    def ok(self, *words: str, stdin: str | None = None) -> str:
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.ok(*words, "--format", "json"))

    def once(self) -> str:
        return self.ok("once")

    def drop(self, account: str, name: str, content: bytes, box: str = "depot") -> Path:
        """Put a file in place in one step, as a server does after an upload."""
        draft = self.inbox / account / box / f".{name}.part"
        draft.write_bytes(content)
        path = draft.with_name(name)
        draft.rename(path)
        return path

    def verdicts(self, account: str) -> list[dict[str, Any]]:
        """The account's verdicts, in the order in which they were judged."""
        found = [json.loads(path.read_text()) for path in (self.inbox / account / "retours").glob("*/verdict.json")]
        return sorted(found, key=lambda one: (one["judged_at"], one["submission"]))

    def verdict_of(self, account: str, name: str) -> dict[str, Any]:
        found = [one for one in self.verdicts(account) if one["file"]["name"] == name]
        assert len(found) == 1, (name, [one["file"]["name"] for one in self.verdicts(account)])
        return found[0]

    def mails(self) -> list[EmailMessage]:
        paths = [
            path for path in (self.home / "mail").rglob("*") if path.is_file() and path.parent.name in {"new", "cur"}
        ]
        return [message_from_bytes(path.read_bytes(), policy=default) for path in paths]  # type: ignore[arg-type]

    @staticmethod
    def wait_for(what: str, condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
        """Poll until the condition is truthy; fail with words otherwise."""
        return wait_for(what, condition, seconds)

    def start(self) -> subprocess.Popen[bytes] | command_kit.Command:
        process: subprocess.Popen[bytes] | command_kit.Command
        with (self.folder / "service.log").open("ab") as log, Path(os.devnull).open("rb") as nothing:
            if command_kit.fits(self.environ()):
                streams = (nothing.fileno(), log.fileno(), log.fileno())
                process = command_kit.Command(self._words("run"), self.folder, self.environ(), streams)
            else:
                process = subprocess.Popen(
                    self.command("run"), stdin=nothing, stdout=log, stderr=log, cwd=self.folder, env=self.environ()
                )

        def ready() -> bool:
            assert process.poll() is None, (self.folder / "service.log").read_text()[-2000:]
            with suppress(OSError, ValueError):  # absent, or of the service that was killed before this one
                return json.loads((self.home / "run.json").read_text())["pid"] == process.pid
            return False

        wait_for("the service", ready)
        return process

    def stop(self, process: subprocess.Popen[bytes] | command_kit.Command) -> int:
        process.send_signal(signal.SIGTERM)
        return process.wait(10)


SETTINGS = """\
sftp_port = 0
settle_seconds = 0.2
first_period = "2005T1"
mail_admin = "admin@uesl.example"
mail_reply_to = "pilotage@uesl.example"
mail_from = "Guichet <guichet@uesl.example>"
"""


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_network(tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="session")
def directory(network: Path) -> Directory:
    return directory_of_folder(network)


@pytest.fixture(scope="session")
def desk_in(network: Path) -> Callable[[Path], Desk]:
    """Makes a desk with the demonstration's register in an empty folder."""

    def make(folder: Path) -> Desk:
        made = Desk(folder)
        (folder / "guichet.toml").write_text(SETTINGS)
        made.ok("directory", "import", str(network), "--yes")
        return made

    return make


@pytest.fixture
def desk(tmp_path: Path, desk_in: Callable[[Path], Desk]) -> Desk:
    """A desk with the demonstration's register."""
    return desk_in(tmp_path)
