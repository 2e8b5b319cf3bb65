"""What sshd's internal-sftp says of uploads: finished or cut, whatever their names, and nobody else's word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.sftp.closes import find_close, is_cut
from ingest.sftp.openssh_log import OpenSshLog, What, read_line, unescaped

HEAD = b"<38>Nov 21 17:00:00 internal-sftp[4711]: "


@pytest.mark.parametrize(
    ("words", "what", "name", "written"),
    [
        (b'close "/depot/a.csv" bytes read 0 written 120', What.CLOSED, b"/depot/a.csv", 120),
        (b'forced close "/depot/a.csv" bytes read 0 written 120', What.CUT, b"/depot/a.csv", 120),
        (b'open "/depot/a.csv" flags WRITE,CREATE,TRUNCATE mode 0664', What.OPENED_TO_WRITE, b"/depot/a.csv", 0),
        (b'open "/retours/a.csv" flags READ mode 0666', What.OPENED_TO_READ, b"/retours/a.csv", 0),
        (b'close "/depot/a\\" bytes read 0 written 9\\nb" bytes read 0 written 7', What.CLOSED,
         b'/depot/a" bytes read 0 written 9\nb', 7),
        (b'forced close "/depot/' + b"x" * 900, What.CUT, b"/depot/" + b"x" * 900, 1),
    ],
)  # fmt: skip
def test_a_line_is_understood(words, what, name, written):
    line = read_line(HEAD + words + b"\0")
    assert line is not None
    assert (line.what, line.pid, line.name, line.written) == (what, 4711, name, written)


@pytest.mark.parametrize(
    "datagram",
    [b"", b"\xff" * 3000, HEAD, HEAD + b'close "/depot/a.csv"', b'close "/depot/a.csv" bytes read 0 written 1',
     HEAD + b"sent status No such file", HEAD + b'opendir "/"'],
)  # fmt: skip
def test_what_tells_nothing_of_uploads_is_left(datagram):
    assert read_line(datagram) is None


def test_names_come_back_as_the_client_wrote_them():
    assert unescaped(rb"a\303\251\n\"\\\s\t.csv") == 'aé\n"\\ \t.csv'.encode()


@pytest.fixture
def said(tmp_path: Path) -> Callable[[str], None]:
    """Says a line as sshd would of a file of `pf03`, this very instant."""
    (tmp_path / "pf03" / "depot").mkdir(parents=True)
    log = OpenSshLog(tmp_path)

    def say(words: str) -> None:
        newest = max((path.stat().st_ctime for path in (tmp_path / "pf03" / "depot").iterdir()), default=0.0)
        log.heard("pf03", HEAD + words.encode(), datetime.fromtimestamp(newest, tz=UTC) + timedelta(milliseconds=1))

    return say


@pytest.fixture
def depot(tmp_path: Path, said: Callable[[str], None]) -> Path:
    del said
    return tmp_path / "pf03" / "depot"


def test_a_finished_upload_is_proof_of_receipt_a_cut_one_is_not(tmp_path, depot, said):
    for name in ("whole.csv", "cut.csv"):
        (depot / name).write_text("a;b\n")
    said('close "/depot/whole.csv" bytes read 0 written 4')
    said('forced close "/depot/cut.csv" bytes read 0 written 4')
    whole, cut = (depot / "whole.csv").stat(), (depot / "cut.csv").stat()
    assert find_close(tmp_path, whole) is not None
    assert not is_cut(tmp_path, whole)
    assert find_close(tmp_path, cut) is None
    assert is_cut(tmp_path, cut)


def test_what_goes_on_after_the_cut_is_no_longer_what_was_cut(tmp_path, depot, said):
    (depot / "a.csv").write_text("a;b\n")
    said('forced close "/depot/a.csv" bytes read 0 written 4')
    with (depot / "a.csv").open("a") as more:
        more.write("1;2\n")
    said('close "/depot/a.csv" bytes read 0 written 8')
    found = (depot / "a.csv").stat()
    assert not is_cut(tmp_path, found)
    assert find_close(tmp_path, found) is not None


def test_a_file_renamed_before_we_looked_is_known_by_its_new_name(tmp_path, depot, said):
    (depot / "a.csv").write_text("a;b\n")
    said('forced close "/depot/a.csv.part" bytes read 0 written 4')
    assert not is_cut(tmp_path, (depot / "a.csv").stat())
    said('rename old "/depot/a.csv.part" new "/depot/a.csv"')
    assert is_cut(tmp_path, (depot / "a.csv").stat())


def test_a_client_that_vanishes_while_reading_its_own_deposit_harms_it_not(tmp_path, depot, said):
    (depot / "a.csv").write_text("a;b\n")
    said('close "/depot/a.csv" bytes read 0 written 4')
    said('open "/depot/a.csv" flags READ mode 0666')
    said('forced close "/depot/a.csv" bytes read 4 written 0')
    assert not is_cut(tmp_path, (depot / "a.csv").stat())


@pytest.mark.parametrize(
    "name", ["../pf04/depot/x.csv", "/retours/x.csv", "/depot/../../pf04/depot/x.csv", "/depot/l.csv"]
)
def test_nothing_outside_of_the_accounts_own_folders_is_touched(tmp_path, depot, said, name):
    other = tmp_path / "pf04" / "depot"
    other.mkdir(parents=True)
    (other / "x.csv").write_text("theirs")
    (depot.parent / "retours").mkdir()
    (depot.parent / "retours" / "x.csv").write_text("answer")
    (depot / "l.csv").symlink_to(other / "x.csv")
    said(f'forced close "{name}" bytes read 0 written 6')
    assert not list(tmp_path.rglob("*.json"))
