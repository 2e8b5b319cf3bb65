"""Reads counts and amounts as French people and spreadsheets write them (contract §6, Reading).

What has two readings is refused: `123,000` may be a hundred and twenty-three or a hundred and twenty-three thousand.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from ingest.stages.parsed import NOTHING, Notice, Parsed, problem, spreadsheet_error
from rules.messages import say
from schemas.columns import MAX_COUNT, Column

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_MINUS = str.maketrans({"−": "-", "–": "-", "‐": "-", "‑": "-"})
_PLAIN = re.compile(r"[+-]?[0-9]+")
_SPACED = re.compile(r"[+-]?[0-9]{1,3}(?: [0-9]{3})+(?P<rest>[.,][0-9]*)?")
_DECIMAL = re.compile(r"(?P<whole>[+-]?[0-9]+)[.,](?P<places>[0-9]*)")
_ONLY_PLACES = re.compile(r"[+-]?[.,][0-9]+")
_THREE = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_DOTTED = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]{1,2}")
_COMMAED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]{1,2}")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}|[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]+")
_EUROS = re.compile(r"(?:€|EUR|euros?)(?: ?H\.?T\.?)?$", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?:k|m|mille|milliers?|millions?)(?: ?d['’])? ?(?:€|eur|euros?)?$", re.IGNORECASE)
_NOISE_PLACES = 6
_COMPUTED_PLACES = 5
_MAX_LENGTH = 60
_NOISE = Decimal("0.000001")

_UNKNOWN_WORDS = frozenset(
    {
        "nd",
        "n.d",
        "n.d.",
        "n/d",
        "nc",
        "n.c",
        "n.c.",
        "n/c",
        "na",
        "n/a",
        "n.a.",
        "#n/a",
        "ns",
        "n.s.",
        "s",
        "s.",
        "-",
        "--",
        "?",
        "??",
        "x",
        "/",
        ".",
        "..",
        "...",
        "…",
        "inconnu",
        "non connu",
        "non communiqué",
        "non disponible",
        "en attente",
        "à venir",
        "null",
        "none",
        "nan",
        "vide",
    }
)
_MONTH = r"(?:janv|f[ée]vr?|mars|avr|mai|juin|juil|ao[uû]t|sept?|oct|nov|d[ée]c)[a-zûé]*"
_DAY = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{1,2}/\d{1,2}/\d{2}(?:\d{2})?"
    rf"|\d{{1,2}}[-/. ]{_MONTH}\.?(?:[-/. ]\d{{2,4}})?|{_MONTH}\.?[-/. ]\d{{2,4}}",
    re.IGNORECASE,
)
_NONE_WORDS = frozenset({"néant", "neant", "aucun", "aucune", "ras", "r.a.s.", "zéro", "zero", "rien", "o"})

_NOT_ZERO = (
    "Écrivez le chiffre constaté. Une case vide n'est pas un zéro : si le chiffre n'est pas connu, demandez-le au "
    "CIL/CCI ; "
    "ne le remplacez pas."
)
_UNKNOWN_HINT = (
    "Écrivez le chiffre constaté, en chiffres. Un chiffre inconnu ne se remplace par aucun signe ni par un zéro : "
    "demandez-le au CIL/CCI."
)


def read_count(column: Column, text: str) -> Parsed:
    """A whole number within the column's bounds."""
    text = _tidy(text)
    if not text:
        return _empty(column)
    plain = _whole(text)
    if plain is None:
        return _not_a_number(text) or _not_a_count(text)
    return _bounded(column, plain)


def _whole(text: str) -> int | None:
    """The integer that a text says without ambiguity; `12,0` is 12."""
    if _PLAIN.fullmatch(text) and len(text) <= _MAX_LENGTH:
        return int(text)
    spaced = _SPACED.fullmatch(text)
    if spaced and not (spaced["rest"] or "").strip(".,0"):
        return int(re.split("[.,]", text)[0].replace(" ", ""))
    decimal = _DECIMAL.fullmatch(text)
    if decimal is None or _THREE.fullmatch(text) or len(text) > _MAX_LENGTH:
        return None
    if not decimal["places"].strip("0"):
        return int(decimal["whole"])
    value = Decimal(text.replace(",", "."))
    nearest = value.to_integral_value(ROUND_HALF_UP)
    noisy = len(decimal["places"]) >= _NOISE_PLACES and abs(value - nearest) < _NOISE
    return int(nearest) if noisy else None


def _not_a_count(text: str) -> Parsed:
    if _THREE.fullmatch(text) or _GROUPED.fullmatch(text):
        return problem(
            "ambiguous",
            "le nombre est ambigu : la virgule ou le point peut séparer des milliers ou des décimales",
            "Écrivez le nombre sans séparateur, ou avec des espaces : 123000 ou 123\u202f000.",
        )
    if _DECIMAL.fullmatch(text) or _ONLY_PLACES.fullmatch(text) or _SPACED.fullmatch(text):
        return problem("not-whole", "le nombre n'est pas entier", "Écrivez un nombre entier, sans décimale.")
    return _not_read()


def read_amount(column: Column, text: str) -> Parsed:
    """An exact amount within the column's bounds, decimals and digits."""
    text = _tidy(text)
    if not text:
        return _empty(column)
    bare = _EUROS.sub("", text).strip()
    value = _decimal(bare)
    if value is None:
        return _not_an_amount(bare)
    if -int(value.as_tuple().exponent) <= column.decimals:
        return _bounded(column, value)
    return _rounded(column, value)


