"""Everything that an account's folder can hold, dropped into the running service at once (contract §6, §12).

Each file is answered, each thing that is none is left alone and told once to whom it concerns, nothing is followed,
and the process that served before serves after.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from domain.periods import Period
from ingest.demo import files

SECRET = b"NePasSuivreCeFil"
AS_ROOT = os.geteuid() == 0
PLAIN = b"ceci n'est pas un tableau\n"
TOO_LARGE = 1 << 40
"""Of a sparse file: no disk could take a copy."""
NAMES: tuple[bytes, ...] = (
    b"a\nSubject: piege\n\nb.csv",
    b"c\r\nBcc: tous@pf02.example\r\n.csv",
    b"\xff\xfe\xfd.csv",
    b"N1A_2005T1_\xe9t\xe9.csv",
    "N1A_2005T1_\u202evsc.exe".encode(),
    "invisible\u200b\u2066\u2028\ufeff.csv".encode(),
    b"x" * 251 + b".csv",
    b"\xe9" * 255,
    "é".encode() * 127,
    b"a\\..\\..\\etc\\passwd.csv",
    b"%2e%2e%2f..%2fetc%2fpasswd.csv",
    "x..\u2215..\u2215etc\u2215passwd.csv".encode(),
    b"~",
    b"C:\\boot.ini",
    b"CON",
    b"nul.csv",
    b"COM1.xlsx",
    b"LPT9.",
    b"fin ",
    b"-rf",
    b"--config=x.csv",
    b"$(touch rate).csv",
    b"`touch rate`.csv",
    b"; touch rate #.csv",
    b"| touch rate &&.csv",
    b"'\"$IFS*?[a-z].csv",
    b"%s%n%d{0}{x!r}.csv",
    b"{{ 7*7 }}{% raw %}.csv",
    b"=cmd|'-C calc'!A0.csv",
    b"+1+1.csv",
    b"@SUM(1).csv",
    b"<script>alert(1)<\\script>.csv",
    b"<img src=x onerror=alert(1)>.xlsx",
    b"&lt;b&gt;.csv",
    b"\x1b[2J\x1b]0;titre\x07.csv",
    b"\x9b31m.csv",
    b"\x7f\x08\x08.csv",
    b"'; DROP TABLE submission;--.csv",
    "N1A_2005T1_e\u0301.csv".encode(),
    "N1A_2005T1_\u00e9.csv".encode(),
    b"a.csv.exe",
)
HIDDEN = (b"...", b"..\\..\\etc\\passwd.csv", b".N1A_2005T1.csv")
"""No deposits (contract §6): left where they are without a word."""


@dataclass(frozen=True, kw_only=True)
class Evening:
    """What lies about once the service has dealt with it all."""

    desk: Any
    dropped: dict[bytes, bytes]
    outside: Path
    pid: int
    alive: int
    log: list[str]

    def mails(self, to: str) -> list[EmailMessage]:
        return [mail for mail in self.desk.mails() if to in str(mail["To"])]


def _at(depot: Path, name: bytes) -> str:
    return os.fsdecode(os.fsencode(depot) + b"/" + name)


def _odd_things(depot: Path, outside: Path) -> None:
    """What is no file, or no file of theirs alone."""
    (depot / "lien.csv").symlink_to(outside / "secret.csv")
    (depot / "N1A_2005T1_lien.csv").symlink_to("../../pf02/depot/N1A_2005T1.csv")
    (depot / "lien-dossier").symlink_to(outside)
    (depot / "lien-nulle-part.csv").symlink_to("nulle-part")
    (depot / "lien-sur-soi.csv").symlink_to("lien-sur-soi.csv")
    (depot / "dur.csv").hardlink_to(outside / "secret.csv")
    os.mkfifo(depot / "tube.csv")
    with socket.socket(socket.AF_UNIX) as listener, chdir(depot):  # a socket's path is short
        listener.bind("prise.csv")
    (depot / "dossier.csv" / "plus" / "bas").mkdir(parents=True)
    (depot / "dossier.csv" / "N1A_2005T1.csv").write_bytes(PLAIN)
    (depot / "dossier.csv" / "lien").symlink_to(outside)
    if AS_ROOT:
        os.mknod(depot / "zero.csv", 0o600 | 0o020000, os.makedev(1, 5))
        os.mknod(depot / "disque.csv", 0o600 | 0o060000, os.makedev(7, 0))


def _beside(inbox: Path, outside: Path) -> None:
    """What lies where no account is."""
    (inbox / "pf99" / "depot").mkdir(parents=True)
    (inbox / "pf99" / "depot" / "N1A_2005T1.csv").write_bytes(SECRET)
    (inbox / "pf98").symlink_to(outside)
    (inbox / "egare\n\x1b[31m.csv").write_bytes(SECRET)


@pytest.fixture(scope="module")
def evening(desk_in: Callable[[Path], Any], directory: Any, tmp_path_factory: pytest.TempPathFactory) -> Evening:
    folder = tmp_path_factory.mktemp("hostile")
    desk = desk_in(folder)
    with (folder / "guichet.toml").open("a") as settings:
        settings.write('log_format = "json"\nmax_csv_bytes = 2000000\nmax_workbook_bytes = 2000000\n')
    outside = folder / "ailleurs"
    outside.mkdir()
    (outside / "secret.csv").write_bytes(SECRET)
    process = desk.start()
    try:
        dropped = _drop_all(desk, outside, directory)
        alive = json.loads((desk.home / "run.json").read_text())["pid"]
        assert desk.stop(process) == 0
    finally:
        process.kill()
        process.wait()
    log = (folder / "service.log").read_text().splitlines()
    return Evening(desk=desk, dropped=dropped, outside=outside, pid=process.pid, alive=alive, log=log)


def _drop_all(desk: Any, outside: Path, directory: Any) -> dict[bytes, bytes]:
    """Drop it all and wait until it is answered; then somebody else's file, as every day. What had a hostile name."""
    depot = desk.inbox / "pf01" / "depot"
    good = files.good_csv(directory, "PF01", Period(2005, 1)).content
    dropped = {name: good if b"N1A_" in name else PLAIN + name for name in NAMES}
    _odd_things(depot, outside)
    _beside(desk.inbox, outside)
    for name, content in dropped.items():
        Path(_at(depot, name)).write_bytes(content)
    for name in HIDDEN:
        Path(_at(depot, name)).write_bytes(PLAIN)
    for name, size in ((b"creux.csv", TOO_LARGE), (b"creux-petit.csv", 1_000_000)):
        with Path(_at(depot, name)).open("wb") as hollow:
            hollow.truncate(size)
    (depot / "vide.csv").write_bytes(b"")
    desk.wait_for("every answer", lambda: len(desk.verdicts("pf01")) == len(NAMES) + 3, 180)
    file = files.good_csv(directory, "PF02", Period(2005, 1))
    desk.drop("pf02", file.name, file.content)
    desk.wait_for("another's answer", lambda: desk.verdicts("pf02"))
    wanted = 2 * (len(NAMES) + 4)
    desk.wait_for("the mails", lambda: sum(bool(mail["X-Guichet-Submission"]) for mail in desk.mails()) >= wanted, 180)
    desk.wait_for("what is told", lambda: sum(mail["X-Guichet-Event"] == "system" for mail in desk.mails()) >= 11)
    return dropped


