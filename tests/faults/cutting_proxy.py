"""Stands between the service and PostgreSQL, and cuts the line at a chosen COMMIT: before it, or before its answer."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Self

from sqlalchemy.engine import URL, make_url

COMMIT = b"COMMIT\x00"
PORT = 5432


class Moment(StrEnum):
    """When the line is cut."""

    BEFORE = "before it reaches the server"
    AFTER = "before its answer reaches us"


class CuttingProxy:
    """A socket of its own for a database. Counts the commits; at number `at` (from 1) it cuts every line there is."""

    def __init__(self, url: str, at: int = 0, moment: Moment = Moment.BEFORE) -> None:
        self._url, self._at, self._moment = make_url(url), at, moment
        self.commits = 0
        self._folder = tempfile.TemporaryDirectory(prefix="guichet-cut-")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._lines: list[socket.socket] = []

    @property
    def url(self) -> str:
        asked = self._url.set(host=None, port=None).update_query_dict({"host": self._folder.name, "port": str(PORT)})
        return asked.render_as_string(hide_password=False)

    def __enter__(self) -> Self:
        self._listener.bind(str(Path(self._folder.name) / f".s.PGSQL.{PORT}"))
        self._listener.listen(16)
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._cut()
        for one in self._threads:
            one.join(10)
        self._folder.cleanup()

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = _connected(self._url)
            self._lines += [client, server]
            armed = threading.Event()
            self._begin(self._forward, client, server, armed)
            self._begin(self._answer, server, client, armed)

    def _forward(self, client: socket.socket, server: socket.socket, armed: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self._is_the_one(data):
                    if self._moment is Moment.BEFORE:
                        break
                    armed.set()
                server.sendall(data)
        _close(client, server)

    def _is_the_one(self, data: bytes) -> bool:
        with self._lock:
            before = self.commits
            self.commits += data.count(COMMIT)
            return before < self._at <= self.commits

    def _answer(self, server: socket.socket, client: socket.socket, armed: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if armed.is_set():
                    break  # the server has done it, and nobody is told
                client.sendall(data)
        _close(client, server)

    def _cut(self) -> None:
        _close(*self._lines)


def _close(*lines: socket.socket) -> None:
    for line in lines:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        line.close()


def _connected(url: URL) -> socket.socket:
    """To the server that the URL names, by its socket or its port."""
    host = url.host or url.query.get("host") or "localhost"
    port = url.port or int(str(url.query.get("port") or PORT))
    if str(host).startswith("/"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.connect(f"{host}/.s.PGSQL.{port}")
        return line
    return socket.create_connection((str(host), port))
