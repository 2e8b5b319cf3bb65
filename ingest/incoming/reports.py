"""Reports of mail servers about our messages: the standard's (RFC 3464), and those of older or other servers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from typing import Any, Final

from ingest.incoming import mime

DETAIL_CHARS: Final = 300
MOST_RECIPIENTS: Final = 20
_MOST_IDS: Final = 20
_MOST_BLOCKS: Final = 100

_STATUS: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_REPLY_CODE: Final = re.compile(r"(?<!\d)[45]\d\d[ -]")
_MESSAGE_ID: Final = re.compile(r"<[^<>\s@]{1,120}@[^<>\s@]{1,120}>")
_RETURNED_ID: Final = re.compile(
    r"^[> \t]*Message-ID:\s*(<[^<>\s@]{1,120}@[^<>\s@]{1,120}>)", re.IGNORECASE | re.MULTILINE
)
_FIELD: Final = re.compile(r"^([!-9;-~]{1,80}):[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_QMAIL_RECIPIENT: Final = re.compile(r"^<([^<>\s@]{1,64}@[^<>\s@]{1,190})>:\s*$\n?((?:.+\n?){0,6})", re.MULTILINE)
_QMAIL: Final = "this is the qmail send program"
_DAEMONS: Final = frozenset({"mailer-daemon", "mail-daemon", "maildaemon", "mailerdaemon", "postmaster"})
_FAILED: Final = (
    "undelivered mail returned to sender",
    "undeliverable",
    "undelivered mail",
    "mail delivery failed",
    "mail delivery failure",
    "mail delivery system failure",
    "delivery failure",
    "failed delivery",
    "delivery has failed",
    "failure notice",
    "returned mail",
    "delivery status notification failure",
    "non remis",
    "non distribuable",
    "non distribue",
    "echec de la remise",
    "echec de remise",
    "echec de la distribution",
    "echec de distribution",
    "impossible de remettre",
    "courrier electronique en retour",
)
_DELAYED: Final = (
    "delayed",
    "delivery status notification delay",
    "still being retried",
    "warning message",
    "warning could not send message",
    "remise retardee",
    "remise differee",
    "retard de remise",
    "message retarde",
)


class Action(StrEnum):
    """What became of a message, as a report says."""

    FAILED = "failed"
    DELAYED = "delayed"
    DONE = "done"
    """Delivered, relayed, expanded: nothing to do."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one report says; see `domain.incoming.Arrival`."""

    action: Action
    envelope_id: str = ""
    returned: tuple[str, ...] = ()
    referred: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    status: str = ""
    detail: str = ""


def report_of(message: Message[Any, Any]) -> Report | None:
    """What a mail reports about one of ours; None when it is no report that can be told safely."""
    found = list(mime.parts(message))
    for part in found:
        if mime.kind(part) in {"message/delivery-status", "message/global-delivery-status"}:
            standard = _standard(part, found, message)
            if standard is not None:
                return standard
    return _other(message, found)


def message_ids(value: str) -> tuple[str, ...]:
    """The Message-IDs in a text, in order, each once."""
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(value[:20_000])))[:_MOST_IDS]


# ── the standard's ───────────────────────────────────────────────────────────────────────────────────────────────────


def _standard(part: Message[Any, Any], found: list[Message[Any, Any]], message: Message[Any, Any]) -> Report | None:
    blocks = [block for block in _blocks(part) if block]
    told = [block for block in blocks if "action" in block or "final-recipient" in block]
    if not told:
        return None
    actions = [_action(block.get("action", "")) for block in told]
    chosen = next((one for one in (Action.FAILED, Action.DELAYED) if one in actions), Action.DONE)
    about = [block for block, action in zip(told, actions, strict=True) if action is chosen]
    returned = _returned(found)
    return Report(
        action=chosen,
        envelope_id=next((block["original-envelope-id"] for block in blocks if "original-envelope-id" in block), ""),
        returned=returned,
        referred=_referred(message),
        recipients=_recipients(about),
        status=next((status for block in about if (status := _status(block.get("status", "")))), ""),
        detail=_detail(about),
    )


def _blocks(part: Message[Any, Any]) -> Iterator[Mapping[str, str]]:
    """Fields of the whole message, then of each recipient; the first mention of a field wins."""
    payload: Any = part.get_payload()
    if isinstance(payload, list):
        for below in payload[:_MOST_BLOCKS]:
            yield _named(mime.headers(below))
            rest = mime.text(below) if not below.is_multipart() else ""
            yield from _written(rest)
    else:
        yield from _written(mime.text(part))


