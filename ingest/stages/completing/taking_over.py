"""The rules on records taken over from a former deposit: judged again, but nothing already said is said again.

What they break now (the register or the rules changed) is an error without a row number: the numbers of another file
would be taken for those of this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from domain.findings import Severity
from ingest.stages.checked import CheckedSection
from ingest.stages.completing.former import FormerRecords, keys_of
from ingest.stages.layout import Layout
from ingest.stages.relations import broken
from ingest.stages.typed import TypedBatch, TypedSpool
from rules.messages import say
from rules.rule import FileRule, RecordRule, Remark, Rule, RuleContext

_FAULTS = frozenset({Severity.ERROR, Severity.BLOCKING})


class TakingOver:
    """Takes over what the records of the file do not replace, and runs the rules on it."""

    def __init__(self, checked: CheckedSection, layout: Layout, base: FormerRecords) -> None:
        """The records of the file have been through every rule of theirs: a bad one never replaces a good one."""
        self._checked, self._layout, self._base = checked, layout, base
        self._collection = checked.section.collection

    def judge(
        self,
        record_rules: Iterable[RecordRule],
        folds: Sequence[tuple[FileRule[Any], Any]],
        facts: RuleContext,
    ) -> TypedSpool:
        """The records taken over, with their mask; `folds`: each rule of the whole file with its state."""
        replaced = {key for _row, key, bad in keys_of(self._checked.spool, self._collection) if not bad}
        name = f"former-{self._collection.slug}-{self._checked.section.raw.index}.arrow"
        spool = self._base.spool(self._collection, self._checked.workdir / name, replaced)
        grave = [rule for rule in record_rules if rule.severity in _FAULTS]
        for first, batch in spool.batches():
            for rule in grave:
                self._report(rule, broken(rule, batch, self._collection), spool, first, batch)
            for fold, state in folds:
                self._report(fold, fold.step(state, batch, facts), spool, first, batch)
        return spool

    def _report(self, rule: Rule, remarks: Iterable[Remark], spool: TypedSpool, first: int, batch: TypedBatch) -> None:
        for remark in remarks:
            severity = remark.severity or rule.severity
            if remark.index is None or severity not in _FAULTS:
                continue
            spool.bad[first + remark.index] = True
            self._checked.collector.add(
                self._layout.finding(
                    rule.code,
                    severity,
                    self._message(remark, remark.index, batch),
                    column=remark.column,
                    value=remark.value,
                    expected=remark.expected,
                    hint=remark.hint,
                    cause=f"{rule.code}:{remark.cause}" if remark.cause else rule.code,
                ),
                register=remark.register,
            )

    def _message(self, remark: Remark, index: int, batch: TypedBatch) -> str:
        """Which record it is: its key, except among cases, then where it was first read."""
        parts = (batch.column(name)[index] for name in self._collection.key)
        key = " / ".join(str(part) for part in parts if part is not None)
        which = say("{key}, ", key=key) if key and not self._collection.cases else ""
        deposit, line = (batch.column(name)[index] for name in ("depot_origine", "ligne_origine"))
        return say(
            "Ligne déjà acceptée ({which}ligne {line} du dépôt n° {deposit}) : {message}",
            which=which,
            line=line,
            deposit=deposit,
            message=remark.message,
        )
