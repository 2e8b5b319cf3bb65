"""`template`: the workbook to fill in, as an account would get it."""

from __future__ import annotations

import argparse
import difflib
from pathlib import Path

from domain.errors import CannotDo, NotFound
from domain.organisations import Directory
from domain.periods import Period, Periodicity
from ingest.cli.output import note, say
from ingest.context import may_send
from ingest.files import write_whole
from ingest.templates import begun, template_order
from ingest.wiring import Wiring
from rendering.workbooks.template import template_workbook
from schemas.collection import Collection

_EXTENSION = ".xlsx"


def template(arguments: argparse.Namespace) -> int:
    """Write the template where it was asked for."""
    path = Path(arguments.output)
    if path.suffix.lower() != _EXTENSION:
        raise CannotDo(f"-o {arguments.output!r}: a template is a workbook; give a name ending in {_EXTENSION}")
    if path.is_dir() or not path.parent.is_dir():
        raise CannotDo(f"cannot write {path}: {'it is a folder' if path.is_dir() else f'no folder {path.parent}'}")
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        collection = _collection(wiring, arguments.collection)
        period = _period(collection, arguments.period)
        directory = wiring.register.current()
        account = _account(directory, collection, arguments.account)
        order = template_order(
            wiring.catalogue,
            directory,
            collection,
            period,
            account=account,
            zone=wiring.settings.zone,
            worked=wiring.due_days,
        )
        order = begun(order, wiring.ledger)
    try:
        write_whole(path, template_workbook(order), mode=0o644)
    except OSError as error:
        raise CannotDo(f"cannot write {path}: {error.strerror}") from None
    if order.sender is None:
        note("no register yet: nothing is filled in beforehand; see: guichet directory import")
    elif collection.expected_lines and not order.expected:
        note(f"no line is expected from {order.sender.code} for {period}: nothing is filled in beforehand")
    prepared = len(order.expected) + len(order.carried)
    say(f"{path}: {collection.code} {period}, {prepared} line(s) prepared; deposit it as {order.file_name}")
    return 0


def _collection(wiring: Wiring, word: str) -> Collection:
    collection = wiring.catalogue.find(word)
    if collection is not None:
        return collection
    known = [one.code for one in wiring.catalogue.collections]
    words = {name.lower(): name for one in wiring.catalogue.collections for name in (one.code, one.slug)}
    near = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.5)
    meant = f"; did you mean {words[near[0]]}?" if near else ""
    raise NotFound(f"no collection {word!r}; there are {', '.join(known)}{meant}")


def _period(collection: Collection, text: str) -> Period:
    try:
        period = Period.parse(text)
    except ValueError as error:
        raise CannotDo(str(error)) from None
    if collection.periodicity.length is not period.periodicity:
        example = "a quarter, e.g. 2005T1" if collection.periodicity is Periodicity.QUARTER else "a year, e.g. 2005"
        raise CannotDo(f"{collection.code} is deposited for {example}, not for {period}")
    first, last = collection.first_period, collection.last_period
    if (first is not None and period < first) or (last is not None and period > last):
        raise CannotDo(f"{collection.code} is not deposited for {period} (from {first or '-'} to {last or '-'})")
    return period


def _account(directory: Directory, collection: Collection, account: str) -> str:
    """The account as the register writes it; refused when it is nobody's or does not send that collection."""
    if not directory.organisations:
        return account
    organisation = directory.of_account(account)
    if organisation is None:
        known = ", ".join(sorted(one.compte_sftp for one in directory.organisations if one.compte_sftp)[:12])
        raise CannotDo(f"no account {account!r} in the register; there are {known}")
    if not may_send(collection, organisation):
        senders = ", ".join(sorted(collection.senders))
        raise CannotDo(f"{organisation.code} does not deposit {collection.code}: it is deposited by {senders}")
    return organisation.compte_sftp or account