def _written(text: str) -> Iterator[Mapping[str, str]]:
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n"), maxsplit=_MOST_BLOCKS):
        yield _named([(name.lower(), value) for name, value in _FIELD.findall(block)])


def _named(pairs: mime.Headers) -> Mapping[str, str]:
    named: dict[str, str] = {}
    for name, value in pairs:
        named.setdefault(name, " ".join(value.split())[: mime.HEADER_CHARS])
    return named


def _action(value: str) -> Action:
    word = value.strip().lower()
    if word.startswith("fail"):
        return Action.FAILED
    return Action.DELAYED if word.startswith("delay") else Action.DONE


def _recipients(blocks: list[Mapping[str, str]]) -> tuple[str, ...]:
    """Whom we wrote to, then whom that became."""
    told = [block.get(name, "") for name in ("original-recipient", "final-recipient") for block in blocks]
    found = [address for value in told for address in mime.addresses(value.rpartition(";")[2])]
    return tuple(dict.fromkeys(found))[:MOST_RECIPIENTS]


def _detail(blocks: list[Mapping[str, str]]) -> str:
    for block in blocks:
        kind, mark, words = block.get("diagnostic-code", "").partition(";")
        said = (words if mark else kind).strip()
        if said:
            return said[:DETAIL_CHARS]
    return ""


def _status(value: str) -> str:
    found = _STATUS.search(value)
    return found.group() if found else ""


def _returned(found: list[Message[Any, Any]]) -> tuple[str, ...]:
    """The Message-ID of the message that came back: of its own headers only, not of what it encloses."""
    for part in found:
        kind = mime.kind(part)
        if kind in {"message/rfc822", "message/global"}:
            payload: Any = part.get_payload()
            if isinstance(payload, list) and payload:
                return message_ids(mime.header(payload[0], "message-id") or "")
        if kind in {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"} or (
            kind.startswith("message/") and "delivery-status" not in kind
        ):
            return tuple(dict.fromkeys(_RETURNED_ID.findall(mime.text(part))))[:1]
    return ()


def _referred(message: Message[Any, Any]) -> tuple[str, ...]:
    named = (mime.header(message, name) or "" for name in ("in-reply-to", "references"))
    return message_ids(" ".join(named))


# ── the others ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _other(message: Message[Any, Any], found: list[Message[Any, Any]]) -> Report | None:
    """Only from a machine (no return path, a daemon's name, Exim's header), and only in phrases that are known."""
    failed = mime.header(message, "x-failed-recipients")
    if failed is None and not from_a_daemon(message):
        return None
    subject = mime.told_fold(mime.words(message, "subject"))
    body = "\n".join(mime.text(part) for part in found if mime.kind(part) == "text/plain")[: mime.TEXT_CHARS]
    body = body.replace("\r\n", "\n")
    qmail = _QMAIL in mime.told_fold(body)
    if failed is None and any(phrase in subject for phrase in _DELAYED):
        action = Action.DELAYED
    elif failed is not None or qmail or any(phrase in subject for phrase in _FAILED):
        action = Action.FAILED
    else:
        return None
    recipients = mime.addresses(failed or "") or tuple(one for one, _ in _QMAIL_RECIPIENT.findall(body))
    return Report(
        action=action,
        returned=_returned(found) or tuple(dict.fromkeys(_RETURNED_ID.findall(body)))[:1],
        referred=_referred(message),
        recipients=recipients[:MOST_RECIPIENTS],
        status=_status(body),
        detail=_telling(body),
    )


def from_a_daemon(message: Message[Any, Any]) -> bool:
    """Whether no person can have sent it: an empty return path, or the name that mail servers give themselves."""
    return has_empty_return_path(message) or mime.sender(message)[1].partition("@")[0].lower() in _DAEMONS


def has_empty_return_path(message: Message[Any, Any]) -> bool:
    """Whether it may not be answered (RFC 5321 4.5.5)."""
    path = mime.header(message, "return-path")
    return path is not None and path.replace(" ", "") == "<>"


def _telling(body: str) -> str:
    """The line in which a server gives its reasons."""
    for line in body.split("\n")[:200]:
        if _STATUS.search(line) or _REPLY_CODE.search(line):
            return " ".join(line.split())[:DETAIL_CHARS]
    return ""
