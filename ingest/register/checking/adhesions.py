"""Rules of the sheet `adhesions`: one platform at a time per CIL/CCI and service (S1-23)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Protocol, TypeVar

from domain.findings import Finding, Severity
from domain.organisations import MEMBERS, Adhesion, Organisation, OrganisationType, Span
from ingest.register.checking.findings import days, on
from ingest.register.checking.organisations import first_row
from ingest.register.snapshot import Line, Place, Snapshot
from ingest.register.spans import ONE_DAY, inverted, within
from rules.messages import day


class Dated(Protocol):
    """A row with its days."""

    @property
    def dates(self) -> Span:
        """Inclusive days."""
        ...


D = TypeVar("D", bound=Dated)


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """The codes that the other sheets may cite."""

    organisations: dict[str, Organisation]
    damaged: frozenset[str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Known:
        """Those of the sheet `organisations`; the first row wins when a code is repeated."""
        return cls(
            organisations={line.value.code: line.value for line in reversed(snapshot.organisations)},
            damaged=snapshot.damaged,
        )


def check_adhesions(snapshot: Snapshot) -> Iterator[Finding]:
    """Codes, dates, one platform at a time, every member somewhere."""
    known = Known.of(snapshot)
    for line in snapshot.adhesions:
        one = line.value
        yield from check_code(line.place, "code_cil", one.code_cil, known, members=True)
        yield from check_code(line.place, "code_plateforme", one.code_plateforme, known)
        yield from check_dates(line.place, one.dates, "date_effet", "date_fin")
        yield from _platform(line, known)
        for code, column in ((one.code_cil, "code_cil"), (one.code_plateforme, "code_plateforme")):
            yield from check_activity(line.place, one.dates, known.organisations.get(code), column, "l’adhésion")
        yield from _length(line, known.organisations.get(one.code_cil))
    yield from overlapping(
        snapshot.adhesions,
        lambda one: (one.code_cil, one.service),
        "ANN.R11",
        lambda one, other: (
            f"« {one.code_cil} » adhère à deux plates-formes en même temps pour le service {one.service} : "
            f"« {other.code_plateforme} » ({days(other.dates)}) et « {one.code_plateforme} » ({days(one.dates)})."
        ),
        "date_effet",
    )
    yield from _without_platform(snapshot)


def check_code(
    place: Place,
    column: str,
    code: str,
    known: Known,
    *,
    members: bool = False,
) -> Iterator[Finding]:
    """The code is registered; with `members`, it is a CIL's or a CCI's."""
    found = known.organisations.get(code)
    if found is None and code in known.damaged:
        return
    if found is None:
        near = difflib.get_close_matches(code, known.organisations, n=1, cutoff=0.6)
        proposal = f"Vouliez-vous dire « {near[0]} » ({known.organisations[near[0]].nom}) ? " if near else ""
        yield on(
            place,
            "ANN.R08",
            f"« {code} » ne figure pas dans la feuille « organisations ».",
            column=column,
            value=code,
            expected="le code d’une organisation du même annuaire",
            hint=f"{proposal}Corrigez le code, ou ajoutez l’organisation.",
        )
    elif members and found.type not in MEMBERS:
        yield on(
            place,
            "ANN.R09",
            f"« {code} » ({found.nom}) n’est ni un CIL ni une CCI.",
            column=column,
            value=code,
            expected="le code d’un CIL ou d’une CCI",
            hint="Corrigez le code, ou le type de l’organisation.",
        )


def _platform(line: Line[Adhesion], known: Known) -> Iterator[Finding]:
    found = known.organisations.get(line.value.code_plateforme)
    if found is not None and found.type is not OrganisationType.PF:
        yield on(
            line.place,
            "ANN.R10",
            f"« {found.code} » ({found.nom}) n’est pas une plate-forme.",
            column="code_plateforme",
            value=found.code,
            expected="le code d’une plate-forme, par exemple PF03",
            hint="Corrigez le code, ou le type de l’organisation.",
        )


def check_dates(place: Place, dates: Span, first: str, last: str) -> Iterator[Finding]:
    """The last day does not come before the first."""
    if inverted(dates):
        yield on(
            place,
            "ANN.R06",
            f"la date de fin ({last}) précède la date de début ({first}).",
            column=last,
            value=str(dates.last),
            expected=f"une date ≥ {dates.first}",
            hint="Corrigez l’une des deux dates ; une date vide signifie sans limite.",
        )


def check_activity(
    place: Place,
    dates: Span,
    organisation: Organisation | None,
    column: str,
    what: str,
) -> Iterator[Finding]:
    """The row's days lie within the organisation's activity."""
    if organisation is None or within(dates, organisation.actif) or inverted(dates) or inverted(organisation.actif):
        return
    bounds = []
    actif = organisation.actif
    if actif.first is not None and (dates.first is None or dates.first < actif.first):
        bounds.append(f"commencer au plus tôt le {day(actif.first)}")
    if actif.last is not None and (dates.last is None or dates.last > actif.last):
        bounds.append(f"finir au plus tard le {day(actif.last)}")
    yield on(
        place,
        "ANN.R12",
        f"{what} ({days(dates)}) sort des dates d’activité de « {organisation.code} » ({days(actif)}).",
        column=column,
        value=organisation.code,
        expected=" et ".join(bounds),
        hint="Complétez les dates de cette ligne, ou celles de l’organisation (actif_du, actif_au).",
    )


def overlapping(
    lines: Iterable[Line[D]],
    unit: Callable[[D], object],
    code: str,
    sentence: Callable[[D, D], str],
    column: str,
) -> Iterator[Finding]:
    """One finding for each row that shares days with an earlier one of the same unit."""
    groups: dict[object, list[Line[D]]] = {}
    for line in lines:
        if not inverted(line.value.dates):
            groups.setdefault(unit(line.value), []).append(line)
    for group in groups.values():
        group.sort(key=lambda line: (line.value.dates.first or date.min, line.place.row or 0))
        for earlier, later in pairwise(group):
            if not earlier.value.dates.overlaps(later.value.dates):
                continue
            if earlier.value == later.value:
                yield on(
                    later.place,
                    "ANN.R32",
                    f"cette ligne répète une autre ({first_row(earlier)}).",
                    hint="Supprimez l’une des deux.",
                )
                continue
            start = later.value.dates.first
            end = f"date_fin = {day(start - ONE_DAY)}" if start is not None else "une date de fin"
            yield on(
                later.place,
                code,
                sentence(later.value, earlier.value),
                column=column,
                value=None if start is None else str(start),
                expected="des périodes qui ne se recouvrent pas",
                hint=f"Donnez à la première ({first_row(earlier)}) {end}, ou corrigez cette ligne.",
            )


def _length(line: Line[Adhesion], member: Organisation | None) -> Iterator[Finding]:
    dates = line.value.dates
    if dates.first is None or dates.last is None or inverted(dates):
        return
    if member is not None and member.actif.last == dates.last:
        return
    following = dates.last + ONE_DAY
    if (following.month, following.day) == (dates.first.month, dates.first.day) and following.year > dates.first.year:
        return
    short = (following.year - dates.first.year, following.month, following.day) < (
        1,
        dates.first.month,
        dates.first.day,
    )
    what = "dure moins d’un an" if short else "ne finit pas à sa date anniversaire"
    yield on(
        line.place,
        "ANN.R27",
        f"l’adhésion de « {line.value.code_cil} » à « {line.value.code_plateforme} » ({days(dates)}) {what}.",
        severity=Severity.INFO,
        column="date_fin",
        value=str(dates.last),
    )


def _without_platform(snapshot: Snapshot) -> Iterator[Finding]:
    attached = {line.value.code_cil for line in snapshot.adhesions}
    for line in snapshot.organisations:
        one = line.value
        if one.type in MEMBERS and one.code not in attached:
            yield on(
                line.place,
                "ANN.R23",
                f"« {one.code} » ({one.nom}) n’adhère à aucune plate-forme : aucune ligne n’est attendue de lui.",
                severity=Severity.INFO,
                column="code",
                value=one.code,
            )
