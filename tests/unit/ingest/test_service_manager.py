"""What systemd hears: the messages of sd_notify(3) over a real datagram socket."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.service_manager import ServiceManager


@contextmanager
def manager_of(address: str) -> Iterator[Callable[[], str]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind("\0" + address[1:] if address.startswith("@") else address)
        ear.settimeout(10)
        yield lambda: ear.recv(4096).decode()


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_it_says_ready_alive_stopping(kind: str, tmp_path: Path):
    address = str(tmp_path / "notify") if kind == "path" else f"@guichet-test{tmp_path}"
    with manager_of(address) as heard:
        told = ServiceManager({"NOTIFY_SOCKET": address})
        told.ready()
        told.alive()
        told.stopping()
        assert [heard().splitlines()[0] for _ in range(3)] == ["READY=1", "WATCHDOG=1", "STOPPING=1"]


def test_no_child_can_speak_in_our_name(tmp_path: Path):
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "PATH": "/bin"}
    ServiceManager(environment)
    assert environment == {"PATH": "/bin"}


def test_without_a_manager_or_with_a_deaf_one_nothing_is_said_and_nothing_fails(tmp_path: Path):
    ServiceManager({}).ready()
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).alive()
    address = str(tmp_path / "full")
    with manager_of(address) as heard:
        told = ServiceManager({"NOTIFY_SOCKET": address})
        for _ in range(5000):  # its queue fills up: we do not wait
            told.alive()
        assert heard() == "WATCHDOG=1"
