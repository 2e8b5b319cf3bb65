"""A stand-in for `systemctl` where there is no systemd: starts what the installed units say, as the user that they say.

Honours ExecStart, ExecStartPost, Type, User, AmbientCapabilities, CapabilityBoundingSet, NoNewPrivileges, UMask and
EnvironmentFile; the other fences need systemd. `reload ssh` starts sshd the first time.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MACHINE = Path(os.environ["TEST_MACHINE"])
UNITS, PIDS = MACHINE / "etc/systemd/system", MACHINE / "pids"
PATIENCE_SECONDS = 120


class Unit:
    """One `.service`, as installed."""

    def __init__(self, name: str) -> None:
        template, at, rest = name.partition("@")
        self.name, self.instance = name, rest.removesuffix(".service")
        text = (UNITS / (f"{template}@.service" if at else name)).read_text()
        lines = [line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#")]
        self._said = {key: value for key, _, value in lines}
        self._files = [value.removeprefix("-") for key, _, value in lines if key == "EnvironmentFile"]

    def said(self, key: str, default: str = "") -> str:
        return self._said.get(key, default)

    def words(self, key: str) -> list[str]:
        """The command behind `key`, with the rights that the unit gives it."""
        if not (said := self.said(key)):
            return []
        plain = [word.replace("%%", "%").replace("%i", self.instance) for word in shlex.split(said)]
        return ["setpriv", *self._rights(), *plain]

    def _rights(self) -> list[str]:
        rights = ["--no-new-privs"] if self.said("NoNewPrivileges") == "yes" else []
        bounding = self._capabilities("CapabilityBoundingSet")
        if bounding is not None:
            rights += ["--bounding-set", bounding]
        if user := self.said("User"):
            given = self._capabilities("AmbientCapabilities") or "-all"
            rights += ["--reuid", user, "--regid", self.said("Group", user), "--init-groups"]
            rights += ["--inh-caps", given, "--ambient-caps", given]
        return rights

    def _capabilities(self, key: str) -> str | None:
        if key not in self._said or self._said[key].startswith("~"):
            return None
        names = [name.removeprefix("CAP_").lower() for name in self._said[key].split()]
        return ",".join(["-all", *(f"+{name}" for name in names)])

    def environment(self) -> dict[str, str]:
        found = {"PATH": os.environ["PATH"], "TEST_MACHINE": str(MACHINE), "LANG": "C.UTF-8"}
        for each in self._files:
            with suppress(FileNotFoundError):
                found.update(line.split("=", 1) for line in Path(each).read_text().splitlines() if "=" in line)
        return found


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > ends:
            sys.exit(f"systemctl: waited {PATIENCE_SECONDS} s for {what}")
        time.sleep(0.05)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def spawn(name: str, words: list[str], environment: dict[str, str], umask: int = 0o022) -> int:
    with (MACHINE / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=environment, umask=umask,
            start_new_session=True,
        )  # fmt: skip
    (PIDS / name).write_text(str(process.pid))
    return process.pid


def pid_of(name: str) -> int | None:
    with suppress(FileNotFoundError):
        pid = int((PIDS / name).read_text())
        return pid if running(pid) else None
    return None


def start(name: str) -> None:
    unit = Unit(name)
    environment, umask = unit.environment(), int(unit.said("UMask", "0022"), 8)
    if unit.said("Type") == "oneshot":
        for key in ("ExecStart", "ExecStartPost"):
            if words := unit.words(key):
                done = subprocess.run(words, check=False, env=environment, cwd="/", umask=umask)
                if done.returncode:
                    sys.exit(f"systemctl: {name}: {key} ended with {done.returncode}")
    elif pid_of(name) is None and unit.said("Type") == "notify":
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            address = MACHINE / "notify"
            address.unlink(missing_ok=True)
            ear.bind(str(address))
            address.chmod(0o666)
            ear.settimeout(PATIENCE_SECONDS)
            spawn(name, unit.words("ExecStart"), {**environment, "NOTIFY_SOCKET": str(address)}, umask)
            while b"READY=1" not in ear.recv(4096):
                pass
    elif pid_of(name) is None:
        spawn(name, unit.words("ExecStart"), environment, umask)


def stop(name: str) -> None:
    if (pid := pid_of(name)) is not None:
        os.kill(pid, signal.SIGTERM)
        wait_for(f"the end of {name}", lambda: not running(pid))


def reload_sshd() -> None:
    if (pid := pid_of("sshd")) is not None:
        os.kill(pid, signal.SIGHUP)
    else:
        spawn("sshd", ["/usr/sbin/sshd", "-D", "-e", "-f", str(MACHINE / "etc/ssh/sshd_config")], dict(os.environ))


def main(verb: str, *names: str) -> None:
    for name in names:
        if name.startswith("-"):
            continue
        if (verb, name) == ("reload", "ssh"):
            reload_sshd()
        elif name.endswith((".timer", ".path")):
            assert (UNITS / name).exists(), name
        elif name.startswith("guichet"):
            if verb in {"stop", "restart"}:
                stop(name)
            if verb in {"start", "restart", "enable"}:
                start(name)
        elif name != "systemd-journald":
            sys.exit(f"systemctl: {name}?")


if __name__ == "__main__":
    main(*sys.argv[1:])
