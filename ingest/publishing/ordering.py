"""Editions on somebody's order: publish now, take back, send to one more (contract §3, §10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.errors import CannotDo, NotFound
from domain.notices import Notice
from domain.organisations import Directory
from domain.periods import Period
from domain.publishing import PeriodState
from domain.releases import Release
from ingest.ledger.copies import Copy
from ingest.ledger.releases import last_distributed
from ingest.publishing.distributing import Progress, Writer, audience, distribute
from ingest.publishing.making import Draft
from ingest.wiring import Wiring
from notifications.recipients import Recipient, unique
from notifications.releases import Addressee, readers
from notifications.withdrawals import withdrawal_notices

_TRIES = 5
"""Files may come while an edition is weighed."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """What an order did. `made`: a new edition; `distributed`: the one that left; `queued`: messages."""

    made: Release | None = None
    distributed: Release | None = None
    queued: int = 0
    last: Release | None = None


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """An edition that is withdrawn. `former`: the one to use again; `unsent`: its messages that do not leave."""

    withdrawn: Release
    former: Release | None
    unsent: int


def state_of(wiring: Wiring, period: Period, now: datetime) -> PeriodState:
    """Where the publication of a period stands; CannotDo when there is nothing to publish."""
    state = wiring.press.state(period, wiring.register.current(), now)
    if state is None:
        raise CannotDo(
            f"{period.code} cannot be published: it has not ended, or lies before first_period without any figure"
        )
    return state


def foreseen(wiring: Wiring, period: Period, now: datetime) -> tuple[Draft, int]:
    """What publishing now would make, and how many addresses would get it; changes nothing."""
    draft = wiring.editions.weigh(state_of(wiring, period, now), now, ordered=True)
    if draft is None:
        raise CannotDo(f"nothing is expected nor in force for {period.code}: there is nothing to publish")
    today = now.astimezone(wiring.settings.zone).date()
    return draft, len(audience(wiring.register.current(), [period.code], today).addressees)


def publish(wiring: Wiring, period: Period, *, author: str, now: datetime, progress: Progress) -> Published:
    """Make the edition that the rules give now, if it says something new, and distribute it at once."""
    wiring.editions.finish(wiring.press.recorded(period), now)
    made = _make(wiring, period, author, now)
    editions = wiring.press.releases(period)
    last = next((one for one in reversed(editions) if one.withdrawn_at is None), None)
    sent = waiting(wiring, period)
    queued = 0
    if sent is not None:
        for one in editions:
            if one.held and one.withdrawn_at is None:
                wiring.deliveries.let_go(one, author=author, now=now)
        queued = distribute(wiring, [sent], now, progress=progress)
    return Published(made=made, distributed=sent, queued=queued, last=last)


def waiting(wiring: Wiring, period: Period) -> Release | None:
    """The edition for everybody that says something new and has not left, held or not."""
    editions = wiring.press.releases(period)
    public = next((one for one in reversed(editions) if one.kind.distributed and one.withdrawn_at is None), None)
    return public if public is not None and public.distributed_at is None and public.to_distribute else None


def _make(wiring: Wiring, period: Period, author: str, now: datetime) -> Release | None:
    for _ in range(_TRIES):
        state = state_of(wiring, period, now)
        made = wiring.editions.make(state, now, ordered_by=author)
        if made is not None:
            return made.release
        if wiring.press.stale_at(period) is None:
            return None
    raise CannotDo(f"figures of {period.code} keep arriving: try again in a moment")


def take_back(wiring: Wiring, name: str, *, author: str, reason: str, now: datetime) -> TakenBack:
    """Withdraw an edition, tell those who have it, and go back to the former one. NotFound, CannotDo."""
    found = wiring.press.named(name).release
    others = [one for one in wiring.press.releases(Period.parse(found.period)) if one.id != found.id]
    former = last_distributed(one for one in others if one.number < found.number) or last_distributed(others)
    directory = wiring.register.current()

    told: list[Copy] = []

    def compose(edition: Release, left: Sequence[Copy]) -> Sequence[Notice]:
        told[:] = left
        return withdrawal_notices(
            edition.period,
            edition.name,
            reason,
            _who_has(left, directory),
            former=None if former is None else former.name,
            reply_to=wiring.settings.mail_reply_to,
        )

    withdrawn, unsent = wiring.press.withdraw(name, author=author, reason=reason, now=now, compose=compose)
    wiring.editions.point(withdrawn.period)
    if withdrawn.distributed_at is not None or told:
        accounts = [one.compte_sftp for one in directory.organisations if one.compte_sftp]
        wiring.deliveries.refresh_folders(withdrawn.period, accounts, now)
    return TakenBack(withdrawn=withdrawn, former=former, unsent=unsent)


def _who_has(left: Sequence[Copy], directory: Directory) -> tuple[Recipient, ...]:
    names = {one.courriel.strip().lower(): one.nom for one in directory.contacts}
    return unique(
        Recipient(
            address=one.recipient, name=names.get(one.recipient.lower(), ""), organisation=one.organisation or None
        )
        for one in left
        if one.recipient
    )


def send(wiring: Wiring, edition: Release, to: str, *, author: str, now: datetime) -> int:
    """Send a distributed edition to one more address, or to an organisation's; how many did not have it."""
    directory = wiring.register.current()
    whom = _addressees(directory, to.strip())
    today = now.astimezone(wiring.settings.zone).date()
    letters = Writer(wiring, [edition], directory, today).letters(whom, lambda _one: (edition.id,))
    return wiring.deliveries.send(letters, edition, author=author, now=now)


def _addressees(directory: Directory, to: str) -> list[Addressee]:
    if "@" in to:
        theirs = [one for one in directory.contacts if one.courriel.strip().lower() == to.lower()]
        codes = tuple(dict.fromkeys(one.organisation for one in theirs))
        name = theirs[0].nom if theirs else ""
        recipient = Recipient(address=to, name=name, organisation=codes[0] if codes else None)
        return [Addressee(recipient=recipient, organisations=codes or ("",))]
    one = next((one for one in directory.organisations if one.code.lower() == to.lower()), None)
    if one is None:
        raise NotFound(f"{to!r} is neither an address nor the code of an organisation of the register")
    found = readers(directory, one.code)
    if not found:
        raise CannotDo(f"the register has no address for {one.code}: name one, e.g. name@example.org")
    return [Addressee(recipient=reader, organisations=(one.code,)) for reader in found]
