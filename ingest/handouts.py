"""What an account finds in `diffusion/`: templates and guide, tables, UESL its follow-up, as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from domain.errors import Retry
from domain.organisations import MEMBERS, Directory, Organisation, OrganisationType, Service
from domain.periods import Period
from ingest.context import may_send
from ingest.decisions.model import decides, decisions_model
from ingest.ledger.releases import last_distributed
from ingest.publishing.documents import distributed_files, edition_from, own_files
from ingest.templates import begun, template_order
from ingest.wiring import Wiring
from publication.artifacts.csv import csv_bytes
from publication.artifacts.situation import situation_bytes
from publication.edition import Edition
from publication.table import RowKind, Table
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
            made[order.file_name] = template_workbook(begun(order, wiring.ledger))
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


class Tables:
    """The edition of a period that was distributed last and stands, read once for all accounts.

    Retry when its folder is not whole.
    """

    def __init__(self, wiring: Wiring, period: str) -> None:
        self._directory = wiring.register.current()
        self._edition: Edition | None = None
        self._files: Mapping[str, bytes] = {}
        self._own: Mapping[str, bytes] = {}
        one = last_distributed(wiring.press.releases(Period.parse(period)))
        if one is None:
            return
        manifest = wiring.releases.manifest(one.period, one.name)
        if manifest is None:
            raise Retry(f"the folder of {one.period}/{one.name} is gone; make it again with: guichet rebuild")
        names = wiring.releases.names(one.period, one.name)
        read = {name: wiring.releases.read(one.period, one.name, name) for name in names}
        files = {name: content for name, content in read.items() if content is not None}
        self._files, self._own = distributed_files(files), files
        known = {found.code: found.nom for found in self._directory.organisations}
        made = edition_from(one, manifest)
        self._edition = replace(made, names={**known, **made.names})

    def of(self, account: str) -> Mapping[str, bytes]:
        """By file name: the documents, the same for all, and the account's own page; nothing when none stands."""
        organisation = self._directory.of_account(account)
        if self._edition is None or organisation is None or organisation.type not in _WITH_FIGURES:
            return self._files
        if not self._edition.period.quarter:
            return {**self._files, **own_files(self._own, sheets_read_by(self._directory, organisation, self._edition))}
        return {**self._files, OWN_PAGE: situation_bytes(self._edition, self._directory, organisation.code)}


def sheets_read_by(directory: Directory, organisation: Organisation, edition: Edition) -> tuple[str, ...]:
    """Whose sheets an organisation gets: its own; a platform also those of its CIL/CCI of the year's last day."""
    if organisation.type is not OrganisationType.PF:
        return (organisation.code,)
    theirs = directory.adherents_of_any(organisation.code, tuple(Service), edition.period.ends_on)
    return (organisation.code, *sorted(theirs))


class OwnLines:
    """What a platform sees of a provisional edition, until one is distributed: its own lines (contract §10)."""

    def __init__(self, wiring: Wiring, period: str) -> None:
        self._directory = wiring.register.current()
        self._tables: tuple[Table, ...] = ()
        editions = wiring.press.releases(Period.parse(period))
        last = next((one for one in reversed(editions) if one.withdrawn_at is None), None)
        if last is None or last_distributed(editions) is not None:
            return
        manifest = wiring.releases.manifest(last.period, last.name)
        if manifest is None:
            raise Retry(f"the folder of {last.period}/{last.name} is gone; make it again with: guichet rebuild")
        self._tables = edition_from(last, manifest).tables

    def of(self, account: str) -> Mapping[str, bytes]:
        """Table → CSV of the account's own lines; none once the tables are distributed."""
        organisation = self._directory.of_account(account)
        found = {}
        for table in self._tables:
            rows = [row for row in table.rows if organisation and row.keys.get(_PLATFORM) == organisation.code]
            if any(row.kind is RowKind.LINE for row in rows):
                found[table.code] = csv_bytes(replace(table, rows=tuple(rows)))
        return found


_PLATFORM: Final = "code_plateforme"
OWN_PAGE: Final = "ou_en_sommes_nous.html"
_WITH_FIGURES: Final = MEMBERS | {OrganisationType.PF}
