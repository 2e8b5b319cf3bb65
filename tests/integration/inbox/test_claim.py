"""How a file becomes ours, and what its depositor can no longer do to it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from domain.clock import FixedClock, SystemClock
from domain.errors import Retry
from domain.submissions import Box, ReceiptProof
from ingest import faults
from ingest.inbox import Claimed, Gone, Inbox, OddityKind, Refused
from ingest.sftp.closes import closes_folder, record_close


def test_a_claim_is_a_private_synced_hashed_copy(world) -> None:
    content = b"a;b\n" * 1000
    path = world.drop(content=content)
    changed_ns = path.stat().st_ctime_ns
    claimed = world.take()
    dropped = claimed.dropped
    assert claimed.path.read_bytes() == content
    assert claimed.path.stat().st_mode & 0o777 == 0o600
    assert (dropped.size, dropped.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (dropped.account, dropped.box, dropped.name) == ("pf03", Box.DEPOT, path.name)
    assert dropped.received_at == datetime.fromtimestamp(0, UTC) + timedelta(microseconds=changed_ns // 1000)
    assert dropped.proof is ReceiptProof.CHANGE_TIME
    assert dropped.submission_id.startswith(f"{dropped.received_at.astimezone(world.settings.zone):%Y%m%d-%H%M%S}-")
    assert not path.exists()
    assert len(world.in_hand()) == 2
    world.inbox.finish(claimed)
    world.inbox.finish(claimed)  # harmless twice
    assert world.in_hand() == []
    assert claimed.path.exists()


def test_the_clients_modification_time_is_never_believed(world) -> None:
    path = world.drop()
    os.utime(path, (0, 0))
    assert abs(world.take().dropped.received_at - SystemClock().now()) < timedelta(minutes=1)


def test_a_late_touch_does_not_make_a_deposit_late_when_the_server_saw_the_close(world) -> None:
    path = world.drop()
    closed_at = SystemClock().now() - timedelta(hours=2)
    record_close(world.root, path.stat(), account="pf03", folder="depot", name=path.name, at=closed_at)
    path.chmod(0o600)  # the change time is now
    claimed = world.take()
    assert (claimed.dropped.received_at, claimed.dropped.proof) == (closed_at, ReceiptProof.SFTP_CLOSE)
    assert len(list(closes_folder(world.root).iterdir())) == 1
    world.inbox.finish(claimed)
    assert list(closes_folder(world.root).iterdir()) == []


def test_a_rehearsed_clock_receives_at_its_own_present(make_world: Callable, long_ago: FixedClock) -> None:
    world = make_world(clock=long_ago)
    world.drop()
    dropped = world.take().dropped
    assert (dropped.received_at, dropped.proof) == (long_ago.now(), ReceiptProof.CLOCK)
    assert dropped.submission_id.startswith("20050501-090000-")


def test_a_burst_in_one_second_never_shares_a_number(make_world: Callable, long_ago: FixedClock, monkeypatch) -> None:
    world = make_world(clock=long_ago)
    numbers = iter(["20050501-090000-aaaaaa"] * 3 + ["20050501-090000-bbbbbb"])
    monkeypatch.setattr("ingest.inbox.claim.new_submission_id", lambda *_: next(numbers))
    world.drop("a.csv")
    world.drop("b.csv")
    found = [world.inbox.claim(each).dropped.submission_id for each in world.scan().ready]
    assert found == ["20050501-090000-aaaaaa", "20050501-090000-bbbbbb"]


def test_an_open_handle_cannot_change_what_is_judged_and_its_bytes_are_another_deposit(make_world: Callable) -> None:
    world = make_world()
    world.inbox._scanner._leases = False  # as with sshd, without CAP_LEASE
    path = world.drop(content=b"first\n")
    with path.open("ab", buffering=0) as handle:
        claimed = world.take()
        handle.write(b"second\n")
        assert claimed.path.read_bytes() == b"first\n"
        world.inbox.finish(claimed)
    assert path.read_bytes() == b"first\nsecond\n"
    again = world.take()
    assert again.path.read_bytes() == b"first\nsecond\n"
    assert again.dropped.submission_id != claimed.dropped.submission_id


def test_bytes_given_back_never_replace_a_newer_upload(make_world: Callable) -> None:
    world = make_world()
    world.inbox._scanner._leases = False
    path = world.drop(content=b"first\n")
    with path.open("ab", buffering=0) as handle:
        claimed = world.take()
        handle.write(b"late\n")
    world.drop(content=b"newer\n")
    world.inbox.finish(claimed)
    assert {each.name: each.read_bytes() for each in world.depot().iterdir()} == {
        "n1a_2005T1.csv": b"newer\n",
        "n1a_2005T1~2.csv": b"first\nlate\n",
    }


def test_a_touch_without_new_bytes_is_not_another_deposit(world) -> None:
    path = world.drop()
    handle = os.open(path, os.O_RDONLY)
    claimed = world.take()
    os.utime(handle)
    os.close(handle)
    world.inbox.finish(claimed)
    assert list(world.depot().iterdir()) == []


def test_a_hard_link_made_after_the_look_cannot_change_what_is_judged(world) -> None:
    path = world.drop(content=b"first\n")
    (candidate,) = world.scan().ready
    alias = path.with_name("alias.csv")
    alias.hardlink_to(path)
    assert world.inbox.claim(candidate) == Refused(kind=OddityKind.HARD_LINK)
    assert path.exists()


def test_writing_through_a_link_after_the_claim_changes_nothing_that_is_judged(world) -> None:
    world.drop(content=b"first\n")
    claimed = world.take()
    alias = world.depot() / "alias.csv"
    os.link(world.claims / claimed.record.file_name, alias)  # as if made an instant before the move
    alias.write_bytes(b"changed")
    assert claimed.path.read_bytes() == b"first\n"
    world.inbox.finish(claimed)
    assert {each.read_bytes() for each in world.depot().iterdir()} == {b"changed"}  # another deposit, once unlinked


@pytest.mark.parametrize(
    ("trick", "expected"),
    [
        (lambda path: path.unlink(), Gone()),
        (lambda path: path.write_bytes(b"other"), Gone()),
        (lambda path: (path.unlink(), path.symlink_to("/etc/passwd")), Refused(kind=OddityKind.LINK)),
        (lambda path: (path.unlink(), os.mkfifo(path)), Refused(kind=OddityKind.SPECIAL)),
        (lambda path: (path.unlink(), path.mkdir()), Refused(kind=OddityKind.SUB_FOLDER)),
    ],
)
def test_what_changes_between_the_look_and_the_claim_is_not_taken(world, trick, expected) -> None:
    path = world.drop()
    (candidate,) = world.scan().ready
    trick(path)
    assert world.inbox.claim(candidate) == expected
    assert world.in_hand() == []
    assert list((world.settings.home / "spool").iterdir()) == []


@pytest.mark.parametrize("other", ["file", "link", "folder"])
def test_what_slips_under_the_name_at_the_very_move_goes_back(world, monkeypatch, other: str) -> None:
    path = world.drop(content=b"seen")
    (candidate,) = world.scan().ready
    real = os.rename

    def swap_first(source, *args, **kwargs) -> None:
        monkeypatch.setattr(os, "rename", real)
        path.unlink()
        if other == "file":
            path.write_bytes(b"other")
        elif other == "link":
            path.symlink_to("/etc/passwd")
        else:
            path.mkdir()
        real(source, *args, **kwargs)

    monkeypatch.setattr(os, "rename", swap_first)
    assert world.inbox.claim(candidate) == Gone()
    assert world.in_hand() == []
    assert path.is_symlink() == (other == "link")
    assert path.is_dir() == (other == "folder")
    if other == "file":
        assert path.read_bytes() == b"other"


def test_two_machines_on_one_inbox_never_take_the_same_file(make_world: Callable) -> None:
    here = make_world()
    there = Inbox(settings=here.settings, clock=SystemClock())
    here.drop()
    (candidate,) = here.scan().ready
    assert isinstance(here.inbox.claim(candidate), Claimed)
    assert there.claim(candidate) == Gone()
    assert tuple(there.recover(lambda _: False)) == ()  # in living hands


def test_several_takers_share_an_inbox_without_loss_or_double(make_world: Callable) -> None:
    here = make_world()
    for number in range(120):
        here.drop(f"{number}.csv", b"%d" % number)
    ready = here.scan().ready
    takers = [Inbox(settings=here.settings, clock=SystemClock()) for _ in range(3)]

    def take_all(inbox: Inbox) -> list[Claimed]:
        taken = [each for each in map(inbox.claim, ready) if isinstance(each, Claimed)]
        assert tuple(inbox.recover(lambda _: False)) == ()  # all in living hands
        return taken

    with ThreadPoolExecutor(len(takers)) as pool:
        taken = list(pool.map(take_all, takers))
    everything = [each for some in taken for each in some]
    assert sorted(int(each.path.read_bytes()) for each in everything) == list(range(120))
    for inbox, some in zip(takers, taken, strict=True):
        for each in some:
            inbox.finish(each)
    assert here.in_hand() == []


def test_a_file_over_the_limit_is_not_copied_further(make_world: Callable) -> None:
    world = make_world(max_csv_bytes=1000, max_workbook_bytes=10)
    os.truncate(world.drop(), 10**12)  # a sparse terabyte costs its sender nothing
    claimed = world.take()
    assert claimed.truncated
    assert claimed.dropped.size == 10**12
    assert claimed.path.stat().st_size == 1001
    world.inbox.finish(claimed)
    assert list(world.depot().iterdir()) == []


def test_a_full_disk_leaves_the_file_where_it_is(world, monkeypatch) -> None:
    path = world.drop()
    (candidate,) = world.scan().ready
    monkeypatch.setattr(faults, "RESERVE_BYTES", 1 << 60)
    with pytest.raises(Retry, match="make room"):
        world.inbox.claim(candidate)
    assert path.exists()
    assert world.in_hand() == []
    assert world.inbox.untaken == {candidate.account}
    path.unlink()
    world.scan()
    assert world.inbox.untaken == set()


def test_a_disk_that_fails_in_the_middle_keeps_bytes_and_receipt_for_the_next_try(world, monkeypatch) -> None:
    path = world.drop(content=b"precious")
    (candidate,) = world.scan().ready

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("ingest.inbox.claim.copy_privately", refuse)
        with pytest.raises(Retry, match="the disk is full"):
            world.inbox.claim(candidate)
        assert not path.exists()
        world.scan()
        assert world.inbox.untaken == {candidate.account}
        ((_, reason),) = world.inbox.recover(lambda _: False).troubles
        assert "the disk is full" in reason
    (claimed,) = world.inbox.recover(lambda _: False)
    assert claimed.path.read_bytes() == b"precious"
    assert claimed.dropped.received_at == candidate.received_at
    assert claimed.dropped.name == "n1a_2005T1.csv"
    world.inbox.finish(claimed)
    assert world.inbox.untaken == set()


def test_a_claim_put_back_is_taken_up_with_its_receipt(world) -> None:
    world.drop()
    claimed = world.take()
    assert tuple(world.inbox.recover(lambda _: False)) == ()  # in hand
    world.inbox.put_back(claimed)
    (again,) = world.inbox.recover(lambda _: False)
    assert again.dropped == claimed.dropped
    world.inbox.put_back(again)
    found = world.inbox.recover(lambda _: True)
    assert (tuple(found), found.finished) == ((), 1)
    assert world.in_hand() == []


def test_bytes_that_neither_ledger_nor_claim_knows_are_kept_and_named(world) -> None:
    world.drop()
    claimed = world.take()
    world.inbox.finish(claimed)
    found = world.inbox.recover(lambda _: False)  # a database restored from yesterday
    assert found.adrift == (claimed.dropped.submission_id,)
    assert claimed.path.exists()


def test_bytes_written_after_a_crash_are_another_deposit(make_world: Callable) -> None:
    world = make_world()
    world.inbox._scanner._leases = False
    path = world.drop(content=b"first\n")
    with path.open("ab", buffering=0) as handle:
        claimed = world.take()
        world.inbox.put_back(claimed)  # the process died after the first transaction
        handle.write(b"late\n")
    assert world.inbox.recover(lambda _: True).finished == 1
    assert path.read_bytes() == b"first\nlate\n"
    assert claimed.path.read_bytes() == b"first\n"


def test_an_inbox_that_cannot_be_used_is_said_in_one_line(make_world: Callable, tmp_path) -> None:
    from domain.errors import CannotDo  # noqa: PLC0415

    (tmp_path / "inbox").write_text("a file")
    with pytest.raises(CannotDo, match="the inbox"):
        make_world()