def test_every_file_has_one_answer_and_the_bytes_are_kept(evening: Evening) -> None:
    verdicts = evening.desk.verdicts("pf01")
    hashes = Counter(one["file"]["sha256"] for one in verdicts)
    for name, content in evening.dropped.items():
        assert hashes[hashlib.sha256(content).hexdigest()] >= 1, name
    named = [one for one in verdicts if one["file"]["name"].startswith("N1A_2005T1")]
    assert sorted(one["verdict"] for one in named) == ["accepted", *["duplicate"] * (len(named) - 1)]
    archived = {path for path in (evening.desk.home / "archive").rglob("*") if path.is_file()}
    kept = {hashlib.sha256(path.read_bytes()).hexdigest() for path in archived if path.stat().st_size < 3_000_000}
    assert {hashlib.sha256(content).hexdigest() for content in evening.dropped.values()} <= kept


def test_every_file_is_receipted_once_and_answered_once_by_mail(evening: Evening) -> None:
    told = Counter(
        (mail["X-Guichet-Submission"], mail["X-Guichet-Event"], str(mail["To"]))
        for mail in evening.desk.mails()
        if mail["X-Guichet-Submission"]
    )
    assert set(told.values()) == {1}
    for account in ("pf01", "pf02"):
        for one in evening.desk.verdicts(account):
            events = {event for submission, event, to in told if submission == one["submission"] and account in to}
            assert events >= {"receipt", "verdict"}, one["file"]["name"]


def test_a_hollow_file_is_refused_without_filling_the_disk(evening: Evening) -> None:
    answers = {one["file"]["name"]: one for one in evening.desk.verdicts("pf01")}
    assert answers["creux.csv"]["file"]["size"] == TOO_LARGE
    for name in ("creux.csv", "creux-petit.csv", "vide.csv"):
        assert answers[name]["verdict"] == "rejected"
    written = sum(path.stat().st_blocks * 512 for path in evening.desk.home.rglob("*") if path.is_file())
    assert written < 60_000_000


