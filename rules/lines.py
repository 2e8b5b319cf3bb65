"""Checks of a line whose cells may be empty: what two optional cells say together.

A relation within a record is not judged with an empty cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from domain.findings import Severity
from rules.messages import typeset
from rules.rule import Batch, FileRule, Remark, RuleContext

Judge = Callable[[tuple[Any, ...], RuleContext], Remark | None]
"""The values of the columns (None where empty or unreadable) and the context: what there is to say, or None."""


def each_line(
    code: str, severity: Severity, columns: tuple[str, ...], judge: Judge, *, sentence: str
) -> FileRule[None]:
    """A rule that looks at some cells of every line, filled in or not."""

    def step(_state: None, batch: Batch, context: RuleContext) -> Iterator[Remark]:
        for index, values in enumerate(zip(*(batch.column(name) for name in columns), strict=True)):
            remark = judge(values, context)
            if remark is not None:
                yield replace(remark, index=index)

    return FileRule(
        code=code,
        severity=severity,
        sentence=typeset(sentence),
        start=_start,
        step=step,
        finish=_finish,
        columns=columns,
    )


def _start(_context: RuleContext) -> None:
    return None


def _finish(_state: None, _context: RuleContext) -> Iterable[Remark]:
    return ()
