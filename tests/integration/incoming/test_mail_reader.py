"""Mail that anybody may have written is read in a limited process, and nothing that it does there reaches us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from domain.clock import SystemClock
from domain.errors import Park
from domain.incoming import Arrival, IncomingKind
from ingest.attachments import MailFiles
from ingest.incoming import client as module
from ingest.incoming.asking import FITTED, SAID
from ingest.incoming.client import MailReader
from ingest.incoming.folder import MailFolder
from ingest.incoming.judging import arrival
from tests import mail_kit as kit

KEPT = "courrier:2005/20050418-abc.eml"
EIGHT_BITS = (
    "From: Zoé <a@x.example>\r\nSubject: Réponse\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nC'est reçu\r\n"
).encode()
BAD_CHARSET = b"From: a@x.example\nContent-Type: text/plain; charset=nonesuch\n\n\xe9\xff\n"
TRAP = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 3000


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailReader]:
    with MailReader(tmp_path_factory.mktemp("drafts"), memory_bytes=1 << 30) as made:
        yield made


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "home" / "courrier" / "2005" / "20050418-abc.eml"
    path.parent.mkdir(parents=True)
    return path


@pytest.mark.parametrize("content", [kit.as_bytes(kit.POSTFIX), EIGHT_BITS, BAD_CHARSET, TRAP, b"", b"\xff\xfe\x00"])
def test_what_the_process_says_is_what_the_words_mean(reader: MailReader, kept: Path, content: bytes) -> None:
    kept.write_bytes(content)
    assert reader.arrival(kept, ours=[kit.OURS]) == arrival(content, ours=[kit.OURS])
    assert reader.last_usage is not None
    assert reader.last_usage.fences.calls
    assert list(kept.parent.iterdir()) == [kept]


def test_the_process_holds_nothing_that_it_does_not_need() -> None:
    """What opens strangers' mail knows neither database nor log, and starts soon."""
    heavy = ("structlog", "sqlalchemy", "pandas", "numpy", "jinja2", "psycopg", "ingest.limited.client")
    words = f"import sys, ingest.incoming.server; print([one for one in {heavy!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_of_it_stays(kept: Path, tmp_path: Path) -> None:
    kept.write_bytes(EIGHT_BITS)
    with MailReader(tmp_path / "drafts", memory_bytes=1 << 30) as other:
        assert other.arrival(kept, ours=()).sender == "a@x.example"
        assert list((tmp_path / "drafts").iterdir()) == []


@pytest.mark.parametrize("ended", ["time_limit", "memory_limit", "output_limit", "crashed", "server_lost"])
def test_what_kills_its_reader_is_a_persons_and_told(
    reader: MailReader, kept: Path, monkeypatch: pytest.MonkeyPatch, ended: str
) -> None:
    kept.write_bytes(kit.as_bytes(kit.POSTFIX))

    def ask(document: dict[str, Any]) -> dict[str, Any]:
        if ended == "server_lost":
            raise module.ServerLostError
        (Path(document["workdir"]) / SAID).write_text(json.dumps(asdict(Arrival(kind=IncomingKind.OTHER))))
        return {"ended": ended}

    monkeypatch.setattr(reader, "_ask", ask)
    with capture_logs() as logs:
        assert reader.arrival(kept, ours=()) == Arrival(kind=IncomingKind.REPLY)
        assert reader.fitted(kept) is None
    assert [(one["event"], one["ended"]) for one in logs] == [("mail_reader_failed", ended)] * 2


def test_a_disk_of_ours_that_fails_is_no_persons_mail(
    reader: MailReader, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.write_bytes(EIGHT_BITS)
    monkeypatch.setattr(reader, "_ask", lambda _document: {"ended": "our_disk"})
    with pytest.raises(OSError, match="could not be read"):
        reader.arrival(kept, ours=())


GOOD = asdict(Arrival(kind=IncomingKind.OTHER))


@pytest.mark.parametrize(
    "lie",
    [
        b"",
        b"[]",
        b"{}",
        b'{"kind": "nonesuch"}',
        json.dumps({**GOOD, "sender": "x" * 1_001}).encode(),
        json.dumps({**GOOD, "sender": 3}).encode(),
        json.dumps({**GOOD, "returned": "x"}).encode(),
        json.dumps({**GOOD, "returned": ["x"] * 61}).encode(),
        json.dumps({**GOOD, "returned": [1]}).encode(),
        b" " * (1 << 17) + json.dumps(GOOD).encode(),
    ],
)
def test_what_a_captured_child_says_is_believed_within_bounds(
    reader: MailReader, kept: Path, monkeypatch: pytest.MonkeyPatch, lie: bytes
) -> None:
    kept.write_bytes(EIGHT_BITS)

    def ask(document: dict[str, Any]) -> dict[str, Any]:
        (Path(document["workdir"]) / SAID).write_bytes(lie)
        return {"ended": "done"}

    monkeypatch.setattr(reader, "_ask", ask)
    assert reader.arrival(kept, ours=()) == Arrival(kind=IncomingKind.REPLY)


def test_a_link_that_a_captured_child_leaves_is_not_followed(
    reader: MailReader, kept: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept.write_bytes(EIGHT_BITS)
    (tmp_path / "secret").write_bytes(b"secret")

    def ask(document: dict[str, Any]) -> dict[str, Any]:
        (Path(document["workdir"]) / FITTED).symlink_to(tmp_path / "secret")
        return {"ended": "done"}

    monkeypatch.setattr(reader, "_ask", ask)
    assert reader.fitted(kept) is None


# ── what goes with a mail of ours ────────────────────────────────────────────────────────────────────────────────────


def test_a_mail_of_eight_bits_is_encoded_anew(reader: MailReader, kept: Path, tmp_path: Path) -> None:
    kept.write_bytes(EIGHT_BITS)
    files = MailFiles(tmp_path / "home", tmp_path / "inbox", most_bytes=1_000_000, fit=reader.fitted)
    fitted = files(None, KEPT)
    assert fitted is not None
    assert fitted.isascii()
    assert message_from_bytes(fitted, policy=policy.default).get_content().strip() == "C'est reçu"


def test_a_mail_that_travels_goes_as_it_came_and_nobody_is_asked(kept: Path, tmp_path: Path) -> None:
    def fit(_mail: Path) -> bytes:
        raise AssertionError

    kept.write_bytes(b"From: a@x.example\r\n\r\nBonjour\r\n")
    assert MailFiles(tmp_path / "home", tmp_path, most_bytes=1_000, fit=fit)(None, KEPT) == kept.read_bytes()


@pytest.mark.parametrize("trouble", [None, OSError("disk"), Park("no process")])
def test_a_mail_that_cannot_be_fitted_goes_as_it_came(kept: Path, tmp_path: Path, trouble: Exception | None) -> None:
    def fit(_mail: Path) -> None:
        if trouble is not None:
            raise trouble

    kept.write_bytes(b"\xff\0")
    assert MailFiles(tmp_path / "home", tmp_path, most_bytes=1_000, fit=fit)(None, KEPT) == b"\xff\0"


def test_what_a_killed_service_left_of_a_reading_goes_later(tmp_path: Path) -> None:
    left = tmp_path / "home" / "courrier" / "tmp" / "reading-x"
    left.mkdir(parents=True)
    (left / SAID).write_text("{}")
    folder, now = MailFolder(tmp_path / "bounces", tmp_path / "home"), SystemClock().now()
    folder.sweep(now - timedelta(days=1))
    assert left.exists()
    os.utime(left, (0, 0))
    folder.sweep(now - timedelta(days=1))
    assert not left.exists()
