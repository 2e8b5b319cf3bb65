"""Who gets in, and for how long."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncssh
import pytest


def connect(desk: Any, username: str = "pf01", **options: Any) -> Any:
    settings = {"username": username, "known_hosts": None, "config": None, "client_keys": None, **options}
    settings.setdefault("agent_path", None)
    return asyncssh.connect("127.0.0.1", desk.port, **settings)


async def enters(desk: Any, username: str, **options: Any) -> bool:
    try:
        connection = await connect(desk, username, **options)
    except asyncssh.PermissionDenied:
        return False
    async with connection, connection.start_sftp_client() as client:
        await client.listdir("depot")
    return True


def test_a_key_and_a_password_open_their_own_account_only(desk: Any) -> None:
    async def run() -> None:
        assert await enters(desk, "pf01", client_keys=[str(desk.key)])
        assert await enters(desk, "pf01", password=desk.password)
        stranger = asyncssh.generate_private_key("ssh-ed25519")
        assert not await enters(desk, "pf01", client_keys=[stranger])
        assert not await enters(desk, "pf01", password="un-autre-mot-de-passe")
        assert not await enters(desk, "pf01", password="")
        assert not await enters(desk, "pf02", password=desk.password), "pf02 has no password"
        assert not await enters(desk, "inconnu", password=desk.password)
        assert not await enters(desk, "../pf01", password=desk.password)
        assert not await enters(desk, "PF01", password=desk.password)
        assert not await enters(desk, "pf01", password="x" * 100_000)

    asyncio.run(run())


def test_the_password_is_nowhere_in_clear(desk: Any) -> None:
    for path in (desk.accounts, *desk.home.rglob("*")):
        if path.is_file():
            assert desk.password not in path.read_text(errors="replace")
    assert desk.accounts.stat().st_mode & 0o777 == 0o600
    assert (desk.home / "sftp" / "ssh_host_ed25519_key").stat().st_mode & 0o777 == 0o600


def test_an_account_made_while_the_server_runs_can_enter(desk: Any) -> None:
    desk.store.add("pf03", datetime(2026, 1, 1, tzinfo=UTC))
    desk.store.set_password("pf03", "tout-neuf-tout-beau")
    assert asyncio.run(enters(desk, "pf03", password="tout-neuf-tout-beau"))


@pytest.mark.parametrize("change", ["disable", "password", "key"])
def test_a_session_ends_when_its_account_closes_or_its_proof_changes(desk: Any, change: str) -> None:
    name = f"fin-{change}"
    desk.store.add(name, datetime(2026, 1, 1, tzinfo=UTC))
    fingerprint = desk.store.add_key(name, desk.key.with_suffix(".pub").read_text())
    desk.store.set_password(name, "premier-mot-de-passe")
    proof = {"client_keys": [str(desk.key)]} if change == "key" else {"password": "premier-mot-de-passe"}

    async def run() -> None:
        connection = await connect(desk, name, **proof)
        client = await connection.start_sftp_client()
        handle = await client.open("depot/en-cours.csv", "wb")
        await handle.write(b"debut")
        if change == "disable":
            desk.store.disable(name)
        elif change == "password":
            desk.store.set_password(name, "second-mot-de-passe")
        else:
            desk.store.remove_key(name, fingerprint)
        await asyncio.wait_for(connection.wait_closed(), 20)
        assert not await enters(desk, name, **proof)

    asyncio.run(run())
    assert list(desk.depot(name).iterdir()) == []
    if change == "disable":
        assert desk.store.add(name, datetime(2026, 1, 1, tzinfo=UTC)).value == "enabled_again"
        assert asyncio.run(enters(desk, name, password="premier-mot-de-passe"))


def test_other_sessions_go_on_when_an_account_closes(desk: Any) -> None:
    desk.store.add("voisin", datetime(2026, 1, 1, tzinfo=UTC))
    desk.store.set_password("voisin", "le-mot-du-voisin")

    async def run() -> None:
        neighbour = await connect(desk, "voisin", password="le-mot-du-voisin")
        async with connect(desk, password=desk.password) as connection, connection.start_sftp_client() as client:
            handle = await client.open("depot/continue.csv", "wb")
            await handle.write(b"un;")
            desk.store.disable("voisin")
            await asyncio.wait_for(neighbour.wait_closed(), 20)
            await handle.write(b"deux")
            await handle.close()

    asyncio.run(run())
    assert (desk.depot() / "continue.csv").read_bytes() == b"un;deux"


def test_a_password_with_accents_is_one_however_it_is_typed(desk: Any) -> None:
    desk.store.add("accent", datetime(2026, 1, 1, tzinfo=UTC))
    desk.store.set_password("accent", "E\u0301te\u0301-a\u0300-la-me\u0300r")  # typed in two strokes

    async def run() -> None:
        assert await enters(desk, "accent", password="\u00c9t\u00e9-\u00e0-la-m\u00e8r")

    asyncio.run(run())


def test_a_damaged_accounts_file_keeps_the_last_good_one(make_desk: Callable[..., Any]) -> None:
    desk = make_desk()
    assert asyncio.run(enters(desk, "pf01", client_keys=[str(desk.key)]))
    good = desk.accounts.read_bytes()
    desk.accounts.write_bytes(good[: len(good) // 2])
    assert asyncio.run(enters(desk, "pf01", client_keys=[str(desk.key)]))


def test_the_host_key_is_the_one_announced_and_outlives_restarts(make_desk: Callable[..., Any]) -> None:
    desk = make_desk()
    first = desk.supervisor.status().ready
    key = asyncio.run(asyncssh.get_server_host_key("127.0.0.1", desk.port, config=None))
    assert first is not None
    assert key is not None
    assert key.get_fingerprint() == first.fingerprint
    desk.supervisor.stop()
    desk.supervisor = desk.new_supervisor()
    desk.start()
    second = desk.supervisor.status().ready
    assert second is not None
    assert second.fingerprint == first.fingerprint
    assert json.loads((desk.home / "sftp" / "ready.json").read_text())["port"] == desk.port


def test_guessing_is_stopped_for_the_guesser(make_desk: Callable[..., Any]) -> None:
    """After ten wrong passwords the right one from the same place is refused too; keys still work."""
    desk = make_desk()

    async def guess(index: int) -> None:
        assert not await enters(desk, "pf01", password=f"mauvais-mot-de-passe-{index}")

    async def run() -> None:
        await asyncio.gather(*(guess(index) for index in range(10)))
        assert not await enters(desk, "pf01", password=desk.password)
        assert await enters(desk, "pf01", client_keys=[str(desk.key)])

    asyncio.run(run())


def test_old_algorithms_and_password_free_doors_are_closed(desk: Any) -> None:
    async def run() -> None:
        assert not await enters(desk, "pf01", preferred_auth=["none"])
        # Either side may be the first to say so: ours by its disconnect message, or by the closed connection alone.
        with pytest.raises((asyncssh.KeyExchangeFailed, asyncssh.ConnectionLost)):
            await connect(desk, kex_algs=["diffie-hellman-group14-sha1"], password=desk.password)
        key = asyncssh.generate_private_key("ssh-rsa", key_size=3072)
        desk.store.add_key("pf01", key.export_public_key().decode())
        assert await enters(desk, "pf01", client_keys=[key])

    asyncio.run(run())


def test_the_server_never_opens_a_database() -> None:
    """House plan: the process reads an exported accounts file only."""
    code = "import sys, ingest.sftp.server; print(sorted(m for m in sys.modules if 'sql' in m or 'pandas' in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
