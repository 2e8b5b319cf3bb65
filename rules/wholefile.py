"""Shared checks of the file as a whole: totals and order. Folds, in little memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from domain.findings import Severity
from rules.messages import number, say, typeset
from rules.rule import Batch, FileRule, Remark, RuleContext, TotalLine
from schemas.codes import department_rank

DEPARTEMENT = "departement"


@dataclass
class _Sums:
    """Sums of the lines read, and the columns where some line could not be read."""

    sums: dict[str, Any] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)


def totals_agree(code: str) -> FileRule[_Sums]:
    """A TOTAL line says the sum of the lines read (a difference is a warning: totals are recomputed, contract §6)."""

    def start(context: RuleContext) -> _Sums:
        return _Sums(sums=dict.fromkeys((column.name for column in context.collection.quantities), 0))

    def step(state: _Sums, batch: Batch, context: RuleContext) -> Iterable[Remark]:
        if context.collection.total_labels:
            for name in state.sums:
                values = batch.column(name)
                read = [value for value in values if value is not None]
                state.sums[name] += sum(read)
                if len(read) < len(values) and context.collection.column(name).required:
                    state.incomplete.add(name)
        return ()

    def finish(state: _Sums, context: RuleContext) -> Iterator[Remark]:
        for total in context.totals:
            for column in context.collection.quantities:
                remark = _total_remark(state, total, column.name)
                if remark is not None:
                    yield remark

    return FileRule(
        code=code,
        severity=Severity.WARNING,
        start=start,
        step=step,
        finish=finish,
        sentence=typeset(
            "La ligne TOTAL, facultative, est la somme des lignes du tableau. Elle est recalculée, jamais chargée."
        ),
    )


def _total_remark(state: _Sums, total: TotalLine, name: str) -> Remark | None:
    # a formula of the depositor's sums the same bad cell: it is not another thing to mend
    if name in total.unreadable and name not in state.incomplete:
        return Remark(
            row=total.row,
            column=name,
            value=total.unreadable[name],
            cause="total-unreadable",
            message=say("Le total de cette colonne n'est pas un nombre lisible."),
            hint=say("Corrigez-le ou supprimez la ligne TOTAL : les totaux sont recalculés."),
        )
    written = total.values.get(name)
    if name in state.incomplete and (written is not None or name in total.unreadable):
        return Remark(
            row=total.row,
            column=name,
            value=total.unreadable.get(name, "") if written is None else number(written),
            severity=Severity.INFO,
            cause="total-unchecked",
            message=say(
                "Le total de cette colonne n'a pas pu être vérifié : une case de la colonne n'est pas lisible."
            ),
        )
    found = state.sums[name]
    if written is None or written == found:
        return None
    return Remark(
        row=total.row,
        column=name,
        value=number(written),
        expected=number(found),
        cause="total",
        message=say(
            "Le total écrit est {written} ; la somme des lignes est {found}.",
            written=number(written),
            found=number(found),
        ),
        hint=say("Vérifiez qu'aucune ligne ne manque et qu'aucun chiffre n'a changé. Le total est recalculé."),
    )


@dataclass
class _Order:
    """The rank of the last département, and where the order breaks first."""

    last: int = -1
    broken: tuple[int, str] | None = None


def sorted_by_departement(code: str) -> FileRule[_Order]:
    """Lines follow the official order of the départements (S1-4)."""

    def step(state: _Order, batch: Batch, _context: RuleContext) -> Iterable[Remark]:
        if state.broken is None:
            for row, code_departement in zip(batch.rows, batch.column(DEPARTEMENT), strict=True):
                rank = state.last if code_departement is None else department_rank(code_departement)
                if rank < state.last:
                    state.broken = (row, code_departement)
                    break
                state.last = rank
        return ()

    def finish(state: _Order, _context: RuleContext) -> Iterator[Remark]:
        if state.broken is not None:
            row, value = state.broken
            yield Remark(
                row=row,
                column=DEPARTEMENT,
                value=value,
                cause="order",
                message=say("Les lignes ne sont pas triées par département."),
                hint=say("Rien à corriger : les tableaux publiés sont triés."),
            )

    return FileRule(
        code=code,
        severity=Severity.INFO,
        start=lambda _context: _Order(),
        step=step,
        finish=finish,
        columns=(DEPARTEMENT,),
        of_order=True,
        sentence=typeset("Les lignes sont triées par département."),
    )
