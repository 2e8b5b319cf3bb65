"""What an import of the register would change, as data (contract §3, `directory import`). Pure.

Words are in `wording`. Expected lines and obligations are compared period by period, from the first one owed to the
current one, so that a change which rewrites the past is seen before it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from domain.organisations import Adhesion, Contact, Delegation, Directory, Organisation, OrganisationType, Role, Service
from domain.periods import Period
from domain.workdays import WorkingDays
from ingest.ledger.obligations import Duty, duties, periods_until
from ingest.register.snapshot import sort_key
from schemas.collection import Collection

T = TypeVar("T")
U = TypeVar("U", bound=Adhesion | Delegation)

NOBODY = Directory(version=0)


class EffectKind(StrEnum):
    """Kinds of effect, in the order in which they are told."""

    ORGANISATION_ADDED = "organisation_added"
    ORGANISATION_CHANGED = "organisation_changed"
    ORGANISATION_ENDED = "organisation_ended"
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_ENDED = "account_ended"
    ADHESIONS_CHANGED = "adhesions_changed"
    DELEGATIONS_CHANGED = "delegations_changed"
    OBLIGATION_ADDED = "obligation_added"
    OBLIGATION_REMOVED = "obligation_removed"
    OBLIGATION_CHANGED = "obligation_changed"
    RULES_CHANGED = "rules_changed"
    LINES_CHANGED = "lines_changed"
    RECIPIENT_ADDED = "recipient_added"
    RECIPIENT_REMOVED = "recipient_removed"
    CONTACTS_CHANGED = "contacts_changed"
    JUDGED_AGAIN = "judged_again"
    EDITION_CHANGED = "edition_changed"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One thing that an import changes. `subject` is the code, account or address concerned."""

    kind: EffectKind
    subject: str
    data: dict[str, Any] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        """For `--format json`: flat."""
        return {"kind": self.kind.value, "subject": self.subject, **self.data}


