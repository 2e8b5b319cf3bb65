"""Text keys: how two spellings of the same header or name are recognised as one.

Pure functions, no table of words here: what is compared with what is the caller's business.
"""

import re
import unicodedata

__all__ = ["HIDDEN", "fold", "normalise_header", "without_hidden"]

HIDDEN = (
    "["
    r"\x00-\x08\x0e-\x1f\x7f"
    "\x80-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ue000-\uf8ff"
    "]"
)
"""Signs that nobody sees nor types, which come with what is copied from elsewhere: controls, marks of direction and of
width, soft hyphens, signs of private fonts. For `re` and RE2 alike; line breaks and tabs are none."""
_HIDDEN = re.compile(HIDDEN)
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

_FOOTNOTE_MARK = re.compile(r"\(\s*\d{1,2}\s*\)|\[\s*\d{1,2}\s*\]|[¹²³⁰⁴-⁹₀-₉ºª°]")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


def normalise_header(text: str) -> str:
    """The technical spelling of a column title: lower case, no accent, no footnote mark, `_` between words.

    `"Nb de diagnostics préalables (1)"` gives `nb_de_diagnostics_prealables`; `"1 %"` gives `1`; symbols such as
    `€`, `°` and `*` vanish; a title without letter nor digit gives the empty string. Idempotent. (Contract §6,
    "headers match ignoring case, accents, spaces, footnote marks".)
    """
    return _NOT_ALPHANUMERIC.sub("_", _plain(_FOOTNOTE_MARK.sub(" ", _visible(text)))).strip("_")


def fold(text: str) -> str:
    """A comparison key for names and codes: case, accents, punctuation and runs of spaces do not count.

    `"CIL de l’Ain"` and `"cil  DE L'AIN"` share the key `cil de l ain`. Digits and footnote marks are kept: two
    registered names may differ only by them. Idempotent.
    """
    return _NOT_ALPHANUMERIC.sub(" ", _plain(_visible(text))).strip()


def without_hidden(text: str) -> str:
    r"""The text as it is seen: without `HIDDEN`, every line break `\n`, tabs as spaces. Idempotent."""
    if text.isprintable():
        return text
    return _BREAKS.sub("\n", _HIDDEN.sub("", text)).replace("\t", " ")


def _visible(text: str) -> str:
    """Without format characters (soft hyphen, zero width space, byte order mark), which nobody sees or types."""
    if text.isascii():
        return text
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


def _plain(text: str) -> str:
    """Case folded and without accents; compatibility forms (narrow spaces, ligatures, wide letters) resolved."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    # Folding can bring composed letters back (Turkish dotted I…): decompose once more before dropping the marks.
    decomposed = unicodedata.normalize("NFKD", decomposed).translate(_LIGATURES)
    return "".join(character for character in decomposed if not unicodedata.combining(character))
