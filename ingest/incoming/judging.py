"""What a mail that arrived is: a report, a machine's answer, a person's. Pure, bounded, never raises (contract §11)."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from email.message import Message
from typing import Any, Final

from domain.incoming import Arrival, IncomingKind
from ingest.incoming import mime
from ingest.incoming.reports import Action, Report, has_empty_return_path, message_ids, report_of

EXCERPT_CHARS: Final = 600
_EXCERPT_LINES: Final = 12
_AUTOMATIC_HEADERS: Final = frozenset(
    {"x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from", "x-vacation"}
)
_AUTOMATIC_PRECEDENCE: Final = frozenset({"auto_reply", "auto-reply", "bulk", "junk"})
_OURS: Final = "x-guichet-event"
_RECEIPTS: Final = frozenset({"disposition-notification", "feedback-report"})
_KINDS: Final = {
    Action.FAILED: IncomingKind.BOUNCE,
    Action.DELAYED: IncomingKind.DELAY,
    Action.DONE: IncomingKind.AUTOMATIC,
}
_QUOTED: Final = re.compile(
    r"^(?:>|-{2,}\s*(?:message d|original message|mail original|forwarded)|_{10,}$"
    r"|(?:le|on) .{5,120}(?:a écrit|wrote)\s*:)",
    re.IGNORECASE,
)


def arrival(content: bytes, *, ours: Collection[str]) -> Arrival:
    """What this mail is and says; `ours`: the addresses that we write from. Whatever the bytes, an answer."""
    with suppress(Exception):
        return _arrival(mime.parsed(content), frozenset(one.lower() for one in ours))
    return Arrival(kind=IncomingKind.REPLY)  # what cannot be told is a person's: somebody must look at it


def _arrival(message: Message[Any, Any], ours: frozenset[str]) -> Arrival:
    report = report_of(message)
    name, address = mime.sender(message)
    told: dict[str, Any] = {"sender": address, "sender_name": name, "subject": mime.words(message, "subject")}
    if report is not None:
        return _reported(report, told)
    told["referred"] = _referred(message)
    if address.lower() in ours or mime.header(message, _OURS) is not None:
        return Arrival(kind=IncomingKind.OTHER, **told)
    if _automatic(message):
        return Arrival(kind=IncomingKind.AUTOMATIC, **told)
    return Arrival(kind=IncomingKind.REPLY, excerpt=_excerpt(message), **told)


def _reported(report: Report, told: dict[str, Any]) -> Arrival:
    return Arrival(
        kind=_KINDS[report.action],
        envelope_id=report.envelope_id,
        returned=report.returned,
        referred=report.referred,
        recipients=report.recipients,
        status=report.status,
        detail=report.detail,
        **told,
    )


def _referred(message: Message[Any, Any]) -> tuple[str, ...]:
    """What it answers, the nearest first."""
    direct = message_ids(mime.header(message, "in-reply-to") or "")
    earlier = message_ids(mime.header(message, "references") or "")
    return tuple(dict.fromkeys((*direct, *reversed(earlier))))


def _automatic(message: Message[Any, Any]) -> bool:
    submitted = mime.header(message, "auto-submitted")
    if submitted is not None and submitted.partition(";")[0].strip().lower() not in {"no", ""}:
        return True
    if (mime.header(message, "precedence") or "").strip().lower() in _AUTOMATIC_PRECEDENCE:
        return True
    if any(name in _AUTOMATIC_HEADERS for name, _ in mime.headers(message)[:1_000]):
        return True
    if mime.kind(message) == "multipart/report" and mime.parameter(message, "report-type") in _RECEIPTS:
        return True
    return has_empty_return_path(message)


def _excerpt(message: Message[Any, Any]) -> str:
    """The first words that the person wrote, without those that they quote; empty when they are not plain text."""
    for part in mime.parts(message):
        if mime.kind(part) == "text/plain" and part.get_filename() is None:
            break
    else:
        return ""
    kept: list[str] = []
    for line in mime.text(part).splitlines():
        if _QUOTED.match(line.strip()) or line.rstrip() == "--" or len(kept) >= _EXCERPT_LINES:
            break
        if line.strip():
            kept.append(" ".join(line.split()))
    return "\n".join(kept)[:EXCERPT_CHARS]
