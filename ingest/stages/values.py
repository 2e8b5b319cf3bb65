"""From the text of a cell to a value of its column's kind, or to a problem said in French (contract §6, Reading).

Pure and the same for every distinct text, so that `ColumnReader` remembers its answers.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from datetime import date

from domain.periods import FIRST_YEAR, LAST_YEAR
from domain.text import HIDDEN, fold, normalise_header, without_hidden
from ingest.stages.figures import read_amount, read_count
from ingest.stages.parsed import NOTHING, Notice, Parsed, Problem, problem, spreadsheet_error
from rules.messages import either, say
from schemas.codes import department_of_postcode
from schemas.columns import Column, Kind

__all__ = ["ColumnReader", "Notice", "Parsed", "Problem", "parse", "read_quarter"]

_YES = frozenset({"o", "oui", "1", "1.0", "1,0", "vrai", "true", "y", "yes"})
_NO = frozenset({"n", "non", "0", "0.0", "0,0", "faux", "false", "no"})
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_FRENCH_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: 0?0:00(?::00)?)?")
_SHORT_YEAR = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}")
_OTHER_DAY = re.compile(r"\d{1,2}[.-]\d{1,2}[.-]\d{4}|\d{4}/\d{1,2}/\d{1,2}|\d{8}")
_YEAR = re.compile(r"(\d{4})(?:[.,]0+)?")
_QUARTER = re.compile(
    r"(?:(\d{4})[ _-]?)?(?:t|trimestre)? ?([1-4])(?:[.,]0+)? ?(?:t|er|e|eme|ème|nd|nde)?"
    r"(?: ?(?:trimestre|trim\.?))?(?:[ _/-]*(\d{4}))?",
    re.IGNORECASE,
)
_WHOLE_CODE = re.compile(r"(\d+)[.,]0+")
_BETWEEN_CODES = re.compile(r"[\s,;/+]+")
_POSTCODE_LENGTH = 5
_NO_DEPARTMENT = ("975", "976", "977", "978", "980", "984", "986", "987", "988")
"""What the postal codes of the territories begin with: real places, but no département."""
_FIRST_DAY_YEAR, _LAST_DAY_YEAR = 1900, 2100
_MEMORY = 50_000


def parse(column: Column, text: str) -> Parsed:
    """Read one cell; the empty text is an empty cell."""
    return _READERS[column.kind](column, text)


class ColumnReader:
    """Reads the cells of one column and remembers the answers, in bounded memory."""

    def __init__(self, column: Column) -> None:
        """Start with nothing remembered."""
        self.column = column
        self._read = _READERS[column.kind]
        self._known: dict[str, Parsed] = {}

    def __call__(self, text: str) -> Parsed:
        """Read one cell."""
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _MEMORY:
                self._known.clear()
            found = self._known[text] = self._read(self.column, text)
        return found


def _empty(column: Column) -> Parsed:
    if not column.required:
        return NOTHING
    return problem("empty", "la case est vide", "Cette colonne est obligatoire : complétez la case.")


def _clean(text: str) -> str:
    """As it is seen, without the spaces around."""
    return without_hidden(text).strip().strip("\u00a0\u202f\u2009 \n")


def _read_code(column: Column, text: str) -> Parsed:
    text = _clean(text)
    if not text:
        return _empty(column)
    if (error := spreadsheet_error(text)) is not None:
        return error
    if column.several:
        return _read_several(column, text)
    value, restored = text, False
    whole = _WHOLE_CODE.fullmatch(value)
    if whole is not None and column.code_width is not None:
        value = whole[1]
    if column.code_width is not None and value.isascii() and value.isdigit() and len(value) < column.code_width:
        value, restored = value.zfill(column.code_width), True
    if column.codes is None:
        return _restored(value, restored)
    if value not in column.codes:
        same = next((code for code in column.codes if code.casefold() == value.casefold()), None)
        same = same or column.by_words.get(normalise_header(value))
        if same is None:
            return _not_in_list(column, value)
        value = same
    return _restored(value, restored)


def _read_several(column: Column, text: str) -> Parsed:
    """Codes of the list in any order and any case, once each, as one text in the list's order."""
    codes = {code.casefold(): code for code in column.codes or {}}
    told = {part.casefold() for part in _BETWEEN_CODES.split(text) if part}
    if not told or not told <= codes.keys():
        return problem(
            "not-in-list",
            "l'un des codes n'est pas dans la liste",
            "Écrivez les codes de la liste, séparés par une espace.",
            code="G-11",
        )
    return Parsed(value=" ".join(code for key, code in codes.items() if key in told))