def _rounded(column: Column, value: Decimal) -> Parsed:
    """An amount with too many decimals: noise of a spreadsheet, a computed figure, or a mistake."""
    places = -int(value.as_tuple().exponent)
    bounded = _bounded(column, value.quantize(Decimal(1).scaleb(-column.decimals), ROUND_HALF_UP))
    if bounded.problem is not None:
        return bounded
    if places >= _NOISE_PLACES and abs(value - bounded.value) < _NOISE:
        return bounded
    if places < _COMPUTED_PLACES:
        return problem(
            "too-many-decimals",
            f"le montant a plus de {column.decimals} décimales",
            "Arrondissez au centime ; les milliers se séparent par une espace, jamais par un point ou une virgule.",
        )
    return Parsed(
        value=bounded.value,
        notice=Notice(
            kind="rounded",
            code="G-26",
            message=say("le montant calculé a été arrondi au centime"),
            hint=say("Arrondissez dans le tableur (fonction ARRONDI) pour que le total tombe juste."),
        ),
    )


def _decimal(text: str) -> Decimal | None:
    if len(text) > _MAX_LENGTH or _THREE.fullmatch(text):
        return None
    if _DOTTED.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    if _COMMAED.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if _PLAIN.fullmatch(text) or _SPACED.fullmatch(text) or _DECIMAL.fullmatch(text) or _ONLY_PLACES.fullmatch(text):
        return Decimal(text.replace(" ", "").replace(",", "."))
    return None


def _not_an_amount(text: str) -> Parsed:
    if _THREE.fullmatch(text) or _GROUPED.fullmatch(text):
        return problem(
            "ambiguous",
            "le montant est ambigu : la virgule ou le point peut séparer des milliers ou des décimales",
            "Écrivez le montant en euros avec au plus deux décimales, par exemple 1234,50 ou 1\u202f234,50.",
        )
    if any(character.isdigit() for character in text) and _THOUSANDS.search(text):
        return problem(
            "thousands",
            "le montant est en milliers ou en millions",
            "Écrivez le montant en euros, par exemple 12500,00.",
        )
    return _not_a_number(text) or _not_read("Écrivez le montant en euros, par exemple 1234,50.")


def _not_a_number(text: str) -> Parsed | None:  # noqa: PLR0911 - one way out per kind of text
    """What a text that is neither a count nor an amount may be."""
    word = text.lower()
    if (error := spreadsheet_error(text)) is not None:
        return error
    if word in _UNKNOWN_WORDS:
        return problem("unknown", "le chiffre n'est pas donné", _UNKNOWN_HINT)
    if word in _NONE_WORDS:
        return problem("word", "le chiffre est écrit en lettres", "Écrivez le chiffre constaté, en chiffres.")
    if _SCIENTIFIC.fullmatch(text):
        return problem(
            "scientific",
            "le nombre est en notation scientifique",
            "Le chiffre a pu être arrondi : donnez à la colonne le format Nombre dans le tableur, vérifiez le chiffre "
            "exact, puis enregistrez de nouveau.",
        )
    if "%" in text:
        return problem("percent", "un pourcentage est écrit au lieu d'un nombre", "Écrivez le nombre lui-même, sans %.")
    if _DAY.fullmatch(text):
        return _a_date()
    if len(text) > _MAX_LENGTH and _PLAIN.fullmatch(text):
        return _huge()
    return None


def _a_date() -> Parsed:
    return problem(
        "a-date",
        "la case contient une date au lieu d'un nombre",
        "Le tableur a pu prendre le nombre pour une date : donnez à la case le format Nombre, puis écrivez le chiffre.",
    )


def _not_read(hint: str = "Écrivez un nombre en chiffres, sans unité ni commentaire.") -> Parsed:
    return problem("not-a-number", "ce n'est pas un nombre", hint)


def _huge() -> Parsed:
    return problem(
        "huge",
        "le nombre est invraisemblable",
        "Vérifiez la frappe et l'unité : sans doute des chiffres de trop.",
    )


def _bounded(column: Column, value: int | Decimal) -> Parsed:
    limit: int = 10 ** (column.digits - column.decimals) if isinstance(value, Decimal) else MAX_COUNT + 1
    if abs(Decimal(value)) >= limit:
        return _huge()
    if column.minimum == 0 and value < 0:
        return problem("negative", "le nombre est négatif", "Écrivez un nombre positif ou nul.")
    if column.minimum is not None and value < column.minimum:
        return problem("too-small", f"le nombre est inférieur à {column.minimum}", _within(column))
    if column.maximum is not None and value > column.maximum:
        return problem("too-big", f"le nombre est supérieur à {column.maximum}", _within(column))
    return Parsed(value=value)


def _within(column: Column) -> str | None:
    if column.minimum is None or column.maximum is None:
        return None
    return f"Vérifiez la saisie : un nombre de {column.minimum} à {column.maximum} est attendu."


def _empty(column: Column) -> Parsed:
    if not column.required:
        return NOTHING
    return problem("empty", "la case est vide", _NOT_ZERO)


def _tidy(text: str) -> str:
    """One kind of space and of minus sign; no invisible character at the ends."""
    if text.isdigit() and text.isascii():
        return text
    return _SPACES.sub(" ", text.replace("\u200b", "").replace("\ufeff", "")).strip().translate(_MINUS)
