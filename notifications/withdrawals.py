"""The mail that takes an edition of the tables back from those who have it (contract §10)."""

from __future__ import annotations

from collections.abc import Sequence

from domain.notices import Event, Notice
from notifications.envelope import Writing
from notifications.recipients import Recipient
from notifications.releases import edition_words
from rendering.escaping import visible
from rendering.french import of_period, say
from rendering.letter import Facts, Headline, Line


def withdrawal_notices(  # noqa: PLR0913 - by keyword: which, why, to whom
    period: str,
    edition: str,
    reason: str,
    recipients: Sequence[Recipient],
    *,
    former: str | None = None,
    reply_to: str | None = None,
) -> list[Notice]:
    """To all who had it: this edition is not to be used any more, and why. `former`: the one to use meanwhile."""
    if former is None:
        instead = say("Une édition corrigée vous sera adressée.")
    else:
        instead = say(
            "Utilisez de nouveau l'édition {former}, en attendant celle qui vous sera adressée.",
            former=edition_words(former),
        )
    writing = Writing(
        key=f"release-withdrawn:{period}:{edition}",
        event=Event.RELEASE,
        subject=say("Tableaux {of} : édition retirée", of=of_period(period)),
        blocks=[
            Headline(
                "Édition retirée",
                say(
                    "N'utilisez plus les tableaux {of}, édition {edition}.",
                    of=of_period(period),
                    edition=edition_words(edition),
                ),
                "bad",
            ),
            Facts((("Motif", visible(reason, 400)),)),
            Line(instead),
        ],
        reply_to=reply_to,
    )
    return writing.to(recipients)
