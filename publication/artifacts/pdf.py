"""The PDF of an edition: tagged, in French, made by typst from data that are never read as markup."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any, Final

import typst

from publication.artifacts.layout import lay_out
from publication.charts import charts
from publication.edition import Edition
from publication.words import banner, edition_label, edition_title, edition_words, release_notes, reminder
from rendering.escaping import visible
from rendering.french import long_date, say

_LEGEND: Final = say(
    "n.d. : donnée non disponible ; n.s. : non significatif (base nulle) ; une cellule vide : non concerné ; "
    "* : cumul incomplet.",
)
_SECRET: Final = say("s. : secret statistique.")
_DRAWN: Final = (
    (0x20, 0x500),
    (0x1E00, 0x2041),
    (0x2044, 0x2053),
    (0x2054, 0x205F),
    (0x20A0, 0x20C0),
    (0x2190, 0x2600),
)
"""Characters that the document's fonts have (tried one by one): of Latin, Greek and Cyrillic, signs, arrows."""
_NOT_DRAWN: Final = "□"


def legend(edition: Edition) -> str:
    """What the signs mean; only the tables of a year have secrets."""
    return _LEGEND if edition.period.quarter else f"{_LEGEND} {_SECRET}"


class PdfError(RuntimeError):
    """The document could not be made as it should: a mistake of ours."""


def pdf_bytes(edition: Edition) -> bytes:
    """The whole document. PdfError when typst warns: a font or an alternative text would be missing."""
    data = {
        "title": edition_title(edition),
        "label": edition_label(edition),
        "dated": f"le {long_date(edition.dated_on)}",
        "emitter": "UESL",
        "emitter_long": "Union d’économie sociale pour le logement",
        "keywords": ["CIL-PASS", edition.period.code, edition.kind.value],
        "banner": list(banner(edition)),
        "replaces": say("Par rapport à {name} :", name=edition_words(edition.replaces)),
        "changes": list(release_notes(edition)),
        "reminder": reminder(edition),
        "legend": legend(edition),
        "tables": [asdict(lay_out(table)) for table in edition.tables],
        "charts": [{"svg": one.svg, "alt": f"{one.title}. {one.description}"} for one in charts(edition.tables)],
    }
    with as_file(files("publication.artifacts") / "tables.typ") as source:
        made, warnings = typst.compile_with_warnings(
            str(source),
            format="pdf",
            pdf_standards=["ua-1"],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(_drawable(data), ensure_ascii=False)},
        )
    if warnings:
        raise PdfError("; ".join(str(one) for one in warnings))
    return bytes(made)


def _drawable(value: Any) -> Any:
    """The same with texts that the fonts can show: no sign that a depositor wrote stops the document of all."""
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else "".join(map(_drawn, value))
    if isinstance(value, dict):
        return {name: _drawable(each) for name, each in value.items()}
    return [_drawable(each) for each in value] if isinstance(value, list | tuple) else value


@lru_cache(maxsize=4096)
def _drawn(sign: str) -> str:
    if sign in "\n\t":
        return sign
    shown = visible(sign, None)
    if shown == sign and not _has(sign):
        shown = unicodedata.normalize("NFKC", sign)
    return shown if all(map(_has, shown)) else _NOT_DRAWN


def _has(sign: str) -> bool:
    return any(first <= ord(sign) < end for first, end in _DRAWN)