@dataclass(frozen=True, kw_only=True)
class Effects:
    """Everything that an import changes; `first` when there was no register before."""

    items: tuple[Effect, ...] = ()
    first: bool = False

    def of(self, kind: EffectKind) -> tuple[Effect, ...]:
        """Those of one kind."""
        return tuple(item for item in self.items if item.kind is kind)

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.items)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The collections and the days for which obligations are compared; `today` is a civil day of the desk."""

    collections: tuple[Collection, ...]
    first_period: Period
    today: date
    zone: ZoneInfo
    due_days: WorkingDays | None = None

    def owed(self, directory: Directory) -> dict[tuple[str, str, str], Duty]:
        """What each organisation owes, by organisation, collection and period."""
        found = duties(
            directory,
            self.collections,
            periods_until(self.first_period, self.today),
            first_period=self.first_period,
            zone=self.zone,
            worked=self.due_days,
        )
        return {(one.organisation, one.collection, one.period.code): one for one in found}


def effects_of(
    before: Directory | None,
    after: Directory,
    calendar: Calendar,
    *,
    to_judge_again: Sequence[str] = (),
) -> Effects:
    """What changes from `before` (None: no register yet) to `after`, in the order of `EffectKind`.

    `to_judge_again`: deposits that were refused only because of the register. Editions come with the tables.
    """
    old = NOBODY if before is None else before
    found = [
        *_organisations(old, after),
        *_accounts(old, after),
        *_moves(old.adhesions, after.adhesions, lambda one: (one.code_cil, one.service), EffectKind.ADHESIONS_CHANGED),
        *_moves(
            old.delegations,
            after.delegations,
            lambda one: (one.code_mandant, one.service),
            EffectKind.DELEGATIONS_CHANGED,
        ),
        *_expected(old, after, calendar),
        *_rules(old, after),
        *_contacts(old, after),
    ]
    if found and to_judge_again:
        found.append(
            Effect(kind=EffectKind.JUDGED_AGAIN, subject="", data={"submissions": list(to_judge_again)}),
        )
    order = list(EffectKind)
    return Effects(items=tuple(sorted(found, key=lambda one: order.index(one.kind))), first=before is None)


def _rules(old: Directory, new: Directory) -> Iterator[Effect]:
    was, now = set(old.obligations), set(new.obligations)
    for code in sorted({one.code for one in was ^ now}):
        yield Effect(
            kind=EffectKind.RULES_CHANGED,
            subject=code,
            data={
                "added": sorted(one.collection for one in now - was if one.code == code),
                "removed": sorted(one.collection for one in was - now if one.code == code),
            },
        )


def _organisations(old: Directory, new: Directory) -> Iterator[Effect]:
    for code in sorted({*old.by_code, *new.by_code}):
        was, now = old.by_code.get(code), new.by_code.get(code)
        if was == now:
            continue
        known = now or was
        data: dict[str, Any] = {"nom": known.nom if known else "", "type": known.type.value if known else ""}
        if was is None:
            yield Effect(kind=EffectKind.ORGANISATION_ADDED, subject=code, data=data)
        elif now is None or (now.actif.last is not None and now.actif.last != was.actif.last):
            last = None if now is None else str(now.actif.last)
            yield Effect(kind=EffectKind.ORGANISATION_ENDED, subject=code, data={**data, "last_day": last})
        else:
            yield Effect(
                kind=EffectKind.ORGANISATION_CHANGED,
                subject=code,
                data={**data, "changes": _changes(was, now)},
            )


def _changes(was: Organisation, now: Organisation) -> list[dict[str, str | None]]:
    pairs = {
        "type": (was.type.value, now.type.value),
        "nom": (was.nom, now.nom),
        "departement": (was.departement, now.departement),
        "compte_sftp": (was.compte_sftp, now.compte_sftp),
        "actif_du": (_text(was.actif.first), _text(now.actif.first)),
        "actif_au": (_text(was.actif.last), _text(now.actif.last)),
    }
    return [{"field": name, "from": old, "to": new} for name, (old, new) in pairs.items() if old != new]


def _text(day: date | None) -> str | None:
    return None if day is None else str(day)


def _accounts(old: Directory, new: Directory) -> Iterator[Effect]:
    def of(directory: Directory) -> dict[str, str]:
        return {one.compte_sftp: one.code for one in directory.organisations if one.compte_sftp}

    was: dict[str, str] = of(old)
    now: dict[str, str] = of(new)
    for account in sorted({*was, *now}):
        if was.get(account) != now.get(account):
            if account in now:
                data = {"organisation": now[account], "formerly": was.get(account)}
                yield Effect(kind=EffectKind.ACCOUNT_ADDED, subject=account, data=data)
            else:
                yield Effect(
                    kind=EffectKind.ACCOUNT_ENDED,
                    subject=account,
                    data={"organisation": was[account], "last_day": None},
                )
        elif account in now:
            before = old.by_code[was[account]].actif.last
            after = new.by_code[now[account]].actif.last
            if after is not None and after != before:
                yield Effect(
                    kind=EffectKind.ACCOUNT_ENDED,
                    subject=account,
                    data={"organisation": now[account], "last_day": str(after)},
                )


def _moves(
    old: Iterable[U],
    new: Iterable[U],
    unit: Callable[[U], tuple[str, str]],
    kind: EffectKind,
) -> Iterator[Effect]:
    was, now = _grouped(old, unit), _grouped(new, unit)
    for key in sorted({*was, *now}):
        if was.get(key) != now.get(key):
            yield Effect(
                kind=kind,
                subject=key[0],
                data={
                    "service": key[1],
                    "from": [_span(row) for row in was.get(key, [])],
                    "to": [_span(row) for row in now.get(key, [])],
                },
            )


def _grouped(rows: Iterable[T], key: Callable[[T], Hashable]) -> dict[Any, list[T]]:
    found: dict[Any, list[T]] = {}
    for row in sorted(rows, key=sort_key):
        found.setdefault(key(row), []).append(row)
    return found


def _span(row: Adhesion | Delegation) -> dict[str, str | None]:
    to = row.code_plateforme if isinstance(row, Adhesion) else row.code_realisateur
    return {"to": to, "first_day": _text(row.dates.first), "last_day": _text(row.dates.last)}


def _expected(old: Directory, new: Directory, calendar: Calendar) -> Iterator[Effect]:
    periods = periods_until(calendar.first_period, calendar.today)
    owed_before, owed_now = calendar.owed(old), calendar.owed(new)
    for code, collection in sorted({(key[0], key[1]) for key in (*owed_before, *owed_now)}):
        changed: dict[tuple[EffectKind, str], list[str]] = {}
        for period in periods:
            key = (code, collection, period.code)
            change = _duty_change(owed_before.get(key), owed_now.get(key))
            if change is not None:
                changed.setdefault(change, []).append(period.code)
        for (kind, detail), codes in changed.items():
            data = {"collection": collection, "periods": codes, "detail": detail}
            yield Effect(kind=kind, subject=code, data=data)
    platforms = sorted(
        {one.code for one in (*old.organisations, *new.organisations) if one.type is OrganisationType.PF}
    )
    for one in calendar.collections:
        for service in one.services if one.expected_lines else ():
            for platform in platforms:
                yield from _lines((old, new), platform, one, service, periods)


def _lines(
    both: tuple[Directory, Directory],
    platform: str,
    collection: Collection,
    service: Service,
    periods: Sequence[Period],
) -> Iterator[Effect]:
    old, new = both
    changed: dict[tuple[tuple[str, ...], tuple[str, ...], int], list[str]] = {}
    for period in periods:
        if period.periodicity is not collection.periodicity:
            continue
        was = set(old.expected_lines(platform, service, period))
        now = set(new.expected_lines(platform, service, period))
        if was != now:
            changed.setdefault((tuple(sorted(now - was)), tuple(sorted(was - now)), len(now)), []).append(period.code)
    for (added, removed, total), codes in changed.items():
        yield Effect(
            kind=EffectKind.LINES_CHANGED,
            subject=platform,
            data={
                "collection": collection.code,
                "periods": codes,
                "added": list(added),
                "removed": list(removed),
                "total": total,
            },
        )


def _duty_change(was: Duty | None, now: Duty | None) -> tuple[EffectKind, str] | None:
    """The kind of change and its detail: `dispense`, a due day, or the empty word for an ordinary obligation."""
    if now is None:
        return None if was is None else (EffectKind.OBLIGATION_REMOVED, "")
    detail = "dispense" if now.waived_reason is not None else ""
    if was is None:
        return EffectKind.OBLIGATION_ADDED, detail
    if was.due_at != now.due_at and not detail:
        detail = str(now.due_at.date())
    if (was.due_at, was.waived_reason) != (now.due_at, now.waived_reason):
        return EffectKind.OBLIGATION_CHANGED, detail
    return None


def _contacts(old: Directory, new: Directory) -> Iterator[Effect]:
    def recipients(directory: Directory) -> set[Contact]:
        return {one for one in directory.contacts if one.role is Role.DIFFUSION}

    def told(directory: Directory) -> set[tuple[str, str, str | None]]:
        return {(one.courriel, one.organisation, one.service) for one in recipients(directory)}

    was, now = told(old), told(new)
    for kind, rows in ((EffectKind.RECIPIENT_ADDED, now - was), (EffectKind.RECIPIENT_REMOVED, was - now)):
        for address, code, service in sorted(rows, key=str):
            yield Effect(kind=kind, subject=address, data={"organisation": code, "service": service})
    others_were, others_are = set(old.contacts) - recipients(old), set(new.contacts) - recipients(new)
    for code in sorted({one.organisation for one in others_were ^ others_are}):
        yield Effect(
            kind=EffectKind.CONTACTS_CHANGED,
            subject=code,
            data={
                "added": _addresses(others_are - others_were, code),
                "removed": _addresses(others_were - others_are, code),
            },
        )


def _addresses(contacts: Iterable[Contact], code: str) -> list[str]:
    return sorted(f"{one.courriel} ({one.role})" for one in contacts if one.organisation == code)
