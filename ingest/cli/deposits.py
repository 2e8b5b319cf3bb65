"""`check`, `submissions`, `show`, `replay`, `withdraw`: deposits, seen from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domain.errors import CannotDo, NotFound
from domain.periods import Period
from domain.retention import Rule
from domain.verdicts import Verdict
from ingest.cli.output import emit_json, emit_rows, note, say
from ingest.cli.tones import say_lines
from ingest.rehearsal import Rehearsal
from ingest.wiring import Wiring, current_user
from rendering.story import left_alone_lines, several_lines, story_lines
from rendering.terminal import answer_lines
from schemas.collection import Collection

_COUNTED = frozenset({Rule.EXERCICE.value, Rule.LATE.value})
"""Cases are counted before they are destroyed by these rules, once and for all."""


def check(arguments: argparse.Namespace) -> int:
    """Judge files as a real deposit would be; exit 1 when one is rejected."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        forced = _forced(wiring, arguments.collection, arguments.period)
        rehearsal = Rehearsal(wiring)
        documents = []
        for number, name in enumerate(arguments.files, start=1):
            path = Path(name)
            if not path.is_file():
                raise CannotDo(f"no file {name}")
            if len(arguments.files) > 1 and sys.stderr.isatty():
                note(f"{number}/{len(arguments.files)} {name}")
            answers = None if arguments.answers is None else Path(arguments.answers) / path.name
            documents.append(rehearsal.check(path, arguments.account, forced, answers))
    _show_answers(documents, arguments.format)
    if arguments.answers is not None:
        note(f"answers written in {arguments.answers}")
    refused = {Verdict.REJECTED.value, Verdict.DESTROYED.value}
    return 1 if any(document["verdict"] in refused for document in documents) else 0


def _forced(wiring: Wiring, word: str | None, period: str | None) -> tuple[Collection, Period] | None:
    if word is None and period is None:
        return None
    if word is None or period is None:
        raise CannotDo("--collection and --period go together")
    collection = wiring.catalogue.find(word)
    if collection is None:
        known = ", ".join(one.code for one in wiring.catalogue.collections)
        raise NotFound(f"no collection {word!r}; there are {known}")
    try:
        return collection, Period.parse(period)
    except ValueError as error:
        raise CannotDo(str(error)) from None


def _show_answers(documents: Sequence[Mapping[str, Any]], form: str) -> None:
    if form == "json":
        emit_json(documents[0] if len(documents) == 1 else documents)
        return
    for number, document in enumerate(documents):
        if number:
            say()
        say_lines(answer_lines(document, rehearsal=True, full=True))


def submissions(arguments: argparse.Namespace) -> int:
    """Deposits, the latest first."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        rows = wiring.ledger.submissions(account=arguments.account, period=arguments.period, state=arguments.state)
    if arguments.format == "json":
        emit_json(rows)
        return 0
    shown = [
        {
            "submission": row["submission"],
            "account": row["account"],
            "received_at": row["received_at"],
            "state": row["state"],
            "verdict": row["verdict"],
            "test": "essai" if row["test"] else "depot",
            "sections": ", ".join(
                f"{one['collection'] or '?'} {one['period'] or ''}".strip() for one in row["sections"]
            ),
            "file": row["file"]["name"],
        }
        for row in rows
    ]
    headings = {
        "submission": "SUBMISSION",
        "account": "ACCOUNT",
        "received_at": "RECEIVED",
        "state": "STATE",
        "verdict": "VERDICT",
        "test": "BOX",
        "sections": "SECTIONS",
        "file": "FILE",
    }
    emit_rows(shown, headings, "text", empty="no deposit")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """What became of a file, by number, name or hash, in French: its whole story, from the ledger alone."""
    if not arguments.id.strip("/ "):
        raise CannotDo("show: say which deposit, by number, name or hash; see: guichet submissions")
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        numbers, left = wiring.ledger.sought(arguments.id, arguments.account)
        if not numbers and not left:
            raise NotFound(
                f"no deposit {arguments.id!r}, by number, name or hash, and nothing of that name was left alone; "
                "see: guichet submissions",
            )
        stories = [wiring.ledger.show(number) for number in numbers]
    if arguments.format == "json":
        emit_json([*stories, *left])
        return 0
    if stories:
        say_lines(story_lines(stories[0]) if len(stories) == 1 else several_lines(stories))
    if stories and left:
        say()
    if left:
        say_lines(left_alone_lines(left))
    return 0


def replay(arguments: argparse.Namespace) -> int:
    """Judge an archived original again; exit 1 when it would be rejected today."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        document = Rehearsal(wiring).replay(arguments.id)
    _show_answers([document], arguments.format)
    return 1 if document["verdict"] in {Verdict.REJECTED.value, Verdict.DESTROYED.value} else 0


def withdraw(arguments: argparse.Namespace) -> int:
    """Take a deposit out of force; what remains decides what is in force."""
    if not arguments.reason.strip():
        raise CannotDo("--reason is empty; say why the deposit is withdrawn, it is kept in the journal")
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        author = arguments.by or current_user()
        changed = wiring.ledger.withdraw(arguments.id, reason=arguments.reason, author=author, now=wiring.clock.now())
        counted = any(one["rule"] in _COUNTED for one in wiring.ledger.show(arguments.id)["destroyed"])
    say(f"deposit {arguments.id} is withdrawn")
    for one in changed:
        say(f"  {one.collection} {one.period}: in force now: {one.after or 'nothing'}")
    if counted:
        say("  its cases were destroyed at their end: what they counted stays in the tables of their year")
    return 0
