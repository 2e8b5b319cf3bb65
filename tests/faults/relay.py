"""A mail relay that fails by dice, in every way that we could think of, and remembers what it took."""

from __future__ import annotations

import random
import socket
import ssl
import threading
from collections import Counter
from contextlib import suppress
from email import message_from_bytes
from email.policy import default
from typing import Self

AT_ONCE = ("refused", "busy", "cut", "garbage", "helo", "tls refused", "tls broken", "silent")
"""Ways to fail before a message was offered."""
BEFORE = ("mail later", "mail never", "mail cut", "mail garbage", "rcpt later", "data later", "data cut", "cut in data")
"""Ways to fail with one message, before its final dot: it was not taken."""
AFTER = ("later", "closing")
"""The same, after its final dot."""
FOR_GOOD = ("rcpt never", "data never", "never")
"""A message refused for good: it fails, and the administrator is told."""
AMBIGUOUS = ("taken and cut", "taken and garbage", "taken and silent")
"""Taken, and we are not told: the same message comes again, which has to be counted."""
HARMLESS = ("slow", "cut when idle", "cut at the end")
SILENT = ("silent", "taken and silent")
_ANSWERS = {"mail later": b"451 later", "mail never": b"550 not you", "mail garbage": b"\xff\xfeHTTP/1.1 200"}


class Relay:
    """Serves on a port of its own until left; `share` of what it is asked fails, in one of the `ways` that fit."""

    def __init__(self, share: float, seed: int, *, ways: frozenset[str], tls: ssl.SSLContext | None = None) -> None:
        self.share, self.ways, self._tls = share, ways, tls
        self.taken: list[tuple[str, str]] = []
        """Message-ID and envelope recipient of what was accepted, in order."""
        self.wrong: list[str] = []
        """Message-IDs of what came to another address than it was written to."""
        self.did: Counter[str] = Counter()
        self._dice = random.Random(seed)  # noqa: S311 - fate, not a secret
        self._lock = threading.Lock()
        self._left = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._clients: list[threading.Thread] = []

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for one in (self._thread, *self._clients):
            one.join(10)

    def _way(self, *groups: tuple[str, ...]) -> str:
        """One of the groups' ways, or none."""
        fitting = [way for group in groups for way in group if way in self.ways]
        if self._tls is None:
            fitting = [way for way in fitting if not way.startswith("tls")]
        with self._lock:
            if not fitting or self._dice.random() >= self.share:
                return ""
            weights = [0.2 if way in SILENT else 1.0 for way in fitting]  # each costs somebody's patience
            (way,) = self._dice.choices(fitting, weights)
            self.did[way] += 1
            return way

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self._clients = [one for one in self._clients if one.is_alive()]
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._clients.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(30)
        talk = _Talk(self, client)
        with suppress(OSError, ssl.SSLError):
            talk.lead()
        talk.close()


class _Talk:
    """One connection."""

    def __init__(self, relay: Relay, client: socket.socket) -> None:
        self._relay, self._client = relay, client
        self._lines = client.makefile("rb")
        self._recipient = self._way = ""
        self._slow = False

    def close(self) -> None:
        with suppress(OSError):
            self._lines.close()
        with suppress(OSError):
            self._client.close()

    def _say(self, line: bytes) -> None:
        if not self._slow:
            self._client.sendall(line + b"\r\n")
            return
        for byte in line + b"\r\n":
            self._client.sendall(bytes([byte]))

    def lead(self) -> None:
        first = self._relay._way(AT_ONCE)
        if first == "silent":
            self._relay._left.wait(5)
        elif first != "cut" and self._welcome(first):
            while line := self._lines.readline(4096):
                if not self._answer(line, first):
                    return

    def _welcome(self, first: str) -> bool:
        greeting = {"refused": b"554 no", "busy": b"421 too many", "garbage": b"SSH-2.0-OpenSSH_9.2"}
        self._say(greeting.get(first, b"220 relay"))
        return first not in greeting

    def _answer(self, line: bytes, first: str) -> bool:
        """Whether the talk goes on."""
        word = line.strip().upper()[:4]
        goes_on = True
        if word in {b"EHLO", b"HELO"}:
            self._greet(first)
        elif word == b"STAR":
            goes_on = self._protect(first)
        elif word == b"MAIL":
            goes_on = self._mail()
        elif word == b"RCPT":
            self._recipient = line.decode().partition("<")[2].partition(">")[0]
            self._say(_of(self._way, "rcpt", b"250 ok"))
        elif word == b"DATA":
            goes_on = self._data(self._way)
        elif word == b"QUIT":
            goes_on = False
            if self._way != "cut at the end":
                self._say(b"221 bye")
        else:
            self._say(b"250 ok")
        return goes_on

    def _greet(self, first: str) -> None:
        if first == "helo":
            self._say(b"502 no")
        elif self._relay._tls is None or isinstance(self._client, ssl.SSLSocket):
            self._say(b"250-relay\r\n250 8BITMIME")
        else:
            self._say(b"250-relay\r\n250 STARTTLS")

    def _protect(self, first: str) -> bool:
        assert self._relay._tls is not None
        if first == "tls refused":
            self._say(b"454 not now")
            return True
        self._say(b"220 go")
        if first == "tls broken":
            self._client.sendall(b"\x15\x03\x01\x00\x02\x02\x28")  # an alert: handshake failure
            return False
        self._client = self._relay._tls.wrap_socket(self._client, server_side=True)
        self._lines = self._client.makefile("rb")
        return True

    def _mail(self) -> bool:
        self._way = way = self._relay._way(BEFORE, AFTER, FOR_GOOD, AMBIGUOUS, HARMLESS)
        self._slow = way == "slow"
        if way == "mail cut":
            return False
        self._say(_ANSWERS.get(way, b"250 ok"))
        return True

    def _data(self, way: str) -> bool:
        if way in {"data later", "data never", "data cut"}:
            if way != "data cut":
                self._say(_of(way, "data", b"354 go"))
            return way != "data cut"
        self._say(b"354 go")
        content: list[bytes] = []
        while (line := self._lines.readline()) != b".\r\n":
            if not line or (way == "cut in data" and len(content) == 3):
                return False
            content.append(line)
        answer = {"later": b"451 later", "never": b"554 spam", "closing": b"421 going down"}.get(way)
        if answer is not None:
            self._say(answer)
            return way != "closing"
        self._take(b"".join(content))
        if way == "taken and silent":
            self._relay._left.wait(5)
        elif way != "taken and cut":
            self._say(b"\x00\x01 ok?" if way == "taken and garbage" else b"250 queued")
        return way not in {"taken and cut", "taken and silent", "cut when idle"}

    def _take(self, content: bytes) -> None:
        message = message_from_bytes(content, policy=default)  # type: ignore[arg-type]
        number = str(message["Message-ID"])
        with self._relay._lock:
            self._relay.taken.append((number, self._recipient))
            if self._recipient not in str(message["To"]):
                self._relay.wrong.append(number)


def _of(way: str, word: str, otherwise: bytes) -> bytes:
    return {f"{word} later": b"450 later", f"{word} never": b"550 5.1.1 unknown"}.get(way, otherwise)
