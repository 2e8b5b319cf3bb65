"""The encoding of a text is decided on all of its bytes; what the bytes do not say, the known headers do."""

import io

import pytest

from ingest.reading.dialect import count_known_headers
from ingest.reading.encodings import Encoding, detect_encoding
from ingest.reading.reasons import UnreadableReason
from ingest.reading.refusals import RefusedError

TEXT = "libellé;département;œuvre\nPréfecture;Hérault;où ça ? là-bas\n"
WORDS = frozenset({"libelle", "departement", "oeuvre"})


def detect(data: bytes, words: frozenset[str] = frozenset()) -> Encoding:
    return detect_encoding(io.BytesIO(data), lambda text: count_known_headers(text, words))


def decode(data: bytes, words: frozenset[str] = frozenset()) -> tuple[str, Encoding]:
    encoding = detect(data, words)
    text = io.TextIOWrapper(io.BytesIO(data), encoding=encoding.codec, errors=encoding.errors, newline="").read()
    return text, encoding


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-bom"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
        ("iso-8859-15", "iso-8859-15"),
    ],
)
def test_the_usual_encodings_are_recognised_and_give_the_text_back(codec: str, name: str) -> None:
    text, encoding = decode(TEXT.encode(codec))
    assert (text, encoding.name) == (TEXT, name)


@pytest.mark.parametrize("codec", ["cp850", "mac-roman"])
def test_the_old_sets_are_taken_when_they_make_the_known_headers(codec: str) -> None:
    text = TEXT.replace("œ", "oe")
    assert decode(text.encode(codec), WORDS) == (text, detect(text.encode(codec), WORDS))
    assert detect(text.encode(codec), WORDS).name == codec


def test_plain_ascii_is_utf8() -> None:
    assert detect(b"a;b\n1;2\n").name == "utf-8"


def test_one_accent_after_a_megabyte_of_ascii_is_seen() -> None:
    data = b"a;b\n" * 400_000 + "é;è\n".encode("cp1252")
    assert detect(data).name == "cp1252"


def test_a_character_cut_at_a_block_boundary_is_still_utf8() -> None:
    data = b"\n" + b"x" * ((1 << 20) - 2) + "é\n".encode()
    assert detect(data).name == "utf-8"


def test_a_file_cut_in_the_middle_of_a_character_loses_nothing() -> None:
    text, encoding = decode("é;è;à".encode() + b"\xc3")
    assert (text, encoding.name, encoding.strays) == ("é;è;àÃ", "utf-8", 1)


def test_utf8_with_a_stray_windows_byte_is_not_turned_to_gibberish() -> None:
    text, encoding = decode("é;è;à\n".encode() * 3 + "œ;é\n".encode("cp1252"))
    assert text == "é;è;à\n" * 3 + "œ;é\n"
    assert (encoding.name, encoding.strays) == ("utf-8", 2)


def test_bytes_that_windows_1252_does_not_define_are_kept_and_counted() -> None:
    text, encoding = decode(b"caf\xe9;\x81\n")
    assert (text, encoding.name, encoding.strays) == ("café;\x81\n", "cp1252", 1)


def test_the_acute_accent_typed_for_an_apostrophe_is_not_a_letter() -> None:
    assert decode(b"l\xb4eau;\xe9t\xe9\n")[0] == "l´eau;été\n"


def test_the_euro_sign_of_both_sets_is_read() -> None:
    assert decode(b"prix\n12 \xa4\n")[0] == "prix\n12 €\n"
    assert decode(b"prix\n12 \x80\n")[0] == "prix\n12 €\n"


@pytest.mark.parametrize("data", [b"a;b\n1;\x002\n", b"\x01\x02\x03\x04\x05\x06;\x07\n", b"a;b\n" * 300_000 + b"\0"])
def test_zero_bytes_and_control_characters_are_not_a_text(data: bytes) -> None:
    with pytest.raises(RefusedError) as refusal:
        detect(data)
    assert refusal.value.reason is UnreadableReason.BINARY


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(RefusedError) as refusal:
        detect(b"x" * (17 << 20))
    assert refusal.value.reason is UnreadableReason.CELL_TOO_LONG
