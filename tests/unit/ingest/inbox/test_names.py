"""What a file's name says, and how it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.archive import ending_of
from ingest.inbox.names import NameKind, alternative, kind_of, printable


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"n1a_2005T1.csv", NameKind.PLAIN),
        (b"-rf", NameKind.PLAIN),
        (b"a.zip", NameKind.PLAIN),
        (b"participation.csv", NameKind.PLAIN),
        (b".hidden", NameKind.HIDDEN),
        (b".in.n1a.csv", NameKind.TRANSFER),
        (b"n1a.csv.part", NameKind.TRANSFER),
        (b"N1A.CSV.FILEPART", NameKind.TRANSFER),
        (b"n1a.tmp", NameKind.TRANSFER),
        (b"~$n1a.xlsx", NameKind.LOCK),
        (b".~lock.n1a.ods#", NameKind.LOCK),
    ],
)
def test_a_name_says_whether_it_is_a_deposit(name: bytes, kind: NameKind) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a.csv", "a.csv"),
        ("été 2005.csv".encode(), "été 2005.csv"),
        (b"a\nb.csv", "a\\x0ab.csv"),
        (b"\xff\xfe.csv", "\\xff\\xfe.csv"),
        ("a\u202evsc.jpg".encode(), "a\\u202evsc.jpg"),
        ("n\u00b0\u00a01.csv".encode(), "n\u00b0\u00a01.csv"),
        (b"\x7f", "\\x7f"),
    ],
)
def test_a_name_is_shown_on_one_line_without_tricks(name: bytes, shown: str) -> None:
    assert printable(name) == shown


@given(st.binary(min_size=1, max_size=255))
def test_any_bytes_can_be_shown_stored_and_mailed(name: bytes) -> None:
    shown = printable(name)
    shown.encode("utf-8")  # no surrogate: a database and a mail header take it
    assert shown
    assert "\n" not in shown
    assert "\r" not in shown
    assert "\x00" not in shown


@given(st.binary(min_size=1, max_size=255), st.integers(min_value=2, max_value=999))
def test_an_alternative_name_fits_and_differs(name: bytes, number: int) -> None:
    assert len(alternative(name, number)) <= 255
    assert alternative(name, number) != name
    assert alternative(b"a.csv", 2) == b"a~2.csv"


@pytest.mark.parametrize(
    ("name", "ending"),
    [("A.CSV", "csv"), ("x.xlsx", "xlsx"), ("x.sh", "bin"), ("x", "bin"), ("x.csv/../..", "bin")],
)
def test_only_known_endings_reach_a_path(name: str, ending: str) -> None:
    assert ending_of(name) == ending
