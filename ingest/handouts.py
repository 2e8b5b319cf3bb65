"""What an account finds in `diffusion/` before anything is published: its templates and the guide, as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.organisations import Directory
from domain.periods import Period
from ingest.context import may_send
from ingest.templates import template_order
from ingest.wiring import Wiring
from rendering.guide.facts import GuideFacts
from rendering.guide.pages import guide_pages
from rendering.workbooks.template import template_workbook


def templates(
    wiring: Wiring, directory: Directory, account: str, wanted: Iterable[tuple[str, Period]]
) -> Mapping[str, bytes]:
    """File name → workbook, for these collections and periods."""
    made: dict[str, bytes] = {}
    for code, period in wanted:
        collection = wiring.catalogue.by_code(code)
        if collection is not None:
            order = template_order(
                wiring.catalogue, directory, collection, period, account=account, zone=wiring.settings.zone
            )
            made[order.file_name] = template_workbook(order)
    return made


def guide(
    wiring: Wiring, directory: Directory, account: str, wanted: Iterable[tuple[str, Period]] = ()
) -> Mapping[str, bytes]:
    """File name → page, about the collections that the account's organisation sends.

    Dates are worked out for the latest quarter of `wanted` as examples.
    """
    organisation, settings = directory.of_account(account), wiring.settings
    pages = guide_pages(
        [one for one in wiring.catalogue.collections if may_send(one, organisation)],
        wiring.catalogue.rules_for,
        facts=GuideFacts(
            host=settings.sftp_host,
            port=settings.sftp_port,
            account=account,
            organisation=organisation.code if organisation else None,
            reply_to=settings.mail_reply_to,
            period=max((period for _, period in wanted if period.quarter), default=None),
            unfinished_minutes=settings.unfinished_minutes,
            retours_days=settings.retours_days,
            max_csv_bytes=settings.max_csv_bytes,
            max_workbook_bytes=settings.max_workbook_bytes,
        ),
    )
    return {name: page.encode() for name, page in pages.items()}