def _read_postal(column: Column, text: str) -> Parsed:
    """Five figures, or a département's code where that is enough; zeros that a spreadsheet lost are put back."""
    text = _clean(text)
    if not text:
        return _empty(column)
    if (error := spreadsheet_error(text)) is not None:
        return error
    whole = _WHOLE_CODE.fullmatch(text)
    value = (whole[1] if whole is not None else text).replace(" ", "").upper()
    shortened = {_POSTCODE_LENGTH - 1, 1} if column.shares_department else {_POSTCODE_LENGTH - 1}
    restored = len(value) in shortened and value.isascii() and value.isdigit()
    if restored:
        value = f"0{value}"
    if column.pattern is None or re.fullmatch(column.pattern, value) is None:
        return problem(
            "not-a-postcode",
            "ce n'est pas un code postal",
            f"Écrivez {column.expected}.",
        )
    if department_of_postcode(value, LAST_YEAR) is None and not value.startswith(_NO_DEPARTMENT):
        return problem(
            "no-such-department",
            "aucun département n'a ce code postal",
            "Vérifiez les deux premiers chiffres : ce sont ceux du département (trois outre-mer).",
            code="G-11",
        )
    return _restored(value, restored)


def _restored(value: str, restored: bool) -> Parsed:  # noqa: FBT001 - local
    if not restored:
        return Parsed(value=value)
    return Parsed(
        value=value,
        notice=Notice(
            kind="leading-zeros",
            message=say("le zéro de tête perdu par le tableur a été rétabli"),
            hint=say("Donnez à la colonne le format Texte avant de saisir les codes."),
        ),
    )


_FEW_CODES, _SHORTEST_WORD, _LONGEST_LIST = 9, 4, 240


def _not_in_list(column: Column, value: str) -> Parsed:
    codes = column.codes or {}
    every = _whole_list(codes)
    hint, named = _nearest(codes, value)
    if not named and column.register is not None and not column.required:
        hint = f"{hint or every} Ou videz la case : l'annuaire connaît cette valeur."
    return Parsed(
        problem=Problem(
            kind="not-in-list",
            message=say("le code n'est pas dans la liste"),
            hint=say((hint or every).translate(str.maketrans("", "", "{}"))),
            code="G-11",
            blind_hint=say(every.translate(str.maketrans("", "", "{}"))),
        )
    )


def _whole_list(codes: Mapping[str, str]) -> str:
    """A short list in full, with its labels where they fit."""
    if len(codes) > _FEW_CODES:
        return "Choisissez un code de la liste."
    told = [code if fold(code) == fold(label) else f"{code} ({label})" for code, label in codes.items()]
    if len(told) == 1:
        return f"Seul code accepté : {told[0]}."
    told = told if sum(map(len, told)) <= _LONGEST_LIST else list(codes)
    return f"Choisissez parmi : {', '.join(told)}."


def _nearest(codes: Mapping[str, str], value: str) -> tuple[str | None, bool]:
    """The codes that were probably meant, by label, a word of it, or spelling where they are many; whether sure."""
    by_label = {label.casefold(): code for code, label in codes.items()}
    named = by_label.get(value.casefold())
    if named is None:
        near = difflib.get_close_matches(value.casefold(), by_label, n=1, cutoff=0.8)
        named = by_label[near[0]] if near else None
    if named is not None:
        return f"Écrivez le code {named} ({codes[named]}).", True
    words = {word for word in fold(value).split() if len(word) >= _SHORTEST_WORD}
    alike = [f"{code} ({label})" for code, label in codes.items() if words and words <= set(fold(label).split())]
    if 0 < len(alike) <= _FEW_CODES:
        return f"Écrivez le code : {either(alike)}.", len(alike) == 1
    near = difflib.get_close_matches(value.upper(), list(codes), n=3, cutoff=0.6) if len(codes) > _FEW_CODES else []
    return (f"Codes proches : {', '.join(near)}." if near else None), False


def _read_text(column: Column, raw: str) -> Parsed:
    text = _clean(raw)
    if not text:
        return _empty(column)
    if (error := spreadsheet_error(text)) is not None:
        return error
    if len(text) > column.max_length:
        return problem(
            "too-long",
            f"le texte dépasse {column.max_length} caractères",
            f"Écrivez-le en {column.max_length} caractères au plus.",
        )
    if column.pattern is not None and re.fullmatch(column.pattern, text) is None:
        return problem(
            "pattern", "le texte n'a pas la forme attendue", "Reprenez la forme indiquée dans la colonne « attendu »."
        )
    return Parsed(value=text, notice=_HIDDEN if _holds_hidden(raw) else None)


_HIDDEN = Notice(
    kind="hidden-characters",
    message=say("des caractères invisibles, venus d'un copier-coller, ont été retirés"),
    hint=say("Rien à faire si le texte visible est le vôtre. Sinon, saisissez-le de nouveau."),
    code="G-25",
)


