"""Rules of the sheet `delegations`, the « accords formels » (R C12, RFD)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from domain.findings import Finding, Severity
from domain.organisations import Delegation, Service, Span
from ingest.register.checking.adhesions import Known, check_activity, check_code, check_dates, overlapping
from ingest.register.checking.findings import days, on
from ingest.register.snapshot import Line, Snapshot
from ingest.register.spans import first_gap, inverted
from rules.messages import day


def check_delegations(snapshot: Snapshot) -> Iterator[Finding]:
    """Codes, dates, two different members, one performer at a time, no loop, adherence of both."""
    known = Known.of(snapshot)
    adhesions = _spans(snapshot)
    for line in snapshot.delegations:
        one = line.value
        yield from check_dates(line.place, one.dates, "date_debut", "date_fin")
        for code, column in ((one.code_mandant, "code_mandant"), (one.code_realisateur, "code_realisateur")):
            yield from check_code(line.place, column, code, known, members=True)
            yield from check_activity(line.place, one.dates, known.organisations.get(code), column, "la délégation")
        if one.code_mandant == one.code_realisateur:
            yield on(
                line.place,
                "ANN.R13",
                f"« {one.code_mandant} » se délègue le service {one.service} à lui-même.",
                column="code_realisateur",
                value=one.code_realisateur,
                expected="un autre CIL ou une autre CCI",
                hint="Corrigez le réalisateur, ou supprimez la ligne.",
            )
        elif not inverted(one.dates):
            yield from _adherence(line, adhesions)
    yield from overlapping(
        snapshot.delegations,
        lambda one: (one.code_mandant, one.service),
        "ANN.R15",
        lambda one, other: (
            f"« {one.code_mandant} » confie le service {one.service} à deux réalisateurs en même temps : "
            f"« {other.code_realisateur} » ({days(other.dates)}) et « {one.code_realisateur} » ({days(one.dates)})."
        ),
        "date_debut",
    )
    yield from _loops(snapshot.delegations)


def _spans(snapshot: Snapshot) -> dict[tuple[str, Service], list[Span]]:
    found: dict[tuple[str, Service], list[Span]] = {}
    for line in snapshot.adhesions:
        found.setdefault((line.value.code_cil, line.value.service), []).append(line.value.dates)
    return found


def _adherence(line: Line[Delegation], adhesions: dict[tuple[str, Service], list[Span]]) -> Iterator[Finding]:
    one = line.value
    performer = adhesions.get((one.code_realisateur, one.service), [])
    if not any(span.overlaps(one.dates) for span in performer):
        yield on(
            line.place,
            "ANN.R17",
            f"le réalisateur « {one.code_realisateur} » n’adhère à aucune plate-forme pour le service {one.service}.",
            column="code_realisateur",
            value=one.code_realisateur,
            expected=f"un CIL ou une CCI qui adhère pour {one.service} ({days(one.dates)})",
            hint="Corrigez le réalisateur, ou ajoutez son adhésion : sans elle, personne ne transmettrait l’activité.",
        )
    else:
        yield from _gap(line, performer, "code_realisateur", one.code_realisateur, "ANN.R17")
    giver = adhesions.get((one.code_mandant, one.service), [])
    if not any(span.overlaps(one.dates) for span in giver):
        yield on(
            line.place,
            "ANN.R18",
            f"le mandant « {one.code_mandant} » n’adhère à aucune plate-forme pour le service {one.service} : la "
            "délégation est sans effet.",
            severity=Severity.WARNING,
            column="code_mandant",
            value=one.code_mandant,
            hint="Vérifiez le code du mandant, ou ajoutez son adhésion.",
        )


def _gap(line: Line[Delegation], spans: list[Span], column: str, code: str, rule: str) -> Iterator[Finding]:
    gap = first_gap(line.value.dates, spans)
    if gap is None or gap == date.min:
        return
    yield on(
        line.place,
        rule,
        f"« {code} » n’adhère à aucune plate-forme pour le service {line.value.service} le {day(gap)}, pendant la "
        f"délégation ({days(line.value.dates)}).",
        severity=Severity.WARNING,
        column=column,
        value=code,
        hint="Vérifiez les dates de la délégation et celles de l’adhésion.",
    )


def _loops(lines: Iterable[Line[Delegation]]) -> Iterator[Finding]:
    usable = [
        line
        for line in lines
        if not inverted(line.value.dates) and line.value.code_mandant != line.value.code_realisateur
    ]
    told: set[frozenset[int]] = set()
    for start in usable:
        loop = _loop_from(start, usable, start.value.dates.first or date.min)
        if loop is None or frozenset(id(line) for line in loop) in told:
            continue
        told.add(frozenset(id(line) for line in loop))
        path = " → ".join([*(line.value.code_mandant for line in loop), loop[0].value.code_mandant])
        yield on(
            start.place,
            "ANN.R16",
            f"les délégations du service {start.value.service} forment une boucle : {path}.",
            column="code_realisateur",
            value=start.value.code_realisateur,
            expected="un réalisateur qui réalise lui-même le service",
            hint="Supprimez l’une de ces délégations, ou séparez leurs dates.",
        )


def _loop_from(start: Line[Delegation], lines: list[Line[Delegation]], day_: date) -> list[Line[Delegation]] | None:
    """The loop that passes by `start` on `day_`, or None. A loop exists on the first day of one of its links."""
    path = [start]
    while True:
        last = path[-1].value
        following = [
            line
            for line in lines
            if line.value.code_mandant == last.code_realisateur
            and line.value.service == last.service
            and line.value.dates.covers(day_)
        ]
        if not following:
            return None
        if following[0] is start:
            return path
        if any(following[0] is line for line in path):
            return None
        path.append(following[0])
