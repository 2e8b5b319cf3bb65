"""The PDF of an edition: tagged, in French, made by typst from data that are never read as markup."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import as_file, files
from typing import Final

import typst

from publication.artifacts.layout import lay_out
from publication.charts import charts
from publication.edition import Edition
from publication.words import banner, edition_label, edition_title, edition_words, release_notes, reminder
from rendering.french import long_date, say

_LEGEND: Final = say(
    "n.d. : donnée non disponible ; n.s. : non significatif (base nulle) ; une cellule vide : non concerné ; "
    "* : cumul incomplet.",
)
_SECRET: Final = say("s. : secret statistique.")


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
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    if warnings:
        raise PdfError("; ".join(str(one) for one in warnings))
    return bytes(made)
