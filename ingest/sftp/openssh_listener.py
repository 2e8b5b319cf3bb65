"""`python -m ingest.sftp.openssh_listener --config PATH`: hears OpenSSH's internal-sftp in each account's chroot.

A process of its own, which outlives restarts of the service: sshd goes on taking files then. It holds
`inbox/<account>/dev/log` (root made `dev/`, see deploy/openssh) and opens no file that a client sent.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from domain.clock import Clock, SystemClock
from domain.errors import GuichetError
from ingest.files import write_json
from ingest.inbox.folders import opened
from ingest.settings import load_settings
from ingest.sftp.openssh_log import OpenSshLog
from ingest.sftp.telemetry import log_event, log_to_stderr, log_trouble

DEV: Final = "dev"
LOG: Final = "log"
SIGN_OF_LIFE: Final = "openssh.json"
_LOCK: Final = "openssh.lock"
_LOOK_SECONDS: Final = 2.0
_SIGN_SECONDS: Final = 15.0
_MOST_BYTES: Final = 65536
_BUFFER_BYTES: Final = 1 << 20


class Listener:
    """One socket an account. `turn` waits a moment and takes what was said."""

    def __init__(self, inbox: Path, clock: Clock) -> None:
        self._inbox = inbox
        self._clock = clock
        self._log = OpenSshLog(inbox)
        self._selector = selectors.DefaultSelector()
        self._sockets: dict[str, tuple[socket.socket, int]] = {}
        self._looked_seconds = self._signed_seconds = float("-inf")

    def turn(self, seconds: float = _LOOK_SECONDS) -> None:
        """Hear for so long at most; see to accounts that are new or gone."""
        now = time.monotonic()
        if now - self._looked_seconds >= _LOOK_SECONDS:
            self._looked_seconds = now
            self._attend()
        if now - self._signed_seconds >= _SIGN_SECONDS:
            self._signed_seconds = now
            at = self._clock.now().isoformat(timespec="seconds")
            write_json(self._inbox / ".guichet" / SIGN_OF_LIFE, {"pid": os.getpid(), "at": at})
        for key, _events in self._selector.select(seconds):
            self._hear(key.data, key.fileobj)  # type: ignore[arg-type]

    def _hear(self, account: str, ear: socket.socket) -> None:
        while True:
            try:
                datagram = ear.recv(_MOST_BYTES)
            except BlockingIOError:
                return
            self._log.heard(account, datagram, self._clock.now())

    def _attend(self) -> None:
        """Bind where a `dev/` has no socket of ours; let go of what is gone or was replaced."""
        found = {each.name for each in os.scandir(self._inbox) if each.is_dir(follow_symlinks=False)}
        for account in sorted(found | self._sockets.keys()):
            if account.startswith("."):
                continue
            try:
                with opened(self._inbox, account, DEV) as folder:
                    self._bind(account, folder)
            except (FileNotFoundError, NotADirectoryError):
                self._forget(account)
            except OSError as error:
                log_trouble("openssh.no_socket", account=account, error=error.strerror or "")

    def _bind(self, account: str, folder: int) -> None:
        held = self._sockets.get(account)
        with suppress(FileNotFoundError):
            if held is not None and os.stat(LOG, dir_fd=folder, follow_symlinks=False).st_ino == held[1]:
                return
        self._forget(account)
        with suppress(FileNotFoundError):
            os.unlink(LOG, dir_fd=folder)
        ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        path = f"/proc/self/fd/{folder}/{LOG}"  # a socket's path may have 107 bytes only
        try:
            ear.bind(path)
            os.chmod(path, 0o666)  # noqa: PTH101 S103 - who is in the chroot may speak, nobody else gets there
            inode = os.stat(LOG, dir_fd=folder, follow_symlinks=False).st_ino
        except BaseException:
            ear.close()
            raise
        self._selector.register(ear, selectors.EVENT_READ, account)
        self._sockets[account] = (ear, inode)
        log_event("openssh.listening", account=account)

    def _forget(self, account: str) -> None:
        held = self._sockets.pop(account, None)
        if held is not None:
            self._selector.unregister(held[0])
            held[0].close()

    def close(self) -> None:
        """Hear what is waiting, then take the sockets away: sshd must not wait for an ear that is gone."""
        for account, (ear, _inode) in list(self._sockets.items()):
            with suppress(OSError), opened(self._inbox, account, DEV) as folder:
                os.unlink(LOG, dir_fd=folder)
            self._hear(account, ear)
            self._forget(account)
        self._selector.close()


def listen(inbox: Path, stopped: Callable[[], bool]) -> None:
    """Hear until `stopped`; OSError when another process hears already."""
    ours = inbox / ".guichet"
    ours.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(ours / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        listener = Listener(inbox, SystemClock())
        try:
            while not stopped():
                listener.turn()
        finally:
            listener.close()
    finally:
        os.close(lock)


def main(words: list[str]) -> int:
    """Hear until SIGTERM; 2 when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m ingest.sftp.openssh_listener", description=__doc__)
    parser.add_argument("--config", type=Path, help="the settings of the service")
    arguments = parser.parse_args(words)
    log_to_stderr()
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: asked.append(got))
    try:
        listen(load_settings(arguments.config).inbox, lambda: bool(asked))
    except (GuichetError, OSError) as error:
        log_trouble("openssh.cannot_listen", error=str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
