"""What an account finds in `diffusion/` besides the tables: templates and guide, UESL its follow-up, as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from domain.organisations import Directory
from domain.periods import Period
from ingest.context import may_send
from ingest.decisions.model import decides, decisions_model
from ingest.templates import template_order
from ingest.wiring import Wiring
from rendering.guide.facts import GuideFacts
from rendering.guide.pages import guide_pages
from rendering.suivi.page import suivi_html
from rendering.suivi.sheet import suivi_csv
from rendering.workbooks.template import template_workbook


def templates(
    wiring: Wiring, directory: Directory, account: str, wanted: Iterable[tuple[str, Period]]
) -> Mapping[str, bytes]:
    """File name → workbook, for these collections and periods; for who decides, that of decisions."""
    made: dict[str, bytes] = {}
    for code, period in wanted:
        collection = wiring.catalogue.by_code(code)
        if collection is not None:
            order = template_order(
                wiring.catalogue,
                directory,
                collection,
                period,
                account=account,
                zone=wiring.settings.zone,
                worked=wiring.due_days,
            )
            made[order.file_name] = template_workbook(order)
    organisation = directory.of_account(account)
    if organisation is not None and decides(organisation):
        today = wiring.clock.now().astimezone(wiring.settings.zone).date()
        name, workbook = decisions_model(organisation, account, version=wiring.catalogue.rules_version, today=today)
        made[name] = workbook
    return made


def guide(
    wiring: Wiring, directory: Directory, account: str, wanted: Iterable[tuple[str, Period]] = ()
) -> Mapping[str, bytes]:
    """File name → page, about the collections that the account's organisation sends.

    Dates are worked out for the latest quarter of `wanted` as examples.
    """
    organisation, settings = directory.of_account(account), wiring.settings
    sent = [one for one in wiring.catalogue.collections if may_send(one, organisation)]
    if not sent:
        return {}
    pages = guide_pages(
        sent,
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
            due_days=wiring.due_days,
        ),
    )
    return {name: page.encode() for name, page in pages.items()}


def suivi_pages(wiring: Wiring, dated: Iterable[str] = ()) -> Mapping[str, bytes]:
    """The « Suivi des échéances » as it stands now: a page, a sheet, and a copy of the page for each of those days."""
    names = {one.code: one.nom for one in wiring.register.current().organisations}
    suivi = replace(wiring.ledger.suivi(wiring.clock.now()), names=names)
    page = suivi_html(suivi).encode()
    copies = {f"suivi-{day}.html": page for day in dated}
    return {"suivi.html": page, "suivi.csv": suivi_csv(suivi), **copies}
