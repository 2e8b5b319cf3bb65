"""Which template an organisation gets: what the register says of it, put into an order for `rendering`."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from domain.organisations import Directory, Organisation, Service
from domain.periods import Period
from domain.workdays import WorkingDays
from ingest.catalogue import Catalogue
from ingest.ledger import Ledger
from ingest.ledger.obligations import deadline_of
from rendering.workbooks.template import TemplateOrder
from schemas.collection import Collection


def template_order(  # noqa: PLR0913 - what a template depends on
    catalogue: Catalogue,
    directory: Directory,
    collection: Collection,
    period: Period,
    *,
    account: str,
    zone: ZoneInfo,
    worked: WorkingDays | None = None,
) -> TemplateOrder:
    """The order of one template; without a register, or for an account of nobody, nothing is filled in beforehand."""
    sender = directory.of_account(account)
    expected = _expected(directory, sender, collection, period)
    adherents = _adherents(directory, sender, collection, period)
    due = deadline_of(directory, collection, sender.code if sender else None, period, zone, worked=worked)
    return TemplateOrder(
        collection=collection.at(period),
        rules=catalogue.rules_for(collection).at(collection.at(period)),
        period=period,
        account=account,
        sender=sender,
        due_at=due,
        expected=expected,
        performers=_performers(directory, sender, collection, period),
        others=tuple(one for one in adherents if one not in expected),
        version=catalogue.rules_version,
    )


def begun(order: TemplateOrder, ledger: Ledger) -> TemplateOrder:
    """The order with the records of the year before that come back: the sender's own, in force, and not ended."""
    collection, carried = order.collection, order.collection.carried_over
    if carried is None or order.sender is None:
        return order
    rows = ledger.rows_in_force(collection.slug, order.period.preceding.code)
    kept = [
        {column.name: row.get(column.name) for column in collection.columns}
        for row in rows
        if row["organisation"] == order.sender.code and row[carried.column] not in carried.ended
    ]
    lists = [column for column in collection.columns if column.codes is not None]
    known = (row for row in kept if all(row[one.name] in {None, *(one.codes or ())} for one in lists))
    return replace(order, carried=tuple({**row, carried.column: None} for row in known))


def _services(collection: Collection) -> tuple[Service, ...]:
    return collection.services


def _expected(
    directory: Directory, sender: Organisation | None, collection: Collection, period: Period
) -> tuple[Organisation, ...]:
    if sender is None or not collection.expected_lines:
        return ()
    return _named(
        directory,
        [code for service in _services(collection) for code in directory.expected_lines(sender.code, service, period)],
    )


def _performers(
    directory: Directory, sender: Organisation | None, collection: Collection, period: Period
) -> dict[Service, tuple[Organisation, ...]]:
    """By service, those whose line is owed."""
    if sender is None or not collection.expected_lines:
        return {}
    return {
        service: _named(directory, list(directory.expected_lines(sender.code, service, period)))
        for service in collection.services
    }


def _adherents(
    directory: Directory, sender: Organisation | None, collection: Collection, period: Period
) -> tuple[Organisation, ...]:
    if sender is None:
        return ()
    return _named(
        directory,
        [
            code
            for service in _services(collection)
            for code in directory.adherents(sender.code, service, period.ends_on)
        ],
    )


def _named(directory: Directory, codes: list[str]) -> tuple[Organisation, ...]:
    return tuple(directory.by_code[code] for code in dict.fromkeys(codes) if code in directory.by_code)
