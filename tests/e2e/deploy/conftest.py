"""A real sshd on a loopback port with the shipped configuration, for throw-away users made by the shipped script."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ingest.demo.network_files import write_network

ROOT = Path(__file__).resolve().parents[3]
OPENSSH = ROOT / "deploy" / "openssh"
SSHD = "/usr/sbin/sshd"
PATIENCE_SECONDS = 90
SETTINGS = """\
home = "{folder}/var"
inbox = "{folder}/inbox"
sftp_enabled = false
sftp_openssh = true
settle_seconds = 0.5
scan_seconds = 0.5
mail_admin = "admin@uesl.example"
"""


def wait_for(what: str, condition: Callable[[], Any]) -> Any:
    """Poll until the condition is truthy; fail with words otherwise."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail(f"waited {PATIENCE_SECONDS} s for {what}")


_depth = threading.local()


@contextmanager
def users_are_ours_alone() -> Iterator[None]:
    """No other test run of this machine adds or removes users meanwhile: useradd gives up soon on a held lock."""
    if getattr(_depth, "held", False):
        yield
        return
    with (Path(tempfile.gettempdir()) / "guichet-test-users.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _depth.held = True
        try:
            yield
        finally:
            _depth.held = False


@dataclass
class Machine:
    """What the install guide makes, elsewhere: other paths, another port, other names."""

    folder: Path
    tag: str
    python: list[str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    port: int = 0
    patience: float = PATIENCE_SECONDS

    def __post_init__(self) -> None:
        self.user, self.group = f"gs{self.tag}", f"gg{self.tag}"
        self.one, self.two = f"g1{self.tag}", f"g2{self.tag}"
        self.inbox, self.home, self.keys = self.folder / "inbox", self.folder / "var", self.folder / "keys"
        self.config = self.folder / "guichet.toml"
        self.private = self.folder / "client"

    # -- the guide's steps ---------------------------------------------------------------------------------------

    def install(self) -> None:
        """As docs/how-to/install.md says."""
        with users_are_ours_alone():
            run("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", self.user)
        self.config.write_text(SETTINGS.format(folder=self.folder))
        run("install", "-d", "-o", self.user, "-g", self.user, "-m", "0700", str(self.home))
        self.private.mkdir(mode=0o700)
        for name in ("a", "b"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(self.private / name))
            shutil.copy(self.private / f"{name}.pub", self.folder / f"{name}.pub")
        self.sync()
        self.guichet("directory", "import", str(self._register()), "--yes")
        for account, key in ((self.one, "a"), (self.two, "b")):
            self.guichet("account", "add", account)
            self.guichet("account", "key", account, str(self.folder / f"{key}.pub"))
        self.sync()
        self._start_sshd()
        self._start_as_service("+fowner", "-m", "ingest.sftp.openssh_listener", "--config", str(self.config))
        self._start_as_service("+lease", "-m", "ingest", "--config", str(self.config), "run")
        wait_for("the listener", (self.inbox / self.two / "dev" / "log").is_socket)
        wait_for("the service", (self.home / "run.json").exists)

    def _register(self) -> Path:
        """The demonstration's network, its first platform having our first account."""
        folder = write_network(Path(tempfile.mkdtemp(dir=self.folder)))
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        folder.parent.chmod(0o755)
        path = folder / "organisations.csv"
        text = path.read_bytes().decode("utf-8-sig")
        assert ";pf03;" in text
        path.write_text(text.replace(";pf03;", f";{self.one};").replace(";pf04;", f";{self.two};"), encoding="utf-8")
        return folder

    def sync(self) -> subprocess.CompletedProcess[str]:
        """Run the shipped script with other names than the usual ones."""
        environment = {
            **os.environ,
            "SYNC_USER": self.user,
            "SYNC_GROUP": self.group,
            "SYNC_INBOX": str(self.inbox),
            "SYNC_KEYS": str(self.keys),
            "SYNC_COMMAND": " ".join([*self.python, "-m", "ingest", "--config", str(self.config)]),
        }
        with users_are_ours_alone():
            return run("sh", str(OPENSSH / "sync-accounts.sh"), env=environment)

    def _start_sshd(self) -> None:
        shipped = (OPENSSH / "guichet.conf").read_text()
        adapted = (
            shipped.replace("/srv/guichet/inbox", str(self.inbox))
            .replace("/etc/ssh/guichet-keys", str(self.keys))
            .replace("guichet-sftp", self.group)
        )
        (self.folder / "guichet.conf").write_text(adapted)
        host_key = self.folder / "host_key"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host_key))
        self.port = _free_port()
        main = self.folder / "sshd_config"
        main.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {host_key}\nPidFile none\nUsePAM no\n"
            f"Include {self.folder}/guichet.conf\nSubsystem sftp /usr/lib/openssh/sftp-server\n"
        )
        Path("/run/sshd").mkdir(exist_ok=True)
        run(SSHD, "-t", "-f", str(main))
        with (self.folder / "sshd.log").open("ab") as log:
            self.processes.append(subprocess.Popen([SSHD, "-D", "-e", "-f", str(main)], stderr=log))
        wait_for("sshd", lambda: _listens(self.port))

    def _start_as_service(self, capability: str, *words: str) -> None:
        """As the units do: the service's user, one capability."""
        self.start_process(
            *("setpriv", "--reuid", self.user, "--regid", self.user, "--init-groups"),
            *("--inh-caps", f"-all,{capability}", "--ambient-caps", f"-all,{capability}"),
            *("--bounding-set", f"-all,{capability}", "--no-new-privs"),
            *self.python,
            *words,
        )

    def start_process(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "service.log").open("ab") as log:
            process = subprocess.Popen(words, stdout=log, stderr=log, cwd=self.folder, env=self._environ())
        self.processes.append(process)
        return process

    def _environ(self) -> dict[str, str]:
        return {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}

    def guichet(self, *words: str) -> str:
        return run(*self._command(*words), cwd=self.folder, env=self._environ()).stdout

    def guichet_whatever(self, *words: str) -> str:
        """The same, whatever its exit status."""
        done = subprocess.run(
            self._command(*words), check=False, capture_output=True, text=True, cwd=self.folder, env=self._environ()
        )
        return done.stdout

    def _command(self, *words: str) -> list[str]:
        user = ("setpriv", "--reuid", self.user, "--regid", self.user, "--init-groups", "--inh-caps=-all")
        return [*user, *self.python, "-m", "ingest", "--config", str(self.config), *words]

    wait_for = staticmethod(wait_for)
    users_are_ours_alone = staticmethod(users_are_ours_alone)

    # -- the depositor's side --------------------------------------------------------------------------------------

    def sftp_words(self, account: str, key: str, *extra: str) -> list[str]:
        options = {
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "IdentityFile": str(self.private / key),
        }
        shown = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["sftp", "-F", "/dev/null", *shown, "-P", str(self.port), *extra, f"{account}@127.0.0.1"]

    def sftp(self, account: str, key: str, *lines: str) -> subprocess.CompletedProcess[str]:
        """One batch, which stops with status 1 at the first refusal (a line that begins with `-` may fail)."""
        return subprocess.run(
            self.sftp_words(account, key, "-b", "-"),
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=PATIENCE_SECONDS,
            cwd=self.private,
        )

    def answered(self, account: str, name: str) -> str | None:
        """The number of the account's deposit of that name, once it has its verdict."""
        for path in (self.inbox / account / "retours").glob("*/verdict.json"):
            if json.loads(path.read_text())["file"]["name"] == name:
                return path.parent.name
        return None

    def log(self) -> str:
        return (self.folder / "service.log").read_text() + (self.folder / "sshd.log").read_text()

    # -- and away with it ------------------------------------------------------------------------------------------

    def remove(self) -> None:
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()
        with users_are_ours_alone():
            for name in (self.one, self.two, self.user):
                _end_all_of(name)
                subprocess.run(["userdel", "--force", name], check=False, capture_output=True)
            for name in (self.group, self.user):
                subprocess.run(["groupdel", name], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def _end_all_of(user: str) -> None:
    """Whatever runs as that throw-away user: the sessions' ends, readers that outlived a killed service."""
    with suppress(KeyError):
        number = pwd.getpwnam(user).pw_uid
        for each in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if each.stat().st_uid == number:
                    os.kill(int(each.name), signal.SIGKILL)


def run(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed."""
    done = subprocess.run(words, text=True, capture_output=True, check=False, timeout=120, **options)
    assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
    return done


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as found:
        return found.recv(4) == b"SSH-"
    return False


def _python_of_everybody(folder: Path) -> list[str] | None:
    """An interpreter that a service's user can start, with our libraries: this one, else the system's."""
    libraries = next(each for each in sys.path if each.endswith("site-packages"))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    mine, own = sys.executable, folder / "venv"
    if not _starts(mine):
        made = subprocess.run([f"/usr/bin/{version}", "-m", "venv", "--without-pip", str(own)], check=False)
        if made.returncode != 0:
            return None
        (own / "lib" / version / "site-packages" / "ours.pth").write_text(f"{libraries}\n{ROOT}\n")
        mine = str(own / "bin" / "python")
    return [mine] if _starts(mine) else None


def _starts(python: str) -> bool:
    words = ["runuser", "-u", "nobody", "--", python, "-B", "-P", "-c", "import ingest, pandas"]
    return subprocess.run(words, check=False, capture_output=True, cwd="/").returncode == 0


def _why_not() -> str | None:
    if os.geteuid() != 0:
        return "needs root: sshd's chroots, throw-away users"
    for program in (SSHD, "sftp", "useradd", "setpriv", "runuser", "/usr/bin/python3", "ps"):
        if shutil.which(program) is None:
            return f"needs {program} (openssh-server, openssh-client, procps)"
    return None


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    reason = _why_not()
    if reason is not None:
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(dir="/srv", prefix="guichet-test-"))  # /tmp may be written by all: sshd refuses it
    folder.chmod(0o755)
    made: Machine | None = None
    try:
        python = _python_of_everybody(folder)
        if python is None:
            pytest.skip("no interpreter with our libraries can be started by another user than root")
        made = Machine(folder=folder, tag=secrets.token_hex(3), python=python)
        made.install()
        yield made
    finally:
        if made is not None:
            made.remove()
        shutil.rmtree(folder, ignore_errors=True)
