"""Requests that no honest client sends: each is answered or cut off, and the server goes on."""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from ingest.sftp.config import SftpLimits

INIT, OPEN, CLOSE, READ, WRITE, OPENDIR, EXTENDED, STATUS = 1, 3, 4, 5, 6, 11, 200, 101


def text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def framed(kind: int, body: bytes) -> bytes:
    return struct.pack(">IB", len(body) + 1, kind) + body


@pytest.fixture(scope="module")
def bounded(make_desk: Callable[..., Any]) -> Any:
    return make_desk(SftpLimits(max_handles_per_channel=8, max_channels_per_connection=2))


def connect(desk: Any) -> Any:
    return asyncssh.connect(
        "127.0.0.1", desk.port, username="pf01", client_keys=[str(desk.key)], known_hosts=None, config=None
    )


async def exchange(desk: Any, *packets: bytes, answers: int | None = None) -> list[bytes]:
    """Send raw packets on an SFTP channel; return the answers (all until it closes, or so many)."""
    received: list[bytes] = []
    async with connect(desk) as connection:
        writer, reader, _ = await connection.open_session(subsystem="sftp", encoding=None)
        writer.write(framed(INIT, struct.pack(">I", 3)))
        for packet in packets:
            writer.write(packet)
        if answers is None:
            writer.write_eof()
        try:
            while answers is None or len(received) < answers + 1:
                (length,) = struct.unpack(">I", await asyncio.wait_for(reader.readexactly(4), 20))
                received.append(await reader.readexactly(length))
        except (asyncio.IncompleteReadError, asyncssh.Error):
            pass
    return received[1:]


def memory_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def alive(desk: Any) -> None:
    """The same process still serves an honest client."""

    async def run() -> None:
        async with connect(desk) as connection, connection.start_sftp_client() as client:
            assert "depot" in await client.listdir("/")

    pid = desk.pid
    asyncio.run(run())
    assert desk.pid == pid
    assert desk.supervisor.status().restarts == 0


def test_malformed_packets_do_not_stop_the_server(bounded: Any) -> None:
    chance = random.Random(20050418)  # noqa: S311  a fixed seed, so that a failure can be seen again
    packets = [
        framed(kind, struct.pack(">I", 7) + chance.randbytes(chance.randrange(0, 60)))
        for kind in (*range(3, 24), 200, 255)
        for _ in range(6)
    ]

    async def run() -> None:
        for packet in packets:
            await exchange(bounded, packet, answers=None)

    asyncio.run(run())
    for raw in (b"\xff\xff\xff\xff", struct.pack(">I", 0), framed(OPEN, b""), b"\x00\x00"):
        asyncio.run(exchange(bounded, raw))
    alive(bounded)


def test_an_enormous_read_gets_a_short_answer(bounded: Any) -> None:
    path = bounded.inbox / "pf01" / "retours" / "grand.html"
    path.write_bytes(b"x" * 3_000_000)
    before = memory_kib(bounded.pid)

    async def run() -> list[bytes]:
        opening = framed(OPEN, struct.pack(">I", 1) + text(b"retours/grand.html") + struct.pack(">II", 1, 0))
        handle = (0).to_bytes(4, "big")
        reading = framed(READ, struct.pack(">I", 2) + text(handle) + struct.pack(">QI", 0, 0xFFFFFFFF))
        return await exchange(bounded, opening, reading, answers=2)

    answers = asyncio.run(run())
    assert len(answers[1]) < 300_000
    assert memory_kib(bounded.pid) < before + 50_000


def test_folders_left_open_are_bounded(bounded: Any) -> None:
    opening = [framed(OPENDIR, struct.pack(">I", index) + text(b"/")) for index in range(20)]
    answers = asyncio.run(exchange(bounded, *opening, answers=20))
    assert sum(answer[0] == STATUS for answer in answers) == 12


def test_unwanted_extensions_are_unsupported(bounded: Any) -> None:
    for name in (b"copy-data", b"ranges@asyncssh.com", b"hardlink@openssh.com", b"nonsense"):
        request = framed(EXTENDED, struct.pack(">I", 1) + text(name) + text(b"a") + text(b"b"))
        (answer,) = asyncio.run(exchange(bounded, request, answers=1))
        assert answer[0] == STATUS
        assert struct.unpack(">I", answer[5:9])[0] != 0


