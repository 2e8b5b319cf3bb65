"""Accounts ask for each other's things in every way that SFTP has, of sshd as shipped (contract §12)."""

from __future__ import annotations

import os
import pwd
import struct
from typing import Any

import pytest

from tests.probing_kit import (
    CREAT,
    OPERATIONS,
    STATUS,
    R,
    Site,
    W,
    at_handles,
    done_at_home,
    extended,
    guesses,
    nul_probe,
    probe,
    text,
)

CANARY = b"canari-du-voisin"
SILENT = frozenset({"link", "link sym", "unknown kind", "block", "unblock"})
REFUSED_AT_HOME = {
    *("setstat root", "setstat uid", "setstat all", "mkdir", "rmdir", "readlink"),
    *("rename over", "symlink aimed at", "symlink put there", "hardlink from", "hardlink to"),
    *("statvfs@openssh.com", "lsetstat rights", "lsetstat times", "home-directory"),
    "nonsense@example.org",
}
"""What `-P` takes away, what a user may not do to a file, what there is not; the rest is granted at one's own files."""


@pytest.fixture(scope="module")
def site(machine: Any) -> Site:
    accounts = (machine.one, machine.two, machine.three)
    keys = dict(zip(accounts, "abc", strict=True))

    def words(account: str) -> list[str]:
        found = ["ssh", *machine.sftp_words(account, keys[account])[1:]]
        found[found.index("-P")] = "-p"
        return found

    for account in accounts:
        path = machine.inbox / account / "retours" / "secret.html"
        path.write_bytes(CANARY)
        path.chmod(0o644)
    return Site(
        inbox=machine.inbox,
        accounts=accounts,
        words=words,
        owner=lambda account: pwd.getpwnam(account).pw_uid,
        silent=SILENT,
    )


def test_every_operation_does_at_home_what_it_should(site: Site) -> None:
    with site.channel(site.accounts[0]) as channel:
        granted = done_at_home(channel, site, site.accounts[0])
    assert {name for name, done in granted.items() if not done} == REFUSED_AT_HOME


@pytest.mark.parametrize(("mine", "other"), [(0, 1), (1, 2), (2, 0)])
def test_no_operation_reaches_another_account_or_tells_what_it_holds(site: Site, mine: int, other: int) -> None:
    me, them = site.accounts[mine], site.accounts[other]
    site.own(me, a=b"aaa", b=b"bbb")
    site.own(them, secret=CANARY)
    before = site.tree(me, them)
    with site.channel(me) as channel:
        asked, wrong = probe(channel, site, them, CANARY)
    assert wrong == []
    assert asked > 80 * len(site.operations)
    assert site.tree(me, them) == before


def test_a_path_does_not_end_where_c_believes(site: Site) -> None:
    me, them = site.accounts[:2]
    site.own(me, a=b"aaa", b=b"bbb")
    site.own(them, secret=CANARY)
    before = site.tree(me, them)
    few = [one for one in OPERATIONS if one.name in {"open r", "open w", "rename from", "rename over", "remove"}]
    assert nul_probe(site, me, them, CANARY, few) == []
    assert site.tree(me, them) == before


def test_a_handle_is_worth_nothing_in_any_other_session(site: Site) -> None:
    """Not for another account, nor for another session of the same one; nor once it is closed."""
    me, them = site.accounts[:2]
    for account in (me, them):
        site.own(account)
    with site.channel(me) as mine:
        upload = mine.handle(b"depot/.long.part", W | CREAT)
        reading = mine.handle(b"retours/secret.html", R)
        closed = mine.handle(b"retours/secret.html", R)
        assert {operation for operation, answer in at_handles(mine, reading, SILENT) if answer.granted} >= {
            "read",
            "fstat",
        }
        assert {operation for operation, answer in at_handles(mine, upload, SILENT) if answer.granted} >= {
            "write",
            "fsetstat",
        }
        mine.close(closed)
        assert [operation for operation, answer in at_handles(mine, closed, SILENT) if answer.granted] == []
        for account in (me, them):
            with site.channel(account) as other:
                for handle in guesses(upload, reading, closed):
                    for operation, answer in at_handles(other, handle, SILENT):
                        assert not answer.granted, (account, handle, operation)
                        assert CANARY not in answer.body
        mine.write(upload, b"jusqu'au bout")
        mine.close(upload)
    assert site.owned(me) == {"long": b"jusqu'au bout"}
    assert site.owned(them) == {}
    site.own(me)


def test_nobody_learns_who_the_others_are_nor_how_much_there_is(site: Site) -> None:
    """What OpenSSH tells beside files: names of users by number, their homes, the disk."""
    me, them = site.accounts[:2]
    numbers = b"".join(struct.pack(">I", number) for number in (site.owner(them), 0, os.getuid()))
    with site.channel(me) as channel:
        answer = channel.one(extended(b"users-groups-by-id@openssh.com", text(numbers) + text(numbers)))
        assert them.encode() not in answer.body
        assert b"root" not in answer.body
        homes = [channel.one(extended(b"home-directory", text(name.encode()))) for name in (them, "root", "absent")]
        assert len({(one.kind, one.body) for one in homes}) == 1
        for name in (b"statvfs@openssh.com", b"fstatvfs@openssh.com"):
            assert channel.one(extended(name, text(b"depot"))).kind == STATUS
        assert channel.one(extended(b"limits@openssh.com", b"")).granted


def test_a_handle_ends_with_the_key_that_opened_it(machine: Any, site: Site) -> None:
    """What was being written is no deposit, what was being read is read no further."""
    account = machine.three
    site.own(account)
    with site.channel(account) as channel:
        upload = channel.handle(b"depot/en-cours.csv", W | CREAT)
        reading = channel.handle(b"retours/secret.html", R)
        channel.write(upload, b"debut")
        assert channel.read(reading).string == CANARY
        machine.guichet("account", "disable", account)
        machine.sync()
        channel.process.wait(machine.patience)
        assert channel.read(reading).kind is None
        assert channel.close(upload).kind is None
    with pytest.raises(EOFError), site.channel(account):
        pass
    assert (machine.inbox / account / "depot" / "en-cours.csv").read_bytes() == b"debut"
    machine.wait_for("the forced close", lambda: "openssh.cut" in machine.log())
    assert machine.answered(account, "en-cours.csv") is None
    machine.guichet("account", "add", account)
    machine.sync()
