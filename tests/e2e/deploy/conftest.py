"""A real sshd on a loopback port with the shipped configuration, for throw-away users made by the shipped script."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import re
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
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest.demo.network_files import write_network

ROOT = Path(__file__).resolve().parents[3]
HOW_TO = ROOT / "docs" / "how-to"
INSTALL = HOW_TO / "install.md"
SSHD = "/usr/sbin/sshd"
SRV = Path("/srv")
ALIVE = "alive"
PATIENCE_SECONDS = 180
STAND_INS = {
    "systemctl": 'exec {python} {here}/systemctl.py "$@"',
    "sshd": 'exec /usr/sbin/sshd -f {folder}/etc/ssh/sshd_config "$@"',
    "sendmail": 'exec cat >"$(mktemp {folder}/outbox/XXXXXX)"',
}
SETUP = """\
#!/bin/sh
# Stands in for deploy/setup.sh: the libraries of this test run instead of new ones from the network.
set -eu
cd "$(dirname "$0")/.."
{python} -m venv --without-pip .venv
printf '%s\\n' {libraries} "$PWD" >.venv/lib/{version}/site-packages/ours.pth
echo "#!$PWD/.venv/bin/python" >.venv/bin/guichet
echo 'import sys; from ingest.cli.main import main; sys.exit(main())' >>.venv/bin/guichet
chmod 755 .venv/bin/guichet
touch .venv/.ready
"""
SOURCE = ("domain", "schemas", "rules", "rendering", "publication", "notifications", "ingest", "deploy")
FILES = ("Makefile", "pyproject.toml", "requirements.txt", "requirements-dev.txt")


def wait_for(what: str, condition: Callable[[], Any]) -> Any:
    """Poll until the condition is truthy; fail with words otherwise."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail(f"waited {PATIENCE_SECONDS} s for {what}")


_USERS = re.compile(r"useradd|sync-accounts|guichet-accounts[.]service")
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


