"""The page of an edition: self-contained HTML, accessible, with charts as SVG; it reads well on a telephone."""

from __future__ import annotations

from publication.artifacts.layout import lay_out
from publication.artifacts.pdf import legend
from publication.charts import charts
from publication.coverage import is_complete
from publication.edition import Edition
from publication.words import banner, edition_label, edition_title, edition_words, release_notes, reminder
from rendering.environment import render
from rendering.french import long_date


def page_bytes(edition: Edition) -> bytes:
    """The whole page."""
    return render(
        "edition.html.j2",
        {
            "title": edition_title(edition),
            "label": edition_label(edition),
            "dated": long_date(edition.dated_on),
            "banner": banner(edition),
            "complete": is_complete(edition.coverage),
            "replaces": edition_words(edition.replaces),
            "reminder": reminder(edition),
            "changes": release_notes(edition),
            "tables": [lay_out(table) for table in edition.tables],
            "charts": charts(edition.tables),
            "legend": legend(edition),
        },
    ).encode()