def test_nothing_is_followed_and_what_is_no_file_stays_where_it_is(evening: Evening) -> None:
    depot = evening.desk.inbox / "pf01" / "depot"
    left = {os.fsdecode(entry.name) for entry in os.scandir(depot)}
    devices = {"zero.csv", "disque.csv"} if AS_ROOT else set()
    assert left == devices | set(map(os.fsdecode, HIDDEN)) | {
        "lien.csv",
        "N1A_2005T1_lien.csv",
        "lien-dossier",
        "lien-nulle-part.csv",
        "lien-sur-soi.csv",
        "dur.csv",
        "tube.csv",
        "prise.csv",
        "dossier.csv",
    }
    assert (evening.outside / "secret.csv").read_bytes() == SECRET
    assert (depot / "dossier.csv" / "N1A_2005T1.csv").read_bytes() == PLAIN
    ours = [*evening.desk.home.rglob("*"), *(evening.desk.inbox / ".guichet").rglob("*")]
    ours += [path for box in ("retours", "diffusion") for path in evening.desk.inbox.glob(f"*/{box}/**/*")]
    holding = [path for path in ours if path.is_file() and path.stat().st_size < 3_000_000]
    assert [path for path in holding if SECRET in path.read_bytes()] == []
    assert list(evening.desk.folder.rglob("rate*")) == []


def test_what_is_no_file_is_told_once_to_whom_it_concerns(evening: Evening) -> None:
    told = Counter(
        line.partition(":")[2].strip()
        for mail in evening.mails("admin@uesl.example")
        if mail["X-Guichet-Event"] == "system"
        for line in mail.get_body(("plain",)).get_content().splitlines()
        if line.strip().startswith("Nom")
    )
    names = {"lien.csv", "N1A_2005T1_lien.csv", "lien-dossier", "lien-nulle-part.csv", "lien-sur-soi.csv", "dur.csv"}
    names |= {"tube.csv", "prise.csv", "pf99", "pf98", "egare\\x0a\\x1b[31m.csv"}
    assert told == Counter(names | ({"zero.csv", "disque.csv"} if AS_ROOT else set()))
    folders = [mail for mail in evening.mails("pf01") if "dossier.csv" in str(mail["Subject"])]
    assert len(folders) == len({str(mail["To"]) for mail in folders}) >= 1


def test_the_same_process_served_the_whole_evening(evening: Evening) -> None:
    assert evening.alive == evening.pid
    assert [one["verdict"] for one in evening.desk.verdicts("pf02")] == ["accepted"]
    events = [json.loads(line) for line in evening.log]
    assert [one for one in events if one["level"] in {"error", "critical"}] == []
    with sqlite3.connect(f"file:{evening.desk.home / 'guichet.sqlite3'}?mode=ro", uri=True) as base:
        assert base.execute("SELECT DISTINCT state FROM submission").fetchall() == [("judged",)]
        assert base.execute("SELECT count(*) FROM message WHERE state NOT IN ('sent', 'queued')").fetchone() == (0,)


def _hidden(text: str) -> set[str]:
    """The signs of a text that act on what shows it, or deceive."""
    return {one for one in text if not one.isprintable()} - set("\u00a0\u202f")


def _texts(mail: EmailMessage) -> Iterator[str]:
    yield from (f"{name}: {value}" for name, value in mail.items())
    yield from (part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")


HEADERS = {
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version"),
    *("Content-Type", "Content-Transfer-Encoding", "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence"),
    *("X-Guichet-Event", "X-Guichet-Submission", "Content-Language"),
}


def test_no_name_reaches_a_header_a_line_or_a_terminal_as_it_is(evening: Evening) -> None:
    for mail in evening.desk.mails():
        assert set(mail.keys()) <= HEADERS, set(mail.keys()) - HEADERS
        assert max(Counter(mail.keys()).values()) == 1
        assert not [one for one in mail.values() if _hidden(str(one))]
        assert not [one for one in _texts(mail) if _hidden(one) - {"\n"}]
    for words in (("submissions",), ("status",), ("mail", "list"), *_stories(evening)):
        shown = evening.desk.ok(*words)
        assert not _hidden(shown) - {"\n"}, words


def _stories(evening: Evening) -> Iterator[tuple[str, str]]:
    """The ten deposits of which the names hold the most escapes."""
    ids = {one["submission"]: one["file"]["name"] for one in evening.desk.verdicts("pf01")}
    for one in sorted(ids, key=lambda each: -ids[each].count("\\"))[:4]:
        yield "show", one
