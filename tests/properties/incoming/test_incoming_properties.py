"""Whatever arrives is told without a fault, and kept exactly once, byte for byte."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.incoming import IncomingKind
from ingest.incoming import mime
from ingest.incoming.fitting import as_seven_bit
from ingest.incoming.folder import MailFolder
from ingest.incoming.judging import arrival
from ingest.incoming.reports import DETAIL_CHARS
from tests import mail_kit as kit

NOW = datetime(2005, 4, 18, 8, 15, tzinfo=UTC)
LETTERS = [
    kit.as_bytes(text)
    for text in (
        *(kit.POSTFIX, kit.POSTFIX_DELAY, kit.EXIM, kit.EXIM_DELAY, kit.EXCHANGE, kit.QMAIL, kit.GMAIL, kit.SENDMAIL),
        *(kit.FRENCH_TEXT, kit.OUT_OF_OFFICE_FR, kit.VACATION_EN, kit.READ_RECEIPT, kit.REPLY, kit.OUR_OWN),
    )
]
SALT = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b"\0", b"\r", b"\n\n", b"--", b"=?", b"Content-Type: ", b"multipart/", b"boundary=", b"\xff", b";"]
    ),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real letter, bitten here and there."""
    content = draw(st.sampled_from(LETTERS))
    for _ in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, len(content)))
        end = min(len(content), begin + draw(st.integers(0, 60)))
        content = content[:begin] + draw(SALT) + content[end:]
    return content


@given(st.one_of(st.binary(max_size=2_000), mutated()))
@example(b"")
@settings(max_examples=300, deadline=None)
def test_anything_is_told(content):
    found = arrival(content, ours=(kit.OURS,))
    assert isinstance(found.kind, IncomingKind)
    assert found == arrival(content, ours=(kit.OURS,))
    assert max(map(len, (found.sender, found.sender_name, found.subject))) <= mime.SHOWN_CHARS
    assert len(found.detail) <= DETAIL_CHARS
    for text in (found.sender, found.sender_name, found.subject, found.detail, found.excerpt, *found.recipients):
        text.encode()  # nothing that no database and no mail could carry


@given(st.one_of(st.binary(max_size=2_000), mutated()))
@settings(max_examples=200, deadline=None)
def test_anything_travels_in_a_mail_of_ours(content):
    found = as_seven_bit(content)
    if found is not None:
        assert found.isascii()
        assert "\0" not in found
        assert max(map(len, found.split("\n"))) <= 998


@given(st.lists(st.one_of(st.binary(max_size=300), mutated()), max_size=6, unique=True))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_anything_is_kept_exactly_once(contents):
    with tempfile.TemporaryDirectory() as place:
        room = Path(place)
        (room / "in" / "new").mkdir(parents=True)
        for number, content in enumerate(contents):
            (room / "in" / "new" / f"{number}").write_bytes(content)
        folder = MailFolder(room / "in", room / "home")
        for _ in range(2):
            for waiting in folder.waiting():
                with folder.taken(waiting, NOW - timedelta(seconds=3)) as taken:
                    assert taken.sha256 == hashlib.sha256(taken.draft.read_bytes()).hexdigest()
                    folder.keep(taken, folder.place_for(taken.sha256, NOW))
                    folder.remove(waiting, taken)
        assert list((room / "in" / "new").iterdir()) == []
        kept = [path.read_bytes() for path in (room / "home").glob("courrier/*/*.eml")]
        assert sorted(kept) == sorted(contents)
        assert list((room / "home").glob("courrier/tmp/*")) == []
