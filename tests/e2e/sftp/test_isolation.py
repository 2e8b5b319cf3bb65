"""An account reaches its own folders and nothing else, whatever it asks for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import asyncssh
import pytest

from ingest.sftp.config import SftpLimits

CANARY = b"canari-de-pf02"


def connect(desk: Any, **options: Any) -> Any:
    settings = {"username": "pf01", "client_keys": [str(desk.key)], "known_hosts": None, "config": None, **options}
    return asyncssh.connect("127.0.0.1", desk.port, **settings)


def with_client(desk: Any, act: Callable[[asyncssh.SFTPClient], Awaitable[None]]) -> None:
    async def run() -> None:
        async with connect(desk) as connection, connection.start_sftp_client(path_encoding=None) as client:
            await act(client)

    asyncio.run(run())


@pytest.fixture
def other(desk: Any) -> Any:
    """Things of another account, and of ours, that must never be seen."""
    for folder in ("depot", "essai", "retours", "diffusion"):
        (desk.inbox / "pf02" / folder / "secret.csv").write_bytes(CANARY)
    (desk.inbox / "outside.csv").write_bytes(CANARY)
    return desk


PATHS = [
    b"../pf02/depot/secret.csv",
    b"/../pf02/depot/secret.csv",
    b"depot/../../pf02/depot/secret.csv",
    b"/depot/../../pf02/essai/secret.csv",
    b"/pf02/depot/secret.csv",
    b"../outside.csv",
    b"/../../../../../../etc/passwd",
    b"/etc/passwd",
    b".guichet/closes",
    b"../.guichet/closes",
    b"../../home/accounts/accounts.json",
    b"//pf02//depot//secret.csv",
    b"depot/./../../pf02/retours/secret.csv",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_outside(other: Any, path: bytes) -> None:
    async def act(client: asyncssh.SFTPClient) -> None:
        async with client.open(b"depot/a-moi.csv", "wb") as handle:
            await handle.write(b"x")
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: client.stat(path),
            lambda: client.lstat(path),
            lambda: client.listdir(path),
            lambda: client.open(path, "rb"),
            lambda: client.open(path, "wb"),
            lambda: client.open(path, "ab"),
            lambda: client.remove(path),
            lambda: client.rename(path, b"depot/vole.csv"),
            lambda: client.posix_rename(b"depot/a-moi.csv", path),
            lambda: client.rename(b"depot/a-moi.csv", path),
            lambda: client.mkdir(path),
            lambda: client.rmdir(path),
            lambda: client.truncate(path, 0),
            lambda: client.chmod(path, 0o777),
            lambda: client.readlink(path),
            lambda: client.symlink(path, b"depot/lien"),
            lambda: client.link(path, b"depot/lien"),
        ]
        for attempt in attempts:
            with pytest.raises(asyncssh.SFTPError):
                await attempt()
        real = await client.realpath(path)
        assert isinstance(real, bytes)
        assert os.fsencode(other.root) not in real

    with_client(other, act)
    for folder in ("depot", "essai", "retours", "diffusion"):
        assert (other.inbox / "pf02" / folder / "secret.csv").read_bytes() == CANARY
    assert sorted(each.name for each in other.depot("pf02").iterdir()) == ["secret.csv"]


def test_links_planted_from_outside_are_neither_shown_nor_followed(other: Any) -> None:
    home = other.inbox / "pf01"
    (home / "depot" / "lien.csv").symlink_to(other.inbox / "pf02" / "depot" / "secret.csv")
    (home / "depot" / "dossier").symlink_to(other.inbox / "pf02")
    (home / "retours" / "lien").symlink_to("/etc")
    os.link(other.inbox / "pf02" / "depot" / "secret.csv", home / "depot" / "dur.csv")
    os.mkfifo(home / "depot" / "tube")

    async def act(client: asyncssh.SFTPClient) -> None:
        names = set(await client.listdir(b"depot"))
        assert not names & {b"lien.csv", b"dossier", b"tube"}
        for path in (
            b"depot/lien.csv",
            b"depot/dossier/depot/secret.csv",
            b"depot/dur.csv",
            b"depot/tube",
            b"retours/lien/passwd",
        ):
            with pytest.raises(asyncssh.SFTPError):
                await client.open(path, "rb")
        for path in (b"depot/dossier", b"depot/dossier/depot", b"retours/lien"):
            with pytest.raises(asyncssh.SFTPError):
                await client.listdir(path)
        for path in (b"depot/dossier/x.csv", b"depot/dossier/depot/x.csv"):
            with pytest.raises(asyncssh.SFTPError):
                await client.open(path, "wb")
        with pytest.raises(asyncssh.SFTPError):
            await client.rename(b"depot/lien.csv", b"depot/autre.csv")

    with_client(other, act)
    assert (other.inbox / "pf02" / "depot" / "secret.csv").read_bytes() == CANARY
    (home / "depot" / "dur.csv").unlink()


def test_clients_cannot_make_links(other: Any) -> None:
    async def act(client: asyncssh.SFTPClient) -> None:
        async with client.open(b"depot/f.csv", "wb") as handle:
            await handle.write(b"x")
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="liens"):
            await client.symlink(b"f.csv", b"depot/l.csv")
        with pytest.raises(asyncssh.SFTPError):
            await client.link(b"depot/f.csv", b"depot/l.csv")

    with_client(other, act)
    assert not (other.depot() / "l.csv").exists()


@pytest.mark.parametrize("folder", [b"retours", b"diffusion"])
def test_our_folders_are_read_only_and_say_so(other: Any, folder: bytes) -> None:
    name = folder + b"/situation.html"
    path = other.inbox / "pf01" / os.fsdecode(name)
    path.write_text("<p>situation</p>")

    async def act(client: asyncssh.SFTPClient) -> None:
        async with client.open(b"depot/r.csv", "wb") as handle:
            await handle.write(b"x")
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: client.open(folder + b"/x.csv", "wb"),
            lambda: client.open(name, "ab"),
            lambda: client.open(name, "r+b"),
            lambda: client.remove(name),
            lambda: client.rename(name, b"depot/s.html"),
            lambda: client.rename(b"depot/r.csv", folder + b"/r.csv"),
            lambda: client.posix_rename(b"depot/r.csv", name),
            lambda: client.mkdir(folder + b"/x"),
            lambda: client.rmdir(folder),
            lambda: client.truncate(name, 0),
            lambda: client.chmod(name, 0o777),
        ]
        for attempt in attempts:
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await attempt()
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="lecture seule"):
            await client.remove(name)
        async with client.open(name, "rb") as handle:
            assert await handle.read() == b"<p>situation</p>"

    with_client(other, act)
    assert path.read_text() == "<p>situation</p>"


def test_nothing_lands_at_the_root_and_folders_stay(other: Any) -> None:
    async def act(client: asyncssh.SFTPClient) -> None:
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="racine"):
            await client.open(b"/f.csv", "wb")
        for folder in (b"depot", b"retours"):
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await client.rmdir(folder)
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await client.rename(folder, b"essai/x")
        assert {b"depot", b"essai", b"retours", b"diffusion"} == set(await client.listdir(b"/"))
        assert await client.getcwd() == b"/"

    with_client(other, act)


def test_one_level_of_folder_can_be_dropped_so_that_the_answer_can_be_given(other: Any) -> None:
    async def act(client: asyncssh.SFTPClient) -> None:
        await client.mkdir(b"depot/2005T1")
        async with client.open(b"depot/2005T1/f.csv", "wb") as handle:
            await handle.write(b"dedans")
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="niveau"):
            await client.mkdir(b"depot/2005T1/plus")
        with pytest.raises(asyncssh.SFTPError):
            await client.rename(b"depot/2005T1", b"depot/autre")
        await client.mkdir(b"depot/vide")
        await client.rmdir(b"depot/vide")

    with_client(other, act)
    inside = other.depot() / "2005T1" / "f.csv"
    assert inside.read_bytes() == b"dedans"
    record = other.record(inside)
    assert record is not None
    assert record.folder == "depot/2005T1"


ODD = [
    "accentué é.csv".encode(),
    b"latin-\xe9.csv",
    b"new\nline.csv",
    b"\r\t\x01\x1b[31m.csv",
    b"-rf",
    b"=cmd|' -C calc'!A0.csv",
    b"<script>.csv",
    b"%s%n.csv",
    b" espace ",
    "\u202egnp.csv".encode(),
    b"...",
    b"a\\b.csv",
    b"\xff\xfe",
    b"x" * 255,
    b"\xe9" * 255,
    b"CON",
    b"*",
]


@pytest.mark.parametrize("name", ODD)
def test_any_name_that_the_disk_takes_is_accepted(desk: Any, name: bytes) -> None:
    async def act(client: asyncssh.SFTPClient) -> None:
        async with client.open(b"depot/" + name, "wb") as handle:
            await handle.write(name)
        assert (await client.stat(b"depot/" + name)).size == len(name)
        assert name in await client.listdir(b"depot")

    with_client(desk, act)
    arrived = desk.depot() / os.fsdecode(name)
    assert arrived.read_bytes() == name
    record = desk.record(arrived)
    assert record is not None
    assert os.fsencode(record.name) == name


@pytest.mark.parametrize("name", [b"x" * 256, b"a\0b"])
def test_impossible_names_are_refused_with_a_text(desk: Any, name: bytes) -> None:
    async def act(client: asyncssh.SFTPClient) -> None:
        async def send() -> None:
            handle = await client.open(b"depot/" + name, "wb")
            await handle.write(b"x")
            await handle.close()

        with pytest.raises(asyncssh.SFTPError, match="nom"):
            await send()
        assert await client.exists(b"depot")

    with_client(desk, act)


def test_there_is_no_shell_no_command_and_no_forwarding(desk: Any) -> None:
    async def run() -> None:
        async with connect(desk) as connection:
            for command in ("id", "sftp-server", "scp", "scpx -t /", None):
                with pytest.raises((asyncssh.ChannelOpenError, asyncssh.ProcessError, asyncssh.Error)):
                    await asyncio.wait_for(connection.run(command, check=True), 30)
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_connection("127.0.0.1", desk.port)
            with pytest.raises(asyncssh.ChannelListenError):
                await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 1)
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_unix_connection("/nulle/part")
            done = await connection.run("scp -t /depot; touch x", check=False)
            assert done.exit_status != 0 or "racine" in str(done.stdout) or not done.stdout

    asyncio.run(run())


@pytest.fixture(scope="module")
def small(make_desk: Callable[..., Any]) -> Any:
    return make_desk(
        SftpLimits(
            max_file_bytes=100_000,
            quota_bytes=250_000,
            max_files=6,
            max_sessions_per_account=3,
            max_handles_per_channel=4,
            max_channels_per_connection=2,
        )
    )


def test_each_limit_refuses_with_its_own_text_and_leaves_nothing(small: Any) -> None:
    async def send(client: asyncssh.SFTPClient, name: bytes, size: int) -> None:
        handle = await client.open(b"depot/" + name, "wb")
        try:
            for offset in range(0, size, 30_000):
                await handle.write(b"x" * min(30_000, size - offset), offset)
        finally:
            await handle.close()

    async def far(client: asyncssh.SFTPClient) -> None:
        handle = await client.open(b"depot/loin.csv", "wb")
        await handle.write(b"x", 1 << 40)

    async def stretched(client: asyncssh.SFTPClient) -> None:
        handle = await client.open(b"depot/etire.csv", "wb")
        await handle.truncate(1 << 40)

    async def act(client: asyncssh.SFTPClient) -> None:
        with pytest.raises(asyncssh.SFTPError, match="trop gros"):
            await send(client, b"gros.csv", 100_001)
        with pytest.raises(asyncssh.SFTPError, match="trop gros"):
            await far(client)
        with pytest.raises(asyncssh.SFTPError, match="trop gros"):
            await stretched(client)
        await send(client, b"un.csv", 100_000)
        await send(client, b"deux.csv", 100_000)
        with pytest.raises(asyncssh.SFTPError, match="plein"):
            await send(client, b"trois.csv", 60_000)
        for index in range(8):
            try:
                await send(client, b"n%d.csv" % index, 1)
            except asyncssh.SFTPError as error:
                assert "Trop de fichiers" in error.reason  # noqa: PT017  which index is refused depends on the disk
                break
        else:
            pytest.fail("the number of files has no bound")
        room = await client.statvfs(b"depot")
        assert room.bfree is not None
        assert room.bfree * room.bsize < 60_000

    with_client(small, act)
    names = {each.name for each in small.depot().iterdir()}
    assert {"un.csv", "deux.csv"} <= names
    assert not names & {"gros.csv", "loin.csv", "etire.csv", "trois.csv"}


def test_handles_channels_and_sessions_are_bounded(small: Any) -> None:
    async def run() -> None:
        async with connect(small) as connection:
            client = await connection.start_sftp_client()
            (small.inbox / "pf01" / "retours" / "r.html").write_text("r")
            handles = [await client.open("retours/r.html", "rb") for _ in range(4)]
            with pytest.raises(asyncssh.SFTPError, match="Trop de fichiers ouverts"):
                await client.open("retours/r.html", "rb")
            await handles[0].close()
            await client.open("retours/r.html", "rb")
            await connection.start_sftp_client()
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.start_sftp_client()
        connections = [await connect(small) for _ in range(3)]
        fourth = await connect(small)
        with pytest.raises((asyncssh.Error, OSError)):
            await fourth.start_sftp_client()
        for each in (*connections, fourth):
            each.abort()
            await each.wait_closed()

    asyncio.run(run())
