"""What a pass over the inbox takes, waits for, and reports."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.submissions import Box
from ingest.inbox import Audience, OddityKind

AS_ROOT = os.geteuid() == 0


def kinds(result) -> list[OddityKind]:
    return [each.kind for each in result.oddities]


def test_a_file_is_taken_once_it_has_kept_still(make_world: Callable) -> None:
    world = make_world(settle_seconds=3)
    world.drop()
    assert (world.scan().settling, world.scan().next_look_seconds) == (1, 3)
    assert world.scan(2.9).ready == ()
    result = world.scan(0.1)
    assert [(each.account, each.box, each.name) for each in result.ready] == [("pf03", Box.DEPOT, "n1a_2005T1.csv")]
    assert (result.settling, result.next_look_seconds) == (0, None)


def test_a_growing_file_is_never_taken_early(make_world: Callable) -> None:
    world = make_world(settle_seconds=3)
    path = world.drop()
    for _ in range(5):
        assert world.scan(2).ready == ()
        with path.open("ab") as stream:
            stream.write(b"3;4\n")
    assert world.scan(2).ready == ()
    assert len(world.scan(3).ready) == 1


def test_a_file_that_a_writer_holds_open_is_not_taken_however_quiet(world) -> None:
    if not world.inbox.leases:
        pytest.skip("this file system cannot tell who writes")
    with world.drop().open("ab"):
        result = world.scan(100)
        assert (result.ready, result.being_written, result.oddities) == ((), 1, ())
        assert kinds(world.scan(3600)) == [OddityKind.UNFINISHED]
    assert len(world.scan().ready) == 1


def test_settle_zero_takes_at_first_sight(world) -> None:
    world.drop()
    assert len(world.scan().ready) == 1


def test_temporary_names_wait_for_their_rename(world) -> None:
    path = world.drop("n1a_2005T1.csv.filepart")
    world.drop("~$n1a.xlsx")
    world.drop(".~lock.n1a.ods#")
    world.drop(".hidden")
    result = world.scan(100)
    assert (result.ready, result.settling, result.oddities) == ((), 0, ())
    path.rename(path.with_suffix(""))
    assert [each.name for each in world.scan().ready] == ["n1a_2005T1.csv"]


def test_an_abandoned_transfer_is_said_under_one_key_until_it_goes_on(world) -> None:
    path = world.drop("n1a.csv.part")
    world.scan()
    first = world.scan(3600)
    second = world.scan(10)
    assert kinds(first) == [OddityKind.UNFINISHED]
    assert first.oddities[0].audience is Audience.DEPOSITOR
    assert first.oddities[0].key == second.oddities[0].key
    with path.open("ab") as stream:
        stream.write(b"more")
    assert world.scan(10).oddities == ()


def test_a_transfer_left_in_the_built_in_server_is_said_to_its_depositor(world) -> None:
    staging = world.root / ".guichet" / "staging" / "pf03" / "depot"
    staging.mkdir(parents=True)
    from ingest.sftp.names import part_name  # noqa: PLC0415

    (staging / part_name(b"n1a.csv")).write_bytes(b"half")
    assert world.scan().oddities == ()
    (oddity,) = world.scan(3600).oddities
    assert (oddity.kind, oddity.account, oddity.box, oddity.name) == (
        OddityKind.UNFINISHED,
        "pf03",
        Box.DEPOT,
        "n1a.csv",
    )


def test_what_is_not_a_file_is_left_alone_and_reported(world) -> None:
    depot = world.depot()
    (depot / "folder.csv").mkdir()
    (depot / "folder.csv" / "inside.csv").write_bytes(b"x")
    (depot / "link.csv").symlink_to("/etc/passwd")
    (depot / "dangling.csv").symlink_to("nowhere")
    os.mkfifo(depot / "fifo.csv")
    linked = world.drop("victim.csv")
    (depot / "alias.csv").hardlink_to(linked)
    with socket.socket(socket.AF_UNIX) as listener:
        before = Path.cwd()
        os.chdir(depot)  # a socket's path is short
        try:
            listener.bind("socket.csv")
        finally:
            os.chdir(before)
    result = world.scan()
    assert result.ready == ()
    assert {each.name: each.kind for each in result.oddities} == {
        "folder.csv": OddityKind.SUB_FOLDER,
        "link.csv": OddityKind.LINK,
        "dangling.csv": OddityKind.LINK,
        "fifo.csv": OddityKind.SPECIAL,
        "socket.csv": OddityKind.SPECIAL,
        "victim.csv": OddityKind.HARD_LINK,
        "alias.csv": OddityKind.HARD_LINK,
    }
    assert {each.key for each in world.scan().oddities} == {each.key for each in result.oddities}
    assert len(list(depot.iterdir())) == 7


@pytest.mark.skipif(not AS_ROOT, reason="only root makes devices")
def test_a_device_is_never_opened(world) -> None:
    os.mknod(world.depot() / "null.csv", 0o600 | 0o020000, os.makedev(1, 3))
    assert kinds(world.scan()) == [OddityKind.SPECIAL]


def test_a_sub_folder_that_fills_is_one_thing_to_say(world) -> None:
    folder = world.depot() / "2005"
    folder.mkdir()
    first = world.scan().oddities[0]
    (folder / "a.csv").write_bytes(b"x")
    assert world.scan().oddities[0].key == first.key
    assert first.audience is Audience.DEPOSITOR


def test_an_unknown_account_is_left_alone_and_told_to_the_administrator(world) -> None:
    depot = world.root / "intruder" / "depot"
    depot.mkdir(parents=True)
    (depot / "n1a_2005T1.csv").write_bytes(b"x")
    (oddity,) = world.scan().oddities
    assert (oddity.kind, oddity.account, oddity.audience) == (
        OddityKind.UNKNOWN_ACCOUNT,
        "intruder",
        Audience.ADMINISTRATOR,
    )
    assert (depot / "n1a_2005T1.csv").exists()


def test_a_depot_that_is_a_link_leads_nowhere_and_stops_nobody(world, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.csv").write_bytes(b"x")
    world.depot("pf01").rmdir()
    world.depot("pf01").symlink_to(elsewhere)
    world.drop()
    result = world.scan()
    assert [each.account for each in result.ready] == ["pf03"]
    assert kinds(result) == [OddityKind.CLOSED_FOLDER]


def test_what_lies_beside_the_accounts_is_reported_but_the_readme(world) -> None:
    (world.root / "README.md").write_text("hello")
    (world.root / ".gitkeep").write_text("")
    (world.root / "lost.csv").write_text("x")
    (world.root / "way-out").symlink_to("/")
    assert kinds(world.scan()) == [OddityKind.STRAY, OddityKind.LINK]


def test_odd_names_are_files_like_others(world) -> None:
    names = [
        b"a\nb.csv",
        b"\xff\xfe.csv",
        b"x" * 251 + b".csv",
        b"-rf",
        "a\u202evsc.jpg".encode(),
        b"A.csv",
        b"a.csv",
        b"=cmd()",
        b"%s.csv",
        b" a.csv ",
        b"<b>.csv",
        b"CON",
        "e\u0301.csv".encode(),
        "\u00e9.csv".encode(),
    ]
    for name in names:
        (Path(os.fsdecode(os.fsencode(world.depot()) + b"/" + name))).write_bytes(name)
    ready = world.scan().ready
    assert sorted(each.raw_name for each in ready) == sorted(names)
    for each in ready:
        claimed = world.inbox.claim(each)
        assert claimed.path.read_bytes() == each.raw_name
        assert claimed.record.raw_name == each.raw_name
        assert claimed.dropped.name.isprintable()
        world.inbox.finish(claimed)
    assert list(world.depot().iterdir()) == []
    assert world.in_hand() == []


@pytest.mark.skipif(not AS_ROOT, reason="a user cannot make a file that it cannot read and keep it that way")
def test_a_file_that_we_may_not_read_is_said_to_its_depositor(world) -> None:
    path = world.drop()
    path.chmod(0)
    for each in (world.root.parent, *world.root.rglob("*")):
        os.chown(each, 65534, 65534, follow_symlinks=False)
    os.chown(path, 1, 1)
    os.chown(world.root, 65534, 65534)
    for each in list(world.root.parents)[:4]:
        if each.stat().st_mode & 0o077 == 0:
            each.chmod(0o711)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534)
            code = 0 if kinds(world.scan()) == [OddityKind.UNREADABLE] else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_two_thousand_files_are_seen_in_one_pass(world) -> None:
    for number in range(2000):
        world.drop(f"{number}.csv", b"x")
    world.drop("alone.csv", account="pf01")
    ready = world.scan().ready
    assert len(ready) == 2001
    assert ready[1].account == "pf01"  # it waits for one file, not for two thousand
