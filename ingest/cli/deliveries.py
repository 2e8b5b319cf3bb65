"""`delivery list|retry|send`: who got which edition (contract §3, §10)."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from domain.errors import CannotDo, NotFound
from domain.releases import DeliveryState, Release
from ingest.cli.output import civil, emit_rows, say
from ingest.wiring import Wiring, current_user

_HEADINGS = {
    "period": "PERIOD",
    "edition": "EDITION",
    "organisation": "ORGANISATION",
    "recipient": "TO",
    "state": "STATE",
    "retries": "RETRIES",
    "sent_at": "SENT",
    "error": "ERROR",
}


def delivery_list(arguments: argparse.Namespace) -> int:
    """The copies; organisations without an address stand there too, as failed."""
    wanted = _state(arguments.state)
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        copies = wiring.deliveries.copies(wiring.deliveries.chosen(arguments.what))
        zone = wiring.settings.zone
    rows: list[dict[str, Any]] = [
        civil({**asdict(one), "recipient": one.recipient or None, "state": one.state.value}, zone)
        for one in copies
        if wanted in {None, one.state}
    ]
    emit_rows(rows, _HEADINGS, arguments.format, empty="no delivery")
    return 0


def delivery_retry(arguments: argparse.Namespace) -> int:
    """Send again what failed or came back."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        _ = wiring.ledger
        chosen = wiring.deliveries.chosen(arguments.what)
        number = wiring.deliveries.retry(
            chosen, author=arguments.by or current_user(), now=wiring.clock.now(), addresses=arguments.to or None
        )
    if not number:
        say("nothing failed nor came back: nothing to send again")
    else:
        say(f"{number} message(s) back in the queue; the service, or 'guichet once', sends them")
    return 0


def delivery_send(arguments: argparse.Namespace) -> int:
    """Send an edition to one more address or organisation, now."""
    from ingest.publishing import ordering  # noqa: PLC0415 - costs the makers of documents

    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        _ = wiring.ledger
        edition = _distributed(wiring, arguments.edition)
        author = arguments.by or current_user()
        number = ordering.send(wiring, edition, arguments.to, author=author, now=wiring.clock.now())
    name = f"{edition.period}/{edition.name}"
    if not number:
        raise CannotDo(f"{name} was sent to {arguments.to} before; again: guichet delivery retry {name}")
    say(f"{name}: {number} message(s) queued for {arguments.to}; the service, or 'guichet once', sends them")
    return 0


def _distributed(wiring: Wiring, name: str) -> Release:
    """The edition of that name; of a period, the one that its readers use."""
    chosen = wiring.deliveries.chosen(name)
    if len(chosen) == 1:
        return chosen[0]
    from ingest.ledger.releases import last_distributed  # noqa: PLC0415

    found = last_distributed(chosen)
    if found is None:
        raise CannotDo(f"no edition of {name} is distributed; see: guichet releases {name}")
    return found


def _state(word: str | None) -> DeliveryState | None:
    if word is None:
        return None
    try:
        return DeliveryState(word.lower())
    except ValueError:
        raise NotFound(f"no state {word!r}; known: {', '.join(DeliveryState)}") from None