def blocks(guide: Path, language: str = "sh") -> list[str]:
    """The guide's command blocks, as a reader types them."""
    return re.findall(rf"^```{language}\n(.*?)^```$", guide.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@dataclass
class Machine:
    """A machine on which the guides are followed: other names, other paths, another port; the same commands."""

    folder: Path
    tag: str
    python: str
    libraries: Path
    port: int = 0
    patience: float = PATIENCE_SECONDS

    def __post_init__(self) -> None:
        self.user, self.group = f"gs{self.tag}", f"gg{self.tag}"
        self.one, self.two, self.three = f"g1{self.tag}", f"g2{self.tag}", f"g3{self.tag}"
        self.inbox, self.home = self.folder / "srv/inbox", self.folder / "var/lib/guichet"
        self.keys, self.outbox = self.folder / "etc/ssh/guichet-keys", self.folder / "outbox"
        self.private, self.work, self.shims = (self.folder / name for name in ("client", "work", "shims"))

    # -- what the guides are followed on -------------------------------------------------------------------------

    def prepare(self) -> None:
        """A machine as it comes: empty folders, an sshd, a mail server, and where Guichet is got from."""
        for name in ("etc/systemd/system", "etc/ssh/sshd_config.d", "sbin", "opt", "var/lib", "var/backups", "pids"):
            (self.folder / name).mkdir(parents=True)
        for each in (self.work, self.shims, self.outbox):
            each.mkdir()
        self.private.mkdir(mode=0o700)
        facts = {"python": sys.executable, "here": Path(__file__).parent, "folder": self.folder}
        for name, words in STAND_INS.items():
            (self.shims / name).write_text(f"#!/bin/sh\n{words.format(**facts)}\n")
            (self.shims / name).chmod(0o755)
        self._prepare_sshd()
        self._prepare_repository()
        self._prepare_register()
        for name, account in (("a", self.one), ("b", self.two), ("c", self.three)):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(self.private / name))
            shutil.copy(self.private / f"{name}.pub", self.work / f"{account}.pub")
        shutil.copy(self.private / "a.pub", self.work / "a.pub")

    def _prepare_sshd(self) -> None:
        host_key = self.folder / "etc/ssh/host_key"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host_key))
        self.port = _free_port()
        (self.folder / "etc/ssh/sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {host_key}\nPidFile none\nUsePAM no\n"
            f"Include {self.folder}/etc/ssh/sshd_config.d/*.conf\nSubsystem sftp /usr/lib/openssh/sftp-server\n"
        )
        Path("/run/sshd").mkdir(exist_ok=True)

    def _prepare_repository(self) -> None:
        """What is shipped, where the fixed paths and names are this machine's."""
        repository = self.folder / "repository"
        for name in SOURCE:
            shutil.copytree(ROOT / name, repository / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in FILES:
            shutil.copy(ROOT / name, repository / name)
        for path in (repository / "deploy").rglob("*"):
            if path.is_file():
                path.write_text(self.adapted(path.read_text()))
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        facts = {"python": self.python, "libraries": self.libraries, "version": version}
        (repository / "deploy/setup.sh").write_text(SETUP.format(**facts))
        git = ("git", "-C", str(repository), "-c", "user.name=test", "-c", "user.email=test@example.org")
        run("git", "init", "-q", str(repository))
        run(*git, "add", "-A")
        run(*git, "commit", "-qm", "as shipped")

    def _prepare_register(self) -> None:
        """The demonstration's network, its first platforms having our accounts."""
        folder = write_network(self.work / "network").rename(self.work / "annuaire")
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        path = folder / "organisations.csv"
        text = path.read_bytes().decode("utf-8-sig")
        assert ";pf03;" in text
        path.write_text(text.replace(";pf03;", f";{self.one};").replace(";pf04;", f";{self.two};"), encoding="utf-8")

    def adapted(self, text: str) -> str:
        """The same words with this machine's names and paths."""
        for path in ("/opt/guichet", "/etc/guichet", "/etc/ssh/", "/etc/systemd/", "/var/lib/guichet", "/var/backups"):
            text = text.replace(path, f"{self.folder}{path}")
        text = text.replace("/srv/guichet/inbox", str(self.inbox)).replace("/usr/local/sbin", f"{self.folder}/sbin")
        text = re.sub(r"guichet-sftp\b(?!-log)", self.group, text)
        text = re.sub(
            r"((?:-[ogu] |User=|Group=|SYNC_USER:-)|^useradd .*)guichet\b",
            rf"\g<1>{self.user}",
            text,
            flags=re.MULTILINE,
        )
        text = re.sub(r"^mail_url = .*$", f'mail_url = "maildir:{self.home}/mail"', text, flags=re.MULTILINE)
        text = re.sub(
            r"^(mail_admin = .*)$",
            r"\1\nsettle_seconds = 0.5\nscan_seconds = 0.5\nunfinished_minutes = 1",
            text,
            flags=re.MULTILINE,
        )
        text = text.replace("REPOSITORY", str(self.folder / "repository"))
        return re.sub(r"\bpf03\b", self.one, text)

    # -- the administrator ---------------------------------------------------------------------------------------

    def follow(self, guide: Path, **names: str) -> None:
        """Type every block of the guide."""
        for block in blocks(guide):
            self.type(block, **names)

    def type(self, block: str, **names: str) -> str:
        """Type one block, with a root's strict umask; `names` are those that the guide leaves to the reader."""
        text = self.adapted(block)
        for name, value in names.items():
            text = re.sub(rf"\b{name}\b", value, text)
        with users_are_ours_alone() if _USERS.search(text) else nullcontext():
            return run("sh", "-eu", "-c", text, cwd=self.work, env=self._environ(), umask=0o077).stdout

    def _environ(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("GUICHET_", "GIT_"))}
        path = f"{self.shims}:{self.folder}/sbin:{os.environ['PATH']}:/usr/sbin:/sbin"
        return {**kept, "PATH": path, "TEST_MACHINE": str(self.folder)}

    def install(self) -> None:
        """As docs/how-to/install.md says, then other accounts."""
        self.prepare()
        self.follow(INSTALL, VERSION="1")
        for account in (self.two, self.three):
            self.guichet("account", "add", account)
            self.guichet("account", "key", account, f"{account}.pub")
        self.sync()
        wait_for("sshd", lambda: _listens(self.port))
        wait_for("the listener", (self.inbox / self.two / "dev" / "log").is_socket)

    def sync(self) -> None:
        """What guichet-accounts.path does."""
        self.type("systemctl start guichet-accounts.service")

    def guichet(self, *words: str) -> str:
        return run("guichet", *words, cwd=self.work, env=self._environ()).stdout

    def guichet_whatever(self, *words: str) -> str:
        """The same, whatever its exit status."""
        return subprocess.run(
            ["guichet", *words], check=False, capture_output=True, text=True, cwd=self.work, env=self._environ()
        ).stdout

    wait_for = staticmethod(wait_for)
    users_are_ours_alone = staticmethod(users_are_ours_alone)

    def fingerprint(self, key: str) -> str:
        return run("ssh-keygen", "-lf", str(self.private / f"{key}.pub")).stdout.split()[1]

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
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    # -- and away with it ------------------------------------------------------------------------------------------

    @classmethod
    def remove_what_cut_runs_left(cls) -> None:
        """A run that is killed (`kill -9`, `timeout`) removes neither its users nor its services: the next one does."""
        with users_are_ours_alone():
            for folder in SRV.glob("guichet-test-*"):
                found = re.fullmatch(r"guichet-test-([0-9a-f]{6})-\w+", folder.name)
                if found is None:
                    continue
                with suppress(OSError), (folder / ALIVE).open("r+") as alive:
                    fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused: that run lives
                    cls(folder=folder, tag=found[1], python="", libraries=folder).remove()

    def remove(self) -> None:
        for path in (self.folder / "pids").glob("*"):
            with suppress(OSError, ValueError):
                number = int(path.read_text())
                if str(self.folder).encode() in Path(f"/proc/{number}/cmdline").read_bytes():
                    os.kill(number, signal.SIGTERM)
        with users_are_ours_alone():
            for name in (self.one, self.two, self.three, self.user):
                _end_all_of(name)
                subprocess.run(["userdel", "--force", name], check=False, capture_output=True)
            for name in (self.group, self.user):
                subprocess.run(["groupdel", name], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def folder_of_ours(tag: str) -> Iterator[Path]:
    """The machine's folder, under a lock that ends with this process: see `Machine.remove_what_cut_runs_left`."""
    with users_are_ours_alone():
        folder = Path(
            tempfile.mkdtemp(dir=SRV, prefix=f"guichet-test-{tag}-")
        )  # all may write in /tmp: sshd refuses it
        folder.chmod(0o755)
        alive = (folder / ALIVE).open("a")
        fcntl.flock(alive, fcntl.LOCK_EX)
    with alive:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


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
    done = subprocess.run(words, text=True, capture_output=True, check=False, timeout=300, **options)
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


def _python_of_everybody(folder: Path) -> tuple[str, Path] | None:
    """An interpreter that any user can start, and our libraries where any user can read them."""
    libraries = Path(next(each for each in sys.path if each.endswith("site-packages")))
    bases = (getattr(sys, "_base_executable", ""), f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    for base in bases:
        if _starts(base, libraries):
            return base, libraries
    for base in bases:
        if _starts(base):  # the libraries are in somebody's home: a copy
            copied = folder / "libraries"
            shutil.copytree(libraries, copied, ignore=shutil.ignore_patterns("__pycache__"))
            return (base, copied) if _starts(base, copied) else None
    return None


def _starts(python: str, libraries: Path | None = None) -> bool:
    code = "pass" if libraries is None else f"import sys; sys.path.append({str(libraries)!r}); import pandas, structlog"
    words = ["runuser", "-u", "nobody", "--", python, "-I", "-B", "-c", code]
    return bool(python) and subprocess.run(words, check=False, capture_output=True, cwd="/").returncode == 0


def _why_not() -> str | None:
    if os.geteuid() != 0:
        return "needs root: sshd's chroots, throw-away users"
    for program in (SSHD, "sftp", "useradd", "setpriv", "runuser", "/usr/bin/python3", "ps", "git", "make"):
        if shutil.which(program) is None:
            return f"needs {program} (openssh-server, openssh-client, passwd, util-linux, procps, git, make)"
    return None


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """Installed as docs/how-to/install.md says; its sshd and its services run."""
    reason = _why_not()
    if reason is not None:
        pytest.skip(reason)
    Machine.remove_what_cut_runs_left()
    tag = secrets.token_hex(3)
    with folder_of_ours(tag) as folder:
        python = _python_of_everybody(folder)
        if python is None:
            pytest.skip("no interpreter with our libraries can be started by another user than root")
        made = Machine(folder=folder, tag=tag, python=python[0], libraries=python[1])
        try:
            made.install()
            yield made
        finally:
            made.remove()
