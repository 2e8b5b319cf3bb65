"""Accounts ask for each other's things in every way that SFTP has, of the built-in server (contract §12)."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncssh
import pytest

from ingest.sftp.config import SftpLimits
from tests.probing_kit import CREAT, OPERATIONS, Site, W, at_handles, done_at_home, guesses, nul_probe, probe, tricks

CANARY = b"canari-du-voisin"
ACCOUNTS = ("pf01", "pf02", "pf03")
REFUSED_AT_HOME = {
    *("setstat size", "setstat all", "readlink"),
    *("symlink aimed at", "symlink put there", "hardlink from", "hardlink to", "link", "link sym"),
    *("expand-path@openssh.com", "home-directory", "nonsense@example.org", "unknown kind"),
}
"""No links, no change on the spot, nothing that we do not offer; the rest is granted at one's own files."""


@pytest.fixture(scope="module")
def server(make_desk: Callable[..., Any]) -> Any:
    return make_desk(SftpLimits(max_handles_per_channel=16, max_channels_per_connection=4))


@pytest.fixture(scope="module")
def site(server: Any) -> Site:
    desk = server
    desk.store.add("pf03", datetime(2026, 1, 1, tzinfo=UTC))
    desk.store.add_key("pf03", desk.key.with_suffix(".pub").read_text())
    for account in ACCOUNTS:
        (desk.inbox / account / "retours" / "secret.html").write_bytes(CANARY)
    options = [*desk.ssh_options, "-p", str(desk.port)]
    return Site(
        inbox=desk.inbox,
        accounts=ACCOUNTS,
        words=lambda account: ["ssh", *options, f"{account}@127.0.0.1"],
        owner=lambda _account: os.getuid(),
    )


def test_every_operation_does_at_home_what_it_should(site: Site) -> None:
    for account in ACCOUNTS[:2]:
        with site.channel(account) as channel:
            granted = done_at_home(channel, site, account)
        assert {name for name, done in granted.items() if not done} == REFUSED_AT_HOME


@pytest.mark.parametrize(("mine", "other"), [("pf01", "pf02"), ("pf02", "pf03"), ("pf03", "pf01")])
def test_no_operation_reaches_another_account_or_tells_what_it_holds(site: Site, mine: str, other: str) -> None:
    site.own(mine, a=b"aaa", b=b"bbb")
    site.own(other, secret=CANARY)
    before = site.tree(mine, other)
    with site.channel(mine) as channel:
        asked, wrong = probe(channel, site, other, CANARY)
    assert wrong == []
    assert asked > 80 * len(OPERATIONS)
    assert site.tree(mine, other) == before


def test_a_path_does_not_end_where_c_believes(site: Site) -> None:
    site.own("pf01", a=b"aaa", b=b"bbb")
    site.own("pf02", secret=CANARY)
    before = site.tree("pf01", "pf02")
    assert nul_probe(site, "pf01", "pf02", CANARY, OPERATIONS) == []
    assert site.tree("pf01", "pf02") == before


def test_a_handle_is_worth_nothing_in_any_other_session(site: Site) -> None:
    """Not for another account, nor for another session of the same one; nor once it is closed."""
    for account in ACCOUNTS[:2]:
        site.own(account)
    with site.channel("pf01") as mine:
        upload = mine.handle(b"depot/.long.part", W | CREAT)
        reading = mine.handle(b"retours/secret.html", 1)
        closed = mine.handle(b"retours/secret.html", 1)
        assert {operation for operation, answer in at_handles(mine, reading) if answer.granted} >= {"read", "fstat"}
        assert {operation for operation, answer in at_handles(mine, upload) if answer.granted} >= {"write", "fsetstat"}
        mine.close(closed)
        assert [operation for operation, answer in at_handles(mine, closed) if answer.granted] == []
        for account in ACCOUNTS[:2]:
            with site.channel(account) as other:
                for handle in guesses(upload, reading, closed):
                    for operation, answer in at_handles(other, handle):
                        assert not answer.granted, (account, handle, operation)
                        assert CANARY not in answer.body
        mine.write(upload, b"jusqu'au bout")
        mine.close(upload)
    assert site.owned("pf01") == {"long": b"jusqu'au bout"}
    assert site.owned("pf02") == {}


def test_scp_reaches_no_further(server: Any, site: Site) -> None:
    """The old protocol reads and writes by the same rules."""
    site.own("pf01", a=b"aaa")
    site.own("pf02", secret=CANARY)
    before = site.tree("pf02")

    async def say(connection: asyncssh.SSHClientConnection, command: bytes, words: bytes) -> bytes:
        writer, reader, _ = await connection.open_session(command, encoding=None)
        writer.write(words)
        writer.write_eof()
        found = await asyncio.wait_for(reader.read(), 30)
        assert isinstance(found, bytes)
        return found

    async def run() -> None:
        how: dict[str, Any] = {"username": "pf01", "client_keys": [str(server.key)], "known_hosts": None}
        async with asyncssh.connect("127.0.0.1", server.port, config=None, **how) as connection:
            assert b"aaa" in await say(connection, b"scp -f /depot/.a.part", b"\0" * 8)
            for path in tricks(b"pf02", b"depot/.secret.part", os.fsencode(site.inbox)).values():
                target = shlex.quote(path.decode("utf-8", "replace")).encode()
                assert CANARY not in await say(connection, b"scp -f " + target, b"\0" * 8)
                await say(connection, b"scp -t " + target, b"C0644 4 .secret.part\nrien\0")
            await say(connection, b"scp -r -f /..", b"\0" * 64)

    asyncio.run(run())
    assert site.tree("pf02") == before


@pytest.mark.parametrize("change", ["key", "disable"])
def test_a_handle_ends_with_the_key_that_opened_it(server: Any, site: Site, change: str) -> None:
    """What was being written is no deposit, what was being read is read no further."""
    account = f"adieu-{change}"
    server.store.add(account, datetime(2026, 1, 1, tzinfo=UTC))
    fingerprint = server.store.add_key(account, server.key.with_suffix(".pub").read_text())
    (site.inbox / account / "retours" / "secret.html").write_bytes(CANARY)
    with site.channel(account) as channel:
        upload = channel.handle(b"depot/en-cours.csv", W | CREAT)
        reading = channel.handle(b"retours/secret.html", 1)
        channel.write(upload, b"debut")
        assert channel.read(reading).string == CANARY
        if change == "key":
            server.store.remove_key(account, fingerprint)
        else:
            server.store.disable(account)
        channel.process.wait(60)
        assert channel.read(reading).kind is None
        assert channel.close(upload).kind is None
    assert site.owned(account) == {}
    with pytest.raises(EOFError), site.channel(account):
        pass
