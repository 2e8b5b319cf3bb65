"""What a file is shows in its first bytes, whatever its name says."""

import io

import pytest

from ingest.reading.reasons import UnreadableReason
from ingest.reading.refusals import RefusedError
from ingest.reading.sniffing import Container, sniff


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"", UnreadableReason.EMPTY),
        (b" \r\n\n", UnreadableReason.EMPTY),
        (b"\xef\xbb\xbf\r\n", UnreadableReason.EMPTY),
        (b"%PDF-1.7", UnreadableReason.PDF),
        (b"{\\rtf1\\ansi", UnreadableReason.WORD),
        (b"\x89PNG\r\n\x1a\n", UnreadableReason.IMAGE),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", UnreadableReason.IMAGE),
        (b"RIFF\x10\0\0\0WEBPVP8 ", UnreadableReason.IMAGE),
        (b"\x1f\x8b\x08\0", UnreadableReason.ARCHIVE),
        (b"7z\xbc\xaf\x27\x1c\0\x04", UnreadableReason.ARCHIVE),
        (b"Rar!\x1a\x07\0", UnreadableReason.ARCHIVE),
        (b"MZ\x90\0\x03\0\0\0", UnreadableReason.EXECUTABLE),
        (b"\x7fELF\x02", UnreadableReason.EXECUTABLE),
        (b"\n<html><table><tr><td>1", UnreadableReason.HTML),
        (b"<!-- export -->\n<TABLE border=1>", UnreadableReason.HTML),
        ("\ufeff<html xmlns:x='urn'>".encode("utf-16-le"), UnreadableReason.HTML),
        (b"<?xml version='1.0'?><html xmlns='x'>", UnreadableReason.HTML),
        (
            b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>",
            UnreadableReason.OTHER_SPREADSHEET,
        ),
        (b"<?xml version='1.0'?><note/>", UnreadableReason.XML),
        (b"ID;PWXL;N;E\rP;PGeneral\r", UnreadableReason.OTHER_SPREADSHEET),
        (b"\x09\x08\x10\0\0\x06\x05\0", UnreadableReason.OTHER_SPREADSHEET),
    ],
)
def test_what_is_not_a_table_is_named(head: bytes, reason: UnreadableReason) -> None:
    with pytest.raises(RefusedError) as refusal:
        sniff(io.BytesIO(head), len(head))
    assert refusal.value.reason is reason


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"PK\x03\x04", Container.ZIP),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Container.OLE),
        (b"NEANT", Container.TEXT),
        (b"ID;PRENOM\n1;x\n", Container.TEXT),
        (b"MZ;b\n1;2\n", Container.TEXT),
        (b"BM;code\n1;2\n", Container.TEXT),
        (b"<5;b\n1;2\n", Container.TEXT),
    ],
)
def test_what_may_be_a_table_goes_on(head: bytes, container: Container) -> None:
    assert sniff(io.BytesIO(head), len(head)) is container
