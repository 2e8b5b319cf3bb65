"""`anomaly list|confirm|reject|raise`: what looks odd in accepted figures, read and answered by UESL (contract §9)."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable

from domain.anomalies import AnomalyState, Dispute
from domain.errors import CannotDo, NotFound
from domain.organisations import Directory, Organisation
from domain.periods import Period
from domain.text import normalise_header
from ingest.cli.output import emit_json, say
from ingest.cli.tones import say_lines
from ingest.following.anomalies import anomaly_writer
from ingest.ledger.anomalies import document
from ingest.wiring import Wiring, current_user
from rendering.question_lines import anomaly_lines, settled_line
from schemas.collection import Collection
from schemas.columns import Column


def anomaly_list(arguments: argparse.Namespace) -> int:
    """The questions."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        found = wiring.ledger.anomalies(
            state=_state(arguments.state),
            account=_account(wiring.register.current(), arguments.account),
            period=None if arguments.period is None else _period(arguments.period).code,
        )
        names = _names(wiring)
    zone = wiring.settings.zone
    if arguments.format == "json":
        emit_json([document(one, zone) for one in found])
    else:
        say_lines(anomaly_lines(found, names, zone))
    return 0


def anomaly_confirm(arguments: argparse.Namespace) -> int:
    """The figure is right."""
    return _answer(arguments, confirmed=True)


def anomaly_reject(arguments: argparse.Namespace) -> int:
    """The figure is wrong."""
    return _answer(arguments, confirmed=False)


def anomaly_raise(arguments: argparse.Namespace) -> int:
    """A member contests its figure."""
    reason, period = _reason(arguments), _period(arguments.period)
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        directory = wiring.register.current()
        member = member_named(directory, arguments.member)
        collection, column = indicator_named(wiring.catalogue.collections, period, arguments.indicator)
        dispute = Dispute(
            collection=collection.code,
            slug=collection.slug,
            column=column.name,
            label=column.label,
            member=member.code,
            period=period,
            reason=reason,
            author=arguments.by or current_user(),
            owner=_owner(directory, collection, member.code, period),
        )
        compose = anomaly_writer(wiring).dispute
        raised = wiring.ledger.raise_anomaly(dispute, now=wiring.clock.now(), compose=compose)
        say(settled_line(raised, _names(wiring)))
    return 0


def _answer(arguments: argparse.Namespace, *, confirmed: bool) -> int:
    reason = _reason(arguments)
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        writer = anomaly_writer(wiring)
        answered = wiring.ledger.answer_anomaly(
            arguments.number,
            confirmed=confirmed,
            reason=reason,
            author=arguments.by or current_user(),
            now=wiring.clock.now(),
            compose=writer.answered,
        )
        say(settled_line(answered, _names(wiring)))
    return 0


def _reason(arguments: argparse.Namespace) -> str:
    reason: str = arguments.reason.strip()
    if not reason:
        raise CannotDo("--reason is empty; say why, the platform reads it")
    return reason


def _state(word: str | None) -> AnomalyState | None:
    if word is None:
        return None
    try:
        return AnomalyState(word.lower())
    except ValueError:
        raise CannotDo(f"no state {word!r}; known: {', '.join(AnomalyState)}") from None


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise CannotDo(str(error)) from None


def _account(directory: Directory, asked: str | None) -> str | None:
    """The account or the organisation's code as it is registered, whatever its case; NotFound."""
    if asked is None:
        return None
    for one in directory.organisations:
        for name in (one.compte_sftp, one.code):
            if name is not None and name.lower() == asked.lower():
                return name
    raise NotFound(f"no account or organisation {asked!r} in the register")


def member_named(directory: Directory, asked: str) -> Organisation:
    """A CIL/CCI by code or exact registered name; NotFound, with the nearest ones."""
    found = directory.member(asked)
    if found is not None:
        return found
    near = directory.nearest_members(asked)
    hint = f"; did you mean {_either(f'{one.code} ({one.nom})' for one in near)}?" if near else ""
    raise NotFound(f"no CIL/CCI {asked!r} in the register{hint}")


def indicator_named(collections: Iterable[Collection], period: Period, asked: str) -> tuple[Collection, Column]:
    """The column of that name or title, in the collections of such periods; « N1A.column » tells two apart.

    NotFound, with the nearest ones; CannotDo when several collections have it.
    """
    pool: dict[str, dict[str, tuple[Collection, Column]]] = {}
    spelt: dict[str, str] = {}
    for collection in collections:
        if collection.cases or collection.member_column is None or collection.periodicity is not period.periodicity:
            continue
        for column in collection.quantities:
            full = f"{collection.code}.{column.name}"
            for name in map(normalise_header, (column.name, column.label, *column.aliases)):
                for key in (name, f"{collection.code.lower()}_{name}"):
                    pool.setdefault(key, {})[full] = (collection, column)
                    spelt[key] = f"{column.name} ({column.label})"
    found = pool.get(normalise_header(asked), {})
    if len(found) > 1:
        raise CannotDo(f"{asked!r} is in several collections; say {_either(found)}")
    if found:
        return next(iter(found.values()))
    near = difflib.get_close_matches(normalise_header(asked), list(pool), n=6, cutoff=0.5)
    choice = list(dict.fromkeys(spelt[key] for key in near))[:3] or list(dict.fromkeys(spelt.values()))
    raise NotFound(f"no indicator {asked!r}; {'did you mean' if near else 'there are'} {_either(choice)}")


def _owner(directory: Directory, collection: Collection, member: str, period: Period) -> str | None:
    """The account of the platform that the member belongs to on the period's last day."""
    if collection.service is None:
        return None
    adhesion = directory.adhesion_on(member, collection.service, period.ends_on)
    platform = None if adhesion is None else directory.by_code.get(adhesion.code_plateforme)
    return None if platform is None else platform.compte_sftp


def _names(wiring: Wiring) -> dict[str, str]:
    return {one.code: one.nom for one in wiring.register.current().organisations}


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)
