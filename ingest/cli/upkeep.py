"""`db`, `mail`, `doctor`: keeping the desk in order."""

from __future__ import annotations

import argparse

from domain.errors import NotFound
from ingest.cli.output import civil, emit_json, emit_rows, say
from ingest.wiring import Wiring
from rendering.escaping import terminal


def db_upgrade(arguments: argparse.Namespace) -> int:
    """Create or migrate the tables."""
    from ingest.database.schema import upgrade  # noqa: PLC0415 - costs alembic

    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        for line in upgrade(wiring.unchecked_database, wiring.catalogue, wiring.clock.now()) or (
            "nothing to do: the schema is up to date",
        ):
            say(line)
    return 0


def db_status(arguments: argparse.Namespace) -> int:
    """Where the schema stands; exit 1 when an upgrade is due."""
    from ingest.database.schema import status  # noqa: PLC0415

    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        state = status(wiring.unchecked_database, wiring.catalogue)
    if arguments.format == "json":
        emit_json([state.as_document()])
    else:
        say(state.sentence)
    return 0 if state.current else 1


def mail_list(arguments: argparse.Namespace) -> int:
    """The outbox."""
    from ingest.outbox import MessageState, list_messages  # noqa: PLC0415

    known = [state.value for state in MessageState]
    if arguments.state is not None and arguments.state not in known:
        raise NotFound(f"no state {arguments.state!r}; known: {', '.join(known)}")
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        rows = list_messages(wiring.database, state=arguments.state)
        if arguments.account:
            organisation = wiring.register.current().of_account(arguments.account)
            code = organisation.code if organisation else arguments.account
            rows = [row for row in rows if row["organisation"] == code]
        zone = wiring.settings.zone
    rows = [civil(row, zone) for row in reversed(rows)]
    headings = {
        "id": "ID",
        "created_at": "CREATED",
        "event": "EVENT",
        "recipient": "TO",
        "state": "STATE",
        "attempts": "TRIES",
        "subject": "SUBJECT",
    }
    emit_rows(rows, headings, arguments.format, empty="no message")
    return 0


def mail_show(arguments: argparse.Namespace) -> int:
    """One message."""
    from ingest.outbox import show_message  # noqa: PLC0415

    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        found = show_message(wiring.database, arguments.id)
        row = civil(found, wiring.settings.zone)
        row["arrived"] = [civil(one, wiring.settings.zone) for one in wiring.mailroom.about(found["message_id"])]
    if arguments.format == "json":
        emit_json([row])
        return 0
    for key in (
        "id",
        "event",
        "submission_id",
        "recipient",
        "state",
        "attempts",
        "created_at",
        "sent_at",
        "last_error",
        "message_id",
        "in_reply_to",
        "subject",
    ):
        if row[key] is not None:
            say(f"{key + ':':<15} {row[key]}")
    for name in row["attachments"]:
        say(f"{'attachment:':<15} {name}")
    for one in row["arrived"]:
        told = " ".join(terminal(one[key]) for key in ("sender", "status", "detail") if one[key])
        say(f"{'arrived:':<15} {one['received_at']} {one['kind']} {told} ({one['kept']})")
    say()
    say(row["text"])
    return 0


def mail_retry(arguments: argparse.Namespace) -> int:
    """Put messages back in the queue."""
    from ingest.outbox import retry_messages  # noqa: PLC0415

    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        if arguments.ids:
            number = sum(retry_messages(wiring.database, identifier) for identifier in arguments.ids)
            if not number:
                raise NotFound("none of these messages waits or failed; see guichet mail list")
        else:
            number = retry_messages(wiring.database)
        held = wiring.settings.mail_mode == "hold"
    sender = "they leave once mail_mode is no longer hold" if held else "the service, or 'guichet once', sends them"
    say(f"{number} message(s) back in the queue; {sender}")
    return 0


def doctor(arguments: argparse.Namespace) -> int:
    """Health checks; exit 1 when one found a fault."""
    from ingest.doctor import Health, examine  # noqa: PLC0415

    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        found = examine(wiring)
    marks = {Health.OK: "ok     ", Health.WARNING: "warning", Health.FAULT: "FAULT  "}
    if arguments.format == "json":
        emit_json([diagnosis.as_row() for diagnosis in found])
    else:
        for diagnosis in found:
            remedy = f" → {diagnosis.remedy}" if diagnosis.remedy else ""
            say(f"{marks[diagnosis.health]}  {diagnosis.check}: {diagnosis.detail}{remedy}")
    return 1 if any(diagnosis.health is Health.FAULT for diagnosis in found) else 0
