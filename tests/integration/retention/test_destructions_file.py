"""`home/destructions.jsonl`: append-only, synced, readable after a crash that cut its last line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from domain.retention import Rule
from ingest.destructions import FILE, Destructions, Line, merge
from ingest.files import shred, shred_tree
from ingest.retours import Retours


def line(number: int, day: int = 1) -> Line:
    return Line(
        submission=f"20060201-100000-{number:06x}",
        sha256="9f" * 32,
        account="pf03",
        rule=Rule.EXERCICE,
        at=datetime(2007, 1, day, 8, tzinfo=UTC),
        place=0,
        collection="N2A",
        period="2005",
        exercice=2005,
    )


def test_lines_come_back_in_their_order_and_since_an_instant(tmp_path):
    kept = Destructions(tmp_path)
    assert kept.read() == ()
    kept.add([line(1), line(2, day=5)])
    kept.add([line(3, day=9)])
    assert kept.read() == (line(1), line(2, day=5), line(3, day=9))
    assert kept.read(datetime(2007, 1, 5, 8, tzinfo=UTC)) == (line(2, day=5), line(3, day=9))
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_line_said_again_is_there_once(tmp_path):
    """What a crash cut short between the list and the database is listed again by the next pass."""
    kept = Destructions(tmp_path)
    kept.add([line(1), line(1), line(2)])
    kept.add([line(2), line(3), line(1)])
    assert kept.read() == (line(1), line(2), line(3))
    before = kept.path.read_bytes()
    kept.add([line(3)])
    assert kept.path.read_bytes() == before


def test_half_a_line_costs_that_line_and_no_other(tmp_path):
    kept = Destructions(tmp_path)
    kept.add([line(1)])
    with (tmp_path / FILE).open("ab") as stream:
        stream.write(line(2).as_bytes()[:40])
    kept.add([line(3)])
    with (tmp_path / FILE).open("ab") as stream:
        stream.write(b'{"submission": "../../etc", "sha256": "", "account": "", "rule": "raw", "at": "2007-01-01"}\n')
    assert kept.read() == (line(1), line(3))


def test_a_restore_brings_together_what_either_knew(tmp_path):
    Destructions(tmp_path).add([line(1), line(2)])
    assert merge(tmp_path, [line(2), line(3), line(3)]) == 1
    assert Destructions(tmp_path).read() == (line(1), line(2), line(3))


def test_what_is_shredded_is_overwritten_before_it_is_removed(tmp_path: Path):
    """A second name of the same bytes shows what became of them; a link's target is nobody's business."""
    folder, outside = tmp_path / "folder", tmp_path / "outside.csv"
    folder.mkdir()
    (folder / "original.csv").write_bytes(b"CANARI" * 1000)
    (folder / "original.csv").chmod(0o400)
    witness = tmp_path / "witness"
    witness.hardlink_to(folder / "original.csv")
    outside.write_text("outside")
    (folder / "link").symlink_to(outside)
    assert shred_tree(folder) == 1
    assert not folder.exists()
    assert witness.read_bytes() == bytes(6000)
    assert outside.read_text() == "outside"
    shred(outside)
    assert not outside.exists()
    assert shred_tree(folder) == 0


def test_an_answer_being_destroyed_when_a_crash_came_is_overwritten_at_the_start(tmp_path: Path):
    """It was moved out of the account's sight, and its bytes were still there."""
    left = tmp_path / ".guichet" / "outgoing" / "destroyed.20060201-100000-00000a.0011aabb"
    left.mkdir(parents=True)
    (left / "annote.xlsx").write_bytes(b"CANARI" * 100)
    witness = tmp_path / "witness"
    witness.hardlink_to(left / "annote.xlsx")
    Retours(tmp_path).clear_drafts()
    assert not left.exists()
    assert witness.read_bytes() == bytes(600)


def test_the_verdict_that_an_answer_tells_is_read_and_nothing_else_believed(tmp_path: Path):
    number, retours = "20060201-100000-00000a", Retours(tmp_path)
    folder = tmp_path / "pf03" / "retours" / number
    assert retours.says("pf03", number) is None
    folder.mkdir(parents=True)
    for content, told in ((b'{"verdict": "destroyed"}', "destroyed"), (b"[]", None), (b"{}", None), (b"\xff{", None)):
        (folder / "verdict.json").write_bytes(content)
        assert retours.says("pf03", number) == told
    (folder / "verdict.json").unlink()
    (folder / "verdict.json").symlink_to(tmp_path / "elsewhere.json")
    (tmp_path / "elsewhere.json").write_text('{"verdict": "destroyed"}')
    assert retours.says("pf03", number) is None
