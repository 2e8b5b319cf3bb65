"""Names: temporary or final, safe to show, and one staging part per target."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sftp.names import is_temporary, part_name, shown, target_of

NAMES = st.binary(min_size=1, max_size=255).filter(lambda name: b"/" not in name and b"\0" not in name)


@pytest.mark.parametrize(
    "name",
    [b"n1a.csv.part", b"n1a.csv.filepart", b"N1A.TMP", b"~$n1a.xlsx", b".~lock.n1a.ods#", b".in.n1a.csv", b".hidden"],
)
def test_unfinished_and_hidden_names_are_temporary(name: bytes) -> None:
    assert is_temporary(name)


@pytest.mark.parametrize("name", [b"n1a.csv", b"part.csv", b"tmp", b"n1a.partiel", b"~n1a", b"a.part.csv"])
def test_other_names_are_final(name: bytes) -> None:
    assert not is_temporary(name)


@given(NAMES)
def test_a_name_is_shown_on_one_printable_line(name: bytes) -> None:
    text = shown(name)
    assert text.isprintable()
    assert len(text) <= 80


@given(NAMES)
def test_a_part_name_fits_the_disk_and_gives_short_names_back(name: bytes) -> None:
    part = part_name(name)
    assert len(part) <= 255
    assert "/" not in part
    target = target_of(part)
    assert target is not None
    if len(name) <= 60:
        assert target == name


def test_long_names_with_one_beginning_have_their_own_parts() -> None:
    assert part_name(b"x" * 250 + b"1") != part_name(b"x" * 250 + b"2")


@pytest.mark.parametrize("name", ["", "n1a.part", "n1a.csv", "a.b.part", ".part"])
def test_what_is_not_a_part_has_no_target(name: str) -> None:
    assert target_of(name) is None