def _holds_hidden(raw: str) -> bool:
    """Within the text: what stood around it changes nothing of it."""
    return not raw.isprintable() and re.search(HIDDEN, raw.strip("\u200b\ufeff\u00a0\u202f\u2009 \t\r\n")) is not None


def _read_member(column: Column, text: str) -> Parsed:
    """The text only: the register says which member it names."""
    text = _clean(text)
    if not text:
        return NOTHING
    if (error := spreadsheet_error(text)) is not None:
        return error
    if len(text) > column.max_length:
        return problem("too-long", f"le texte dépasse {column.max_length} caractères", "Écrivez le code du CIL/CCI.")
    return Parsed(value=text)


def _read_date(column: Column, text: str) -> Parsed:
    text = _clean(text)
    if not text:
        return _empty(column)
    if (error := spreadsheet_error(text)) is not None:
        return error
    iso, french = _ISO_DAY.fullmatch(text), _FRENCH_DAY.fullmatch(text)
    try:
        if iso is not None:
            found = date(int(iso[1]), int(iso[2]), int(iso[3]))
        elif french is not None:
            found = date(int(french[3]), int(french[2]), int(french[1]))
        else:
            return _not_a_date(text)
    except ValueError:
        return problem("no-such-day", "ce jour n'existe pas", "Écrivez la date en AAAA-MM-JJ ou JJ/MM/AAAA.")
    if not _FIRST_DAY_YEAR <= found.year <= _LAST_DAY_YEAR:
        return problem("unlikely-day", "la date est invraisemblable", "Vérifiez l'année, sur quatre chiffres.")
    return Parsed(value=found)


def _not_a_date(text: str) -> Parsed:
    if _SHORT_YEAR.fullmatch(text):
        return problem(
            "short-year",
            "l'année n'a que deux chiffres",
            "Écrivez l'année sur quatre chiffres : AAAA-MM-JJ ou JJ/MM/AAAA.",
        )
    if text.replace(".", "", 1).replace(",", "", 1).isdigit() and _OTHER_DAY.fullmatch(text) is None:
        return problem(
            "not-a-date",
            "un nombre est écrit au lieu d'une date",
            "Donnez à la cellule le format Date dans le tableur, ou écrivez AAAA-MM-JJ ou JJ/MM/AAAA.",
        )
    return problem("not-a-date", "ce n'est pas une date lisible", "Écrivez la date en AAAA-MM-JJ ou JJ/MM/AAAA.")


def _read_yes_no(column: Column, text: str) -> Parsed:
    text = _clean(text)
    if not text:
        return _empty(column)
    word = text.casefold()
    if word in _YES or word in _NO:
        return Parsed(value=word in _YES)
    return spreadsheet_error(text) or problem("not-yes-no", "la réponse n'est ni oui ni non", "Écrivez O ou N.")


def _read_year(column: Column, text: str) -> Parsed:
    text = _clean(text)
    if not text:
        return _empty(column)
    found = _YEAR.fullmatch(text.replace(" ", ""))
    if found is None:
        return spreadsheet_error(text) or problem(
            "not-a-year", "ce n'est pas une année", "Écrivez l'année sur quatre chiffres."
        )
    year = int(found[1])
    first, last = column.minimum or FIRST_YEAR, column.maximum or LAST_YEAR
    if not first <= year <= last:
        return problem("unlikely-year", f"l'année n'est pas comprise entre {first} et {last}", "Vérifiez l'année.")
    return Parsed(value=year)


def read_quarter(text: str) -> tuple[int | None, int] | None:
    """The quarter that a text says, with its year if it says one: `1`, `T1`, `2005T1`, `1er trimestre 2005`."""
    found = _QUARTER.fullmatch(_clean(text).replace("\u00a0", " ").replace("\u202f", " "))
    if found is None:
        return None
    year = found[1] or found[3]
    return (None if year is None else int(year), int(found[2]))


def _read_quarter(column: Column, text: str) -> Parsed:
    text = _clean(text)
    if not text:
        return _empty(column)
    found = read_quarter(text)
    if found is None:
        return spreadsheet_error(text) or problem(
            "not-a-quarter",
            "ce n'est pas un trimestre",
            "Écrivez 1, 2, 3 ou 4 (ou 2005T1).",
        )
    return Parsed(value=found[1])


_READERS: dict[Kind, Callable[[Column, str], Parsed]] = {
    Kind.COUNT: read_count,
    Kind.AMOUNT: read_amount,
    Kind.CODE: _read_code,
    Kind.TEXT: _read_text,
    Kind.DATE: _read_date,
    Kind.YES_NO: _read_yes_no,
    Kind.MEMBER: _read_member,
    Kind.YEAR: _read_year,
    Kind.QUARTER: _read_quarter,
    Kind.POSTAL: _read_postal,
}
