"""What the two collections of cases have in common (C5, C6): the same checks under the same numbers.

No sentence, message nor remark quotes a value: a case may tell of a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.findings import Severity
from rules.messages import both, euros, number, plural, say, typeset
from rules.predicates import at_most, record
from rules.register import adherent_of_this_platform, no_line_of_mandant
from rules.rule import Batch, Booleans, FileRule, RecordRule, Remark, Rule, RuleContext, Values
from schemas.codes import department_of_postcode
from schemas.collection import Collection

RANK, RESOURCES, PERSONS, INCOMES = (
    "numero_ordre",
    "ressources_nettes_mensuelles",
    "nb_personnes_foyer",
    "nb_revenus_foyer",
)
YEAR = "exercice"
_SHOWN_ROWS = 6
_LOCAL_FACTOR, _LOCAL_FLOOR = 10, 100_000
"""A rank beyond that many times the lines, and that many besides, is no rank: a number of the local software."""
CHECK = "Vérifiez la case ; si elle est juste, rien à faire."


def shared_rules(collection: Collection) -> tuple[Rule, ...]:
    """R01–R08 of a collection of cases."""
    code, limits = collection.code, collection.parameters
    most, crowd = int(limits["ressources_maximum"]), int(limits["personnes_maximum"])
    return (
        adherent_of_this_platform(f"{code}.R01"),
        no_line_of_mandant(f"{code}.R02"),
        record(
            f"{code}.R03",
            Severity.WARNING,
            (RESOURCES,),
            lambda resources: np.asarray(resources > 0),
            formula=f"{{{RESOURCES}}}>0",
            sentence="Les ressources du foyer ne sont pas nulles.",
            message="Les ressources du foyer sont nulles.",
            hint="Vérifiez que la ressource est connue : une ressource inconnue ne se remplace pas par 0.",
        ),
        up_to(
            f"{code}.R04",
            RESOURCES,
            most,
            sentence=f"Les ressources mensuelles du foyer ne dépassent pas {euros(most)}.",
            message=f"Les ressources du foyer dépassent {euros(most)} par mois.",
            hint="Vérifiez que ce sont des ressources nettes par mois, et non par an ; sinon, rien à faire.",
        ),
        up_to(
            f"{code}.R05",
            PERSONS,
            crowd,
            sentence=f"Le foyer ne dépasse pas {crowd} personnes.",
            message=f"Le foyer compte plus de {crowd} personnes.",
        ),
        at_most(
            f"{code}.R06",
            Severity.WARNING,
            INCOMES,
            PERSONS,
            sentence="Il n'y a pas plus de revenus que de personnes au foyer.",
            message="Il y a plus de revenus que de personnes au foyer.",
            hint="Comptez les personnes qui ont un revenu, et non les revenus.",
        ),
        few_twins(f"{code}.R07", int(limits["lignes_identiques"])),
        ranks_not_local_numbers(f"{code}.R08"),
    )


def up_to(  # noqa: PLR0913 - the parts of a rule
    code: str, column: str, most: int, *, sentence: str, message: str, hint: str = CHECK
) -> RecordRule:
    """A value beyond `most` is to be checked."""
    return record(
        code,
        Severity.WARNING,
        (column,),
        lambda values: np.asarray(values <= most),
        formula=f"{{{column}}}<={most}",
        sentence=sentence,
        message=message,
        hint=hint,
    )


def none_of(  # noqa: PLR0913 - the parts of a rule
    code: str, column: str, codes: tuple[str, ...], *, sentence: str, message: str, hint: str = CHECK
) -> RecordRule:
    """These codes of a list are unlikely here."""
    return record(
        code,
        Severity.WARNING,
        (column,),
        lambda values: ~np.isin(values.astype(str), codes),
        formula=f"NOT({one_of(column, *codes)})",
        sentence=sentence,
        message=message,
        hint=hint,
    )


def any_yes(columns: tuple[Values, ...]) -> Booleans:
    """Where at least one of these is yes."""
    return np.asarray(np.logical_or.reduce([true(one) for one in columns]))


def true(values: Values) -> Booleans:
    """Yes or no as numpy wants it."""
    return np.asarray(values, dtype=np.bool_)


def yes(column: str) -> str:
    """« O » or « oui » in the words of a spreadsheet, whose comparisons ignore case."""
    return f'LEFT({{{column}}},1)="O"'


def no(column: str) -> str:
    """« N » or « non » in the words of a spreadsheet."""
    return f'LEFT({{{column}}},1)="N"'


def one_of(column: str, *codes: str) -> str:
    """One of these codes in the words of a spreadsheet, be it a text or a number there."""
    return "OR(" + ",".join(f'{{{column}}}&""="{one}"' for one in codes) + ")"


def is_code(values: Values, *codes: str) -> Booleans:
    """Where a code is one of these."""
    return np.isin(values.astype(str), codes)


def in_a_departement(  # noqa: PLR0913 - the parts of a rule
    code: str, severity: Severity, column: str, *, sentence: str, message: str, hint: str
) -> RecordRule:
    """The place is in a département of the year: métropole or DOM (C0-13)."""

    def holds(years: Values, places: Values) -> Booleans:
        year = int(years[0])  # the deposit's own, in every record
        distinct, inverse = np.unique(places.astype(str), return_inverse=True)
        known = np.asarray([department_of_postcode(one, year) is not None for one in distinct.tolist()])
        return np.asarray(known[inverse])

    return record(code, severity, (YEAR, column), holds, shown=column, sentence=sentence, message=message, hint=hint)


@dataclass
class _Twins:
    """Row number and hash of every record: twelve bytes each."""

    names: tuple[str, ...]
    rows: list[npt.NDArray[np.int32]] = field(default_factory=list)
    hashes: list[npt.NDArray[np.uint64]] = field(default_factory=list)


def few_twins(code: str, most: int) -> FileRule[_Twins]:
    """At most `most` records are the same but for their rank: more are a copy, or the same case several times."""

    def start(context: RuleContext) -> _Twins:
        own = (column.name for column in context.collection.columns if column.context is None and not column.key)
        return _Twins(names=tuple(own))

    def step(state: _Twins, batch: Batch, _context: RuleContext) -> Iterable[Remark]:
        state.rows.append(np.asarray(batch.rows, np.int32))
        state.hashes.append(batch.hashes(state.names))
        return ()

    def finish(state: _Twins, _context: RuleContext) -> Iterator[Remark]:
        for rows in _groups(state, most):
            own = sorted(row for row in rows if row > 0)  # those taken over have a number below zero
            if own:
                yield _twins(own, len(rows))

    return FileRule(
        code=code,
        severity=Severity.WARNING,
        start=start,
        step=step,
        finish=finish,
        sentence=typeset(f"Au plus {most} lignes sont identiques, au N° d'ordre près."),
    )


def _groups(state: _Twins, most: int) -> Iterator[list[int]]:
    if not state.rows:
        return
    rows, hashes = np.concatenate(state.rows), np.concatenate(state.hashes)
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    counts = np.diff(np.r_[starts, len(ordered)])
    for start, count in zip(starts[counts > most].tolist(), counts[counts > most].tolist(), strict=True):
        yield rows[order[start : start + count]].tolist()


def _twins(rows: list[int], count: int) -> Remark:
    told = [str(row) for row in rows[:_SHOWN_ROWS]]
    return Remark(
        row=rows[0],
        column=RANK,
        cause="twins",
        message=say(
            "{lines} sont identiques, au N° d'ordre près : lignes {rows}.",
            lines=plural(count, "ligne"),
            rows=both([*told, "d’autres"] if len(rows) > _SHOWN_ROWS else told),
        ),
        hint=say("Vérifiez que le même dossier n'a pas été donné plusieurs fois ; sinon, rien à faire."),
    )


@dataclass
class _Ranks:
    """How many records, the greatest rank and where it is."""

    count: int = 0
    greatest: int = 0
    row: int | None = None


def ranks_not_local_numbers(code: str) -> FileRule[_Ranks]:
    """The rank is a rank, not the number of the case in the local software, which would lead to the person."""

    def step(state: _Ranks, batch: Batch, _context: RuleContext) -> Iterable[Remark]:
        state.count += len(batch.rows)
        for row, rank in zip(batch.rows, batch.column(RANK), strict=True):
            if rank is not None and rank > state.greatest:
                state.greatest, state.row = rank, row
        return ()

    def finish(state: _Ranks, _context: RuleContext) -> Iterator[Remark]:
        if state.greatest > _LOCAL_FACTOR * state.count + _LOCAL_FLOOR:
            yield Remark(
                row=state.row,
                column=RANK,
                cause="local-number",
                message=say("Le N° d'ordre ressemble au numéro d'un dossier dans votre logiciel."),
                hint=say("Le fichier doit rester anonyme : numérotez les lignes 1, 2, 3…"),
            )

    return FileRule(
        code=code,
        severity=Severity.WARNING,
        start=lambda _context: _Ranks(),
        step=step,
        finish=finish,
        columns=(RANK,),
        sentence=typeset("Le N° d'ordre compte les lignes ; ce n'est pas un numéro de dossier local."),
    )


@dataclass
class _Share:
    """Records told, and those that hold the value counted."""

    told: int = 0
    counted: int = 0


def rarely(  # noqa: PLR0913 - the parts of a rule
    code: str,
    column: str,
    counted: Callable[[Any], bool],
    share: float,
    *,
    sentence: str,
    message: str,
    hint: str,
) -> FileRule[_Share]:
    """A value that more than `share` of the records hold is to be checked. `message` may name `{share}`."""

    def step(state: _Share, batch: Batch, _context: RuleContext) -> Iterable[Remark]:
        told = [value for value in batch.column(column) if value is not None]
        state.told += len(told)
        state.counted += sum(map(counted, told))
        return ()

    def finish(state: _Share, _context: RuleContext) -> Iterator[Remark]:
        if state.counted > max(share * state.told, 1):
            yield Remark(
                column=column,
                cause="share",
                message=say(message, share=number(round(100 * state.counted / state.told))),
                hint=say(hint),
            )

    return FileRule(
        code=code,
        severity=Severity.WARNING,
        start=lambda _context: _Share(),
        step=step,
        finish=finish,
        columns=(column,),
        sentence=typeset(sentence),
    )
