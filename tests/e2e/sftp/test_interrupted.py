"""A client that vanishes has deposited nothing, and may come back to finish."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import asyncssh
import pytest

SIZE = 2_000_000
SLOW = ["-l", "4000"]  # kbit/s: four seconds for the whole file


def connect(desk: Any, **options: Any) -> Any:
    settings = {"username": "pf01", "client_keys": [str(desk.key)], "known_hosts": None, "config": None, **options}
    return asyncssh.connect("127.0.0.1", desk.port, **settings)


def start(desk: Any, command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=desk.root,
        start_new_session=True,
    )


def slow_command(desk: Any, client: str, path: str, name: str) -> list[str]:
    target = f"pf01@127.0.0.1:/depot/{name}"
    if client == "sftp":
        batch = desk.root / f"batch-{name}"
        batch.write_text(f"put {path} depot/{name}\n")
        return desk.sftp_command(*SLOW, "-b", str(batch))
    option = ["-O"] if client == "scp-O" else []
    return ["scp", *option, *SLOW, *desk.ssh_options, "-P", str(desk.port), path, target]


def kill_in_mid_upload(desk: Any, until: Callable[..., None], client: str, path: str, name: str) -> int:
    """Kill the client once some bytes have arrived; return how many were kept."""
    process = start(desk, slow_command(desk, client, path, name))

    def growing() -> bool:
        found = desk.unfinished(name.encode())
        assert process.poll() is None, "the client ended before it could be killed"
        return found is not None and found.size > 100_000

    until(growing)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    part = desk.unfinished(name.encode())
    assert part is not None
    until(lambda: part.path.stat().st_mode & 0o777 == 0o600)
    return part.path.stat().st_size


@pytest.mark.parametrize("client", ["sftp", "scp", "scp-O"])
def test_a_killed_client_deposits_nothing_and_resumes(
    desk: Any, until: Callable[..., None], need: Callable[[str], None], client: str
) -> None:
    need("scp")
    path = desk.payload(f"gros-{client}", SIZE)
    name = f"coupe-{client}.csv"
    kept = kill_in_mid_upload(desk, until, client, str(path), name)
    assert 0 < kept < SIZE
    assert not (desk.depot() / name).exists()
    assert name not in desk.sftp("ls depot").stdout
    closes = desk.inbox / ".guichet" / "closes"
    assert not any(f'"{name}"' in each.read_text() for each in closes.glob("*.json"))

    done = desk.sftp(f"reput {path} depot/{name}")
    assert done.returncode == 0, done.stderr
    arrived = desk.depot() / name
    assert arrived.read_bytes() == path.read_bytes()
    record = desk.record(arrived)
    assert record is not None
    assert record.size == SIZE
    assert desk.unfinished(name.encode()) is None


@pytest.mark.parametrize("client", ["sftp", "scp", "scp-O"])
def test_a_new_transfer_over_a_leftover_part_starts_again(
    desk: Any, until: Callable[..., None], need: Callable[[str], None], client: str
) -> None:
    """`scp` opens without TRUNC: the bytes of the longer leftover must not show through."""
    need("scp")
    name = f"reste-{client}.csv"
    kill_in_mid_upload(desk, until, "sftp", str(desk.payload("gros", SIZE)), name)
    path = desk.payload("petit", 1_000)
    command = desk.sftp_command("-b", "-") if client == "sftp" else None
    if command is None:
        command = [word for word in slow_command(desk, client, str(path), name) if word not in SLOW]
        done = desk.run(command)
    else:
        done = desk.run(command, input=f"put {path} depot/{name}\n")
    assert done.returncode == 0, done.stderr
    assert (desk.depot() / name).read_bytes() == path.read_bytes()
    assert desk.unfinished(name.encode()) is None


def test_the_rest_of_a_transfer_can_be_removed_by_its_client(
    desk: Any, until: Callable[..., None], need: Callable[[str], None]
) -> None:
    need("sftp")
    kill_in_mid_upload(desk, until, "sftp", str(desk.payload("gros", SIZE)), "abandon.csv")
    assert desk.sftp("rm depot/abandon.csv").returncode == 0
    assert desk.unfinished(b"abandon.csv") is None


def test_a_frozen_connection_is_taken_over_by_the_one_that_resumes(
    desk: Any, until: Callable[..., None], need: Callable[[str], None]
) -> None:
    need("sftp")
    path = desk.payload("gele", SIZE)
    process = start(desk, slow_command(desk, "sftp", str(path), "gele.csv"))
    try:
        until(lambda: (found := desk.unfinished(b"gele.csv")) is not None and found.size > 100_000)
        os.killpg(process.pid, signal.SIGSTOP)
        done = desk.sftp(f"reput {path} depot/gele.csv")
        assert done.returncode == 0, done.stderr
        assert (desk.depot() / "gele.csv").read_bytes() == path.read_bytes()
        os.killpg(process.pid, signal.SIGCONT)
        assert process.wait(60) != 0, "the first one is told that it lost"
        assert (desk.depot() / "gele.csv").read_bytes() == path.read_bytes()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_two_clients_on_one_name_do_not_mix_and_the_last_close_wins(desk: Any) -> None:
    async def attempt() -> None:
        async with (
            connect(desk) as one,
            connect(desk) as two,
            one.start_sftp_client() as first,
            two.start_sftp_client() as second,
        ):
            a = await first.open("depot/deux.csv", "wb")
            b = await second.open("depot/deux.csv", "wb")
            await a.write(b"a" * 50_000)
            await b.write(b"b" * 20_000)
            await a.write(b"a" * 50_000)
            await b.close()
            assert (desk.depot() / "deux.csv").read_bytes() == b"b" * 20_000
            await a.close()

    asyncio.run(attempt())
    assert (desk.depot() / "deux.csv").read_bytes() == b"a" * 100_000
    record = desk.record(desk.depot() / "deux.csv")
    assert record is not None
    assert record.size == 100_000
    assert desk.unfinished(b"deux.csv") is None


def test_a_resume_beyond_what_is_there_is_refused(desk: Any) -> None:
    async def attempt() -> None:
        async with connect(desk) as connection, connection.start_sftp_client() as client:
            handle = await client.open("depot/trou.csv", asyncssh.FXF_WRITE | asyncssh.FXF_CREAT, encoding=None)
            with pytest.raises(asyncssh.SFTPError, match="Reprise impossible"):
                await handle.write(b"fin", 5_000)
            with pytest.raises(asyncssh.SFTPError, match="Reprise impossible"):
                await handle.close()

    asyncio.run(attempt())
    assert not (desk.depot() / "trou.csv").exists()
    assert desk.unfinished(b"trou.csv") is None


def test_only_what_came_without_a_hole_is_kept_for_a_resume(desk: Any, until: Callable[..., None]) -> None:
    async def attempt() -> None:
        async with connect(desk) as connection, connection.start_sftp_client() as client:
            handle = await client.open("depot/iles.csv", "wb")
            await handle.write(b"a" * 1_000, 0)
            await handle.write(b"c" * 1_000, 2_000)
            connection.abort()

    asyncio.run(attempt())
    until(lambda: (found := desk.unfinished(b"iles.csv")) is not None and found.size == 1_000)


def test_appending_continues_a_leftover_part(desk: Any, until: Callable[..., None]) -> None:
    async def attempt() -> None:
        async with connect(desk) as connection, connection.start_sftp_client() as client:
            handle = await client.open("depot/suite.csv", "wb")
            await handle.write(b"debut;")
            connection.abort()
        until(lambda: (found := desk.unfinished(b"suite.csv")) is not None and found.path.stat().st_mode & 0o40 == 0)
        async with connect(desk) as connection, connection.start_sftp_client() as client:
            assert (await client.stat("depot/suite.csv")).size == 6
            async with client.open("depot/suite.csv", "ab") as handle:
                await handle.write(b"fin")

    asyncio.run(attempt())
    assert (desk.depot() / "suite.csv").read_bytes() == b"debut;fin"


def test_a_server_killed_in_mid_upload_publishes_nothing_and_trusts_no_hole(
    make_desk: Callable[..., Any], until: Callable[..., None], need: Callable[[str], None]
) -> None:
    need("sftp")
    desk = make_desk()
    path = desk.payload("panne", SIZE)
    process = start(desk, slow_command(desk, "sftp", str(path), "panne.csv"))
    until(lambda: (found := desk.unfinished(b"panne.csv")) is not None and found.size > 100_000)
    former, port = desk.pid, desk.port
    os.kill(former, signal.SIGKILL)
    process.wait(60)
    until(lambda: (ready := desk.supervisor.status().ready) is not None and ready.pid != former)
    assert desk.supervisor.wait_ready(60).port == port, "clients keep their address"
    assert not (desk.depot() / "panne.csv").exists()
    done = desk.sftp(f"put {path} depot/panne.csv")
    assert done.returncode == 0, done.stderr
    assert (desk.depot() / "panne.csv").read_bytes() == path.read_bytes()


def test_a_server_told_to_stop_leaves_transfers_resumable(
    make_desk: Callable[..., Any], until: Callable[..., None], need: Callable[[str], None]
) -> None:
    need("sftp")
    desk = make_desk()
    path = desk.payload("arret", SIZE)
    process = start(desk, slow_command(desk, "sftp", str(path), "arret.csv"))
    until(lambda: (found := desk.unfinished(b"arret.csv")) is not None and found.size > 100_000)
    desk.supervisor.stop()
    process.wait(60)
    assert not (desk.depot() / "arret.csv").exists()
    desk.supervisor = desk.new_supervisor()
    desk.start()
    done = desk.sftp(f"reput {path} depot/arret.csv")
    assert done.returncode == 0, done.stderr
    assert (desk.depot() / "arret.csv").read_bytes() == path.read_bytes()
