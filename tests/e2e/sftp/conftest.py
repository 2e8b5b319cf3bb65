"""A real SFTP server process on 127.0.0.1, with two accounts, for real clients."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.accounts import AccountStore
from ingest.sftp.closes import CloseRecord, find_close
from ingest.sftp.config import SftpConfig, SftpLimits
from ingest.sftp.staging import UnfinishedUpload, unfinished_uploads
from ingest.sftp.supervisor import SftpSupervisor

PATIENCE_SECONDS = 60


@dataclass
class Desk:
    """The server under test and what a test needs to talk to it and to look behind it."""

    root: Path
    limits: SftpLimits = field(default_factory=SftpLimits)
    port: int = 0

    def __post_init__(self) -> None:
        self.inbox = self.root / "inbox"
        self.home = self.root / "home"
        self.key = self.root / "id_ed25519"
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True, timeout=PATIENCE_SECONDS
        )
        self.accounts = self.home / "accounts" / "accounts.json"
        self.store = AccountStore(self.accounts, self.inbox)
        for name in ("pf01", "pf02"):
            self.store.add(name, datetime(2026, 1, 1, tzinfo=UTC))
            self.store.add_key(name, self.key.with_suffix(".pub").read_text())
        self.store.set_password("pf01", self.password)
        self.supervisor = self.new_supervisor()

    password = "un-mot-de-passe-01"

    def new_supervisor(self) -> SftpSupervisor:
        config = SftpConfig(
            port=self.port,
            host_key=self.home / "sftp" / "ssh_host_ed25519_key",
            accounts=self.accounts,
            inbox=self.inbox,
            ready_path=self.home / "sftp" / "ready.json",
            limits=self.limits,
        )
        return SftpSupervisor(config, self.home / "sftp" / "config.json", parent_pid=os.getpid())

    def start(self) -> None:
        self.supervisor.start()
        self.port = self.supervisor.wait_ready(PATIENCE_SECONDS).port

    @property
    def pid(self) -> int:
        ready = self.supervisor.status().ready
        assert ready is not None
        return ready.pid

    @property
    def ssh_options(self) -> list[str]:
        options = {
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "IdentityFile": str(self.key),
        }
        return ["-F", "/dev/null", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]

    def run(self, command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HOME": str(self.root), "LFTP_HOME": str(self.root / "lftp"), "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_SECONDS,
            env=environment,
            cwd=self.root,
            **options,
        )

    def sftp_command(self, *extra: str, account: str = "pf01") -> list[str]:
        return ["sftp", *self.ssh_options, "-P", str(self.port), *extra, f"{account}@127.0.0.1"]

    def sftp(self, *lines: str, account: str = "pf01") -> subprocess.CompletedProcess[str]:
        """Run an OpenSSH batch; it stops with status 1 at the first refusal."""
        batch = self.root / "batch"
        batch.write_text("".join(f"{line}\n" for line in lines))
        return self.run(self.sftp_command("-b", str(batch), account=account))

    def depot(self, account: str = "pf01") -> Path:
        return self.inbox / account / "depot"

    def record(self, path: Path) -> CloseRecord | None:
        return find_close(self.inbox, path.lstat())

    def unfinished(self, name: bytes) -> UnfinishedUpload | None:
        found = [each for each in unfinished_uploads(self.inbox) if each.name == name]
        return found[0] if found else None

    def payload(self, name: str, size: int) -> Path:
        path = self.root / name
        path.write_bytes(os.urandom(size))
        return path


def wait_until(condition: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Poll for a condition; fail when it does not come true in time."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            pytest.fail("the condition did not come true in time")
        time.sleep(0.02)


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    return wait_until


@pytest.fixture(scope="session")
def need() -> Callable[[str], None]:
    """Skip, with its reason, what needs a client that this machine does not have."""

    def check(program: str) -> None:
        if shutil.which(program) is None:
            pytest.skip(f"no {program} on this machine")

    return check


@pytest.fixture(scope="module")
def make_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Desk]]:
    """Make servers with chosen limits; all are stopped at the end of the module."""
    desks: list[Desk] = []

    def make(limits: SftpLimits | None = None, *, started: bool = True) -> Desk:
        if shutil.which("ssh-keygen") is None:
            pytest.skip("no ssh-keygen on this machine")
        desk = Desk(tmp_path_factory.mktemp("desk"), limits or SftpLimits())
        desks.append(desk)
        if started:
            desk.start()
        return desk

    yield make
    for desk in desks:
        desk.supervisor.stop()


@pytest.fixture(scope="module")
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()