def test_closing_twice_deposits_once(bounded: Any) -> None:
    handle = (0).to_bytes(4, "big")
    packets = [
        framed(OPEN, struct.pack(">I", 1) + text(b"depot/une-fois.csv") + struct.pack(">II", 0x1A, 0)),
        framed(WRITE, struct.pack(">I", 2) + text(handle) + struct.pack(">Q", 0) + text(b"abc") + b"trailing bytes"),
        framed(CLOSE, struct.pack(">I", 3) + text(handle)),
        framed(CLOSE, struct.pack(">I", 4) + text(handle)),
        framed(WRITE, struct.pack(">I", 5) + text(handle) + struct.pack(">Q", 0) + text(b"xyz")),
    ]
    answers = asyncio.run(exchange(bounded, *packets, answers=5))
    statuses = [struct.unpack(">I", answer[5:9])[0] for answer in answers if answer[0] == STATUS]
    assert statuses[:2] == [0, 0]
    assert all(statuses[2:])
    assert (bounded.depot() / "une-fois.csv").read_bytes() == b"abc"


def test_a_close_followed_by_a_vanishing_client_is_a_deposit(bounded: Any, until: Callable[..., None]) -> None:
    """The close was asked for: the connection ends before the answer, the deposit stands."""
    handle = (0).to_bytes(4, "big")

    async def run() -> None:
        connection = await connect(bounded)
        writer, _, _ = await connection.open_session(subsystem="sftp", encoding=None)
        writer.write(
            framed(INIT, struct.pack(">I", 3))
            + framed(OPEN, struct.pack(">I", 1) + text(b"depot/adieu.csv") + struct.pack(">II", 0x1A, 0))
            + framed(WRITE, struct.pack(">I", 2) + text(handle) + struct.pack(">Q", 0) + text(b"abc" * 9000))
            + framed(CLOSE, struct.pack(">I", 3) + text(handle))
        )
        connection.close()
        await connection.wait_closed()

    asyncio.run(run())
    until((bounded.depot() / "adieu.csv").exists)
    assert (bounded.depot() / "adieu.csv").read_bytes() == b"abc" * 9000


def test_closed_channels_free_their_place(bounded: Any) -> None:
    async def run() -> None:
        async with connect(bounded) as connection:
            for _ in range(10):
                client = await connection.start_sftp_client()
                client.exit()
                await client.wait_closed()

    asyncio.run(run())


def elsewhere(desk: Any) -> set[Path]:
    """Everything in the inbox but the depositor's own folder and what is ours."""
    ours = (desk.inbox / ".guichet", desk.depot())
    return {path for path in desk.inbox.rglob("*") if not any(path.is_relative_to(each) for each in ours)}


@pytest.mark.parametrize(
    "lines",
    [
        b"C0644 99999999999999 x\n",
        b"C0644 -5 x\n",
        b"C0644 3 ../../pf02/depot/x\nabc\0",
        b"C0644 3 ../retours/x\nabc\0",
        b"C0644 0 tronque",
        b"D0755 0 ..\nC0644 3 x\nabc\0E\n",
        b"T0 0 0 0\nE\nE\nE\n",
        b"\n\n\n",
        b"\x01erreur\n\x02fatale\n",
        b"x" * 3_000_000,
        b"C0644 3 \xff\xfe\nab",
    ],
)
def test_hostile_scp_conversations_deposit_nothing_elsewhere(bounded: Any, lines: bytes) -> None:
    before = elsewhere(bounded)

    async def run() -> None:
        async with connect(bounded) as connection:
            writer, reader, _ = await connection.open_session("scp -r -t /depot", encoding=None)
            writer.write(lines)
            writer.write_eof()
            await asyncio.wait_for(reader.read(), 20)

    asyncio.run(run())
    assert elsewhere(bounded) == before
    alive(bounded)


def test_a_stranger_cannot_take_every_connection(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(SftpLimits(max_unproven_per_peer=5))

    async def run() -> None:
        silent = [await asyncio.open_connection("127.0.0.1", desk.port) for _ in range(30)]
        cut = 0
        for reader, _ in silent:
            banner = await reader.readline()
            cut += banner == b"" or await _ended(reader)
        assert cut == 25
        for _, writer in silent:
            writer.close()

    async def _ended(reader: asyncio.StreamReader) -> bool:
        try:
            await asyncio.wait_for(reader.read(65536), 0.2)
            await asyncio.wait_for(reader.read(65536), 0.2)
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return reader.at_eof()

    asyncio.run(run())
